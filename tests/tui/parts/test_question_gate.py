"""The question gate: one dialog at a time, and what was typed in it."""

from __future__ import annotations

from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input

from mobius_tui.tui.backend.full_screens import AppResult
from mobius_tui.tui.dialogs.question import TextDialog
from mobius_tui.tui.parts.question_gate import DialogSequence
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.screen_state import DraftKey, Purpose
from mobius_tui.tui.screens.page import Page
from tests.tui import scenes
from tests.tui.runs import opened, running, settled, until

NOTE = DraftKey(purpose=Purpose.NOTE)
SKIP = DraftKey(purpose=Purpose.SKIP, step="a")


def asking(key: DraftKey) -> TextDialog:
    return TextDialog(
        "Sure?",
        "It is asked.",
        draft_key=key,
        verb="Yes",
        prompt="why",
        keeps_draft_on_close=key is NOTE,
    )


async def typed(pilot: Pilot[AppResult], words: str) -> None:
    """Type into the dialog that is open, once it is."""
    await until(pilot, lambda: isinstance(pilot.app.screen, TextDialog))
    pilot.app.screen.query_one(Input).value = words


async def test_what_is_asked_while_a_question_is_on_its_way_is_not_asked() -> None:
    page = Page()
    asked: list[str] = []

    async def ask(name: str) -> None:
        asked.append(name)
        await page.questions.ask(asking(NOTE))

    async with running(page, size=(80, 24)) as pilot:
        page.questions.begin(ask("first"))
        assert page.is_opening
        page.questions.begin(ask("second"))
        await until(pilot, lambda: isinstance(pilot.app.screen, TextDialog))
        page.questions.begin(ask("third"))
        await settled(pilot)
        pilot.app.screen.dismiss(None)
        await until(pilot, lambda: not page.questions.is_asking)
        assert asked == ["first"]


async def test_a_conversation_knows_what_was_typed_in_what_was_answered() -> None:
    page = Page()
    conversation = DialogSequence(page.questions)
    given: list[str | None] = []

    async def ask() -> None:
        for key in (SKIP, NOTE):
            said = await conversation(asking(key))
            given.append(said)

    async with running(page, size=(80, 24)) as pilot:
        page.questions.begin(ask())
        await typed(pilot, "no page")
        pilot.app.screen.dismiss("no page")
        await until(pilot, lambda: given)
        await typed(pilot, "it is calm")
        pilot.app.screen.dismiss(None)
        await until(pilot, lambda: len(given) == 2)
    assert given == ["no page", None]
    assert conversation.typed == {SKIP: {"reason": "no page"}}
    assert page.questions.drafts.kept == {NOTE: {"reason": "it is calm"}}


async def test_what_is_open_when_the_screens_go_away_is_kept() -> None:
    page = Page()

    async def ask() -> None:
        await page.questions.ask(asking(SKIP))

    async with running(page, size=(80, 24)) as pilot:
        assert page.keep_draft_for_task() == ""
        page.questions.begin(ask())
        await typed(pilot, "no page")
        assert page.keep_draft_for_task().startswith(
            "Closed, and nothing was sent: “Sure?”."
        )
        assert page.questions.drafts.kept == {SKIP: {"reason": "no page"}}


async def test_the_banner_over_a_dialog_tells_of_the_run_as_it_is(
    tmp_path: Path,
) -> None:
    async with opened(scenes.fired(tmp_path)) as (screen, pilot):
        view = screen.view
        assert view is not None
        dialog = asking(NOTE)

        async def ask() -> None:
            await screen.questions.ask(dialog)

        screen.questions.begin(ask())
        await until(pilot, lambda: pilot.app.screen is dialog)
        first: RunView | None = dialog.run_view
        assert first is view, "when it is opened"
        screen.feed.show_now()
        later = screen.feed.view(None)
        screen.questions.show_run_view(later)
        assert dialog.run_view is later, "and when that changes"
