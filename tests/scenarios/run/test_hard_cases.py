"""Cases that once leaked a secret, hung, lied, or killed the host."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from mobius_tui.run.events.step_events import StepStarted
from mobius_tui.run.keeper.stream_redactor import StreamRedactor
from mobius_tui.run.records import past_run
from mobius_tui.run.records.run_record import past_run_from_files
from tests.run.books import ONE, SECRET, step
from tests.run.conftest import Begin


async def test_a_refused_answer_starts_nothing(begin: Begin) -> None:
    body = (
        '[var.c]\nchoices = ["x", "y"]\n'
        + ONE
        + '[[phase.step]]\nid = "m"\ntitle = "m"\nmanual = "?"\nask = { var = "c" }\n'
    )
    run = await begin(body)
    assert "none of: x, y" in (await run.intend("tick", "m", values={"c": "z"})).text
    assert run.state.steps["m"].status == "pending"
    assert not any(isinstance(e.event, StepStarted) for e in run.entries())


SECRETS = (
    '[var.token]\nfrom_env = "THE_TOKEN"\nsecret = true\n[var.out]\n'
    + ONE
    + step(
        "checked",
        "true",
        'secrets = { T = "token" }\n[phase.step.check]\nrun = \'echo "<$T>"; exit 1\'',
    )
    + step(
        "writes",
        'echo "out=$T" >> "$RUNBOOK_OUTPUT"',
        'secrets = { T = "token" }\noutputs = ["out"]',
    )
    + step("leaves", 'setsid sleep 0.7 "$T" & true', 'secrets = { T = "token" }')
)


async def test_a_secret_leaves_by_no_other_way(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_TOKEN", SECRET)
    run = await begin(SECRETS)
    for name in ("checked", "writes", "leaves"):
        await run.did("start", name)
        await run.status(name, "passed", "failed")
    assert run.state.steps["writes"].status == "failed"
    assert "[redacted]" in run.state.steps["checked"].reason
    await run.did("end")
    await run.over()
    for folder, _, files in os.walk(run.directory.path):
        for name in files:
            path = Path(folder) / name
            if path.is_file():
                assert SECRET.encode() not in path.read_bytes(), path


def test_a_secret_that_begins_another_is_redacted_whole() -> None:
    redactor = StreamRedactor((b"hunter", b"hunter2secret", b"ter2x"))
    parts = (b"a hunter", b"2sec", b"ret b hun", b"ter2x c")
    out = b"".join(redactor.feed(part) for part in parts) + redactor.flush()
    assert b"2sec" not in out
    assert out.startswith(b"a [redacted] b ")
    assert out.endswith(b" c")


async def test_a_resume_without_the_secret_waits(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_TOKEN", SECRET)
    run = await begin(SECRETS)
    run.kill_host()
    monkeypatch.delenv("THE_TOKEN")
    await run.resume()
    refused = (await run.intend("start", "checked")).text
    assert "no token yet: set THE_TOKEN and resume" in refused
    assert run.directory.host_pid() is not None


async def test_a_check_that_cannot_be_made_does_not_hold(begin: Begin) -> None:
    body = (
        ONE
        + step("a", "true")
        + '[[phase.step]]\nid = "b"\ntitle = "b"\nenv = { R = "${step.a.result}" }\n'
        "[phase.step.check]\nrun = 'true'\n"
    )
    run = await begin(body)
    await run.did("start", "b")
    state = await run.status("b", "failed")
    assert "no value yet" in state.steps["b"].reason
    await run.did("start", "a")
    await run.status("a", "passed")
    await run.did("retry", "b")
    await run.status("b", "passed")


async def test_a_retry_with_a_pause_that_is_none(begin: Begin) -> None:
    body = (
        '[var.w]\ndefault = "so"\n[var.v]\ndefault = "on"\n'
        + ONE
        + step("a", "exit 1", 'retry = { attempts = 2, every = "${w}${v}" }')
    )
    run = await begin(body)
    await run.did("start", "a")
    await run.status("a", "failed")
    await run.did("note", text="the host lives")


async def test_no_retry_is_waited_for_where_none_comes(begin: Begin) -> None:
    more = 'shell = ["no-such-program"]\nretry = { attempts = 3, every = "100ms" }'
    run = await begin(ONE + step("a", "true", more))
    await run.auto()
    state = await run.over()
    assert state.ended is not None
    assert state.ended.outcome == "failed"


async def test_continue_comes_after_the_last_retry(begin: Begin) -> None:
    more = 'on_failure = "continue"\nretry = { attempts = 3, every = "100ms" }'
    run = await begin(ONE + step("a", "exit 1", more))
    await run.auto()
    state = await run.over()
    assert state.ended is not None
    assert state.ended.outcome == "completed"
    assert len(state.steps["a"].attempts) == 3
    assert state.steps["a"].status == "warned"


async def test_what_follows_is_stopped_at_any_end(begin: Begin) -> None:
    body = ONE + step("f", "sleep 60", "follow = true") + step("a", "exit 1")
    run = await begin(body)
    await run.auto()
    state = await run.over()
    assert state.steps["f"].status == "passed"
    assert run.directory.record.exists()
    summed_up = past_run.read_stats(run.directory)
    assert summed_up is not None
    assert summed_up == past_run_from_files(run.directory)
    assert summed_up.steps["a"].results == ("failed",)


async def test_ending_while_the_last_step_reads_is_not_completed(begin: Begin) -> None:
    run = await begin(ONE + step("a", "sleep 60", 'effect = "read"'))
    await run.did("start", "a")
    await run.did("end")
    state = await run.over()
    assert state.ended is not None
    assert state.ended.outcome == "abandoned"


async def test_two_steps_lead_to_one_failure_phase(begin: Begin) -> None:
    more = 'on_failure = "repair"'
    body = ONE + step("a", "exit 1", more) + step("b", "exit 1", more)
    body += '[[phase]]\nid = "repair"\ntitle = "R"\naside = true\n' + step("r")
    run = await begin(body)
    await run.auto()
    state = await run.over()
    assert state.steps["a"].status == "recovered"
    assert state.steps["b"].status == "recovered"
    assert len(state.steps["r"].attempts) == 2


async def test_an_aside_may_lead_to_an_aside(begin: Begin) -> None:
    body = ONE + step("a", "exit 1", 'on_failure = "one"')
    body += '[[phase]]\nid = "one"\ntitle = "1"\naside = true\nnext = "two"\n'
    body += step("x") + '[[phase]]\nid = "two"\ntitle = "2"\naside = true\n' + step("y")
    run = await begin(body)
    await run.auto()
    state = await run.over()
    assert state.steps["y"].status == "passed"
    assert state.ended is not None
    assert state.ended.outcome == "completed"


async def test_what_stands_in_place_of_the_output_harms_nobody(begin: Begin) -> None:
    spoil = 'd=$(dirname "$RUNBOOK_OUTPUT"); rm "$d/output"; mkdir "$d/output"'
    fifo = 'rm "$RUNBOOK_OUTPUT"; mkfifo "$RUNBOOK_OUTPUT"'
    body = "[var.v]\n" + ONE + step("a", spoil) + step("b", fifo, 'outputs = ["v"]')
    run = await begin(body)
    await run.did("start", "a")
    await run.status("a", "passed")
    await run.did("start", "b")
    state = await run.status("b", "failed")
    assert "no regular file" in state.steps["b"].reason


async def test_a_shell_in_the_working_directory(begin: Begin, tmp_path: Path) -> None:
    shell = tmp_path / "sh.sh"
    shell.write_text('#!/bin/sh\necho mine; exec sh "$1"\n')
    shell.chmod(0o755)
    run = await begin(ONE + step("a", "echo ran", 'shell = ["./sh.sh"]'))
    await run.did("start", "a")
    await run.status("a", "passed")
    assert run.directory.attempt("a", 1).output.read_text() == "mine\nran\n"


async def test_a_flood_is_stopped_at_its_cap_and_says_so(begin: Begin) -> None:
    run = await begin(ONE + step("a", "yes", 'max_output = "100KiB"') + step("b"))
    await run.did("start", "a")
    state = await run.status("a", "stopped")
    reason = "its output reached max_output, so it was stopped"
    assert state.steps["a"].reason == reason
    assert run.directory.attempt("a", 1).output.stat().st_size == 100 << 10
    await run.did("start", "b")
    await run.status("b", "passed")


@pytest.mark.parametrize("is_stopped", [False, True])
async def test_what_hid_from_its_step_is_on_record_and_goes_on(
    begin: Begin, tmp_path: Path, is_stopped: bool
) -> None:
    hides = 'env -i "$(command -v setsid)" sleep 69 251>&- > /dev/null 2>&1 &\n'
    waits = f"until test -e {tmp_path}/go; do sleep 0.05; done"
    run = await begin(ONE + step("a", f"{hides} echo $!; {waits}"))
    await run.did("start", "a")
    await run.output("a", "\n")
    pid = int(run.directory.attempt("a", 1).output.read_text())
    try:
        hidden = psutil.Process(pid)
        await run.until(lambda _: hidden.cmdline() == ["sleep", "69"])
        if is_stopped:
            await run.did("stop", "a", attempt=1)
        else:
            (tmp_path / "go").touch()
        state = await run.status("a", "stopped" if is_stopped else "passed")
        assert hidden.is_running()
        last = state.steps["a"].last_attempt
        assert last is not None
        assert last.left == ((f"{pid} sleep 69",) if sys.platform == "linux" else ())
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("name", ["KILL", "SEGV"])
async def test_a_step_that_ends_its_own_keeper_says_by_which_signal(
    begin: Begin, name: str
) -> None:
    run = await begin(ONE + step("a", f"kill -{name} $PPID; sleep 0.2"))
    await run.did("start", "a")
    state = await run.status("a", "unknown")
    assert state.steps["a"].reason.startswith(f"its keeper was ended by SIG{name} (")
    assert state.steps["a"].reason.endswith("while it ran; how far it got is not known")
