"""What the tests want of a machine."""

from __future__ import annotations

import pytest

from tests.conftest import missing_programs, require_programs


def test_a_program_that_a_test_wants_in_vain_is_told(
    request: pytest.FixtureRequest,
) -> None:
    request.node.add_marker(pytest.mark.machine("sh", "no-such-program"))
    assert missing_programs(request.node) == {"no-such-program"}
    with pytest.raises(pytest.UsageError, match="want no-such-program, which"):
        require_programs([request.node])
