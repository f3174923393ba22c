"""Plays by orders, of a program in the place of Ansible: kills, stops, and resuming."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from mobius_tui.errors import RunError
from mobius_tui.run.attempts.output_reader import spans_in
from mobius_tui.run.fleet.fleet_lines import (
    BeginHosts,
    OrderedHost,
    ReportedState,
    SetParallelHosts,
)
from mobius_tui.run.fleet.host_output import output_path, spans_path
from mobius_tui.run.storage.run_directory import lock_holder
from mobius_tui.structs import replace
from tests.run.plays import Plays, local_order, pretended_order, states

PASSED = """
say("play", hosts=["a", "b", "c"])
for host in "abc":
    say("start", host)
    say("ok", host, at=1e9, stdout="of " + host, changed=host == "b")
counts = {each: {"ok": 1, "changed": each == "b"} for each in "abc"}
say("stats", hosts=counts, left_out=[])
"""
BEGUN = """
say("play", hosts=["a", "b", "c"])
say("start", "a")
say("start", "b")
say("failed", "b", rc=3, stderr="no such unit")
"""
"""a is at its task, b has failed, and c has not begun."""
TOLD = {"a": "unknown", "b": "failed", "c": "void"}
HANGS = f"{BEGUN}\nuntil('never')"


def kept_pid(plays: Plays, name: str) -> int:
    """The process of a play, or its keeper (`lock`)."""
    process = plays.play.keeper_directory
    if name == "lock":
        return lock_holder(process.lock) or 0
    return int(process.pid.read_text()) if process.pid.exists() else 0


async def test_a_batch_is_played_and_each_host_reported(tmp_path: Path) -> None:
    order = replace(pretended_order(tmp_path, PASSED), clock_offset=-7.0)
    plays = await Plays.open(order)
    await plays.begin(attempt=4)
    ends = await plays.ends()
    await plays.close()
    assert states(ends) == {"a": "ok", "b": "changed", "c": "ok"}
    assert plays.output("b") == "TASK t\nchanged\nof b\n"
    digest = hashlib.sha256(plays.output("b").encode()).hexdigest()
    assert (ends["b"].bytes, ends["b"].sha256) == (len(plays.output("b")), digest)
    times = spans_path(output_path(Path(order.folder), "b"))
    (span,) = spans_in(times.read_bytes())
    begin, moment = len("TASK t\n"), 10**18 - 7 * 10**9
    assert (span.offset, span.end, span.time) == (begin, ends["b"].bytes, moment)
    assert ends["b"].spans_sha256 == hashlib.sha256(times.read_bytes()).hexdigest()
    running = [
        each.host for each in plays.reports if each.state is ReportedState.RUNNING
    ]
    assert running == ["a", "b", "c"]
    assert {each.attempt for each in plays.reports} == {4}


async def test_what_ansible_is_given(tmp_path: Path) -> None:
    book = (
        """
with open("given.json", "w") as file:
    own = {k: v for k, v in os.environ.items() if k.startswith("ANSIBLE")}
    json.dump([sys.argv, own, os.getcwd()], file)
"""
        + PASSED
    )
    more: dict[str, Any] = {"become": "root", "forks": 3, "check_mode": True}
    order = pretended_order(tmp_path, book, variables={"v": "hunter2"}, **more)
    plays = await Plays.open(order)
    await plays.begin("a", "b")
    await plays.until(lambda: len(plays.ended()) == 2)
    await plays.close()
    words, env, workdir = json.loads((tmp_path / "given.json").read_text())
    play = plays.play
    assert words[1:] == [
        *("--limit", f"@{play.limit}", "--forks", "3"),
        *("-i", str(tmp_path / "hosts.json"), "-i", str(play.inventory)),
        *("-e", f"@{play.variables}", "--become", "--become-user", "root"),
        *("--check", "--diff", "--", str(tmp_path / "book.py")),
    ]
    assert play.limit.read_text() == "a\nb\n"
    assert json.loads(play.inventory.read_text()) == {
        "all": {"hosts": {"a": {}, "b": {}}}
    }
    assert env["ANSIBLE_STDOUT_CALLBACK"] == "mobius_events"
    assert workdir == str(tmp_path)


async def test_what_is_secret_is_private_and_soon_gone(tmp_path: Path) -> None:
    hold = "import shutil; os.mkdir(os.environ['ANSIBLE_LOCAL_TEMP']); until('go')\n"
    order = pretended_order(
        tmp_path, hold + PASSED, variables={"v": "hunter2"}, secrets=("hunter2",)
    )
    program = Path(order.program)
    program.write_text(
        program.read_text().replace("\nwith", "\nuntil('read')\nwith", 1)
    )
    text = program.read_text()
    head, _, rest = text.partition("\nuntil('read')")
    wait = "import os, time\nwhile not os.path.exists('read'): time.sleep(0.01)"
    program.write_text(f"{head}\n{wait}{rest}")
    plays = await Plays.open(order)
    await plays.begin()
    secret = (plays.play.variables, plays.play.plugin_settings)
    await plays.until(lambda: kept_pid(plays, "pid"))
    assert {stat.S_IMODE(path.stat().st_mode) for path in secret} == {0o600}
    assert "hunter2" in plays.play.variables.read_text()
    (tmp_path / "read").touch()
    await plays.until(lambda: not any(path.exists() for path in secret))
    (tmp_path / "go").touch()
    await plays.ends()
    await plays.close()
    assert not plays.play.temporary.exists()
    found = [path for path in Path(order.folder).rglob("*") if path.is_file()]
    assert [path for path in found if b"hunter2" in path.read_bytes()] == []


async def test_a_play_goes_on_without_us_and_is_found_again(tmp_path: Path) -> None:
    middle = "say('start', 'a', task='early')\nsay('ok', 'a')\nuntil('go')\n"
    order = pretended_order(tmp_path, middle + PASSED)
    first = await Plays.open(order)
    await first.begin()
    await first.until(lambda: first.reports)
    await first.close()
    (tmp_path / "go").touch()
    again = await Plays.open(order)
    await again.attach("a", "c", attempt=1)
    await again.until(lambda: len(again.ended()) == 2)
    await again.close()
    assert states(again.ended()) == {"a": "ok", "c": "ok"}
    assert again.output("a") == "TASK early\nok\nTASK t\nok\nof a\n"


async def test_a_play_that_has_ended_is_told_again(tmp_path: Path) -> None:
    order = pretended_order(tmp_path, PASSED)
    first = await Plays.open(order)
    await first.begin()
    ends = await first.ends()
    await first.close()
    again = await Plays.open(order)
    await again.attach()
    assert await again.ends() == ends
    await again.close()


async def test_a_host_s_second_play_of_an_attempt_goes_on_in_its_output(
    tmp_path: Path,
) -> None:
    order = pretended_order(tmp_path, PASSED)
    for name in ("a", "b", "a"):
        plays = await Plays.open(order)
        await plays.begin(name)
        await plays.until(plays.ended)
        await plays.close()
    assert plays.output("a") == "TASK t\nok\nof a\n" * 2
    again = await Plays.open(order)
    await again.attach("a")
    await again.until(again.ended)
    await again.close()
    assert again.output("a") == "TASK t\nok\nof a\n" * 2


@pytest.mark.parametrize("begins", [True, False])
async def test_a_host_of_no_play_never_began(tmp_path: Path, begins: bool) -> None:
    """Another attempt at it may have."""
    plays = await Plays.open(pretended_order(tmp_path, PASSED))
    if begins:
        await plays.begin(attempt=1)
        await plays.ends()
        plays.reports.clear()
    await plays.attach(attempt=2)
    assert set(states(await plays.ends()).values()) == {"void"}
    await plays.close()


async def test_a_play_that_was_written_and_not_started_never_began(
    tmp_path: Path,
) -> None:
    order = pretended_order(tmp_path, PASSED)
    first = await Plays.open(order)
    await first.begin()
    await first.ends()
    await first.close()
    for path in first.play.keeper_directory.path.iterdir():
        path.unlink()
    first.play.events.unlink()
    again = await Plays.open(order)
    await again.attach()
    assert set(states(await again.ends()).values()) == {"void"}
    await again.close()


WORKER = """
inside = "import subprocess, sys, time; subprocess.Popen(sys.argv[1:]); time.sleep(600)"
worker = os.fork()
if worker == 0:
    os.setsid()
    child = subprocess.Popen(["sleep", "600"])
    service = subprocess.Popen(["sleep", "600"], start_new_session=True)
    with open("pids.new", "w") as file:
        json.dump([os.getpid(), child.pid, service.pid], file)
    os.rename("pids.new", "pids")
    time.sleep(600)
until("pids")
"""
"""What ansible-core 2.19 has: a worker in a session of its own, and its child."""


@pytest.mark.parametrize("way", ["kill ansible", "kill both", "stop", "time out"])
async def test_of_a_play_that_was_cut_off(tmp_path: Path, way: str) -> None:
    order = pretended_order(
        tmp_path, WORKER + HANGS, timeout=2.0 if way == "time out" else None
    )
    plays = await Plays.open(order)
    await plays.begin()
    await plays.until(lambda: "failed" in plays.events())
    own = [psutil.Process(pid) for pid in json.loads((tmp_path / "pids").read_text())]
    service = own.pop()
    try:
        if way == "stop":
            await plays.stop("c")
        if way == "kill both":
            os.kill(kept_pid(plays, "lock"), signal.SIGKILL)
        if way.startswith("kill"):
            os.kill(kept_pid(plays, "pid"), signal.SIGKILL)
        ends = await plays.ends()
        assert states(ends) == TOLD
        why = {
            "stop": "it was stopped, at the task `t`",
            "time out": "it took longer than 2 s, so it was stopped, at",
            "kill ansible": "ansible-playbook: ended by SIGKILL",
            "kill both": "its keeper was ended by SIGKILL",
        }
        assert ends["a"].reason.startswith(why[way])
        assert ends["b"].reason == "the task `t` failed: no such unit"
        assert not any(_lives(each) for each in own)
        assert _lives(service)
    finally:
        service.kill()
        await plays.close()


def _lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def test_a_play_is_told_by_its_events_when_its_keeper_was_killed(
    tmp_path: Path,
) -> None:
    waits = f"open('begun', 'w').close()\nuntil('go')\n{PASSED}"
    plays = await Plays.open(pretended_order(tmp_path, waits))
    await plays.begin()
    await plays.until((tmp_path / "begun").exists)
    os.kill(kept_pid(plays, "lock"), signal.SIGKILL)
    await plays.until(lambda: lock_holder(plays.play.keeper_directory.lock) is None)
    (tmp_path / "go").touch()
    assert states(await plays.ends()) == {"a": "ok", "b": "changed", "c": "ok"}
    await plays.close()


async def test_a_play_without_a_keeper_is_stopped(tmp_path: Path) -> None:
    order = pretended_order(tmp_path, HANGS)
    plays = await Plays.open(order)
    await plays.begin()
    await plays.until(lambda: "failed" in plays.events())
    os.kill(kept_pid(plays, "lock"), signal.SIGKILL)
    await plays.close()
    again = await Plays.open(order)
    await again.attach()
    await again.stop()
    assert states(await again.ends()) == TOLD
    await again.close()


async def test_a_play_that_is_stopped_before_it_begins(tmp_path: Path) -> None:
    plays = await Plays.open(pretended_order(tmp_path, PASSED))
    await plays.begin()
    await plays.stop()
    ends = await plays.ends()
    await plays.close()
    assert set(states(ends).values()) == {"void"}
    assert plays.events() == ""
    assert not plays.play.variables.exists()


async def test_a_play_whose_end_cannot_be_read_is_told_by_its_events(
    tmp_path: Path,
) -> None:
    plays = await Plays.open(pretended_order(tmp_path, HANGS))
    await plays.begin()
    await plays.until(lambda: "failed" in plays.events())
    plays.play.keeper_directory.exit.mkdir()
    await plays.stop()
    ends = await plays.ends()
    await plays.close()
    assert states(ends) == TOLD
    assert "it is no regular file" in ends["a"].reason


async def test_a_fault_of_ours_ends_the_reports(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    order = pretended_order(tmp_path, PASSED)
    bad = replace(order, timeout="soon")  # type: ignore[arg-type]
    plays = await Plays.open(bad)
    await plays.begin()
    await plays.until(plays.is_over)
    await plays.close()
    # What plays did before the fault came may have been told; that it came is, always.
    assert "Error" in capsys.readouterr().err


def exits(folder: Path) -> None:
    (folder / "book.py").write_text("sys.exit('ERROR! no such role')")


def misses(folder: Path) -> None:
    (folder / "ansible-playbook").unlink()


def blocks(folder: Path) -> None:
    (folder / "attempt" / "plays").write_text("in the way")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (exits, "nothing was done: ansible-playbook: exit 1: ERROR! no such role"),
        (misses, "nothing was done: ansible-playbook: exit 127"),
        (blocks, "it could not be started: Not a directory"),
    ],
)
async def test_a_play_that_ends_by_itself_before_any_host_has_failed(
    tmp_path: Path, spoil: Callable[[Path], None], words: str
) -> None:
    order = pretended_order(tmp_path, PASSED)
    spoil(tmp_path)
    plays = await Plays.open(order)
    await plays.begin()
    ends = await plays.ends()
    await plays.close()
    assert set(states(ends).values()) == {"failed"}
    assert ends["a"].reason.startswith(words)


async def test_values_that_cannot_be_given(tmp_path: Path) -> None:
    order = pretended_order(tmp_path, PASSED, variables={"v": "\udcff"})
    plays = await Plays.open(order)
    await plays.begin()
    ends = await plays.ends()
    assert "v has bytes that are no UTF-8" in ends["a"].reason
    await plays.client.send(BeginHosts(hosts=(OrderedHost(name="z"),)))
    await plays.until(lambda: "z" in plays.ended())
    await plays.close()
    assert "'z' is no host of this attempt" in plays.ended()["z"].reason


async def test_orders_that_mean_nothing_to_a_playbook(tmp_path: Path) -> None:
    plays = await Plays.open(local_order(tmp_path, ("a",), "none"))
    with pytest.raises(RunError):
        await plays.client.send(SetParallelHosts(width=3))
    await plays.close()
