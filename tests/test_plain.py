"""A run as lines: words first, one event a line, nothing that only an eye can read."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import re
import subprocess
from pathlib import Path

import pytest

from mobius_tui import plain
from mobius_tui.run.entry_words import words
from mobius_tui.run.events import RunBegan
from mobius_tui.run.follow import Follower
from mobius_tui.run.intents import Intent
from mobius_tui.run.viewer import Viewer
from tests.acceptance.conftest import Open
from tests.acceptance.conftest import ended as ended
from tests.acceptance.conftest import terminal as terminal
from tests.acceptance.terminal import PROGRAM
from tests.acceptance.test_terminal import book
from tests.tui import scenes
from tests.tui.runs import hosted

SCENES = ("running", "failed", "unknown", "checking", "recovering", "ended", "telling")


def lines(tmp_path: Path, scene: str) -> list[str]:
    run = getattr(scenes, scene)(tmp_path)
    follower = Follower(run.directory)
    said = (words(e, follower.plan, follower.state) for e in follower.entries)
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
    began = follower.entries[0]
    assert isinstance(began.event, RunBegan)
    event = dataclasses.replace(began.event, environment=None)
    entry = dataclasses.replace(began, event=event)
    said = words(entry, follower.plan, follower.state)
    assert said == f"INCIDENT MOBIUS rollback, run {event.run}"


@pytest.mark.usefixtures("ended")
def test_of_a_failed_step_the_error_is_told_where_it_talked_on(
    tmp_path: Path,
) -> None:
    script = "echo ✔ oné…; echo 'error: no space left' >&2; echo cleaned-up >&2; exit 3"
    runbook = book(tmp_path, script)
    run = [PROGRAM, "run", str(runbook.path), "--auto", "--plain"]
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
    script = f"{PROGRAM} run {runbook.path} --auto {where}; echo code-$?"
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
    screen = terminal("run", str(runbook.path), "--auto", TERM=term)
    screen.until("COMPLETED")
    assert screen.over() == 0
    assert b"\x1b" not in bytes(screen.raw)


def test_the_library_into_a_pipe_says_what_to_do_instead(ended: None) -> None:
    assert ended is None
    done = subprocess.run([PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "`mobius-tui runs` lists the runs" in done.stderr
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
    monkeypatch.setattr(plain, "SILENT", 0.3)
    run = scenes.running(tmp_path)
    viewer = Viewer(run.directory)
    async with hosted(run) as host:
        assert (await plain.intend(viewer, Intent(wish="note", text="x"))).ok
        assert capsys.readouterr().err == ""
        host.answers.clear()
        host.stall(full)
        asked = asyncio.create_task(plain.intend(viewer, Intent(wish="note", text="y")))
        err = ""
        async with asyncio.timeout(60):
            while not err:
                await asyncio.sleep(0)
                err = capsys.readouterr().err
        assert said in err
        host.answers.set()
        assert (await asked).ok
    await viewer.close()
