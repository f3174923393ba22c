"""One drill has one exit code: on its lines, and on its screen."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from mobius_tui.commands.support.run_lines import print_until_end
from mobius_tui.drill import drill_record
from mobius_tui.drill.drill_verdict import exit_code_of_drill, exit_code_on_leaving
from mobius_tui.errors import EXIT_FAILED, EXIT_OK
from mobius_tui.run.events.mode_and_outcome import Mode, Outcome
from mobius_tui.run.events.run_events import RunEnded
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.library.loader import load
from mobius_tui.structs import replace
from tests.drill.drills import HANDLED, drill
from tests.tui.runs import ROLLBACK, MadeRun

HANDLINGS = ("handled", "not handled", "not looked at", "no score")


def over(
    outcome: Outcome, handling: str, tmp_path: Path, *, automatic: bool
) -> MadeRun:
    """A drill that has ended, whose site and guard have gone."""
    run = MadeRun(
        runs_root(),
        load(ROLLBACK),
        values={},
        mode=Mode.DRILL,
        site=str(tmp_path / "gone"),
    )
    run.write(RunEnded(outcome=outcome, reason="so"), after=60)
    if handling != "no score":
        handled = {"handled": True, "not handled": False}.get(handling)
        score = replace(HANDLED, handled=handled, automatic=automatic)
        record = replace(drill(score), run=run.directory.id)
        drill_record.write_drill_record(run.directory, record)
    return run


@pytest.mark.parametrize("automatic", [False, True])
@pytest.mark.parametrize("handling", HANDLINGS)
@pytest.mark.parametrize("outcome", list(Outcome))
def test_lines_and_screen_agree(
    outcome: Outcome, handling: str, tmp_path: Path, *, automatic: bool
) -> None:
    run = over(outcome, handling, tmp_path, automatic=automatic)
    lines = asyncio.run(
        print_until_end(run.directory, as_json=False, auto=None, is_resumed=True)
    )
    screen = exit_code_on_leaving(Follower(run.directory).state, run.directory)
    assert lines == screen
    assert (lines == EXIT_OK) is (
        outcome is Outcome.COMPLETED and handling == "handled"
    )


def test_only_a_site_that_was_seen_restored_is_a_success() -> None:
    assert exit_code_of_drill(EXIT_OK, None) == EXIT_FAILED
    for handled, code in ((True, EXIT_OK), (False, EXIT_FAILED), (None, EXIT_FAILED)):
        record = drill(replace(HANDLED, handled=handled))
        assert exit_code_of_drill(EXIT_OK, record) == code
