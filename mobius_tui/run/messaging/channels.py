"""Where a run's messages can go, and the form that each kind of channel takes. Pure.

A viewer knows no secret, so it knows of a channel's URL only whether there is one.

A filled-in text does not show which part of it the runbook's author wrote: so all of it
is literal text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from msgspec import Struct

from mobius_tui import sanitize
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.events.run_events import RunBegan
from mobius_tui.run.intents.message_intents import MAX_MESSAGE_BYTES
from mobius_tui.run.state.run_state import RunState
from mobius_tui.runbook.model.actions import SendMessage
from mobius_tui.runbook.model.runbook import Channel, Runbook, Variable
from mobius_tui.runbook.text.template_text import template_names

CHANNEL_KINDS = {"slack": "Slack", "teams": "Teams", "webhook": "a webhook"}


class ChannelRoute(Struct, frozen=True, kw_only=True):
    """A channel, and whether a message can be sent to it now."""

    channel: str
    goes_to: str
    """In words: its kind, or a drill's sink."""
    problem: str = ""
    """Why nothing can be sent to it, and the remedy; empty where it can."""


def channel_routes(
    runbook: Runbook, state: RunState, names: Collection[str]
) -> tuple[ChannelRoute, ...]:
    """The channels of these ids, in their order.

    Args:
        runbook: which declares them.
        state: the run's.
        names: ids of channels; those that are not declared are left out.
    """
    known = {name for name in state.variables if name not in state.lost_secrets}
    return tuple(
        _channel_route(runbook.channels[name], runbook.variables, known, state.began)
        for name in names
        if name in runbook.channels
    )


def _channel_route(
    channel: Channel,
    variables: Mapping[str, Variable],
    known: Collection[str],
    began: RunBegan | None,
) -> ChannelRoute:
    if began is not None and began.is_drill and not began.pages:
        problem = "" if began.sink else "this drill has nowhere to send messages to"
        words = "this drill's sink; nobody is paged"
        return ChannelRoute(channel=channel.id, goes_to=words, problem=problem)
    problem = _missing_variable(channel, variables, known)
    return ChannelRoute(
        channel=channel.id, goes_to=CHANNEL_KINDS[channel.kind], problem=problem
    )


def _missing_variable(
    channel: Channel, variables: Mapping[str, Variable], known: Collection[str]
) -> str:
    """The variable of its URL that has no value, in words that say how to set it."""
    for name in template_names(channel.url):
        variable = variables.get(name)
        if variable is None or name in known or variable.is_fetched:
            continue
        return f"{variable.from_env or name} is not set"
    return ""


def channel_notices(runbook: Runbook, known: Collection[str]) -> Iterator[str]:
    """Notices, before a run, of channels that nothing can be sent to.

    Args:
        runbook: what is to be run.
        known: names of the variables that have a value.
    """
    channels = {
        name: None
        for step in runbook.steps()
        if isinstance(step.action, SendMessage)
        for name in step.action.to
    }
    for name in channels:
        missing = _missing_variable(runbook.channels[name], runbook.variables, known)
        if missing:
            yield f"{name}: {missing}; the message can be copied"


MAX_CARD_BYTES = 27_000
"""Bytes of a whole card; Teams takes 28 KB."""
MAX_SLACK_BLOCK_CHARS = 2_900
"""Characters of one Slack block; Slack takes 3,000."""
_GROUP_MENTION = re.compile(r"@(?=(?:here|channel|everyone|all)\b)", re.IGNORECASE)


class OutgoingMessage(Struct, frozen=True, kw_only=True):
    """What is sent in one try."""

    id: str
    """The same in every try of one delivery, and of no other: who gets it twice can
    tell by it."""
    title: str
    text: str
    run: str
    runbook: str
    mode: Mode
    environment: str
    delivery: int
    journal: str
    """The journal's last entry and its digest, by which the record can be verified:
    `57:` and 64 hexadecimal digits."""

    @property
    def full_text(self) -> str:
        """The text with the footer under it, sanitized."""
        body = sanitize.clean(self.text.strip(), newlines=True)
        return f"{body}\n\n{sanitize.line(self.footer)}"

    @property
    def footer(self) -> str:
        """The line that names the run and the journal's head."""
        return f"run {self.run} · journal {self.journal}"


def shortened_text(text: str) -> str:
    """A text cut to the length that a message may have, if no person can shorten it."""
    data = text.encode("utf-8", "replace")
    if len(data) <= MAX_MESSAGE_BYTES:
        return text
    return (
        data[: MAX_MESSAGE_BYTES - 100].decode("utf-8", "ignore")
        + "\n… (the rest was cut off)"
    )


def encode_webhook_body(channel: Channel, message: OutgoingMessage) -> bytes:
    """The body of the request, as JSON."""
    forms = {"slack": _slack_body, "teams": _teams_body, "webhook": _webhook_body}
    data = forms[channel.kind](message)
    return json.dumps(data, ensure_ascii=False).encode("utf-8", "replace")


def _slack_body(message: OutgoingMessage) -> dict[str, Any]:
    text = (
        message.full_text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
    )
    return {
        "text": _GROUP_MENTION.sub("@\u200b", text),
        "mrkdwn": False,
        "link_names": False,
        "parse": "none",
        "unfurl_links": False,
        "unfurl_media": False,
        "blocks": [
            {
                "type": "section",
                "text": {"type": "plain_text", "text": part, "emoji": False},
            }
            for part in _slack_blocks(message.full_text)
        ],
    }


def _slack_blocks(text: str) -> Iterator[str]:
    """A text in pieces of whole lines, none longer than a Slack block.

    None is empty, which Slack would refuse: an empty line alone is a blank.
    """
    part, *pieces = (
        line[start : start + MAX_SLACK_BLOCK_CHARS]
        for line in text.split("\n")
        for start in range(0, len(line) or 1, MAX_SLACK_BLOCK_CHARS)
    )
    for piece in pieces:
        if len(part) + 1 + len(piece) <= MAX_SLACK_BLOCK_CHARS:
            part = f"{part}\n{piece}"
        else:
            yield part or " "
            part = piece
    yield part


def _teams_body(message: OutgoingMessage) -> dict[str, Any]:
    lines = message.full_text.split("\n")
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.2",
        "body": [
            {
                "type": "RichTextBlock",
                "spacing": "none",
                "inlines": [{"type": "TextRun", "text": line or " "}],
            }
            for line in lines
        ],
    }
    kind = "application/vnd.microsoft.card.adaptive"
    attachment = {"contentType": kind, "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _webhook_body(message: OutgoingMessage) -> dict[str, Any]:
    return {
        "id": message.id,
        "title": sanitize.line(message.title),
        "text": message.full_text,
        "run": message.run,
        "runbook": message.runbook,
        "mode": message.mode,
        "environment": message.environment,
        "delivery": message.delivery,
        "journal": message.journal,
    }
