"""`mobius-tui resume`: an open run, as it stands."""

from __future__ import annotations

import argparse
from functools import partial
from typing import TYPE_CHECKING

from mobius_tui.commands.support import screens
from mobius_tui.commands.support.command_options import (
    auto_action,
    is_plain,
    read_answers,
    secrets_to_go_without,
)
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.run_index import run_by_name
from mobius_tui.run.storage.state_folders import runs_root

if TYPE_CHECKING:
    from mobius_tui.runbook.model.runbook import Runbook


def do(options: argparse.Namespace) -> int:
    """Go on with an open run."""
    directory = None if options.run is None else run_by_name(runs_root(), options.run)
    answers = read_answers(options.answers, partial(_runbook_of, directory))
    auto = auto_action(options, answers)
    runbook = partial(_runbook_of, directory)
    if without := secrets_to_go_without(options.without, runbook):
        from mobius_tui.commands.support.run_lines import resume_without

        resume_without(directory, without)
    if not (options.json or is_plain(requested=options.plain)):
        settings = screens.load_screen_settings(options)
        return screens.open_run(directory, settings, auto=auto)
    # Only now: the first picture of the screen does not wait for it.
    from mobius_tui.commands.support.run_lines import resume_with_lines

    return resume_with_lines(directory, as_json=options.json, auto=auto)


def _runbook_of(directory: RunDirectory | None) -> Runbook:
    """The runbook of the run that goes on."""
    # Only now: who answers nothing beforehand does without it.
    from mobius_tui.commands.support.run_lines import runbook_to_resume

    return runbook_to_resume(directory)
