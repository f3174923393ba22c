"""What each kind of webhook gets, and that values are inert in it."""

from __future__ import annotations

import json
from typing import Any, Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.intents.message_intents import MAX_MESSAGE_BYTES
from mobius_tui.run.messaging.channels import (
    MAX_SLACK_BLOCK_CHARS,
    OutgoingMessage,
    encode_webhook_body,
    shortened_text,
)
from mobius_tui.runbook.model.runbook import Channel

HOSTILE = (
    "<!channel> <!here|x> <@U012> <https://evil.example|status page> @here @Channel "
    "*bold* `code` [status](https://evil.example) <at>all</at> &lt; \x1b]52;c;eA==\x07"
)
Kind = Literal["slack", "teams", "webhook"]


def letter(text: str) -> OutgoingMessage:
    return OutgoingMessage(
        id="7d0c5a-3",
        title="Rollback started",
        text=text,
        run="2026-11-24T13-45-05-mobius-rollback",
        runbook="MOBIUS rollback",
        mode=Mode.INCIDENT,
        environment="production",
        delivery=3,
        journal=f"57:{'ab' * 32}",
    )


def sent(kind: Kind, text: str) -> dict[str, Any]:
    channel = Channel(id="c", kind=kind, url="https://hooks.example/x")
    found: dict[str, Any] = json.loads(encode_webhook_body(channel, letter(text)))
    return found


@pytest.mark.parametrize("kind", ["slack", "teams", "webhook"])
def test_the_journal_s_head_is_in_every_message(kind: Kind) -> None:
    assert f"journal 57:{'ab' * 32}" in json.dumps(sent(kind, "hello"))


def test_slack_knows_no_markup_in_what_it_shows() -> None:
    found = sent("slack", HOSTILE)
    assert {block["text"]["type"] for block in found["blocks"]} == {"plain_text"}
    assert "<!channel>" in found["blocks"][0]["text"]["text"]
    assert found["mrkdwn"] is False
    assert found["link_names"] is False
    assert found["unfurl_links"] is False
    assert "<" not in found["text"]
    assert ">" not in found["text"]
    assert "&lt;!channel&gt;" in found["text"]
    assert "&amp;lt;" in found["text"], "what was escaped before is no escape now"
    assert "@here" not in found["text"]
    assert "@Channel" not in found["text"]


def test_teams_knows_no_markup_in_what_it_shows() -> None:
    (attachment,) = sent("teams", f"first\n\n{HOSTILE}")["attachments"]
    blocks = attachment["content"]["body"]
    assert {block["type"] for block in blocks} == {"RichTextBlock"}
    runs = [run for block in blocks for run in block["inlines"]]
    assert all(run.keys() == {"type", "text"} for run in runs)
    assert runs[0]["text"] == "first"
    assert "[status](https://evil.example)" in runs[2]["text"]
    assert "entities" not in json.dumps(attachment)


def test_a_plain_webhook_gets_data() -> None:
    found = sent("webhook", HOSTILE)
    assert found["text"].startswith("<!channel>")
    assert found["delivery"] == 3
    assert found["id"] == "7d0c5a-3"
    assert found["environment"] == "production"
    assert found["run"] == "2026-11-24T13-45-05-mobius-rollback"


@pytest.mark.parametrize("kind", ["slack", "teams", "webhook"])
def test_no_control_character_leaves(kind: Kind) -> None:
    channel = Channel(id="c", kind=kind, url="https://hooks.example/x")
    data = encode_webhook_body(channel, letter(HOSTILE + "\r\n\u202e\ud800"))
    assert b"\\u001b" not in data
    assert b"\x1b" not in data
    assert "\u202e" not in data.decode()


def slack_s_blocks(text: str) -> list[str]:
    parts = [block["text"]["text"] for block in sent("slack", text)["blocks"]]
    assert all(1 <= len(part) <= MAX_SLACK_BLOCK_CHARS for part in parts)
    return parts


@given(st.text(max_size=40), st.integers(1, 400))
@example("000000\x80", 161)  # the empty line before the foot begins a block
@settings(max_examples=20, deadline=None)
def test_slack_s_blocks_hold_every_line_of_a_text(line: str, count: int) -> None:
    text = "\n".join([line, "x" * 20] * count)
    shown = "\n".join(slack_s_blocks(text)).split("\n")
    whole = letter(text).full_text.split("\n")
    assert [line.rstrip(" ") for line in shown] == [line.rstrip(" ") for line in whole]


@pytest.mark.parametrize(
    "length",
    [
        MAX_SLACK_BLOCK_CHARS - 1,
        MAX_SLACK_BLOCK_CHARS,
        MAX_SLACK_BLOCK_CHARS + 1,
        2 * MAX_SLACK_BLOCK_CHARS,
        7_000,
    ],
)
def test_a_line_too_long_for_one_of_slack_s_blocks_goes_on_in_the_next(
    length: int,
) -> None:
    line = "".join(chr(ord("a") + n % 26) for n in range(length))
    parts = slack_s_blocks(line)
    assert parts[0].split("\n")[0] == line[:MAX_SLACK_BLOCK_CHARS]
    assert "".join(parts).replace("\n", "").startswith(line)


def test_no_block_of_slack_s_is_empty_where_an_empty_line_stands_alone() -> None:
    parts = slack_s_blocks(
        f"{'a' * MAX_SLACK_BLOCK_CHARS}\n\n{'b' * MAX_SLACK_BLOCK_CHARS}"
    )
    assert parts[:3] == ["a" * MAX_SLACK_BLOCK_CHARS, " ", "b" * MAX_SLACK_BLOCK_CHARS]


def test_what_is_too_long_is_cut_where_a_character_ends() -> None:
    cut = shortened_text("🚨" * MAX_MESSAGE_BYTES)
    assert len(cut.encode()) <= MAX_MESSAGE_BYTES
    assert cut.endswith("… (the rest was cut off)")
    assert shortened_text("short") == "short"
