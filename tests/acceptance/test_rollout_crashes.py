"""Some kills of a run over hosts: nothing runs twice."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.rollout_crashes import campaign


async def test_kills_run_nothing_twice_on_any_host(tmp_path: Path) -> None:
    tally = await campaign(tmp_path, kills=5, seed=7)
    print(tally.line())
    assert tally.holds, tally.line()
