"""What the long forms leave: nothing."""

from __future__ import annotations

import pytest

from tests.acceptance.campaigns import state_of_its_own
from tests.acceptance.script_runs import begun, book
from tests.run.running import alive

pytestmark = pytest.mark.campaign


@pytest.mark.usefixtures("state_home")
async def test_a_state_of_its_own_ends_with_its_hosts() -> None:
    with state_of_its_own() as folder:
        run = await begun(book(folder, "true"))
        pid = run.host_pid()
        assert pid is not None
        assert alive(pid)
    assert not folder.exists()
    assert not alive(pid)
