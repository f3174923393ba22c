"""What is journaled of messages on their way to channels. Pure.

A *delivery* is one message to one channel, numbered from 1 in its run. Nothing here
names a channel's URL.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageQueued:
    """A message is to go to channels, a delivery to each."""

    delivery: int
    """The number of the first one's; the others follow."""
    channels: tuple[str, ...]
    """The channels' ids."""
    title: str
    text: str
    """What is to be sent, but for the line with the journal's head under it."""
    step: str
    attempt: int
    """The attempt at the step that it belongs to: queued once for it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageTried:
    """A try is about to be made; durable before anything of it is sent."""

    delivery: int
    number: int
    """Which try, from 1."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageSent:
    """The channel took it."""

    delivery: int
    number: int
    status: int
    """The HTTP status."""
    answer: str = ""
    """The first characters of what it answered, made harmless."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageNotSent:
    """It is known that the channel has not got it: the message stays queued."""

    delivery: int
    number: int
    """The try; 0 where none could be made."""
    reason: str
    status: int | None = None
    answer: str = ""
    again: float | None = None
    """Seconds until it is tried again by itself; `None` where that wants a person."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageUnknown:
    """It is not known whether the channel got it; only a person sends it again."""

    delivery: int
    number: int
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageRequeued:
    """A person wants it sent again."""

    delivery: int


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageDropped:
    """A person told it by another way, or not at all: it is queued no longer."""

    delivery: int
    reason: str


MessageEvent = (
    MessageQueued
    | MessageTried
    | MessageSent
    | MessageNotSent
    | MessageUnknown
    | MessageRequeued
    | MessageDropped
)
MESSAGE_EVENTS: tuple[type[MessageEvent], ...] = (
    MessageQueued,
    MessageTried,
    MessageSent,
    MessageNotSent,
    MessageUnknown,
    MessageRequeued,
    MessageDropped,
)
