"""Starts a run, and shows it by screens or by lines; or only prints its plan."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

from mobius_tui.commands.support import screens
from mobius_tui.commands.support.command_options import auto_action, is_plain
from mobius_tui.commands.support.command_output import print_data
from mobius_tui.errors import EXIT_OK, UsageError
from mobius_tui.run.client.drill_reach import runs_as_written
from mobius_tui.run.client.dry_run import dry_run_lines
from mobius_tui.run.client.preflight import refuse_unattended
from mobius_tui.run.client.run_briefing import Briefing
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.planning.unattended_refusals import manual_tick_refusal
from mobius_tui.sanitize import line

if TYPE_CHECKING:
    from mobius_tui.run.intents.unattended_answers import UnattendedAnswers


def start_or_preview_run(
    options: argparse.Namespace,
    briefing: Briefing,
    answers: UnattendedAnswers | None,
) -> int:
    """Show the plan, print the run, or open the screens.

    Args:
        options: of the command line.
        briefing: what is known before the run.
        answers: what is answered to questions; the person may change it.
    """
    if options.dry_run:
        for each in dry_run_lines(briefing, now=time.time()):
            print_data(line(each))
        return EXIT_OK
    auto = auto_action(options, answers)
    if auto is not None:
        refuse_unattended(briefing.runbook, "--auto")
        if options.manual == "tick":
            _refuse_ticks(briefing)
    values = answers.values if answers is not None else {}
    if not (options.json or is_plain(requested=options.plain)):
        settings = screens.load_screen_settings(options)
        return screens.open_briefing(briefing, settings, auto=auto, answers=values)
    # Only now: whoever waits for a screen does without all that judges a drill.
    from mobius_tui.commands.support.run_lines import start_with_lines

    return start_with_lines(briefing, values, as_json=options.json, auto=auto)


def _refuse_ticks(briefing: Briefing) -> None:
    """Refuse `--manual tick` if the host would not tick manual steps by itself.

    Raises:
        UsageError: it would not; the message says why.
    """
    refused = manual_tick_refusal(
        is_harmless=briefing.mode is Mode.DRILL and not runs_as_written(briefing),
        environment=briefing.environment,
        protected=briefing.protected,
    )
    if refused:
        raise UsageError(f"{refused}; without --auto a person does it, and ticks it")
