"""Opening the screens, keeping them open over errands, and the exit code at the end."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from importlib import import_module
from shutil import get_terminal_size
from typing import TYPE_CHECKING

from mobius_tui.run.contents import contents
from mobius_tui.run.directory import RunDirectory
from mobius_tui.run.home import runs_root
from mobius_tui.run.runs import likely_open
from mobius_tui.tui import environment, terminal_title
from mobius_tui.tui.ahead import Ahead, in_thread
from mobius_tui.tui.app import MobiusApp
from mobius_tui.tui.commands import remap
from mobius_tui.tui.errand import Away
from mobius_tui.tui.first_light import first_light
from mobius_tui.tui.screens.base import BasePage
from mobius_tui.tui.settings import Settings
from mobius_tui.tui.terminal import fitted

if TYPE_CHECKING:
    from mobius_tui.run.briefing import Briefing
    from mobius_tui.run.intents import Intent
    from mobius_tui.tui.opening import Openings


def show(first: BasePage | Ahead, settings: Settings, news: str = "") -> int:
    """Run the app on a screen, and anew after each errand; returns the exit code.

    Args:
        first: the screen.
        settings: the person's.
        news: what to tell at once.

    Raises:
        MobiusError: the screen could not be made.
        FaultError: the app came to a fault of its own.
    """
    encoding = getattr(sys.__stderr__, "encoding", None) or "utf-8"
    settings = fitted(settings, os.environ, encoding)
    remap(settings.keys)
    if isinstance(first, Ahead):
        app = MobiusApp(ahead=first, settings=settings)
    else:
        app = MobiusApp(first, settings=settings, news=news)
    while True:
        result = app.run()
        if settings.title:
            _give_title_back()
        if app.crash is not None:
            from mobius_tui.run.fault import fault

            raise fault(app.crash, app.left_behind) from app.crash
        if app.trouble is not None:
            raise app.trouble
        if not isinstance(result, Away) or app.return_code:
            code = result if isinstance(result, int) else 0
            return app.return_code or code
        settings = replace(settings, theme=app.theme)  # it may be another by now
        news = result.errand.run()
        screens = [make() for make in result.pages]
        # Sent away before the first screen was made, it begins again.
        ahead = first if isinstance(first, Ahead) and not screens else None
        app = MobiusApp(*screens, ahead=ahead, settings=settings, news=news)


def _give_title_back() -> None:
    with suppress(OSError):  # the terminal may be gone
        print(terminal_title.RESTORE, end="", file=sys.__stderr__, flush=True)


def _openings() -> Openings:
    from mobius_tui.tui.opening import Openings

    return Openings(repaints=environment.repaints(os.environ))


def open_library(settings: Settings) -> int:
    """Show the library; returns the exit code."""
    return show(_openings().library(), settings)


def open_briefing(
    briefing: Briefing,
    settings: Settings,
    *,
    auto: Intent | None,
    answers: Mapping[str, str],
) -> int:
    """Show a briefing, and the run that begins with it; returns the exit code.

    Args:
        briefing: what is known before the run.
        settings: the person's.
        auto: sent as soon as the run has begun.
        answers: by variable; the person may change them.
    """
    return show(_openings().briefing(briefing, auto=auto, answers=answers), settings)


def open_watch(directory: RunDirectory, settings: Settings, news: str) -> None:
    """Show the health of a watch that has just begun, with the whole room.

    Args:
        directory: the run's.
        settings: the person's.
        news: what to tell at once; nothing where it is empty.

    Raises:
        MobiusError: the run is damaged.
    """
    from mobius_tui.run.viewer import Viewer
    from mobius_tui.tui.screens.stand import Stand

    stand = Stand(key=None, moved=False, pane="health", zoomed=True, drafts={})
    viewer = Viewer(directory)
    show(_openings().run(viewer, is_new=True, auto=None, stand=stand), settings, news)


def open_review(directory: RunDirectory, settings: Settings) -> int:
    """Show a run as it was at any of its moments; returns the exit code.

    Args:
        directory: the run's.
        settings: the person's.

    Raises:
        MobiusError: it never began, or is damaged.
    """
    known = contents(directory, get_terminal_size().lines)

    async def make() -> BasePage:
        await in_thread(partial(import_module, "mobius_tui.tui.opening"))
        return await _openings().look_back(directory)

    return show(Ahead(partial(first_light, known), make), settings)


def open_stats(name: str, title: str, settings: Settings) -> int:
    """Show what all runs of a runbook say; returns the exit code.

    Args:
        name: its id, or its file.
        title: what it is called.
        settings: the person's.
    """
    from mobius_tui.tui.screens.stats import StatsScreen, stats_of

    return show(StatsScreen(title, partial(stats_of, name)), settings)


def open_facilitator(directory: RunDirectory, settings: Settings) -> int:
    """Show a drill to whoever leads it; returns the exit code.

    Args:
        directory: the drill, which is under way.
        settings: the person's.

    Raises:
        MobiusError: there is nothing to lead in it.
    """
    from mobius_tui.run.viewer import Viewer
    from mobius_tui.tui.screens.facilitator import FacilitatorPage

    return show(FacilitatorPage(Viewer(directory)), settings)


def open_run(
    directory: RunDirectory | None, settings: Settings, *, auto: Intent | None
) -> int:
    """Show a run that has begun; its name and steps at once, the rest when it is read.

    Args:
        directory: the run's; the newest open one without it.
        settings: the person's.
        auto: an intent to send at once, which makes the run go on by itself.

    Raises:
        MobiusError: there is no such run, or it is damaged.
    """
    likely = directory or likely_open(runs_root())
    rows = get_terminal_size().lines
    known = None if likely is None else contents(likely, rows)

    async def make() -> BasePage:
        # Only now: it takes longer to import than the first picture takes to draw.
        await in_thread(partial(import_module, "mobius_tui.tui.opening"))
        return await _openings().come_back(directory, auto=auto)

    return show(Ahead(partial(first_light, known), make), settings)
