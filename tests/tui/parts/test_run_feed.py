"""The feed of a run: one way on after whatever was asked of its host."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.run.events.run_events import NoteAdded
from mobius_tui.run.intents.run_intents import AddNote
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.runbook.model.runbook import Runbook
from tests.tui import scenes
from tests.tui.runs import Time, hosted, opened, press, until, words


def deaf(monkeypatch: pytest.MonkeyPatch, feed: object) -> None:
    """The feed takes no notice of news by itself."""
    monkeypatch.setattr(feed, "show_throttled", lambda: None)


@pytest.mark.parametrize("refusal", ["", "it came late"])
async def test_what_the_host_wrote_is_shown_when_it_has_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: str
) -> None:
    run = scenes.decided(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (screen, pilot):
        deaf(monkeypatch, screen.feed)
        host.acts[AddNote] = lambda: run.write(NoteAdded(text="by another"))
        host.refuse = refusal
        await press(pilot, time, "n", "x", "enter")
        await until(pilot, lambda: (refusal or "on record") in words(pilot))
        assert screen.view is not None
        assert screen.view.last_entry_number == run.n


async def test_what_was_written_is_shown_when_a_host_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = scenes.decided(tmp_path)
    time = Time(run.at)

    async def resume(_directory: RunDirectory, _runbook: Runbook) -> None:
        run.write(NoteAdded(text="it lives"))

    async with opened(run, time=time, resume=resume) as (screen, pilot):
        deaf(monkeypatch, screen.feed)
        await press(pilot, time, "enter")
        await until(
            pilot, lambda: screen.view and screen.view.last_entry_number == run.n
        )


async def test_a_journal_that_cannot_be_read_on_is_said_and_ends_nothing(
    tmp_path: Path,
) -> None:
    run = scenes.decided(tmp_path)
    async with hosted(run), opened(run) as (screen, pilot):
        n = run.n
        run.write(NoteAdded(text="seen"))
        assert screen.feed.refresh()
        assert screen.view is not None
        assert screen.view.last_entry_number == n + 1, "at once"
        with run.directory.journal.open("ab") as file:
            file.write(b"not a line of a journal\n")
        assert not screen.feed.refresh()
        await until(pilot, lambda: "journal" in words(pilot))
        assert screen.is_current
