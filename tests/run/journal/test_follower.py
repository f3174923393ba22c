"""A file that grows is taken line by line, with no more room than it needs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mobius_tui.errors import RunError
from mobius_tui.run.journal import follower
from mobius_tui.run.journal.follower import LineFollower


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "health.jsonl"
    path.write_bytes(b"one\ntwo\nthr")
    return path


def test_whole_lines_are_taken_once(file: Path) -> None:
    lines = LineFollower(file)
    assert lines.read_new() == b"one\ntwo\n"
    assert lines.read_new() == b""
    with file.open("ab") as more:
        more.write(b"ee\n")
    assert lines.read_new() == b"three\n"


def test_what_is_long_is_taken_in_slices(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "READ_BYTES", 6)
    lines = LineFollower(file)
    assert [lines.read_new() for _ in range(3)] == [b"one\n", b"two\n", b""]


def test_no_more_room_is_taken_than_there_is_to_read(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def noted(handle: int, length: int, at: int) -> bytes:
        asked.append(length)
        return pread(handle, length, at)

    pread = os.pread
    monkeypatch.setattr(os, "pread", noted)
    lines = LineFollower(file)
    for _ in range(3):
        lines.read_new()
    assert asked == [11, 3, 3]


def test_a_file_that_is_cut_or_removed_after_it_was_read_is_told(file: Path) -> None:
    lines = LineFollower(file)
    lines.read_new()
    file.write_bytes(b"one\n")
    with pytest.raises(RunError, match="was cut off after it was read"):
        lines.read_new()
    file.unlink()
    with pytest.raises(RunError, match="was removed"):
        lines.read_new()
