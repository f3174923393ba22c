"""The wire of intents: each action, and what is none."""

from __future__ import annotations

import json
from typing import Any, get_type_hints

import pytest

from mobius_tui.errors import RunError
from mobius_tui.run.intents.action import FREE_TEXT_FIELDS, Action
from mobius_tui.run.intents.control_protocol import (
    MAX_ID_CHARS,
    Envelope,
    InvalidIntentError,
    decode_envelope,
    decode_host_line,
    encode_envelope,
)
from mobius_tui.run.intents.intent_actions import ACTIONS
from mobius_tui.run.intents.message_intents import ResendMessages
from mobius_tui.run.intents.step_intents import StartStep, TickStep
from tests.table import each_row

WORDS = {
    "step",
    "after",
    "phase",
    "from_step",
    "binding",
    "name",
    "confirm",
    "act",
    "seal",
    "host",
    "settled",
}
"""Fields that hold a word: an id, a digest, or what is compared and not kept."""
SOUND: dict[str, Any] = {
    "step": "a",
    "phase": "p",
    "attempt": 2,
    "batch": 1,
    "host": "web-1",
    "deliveries": (1, 2),
    "values": {"v": "é\n"},
    "act": "heal",
    "seal": "0" * 64,
}


def sound(kind: type[Action]) -> Action:
    return kind(
        **{name: SOUND[name] for name in kind.__struct_fields__ if name in SOUND}
    )


def changed(sent: Action, /, **other: object) -> bytes:
    """The line of an action, but for some keys; one that is `...` is taken out."""
    data = {**json.loads(encode_envelope(Envelope(action=sent))), **other}
    kept = {key: value for key, value in data.items() if value is not ...}
    return json.dumps(kept).encode()


@each_row("kind", ACTIONS)
def test_an_action_arrives_as_it_was_sent(kind: type[Action]) -> None:
    sent = Envelope(action=sound(kind), sent=12.5)
    assert decode_envelope(encode_envelope(sent)) == sent


@each_row("kind", ACTIONS)
def test_a_text_that_is_kept_has_a_name_by_which_secrets_are_taken_out(
    kind: type[Action],
) -> None:
    hints = get_type_hints(kind)
    texts = {name for name in kind.__struct_fields__ if "str" in str(hints[name])}
    known = {*WORDS, *FREE_TEXT_FIELDS, "answers", "values", "script"}
    assert texts <= known | {"options", "channels", "attended", "steps", "secrets"}
    assert not set(kind.__struct_fields__) & {"version", "id", "sent", "action"}


@each_row(
    "line",
    [
        b"",
        b"null",
        b"[]",
        b"[" * 100_000,
        b"\xff",
        changed(sound(StartStep), step=1),
        changed(sound(StartStep), step=None),
        changed(sound(StartStep), attempt=True),
        changed(sound(StartStep), attempt=1.5),
        changed(sound(StartStep), attempt=1 << 60),
        changed(sound(StartStep), step=...),
        changed(sound(StartStep), uid=0),
        changed(sound(StartStep), confirm="\ud800"),
        changed(sound(StartStep), action="EndRun"),
        changed(sound(StartStep), action=["StartStep"]),
        changed(sound(StartStep), sent="now"),
        changed(sound(StartStep), sent=-1),
        changed(sound(StartStep), version=True),
        changed(sound(StartStep), id=7),
        changed(sound(StartStep), id=""),
        changed(sound(TickStep), answers=[["v", "x"]]),
        changed(sound(TickStep), answers={"v": 1}),
        changed(sound(ResendMessages), deliveries="12"),
        changed(sound(ResendMessages), deliveries=["1"]),
    ],
)
def test_what_is_no_intent_is_refused(line: bytes) -> None:
    with pytest.raises(InvalidIntentError, match="this is no intent"):
        decode_envelope(line)


def test_an_id_is_cut_before_it_is_kept() -> None:
    line = changed(sound(StartStep), id="x" * 1000)
    assert decode_envelope(line).id == "x" * MAX_ID_CHARS


@pytest.mark.parametrize(
    "line",
    [
        b"null",
        b"[" * 100_000,
        b'{"poke": Infinity}',
        b'{"poke": NaN}',
        b'{"id": "x", "ok": true, "text": "", "n": 1e999}',
        b'{"id": "x", "ok": true, "text": "", "n": 1, "version": -1e999}',
    ],
)
def test_what_is_no_line_of_a_host_is_refused(line: bytes) -> None:
    with pytest.raises(RunError, match="no answer"):
        decode_host_line(line)
