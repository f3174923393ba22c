"""A run whose files are damaged while it is shown: the screen says so, and stays."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mobius_tui.health.health_record import ProbeResult
from mobius_tui.run.events.run_events import NoteAdded
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.tui.dialogs.leave_dialog import LeaveDialog
from tests.pictures import words_of
from tests.tui import scenes
from tests.tui.runs import Time, hosted, opened, settled, until


def cut(run: RunDirectory) -> None:
    os.truncate(run.journal, run.journal.stat().st_size // 2)


def remove(run: RunDirectory) -> None:
    run.journal.unlink()


def tear(run: RunDirectory) -> None:
    with run.journal.open("ab") as file:
        file.write(b'{"n": 99, "event\xff\n')


@pytest.mark.parametrize("harm", [cut, remove, tear])
async def test_a_run_that_cannot_be_followed_is_not_shown_as_if_it_were(
    tmp_path: Path, harm: Callable[[RunDirectory], None]
) -> None:
    run = scenes.decided(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (screen, pilot):
        assert "alive" in words_of(pilot.app)
        harm(run.directory)
        await until(pilot, lambda: screen.view is not None and screen.view.lost)
        await settled(pilot)
        shown = words_of(pilot.app)
        assert "✖ not followed" in shown
        assert "alive" not in shown.split("\n")[0]
        assert "Leave: this is how the run was, not how it is: journal.jsonl" in shown
        time.pass_(1)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, LeaveDialog))
        assert host.intents == []


async def test_damaged_health_does_not_keep_the_run_from_being_followed(
    tmp_path: Path,
) -> None:
    run = scenes.decided(tmp_path)
    run.health([ProbeResult(at=run.at, mono=1.0, probe="api", state="ok", ms=3.0)])
    with run.directory.health.open("ab") as file:
        file.write(b'{"kind": "che' + b'{"kind": "check"}\n' + b"[" * 99_999 + b"\n")
    async with hosted(run), opened(run) as (screen, pilot):
        assert screen.view is not None
        run.directory.health.unlink()
        run.write(NoteAdded(step=None, text="still here"))
        n = run.n
        await until(pilot, lambda: screen.view and screen.view.last_entry_number == n)
        assert not screen.view.lost


async def test_a_host_that_waits_for_room_on_its_disk_is_shown_to_wait(
    tmp_path: Path,
) -> None:
    run = scenes.decided(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (screen, pilot):
        host.stall("No space left on device")
        await until(pilot, lambda: screen.view is not None and screen.view.stalled)
        shown = words_of(pilot.app)
        assert "✖ disk full" in shown
        assert "Free some space: No space left on device" in shown
        time.pass_(1)
        await pilot.press("enter")
        host.stall("")
        await until(pilot, lambda: screen.view is not None and not screen.view.stalled)
        assert "● alive" in words_of(pilot.app)
        assert host.intents == []
