"""Random kills, in short; the long form is `crashes`.

Nothing acknowledged is lost, and nothing runs twice.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.crashes import campaign

pytestmark = pytest.mark.campaign


@pytest.mark.parametrize(
    ("kills", "parallel", "rows"), [(8, 1, False), (8, 6, False), (6, 4, True)]
)
async def test_random_kills_lose_nothing_and_double_nothing(
    tmp_path: Path, kills: int, parallel: int, rows: bool
) -> None:
    tally = await campaign(tmp_path, kills, seed=7, parallel=parallel, rows=rows)
    print(tally.line())
    assert tally.kills >= kills
    assert tally.acknowledged > kills / 10
    assert tally.lost == 0
    assert tally.doubles == 0
    assert tally.false_ends == 0
    assert tally.broken == []
