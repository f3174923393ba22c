"""A run as lines: words first, one event a line, nothing that only an eye can read."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
from pathlib import Path

import pytest

from mobius_tui import plain
from mobius_tui.program_name import called_name
from mobius_tui.run.client.dry_run import dry_run_lines
from mobius_tui.run.client.run_briefing import prepare_briefing
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.events.run_events import (
    AutoStopped,
    NoteAdded,
    RunBegan,
    RunEnded,
)
from mobius_tui.run.events.step_events import StepEnded, StepStarted
from mobius_tui.run.intents.run_intents import AddNote
from mobius_tui.run.journal.describe_entry import journal_entry_text
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.planning.step_texts import StepTexts
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.library.loader import load
from mobius_tui.structs import replace
from tests.acceptance.conftest import Open
from tests.acceptance.conftest import ended as ended
from tests.acceptance.conftest import terminal as terminal
from tests.acceptance.terminal import PROGRAM
from tests.paths import CASES
from tests.run.books import ONE, step
from tests.tui import fleets, scenes
from tests.tui.runs import MadeRun, hosted
from tests.waiting import PATIENCE

LINES = CASES / "authoring" / "lines.toml"
SCENES = ("running", "failed", "unknown", "checking", "recovering", "ended", "telling")


def book(folder: Path, script: str) -> Path:
    """The file of a runbook with one step."""
    path = folder / "plain.toml"
    head = 'format = 1\n[runbook]\nid = "plain"\ntitle = "As lines"\n'
    path.write_text(head + ONE + step("s1", script, 'effect = "read"'))
    return path


def lines(tmp_path: Path, scene: str) -> list[str]:
    run = getattr(scenes, scene)(tmp_path)
    follower = Follower(run.directory)
    said = (
        journal_entry_text(e, follower.plan, follower.state)
        for e in follower.initial_entries
    )
    return [line for line in said if line]


@pytest.mark.parametrize("scene", SCENES)
def test_each_event_is_one_line_that_begins_with_a_word(
    tmp_path: Path, scene: str
) -> None:
    said = lines(tmp_path, scene)
    assert said[0].startswith("INCIDENT MOBIUS rollback in production, run ")
    for line in said:
        assert re.match(r"[A-Za-z]+[ :]", line), line
        assert line.isprintable()
        assert not re.search("[▶✔✖▲■◆○»«–─│]", line), line


def test_the_words_of_each_kind(tmp_path: Path) -> None:
    said = "\n".join(lines(tmp_path, "recovering"))
    for part in (
        "decided: 1.1 What do we see?: critical-functionality, trigger, by maria",
        "warned: 2.1 System status, in 14 s: exit 1: the command says that it failed",
        "skipped: 2.8 Update status page, by maria: there is none",
        "started: 3.2 Restore the backup",
        "failed: 3.2 Restore the backup, in 45 s: exit 1",
        "phase begins: Failure recovery",
        f"value: backup_file={scenes.BACKUP}",
    ):
        assert part in said, said
    said = "\n".join(lines(tmp_path / "other", "unknown"))
    assert "unknown: 3.2 Restore the backup; the host and the keeper died" in said
    said = "\n".join(lines(tmp_path / "third", "checking"))
    assert "look 1 does not hold: refused" in said
    assert "look 2 holds: 200 in 41 ms" in said


def test_a_run_in_no_environment_names_none(tmp_path: Path) -> None:
    follower = Follower(scenes.fresh(tmp_path).directory)
    began = follower.initial_entries[0]
    assert isinstance(began.event, RunBegan)
    event = replace(began.event, environment=None)
    entry = replace(began, event=event)
    said = journal_entry_text(entry, follower.plan, follower.state)
    assert said == f"INCIDENT MOBIUS rollback, run {event.run}"


def test_of_a_host_that_went_wrong_its_last_line_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    viewer = Viewer(fleets.twelve(tmp_path).run.directory)
    report = plain.RunPrinter(viewer, as_json=False)
    asyncio.run(report.print_entries(viewer.follower.initial_entries))
    report.close()
    told = [row.partition(" ")[2] for row in capsys.readouterr().out.split("\n")]
    failed = told.index("web-004 failed: 1.3 Restart nginx: exit 1")
    assert told[failed + 1].endswith("failed (98: Address already in use)")
    assert "held: 1.3 Restart nginx, batch 2; a person lets it begin" in told
    assert not any("test is successful" in row for row in told)


@pytest.mark.usefixtures("ended")
def test_of_a_failed_step_the_error_is_told_where_it_talked_on(
    tmp_path: Path,
) -> None:
    script = "echo ✔ oné…; echo 'error: no space left' >&2; echo cleaned-up >&2; exit 3"
    runbook = book(tmp_path, script)
    run = [PROGRAM, "run", str(runbook), "--auto", "--plain"]
    done = subprocess.run(
        run,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**os.environ, "LC_ALL": "C"},
    )
    assert "| + on\\xe9~" in done.stdout
    told = [line.partition(" ")[2] for line in done.stdout.split("\n")]
    assert any(line.startswith("failed: 1.1") for line in told), done.stdout
    assert told.count("why: error: no space left") == 1, done.stdout


@pytest.mark.parametrize("redirect", ["> out", "2> out", "< /dev/null", "| cat"])
def test_no_escape_goes_where_no_terminal_is(
    terminal: Open, tmp_path: Path, redirect: str
) -> None:
    runbook = book(tmp_path, "echo it-ran")
    where = redirect.replace("out", str(tmp_path / "out"))
    script = f"{PROGRAM} run {runbook} --auto {where}; echo code-$?"
    screen = terminal("-c", script, program="/bin/sh", columns=200)
    screen.until("code-0")
    written = tmp_path / "out"
    assert b"\x1b" not in bytes(screen.raw)
    assert not written.exists() or b"\x1b" not in written.read_bytes()
    text = screen.text() + (written.read_text() if written.exists() else "")
    assert "| it-ran" in text
    assert "COMPLETED" in text


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_cannot_draw_gets_lines(
    terminal: Open, tmp_path: Path, term: str
) -> None:
    runbook = book(tmp_path, "echo it-ran")
    screen = terminal("run", str(runbook), "--auto", TERM=term)
    screen.until("COMPLETED")
    assert screen.over() == 0
    assert b"\x1b" not in bytes(screen.raw)


def test_the_library_into_a_pipe_says_what_to_do_instead(ended: None) -> None:
    assert ended is None
    done = subprocess.run([PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert f"`{called_name(PROGRAM)} runs` lists the runs" in done.stderr
    assert "\x1b" not in done.stderr


@pytest.mark.parametrize(
    ("full", "said"),
    [("", "process 4242, does not answer"), ("no room", "the disk is full: no room")],
)
async def test_an_answer_that_is_long_in_coming_is_told_of(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    full: str,
    said: str,
) -> None:
    monkeypatch.setattr(plain, "SILENCE_LIMIT", 0.3)
    run = scenes.running(tmp_path)
    viewer = Viewer(run.directory)
    async with hosted(run) as host:
        assert (await plain.send_and_await_reply(viewer, AddNote(text="x"))).ok
        assert capsys.readouterr().err == ""
        host.answers.clear()
        host.stall(full)
        asked = asyncio.create_task(
            plain.send_and_await_reply(viewer, AddNote(text="y"))
        )
        err = ""
        async with asyncio.timeout(PATIENCE):
            while not err:
                await asyncio.sleep(0)
                err = capsys.readouterr().err
        assert said in err
        host.answers.set()
        assert (await asked).ok
    await viewer.close()


def written(tmp_path: Path) -> MadeRun:
    """A run of a book whose texts have lines, in which a person did the one step."""
    run = MadeRun(tmp_path, load(LINES), values={})
    run.write(StepStarted(step="s", attempt=1))
    run.write(StepEnded(step="s", attempt=1, result=Status.PASSED))
    run.write(RunEnded(outcome=Outcome.COMPLETED))
    return run


SAID = """\
         why P: First line.
                Second line.

                - item one
                - item two
         why: The page shows this output:
              NAME   READY   STATUS
              web-1  1/1     Running
         do: Put this into values.yaml:

             spec:
               replicas: 2
               paused: true

             1. Save it.
             2. Tell the lead.
"""
"""What the runbook says to its step."""


async def test_texts_have_their_lines_where_nothing_is_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = written(tmp_path)
    await plain.print_run(run.directory, as_json=False, auto=None)
    said = capsys.readouterr().out
    summary = "         what: Do this:\n\n               1. first\n"
    assert summary in said
    assert "               a  b\n               -  -\n               1  2\n" in said
    begun, ended = said.index("started: 1.1"), said.index("passed: 1.1")
    assert SAID in said[begun:ended]
    assert said.count("why P:") == 1


async def test_a_message_names_the_step_that_failed_as_people_do(
    tmp_path: Path,
) -> None:
    path = tmp_path / "message.toml"
    path.write_text("""format = 2
[runbook]
title = "Message"
[[message]]
id = "gone"
title = "Gone"
body = "Given up: ${run.failure}"
[[step]]
id = "install"
title = "Install it"
run = "ls"
[[step]]
id = "tell"
title = "Tell"
message = "gone"
""")
    run = MadeRun(tmp_path, load(path), values={})
    run.write(StepStarted(step="install", attempt=1))
    run.write(StepEnded(step="install", attempt=1, result=Status.FAILED, reason="no"))
    run.write(StepStarted(step="tell", attempt=1))
    follower = Follower(run.directory)
    *_, last = follower.initial_entries
    said = [*StepTexts(follower.plan).lines(last, follower.state)]
    assert said == ["         text: Given up: 1.1 Install it failed: no"]


async def test_a_run_that_goes_on_is_not_printed_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = MadeRun(tmp_path, load(LINES), values={})
    for n in range(8):
        run.write(NoteAdded(text=f"note {n}"))
    await plain.print_run(run.directory, as_json=False, auto=None, is_resumed=True)
    said = capsys.readouterr().out.splitlines()
    assert " INCIDENT " in said[0]
    left_out = f"7 lines were before; `mobius-tui report {run.directory.id}` has all"
    assert said[-2:] == [f"         {left_out}", said[-1]]
    assert said[-1].endswith("note by maria: note 7")
    await plain.print_run(run.directory, as_json=True, auto=None, is_resumed=True)
    assert len(capsys.readouterr().out.splitlines()) == 9, "data is whole"


async def test_an_auto_run_that_stops_says_what_the_person_is_to_do(
    tmp_path: Path,
) -> None:
    run = MadeRun(tmp_path, load(LINES), values={})
    run.write(AutoStopped(reason="1.1 Edit the file wants a person", code=4))
    follower = Follower(run.directory)
    texts = StepTexts(follower.plan)
    *_, last = follower.initial_entries
    assert "\n".join(texts.lines(last, follower.state)) + "\n" == SAID


def test_a_plan_has_the_lines_of_its_texts(tmp_path: Path) -> None:
    briefing = prepare_briefing(load(LINES), given={}, workdir=tmp_path)
    said = "\n".join(dry_run_lines(briefing, now=0.0))
    assert "what Do this:\n\n     1. first\n     2. second\n\n     a  b" in said
    assert "  why    First line.\n         Second line.\n\n         - item" in said
    assert "      why    The page shows this output:\n             NAME   READY" in said
    assert "             spec:\n               replicas: 2\n" in said
