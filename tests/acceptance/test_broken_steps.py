"""A few of the steps that break: all of them are gone through by `broken_steps`."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_files import find_runbook
from mobius_tui.runbook.model.actions import Run
from tests.acceptance.broken_steps import WAYS, Case, How, Way, come, scripts

pytestmark = pytest.mark.campaign


@pytest.mark.parametrize(
    ("way", "step", "how"),
    [
        ("packages", "execute", "after"),
        pytest.param(
            *("database-restore", "restore-database", "always"),
            marks=pytest.mark.drills,
        ),
        pytest.param(
            *("database-migrate", "migrate-back", "after"), marks=pytest.mark.drills
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
        assert "turned aside" not in came.words, "a second try is enough"
    assert state_home.exists()


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_before_anything_changes_it_is_asked_whose_the_units_are(way: Way) -> None:
    steps = {step.id: step.action for step in load(find_runbook(way.runbook)).steps()}
    asked = False
    for step_id in scripts(way):
        action = steps[step_id]
        assert isinstance(action, Run)
        asked = asked or "site-processes own " in action.script
        if action.effect != "read":
            assert asked, f"{step_id} changes something first"
            return
    pytest.fail("nothing changes anything on this way")
