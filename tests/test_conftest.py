"""What the tests want of a machine."""

from __future__ import annotations

import pytest

from tests.conftest import missing_programs, pytest_collection_finish


def test_a_program_that_a_test_wants_in_vain_is_told(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request.session.config.option, "collectonly", True)
    monkeypatch.setattr(request.session, "items", [request.node])
    request.node.add_marker(pytest.mark.machine("sh", "no-such-program"))
    assert missing_programs(request.node) == {"no-such-program"}
    with pytest.raises(pytest.UsageError, match="want no-such-program, which"):
        pytest_collection_finish(request.session)
