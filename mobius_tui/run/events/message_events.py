"""Events of messages on their way to channels. Pure.

A *delivery* is one message to one channel, numbered from 1 in its run. No event holds a
channel's URL.
"""

from __future__ import annotations

from typing import get_args

from mobius_tui.dataclass import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageQueued:
    """A message was queued for channels: a delivery for each."""

    delivery: int
    """The first delivery's number; those to the other channels are numbered on from
    it."""
    channels: tuple[str, ...]
    """The channels' ids."""
    title: str
    text: str
    """The text to send, without the footer that names the journal's head."""
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
    """The channel accepted it."""

    delivery: int
    number: int
    status: int
    """The HTTP status."""
    answer: str = ""
    """The first characters of the channel's answer, sanitized."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageNotSent:
    """The channel has certainly not received it; see `again` for the next try."""

    delivery: int
    number: int
    """The try; 0 where none could be made."""
    reason: str
    status: int | None = None
    answer: str = ""
    again: float | None = None
    """Seconds until the next try; `None` where a person must ask for it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageUnknown:
    """Whether the channel received it is not known; only a person sends it again."""

    delivery: int
    number: int
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageRequeued:
    """A person asked for it to be sent again."""

    delivery: int


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageDropped:
    """A person delivered it otherwise, or gave it up: it is no longer queued."""

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
MESSAGE_EVENTS: tuple[type[MessageEvent], ...] = get_args(MessageEvent)
