"""200 random kills: nothing acknowledged is lost, and nothing runs twice."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.crashes import campaign


async def test_random_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    tally = await campaign(tmp_path, 200, seed=7)
    print(tally.line())
    assert tally.kills >= 200
    assert tally.acknowledged > 20
    assert tally.lost == 0
    assert tally.doubles == 0
    assert tally.false_ends == 0
    assert tally.broken == []
