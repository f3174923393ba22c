"""The journal: its chain, its durability, its torn ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobius_tui.errors import RunError
from mobius_tui.run.events.event import Event
from mobius_tui.run.events.journal_entry import (
    EVENTS,
    Entry,
    EntryPicker,
    decode_entry,
    encode_entry,
)
from mobius_tui.run.events.run_events import NoteAdded, RunBegan, VariableSet
from mobius_tui.run.journal.journal import (
    EMPTY_JOURNAL_HEAD,
    Clock,
    Journal,
    JournalContent,
    decode_entries,
    read_journal,
)
from tests.run.samples import fields_of
from tests.table import each_row

EMPTY = JournalContent(entries=(), heads=(), size=0, torn_bytes=0)
TEXTS = st.text(max_size=60)
PICKERS = {name: EntryPicker((kind,)) for name, kind in EVENTS.items()}
WRONG: tuple[object, ...] = ([[]], {"a": {"a": {}}}, float("inf"), 1 << 60, 10**400)
"""What no field of any event can hold."""


def clock() -> Clock:
    return Clock(wall=lambda: 1_800_000_000.25, mono=lambda: 5.5, boot="b")


async def written(path: Path, texts: list[str]) -> JournalContent:
    path.touch()
    journal = Journal(path, EMPTY, clock())
    for text in texts:
        await journal.append(NoteAdded(text=text), by="ana")
    journal.close()
    return read_journal(path)


async def test_what_is_appended_is_read_back(tmp_path: Path) -> None:
    tail = await written(tmp_path / "j", ["one", "two\nlines", "💥 \u202e"])
    notes = [e.event for e in tail.entries]
    assert notes == [
        NoteAdded(text="one"),
        NoteAdded(text="two\nlines"),
        NoteAdded(text="💥 \u202e"),
    ]
    assert [e.n for e in tail.entries] == [1, 2, 3]
    assert tail.entries[0].at == 1_800_000_000.25


async def test_appends_in_flight_keep_their_order(tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.touch()
    journal = Journal(path, EMPTY, clock())
    entries = await asyncio.gather(
        *(journal.append(NoteAdded(text=str(n)), by="ana") for n in range(50))
    )
    journal.close()
    assert [e.n for e in entries] == list(range(1, 51))
    assert [e.event for e in read_journal(path).entries] == [
        NoteAdded(text=str(n)) for n in range(50)
    ]


async def test_any_changed_byte_breaks_the_chain(tmp_path: Path) -> None:
    path = tmp_path / "j"
    await written(path, ["alpha", "beta", "gamma"])
    data = path.read_bytes()
    last_line = data[:-1].rfind(b"\n") + 1
    for place in range(0, last_line, 7):
        changed = bytearray(data)
        changed[place] ^= 0x01
        path.write_bytes(changed)
        with pytest.raises(RunError, match=r"j:\d"):
            read_journal(path)


async def test_a_removed_line_breaks_the_chain(tmp_path: Path) -> None:
    path = tmp_path / "j"
    await written(path, ["alpha", "beta", "gamma"])
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[2])
    with pytest.raises(RunError, match="chain breaks"):
        read_journal(path)


async def test_a_torn_line_is_cut_and_the_next_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "j"
    await written(path, ["alpha"])
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"n":2,"at":"2026')
    tail = read_journal(path)
    assert tail.torn_bytes == 17
    assert tail.size == len(whole)
    journal = Journal(path, tail, clock())
    await journal.append(NoteAdded(text="after"), by="ana")
    journal.close()
    assert [e.event for e in read_journal(path).entries] == [
        NoteAdded(text="alpha"),
        NoteAdded(text="after"),
    ]


async def test_after_a_failed_write_nothing_is_written_again(tmp_path: Path) -> None:
    path = tmp_path / "full"
    path.symlink_to("/dev/full")
    with pytest.raises(RunError):
        Journal(path, EMPTY, clock())  # it goes through no link
    journal = Journal(Path("/dev/full"), EMPTY, clock())
    for _ in range(2):
        with pytest.raises(RunError, match="No space left"):
            await journal.append(NoteAdded(text="lost"), by="ana")
    journal.close()


def test_a_line_that_is_no_event_names_its_place() -> None:
    with pytest.raises(RunError, match=r"journal\.jsonl:1"):
        list(decode_entries(b'{"n": 1}\n', EMPTY_JOURNAL_HEAD, 1, "journal.jsonl"))


@pytest.mark.parametrize(
    "at", ["9999-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.000000Z"]
)
def test_a_time_that_no_calendar_shows_is_no_event(at: str) -> None:
    """It rounds to the year 10000, or is before all time that a file can have."""
    line = encode_entry(
        Entry(n=1, at=1.0, mono=1.0, boot="b", by="ana", event=NoteAdded(text="x")),
        EMPTY_JOURNAL_HEAD,
    )
    said = json.loads(line)
    with pytest.raises(RunError, match='"at" cannot be that'):
        decode_entry(json.dumps({**said, "at": at}).encode())


@given(TEXTS, TEXTS, st.none() | TEXTS, st.none() | st.text("abc", min_size=1))
@settings(deadline=None)
def test_any_event_survives_the_journal(
    name: str, by: str, value: str | None, intent: str | None
) -> None:
    entry = Entry(
        n=3,
        at=1_700_000_000.5,
        mono=1.25,
        boot="b",
        by=by,
        event=VariableSet(name=name, value=value, source="output", step="s"),
        intent=intent,
    )
    line = encode_entry(entry, EMPTY_JOURNAL_HEAD)
    assert line.count(b"\n") == 1
    assert decode_entry(line) == (entry, EMPTY_JOURNAL_HEAD)


@each_row("name", EVENTS)
def test_an_older_journal_without_a_newer_field_is_read(name: str) -> None:
    """What a field was given a default for may be absent: runs outlive versions."""
    kind: Callable[..., Event] = EVENTS[name]
    wanted = fields_of(EVENTS[name], wanted_alone=True)
    line = {"n": 1, "at": "2026-11-24T13:45:05.000000Z", "mono": 1.0, "boot": "b"}
    line |= {"by": "ana", "event": name, "prev": EMPTY_JOURNAL_HEAD, **wanted}
    entry, _ = decode_entry(json.dumps(line).encode())
    assert entry.event == kind(**wanted)


@each_row("name", EVENTS)
def test_a_field_of_another_kind_is_no_event(name: str) -> None:
    """A chain of digests can be made by anyone; what it holds must be ours."""
    kind: Callable[..., Event] = EVENTS[name]
    whole = fields_of(EVENTS[name], "x")
    entry = Entry(n=1, at=1.0, mono=1.0, boot="b", by="ana", event=kind(**whole))
    said = json.loads(encode_entry(entry, EMPTY_JOURNAL_HEAD))
    assert decode_entry(json.dumps(said).encode()) == (entry, EMPTY_JOURNAL_HEAD)
    for field in said:
        for wrong in WRONG:
            with pytest.raises(RunError, match="no event"):
                decode_entry(json.dumps({**said, field: wrong}).encode())


@each_row("name", EVENTS)
def test_a_line_has_the_mark_of_its_own_kind_alone(name: str) -> None:
    """Who looks for one kind of event in a long journal decodes no other line."""
    kind: Callable[..., Event] = EVENTS[name]
    said = '"event":"NoteAdded"'
    event = kind(**fields_of(EVENTS[name], said))
    entry = Entry(n=1, at=1.0, mono=1.0, boot="b", by=said, event=event)
    line = encode_entry(entry, EMPTY_JOURNAL_HEAD)
    assert {n for n, each in EVENTS.items() if PICKERS[n].may_pick(line)} == {name}
    picked = {n for n, each in PICKERS.items() if each.pick(line) == entry}
    assert picked == {name}


def test_a_text_in_a_mapping_does_not_pass_for_a_kind_of_event() -> None:
    """The mark may stand in a mapping: what is decoded decides."""
    began = fields_of(RunBegan, "x")
    event = RunBegan(**{**began, "setting": {"event": "RunEnded"}})
    entry = Entry(n=1, at=1.0, mono=1.0, boot="b", by="ana", event=event)
    line = encode_entry(entry, EMPTY_JOURNAL_HEAD)
    assert PICKERS["RunEnded"].may_pick(line)
    assert PICKERS["RunEnded"].pick(line) is None
    assert PICKERS["RunBegan"].pick(line) == entry


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_rubbish_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(RunError, match="no event"):
        decode_entry(data)


def test_the_journal_is_opened_without_a_moment_of_truncation(tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.write_bytes(b"kept\n")
    journal = Journal(
        path, JournalContent(entries=(), heads=(), size=5, torn_bytes=0), clock()
    )
    journal.close()
    assert path.read_bytes() == b"kept\n"
