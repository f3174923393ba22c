"""Hostile output by every way, in short; the long form is `hostile`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobius_tui.cli import main
from mobius_tui.plain import escape_unprintable
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.messaging.channels import OutgoingMessage, encode_webhook_body
from mobius_tui.runbook.model.runbook import Channel
from mobius_tui.sanitize import SGR, clean, decode, drop_overwritten, line
from mobius_tui.tui.backend import capabilities, clipboard
from tests.acceptance.answering import OURS
from tests.acceptance.conftest import ended as ended
from tests.acceptance.hostile import SHORT, Tally, commands, live, review, told
from tests.acceptance.payloads import PAYLOADS, text

pytestmark = pytest.mark.campaign

RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b]")
"""What no terminal, title or message may get from anybody."""
EVERY = list(PAYLOADS.values())


def test_there_are_hundreds() -> None:
    assert len(set(EVERY)) >= 200


@pytest.mark.usefixtures("ended")
async def test_a_real_terminal_gets_none_of_it(tmp_path: Path) -> None:
    tally = Tally(payloads=len(EVERY))
    await live(tally, tmp_path / "live", EVERY, split=False, measure=False)
    assert tally.faults == []
    assert tally.ways == {"screen": 1}


def test_nor_by_a_review_of_a_journal_of_nothing_else(state_home: Path) -> None:
    run = told(state_home / "mobius-tui" / "runs", b" ".join(EVERY)[:30_000])
    tally = Tally()
    review(tally, run.directory.id, {**SHORT, "XDG_STATE_HOME": str(state_home)})
    assert tally.faults == []
    assert tally.ways == {"review": 1}


@pytest.mark.parametrize("place", range(0, len(EVERY), 36))
def test_no_command_prints_any(
    state_home: Path, capsys: pytest.CaptureFixture[str], place: int
) -> None:
    payload = b" ".join(EVERY[place : place + 36])[:20_000]
    run = told(state_home / "mobius-tui" / "runs", payload)
    Follower(run.directory)
    for words in commands(run.directory.id, payload):
        main(words)
        said = capsys.readouterr()
        for printed in (said.out, said.err):
            found = RAW.search(printed)
            around = found and printed[max(0, found.start() - 60) : found.end() + 60]
            assert not found, (words[0], around)
            assert "Traceback" not in printed


def test_no_split_makes_any_of_it_live() -> None:
    """Whatever is read in two pieces is cleaned in two pieces."""
    for name, payload in PAYLOADS.items():
        for at in range(0, len(payload), max(1, len(payload) // 40)):
            shown = (clean(decode(part)) for part in (payload[:at], payload[at:]))
            assert not RAW.search("".join(shown)), name


HOSTILE = st.text() | st.sampled_from(EVERY).map(text)


@settings(deadline=None, derandomize=True)
@given(HOSTILE, HOSTILE)
def test_any_text_by_every_way(first: str, second: str) -> None:
    said = first + second
    for shown in (
        line(said),
        clean(said),
        clean(drop_overwritten(said), newlines=True),
    ):
        assert not RAW.search(shown)
    assert not RAW.search(SGR.sub("", clean(said, keep_sgr=True)))
    title = capabilities.title_sequence(said, None)
    assert OURS.fullmatch(title.encode())
    assert OURS.fullmatch(
        clipboard.clipboard_sequence(clean(said, newlines=True), {}).encode()
    )
    assert escape_unprintable(said).isprintable()
    letter = OutgoingMessage(
        id="1",
        title=said,
        text=said,
        run="r",
        runbook="b",
        mode=Mode.INCIDENT,
        environment="e",
        delivery=1,
        journal="1:x",
    )
    for kind in get_args(get_type_hints(Channel)["kind"]):
        sent = encode_webhook_body(Channel(id="c", kind=kind, url="u"), letter)
        assert not RAW.search(sent.decode())
