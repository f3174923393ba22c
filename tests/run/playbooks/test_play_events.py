"""Reading what Ansible said, while it is being written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mobius_tui.run.playbooks.play_events import PlayEventReader, decode_play_event


def test_events_are_read_from_where_reading_ended(tmp_path: Path) -> None:
    path = tmp_path / "events"
    events = PlayEventReader(path)
    assert list(events.read()) == []
    path.write_bytes(b'{"event":"start","host":"a","task":"t"}\n{"event":"o')
    assert [each.host for each in events.read()] == ["a"]
    assert list(events.read()) == []
    with path.open("ab") as file:
        file.write(b'k","host":"b"}\n')
    assert [(each.event, each.host) for each in events.read()] == [("ok", "b")]
    assert events.offset == path.stat().st_size


def test_a_line_longer_than_what_is_read_at_once(tmp_path: Path) -> None:
    path = tmp_path / "events"
    text = "x" * (3 << 20)
    line = json.dumps({"event": "ok", "host": "a", "stdout": text})
    path.write_text(f"{line}\n" * 2)
    assert [each.texts["stdout"] for each in PlayEventReader(path).read()] == [text] * 2


def test_what_is_no_event_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(b'\xff\n[]\n{}\n{"event":"stats"}\n{"event":"ok","host":"a"}\n')
    assert [each.host for each in PlayEventReader(path).read()] == ["a"]


@pytest.mark.parametrize("kind", ["folder", "link"])
def test_what_is_no_file_has_no_events(tmp_path: Path, kind: str) -> None:
    path, file = tmp_path / "events", tmp_path / "file"
    file.write_text('{"event":"ok"}\n')
    path.mkdir() if kind == "folder" else path.symlink_to(file)
    assert list(PlayEventReader(path).read()) == []


def test_the_parts_of_an_event() -> None:
    event = decode_play_event(
        b'{"event":"failed","host":"a","task":"t","rc":3,"fatal":true,"msg":"m",'
        b'"ignored":"yes","diff":"+x","hosts":3}'
    )
    assert event is not None
    assert (event.rc, event.fatal, event.ignored) == (3, True, False)
    assert (event.texts, event.diff, event.hosts) == ({"msg": "m"}, "+x", ())
    end = decode_play_event(
        b'{"event":"stats","hosts":{"a":{"ok":1}},"left_out":["b"]}'
    )
    assert end is not None
    assert end.counts == {"a": {"ok": 1}}
    assert end.left_out == {"b"}
