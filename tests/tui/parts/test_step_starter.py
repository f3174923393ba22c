"""`>`: one step after another, until somebody is needed or a key acts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

from textual.pilot import Pilot

from mobius_tui.run.events.step_events import StepEnded, StepStarted
from mobius_tui.run.events.watch_events import TriggerFired
from mobius_tui.run.intents.step_intents import StartStep
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.library.loader import load
from mobius_tui.tui.backend.full_screens import AppResult
from mobius_tui.tui.dialogs.question import Question
from tests.tui.runs import (
    FakeHost,
    MadeRun,
    Time,
    hosted,
    opened,
    press,
    until,
    words,
)

BOOK = """format = 2
[runbook]
title = "Going on"
[health]
[[health.probe]]
id = "web"
title = "Web"
url = "http://127.0.0.1:1/"
[[phase]]
title = "Look"
[[phase.step]]
title = "One"
run = "ls"
[[phase.step]]
title = "Two"
check = { run = "ls" }
[[phase.step]]
title = "Three"
run = "df"
[[phase]]
title = "Change"
[[phase.step]]
title = "Four"
run = "touch x"
[[phase.step]]
title = "Five"
run = "touch y"
[[phase.step]]
title = "Six"
run = "rm -rf /srv/x"
"""
BESIDE = """format = 2
[runbook]
title = "Beside"
[[phase]]
title = "First"
[[phase.step]]
title = "Zero"
run = "ls"
[[phase]]
title = "Look"
parallel = true
[[phase.step]]
title = "One"
run = "ls"
[[phase.step]]
title = "Two"
run = "df"
[[phase.step]]
title = "Three"
run = "touch x"
independent = true
"""
ROWS = """format = 2
[runbook]
title = "Rows"
[[step]]
title = "First"
run = "touch x"
[[step]]
title = "Restart each"
for_each = { run = "ls" }
run = 'touch "$item"'
[[step]]
title = "Ask"
manual = "Ask them."
[[step]]
title = "Late"
run = "touch late"
"""
EndResult = Literal[Status.PASSED, Status.FAILED, Status.WARNED]


class Desk:
    """A run on the screen, and a host that ends each step as it is told."""

    def __init__(
        self, run: MadeRun, host: FakeHost, pilot: Pilot[AppResult], time: Time
    ) -> None:
        self.run, self.host, self.pilot, self.time = run, host, pilot, time

    async def press(self, *keys: str) -> None:
        await press(self.pilot, self.time, *keys)

    async def started(self, *steps: str) -> None:
        """Wait until so many steps were asked for, and hold them to be these."""
        await until(self.pilot, lambda: len(self.host.intents) >= len(steps))
        asked = [action.step for action in self.host.intents]
        assert asked == list(steps)
        assert all(isinstance(each, StartStep) for each in self.host.intents)

    async def shown(self, text: str) -> None:
        await until(self.pilot, lambda: text in words(self.pilot))


@asynccontextmanager
async def desk(
    tmp_path: Path,
    book: str = BOOK,
    results: Mapping[str, EndResult | None] | None = None,
) -> AsyncIterator[Desk]:
    """A desk; steps pass where `results` does not say otherwise, `None` runs on."""
    file = tmp_path / "book.toml"
    file.write_text(book)
    run = MadeRun(tmp_path / "runs", load(file), values={})
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):

        def begin() -> None:
            step = host.intents[-1].step
            run.write(StepStarted(step=step, attempt=1))
            result = (results or {}).get(step, Status.PASSED)
            if result is not None:
                run.write(StepEnded(step=step, attempt=1, result=result))

        host.acts[StartStep] = begin
        yield Desk(run, host, pilot, time)


READS = ("one", "two", "three")


async def test_ten_checks_are_one_key(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        assert "> goes on by itself" in words(at.pilot)
        await at.press(">")
        await at.shown("2.1 Four changes something")
        await at.started(*READS)
        assert "Going on by itself" not in words(at.pilot)


async def test_through_changes_it_asks_once_and_stops_at_what_destroys(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as at:
        await at.press(">")
        await at.shown("changes something")
        await at.press(">")
        assert isinstance(at.pilot.app.screen, Question)
        # What is in the dialog, and not what of the screen behind stands beside it.
        asked = [
            piece.strip(" ┃")
            for row in words(at.pilot).split("\n")
            for piece in row.split("│")
        ]
        assert "2.1 Four" in asked
        assert "2.2 Five" in asked
        await at.press("enter")
        await at.shown("2.3 Six destroys")
        await at.started(*READS, "four", "five")


async def test_only_what_would_begin_is_named_and_rows_that_change_are(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path, ROWS) as at:
        await at.press(">")
        await at.shown("Go on through changes?")
        shown = words(at.pilot)
        assert "1.2 Restart each, once for each item" in shown
        assert "1.4 Late" not in shown.partition("Go on through changes?")[2]


async def test_who_does_not_want_that_begins_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await at.press(">")
        await at.shown("changes something")
        await at.press(">", "escape")
        await at.started(*READS)


async def test_one_that_warns_or_fails_ends_it(tmp_path: Path) -> None:
    for result in (Status.WARNED, Status.FAILED):
        place = tmp_path / result
        place.mkdir()
        async with desk(place, results={"two": result}) as at:
            await at.press(">")
            await at.shown(f"1.2 Two: {result}")
            await at.started("one", "two")


async def test_any_key_that_acts_stops_it_and_does_no_more(tmp_path: Path) -> None:
    for key in ("enter", ">", "s"):
        place = tmp_path / key.replace(">", "more")
        place.mkdir()
        async with desk(place, results={"two": None}) as at:
            await at.press(">")
            await at.started("one", "two")
            await at.shown("Going on by itself through what reads")
            await at.press(key)
            assert "Going on by itself" not in words(at.pilot)
            at.run.write(StepEnded(step="two", attempt=1, result=Status.PASSED))
            await at.shown("2 of 6 done")
            await at.started("one", "two")


async def test_a_trigger_that_fires_ends_it(tmp_path: Path) -> None:
    async with desk(tmp_path, results={"two": None}) as at:
        await at.press(">")
        await at.started("one", "two")
        at.run.write(
            TriggerFired(
                probe="web",
                rule="consecutive_failures",
                reason="3 failed",
                seen=at.run.at,
            )
        )
        await at.shown("a trigger has fired")
        at.run.write(StepEnded(step="two", attempt=1, result=Status.PASSED))
        await at.shown("2 of 6 done")
        await at.started("one", "two")


async def test_what_a_host_refuses_ends_it(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        at.host.refuse, at.host.acts = "not now", {}
        await at.press(">")
        await at.shown("not now")
        await at.started("one")
        assert "Going on by itself" not in words(at.pilot)


async def test_enter_on_a_parallel_phase_starts_all_that_may(tmp_path: Path) -> None:
    results: dict[str, EndResult | None] = dict.fromkeys(("one", "two", "three"))
    async with desk(tmp_path, BESIDE, results) as at:
        await at.press("enter")
        await at.started("zero")
        await at.shown("1 of 4 done")
        await at.press("up")  # from the first step to its phase
        assert "Start what may run of Look, side by side" in words(at.pilot)
        await at.press("enter")
        assert isinstance(at.pilot.app.screen, Question)
        assert "2.3 Three" in words(at.pilot)
        await at.press("enter")
        await at.started("zero", "one", "two", "three")
