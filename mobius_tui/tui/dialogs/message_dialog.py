"""A message: its text filled in, to edit, send, copy, or mark as sent."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import ClassVar

from msgspec import Struct
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import TextArea

from mobius_tui import sanitize
from mobius_tui.run.intents.message_intents import MAX_MESSAGE_BYTES, with_mode_mark
from mobius_tui.run.intents.permissions import decide_offer
from mobius_tui.run.intents.step_intents import TickStep
from mobius_tui.run.planning.situation import Refused
from mobius_tui.run.state.deliveries import Delivery, DeliveryStatus
from mobius_tui.runbook.model.actions import SendMessage
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.runbook.text.units import duration_in_words, size_in_words
from mobius_tui.structs import replace
from mobius_tui.tui.dialogs.dialog import (
    CANCEL,
    ButtonVariant,
    CallOnPress,
    Choice,
    Dialog,
    fields_widget,
    text_widget,
)
from mobius_tui.tui.presenters.communication import (
    channel_fields,
    channels_of,
    deliveries_of,
    queued_before_host_ended,
)
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.styled_text import Role, cut_in_middle, text
from mobius_tui.tui.screen_state import DraftKey, Purpose

MAX_CHANNEL_CELLS = 14
"""Cells of a channel's id on a button."""
_VARIABLE_MENTION = re.compile(r"\$\{[\w.-]+\}")


class MessageAnswer(Struct, frozen=True):
    """What is to be done with a message."""

    text: str
    channels: tuple[str, ...] = ()
    """Ids of the channels to send it to; empty if a person has sent it themselves."""
    again: tuple[int, ...] = ()
    """Numbers of the deliveries that are to be sent again, as they are."""
    drop: tuple[int, ...] = ()
    """Numbers of the deliveries that a person has sent by other means."""


MessageChoice = Choice[MessageAnswer]


class MessageDialog(Dialog[MessageAnswer]):
    """Shows a message to edit; the result says what to do with it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "copy_text", "Copy the text", show=False),
        Binding("e", "edit", "Edit the text", show=False),
    ]
    keeps_draft_on_close = True

    def __init__(self, view: RunView, step: Step) -> None:
        self._unsent = _unsent_deliveries(deliveries_of(view, step))
        key = DraftKey(
            purpose=Purpose.MESSAGE,
            step=step.id,
            deliveries=tuple(own.number for own in self._unsent),
        )
        super().__init__(f"Tell: {view.plan.name(step.id)}", draft_key=key)
        assert isinstance(step.action, SendMessage)
        message = view.runbook.messages[step.action.message]
        body = view.values.preview(message.body).strip()
        last = view.step_state(step.id).last_attempt
        self._step = step
        self._view = view
        self._last_sent_notice = ""
        if last is not None and last.ended is not None:
            ago = duration_in_words(max(0.0, view.now - last.ended))
            self._last_sent_notice = (
                f"Told {ago} ago by {last.by}; this is what was said then."
            )
            body = last.note or body
        self._body = sanitize.clean(
            with_mode_mark(body, view.state.began), newlines=True
        )
        if self._unsent:
            self._body = sanitize.clean(
                self._unsent[0].queued_event.text, newlines=True
            )
        ready = (w.channel for w in channels_of(view, step) if not w.problem)
        self._ready = () if queued_before_host_ended(view, step) else tuple(ready)
        self._channels = fields_widget(tuple(channel_fields(view, step)), id="channels")
        self._hint = text_widget(*self._first_hint())
        self._hint.id = "hint"
        self._hint.display = bool(self._first_hint()[0])
        self._tab_hint = text_widget("Tab leaves the text.", "muted")
        self._tab_hint.display = False
        self._area = TextArea(self._body, id="text", soft_wrap=True, compact=True)
        self._area.read_only = bool(self._unsent)

    @property
    def _is_run_over(self) -> bool:
        """Whether nothing can be sent any more: it can still be read and copied."""
        return self._view.state.ended is not None or self._view.host_pid is None

    @property
    def _why_not_now(self) -> str | None:
        """Why it cannot be marked as sent now; None if it can."""
        if self._unsent or self._is_run_over:
            return None
        number = self._view.next_attempt(self._step.id)
        tell = TickStep(step=self._step.id, attempt=number)
        permission = decide_offer(tell, self._view.situation)
        return permission.text if isinstance(permission, Refused) else None

    def compose_body(self) -> Iterable[Widget]:
        """The deliveries so far, the channels, and the text."""
        if self._last_sent_notice:
            yield text_widget(self._last_sent_notice, "good")
        if self._channels.fields:
            yield self._channels
        yield self._hint
        unknown = ", ".join(dict.fromkeys(_VARIABLE_MENTION.findall(self._body)))
        if unknown and not self._unsent:
            yield text_widget(f"Not known yet; write it yourself: {unknown}", "warn")
        yield self._area
        yield self._tab_hint

    def on_descendant_focus(self) -> None:
        """Show how to leave the text while it has the focus."""
        self._tab_hint.display = self._area.has_focus

    def _first_hint(self) -> tuple[str, Role]:
        """What to do, in a line."""
        if self._is_run_over:
            return "Nothing is sent any more: copy it, and tell it by hand.", "muted"
        if self._why_not_now:
            return f"Copy it; it goes on record later: {self._why_not_now}.", "warn"
        if any(own.status is DeliveryStatus.UNKNOWN for own in self._unsent):
            return "It may have arrived: look there before you send it again.", "warn"
        if self._unsent:
            return "Send it again, or tell it by hand and say so.", "muted"
        if self._ready:
            return "", "muted"
        return "Tell it where people read, then mark it.", "muted"

    def watch_run_view(self, view: RunView | None) -> None:
        """Show the state of each channel as it changes."""
        if view is not None:
            self._channels.fields = tuple(channel_fields(view, self._step))

    def choices(self) -> tuple[MessageChoice, ...]:
        """Send it, copy it, or mark it as sent; the likeliest first."""
        copy = MessageChoice("c Copy", CallOnPress(self.action_copy_text))
        edit = MessageChoice("e Edit", CallOnPress(self.action_edit))
        if self._is_run_over or self._why_not_now:
            return (replace(copy, variant="primary"), Choice("Close", CANCEL))
        if self._unsent:
            where = _short_channels(tuple(own.channel for own in self._unsent))
            again = MessageChoice(
                f"Send again to {where}", CallOnPress(self.again), "primary"
            )
            by_hand = MessageChoice("Told by hand", CallOnPress(self.drop))
            return (again, copy, by_hand, Choice("Close", CANCEL))
        if self._last_sent_notice:
            ways = [Choice("Close", CANCEL, "primary"), copy, edit]
            if self._ready:
                ways.append(Choice("Send anew", CallOnPress(self.send)))
            return (*ways, Choice("Mark as told again", CallOnPress(self.submit)))
        variant: ButtonVariant = "default" if self._ready else "primary"
        told = MessageChoice("Mark as told", CallOnPress(self.submit), variant)
        if self._ready:
            where = _short_channels(self._ready)
            send = MessageChoice(f"Send to {where}", CallOnPress(self.send), "primary")
            return (send, copy, edit, told, Choice("Not yet", CANCEL))
        return (copy, edit, told, Choice("Not yet", CANCEL))

    def on_mount(self) -> None:
        """Enter does the likeliest: send it, or copy it first; `e` reaches the text.

        Enter never sends again what may have arrived.
        """
        first = next(iter(self.buttons.values()))
        if (
            any(own.status is DeliveryStatus.UNKNOWN for own in self._unsent)
            and not self._is_run_over
        ):
            first = self.buttons[CANCEL]
        first.focus()

    @property
    def _text(self) -> str:
        return self._area.text

    def action_copy_text(self) -> None:
        """Copy the text, edited or not, and show what is next.

        The next Enter marks it as told, where it is not to be sent.
        """
        if self.copy_text is not None:
            self.copy_text(self._text)
        next_one = self.buttons.get(CallOnPress(self.drop)) or self.buttons.get(
            CallOnPress(self.submit)
        )
        if next_one is None:
            return
        words = f"Where you paste it yourself, “{next_one.label}” says so."
        if not self._ready:
            next_one.focus()
            words = "Paste it where people read; then Enter says that it was told."
        if not self._unsent:  # of what may have arrived, the warning stays
            self._hint.update(text(words))
            self._hint.display = True

    def action_edit(self) -> None:
        """Go to the end of the text."""
        if self._unsent:
            return
        self._area.focus()
        self._area.move_cursor(self._area.document.end)

    def send(self) -> None:
        """Send the text, edited or not, to the channels that can be reached."""
        size = len(self._text.encode("utf-8", "replace"))
        if size > MAX_MESSAGE_BYTES:
            most = size_in_words(MAX_MESSAGE_BYTES)
            self.refuse(f"It has {size_in_words(size)}; {most} are sent at most.")
        elif self._has_text():
            self.dismiss(MessageAnswer(self._text, channels=self._ready))

    def again(self) -> None:
        """Send what did not arrive once more, as it is."""
        self.dismiss(
            MessageAnswer(self._text, again=tuple(own.number for own in self._unsent))
        )

    def drop(self) -> None:
        """Mark the message as sent by other means."""
        self.dismiss(
            MessageAnswer(self._text, drop=tuple(own.number for own in self._unsent))
        )

    def submit(self) -> None:
        """Mark the text, edited or not, as sent by other means."""
        if self._has_text():
            self.dismiss(MessageAnswer(self._text))

    def _has_text(self) -> bool:
        if self._text.strip():
            return True
        self.refuse("There is no text; what was told goes on record.")
        return False


def _short_channels(channels: tuple[str, ...]) -> str:
    """Channels on a button; the lines above name them all."""
    if len(channels) == 1:
        return cut_in_middle(channels[0], MAX_CHANNEL_CELLS)
    return "both" if len(channels) == 2 else f"all {len(channels)}"


def _unsent_deliveries(found: tuple[Delivery, ...]) -> tuple[Delivery, ...]:
    """The deliveries to send again.

    Those not sent, or else those that may have arrived.
    """
    late = (
        own for own in found if own.status is DeliveryStatus.QUEUED and own.tries > 0
    )
    held = (*(own for own in found if own.status is DeliveryStatus.NOT_SENT), *late)
    return held or tuple(own for own in found if own.status is DeliveryStatus.UNKNOWN)
