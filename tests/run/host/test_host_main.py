"""A run under its host: steps, viewers, variables, secrets."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import psutil
import pytest

from mobius_tui.errors import RunError
from mobius_tui.run.client.run_briefing import prepare_briefing
from mobius_tui.run.client.start_host import start_host
from mobius_tui.run.client.start_run import start_new_run as begin_run
from mobius_tui.run.client.viewer import Viewer, open_socket
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.host.host_setup import HostSpec
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.storage.run_directory import RunDirectory
from tests.conftest import MakeRunbook
from tests.run.books import ONE, SECRET, SECRETS, step
from tests.run.conftest import Begin
from tests.run.running import Running
from tests.waiting import PATIENCE, wait_for


async def test_a_step_runs_and_its_output_is_kept(begin: Begin) -> None:
    run = await begin(ONE + step("a", "echo out; echo err >&2"))
    await run.did("start", "a")
    state = await run.status("a", "passed")
    last = state.steps["a"].last_attempt
    assert last is not None
    assert last.output_bytes == 8
    assert last.exit == 0
    assert run.directory.attempt("a", 1).output.read_text().count("\n") == 2


async def test_everything_of_a_run_is_private(begin: Begin) -> None:
    run = await begin(ONE + step("a"))
    await run.did("start", "a")
    await run.status("a", "passed")
    await run.did("end")
    await run.over()
    for folder, _, files in os.walk(run.directory.path):
        assert Path(folder).stat().st_mode & 0o777 == 0o700
        for name in files:
            assert (Path(folder) / name).lstat().st_mode & 0o077 == 0


async def test_outputs_become_variables_and_a_missing_one_fails(begin: Begin) -> None:
    script = 'echo "v=a=b c" >> "$RUNBOOK_OUTPUT"'
    body = (
        ONE
        + step("a", script, 'outputs = ["v"]')
        + step("b", 'printf %s "$v"')
        + step("c", "true", 'outputs = ["w"]')
    )
    run = await begin(body)
    await run.did("start", "a")
    state = await run.status("a", "passed")
    assert state.variables["v"].text == "a=b c"
    await run.did("start", "b")
    await run.status("b", "passed")
    assert run.directory.attempt("b", 1).output.read_text() == "a=b c"
    await run.did("start", "c")
    state = await run.status("c", "failed")
    assert "did not write w=" in state.steps["c"].reason


async def test_two_viewers_see_the_same(begin: Begin) -> None:
    run = await begin(ONE + step("a", "sleep 0.05"))
    other = Viewer(run.directory)

    async def watch() -> None:
        async for _ in other.changes():
            if other.follower.state.steps["a"].status == "passed":
                return

    watching = asyncio.create_task(watch())
    await run.did("start", "a")
    await run.status("a", "passed")
    await asyncio.wait_for(watching, PATIENCE)
    assert run.viewer is not None
    assert other.follower.state.steps == run.viewer.follower.state.steps
    await other.close()


async def test_a_second_host_is_refused_and_names_the_first(begin: Begin) -> None:
    run = await begin(ONE + step("a"))
    first = run.directory.host_pid()
    with pytest.raises(RunError, match=f"host process {first} already"):
        await start_host(run.directory, HostSpec(), run.runbook)
    assert run.directory.host_pid() == first
    await run.did("start", "a")


async def test_a_host_that_ended_is_reaped_when_the_next_one_is_started(
    begin: Begin,
) -> None:
    run = await begin(ONE + step("a"))
    first = psutil.Process(run.host())
    run.kill_host()
    # It is a zombie before its last thread has ended: only then it can be reaped.
    ended = os.WEXITED | os.WNOWAIT | os.WNOHANG
    wait_for(lambda: os.waitid(os.P_PID, first.pid, ended))
    await run.resume()
    assert not first.is_running()


async def test_a_drill_that_nobody_watches_ends(
    make_runbook: MakeRunbook,
) -> None:
    book = make_runbook(ONE + step("a", "echo here; sleep 60"))
    first = prepare_briefing(book, given={}, mode=Mode.DRILL)
    directory = await begin_run(first)
    run = Running(book)
    run.directory = directory
    try:
        await run._look()
        await run.did("start", "a")
        await run.output("a", "here")
        run.kill_host()
        await run.drop()
        await start_host(directory, HostSpec(unwatched_limit=0.2), book)
        state = await asyncio.to_thread(ended_state, directory)
        assert state.ended is not None
        assert state.ended.outcome == "abandoned"
        assert state.steps["a"].status == "stopped"
    finally:
        await run.close()


def ended_state(directory: RunDirectory) -> RunState:
    """The state of a run whose host has let go."""
    wait_for(lambda: directory.host_pid() is None)
    return Follower(directory).state


async def test_variables_reach_scripts_as_they_are(
    begin: Begin, tmp_path: Path
) -> None:
    value = "$(touch x); \"' \\n `id` \n${HOME}"
    body = "[var.v]\n" + ONE + step("a", 'printf %s "$v"')
    run = await begin(body, v=value)
    await run.did("start", "a")
    await run.status("a", "passed")
    assert run.directory.attempt("a", 1).output.read_text() == value
    assert not (tmp_path / "x").exists()


async def test_secrets_reach_only_who_names_them(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_TOKEN", SECRET)
    run = await begin(SECRETS)
    await run.did("start", "named")
    run.keeper("named")
    listed = [p.info["cmdline"] or [] for p in psutil.process_iter(["cmdline"])]
    assert any("keeper.py" in " ".join(words) for words in listed)
    assert not any(SECRET in " ".join(words) for words in listed)
    await run.status("named", "passed")
    named = run.directory.attempt("named", 1).output.read_text()
    assert named == f"{SECRET[::-1]}\n<[redacted]>\n"
    await run.did("start", "other")
    await run.status("other", "passed")
    other = run.directory.attempt("other", 1).output.read_text()
    assert other.endswith("none none\n")
    await run.did("end")
    await run.over()
    for folder, _, files in os.walk(run.directory.path):
        for name in files:
            path = Path(folder) / name
            if path.is_file():
                assert SECRET.encode() not in path.read_bytes(), path


async def test_an_interactive_prompt_gets_nothing(begin: Begin) -> None:
    run = await begin(ONE + step("a", "read -r answer"))
    await run.did("start", "a")
    await run.status("a", "failed")


async def test_nonsense_at_the_socket_is_answered_and_holds_nobody_up(
    begin: Begin,
) -> None:
    run = await begin(ONE + step("a", "true"))
    reader, writer = await open_socket(run.directory.socket)
    writer.write(b'{"wish": "note", "id": "x", "text": ')
    writer.write(b"not json\n")
    await writer.drain()
    answer = await reader.readline()
    while b"poke" in answer:
        answer = await reader.readline()
    assert b"no intent" in answer
    await run.did("start", "a")
    await run.status("a", "passed")
    writer.close()
