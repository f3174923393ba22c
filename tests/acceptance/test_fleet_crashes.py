"""Some kills of a run that goes over hosts: nothing runs twice, nothing is made up."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.acceptance.fleet_crashes import await_the_last, campaign
from tests.acceptance.fleet_victims import place_of_folders, place_of_sshds

pytestmark = pytest.mark.campaign

EVERYTHING = {"all": 1}
"""Killed at once, a few times: most kills in the least time."""


async def test_kills_run_nothing_twice_and_make_nothing_known_wrongly(
    tmp_path: Path,
) -> None:
    with place_of_folders(tmp_path, 8) as place:
        tally = await campaign(place, kills=5, seed=7, harms=EVERYTHING, rounds=(2, 2))
        await await_the_last(place, tally)
    print(tally.line())
    assert tally.killed >= 5
    assert tally.holds, tally.line()


@pytest.mark.machine("ssh", "sshd", "faketime")
async def test_kills_over_real_sshds_do_neither() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="mt-") as name,
        place_of_sshds(Path(name), 8) as place,
    ):
        tally = await campaign(place, kills=10, seed=7, harms=EVERYTHING, rounds=(3, 3))
    print(tally.line())
    assert tally.killed >= 10
    assert tally.holds, tally.line()
