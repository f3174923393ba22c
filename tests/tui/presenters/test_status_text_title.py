"""What the title says, and when it rings."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.events.run_events import RunEnded
from mobius_tui.run.events.step_events import StepEnded, StepStarted
from mobius_tui.run.state.step_state import Status
from mobius_tui.tui.backend.capabilities import (
    AsciiFilter,
    can_set_title,
    resolve_settings,
    title_sequence,
)
from mobius_tui.tui.config.settings import Settings
from mobius_tui.tui.presenters.status_text import TitleAndBell, terminal_title
from tests.tui import scenes
from tests.tui.runs import MadeRun, Time, hosted, opened, until


@pytest.mark.parametrize(
    ("scene", "words"),
    [
        ("fresh", "MOBIUS rollback · INCIDENT"),
        ("running", "MOBIUS rollback · INCIDENT"),
        ("failed", "✖ 3.2 Restore the backup"),
        ("unknown", "? 3.2 Restore the backup"),
        ("ended", "✖ failed: MOBIUS rollback"),
    ],
)
async def test_the_title_says_what_is_wrong_as_long_as_it_is(
    tmp_path: Path, scene: str, words: str
) -> None:
    run: MadeRun = getattr(scenes, scene)(tmp_path)
    async with hosted(run), opened(run) as (screen, _):
        assert screen.view is not None
        assert terminal_title(screen.view) == words
        assert screen.title_message().title == words


async def test_it_rings_once_for_each_failure_and_for_the_end(tmp_path: Path) -> None:
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    watcher = TitleAndBell()
    async with hosted(run), opened(run, time=time) as (screen, pilot):
        assert screen.view is not None
        assert not watcher.update(screen.view).ring, "it was so when one came"
        assert not watcher.update(screen.view).ring
        run.write(StepStarted(step="execute", attempt=2))
        run.write(
            StepEnded(step="execute", attempt=2, result=Status.FAILED, reason="exit 1"),
            after=3,
        )
        await until(
            pilot, lambda: screen.view and screen.view.last_entry_number == run.n
        )
        assert watcher.update(screen.view).ring, "again, though it was bad before"
        assert not watcher.update(screen.view).ring
        run.write(RunEnded(outcome=Outcome.FAILED, reason="it did not work"))
        await until(
            pilot, lambda: screen.view and screen.view.last_entry_number == run.n
        )
        assert watcher.update(screen.view).ring
        assert not watcher.update(screen.view).ring


def test_nothing_in_a_title_ends_it_or_begins_another() -> None:
    sent = title_sequence("a\x07b\x1b]52;c;aGk\x1b\\c\u202ed\x9c", None)
    assert sent.startswith("\x1b]0;")
    assert sent.endswith("\x07")
    assert not {"\x07", "\x1b", "\x9c", "\u202e"} & set(sent[4:-1])
    assert title_sequence("✖ 3.2", AsciiFilter(all_others=True)) == "\x1b]0;X 3.2\x07"


def test_terminals_without_a_title_are_sent_none() -> None:
    assert can_set_title({"TERM": "xterm-256color"})
    for environ in ({"TERM": "linux"}, {"TERM": "dumb"}, {}):
        assert not resolve_settings(Settings(), environ, "utf-8").title
