"""The output of a host, made of events."""

from __future__ import annotations

import os
from pathlib import Path

from mobius_tui.run.attempts.output_reader import spans_in
from mobius_tui.run.playbooks.play_events import PlayEvent, PlayOutputs, text_of_event


def text(kind: str, **more: object) -> str:
    return text_of_event(PlayEvent(event=kind, **more), is_script=False)  # type: ignore[arg-type]


def test_a_task_its_state_and_what_it_said() -> None:
    assert text("start", task="copy") == "TASK copy\n"
    assert text("ok") == "ok\n"
    assert text("ok", changed=True, diff="+x") == "changed\n+x\n"
    assert text("item ok", changed=True, item="b") == "item changed b\n"
    failed = {"msg": "bad", "stdout": "out\n", "stderr": "err"}
    assert text("failed", texts=failed, rc=3) == "FAILED (exit 3)\nbad\nout\nerr\n"
    assert text("failed", ignored=True) == "FAILED, ignored\n"
    assert text("unreachable") == "UNREACHABLE\n"
    assert text("stats") == ""


def test_of_a_script_there_is_what_it_printed() -> None:
    texts = {"msg": "non-zero return code", "stdout": "out", "stderr": "err"}
    end = PlayEvent(event="failed", task="run", rc=1, texts=texts)
    assert text_of_event(end, is_script=True) == "out\nerr\n"
    start = PlayEvent(event="start", task="run")
    assert text_of_event(start, is_script=True) == ""
    connect = PlayEvent(event="ok", task="connect", rc=0, texts={"stdout": "x"})
    assert text_of_event(connect, is_script=True) == ""
    bare = PlayEvent(event="failed", task="run", texts={"msg": "no python"})
    assert text_of_event(bare, is_script=True) == "no python\n"


def outputs(folder: Path, limit: int = 1000, begin: int = 0) -> PlayOutputs:
    return PlayOutputs(folder, {"a": begin}, limit)


def read(folder: Path) -> bytes:
    return (folder / "hosts" / "a" / "output").read_bytes()


def test_an_output_is_continued_where_it_ends(tmp_path: Path) -> None:
    first = outputs(tmp_path)
    first.write("a", "one\n", 1.5)
    first.write("a", "two\n", 2.5)
    os.truncate(tmp_path / "hosts" / "a" / "output", 6)
    again = outputs(tmp_path)
    for at, said in enumerate(("one\n", "two\n", "three\n"), 1):
        again.write("a", said, at + 0.5)
    assert read(tmp_path) == b"one\ntwo\nthree\n"
    assert again.size("a") == len(read(tmp_path))
    later = outputs(tmp_path, begin=again.size("a"))
    later.write("a", "another play\n", 0)
    later.write("a", "its end\n", 9)
    assert read(tmp_path).endswith(b"three\nanother play\nits end\n")
    spans = spans_in((tmp_path / "hosts" / "a" / "spans").read_bytes())
    assert [(span.offset, span.end, span.time / 1e9) for span in spans] == [
        (0, 4, 1.5),
        (4, 6, 2.5),
        (6, 8, 2.5),
        (8, 14, 3.5),
        (27, 35, 9),  # of what is between nobody knows
    ]


def test_an_output_that_is_full(tmp_path: Path) -> None:
    for _ in range(2):
        full = outputs(tmp_path, limit=5)
        for said in ("abc", "defg", "h"):
            full.write("a", said, 1)
    cut = b"\n[the rest is left out: the output is full]\n"
    assert read(tmp_path) == b"abcde" + cut
    assert full.size("a") == len(read(tmp_path))


def test_bytes_that_are_no_text_are_shown(tmp_path: Path) -> None:
    outputs(tmp_path).write("a", "x\udcff\ud800", 1)
    assert read(tmp_path) == rb"x\udcff\ud800"


def test_an_output_that_cannot_be_written_is_given_up(tmp_path: Path) -> None:
    (tmp_path / "hosts").mkdir()
    (tmp_path / "hosts" / "a").write_text("in the way")
    lost = outputs(tmp_path)
    for _ in range(2):
        lost.write("a", "x", 1)
    assert lost.lost == {"a": "File exists"} or lost.lost == {"a": "Not a directory"}
    assert lost.sha256("a") == ""
