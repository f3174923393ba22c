"""Steps on a full or a broken disk: they wait in place, or end by a clear word."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from mobius_tui.run.attempts import attempt_files, exit_status, launcher
from mobius_tui.run.attempts.attempt_files import ScriptEnd, read_script_end
from mobius_tui.run.attempts.disk_space import JOURNAL_WAITER, DiskSpaceWaiters
from mobius_tui.run.attempts.exit_status import script_end_text
from mobius_tui.run.intents.step_intents import StopStep
from mobius_tui.run.journal.follower import read_run_began
from mobius_tui.run.records.verification import run_problems
from mobius_tui.run.storage.run_directory import AttemptDirectory, lock_holder
from tests.conftest import MakeRunbook
from tests.paths import TESTS
from tests.run.books import ONE, step
from tests.run.keepers import spec
from tests.run.running import Running
from tests.waiting import PATIENCE, wait_for

SOME = "".join(f"{n}\n" for n in range(1, 60_001)).encode()
FULL = "No space left on device"
MUCH = "seq 300000"
"""More than a pipe holds."""
ALL = "".join(f"{n}\n" for n in range(1, 300_001)).encode()


class Kept:
    """One attempt whose disk is as one says."""

    def __init__(self, folder: Path, how: str) -> None:
        self.disk = folder / "disk"
        self.become(how)
        self.directory = AttemptDirectory(folder / "step.1")

    def become(self, how: str) -> None:
        new = self.disk.with_suffix(".new")
        new.write_text(how)
        new.rename(self.disk)

    def go(self, script: str, how: launcher.LaunchSpec) -> Kept:
        self.child = launcher.launch_keeper(
            self.directory, script, how, sys.stderr.fileno()
        )
        return self

    @property
    def waits(self) -> str | None:
        return attempt_files.keeper_wait_reason(self.directory)

    def end(self) -> ScriptEnd:
        assert self.child.wait(PATIENCE) == 0
        end = read_script_end(self.directory)
        assert end is not None
        return end


On = Callable[[str], Kept]


@pytest.fixture
def on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[On]:
    """An attempt on a disk that is so from the beginning."""
    monkeypatch.setenv("DISK", str(tmp_path / "disk"))
    stand_in = TESTS / "run" / "keeper_short_of_room.py"
    monkeypatch.setattr(launcher, "KEEPER_PROGRAM", stand_in)
    made: list[Kept] = []

    def go(how: str) -> Kept:
        made.append(Kept(tmp_path, how))
        return made[-1]

    yield go
    for kept in made:
        group = attempt_files.read_process_group(kept.directory)
        if kept.child.poll() is None:
            kept.child.kill()
            kept.child.wait()
            if group:
                os.killpg(group, signal.SIGKILL)


def spans_of(directory: AttemptDirectory) -> list[tuple[int, int]]:
    """Where each span begins and ends."""
    data = directory.spans.read_bytes()
    assert len(data) % 24 == 0
    found = []
    for at in range(0, len(data), 24):
        begins = int.from_bytes(data[at : at + 8], "little")
        length = int.from_bytes(data[at + 8 : at + 15], "little")
        found.append((begins, begins + length))
    return found


@pytest.mark.parametrize("files", ["output", "spans", "output spans"])
def test_a_full_disk_holds_the_script_up_and_loses_nothing(on: On, files: str) -> None:
    kept = on(f"full {files}").go(MUCH, spec())
    wait_for(lambda: kept.waits == FULL)
    assert read_script_end(kept.directory) is None
    kept.become(f"short {files}")
    end = kept.end()
    assert (end.cause, end.code, end.bytes) == ("exited", 0, len(ALL))
    assert kept.directory.output.read_bytes() == ALL
    spans = spans_of(kept.directory)
    assert [a for a, _ in spans] == [0, *(b for _, b in spans[:-1])]
    assert spans[-1][1] == len(ALL)
    assert kept.waits is None


def test_what_rotates_is_carried_on_as_well(on: On) -> None:
    kept = on("full output").go(MUCH, spec(max_output=1 << 20, rotate=True))
    wait_for(lambda: kept.waits)
    kept.become("short output")
    assert kept.end().bytes == len(ALL)
    old = kept.directory.output.with_suffix(".old").read_bytes()
    assert old + kept.directory.output.read_bytes() == ALL


def test_time_goes_on_while_a_script_is_held_up(on: On) -> None:
    kept = on("full output").go(f"echo first; trap '' PIPE; {MUCH}", spec(timeout=0.5))
    wait_for(lambda: kept.waits)
    group = attempt_files.read_process_group(kept.directory)
    assert group
    wait_for(lambda: not _runs(group))
    assert kept.waits == FULL
    kept.become("roomy")
    end = kept.end()
    assert end.cause == "timed out"
    written = kept.directory.output.read_bytes()
    assert written.startswith(b"first\n1\n2\n")
    assert (b"first\n" + ALL).startswith(written)
    assert end.bytes == len(written)


def _runs(pid: int) -> bool:
    """Whether a process is more than a zombie."""
    state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b") ")[2][:1]
    return state not in b"ZX"


def test_whoever_stops_a_step_does_not_wait_for_room(on: On) -> None:
    kept = on("full output").go(f"echo first; {MUCH}", spec())
    wait_for(lambda: kept.waits)
    assert launcher.request_stop(kept.directory)
    end = kept.end()
    assert (end.cause, end.errno, end.bytes) == ("output lost", errno.ENOSPC, 0)
    assert "stopped while the disk was full" in script_end_text(end, "/", "bash")


@pytest.mark.parametrize("files", ["output", "spans"])
def test_a_broken_disk_is_never_done(on: On, files: str) -> None:
    kept = on(f"broken {files}").go("echo first; exit 0", spec())
    end = kept.end()
    assert (end.cause, end.errno) == ("output lost", errno.EIO)
    assert "Input/output error" in exit_status.script_end_text(end, "/", "bash")


def test_no_room_for_the_record_of_the_end_begins_nothing(on: On) -> None:
    kept = on("short exit.new").go("echo first", spec())
    assert kept.end().cause == "exited"
    assert kept.directory.output.read_bytes() == b"first\n"


def test_without_room_to_begin_nothing_runs(on: On) -> None:
    kept = on("full exit.new").go("echo first", spec())
    assert kept.child.wait(PATIENCE) == 75
    assert read_script_end(kept.directory) is None
    assert attempt_files.read_process_group(kept.directory) is None


def test_of_all_that_wait_the_journal_is_told_first() -> None:
    told: list[str] = []
    room = DiskSpaceWaiters(told.append)
    for who, why in (
        ("a", "A waits"),
        ("a", "A waits"),
        ("b", "B waits"),
        (JOURNAL_WAITER, "full"),
        ("a", ""),
        (JOURNAL_WAITER, ""),
        ("b", ""),
        ("b", ""),
    ):
        room.set_waiting(who, why)
    assert told == ["A waits", "full", "B waits", ""]


class Disk:
    """A real disk of 1 MiB; mounting it wants root."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ballast = path / "ballast"

    def mount(self, options: str) -> None:
        words = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.path)]
        subprocess.run(words, check=True)

    def fill(self) -> None:
        """Leave no room at all."""
        file = self.ballast.open("ab", buffering=0)
        with file, contextlib.suppress(OSError):
            while file.write(bytes(4096)):
                continue

    def allow(self, files: int) -> None:
        """Leave room for so many new files."""
        now = os.statvfs(self.path)
        self.mount(f"remount,size=1m,nr_inodes={now.f_files - now.f_ffree + files}")


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    """The state folder is on it."""
    disk = Disk(tmp_path / "disk")
    disk.path.mkdir()
    disk.mount("size=1m,mode=0700")
    monkeypatch.setenv("XDG_STATE_HOME", str(disk.path))
    yield disk
    subprocess.run(["umount", "-l", str(disk.path)], check=True)


@pytest_asyncio.fixture
async def run(make_runbook: MakeRunbook, tmp_path: Path) -> AsyncIterator[Running]:
    """Two steps that each print 0.3 MB; each time they run, `ran` gets a line."""
    script = f"echo $MOBIUS_TUI_ATTEMPT >> {tmp_path}/ran; seq 60000"
    run = Running(make_runbook(ONE + step("a", script) + step("b", script)))
    yield run
    await run.close()


def has_run(run: Running, tmp_path: Path, *attempts: str) -> None:
    """Hold what ran against what was to run."""
    key = read_run_began(run.directory).run_key
    wanted = [f"{key}/{name}" for name in attempts]
    assert (tmp_path / "ran").read_text().split() == wanted
    for name in attempts:
        assert (run.directory.steps / name / "output").read_bytes() == SOME
    assert list(run_problems(run.directory)) == []


@pytest.mark.disk
async def test_a_step_on_a_disk_that_fills_up_waits_and_goes_on(
    disk: Disk, run: Running, tmp_path: Path
) -> None:
    await run.begin()
    viewer = run.viewer
    assert viewer is not None
    disk.ballast.write_bytes(bytes(800_000))
    await run.did("start", "a")
    await run.until(lambda _: f"a waits: {FULL}" in viewer.stall_reason)
    assert run.state.steps["a"].status == "running"
    disk.ballast.unlink()
    await run.status("a", "passed")
    await run.until(lambda _: not viewer.stall_reason)
    has_run(run, tmp_path, "a.1")


@pytest.mark.disk
@pytest.mark.parametrize("files", [0, 1, 4, 5, 7, 8])
async def test_a_step_without_room_to_begin_waits_for_it(
    disk: Disk, run: Running, tmp_path: Path, files: int
) -> None:
    """Whichever of an attempt's files is the first that there is no room for."""
    await run.begin()
    viewer = run.viewer
    assert viewer is not None
    disk.allow(files)
    await run.did("start", "a")
    await run.until(lambda _: f"a waits: {FULL}" in viewer.stall_reason)
    assert not (tmp_path / "ran").exists()
    disk.allow(100)
    await run.status("a", "passed")
    has_run(run, tmp_path, "a.1")


@pytest.mark.disk
async def test_a_step_is_stopped_that_waits_to_begin(
    disk: Disk, run: Running, tmp_path: Path
) -> None:
    await run.begin()
    viewer = run.viewer
    assert viewer is not None
    disk.allow(1)
    await run.did("start", "a")
    await run.until(lambda _: viewer.stall_reason)
    await run.did("stop", "a", attempt=1)
    await run.status("a", "not started")
    await run.until(lambda _: not viewer.stall_reason)
    disk.allow(100)
    await run.did("retry", "a")
    await run.status("a", "passed")
    has_run(run, tmp_path, "a.2")


async def note_on(run: Running, disk: Disk) -> None:
    """Note something until there is no room for it, which is waited for."""
    while True:
        disk.fill()
        await run.intend("note", text="x" * 2000)


@pytest.mark.disk
async def test_a_step_is_stopped_though_the_journal_has_no_room(
    disk: Disk, make_runbook: MakeRunbook
) -> None:
    """It may be the step that fills the disk."""
    run = Running(make_runbook(ONE + step("a", "sleep 600") + step("b", "true")))
    try:
        await run.begin()
        viewer = run.viewer
        assert viewer is not None
        await run.did("start", "a")
        attempt = run.directory.attempt("a", 1)
        keeper = attempt.lock
        await run.until(
            lambda _: attempt_files.read_process_group(attempt)
        )  # its own room is taken
        noting = asyncio.create_task(note_on(run, disk))
        await run.until(lambda _: viewer.stall_reason == FULL)
        noting.cancel()
        for other, number in (("b", None), ("a", 2), ("../a", None)):
            refused = await viewer.send_intent(StopStep(step=other, attempt=number))
            assert "this was not done" in refused.text
        assert lock_holder(keeper)
        reply = await run.intend("stop", "a", attempt=1)
        assert reply.ok
        assert "by whom cannot be noted" in reply.text
        await run.until(lambda _: lock_holder(keeper) is None)
        assert run.state.steps["a"].status == "running", "nothing can be written"
        disk.ballast.unlink()
        await run.status("a", "stopped")
        assert list(run_problems(run.directory)) == []
    finally:
        await run.close()


@pytest.mark.disk
async def test_a_disk_that_is_full_all_over_ends_nothing(
    disk: Disk, run: Running, tmp_path: Path
) -> None:
    """Neither the journal, nor the log, nor the step's output has room."""
    await run.begin()
    viewer, host = run.viewer, run.host()
    assert viewer is not None
    disk.ballast.write_bytes(bytes(800_000))
    await run.did("start", "a")
    await run.until(lambda _: viewer.stall_reason)
    noting = asyncio.create_task(note_on(run, disk))
    await run.until(lambda _: viewer.stall_reason == FULL)
    noting.cancel()
    disk.ballast.unlink()
    await run.status("a", "passed")
    await run.until(lambda _: not viewer.stall_reason)
    assert run.host() == host
    has_run(run, tmp_path, "a.1")
