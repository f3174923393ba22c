"""Options of a run that goes on by itself: `--auto`, `--manual`, `--yes`, `--answers`.

A guided run needs nothing of it, and its first picture does not wait for the imports.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mobius_tui.errors import UsageError

if TYPE_CHECKING:
    from mobius_tui.run.intents.intent_actions import StartAutomatic
    from mobius_tui.run.planning.unattended_answers import UnattendedAnswers
    from mobius_tui.runbook.model.runbook import Runbook


def auto_action(
    options: argparse.Namespace, answers: UnattendedAnswers | None
) -> StartAutomatic | None:
    """The action that makes a run automatic; `None` for a guided one."""
    if options.auto:
        from mobius_tui.run.planning.unattended_answers import (
            UnattendedAnswers,
            automatic_action,
        )

        return automatic_action(
            answers or UnattendedAnswers(),
            manual=options.manual or "stop",
            yes=options.yes,
            rehearse_undo=options.rehearse_undo,
        )
    given = {
        "--yes": options.yes,
        "--manual": options.manual,
        "--answers": options.answers,
        "--rehearse-undo": options.rehearse_undo,
    }
    wrong = [name for name, value in given.items() if value]
    if wrong:
        raise UsageError(f"{', '.join(wrong)}: only with --auto")
    return None


def read_answers(
    path: str | None, runbook: Callable[[], Runbook]
) -> UnattendedAnswers | None:
    """Read the answers in a file; `None` without a file, or where it has none.

    Args:
        path: the file.
        runbook: gives the runbook whose questions they answer.

    Raises:
        UsageError: it cannot be read, or answers what nobody asks.
    """
    if not path:
        return None
    from mobius_tui.run.planning.unattended_answers import (
        UnattendedAnswers,
        read_answers_file,
        refuse_unknown_answers,
    )

    found = read_answers_file(Path(path))
    refuse_unknown_answers(runbook(), found, path)
    return None if found == UnattendedAnswers() else found
