"""Stopped and continued over and over, in short; the long form is `stops`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.conftest import ended as ended
from tests.acceptance.stops import campaign, commands

pytestmark = pytest.mark.campaign


@pytest.mark.usefixtures("ended")
async def test_no_stop_ends_the_screens_by_a_fault(tmp_path: Path) -> None:
    opened = await commands(tmp_path)
    tally = campaign(opened, cycles=24, most=0.2, seed=7)
    assert tally.cycles == 24
    assert tally.keys > 24
    assert set(tally.opened) == {"resume", "review", "library", "run"}
    assert tally.crashes == []
