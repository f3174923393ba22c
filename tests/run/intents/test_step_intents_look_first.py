"""A step that is unknown: its checks say what is, before anybody runs it again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import psutil

from mobius_tui.run.attempts.stopping import ATTEMPT_MARK, find_survivors
from mobius_tui.run.events.run_events import NoteAdded
from mobius_tui.run.events.step_events import StepStarted
from mobius_tui.run.storage.run_directory import AttemptDirectory
from tests.run.books import ONE, step
from tests.run.conftest import Begin
from tests.waiting import wait_for


async def test_the_checks_of_an_unknown_step_are_made_and_nothing_else_of_it(
    begin: Begin, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    check = f'[phase.step.check]\nfile = {{ path = "{there}" }}'
    script = f"echo x >> {tmp_path}/count; sleep 60"
    run = await begin(ONE + step("a", script, check) + step("b"))
    assert "pending" in (await run.intend("look", "a")).text
    assert "has no check" in (await run.intend("look", "b")).text
    await run.did("start", "a")
    count = tmp_path / "count"
    await run.until(lambda _: count.exists() and count.read_text() == "x\n")
    script_pid = int(run.directory.attempt("a", 1).pid.read_text())
    run.kill_host()
    run.kill_keeper("a")
    os.killpg(script_pid, signal.SIGKILL)
    await run.resume()
    await run.status("a", "unknown")
    await run.did("look", "a")
    await run.until(lambda state: len(state.steps["a"].notes) == 1)
    there.touch()
    await run.did("look", "a")
    state = await run.until(lambda state: len(state.steps["a"].notes) == 2)
    first, second = state.steps["a"].notes
    assert first.startswith("looked first: file check does not hold: ")
    assert second.startswith("looked first: file check holds: ")
    assert state.steps["a"].status == "unknown"
    events = [entry.event for entry in run.entries()]
    assert sum(isinstance(event, StepStarted) for event in events) == 1
    assert sum(isinstance(event, NoteAdded) for event in events) == 2
    assert count.read_text() == "x\n"


def has_mark(pid: int, mark: str | None) -> bool:
    """Whether a process has the environment that it was started with, by now."""
    return psutil.Process(pid).environ().get(ATTEMPT_MARK) == mark


def test_a_number_that_was_given_to_another_is_no_survivor(tmp_path: Path) -> None:
    """A pid is used again: whoever has it now is not what is left of the step."""
    directory = AttemptDirectory(tmp_path)
    for env, found in (({}, False), ({ATTEMPT_MARK: "r/a.1"}, True)):
        other = subprocess.Popen(
            [sys.executable, "-c", "input()"],
            env=env,
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        directory.pid.write_text(f"{other.pid}\n")
        os.utime(directory.pid, (1e9, 1e9))  # long before it began
        wait_for(partial(has_mark, other.pid, env.get(ATTEMPT_MARK)))
        assert bool(find_survivors(directory, "r/a.1")) is found
        os.utime(directory.pid)  # by a clock that was set, or not: it may be ours
        assert len(find_survivors(directory, "r/a.1")) == 1
        other.communicate(b"\n")
