"""Copies beside their originals, in short; the long form is `copies`."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.copies import OTHER_WAYS, WAYS, campaign


async def test_of_a_run_and_its_copy_one_goes_on_and_nothing_runs_twice(
    tmp_path: Path,
) -> None:
    tally = await campaign(tmp_path, len(WAYS) + len(OTHER_WAYS), seed=9)
    print(tally.line())
    assert tally.is_good, tally.line()
    assert tally.refused
    assert tally.resumed
    assert tally.taken_over
