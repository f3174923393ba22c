"""Kills: of the viewer, the host, the keeper; what each leaves, and what is lost."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import shutil
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mobius_tui.errors import RunError
from mobius_tui.run.attempts.launcher import request_stop
from mobius_tui.run.attempts.stopping import find_survivors
from mobius_tui.run.client.start_host import resume_run
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import HostStarted
from mobius_tui.run.events.step_events import StepEnded, StepStarted
from mobius_tui.run.intents.intent_actions import PROTOCOL_VERSION
from mobius_tui.run.intents.run_intents import EndRun
from mobius_tui.run.intents.step_intents import StopStep
from mobius_tui.run.journal.describe_entry import journal_entry_text
from mobius_tui.run.records.run_record import past_run_from_files
from mobius_tui.run.records.verification import run_problems
from mobius_tui.run.storage.run_directory import RunDirectory, try_lock
from mobius_tui.run.storage.socket_path import short_socket_path
from mobius_tui.structs import replace
from tests.run.books import ONE, step
from tests.run.conftest import Begin
from tests.run.journals import cut, rewritten
from tests.run.running import Running, alive
from tests.waiting import wait_for


def waits(tmp_path: Path, code: int = 0) -> str:
    """A script that counts its starts, and ends when it is told to."""
    return (
        f"echo start >> {tmp_path}/count; echo $$; "
        f"until [ -e {tmp_path}/go ]; do sleep 0.02; done; echo done; exit {code}"
    )


def starts(tmp_path: Path) -> int:
    return len((tmp_path / "count").read_text().splitlines())


def place_of(lines: list[bytes], event: bytes) -> int:
    return next(i for i, line in enumerate(lines) if b'"event":"%s"' % event in line)


async def started(begin: Begin, tmp_path: Path, code: int = 0) -> Running:
    run = await begin(ONE + step("a", waits(tmp_path, code)) + step("b"))
    await run.did("start", "a")
    await run.output("a", "\n")
    return run


async def test_the_host_dies_and_the_step_goes_on(begin: Begin, tmp_path: Path) -> None:
    run = await started(begin, tmp_path, code=7)
    run.kill_host()
    keeper = run.keeper("a")
    await run.resume()
    assert run.state.steps["a"].status == "running"
    assert run.keeper("a") == keeper
    (tmp_path / "go").touch()
    state = await run.status("a", "failed")
    assert state.steps["a"].last_attempt is not None
    assert state.steps["a"].last_attempt.exit == 7
    assert starts(tmp_path) == 1
    hosts = [e.event for e in run.entries() if isinstance(e.event, HostStarted)]
    assert [host.left_over for host in hosts] == [(), ("a.1",)]


async def test_the_step_ends_while_no_host_lives(begin: Begin, tmp_path: Path) -> None:
    run = await started(begin, tmp_path)
    run.kill_host()
    (tmp_path / "go").touch()
    wait_for(run.directory.attempt("a", 1).exit.exists)
    await run.resume()
    await run.status("a", "passed")
    assert starts(tmp_path) == 1


async def test_host_and_keeper_die_and_the_step_is_unknown(
    begin: Begin, tmp_path: Path
) -> None:
    run = await started(begin, tmp_path)
    script = int(run.directory.attempt("a", 1).pid.read_text())
    run.kill_host()
    run.kill_keeper("a")
    await run.resume()
    state = await run.status("a", "unknown")
    last = state.steps["a"].last_attempt
    assert last is not None
    assert any(left.startswith(f"{script} ") for left in last.left)
    refused = await run.intend("retry", "a")
    assert "may still be running" in refused.text
    os.killpg(script, signal.SIGKILL)
    wait_for(lambda: not find_survivors(run.directory.attempt("a", 1), ""))
    assert starts(tmp_path) == 1
    (tmp_path / "go").touch()
    await run.did("retry", "a")
    await run.status("a", "passed")
    assert starts(tmp_path) == 2


WITH_UNDO = 'format = 2\n[runbook]\nid = "test"\ntitle = "Test"\n' + ONE
REFUSED_WHILE_ONE_RUNS: tuple[tuple[str, str | None, dict[str, object]], ...] = (
    ("start", "b", {}),
    ("enter", None, {"phase": "repair"}),
    ("undo", None, {"steps": ("done",)}),
    ("improvise", None, {"script": "echo x > y", "attempt": None}),
    ("end", None, {}),
)


@pytest.mark.parametrize(("word", "about", "fields"), REFUSED_WHILE_ONE_RUNS)
@pytest.mark.parametrize("is_host_killed", [False, True])
async def test_what_is_to_be_waited_for_is_named_and_lives(
    begin: Begin,
    tmp_path: Path,
    word: str,
    about: str | None,
    fields: dict[str, object],
    *,
    is_host_killed: bool,
) -> None:
    change = 'effect = "change"'
    run = await begin(
        WITH_UNDO
        + step("done", "true", f"{change}\nundo = 'true'")
        + step("a", waits(tmp_path), change)
        + step("b", "true", change)
        + '[[phase]]\nid = "repair"\ntitle = "Repair"\naside = true\n'
        + step("r", "true", change)
    )
    await run.did("start", "done")
    await run.status("done", "passed")
    await run.did("start", "a")
    await run.output("a", "\n")
    refused = (await run.intend(word, about, **fields)).text
    assert "1.2 a" in refused
    assert "running" in refused
    script = int(run.directory.attempt("a", 1).pid.read_text())
    if is_host_killed:
        run.kill_host()
        refused = (await run.intend(word, about, **fields)).text
        assert "resume" in refused
        assert "wait" not in refused
    run.kill_keeper("a")
    os.killpg(script, signal.SIGKILL)
    if is_host_killed:
        await run.resume()
    await run.status("a", "unknown")
    reply = await run.intend(word, about, **fields)
    assert "1.2 a is running" not in reply.text
    assert "wait" not in reply.text


async def test_the_keeper_dies_under_a_living_host(
    begin: Begin, tmp_path: Path
) -> None:
    run = await started(begin, tmp_path)
    run.kill_keeper("a")
    await run.status("a", "unknown")


async def test_a_host_that_is_just_ending_is_waited_for(begin: Begin) -> None:
    """Who comes then is not left with a host that answers nobody."""
    run = await begin(ONE + step("a") + step("b"))
    run.kill_host()
    with run.directory.lock.open() as ending:
        assert try_lock(ending.fileno())
        resuming = asyncio.create_task(resume_run(run.directory, run.runbook))
        await asyncio.wait({resuming}, timeout=0.2)
        assert not resuming.done()
    await resuming
    assert run.host()


async def test_a_run_whose_host_goes_since_it_has_ended_gets_no_other(
    begin: Begin,
) -> None:
    run = await begin(ONE + step("a"))
    await run.did("end")
    await run.over()
    before = run.directory.journal.read_bytes()
    with run.directory.lock.open() as ending:
        assert try_lock(ending.fileno())
        resuming = asyncio.create_task(resume_run(run.directory, run.runbook))
        await asyncio.wait({resuming}, timeout=0.2)
    await resuming
    assert run.directory.host_pid() is None
    assert run.directory.journal.read_bytes() == before


async def test_a_run_is_deserted_once_all_that_its_host_wrote_is_seen(
    begin: Begin,
) -> None:
    """A host may write the run's end, and end, after a look that found nothing."""
    run = await begin(ONE + step("a"))
    run.kill_host()
    viewer = Viewer(run.directory)
    with run.directory.lock.open() as host:
        assert try_lock(host.fileno())
        looks = viewer.changes()
        assert not await anext(looks)
    assert viewer.host_pid() is None
    before, _ = viewer.is_hostless, await anext(looks)
    assert (before, viewer.is_hostless) == (False, True)
    await looks.aclose()
    await viewer.close()


async def test_auto_never_runs_an_unknown_step_again(
    begin: Begin, tmp_path: Path
) -> None:
    run = await started(begin, tmp_path)
    run.kill_host()
    run.kill_keeper("a")
    await run.resume()
    await run.status("a", "unknown")
    await run.auto()
    state = await run.until(lambda s: s.auto_stopped)
    assert state.auto_stopped is not None
    assert state.auto_stopped.code == 4
    assert starts(tmp_path) == 1


async def test_a_step_whose_script_never_began_is_not_started(begin: Begin) -> None:
    """A StepStarted is all that there is: the host died right after it."""
    run = await begin(ONE + step("a", "echo ran"))
    await run.did("start", "a")
    await run.status("a", "passed")
    run.kill_host()
    lines = run.directory.journal.read_bytes().splitlines(keepends=True)
    kept = place_of(lines, b"StepStarted")
    cut(run.directory, lines[: kept + 1])
    shutil.rmtree(run.directory.attempt("a", 1).path)
    await run.resume()
    state = await run.status("a", "not started")
    assert "nothing of it ran" in state.steps["a"].reason
    await run.did("retry", "a")
    await run.status("a", "passed")


@pytest.mark.parametrize(
    ("older", "words"),
    [
        (False, "the machine was restarted while it ran"),
        (True, "the machine was restarted, or it was another one, while it ran"),
    ],
)
async def test_an_attempt_of_another_boot_is_unknown(
    begin: Begin, tmp_path: Path, older: bool, words: str
) -> None:
    run = await started(begin, tmp_path)
    run.kill_host()
    run.kill_keeper("a")
    os.killpg(int(run.directory.attempt("a", 1).pid.read_text()), signal.SIGKILL)
    of_another_boot(run.directory, older=older)
    run.directory.attempt("a", 1).pid.unlink()
    await run.resume()
    state = await run.status("a", "unknown")
    assert state.steps["a"].reason.startswith(words)


async def test_an_end_of_another_boot_counts(begin: Begin, tmp_path: Path) -> None:
    run = await started(begin, tmp_path, code=3)
    run.kill_host()
    (tmp_path / "go").touch()
    wait_for(run.directory.attempt("a", 1).exit.exists)
    of_another_boot(run.directory)
    await run.resume()
    state = await run.status("a", "failed")
    assert state.steps["a"].last_attempt is not None
    assert state.steps["a"].last_attempt.exit == 3


def of_another_boot(directory: RunDirectory, *, older: bool = False) -> None:
    """Write the journal as if the machine had been restarted since.

    Args:
        directory: the run's.
        older: as a version wrote it that did not say on which machine a host was.
    """

    def change(entry: Entry) -> Entry:
        event = entry.event
        if older and isinstance(event, HostStarted):
            event = replace(event, place=None, epoch=None)
        return replace(entry, boot="an-earlier-boot", event=event)

    rewritten(directory, change)


async def test_a_journal_that_was_cut_is_refused(begin: Begin) -> None:
    run = await begin(ONE + step("a"))
    await run.did("start", "a")
    await run.status("a", "passed")
    run.kill_host()
    lines = run.directory.journal.read_bytes().splitlines(keepends=True)
    first = place_of(lines, b"StepStarted")
    cut(run.directory, lines[:first])
    await run.drop()
    with pytest.raises(RunError, match="lines were cut from its end"):
        await resume_run(run.directory, run.runbook)


async def test_a_torn_last_line_is_cut_and_said(begin: Begin) -> None:
    run = await begin(ONE + step("a"))
    run.kill_host()
    with run.directory.journal.open("ab") as file:
        file.write(b'{"n":99,"at":')
    await run.resume()
    hosts = [e.event for e in run.entries() if isinstance(e.event, HostStarted)]
    assert [host.cut for host in hosts] == [0, 13]
    assert tuple(run_problems(run.directory)) == ()
    await run.did("start", "a")
    await run.status("a", "passed")


async def test_a_viewers_death_changes_nothing(begin: Begin, tmp_path: Path) -> None:
    run = await started(begin, tmp_path)
    await run.drop()
    (tmp_path / "go").touch()
    again = Viewer(run.directory)

    def passed() -> bool:
        again.follower.poll()
        return again.follower.state.steps["a"].status == "passed"

    wait_for(passed)


@contextlib.asynccontextmanager
async def first_version(directory: RunDirectory) -> AsyncIterator[None]:
    """A host as it was before the wire had versions: it knows nothing of this one."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            assert "wish" not in json.loads(line)
            text = "this is no intent: KeyError('wish')"
            said = {"id": "", "ok": False, "text": text, "n": 0}
            writer.write(json.dumps(said).encode() + b"\n")
        writer.close()

    with directory.lock.open("r+b", buffering=0) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.truncate()  # the number that is there may be a longer one
        lock.write(b"4242\n")
        directory.socket.unlink()
        with short_socket_path(directory.socket) as path:
            server = await asyncio.start_unix_server(serve, path)
        async with server:
            yield


@pytest.mark.parametrize("is_old", [False, True])
async def test_stop_reaches_the_keeper_where_no_host_understands_it(
    begin: Begin, tmp_path: Path, is_old: bool
) -> None:
    run = await started(begin, tmp_path)
    script = int(run.directory.attempt("a", 1).pid.read_text())
    run.kill_host()
    await run.drop()
    viewer = Viewer(run.directory)
    stop = StopStep(step="a", attempt=1)
    async with first_version(run.directory) if is_old else contextlib.nullcontext():
        if is_old:
            said = await asyncio.gather(
                *(viewer.send_intent(EndRun()) for _ in range(3))
            )
            assert not any(reply.ok for reply in said), "each of them is answered"
            speaks = f"speaks version {PROTOCOL_VERSION} of the run's wire"
            words = f"{speaks}, and its host version 1: "
            assert words in said[0].text
            assert "or `kill 4242` lets its host go, what runs" in said[2].text
            assert f"`mobius-tui resume {run.directory.id}` starts" in said[2].text
        reply = await viewer.send_intent(stop)
        assert reply.ok, reply.text
        await viewer.close()
    wait_for(run.directory.attempt("a", 1).exit.exists)
    assert not alive(script)
    wait_for(lambda: not request_stop(run.directory.attempt("a", 1)))
    await run.resume()
    await run.status("a", "stopped")


async def test_a_time_out_holds_with_the_host_dead(begin: Begin) -> None:
    run = await begin(ONE + step("a", "echo $$; sleep 60", 'timeout = "700ms"'))
    await run.did("start", "a")
    await run.output("a", "\n")
    run.kill_host()
    wait_for(run.directory.attempt("a", 1).exit.exists)
    await run.resume()
    state = await run.status("a", "timed out")
    assert "longer than 700ms" in state.steps["a"].reason


async def test_checks_cut_short_are_made_again(begin: Begin, tmp_path: Path) -> None:
    check = (
        "[phase.step.check]\n"
        f'file = {{ path = "{tmp_path}/there", attempts = 900, every = "100ms" }}'
    )
    run = await begin(ONE + step("a", f"echo x >> {tmp_path}/count", check))
    await run.did("start", "a")
    await run.until(
        lambda s: s.steps["a"].last_attempt and s.steps["a"].last_attempt.check_tries
    )
    run.kill_host()
    await run.resume()
    (tmp_path / "there").touch()
    await run.status("a", "passed")
    assert starts(tmp_path) == 1


async def test_a_resumed_host_restores_the_setting(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await begin(ONE + step("a", 'echo "$HOME $PATH"; umask'))
    home, path = os.environ["HOME"], os.environ["PATH"]
    run.kill_host()
    monkeypatch.setenv("HOME", "/elsewhere")
    monkeypatch.setenv("PATH", f"{path}:/more")
    await run.resume()
    await run.did("start", "a")
    await run.status("a", "passed")
    said = run.directory.attempt("a", 1).output.read_text().splitlines()
    assert said[0] == f"{home} {path}"
    assert said[1] == "0022"


async def test_nothing_is_recorded_twice(begin: Begin, tmp_path: Path) -> None:
    run = await started(begin, tmp_path)
    for _ in range(3):
        run.kill_host()
        await run.resume()
    (tmp_path / "go").touch()
    await run.status("a", "passed")
    events = [e.event for e in run.entries()]
    assert sum(isinstance(event, StepStarted) for event in events) == 1
    assert sum(isinstance(event, StepEnded) for event in events) == 1


async def test_a_log_out_and_a_stopped_machine_end_nothing(
    begin: Begin, tmp_path: Path
) -> None:
    """The host has a session of its own, hears no hang-up, and catches up."""
    run = await started(begin, tmp_path)
    host = run.host()
    assert os.getsid(host) == host
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGSTOP):
        os.kill(host, number)
    (tmp_path / "go").touch()
    wait_for(run.directory.attempt("a", 1).exit.exists)
    os.kill(host, signal.SIGCONT)
    await run.status("a", "passed")
    await run.did("start", "b")
    await run.status("b", "passed")
    assert run.host() == host
    assert starts(tmp_path) == 1


async def test_a_step_that_ended_while_nobody_watched_ended_then(
    begin: Begin, tmp_path: Path
) -> None:
    run = await started(begin, tmp_path)
    run.kill_host()
    (tmp_path / "go").touch()
    attempt = run.directory.attempt("a", 1)
    wait_for(attempt.exit.exists)
    fields = dict(row.split("=", 1) for row in attempt.exit.read_text().split()[:-1])
    wait_for(lambda: time.time_ns() > int(fields["ns"]) + 1_500_000_000)
    resumed_at = time.time()
    await run.resume()
    last = (await run.status("a", "passed")).steps["a"].last_attempt
    assert last is not None
    assert last.ended is not None
    assert last.duration is not None
    assert last.ended < resumed_at, "not when somebody resumed"
    assert last.started + last.duration < resumed_at
    (ended,) = (each for each in run.entries() if isinstance(each.event, StepEnded))
    assert ended.at >= last.ended, "the journal says when it was written"
    plan = Viewer(run.directory).follower.plan
    told = journal_entry_text(ended, plan, run.state) or ""
    assert "before a host looked" in told
    await run.did("end")
    await run.over()
    past = past_run_from_files(run.directory)
    assert past is not None
    assert past.steps["a"].passed_durations == (last.duration,)
