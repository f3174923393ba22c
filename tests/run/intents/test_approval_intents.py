"""Approval by a second person: asked for, given, denied, void, and never one's own."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import io
import os
import pty
import signal
import socket
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from mobius_tui.cli import main
from mobius_tui.health.ticker import boot_clock
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.events.run_events import AutoStopped
from mobius_tui.run.events.step_events import (
    ApprovalAsked,
    ApprovalDenied,
    ApprovalGiven,
    StepStarted,
)
from mobius_tui.run.host.control_server import (
    MAX_TERMINAL_TEXT_CHARS,
    describe_caller_terminal,
    terminal_of_caller,
)
from mobius_tui.run.intents.approval_intents import DenyApproval
from mobius_tui.run.intents.control_protocol import (
    LIVENESS_REQUEST,
    Envelope,
    encode_envelope,
)
from mobius_tui.run.journal.describe_entry import journal_entry_text
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.planning.approval_rules import (
    begin_refusal,
    current_approval,
    missing_approval_text,
)
from mobius_tui.run.planning.confirmation import approval_phrase, approver_name_problem
from mobius_tui.structs import replace
from tests.run.books import ONE, step
from tests.run.conftest import Begin
from tests.run.running import Running
from tests.waiting import PATIENCE

BOOK = (
    '[var.target]\ndefault = "blue"\n'
    + ONE
    + step("a", 'echo "$target"', 'approve = { role = "Lead", within = "10m" }')
)
TWO = ONE + step("a", "true", 'approve = { role = "Lead", count = 2 }')


def shown(run: Running) -> dict[str, str]:
    return {"binding": run.state.approvals["a"].request.binding}


async def approve(run: Running, name: str = "Ben", **fields: object) -> str:
    """What the host says to an approval from this login; empty where it is taken."""
    fields = {
        **shown(run),
        "name": name,
        "confirm": approval_phrase(name, "a"),
        **fields,
    }
    reply = await run.intend("approve", "a", **fields)
    return "" if reply.ok else reply.text


async def test_a_step_begins_only_when_somebody_else_has_approved(begin: Begin) -> None:
    run = await begin(BOOK)
    assert "not asked for yet" in (await run.intend("start", "a")).text
    await run.did("ask approval", "a")
    assert "asked for (0 of 1" in (await run.intend("start", "a")).text
    again = await run.intend("ask approval", "a")
    assert "asked for already" in again.text
    assert await approve(run) == ""
    await run.did("start", "a")
    await run.status("a", "passed")
    events = (entry.event for entry in run.entries())
    [given] = [event for event in events if isinstance(event, ApprovalGiven)]
    assert (given.name, given.uid, given.weaker) == ("Ben", os.getuid(), True)


async def test_nobody_approves_their_own(begin: Begin) -> None:
    run = await begin(BOOK)
    await run.did("ask approval", "a")
    own = run.state.approvals["a"].asked_by
    for name in (own, own.upper(), f" {own}", f"{own}.", "", "Бен", "Ben\x1b[2J"):
        assert await approve(run, name)
    assert "word for word" in await approve(run, confirm="yes")
    assert "look at it again" in await approve(run, binding="")
    assert not run.state.approvals["a"].approvals_given


async def test_what_changes_after_it_voids_it(begin: Begin) -> None:
    run = await begin(BOOK)
    await run.did("ask approval", "a")
    assert await approve(run) == ""
    await run.did("set", values={"target": "green"})
    assert "void" in (await run.intend("start", "a")).text
    await run.did("set", values={"target": "blue"})
    await run.did("start", "a")
    await run.status("a", "passed")
    assert "not asked for yet" in (await run.intend("retry", "a")).text


async def test_two_approvals_are_of_two_people(begin: Begin) -> None:
    run = await begin(TWO)
    await run.did("ask approval", "a")
    assert await approve(run) == ""
    assert "another person" in await approve(run)
    assert "1 of 2" in (await run.intend("start", "a")).text
    assert await approve(run, "Cleo") == ""
    await run.did("start", "a")


async def test_whoever_reads_as_one_who_approved_is_that_one(begin: Begin) -> None:
    run = await begin(TWO)
    await run.did("ask approval", "a")
    assert await approve(run, "anna") == ""
    for name in ("Anna", "ANNA", "an na", "anna.", "a-n-n-a"):
        said = await approve(run, name)
        assert said == (
            f"{name} is read as anna, who has approved it; another person is wanted"
        )
    assert "1 of 2" in (await run.intend("start", "a")).text
    assert [each.name for each in run.state.approvals["a"].approvals_given] == ["anna"]
    own = run.state.approvals["a"].asked_by
    said = await approve(run, own.upper())
    assert said.startswith(f"{own.upper()} is read as {own}, who asked for it")
    assert await approve(run, "hanna") == ""


CALLS = ONE + step("a", "./go.sh", 'approve = { role = "Lead", within = "10m" }')


def file_in(run: Running, name: str, said: str) -> Path:
    began = run.state.began
    assert began is not None
    path = Path(began.workdir) / name
    path.write_text(f"#!/bin/sh\necho {said}\n")
    path.chmod(0o755)
    return path


async def test_a_file_that_a_script_calls_is_approved_with_it(begin: Begin) -> None:
    """Whatever is changed, made or removed after somebody was asked voids the word."""
    run = await begin(CALLS)
    for change in (
        lambda: file_in(run, "go.sh", "CHANGED"),
        lambda: file_in(run, "go.sh", "seen").unlink(),
    ):
        file_in(run, "go.sh", "seen")
        await run.did("ask approval", "a")
        assert list(run.state.approvals["a"].request.files or ()) == ["go.sh"]
        assert await approve(run) == ""
        change()
        said = (await run.intend("start", "a")).text
        assert said.endswith("denied: go.sh changed since it was asked for")
        assert not run.state.steps["a"].attempts
    await run.did("ask approval", "a")
    assert run.state.approvals["a"].request.files == {"go.sh": ""}
    file_in(run, "go.sh", "made since")
    assert (await approve(run)).endswith("go.sh changed since it was asked for")
    await run.did("ask approval", "a")
    assert await approve(run) == ""
    await run.did("start", "a")
    await run.status("a", "passed")


async def test_what_a_check_calls_is_approved_too(begin: Begin) -> None:
    run = await begin(
        ONE
        + step(
            "a",
            "true",
            'approve = { role = "Lead", within = "10m" }\n'
            'check = { run = { script = "bash look.sh" } }',
        )
    )
    file_in(run, "look.sh", "well")
    await run.did("ask approval", "a")
    assert await approve(run) == ""
    file_in(run, "look.sh", "always well")
    assert "look.sh" in (await run.intend("start", "a")).text


async def test_a_retry_by_itself_runs_no_changed_file(begin: Begin) -> None:
    run = await begin(
        ONE
        + step(
            "a",
            "./go.sh; exit 3",
            'approve = { role = "Lead", within = "10m" }\n'
            'retry = { attempts = 3, every = "1s" }',
        )
    )
    path = file_in(run, "go.sh", "seen")
    path.write_text(f"{path.read_text()}mv new.sh go.sh\n")
    file_in(run, "new.sh", "CHANGED")
    await run.did("ask approval", "a")
    assert await approve(run) == ""
    await run.did("start", "a")
    await run.until(lambda _: "is not retried" in run.directory.host_log.read_text())
    assert len(run.state.steps["a"].attempts) == 1


async def test_a_person_or_time_denies_it(begin: Begin) -> None:
    run = await begin(BOOK.replace('"10m"', '"1s"'))
    await run.did("ask approval", "a")
    await run.until(lambda state: state.approvals["a"].denial_reason)
    assert "denied: not approved in" in (await run.intend("start", "a")).text
    await run.did("ask approval", "a")
    await run.until(lambda state: state.approvals["a"].denial_reason)
    lasting = await begin(BOOK)
    await lasting.did("ask approval", "a")
    assert "a reason is wanted" in (await lasting.intend("deny", "a")).text
    await lasting.did("deny", "a", text="wait for the backup")
    assert "wait for the backup" in (await lasting.intend("start", "a")).text
    assert "nobody waits" in await approve(lasting)


async def test_an_automatic_run_asks_and_stays_open(begin: Begin) -> None:
    run = await begin(BOOK)
    await run.auto()
    state = await run.until(lambda state: state.auto_stopped)
    assert isinstance(state.auto_stopped, AutoStopped)
    assert state.auto_stopped.code == 4
    assert "approval by Lead" in state.auto_stopped.reason
    assert state.ended is None
    assert "the host stays" in (await run.intend("release")).text
    assert await approve(run) == ""
    await run.auto()
    assert (await run.over()).ended.outcome == "completed"  # type: ignore[union-attr]


async def test_the_command_shows_it_and_takes_the_phrase(
    begin: Begin, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await begin(BOOK)
    await run.did("ask approval", "a")
    own = run.state.approvals["a"].asked_by

    async def command(typed: str, *words: str) -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        every = ("approve", run.directory.id, *words)
        return await asyncio.to_thread(main, every)

    assert await command("Ben approves a\n") == 2
    assert await command(f"{own} approves a\n", "--as", own) == 2
    assert await command("yes\n", "--as", "Ben") == 3
    assert await command("x", "--as", "Ben", "--step", "nope") == 2
    capsys.readouterr()
    assert await command("Ben approves a\n", "--as", "Ben") == 0
    out = capsys.readouterr().out
    assert 'echo "$target"' in out
    assert "target=blue" in out
    assert run.state.approvals["a"].is_complete
    assert await command("Ben approves a\n", "--as", "Cleo") == 4


async def test_where_whoever_answers_sits_is_on_record(begin: Begin) -> None:
    run = await begin(BOOK)

    async def answer(*words: str, typed: str = "") -> str:
        """Answer from a terminal of its own; returns which that was."""
        await run.did("ask approval", "a")
        ours, theirs = pty.openpty()
        try:
            os.write(ours, typed.encode())
            command = [sys.executable, "-m", "mobius_tui", "approve", run.directory.id]
            process = await asyncio.create_subprocess_exec(
                *command,
                *words,
                stdin=theirs,
                stdout=theirs,
                stderr=theirs,
                start_new_session=True,
                preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            )
            assert await asyncio.wait_for(process.wait(), PATIENCE) == 0
            return os.ttyname(theirs).removeprefix("/dev/")
        finally:
            os.close(ours)
            os.close(theirs)

    denied = await answer("--as", "Ben", "--deny", "not now")
    given = await answer("--as", "Ben", typed="Ben approves a\n")
    follower = Follower(run.directory)
    said = "\n".join(words_of(entry, follower) for entry in follower.initial_entries)
    assert f"not now (at {denied}" in said
    assert f"by Ben (user id {os.getuid()} at {given}" in said


def words_of(entry: Entry, follower: Follower) -> str:
    return journal_entry_text(entry, follower.plan, follower.state) or ""


@contextmanager
def at_a_terminal(
    script: str, *arguments: str
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A process at a terminal of its own: which that is, and the process."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        stdin=theirs,
        stdout=theirs,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    try:
        yield os.ttyname(theirs).removeprefix("/dev/"), process
    finally:
        process.kill()
        process.wait()
        os.close(ours)
        os.close(theirs)


VISITS = """
import os, socket, sys
os.chdir(sys.argv[1])
s = socket.socket(socket.AF_UNIX)
s.connect("visitors")
input()
"""


@contextmanager
def visitor(
    folder: Path,
) -> Iterator[tuple[socket.socket, str, subprocess.Popen[bytes]]]:
    """A process at a terminal of its own, connected: our end, and which terminal."""
    with socket.socket(socket.AF_UNIX) as listener:
        with contextlib.chdir(folder):
            listener.bind("visitors")
        listener.listen()
        listener.settimeout(PATIENCE)
        with at_a_terminal(VISITS, str(folder)) as (terminal, process):
            connection, _ = listener.accept()
            (folder / "visitors").unlink()
            with connection:
                yield connection, terminal, process


def place_of(connection: socket.socket) -> str:
    return describe_caller_terminal(terminal_of_caller(connection))


def test_a_terminal_that_was_opened_after_the_first_look_is_known(
    tmp_path: Path,
) -> None:
    with visitor(tmp_path) as (one, first, _), visitor(tmp_path) as (two, second, _):
        assert first != second
        assert [place_of(one), place_of(two)] == [first, second]
        with visitor(tmp_path) as (three, third, _):
            assert place_of(three) == third


@pytest.mark.parametrize(
    ("host", "of", "more"),
    [
        ("10.0.0.7", "its own", " from 10.0.0.7"),
        ("10.0.0.7", "another terminal's", ""),
        ("10.0.0.7", "a login before it", ""),
        ("", "its own", ""),
        ("a\x1b[2J" + "b" * 200, "its own", " from a"),
    ],
)
def test_where_somebody_sits_is_what_the_system_says(
    host: str, of: str, more: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with visitor(tmp_path) as (connection, terminal, process):
        login = SimpleNamespace(
            terminal="pts/999" if of == "another terminal's" else terminal,
            host=host,
            pid=process.pid if of != "a login before it" else 2**22 + 1,
        )
        monkeypatch.setattr(psutil, "users", lambda: [login])
        found = place_of(connection)
    assert found.startswith(terminal + more)
    assert len(found) <= MAX_TERMINAL_TEXT_CHARS
    assert "\x1b" not in found
    assert found == terminal + more or len(host) > 100


class GivenAway(socket.socket):
    """A connection of a process that is gone, and whose number another has."""

    taker = 0

    def getsockopt(self, level: int, name: int, size: int = 0) -> Any:
        if not size:
            return super().getsockopt(level, name)
        found = super().getsockopt(level, name, size)
        return struct.pack("i", self.taker) + found[4:]


def test_of_a_process_that_is_gone_no_place_is_known(tmp_path: Path) -> None:
    with (
        visitor(tmp_path) as (gone, _, process),
        visitor(tmp_path) as (_, _, taker),
    ):
        process.kill()
        process.wait()
        assert place_of(gone) == ""
        with GivenAway(fileno=os.dup(gone.fileno())) as connection:
            connection.taker = taker.pid
            assert place_of(connection) == ""


def test_whoever_has_gone_meanwhile_is_not_told_to_come_from_another_s_login(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with visitor(tmp_path) as (connection, terminal, process):
        login = SimpleNamespace(terminal=terminal, host="10.0.0.7", pid=process.pid)
        monkeypatch.setattr(psutil, "users", lambda: [login])
        seat = terminal_of_caller(connection)
        assert describe_caller_terminal(seat) == f"{terminal} from 10.0.0.7"
        assert (
            describe_caller_terminal(
                replace(seat, process_start=seat.process_start - 1)
            )
            == terminal
        )
        process.kill()
        process.wait()
        assert describe_caller_terminal(seat) == terminal


ASKS_AND_GOES = """
import os, signal, socket, sys
folder, host, sign, intent = sys.argv[1:]
os.chdir(folder)
s = socket.socket(socket.AF_UNIX)
s.connect("control.sock")
s.sendall(sign.encode())
s.recv(1)  # the host has taken it in
os.kill(int(host), signal.SIGSTOP)
s.sendall(intent.encode())
"""


async def test_an_answer_says_where_its_giver_sat_who_has_gone(begin: Begin) -> None:
    run = await begin(BOOK)
    await run.did("ask approval", "a")
    denies = Envelope(
        action=DenyApproval(step="a", reason="not now"), sent=boot_clock()
    )
    lines = (LIVENESS_REQUEST.decode(), encode_envelope(denies).decode())
    told = (str(run.directory.path), str(run.host()), *lines)
    with at_a_terminal(ASKS_AND_GOES, *told) as (place, process):
        assert process.wait(PATIENCE) == 0
        os.kill(run.host(), signal.SIGCONT)
        await run.until(lambda state: state.approvals["a"].denial_reason)
    events = [entry.event for entry in run.entries()]
    assert [e.place for e in events if isinstance(e, ApprovalDenied)] == [place]


async def test_the_approval_is_in_the_state_of_whoever_reads(begin: Begin) -> None:
    run = await begin(BOOK)
    await run.did("ask approval", "a")
    plan = run.viewer.follower.plan  # type: ignore[union-attr]
    own = plan.steps["a"]
    state = run.state
    assert current_approval(plan, state, own) is not None
    assert state.began is not None
    state.began = replace(state.began, mode=Mode.DRILL)
    assert missing_approval_text(plan, state, own) is None


async def test_a_host_that_died_has_forgotten_nothing(begin: Begin) -> None:
    run = await begin(BOOK)
    await run.did("ask approval", "a")
    assert await approve(run) == ""
    run.kill_host()
    await run.resume()
    await run.did("start", "a")
    asked = [e for e in run.entries() if isinstance(e.event, ApprovalAsked)]
    started = [e for e in run.entries() if isinstance(e.event, StepStarted)]
    assert (len(asked), len(started)) == (1, 1)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Ben Smith", ""),
        ("@ops", ""),
        ("аna", "letters a to z"),
        ("ben\u202enimda", "letters a to z"),
        ("ben\n", "letters a to z"),
        ("b" * 41, "at most 40"),
        ("ANA", "somebody else"),
        ("a n a", "somebody else"),
        ("", "--as"),
    ],
)
def test_a_name_cannot_pass_for_another(name: str, wanted: str) -> None:
    wrong = approver_name_problem(name, "ana")
    assert wrong is None if not wanted else wanted in str(wrong)


@pytest.mark.parametrize("name", ["0ps1", "Opsl", "o.p.s.I", "oPSi"])
def test_signs_that_look_alike_are_the_same(name: str) -> None:
    assert "somebody else" in str(approver_name_problem(name, "ops1"))


def test_an_eight_looks_like_a_b_and_not_like_an_s() -> None:
    assert "somebody else" in str(approver_name_problem("8en", "Ben"))
    assert not approver_name_problem("8am", "Sam")


async def test_whoever_approved_does_not_begin_it(begin: Begin) -> None:
    run = await begin(BOOK)
    await run.did("ask approval", "a")
    own = run.state.approvals["a"]
    bound, at = own.request.binding, own.since + 1
    given = ApprovalGiven(step="a", attempt=1, binding=bound, name="eve", uid=7)
    plan = run.viewer.follower.plan  # type: ignore[union-attr]
    state, meant = run.state, plan.steps["a"]
    state.approvals = {"a": replace(own, approvals_given=(given,))}
    assert "you approved" in str(begin_refusal(plan, state, meant, uid=7, now=at))
    assert begin_refusal(plan, state, meant, uid=8, now=at) is None
    late = own.since + own.request.within + 1
    assert "lapsed" in str(begin_refusal(plan, state, meant, uid=8, now=late))
