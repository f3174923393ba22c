"""A Markdown page in, a runbook out."""

from __future__ import annotations

from dataclasses import dataclass

from mobius_tui.errors import RunbookError
from mobius_tui.runbook.page.parse import TooMuchError, parse
from mobius_tui.runbook.page.steps import draft_of
from mobius_tui.runbook.page.write import runbook_text
from mobius_tui.runbook.source import MAX_BYTES

MOST_STEPS = 2000
"""No page that somebody follows has more; a list of data may."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Imported:
    """What came of a page."""

    text: str
    """The runbook, as TOML."""
    comments: int
    """How many HTML comments of the page were left out."""


def convert(text: str, *, page: str, file: str, name: str) -> Imported:
    """The runbook that a page becomes.

    Args:
        text: the page.
        page: the name of its file.
        file: the name of the runbook's file.
        name: what the runbook's id is made of.

    Raises:
        RunbookError: there is nothing on the page, or too much.
    """
    try:
        read = parse(text)
    except TooMuchError as error:
        raise RunbookError(f"{page}: it {error}; split the page") from None
    draft = draft_of(read)
    steps = sum(len(phase.steps) for phase in draft.phases)
    if not steps:
        raise RunbookError(
            f"{page}: no step can be made of it; a page has headings, lists to tick "
            "and blocks of commands"
        )
    if steps > MOST_STEPS:
        words = f"makes {steps} steps, and {MOST_STEPS} are the most; split the page"
        raise RunbookError(f"{page}: it {words}")
    made = runbook_text(draft, page=page, file=file, name=name)
    if len(made.encode()) > MAX_BYTES:
        words = "makes a runbook of more than 1 MiB, which is none; split the page"
        raise RunbookError(f"{page}: it {words}")
    return Imported(text=made, comments=draft.comments)
