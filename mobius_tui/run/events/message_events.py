"""Events of messages on their way to channels. Pure.

A *delivery* is one message to one channel, numbered from 1 in its run. No event holds a
channel's URL.
"""

from __future__ import annotations

from typing import ClassVar, get_args

from mobius_tui.json_border import Integer, Number
from mobius_tui.run.events.event import (
    Event,
    MomentKind,
    MomentTone,
    Telling,
    WhenReopened,
)
from mobius_tui.runbook.text.units import duration_in_words

ARRIVAL_UNKNOWN_TEXT = "not known whether it arrived"


class MessageQueued(Event, frozen=True, kw_only=True):
    """A message was queued for channels: a delivery for each."""

    when_reopened: ClassVar[WhenReopened] = "always"
    moment_kind: ClassVar[MomentKind] = "messages"
    moment_mark: ClassVar[str] = "○"
    moment_tone: ClassVar[MomentTone] = "muted"
    delivery: Integer
    """The first delivery's number; those to the other channels are numbered on from
    it."""
    channels: tuple[str, ...]
    """The channels' ids."""
    title: str
    text: str
    """The text to send, without the footer that names the journal's head."""
    step: str
    attempt: Integer
    """The attempt at the step that it belongs to: queued once for it."""

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        whom = ", ".join(self.channels)
        return f"message queued for {whom}: {self.title}, by {run.by}"


class MessageTried(Event, frozen=True, kw_only=True):
    """A try is about to be made; durable before anything of it is sent."""

    when_reopened: ClassVar[WhenReopened] = "always"
    may_follow_end: ClassVar[bool] = True
    moment_kind: ClassVar[MomentKind] = "messages"
    delivery: Integer
    number: Integer
    """Which try, from 1."""

    def sentence(self, _run: Telling) -> None:
        """Nothing that is of interest to a reader."""


class MessageSent(Event, frozen=True, kw_only=True):
    """The channel accepted it."""

    when_reopened: ClassVar[WhenReopened] = "always"
    may_follow_end: ClassVar[bool] = True
    moment_kind: ClassVar[MomentKind] = "messages"
    moment_mark: ClassVar[str] = "✔"
    delivery: Integer
    number: Integer
    status: Integer
    """The HTTP status."""
    answer: str = ""
    """The first characters of the channel's answer, sanitized."""

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        answer = f": {self.answer}" if self.answer else ""
        to = run.delivery(self.delivery)
        return f"message sent to {to}; it answers {self.status}{answer}"


class MessageNotSent(Event, frozen=True, kw_only=True):
    """The channel has certainly not received it; see `again` for the next try."""

    when_reopened: ClassVar[WhenReopened] = "always"
    may_follow_end: ClassVar[bool] = True
    moment_kind: ClassVar[MomentKind] = "messages"
    moment_mark: ClassVar[str] = "✖"
    moment_tone: ClassVar[MomentTone] = "bad"
    delivery: Integer
    number: Integer
    """The try; 0 where none could be made."""
    reason: str
    status: Integer | None = None
    answer: str = ""
    again: Number | None = None
    """Seconds until the next try; `None` where a person must ask for it."""

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        answer = f": {self.answer}" if self.answer else ""
        then = "it stays queued for a person"
        if self.again is not None:
            then = f"again in {duration_in_words(self.again)}"
        to = run.delivery(self.delivery)
        return f"message not sent to {to}; {self.reason}{answer}; {then}"


class MessageUnknown(Event, frozen=True, kw_only=True):
    """Whether the channel received it is not known; only a person sends it again."""

    when_reopened: ClassVar[WhenReopened] = "always"
    may_follow_end: ClassVar[bool] = True
    moment_kind: ClassVar[MomentKind] = "messages"
    moment_mark: ClassVar[str] = "?"
    moment_tone: ClassVar[MomentTone] = "bad"
    delivery: Integer
    number: Integer
    reason: str

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        to = run.delivery(self.delivery)
        unknown = f"{ARRIVAL_UNKNOWN_TEXT}: {self.reason}"
        return f"message to {to}; {unknown}; look before you send"


class MessageRequeued(Event, frozen=True, kw_only=True):
    """A person asked for it to be sent again."""

    when_reopened: ClassVar[WhenReopened] = "always"
    moment_kind: ClassVar[MomentKind] = "messages"
    delivery: Integer

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        return f"message to be sent again to {run.delivery(self.delivery)}, by {run.by}"


class MessageDropped(Event, frozen=True, kw_only=True):
    """A person delivered it otherwise, or gave it up: it is no longer queued."""

    when_reopened: ClassVar[WhenReopened] = "always"
    may_follow_end: ClassVar[bool] = True
    moment_kind: ClassVar[MomentKind] = "messages"
    delivery: Integer
    reason: str

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        to = run.delivery(self.delivery)
        return f"message dropped, to {to}, by {run.by}: {self.reason}"


MessageEvent = (
    MessageQueued
    | MessageTried
    | MessageSent
    | MessageNotSent
    | MessageUnknown
    | MessageRequeued
    | MessageDropped
)
MESSAGE_EVENTS: tuple[type[MessageEvent], ...] = get_args(MessageEvent)
