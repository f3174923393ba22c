"""A message in the form of each kind of webhook, with its markup escaped. Pure.

A filled-in text does not show which part of it the runbook's author wrote: so all of it
is literal text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from mobius_tui import sanitize
from mobius_tui.dataclass import dataclass
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.planning.message_permissions import TEXT_LIMIT
from mobius_tui.runbook.model.runbook import Channel

MAX_CARD_BYTES = 27_000
"""Bytes of a whole card; Teams takes 28 KB."""
MAX_SLACK_BLOCK_CHARS = 2_900
"""Characters of one Slack block; Slack takes 3,000."""
_GROUP_MENTION = re.compile(r"@(?=(?:here|channel|everyone|all)\b)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class OutgoingMessage:
    """What is sent in one try."""

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
    if len(data) <= TEXT_LIMIT:
        return text
    return (
        data[: TEXT_LIMIT - 100].decode("utf-8", "ignore")
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
        "title": sanitize.line(message.title),
        "text": message.full_text,
        "run": message.run,
        "runbook": message.runbook,
        "mode": message.mode,
        "environment": message.environment,
        "delivery": message.delivery,
        "journal": message.journal,
    }
