"""Some kills between a controller and its hosts: nothing runs twice."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.fleet_crashes import campaign, local_place


async def test_kills_run_nothing_twice_and_make_nothing_known_wrongly(
    tmp_path: Path,
) -> None:
    place = local_place(tmp_path, [f"h{n}" for n in range(8)])
    tally = await campaign(place, kills=8, seed=7)
    print(tally.line())
    assert tally.killed >= 8
    assert tally.holds, tally.line()
