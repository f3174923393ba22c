"""A few of the steps that break: all of them are gone through by `broken_steps`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.broken_steps import WAYS, Case, How, come, scripts

pytestmark = pytest.mark.campaign


@pytest.mark.parametrize(
    ("way", "step", "how"),
    [
        ("packages", "execute", "after"),
        pytest.param(
            *("database-restore", "restore-database", "always"),
            marks=pytest.mark.drills,
        ),
    ],
)
async def test_a_step_that_breaks_leads_to_a_service_that_is_up(
    way: str, step: str, how: How, state_home: Path, tmp_path: Path
) -> None:
    [found] = [each for each in WAYS if each.name == way]
    assert step in scripts(found)
    came = await come(Case(way=found, step=step, how=how), tmp_path)
    assert came.broke
    assert came.is_good
    if how != "always":
        assert came.left == (), came.words
        assert came.outcome == "completed"
    assert state_home.exists()
