"""Events of messages on their way to channels. Pure.

A *delivery* is one message to one channel, numbered from 1 in its run. No event holds a
channel's URL.
"""

from __future__ import annotations

from typing import get_args

from mobius_tui.json_border import Integer, JsonObject, Number


class MessageQueued(JsonObject, frozen=True, kw_only=True):
    """A message was queued for channels: a delivery for each."""

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


class MessageTried(JsonObject, frozen=True, kw_only=True):
    """A try is about to be made; durable before anything of it is sent."""

    delivery: Integer
    number: Integer
    """Which try, from 1."""


class MessageSent(JsonObject, frozen=True, kw_only=True):
    """The channel accepted it."""

    delivery: Integer
    number: Integer
    status: Integer
    """The HTTP status."""
    answer: str = ""
    """The first characters of the channel's answer, sanitized."""


class MessageNotSent(JsonObject, frozen=True, kw_only=True):
    """The channel has certainly not received it; see `again` for the next try."""

    delivery: Integer
    number: Integer
    """The try; 0 where none could be made."""
    reason: str
    status: Integer | None = None
    answer: str = ""
    again: Number | None = None
    """Seconds until the next try; `None` where a person must ask for it."""


class MessageUnknown(JsonObject, frozen=True, kw_only=True):
    """Whether the channel received it is not known; only a person sends it again."""

    delivery: Integer
    number: Integer
    reason: str


class MessageRequeued(JsonObject, frozen=True, kw_only=True):
    """A person asked for it to be sent again."""

    delivery: Integer


class MessageDropped(JsonObject, frozen=True, kw_only=True):
    """A person delivered it otherwise, or gave it up: it is no longer queued."""

    delivery: Integer
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
