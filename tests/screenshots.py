"""`python -m tests.screenshots`: draws `screenshots/` from the real demo.

The real app on a real site: a SVG of each screen to publish, and a PNG to look at. They
are no baselines: the times and ports in them are those of the day.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial

from tests.paths import ROOT
from tests.waiting import PATIENCE

from tests.pictures import empty_panes, png_of, svg_of, words_of  # isort: skip - it sets the scene

from textual.pilot import Pilot

from mobius_tui.drill.faults import FAULTS
from mobius_tui.drill.rehearsal import rehearsal
from mobius_tui.run.client.run_briefing import Briefing
from mobius_tui.run.intents.unattended_answers import read_answers_file
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.storage.run_index import all_runs
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.tui.app import MobiusApp
from mobius_tui.tui.backend.full_screens import AppResult
from mobius_tui.tui.navigation import Navigator
from mobius_tui.tui.screens.statistics_screen import (
    StatisticsScreen,
    read_runbook_statistics,
)
from mobius_tui.tui.widgets.timeline_pane import MomentLine

FOLDER = ROOT / "screenshots"
FAULT = FAULTS["bad-release"]


class Painter:
    """Presses keys, waits for words, and keeps pictures."""

    def __init__(self, app: MobiusApp, pilot: Pilot[AppResult]) -> None:
        self.app = app
        self.pilot = pilot

    async def until(self, shows: str | Callable[[str], object]) -> None:
        """Wait until the screen shows something."""
        deadline = time.monotonic() + PATIENCE
        while True:
            await self.pilot.pause(0.05)
            text = words_of(self.app)
            if (shows in text) if isinstance(shows, str) else shows(text):
                return
            if time.monotonic() > deadline:
                raise SystemExit(f"the screen never showed {shows!r}:\n{text}")

    async def enter(self, *numbers: str) -> None:
        """Press Enter until the next of these steps is proposed, one after another.

        On a busy machine what a key does is seen late, and a second Enter would begin
        the step behind it: so the line that says what Enter does has to change first.
        """
        for number in numbers:
            proposes = _proposes(number)
            before = _next_line(words_of(self.app))
            changed = partial(_differs, before)
            await self.press("enter", changed, calm_for=PATIENCE / 6)
            await self.until(proposes)

    async def press(
        self, key: str, shows: str | Callable[[str], object], *, calm_for: float = 0.5
    ) -> None:
        """Press a key until the screen shows something: a new dialog is deaf."""
        deadline = time.monotonic() + PATIENCE
        while True:
            await self.pilot.press(key)
            calm = time.monotonic() + calm_for
            while time.monotonic() < calm:
                await self.pilot.pause(0.05)
                text = words_of(self.app)
                if (shows in text) if isinstance(shows, str) else shows(text):
                    return
            if time.monotonic() > deadline:
                raise SystemExit(f"{key!r} never led to {shows!r}:\n{text}")

    async def type(self, text: str) -> None:
        """Type into a dialog that may still be deaf, until its line holds it all."""
        deadline = time.monotonic() + PATIENCE
        while getattr(self.app.focused, "value", "") != text:
            if time.monotonic() > deadline:
                raise SystemExit(f"no line took {text!r}:\n{words_of(self.app)}")
            await self.pilot.press("ctrl+u", *text)
            await self.pilot.pause(0.3)

    async def keep(self, name: str, size: tuple[int, int] | None = None) -> None:
        """Keep a picture, at another size where one is given; of no empty frame."""
        if size is not None:
            await self.pilot.resize_terminal(*size)
            await self.pilot.pause(0.3)
        deadline = time.monotonic() + PATIENCE
        while empty := empty_panes(self.app):
            if time.monotonic() > deadline:
                raise SystemExit(f"{name}: nothing is in {', '.join(empty)}")
            await self.pilot.pause(0.05)
        svg = svg_of(self.app)
        (FOLDER / f"{name}.svg").write_text(svg)
        png_of(svg, FOLDER / f"{name}.png")
        print(f"screenshots/{name}.svg", flush=True)


def _proposes(number: str) -> Callable[[str], bool]:
    return lambda text: number in _next_line(text)


def _differs(before: str, text: str) -> bool:
    return _next_line(text) != before


def _next_line(text: str) -> str:
    return next((row for row in text.split("\n") if "Enter ▸" in row), "")


async def rollback(briefing: Briefing) -> None:
    """The way of a rollback, from the briefing to the last card."""
    answers = read_answers_file(FAULT.answers).values
    first = Navigator(repaints=20).briefing(briefing, auto=None, answers=answers)
    app = MobiusApp(first)
    async with app.run_test(size=(120, 36)) as pilot:
        paint = Painter(app, pilot)
        await paint.until("What will run")
        await paint.keep("briefing-120x36")
        await paint.press("ctrl+g", "Decide 1.1")
        await paint.press("enter", "Not yet")
        await paint.press("space", "[x]")
        await paint.keep("choose-120x36")
        await paint.press("enter", "Run 2.1")
        await paint.enter("2.2", "2.3", "2.4")
        await paint.press("enter", "Not yet")
        await paint.press("space", "(•)")
        await paint.press("enter", "Run 2.5")
        await paint.press("enter", "Decide 2.6")
        await paint.press("enter", "Not yet")
        await paint.keep("backup-120x36")
        await paint.keep("backup-80x24", (80, 24))
        await pilot.resize_terminal(120, 36)
        await paint.press("enter", "Run 2.13")
        await paint.press("enter", "Do 2.16")
        await paint.press("enter", "Not yet")
        await paint.type("@ops")
        await paint.press("enter", "Run 3.5")
        await paint.press("enter", "Type production to confirm")
        await paint.until("production")
        await paint.keep("confirm-120x36")
        await paint.type("production")
        await paint.press("enter", "Restoring configuration", calm_for=PATIENCE / 6)
        await paint.keep("run-120x36")
        await paint.keep("run-80x24", (80, 24))
        await paint.keep("run-160x45", (160, 45))
        await paint.keep("run-60x15", (60, 15))
        await pilot.resize_terminal(120, 36)
        await paint.until(lambda text: "3.10" in _next_line(text))
        await paint.press("enter", "Don't")
        await paint.enter("3.11", "3.12")
        await paint.press("enter", "Mark as told")
        await paint.keep("message-120x36")
        await paint.press("enter", "Do 3.13")
        await paint.press("enter", "Not yet")
        await paint.type("@incident-commander")
        await paint.press("enter", "Do 3.14")
        await paint.press("enter", "Not yet")
        await paint.press("enter", _proposes("5.1"))
        await paint.press("question_mark", "Help")
        await paint.keep("help-120x36")
        await paint.press("escape", lambda text: "find a key" not in text)
        await paint.enter(*(f"5.{number}" for number in (*range(2, 10), 11)))
        await paint.press("enter", "Mark as told")
        await paint.press("enter", _proposes("6.1"))
        await paint.enter("6.2", "6.3")
        for number in ("6.4", "6.5"):  # they want a terminal
            await paint.press("s", "Skip 6.")
            await paint.type("later")
            await paint.press("enter", _proposes(number))
        await paint.press("enter", lambda text: "is running" in _next_line(text))
        await paint.until(lambda text: "End the run" in _next_line(text))
        await paint.press("enter", "Remark")
        await paint.keep("verified-120x36")
        await paint.press("enter", "The run has ended")
        await paint.until("were never seen red")  # the end of the score
        await paint.keep("ended-120x36")


async def failure(briefing: Briefing) -> None:
    """A step that fails, and what can be done about it."""
    shutil.rmtree(briefing.workdir / "backups")
    answers = read_answers_file(FAULT.answers).values
    first = Navigator(repaints=20).briefing(briefing, auto=None, answers=answers)
    app = MobiusApp(first)
    async with app.run_test(size=(120, 36)) as pilot:
        paint = Painter(app, pilot)
        await paint.press("ctrl+g", "Decide 1.1")
        await paint.press("enter", "Not yet")
        await paint.press("space", "[x]")
        await paint.press("enter", "Run 2.1")
        await paint.enter("2.2", "2.3", "2.4")
        await paint.press("enter", "Not yet")
        await paint.press("space", "(•)")
        await paint.press("enter", "Run 2.5")
        await paint.press("enter", "failed")
        await paint.keep("failed-120x36")
        await paint.press("enter", "Retry")
        await paint.keep("failure-120x36")
        await paint.keep("failure-80x24", (80, 24))


async def trigger(briefing: Briefing) -> None:
    """A trigger that fires, and what it begins once it is armed."""
    answers = read_answers_file(FAULT.answers).values
    first = Navigator(repaints=20).briefing(briefing, auto=None, answers=answers)
    app = MobiusApp(first)
    async with app.run_test(size=(120, 36)) as pilot:
        paint = Painter(app, pilot)
        await paint.press("ctrl+g", "Decide 1.1")
        await paint.until("TRIGGER FIRED")
        await paint.until("3 of 3 failures")
        await paint.keep("fired-120x36")
        await paint.press("a", "Type production to confirm")
        await paint.keep("arm-120x36")
        await paint.type("production")
        await pilot.press("enter")
        await paint.until("The rollback begins in")
        await paint.keep("trigger-120x36")
        await paint.keep("trigger-80x24", (80, 24))
        await paint.keep("trigger-160x45", (160, 45))
        await pilot.resize_terminal(120, 36)
        await paint.until("began the rollback")
        await paint.keep("rollback-120x36")
        await paint.until(lambda text: "Check 5.1" in _next_line(text))


async def looked_back() -> None:
    """The rollback that was just made, looked back on, and the statistics of all."""
    [*_, first] = [r for r in all_runs(runs_root()) if Follower(r).state.ended]
    app = MobiusApp(await Navigator(repaints=20).read_review(first))
    async with app.run_test(size=(120, 36)) as pilot:
        paint = Painter(app, pilot)
        await paint.until("Timeline")
        restored = "Restore the backup"
        await paint.press("left", lambda _: restored in _told_of(app), calm_for=0.05)
        await paint.keep("review-120x36")
        await paint.keep("review-80x24", (80, 24))
        await paint.keep("review-160x45", (160, 45))
    screen = StatisticsScreen(
        "MOBIUS rollback", partial(read_runbook_statistics, "mobius-rollback")
    )
    app = MobiusApp(screen)
    async with app.run_test(size=(120, 36)) as pilot:
        paint = Painter(app, pilot)
        await paint.until("MTTR in")
        await paint.keep("stats-120x36")


def _told_of(app: MobiusApp) -> str:
    """What the line under the timeline says of the event under its cursor."""
    return str(app.screen.query_one(MomentLine).render())


async def library() -> None:
    """What there is, with the runs that were just made."""
    app = MobiusApp(Navigator(repaints=20).library())
    async with app.run_test(size=(120, 36)) as pilot:
        paint = Painter(app, pilot)
        await paint.until("Past runs")
        await paint.keep("library-120x36")


def main() -> int:
    """Draw every picture."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mobius-") as home:
        os.environ["XDG_STATE_HOME"] = home
        os.environ["MOBIUS_TUI_SHARED"] = f"{home}/shared"
        for scene in (rollback, failure, trigger):
            with rehearsal(
                "mobius-rollback", FAULT, seed=0, given={}, keep=False
            ) as briefing:
                asyncio.run(scene(briefing))
        asyncio.run(looked_back())
        asyncio.run(library())
        _end_hosts()
    return 0


def _end_hosts() -> None:
    """Let go of the runs that the pictures left open; their sites go with them."""
    import signal

    for run in all_runs(runs_root()):
        pid = run.host_pid()
        if pid:
            os.kill(pid, signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
