"""A full disk under a journal and under the record of health: waited out in place."""

from __future__ import annotations

import asyncio
import errno
import os
from pathlib import Path

import pytest

from mobius_tui.errors import RunError
from mobius_tui.health.health_record import ProbeResult, decode_record, encode_record
from mobius_tui.run.events.run_events import NoteAdded
from mobius_tui.run.journal.journal import Clock, Journal, JournalContent, read_journal
from mobius_tui.run.storage.run_directory import make_run_directory
from mobius_tui.run.watch.health_monitor import HealthMonitor
from tests.conftest import MakeRunbook
from tests.run.books import ONE, step
from tests.waiting import until

EMPTY = JournalContent(entries=(), heads=(), size=0, torn_bytes=0)


class Disk:
    """`os.write` to one file, on a disk that has so many bytes of room."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.room = 0
        self.error = errno.ENOSPC
        self._path = path
        self._real = os.write
        monkeypatch.setattr(os, "write", self._write)

    def _write(self, handle: int, data: bytes) -> int:
        if not os.path.samestat(os.fstat(handle), self._path.stat()):
            return self._real(handle, data)
        if not self.room:
            raise OSError(self.error, os.strerror(self.error))
        done = self._real(handle, bytes(data)[: self.room])
        self.room -= done
        return done


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "j"
    path.touch()
    return path


@pytest.fixture
def disk(path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(path, monkeypatch)


def opened(path: Path) -> tuple[Journal, list[str]]:
    journal = Journal(path, EMPTY, Clock(boot="b"))
    told: list[str] = []
    journal.on_stall = told.append
    journal.wait_out_full_disk()
    return journal, told


async def test_a_line_is_carried_on_when_there_is_room(path: Path, disk: Disk) -> None:
    journal, told = opened(path)
    disk.room = 50
    note = asyncio.ensure_future(journal.append(NoteAdded(text="one"), by="ana"))
    await until(lambda: told == ["No space left on device"])
    assert path.stat().st_size == 50
    assert not note.done()
    disk.room = 10_000
    await note
    await journal.append(NoteAdded(text="two"), by="ana")
    journal.close()
    assert [e.event for e in read_journal(path).entries] == [
        NoteAdded(text="one"),
        NoteAdded(text="two"),
    ]
    assert told[1:] == [""]


async def test_a_host_that_is_ended_meanwhile_gives_the_line_up(
    path: Path, disk: Disk
) -> None:
    journal, told = opened(path)
    disk.room = 50
    note = asyncio.ensure_future(journal.append(NoteAdded(text="one"), by="ana"))
    await until(lambda: told)
    journal.close()
    with pytest.raises(RunError, match="No space left"):
        await note
    assert read_journal(path).torn_bytes == 50


async def test_another_failure_is_not_waited_out(path: Path, disk: Disk) -> None:
    disk.error = errno.EIO
    journal, told = opened(path)
    for room in (0, 10_000):
        with pytest.raises(RunError, match="Input/output error"):
            await journal.append(NoteAdded(text="lost"), by="ana")
        disk.room = room
    journal.close()
    assert path.read_bytes() == b""
    assert told == []


def test_health_leaves_out_what_a_full_disk_has_no_room_for(
    tmp_path: Path, make_runbook: MakeRunbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = make_runbook(ONE + step("a"))
    directory = make_run_directory(tmp_path / "runs", book, 1.8e9)
    monitor = HealthMonitor(directory, book, Clock(boot="b"))
    disk = Disk(directory.health, monkeypatch)
    checks = [
        ProbeResult(at=1.8e9 + n, mono=1.0, probe="api", state="ok", ms=3.0)
        for n in range(5)
    ]
    whole = len(encode_record(checks[0]))
    for check, room in zip(checks, (whole, 20, 0, whole - 25, 3 * whole), strict=True):
        disk.room = room
        monitor._write(check)
    monitor.close()
    lines = directory.health.read_bytes().splitlines()
    assert [decode_record(line) for line in lines] == [checks[0], checks[1], checks[4]]
