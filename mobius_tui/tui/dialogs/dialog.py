"""What every dialog shares: frame, buttons, keys; and the dialog of the contacts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from time import monotonic
from types import MappingProxyType
from typing import ClassVar, Final, Generic, Literal, TypeVar

from msgspec import Struct
from textual import events, on
from textual.app import ComposeResult, RenderResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.reactive import reactive
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, Input, Select, Static, TextArea

from mobius_tui import sanitize
from mobius_tui.runbook.model.runbook import Contact
from mobius_tui.tui.backend.drawing_caches import dim_background
from mobius_tui.tui.backend.key_queue import InputGuard, TimedInput
from mobius_tui.tui.backend.style_sheets import set_breakpoint_classes
from mobius_tui.tui.commands.registry import bind
from mobius_tui.tui.presenters.communication import contact_fields
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.styled_text import Field, Role, text
from mobius_tui.tui.screen_state import Draft, DraftKey
from mobius_tui.tui.widgets.answer_inputs import MarkedOptionList
from mobius_tui.tui.widgets.banners import AlarmBanner
from mobius_tui.tui.widgets.detail_pane import FieldList


def field_values(dialog: Widget) -> Draft:
    """The texts in a dialog's fields, by the ids of the fields."""
    lines = {each.id or "": each.value for each in dialog.query(Input)}
    return lines | {each.id or "": each.text for each in dialog.query(TextArea)}


def fill_fields(dialog: Widget, draft: Draft) -> None:
    """Put what was typed before into those of its fields that there are."""
    for line in dialog.query(Input):
        if (words := draft.get(line.id or "")) is not None:
            line.select_on_focus = False
            line.value = words
    for area in dialog.query(TextArea):
        if (words := draft.get(area.id or "")) is not None:
            area.text = words


T = TypeVar("T")
HARMLESS_KEYS = frozenset({"escape", "up", "down", "pageup", "pagedown", "ctrl+z"})
"""Keys that answer nothing, whatever has the focus."""

ButtonVariant = Literal["default", "primary", "error"]


CANCEL: Final = None
"""What closes a dialog, and does nothing: Esc, and a button that says so."""


class CallOnPress(Struct, frozen=True):
    """A call in place of a result: for a button whose result depends on other input."""

    call: Callable[[], object]


class Choice(Struct, Generic[T], frozen=True):
    """One button, and what comes of it: a result, a call, or `CANCEL`."""

    label: str
    result: T | CallOnPress | None
    variant: ButtonVariant = "default"


class DialogBody(VerticalScroll, can_focus=False):
    """The part that scrolls; when it shrinks, the focused field stays in sight."""

    def on_resize(self) -> None:
        """Keep the line that has the focus in sight."""
        focused = self.screen.focused
        if focused is not None and self in focused.ancestors:
            self.call_after_refresh(focused.scroll_visible, animate=False)


class Dialog(ModalScreen[T | None], Generic[T]):
    """A box over the screen; Esc always closes it and does nothing."""

    TITLE = ""
    CSS_PATH = ["../styles/app.tcss", "../styles/dialogs.tcss"]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("suspend"),
        bind("contacts", "contacts"),
        bind("status"),
        Binding("escape", "cancel", "Close, and do nothing", show=False),
        Binding("up", "scroll_body(-1)", "Up", show=False),
        Binding("down", "scroll_body(1)", "Down", show=False),
        Binding("pageup", "page_body(-1)", "Page up", show=False),
        Binding("pagedown", "page_body(1)", "Page down", show=False),
        Binding("left", "button(-1)", "Button before", show=False),
        Binding("right", "button(1)", "Next button", show=False),
    ]

    ASKS: ClassVar[bool] = True
    """Whether it asks something: then a notice tells that a task has closed it."""

    keeps_draft_on_close = False
    """Whether the draft is kept even if the person closes the dialog."""
    draft: Draft = MappingProxyType({})
    """What was typed in it when it was closed unanswered, or refused, before."""
    drafts_at_close: Mapping[DraftKey, Draft] = MappingProxyType({})
    """What was typed in it when it was closed or answered, as `typed` gives it."""
    run_view: reactive[RunView | None] = reactive(None, repaint=False)
    """The view of the run that the alarm banner shows; `None` without a run."""

    mono: Callable[[], float] = monotonic
    """The clock of what is typed in it: seconds that only go forward."""
    copy_text: Callable[[str], None] | None = None
    """Copies text and says which way it went; given by the page that it is over."""
    copy_status: Callable[[], None] | None = None
    """Copies where the run stands; given by the page that it is over."""

    def __init__(
        self, title: str, *, tone: Role = "plain", draft_key: DraftKey | None = None
    ) -> None:
        """Make a dialog.

        Args:
            title: what stands in the border; from anywhere.
            tone: `bad` for what destroys or went wrong; decides the border's colour.
            draft_key: the key of its draft, which is kept if a task closes it, if its
                answer is refused, or, where `keeps_draft_on_close`, if the person
                closes it; `None` for a dialog whose text is not kept.
        """
        super().__init__(classes=f"dialog -tone-{tone}")
        self.heading = sanitize.line(title)
        """The title in the border."""
        self.draft_key = draft_key
        self._input_guard = InputGuard()
        self.box = Vertical(classes="box")
        self._scrolled = DialogBody(classes="body")
        self._refusal = Static("", id="problem", markup=False)
        self._initial_values: Draft = {}

    def on_compose(self) -> None:
        """Know the terminal's size before there is anything to lay out."""
        set_breakpoint_classes(self)

    def render(self) -> RenderResult:  # type: ignore[override]
        """The dialog's background: the screen beneath, dimmed."""
        return dim_background(super().render())

    @property
    def is_opening(self) -> bool:
        """Whether the terminal does not show it yet, so that keys must wait."""
        return not self._input_guard.is_shown

    def mark_shown(self, at: float) -> None:
        """The terminal shows it as it is, since a moment of the monotonic clock."""
        if self.is_mounted:
            self._input_guard.mark_shown(at if self.mono is monotonic else self.mono())

    def accepts_input(self, typed: TimedInput) -> bool:
        """Whether it takes a key, a paste or a click that has come.

        What answers nothing is never lost: what is typed into a field, which is there
        to be read before Enter takes it; what scrolls; Esc, which does nothing; and
        Ctrl+Z, which stops the screens as a job of the shell.
        """
        if self._is_harmless(typed.event):
            return True
        is_click = isinstance(typed.event, events.MouseDown)
        return self._input_guard.accepts(typed, answers=not is_click)

    def _is_harmless(self, event: events.Event) -> bool:
        """Whether it can answer nothing."""
        writes = isinstance(self.focused, Input | TextArea)
        if isinstance(event, events.Key):
            if event.key in HARMLESS_KEYS:
                return True
            takes_lines = isinstance(self.focused, TextArea)
            answering = {"ctrl+enter"} if takes_lines else {"enter", "ctrl+enter"}
            return writes and event.key not in answering
        return writes and isinstance(event, events.Paste)

    def show_run_view(self, view: RunView | None) -> None:
        """Give the view to the alarm banner over it; `None` without a run."""
        if self.is_mounted:
            self.run_view = view
        else:
            self.set_reactive(Dialog.run_view, view)

    def restart_input_guard(self) -> None:
        """The content has changed: ignore keys until the new content has been shown."""
        self._input_guard.restart()
        self.refresh()

    def on_mount(self) -> None:
        """Put back what was typed; on a low screen, scroll to what is to be typed."""
        self._initial_values = field_values(self)
        fill_fields(self, self.draft)
        self.call_after_refresh(self._show_focus)

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        """Close, and give what was answered; what was typed is known afterwards."""
        self.drafts_at_close = self.typed()
        return super().dismiss(result)

    def typed(self) -> Mapping[DraftKey, Draft]:
        """What was typed in its fields, under its key; empty if that is not kept."""
        if self.draft_key is None:
            return {}
        given, now = self._initial_values, field_values(self)
        return {self.draft_key: {k: w for k, w in now.items() if w != given.get(k)}}

    def _show_focus(self) -> None:
        if self.focused is not None:
            self.focused.scroll_visible(animate=False)

    def compose(self) -> ComposeResult:
        """The box: the body, which scrolls, and the foot, which does not."""
        yield AlarmBanner(key_prefix="Esc").data_bind(view=Dialog.run_view)
        with self.box:
            self.box.border_title = Content(self.heading)
            with self._scrolled:
                yield from self.compose_body()
            with Vertical(classes="foot"):
                yield from self.compose_foot()
                self._refusal.display = False
                yield self._refusal
                with Horizontal(classes="buttons"):
                    yield from self.buttons.values()

    @cached_property
    def buttons(self) -> Mapping[T | CallOnPress | None, Button]:
        """The buttons by what comes of them, whether they are seen yet or not."""
        return {choice.result: _button(choice) for choice in self.choices()}

    def compose_body(self) -> Iterable[Widget]:
        """The widgets in the scrolling part of the box."""
        return ()

    def compose_foot(self) -> Iterable[Widget]:
        """The widgets below the scrolling part, which are visible on every screen."""
        return ()

    def choices(self) -> tuple[Choice[T], ...]:
        """The buttons, the likeliest first; no two have the same result."""
        return (Choice("Close", CANCEL, "primary"),)

    def refuse(self, words: str) -> None:
        """Show in the box why the answer is not accepted."""
        self._refusal.update(text(words, "bad"))
        self._refusal.display = True

    @on(Input.Changed)
    @on(TextArea.Changed)
    @on(Select.Changed)
    @on(MarkedOptionList.MarksChanged)
    def clear_refusal(self) -> None:
        """Remove the refusal: it was of an answer that is another one now."""
        self._refusal.display = False

    def action_scroll_body(self, rows: int) -> None:
        """Scroll what does not fit."""
        self._scrolled.scroll_relative(y=rows, animate=False)

    def action_page_body(self, pages: int) -> None:
        """Scroll by the height that is in sight."""
        self.action_scroll_body(pages * self._scrolled.size.height)

    def action_button(self, step: int) -> None:
        """Go from a button to the one beside it, as far as there are any."""
        buttons = [each for each in self.buttons.values() if each.display]
        if self.focused in buttons:
            place = buttons.index(self.focused) + step
            buttons[min(max(place, 0), len(buttons) - 1)].focus()

    def action_contacts(self) -> None:
        """Show whom to call, over it; a line that is typed in takes the key itself."""
        if self.run_view is not None and not isinstance(self, ContactsDialog):
            self.show_over(ContactsDialog(self.run_view.runbook.contacts))

    def show_over(self, dialog: Dialog[None]) -> None:
        """Show a dialog that only tells, over this one."""
        dialog.mono, dialog.copy_status = self.mono, self.copy_status
        self.app.push_screen(dialog)

    def action_status(self) -> None:
        """Copy where the run stands; it answers nothing, and the dialog stays."""
        if self.copy_status is not None:
            self.copy_status()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        """Give the result of the choice that was pressed, or do what it calls."""
        event.stop()
        for result, button in self.buttons.items():
            if button is not event.button:
                continue
            if isinstance(result, CallOnPress):
                result.call()
            else:
                self.dismiss(result)

    def action_cancel(self) -> None:
        """Close, and do nothing."""
        self.dismiss(CANCEL)


def _button(choice: Choice[T]) -> Button:
    key = "Esc " if choice.result is CANCEL else ""
    return Button(
        Content(key + sanitize.line(choice.label)),
        variant=choice.variant,
        compact=True,
    )


def fields_widget(
    fields: tuple[Field, ...],
    *,
    id: str | None = None,  # noqa: A002 - as Textual has it
) -> FieldList:
    """Fields of the detail pane, in a dialog."""
    widget = FieldList(id=id)
    widget.set_reactive(FieldList.fields, fields)
    return widget


def text_widget(words: str, role: Role = "plain") -> Static:
    """A line or paragraph from anywhere, made harmless."""
    return Static(text(words, role), markup=False, classes="words")


class ContactsDialog(Dialog[None]):
    """Shows the contacts of a runbook."""

    ASKS = False

    def __init__(self, contacts: tuple[Contact, ...]) -> None:
        super().__init__("Whom to call")
        self._contacts = contacts

    def compose_body(self) -> Iterable[Widget]:
        """Handle, role and reason."""
        if self._contacts:
            yield fields_widget(contact_fields(self._contacts))
        else:
            yield text_widget("This runbook names nobody.", "muted")
