"""Which file is edited: a runbook's own, or a copy where it is none of the person's."""

from __future__ import annotations

import asyncio
from pathlib import Path

from mobius_tui.runbook.own_copy import copy_of, copy_to_own, editable, why_fixed
from mobius_tui.tui.screens.page import Page
from mobius_tui.tui.screens.question import Question


async def file_to_edit(page: Page, path: Path) -> Path | None:
    """The file that a person may edit; only from a worker.

    Args:
        page: asks, and says why not.
        path: the runbook's file.

    Returns:
        The file, or their copy of it; `None` where they want none.

    Raises:
        UsageError: the copy could not be made.
    """
    path = editable(path)
    if not path.is_file():
        page.tell(f"{path} is not there any more.", is_problem=True)
        return None
    why = why_fixed(path)
    if not why:
        return path
    words = (
        f"{why} A copy in your own folder is listed in the library, and found by its "
        f"name before this one: {copy_of(path)}"
    )
    title = f"Edit a copy of {path.name}?"
    if not await page.ask(Question(title, words, verb="Copy and edit", tone="plain")):
        return None
    return await asyncio.to_thread(copy_to_own, path)
