"""Which file is edited as the source, and what was edited since a run began."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from mobius_tui.errors import UsageError
from mobius_tui.runbook.library.own_runbooks import (
    copy_to_own,
    editable_file,
    own_copy_path,
    why_read_only,
)
from mobius_tui.tui.dialogs.dialog import Dialog, text_widget
from mobius_tui.tui.dialogs.question import DialogOpener, Question
from mobius_tui.tui.presenters.styled_text import Role, text


async def file_to_edit(path: Path, open_dialog: DialogOpener) -> Path | None:
    """The file that a person may edit; only from a worker.

    Args:
        path: the runbook's file.
        open_dialog: shows a dialog and waits for what it gives.

    Returns:
        The file, or their copy of it; `None` where they want none.

    Raises:
        UsageError: it is not there any more, or the copy could not be made.
    """
    path = editable_file(path)
    if not path.is_file():
        raise UsageError(f"{path} is not there any more.")
    why = why_read_only(path)
    if not why:
        return path
    words = (
        f"{why} A copy in your own folder is listed in the library, and found by its "
        f"name before this one: {own_copy_path(path)}"
    )
    title = f"Edit a copy of {path.name}?"
    if not await open_dialog(
        Question(title, words, verb="Copy and edit", tone="plain")
    ):
        return None
    return await asyncio.to_thread(copy_to_own, path)


MAX_DIFF_LINES = 2000
"""Lines that are shown; more are counted."""
DIFF_LINE_ROLES: tuple[tuple[str, Role], ...] = (
    ("---", "muted"),
    ("+++", "muted"),
    ("@@", "accent"),
    ("+", "good"),
    ("-", "bad"),
)


class ChangesDialog(Dialog[None]):
    """Shows what was edited in the runbook's file, as a diff."""

    ASKS = False

    def __init__(self, lines: Sequence[str]) -> None:
        """Make it.

        Args:
            lines: a unified diff, from anywhere.
        """
        super().__init__("Edited since this run began")
        self._lines = lines

    def compose_body(self) -> Iterable[Widget]:
        """What it is for, and the diff."""
        yield text_widget(
            "This is for the next run. The one that is open goes by its own copy, and "
            "nothing of it has changed.",
        )
        shown = [_line(each) for each in self._lines[:MAX_DIFF_LINES]]
        if len(self._lines) > MAX_DIFF_LINES:
            shown.append(
                text(f"… and {len(self._lines) - MAX_DIFF_LINES} lines more", "muted")
            )
        yield Static(Content("\n").join(shown), markup=False, classes="words")


def _line(line: str) -> Content:
    roles = (role for start, role in DIFF_LINE_ROLES if line.startswith(start))
    role: Role = next(roles, "plain")
    return text(line or " ", role)
