"""Options of a run that goes on by itself: `--auto`, `--manual`, `--yes`, `--answers`.

A guided run needs nothing of it, and its first picture does not wait for the imports.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mobius_tui.errors import UsageError

if TYPE_CHECKING:
    from mobius_tui.run.intents.intent_actions import StartAutomatic


def auto_intent(
    options: argparse.Namespace, answers: Mapping[str, str]
) -> StartAutomatic | None:
    """The action that makes a run automatic; `None` for a guided one."""
    if options.auto:
        from mobius_tui.run.planning.unattended_answers import automatic_action

        return automatic_action(
            answers, manual=options.manual or "stop", yes=options.yes
        )
    given = {
        "--yes": options.yes,
        "--manual": options.manual,
        "--answers": options.answers,
    }
    wrong = [name for name, value in given.items() if value]
    if wrong:
        raise UsageError(f"{', '.join(wrong)}: only with --auto")
    return None


def read_answers(path: Path | str | None) -> dict[str, str]:
    """Read the answers in a file, by variable; none without a file."""
    if not path:
        return {}
    from mobius_tui.run.planning.unattended_answers import read_answers_file

    return read_answers_file(Path(path))
