"""What a page becomes, for tests."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.runbook.library.loader import decode_runbook
from mobius_tui.runbook.model.actions import Run
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.runbook.page.convert import convert_page
from tests.acceptance.page_words import lost_words


def imported(page: str, name: str = "page") -> tuple[str, Runbook]:
    """The text of the runbook, and the runbook that it decodes to."""
    made = convert_page(
        page, page_file=f"{name}.md", file=f"{name}.toml", id_source=name
    )
    found, problems = decode_runbook(
        Path("x.toml"), made.text.encode(), lambda _: ("", b"")
    )
    assert found is not None, "\n".join(each.render() for each in problems)
    runs = [step.action for step in found.steps() if isinstance(step.action, Run)]
    assert all(run.effect == "read" for run in runs if run.is_judged)
    return made.text, found


def scripts(book: Runbook) -> list[str]:
    return [step.action.script for step in book.steps() if isinstance(step.action, Run)]


def titles(book: Runbook) -> list[str]:
    return [step.title for step in book.steps()]


def lost(page: str) -> list[str]:
    """The words of a page that its runbook does not have."""
    found = lost_words(page, imported(page)[0])[1]
    return [word for each in found for word in each.words]
