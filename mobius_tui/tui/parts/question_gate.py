"""Opens dialogs over a screen, and keeps drafts of what was typed in vain."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from textual import events
from textual.screen import Screen
from textual.worker import Worker

from mobius_tui.tui.backend.key_queue import INPUT_GUARD_SECONDS, TimedInput
from mobius_tui.tui.dialogs.question import Notifier
from mobius_tui.tui.screen_state import Draft, DraftKey

if TYPE_CHECKING:
    from mobius_tui.tui.dialogs.dialog import Dialog
    from mobius_tui.tui.presenters.run_view import RunView


class Drafts:
    """The drafts of one screen."""

    def __init__(self, kept: Mapping[DraftKey, Draft] = MappingProxyType({})) -> None:
        """Begin with those that were kept before.

        Args:
            kept: of the screen as it was before it went away.
        """
        self._kept = dict(kept)

    @property
    def kept(self) -> Mapping[DraftKey, Draft]:
        """All drafts that are stored now, by dialog."""
        return MappingProxyType(dict(self._kept))

    def take(self, key: DraftKey | None) -> Draft:
        """Remove and return the draft of a dialog; empty where there is none.

        Args:
            key: the dialog's; `None` for one whose text is not kept.
        """
        return self._kept.pop(key, {}) if key is not None else {}

    def keep(self, drafts: Mapping[DraftKey, Draft]) -> bool:
        """Keep drafts for when their dialogs are opened again; whether there is any.

        What was typed since in the same dialog is newer, and stays.
        """
        typed = {key: draft for key, draft in drafts.items() if draft}
        self._kept = {**typed, **self._kept}
        return bool(typed)


T = TypeVar("T")
DRAFT_KEPT_TEXT = "Open it again: what you typed is there."


class QuestionGate:
    """Opens dialogs over one screen, and keeps what was typed in them."""

    def __init__(
        self,
        screen: Screen[Any],
        drafts: Drafts,
        *,
        prepare_dialog: Callable[[Dialog[Any]], None],
        tell: Notifier,
    ) -> None:
        """Open the gate.

        Args:
            screen: the one that asks; its workers wait for the answers.
            drafts: what was typed before and nothing came of.
            prepare_dialog: gives a dialog what belongs to its screen: clock, copying.
            tell: shows a notice for a moment.
        """
        self._screen = screen
        self._prepare_dialog = prepare_dialog
        self._tell = tell
        self.drafts = drafts
        self._open: Dialog[Any] | None = None
        self._run_view: RunView | None = None
        self._work: Worker[None] | None = None
        self._deaf_until = float("-inf")
        """Until when no key counts, by the screen's clock, in seconds."""

    @property
    def is_asking(self) -> bool:
        """Whether a dialog is open, or about to be."""
        asking = self._work is not None and self._work.is_running
        return asking or not self._screen.is_current

    @property
    def is_opening(self) -> bool:
        """Whether a question is about to come on the screen, and keys must wait."""
        return self._screen.is_current and self.is_asking

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Start a worker that asks questions.

        Does nothing while a question is already open.

        A command that is pressed before that question is seen is dropped.
        """
        if self.is_asking:
            work.close()
        else:
            run = self._screen.run_worker
            self._work = run(work, name="ask", exit_on_error=False)

    async def ask(self, dialog: Dialog[T], /) -> T | None:
        """Show a dialog and wait for what it gives; only from a worker."""
        self._prepare_dialog(dialog)
        dialog.draft = self.drafts.take(dialog.draft_key)
        dialog.show_run_view(self._run_view)
        self._open = dialog
        try:
            given = await self._screen.app.push_screen_wait(dialog)
        finally:
            self._open = None
        if (
            given is None
            and dialog.keeps_draft_on_close
            and self.drafts.keep(dialog.drafts_at_close)
        ):
            self._tell(f"Closed. {DRAFT_KEPT_TEXT}")
        return given

    def show(self, dialog: Dialog[Any]) -> None:
        """Show a dialog that asks nothing; nobody waits for it."""
        self._prepare_dialog(dialog)
        self._screen.app.push_screen(dialog)

    def show_run_view(self, view: RunView) -> None:
        """Give the view to the alarm banner of the open dialog, and of later ones."""
        self._run_view = view
        if self._open is not None:
            self._open.show_run_view(view)

    def keep_draft_for_task(self) -> str:
        """Keep the draft of an open dialog; returns the notice to show afterwards."""
        dialog = self._open
        if dialog is None or not dialog.is_mounted or not dialog.ASKS:
            return ""
        kept = f" {DRAFT_KEPT_TEXT}" if self.drafts.keep(dialog.typed()) else ""
        return f"Closed, and nothing was sent: “{dialog.heading}”.{kept}"

    # Which keys are meant

    def note_refusal(self, at: float) -> None:
        """A command was refused, at a moment of the screen's clock, in seconds."""
        self._deaf_until = at + INPUT_GUARD_SECONDS

    def wait_until_seen(self) -> None:
        """Take no key before the screen is seen: it was meant for the one before it."""
        self._deaf_until = float("inf")

    def mark_shown(self, at: float) -> None:
        """The terminal shows the screen since a moment of its clock, in seconds.

        An Enter too many may still be on its way: for another moment no key counts.
        """
        if self._deaf_until == float("inf"):
            self._deaf_until = at + INPUT_GUARD_SECONDS

    def accepts_input(self, typed: TimedInput) -> bool:
        """Whether the screen takes a key, a paste or a click that has come.

        What was typed right behind a command that was refused was meant for the dialog
        that did not open: an Enter would begin a step.
        """
        is_deaf = typed.read_at < self._deaf_until
        return not (is_deaf and isinstance(typed.event, events.Key | events.Paste))


class DialogSequence:
    """Opens dialogs one after another, and collects what was typed in all of them."""

    def __init__(self, questions: QuestionGate) -> None:
        """Begin.

        Args:
            questions: opens the dialogs.
        """
        self._questions = questions
        self._typed: dict[DraftKey, Draft] = {}

    @property
    def typed(self) -> Mapping[DraftKey, Draft]:
        """What was typed in the dialogs that were answered."""
        return self._typed

    async def __call__(self, dialog: Dialog[T], /) -> T | None:
        """Show a dialog and wait for what it gives."""
        given = await self._questions.ask(dialog)
        if given is not None:
            self._typed.update(dialog.drafts_at_close)
        return given
