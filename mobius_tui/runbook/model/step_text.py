"""Steps and checks in words, for the dry run, the briefing and the detail pane."""

from __future__ import annotations

from mobius_tui.runbook.model.actions import Run
from mobius_tui.runbook.model.check_kinds import Check, Repeat

EFFECTS = {"read": "reads", "change": "changes", "destroy": "DESTROYS"}
"""The words for an effect on screen."""


def check_in_words(check: Check) -> str:
    """The condition of a check as text: `GET http://…/health = 200, 3 in a row`."""
    return check.claim + _repeat(check.repeat)


def _repeat(repeat: Repeat) -> str:
    words = ""
    if repeat.consecutive > 1:
        words += f", {repeat.consecutive} in a row"
    if repeat.limit is not None and repeat.limit > repeat.consecutive:
        words += f", {repeat.limit} looks at most"
    if repeat.deadline is not None:
        words += f", within {repeat.deadline}"
    if repeat.limit is None or repeat.limit > 1:
        words += f", every {repeat.every}"
    return words


def command_in_words(action: Run) -> str:
    """The program that runs a script: `bash`, or what `shell` says."""
    return " ".join(action.shell) if action.shell else "bash"
