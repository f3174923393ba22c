"""Opens the screens, keeps them open over foreground tasks, and gives the exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import partial
from importlib import import_module
from shutil import get_terminal_size
from typing import TYPE_CHECKING

from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from mobius_tui.run.storage.crash_report import report_unexpected_error
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.run_index import newest_run_without_record
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.run.storage.table_of_contents import (
    TableOfContents,
    read_table_of_contents,
)
from mobius_tui.structs import replace
from mobius_tui.tui.app import MobiusApp
from mobius_tui.tui.backend import capabilities, startup
from mobius_tui.tui.backend.capabilities import resolve_settings
from mobius_tui.tui.backend.full_screens import (
    LeaveForTask,
    PendingScreen,
    run_in_thread,
)
from mobius_tui.tui.commands.registry import set_keys
from mobius_tui.tui.config.settings import Settings
from mobius_tui.tui.presenters.styled_text import assemble, badge

if TYPE_CHECKING:
    from mobius_tui.run.client.run_briefing import Briefing
    from mobius_tui.run.intents.run_intents import StartAutomatic
    from mobius_tui.tui.navigation import Navigator


def loading_picture(contents: TableOfContents | None) -> Iterable[Widget]:
    """The widgets of the first picture; their ids give them their places.

    Args:
        contents: the run's table of contents, if it has one.
    """
    if contents is None:
        yield Static(" Reading the run …", classes="bar", markup=False)
        return
    title = assemble((contents.title, "strong"))
    if contents.environment:
        title += assemble((" ▸ ", "muted"), (contents.environment, "plain"))
    bar = title + Content("  ") + badge(contents.mode)
    bar += assemble(("  reading the run …", "muted"))
    yield Static(bar, classes=f"bar -mode-{contents.mode}", markup=False)
    checklist = Static(_checklist(contents), id="checklist", markup=False)
    checklist.border_title = "Checklist"
    yield checklist


def _checklist(contents: TableOfContents) -> Content:
    """The rows of the first picture, without any state."""
    lines = [
        assemble((f"   ▾ {title}" if is_phase else f"     {title}", "muted"))
        for is_phase, title in contents.rows
    ]
    return Content("\n").join(lines)


def run_app(
    first: Screen[None] | PendingScreen, settings: Settings, notice: str = ""
) -> int:
    """Run the app, and again after each foreground task; returns the exit code.

    Args:
        first: the screen.
        settings: the person's.
        notice: what to tell at once; not told where `first` is a `PendingScreen`.

    Raises:
        MobiusError: the screen could not be made.
        InternalError: the app came to a fault of its own.
    """
    encoding = getattr(sys.__stderr__, "encoding", None) or "utf-8"
    settings = resolve_settings(settings, os.environ, encoding)
    set_keys(settings.keys)
    if isinstance(first, PendingScreen):
        app = MobiusApp(pending=first, settings=settings)
    else:
        app = MobiusApp(first, settings=settings, notice=notice)
    while True:
        result = app.run()
        if settings.title:
            _restore_title()
        if app.crash is not None:
            raise report_unexpected_error(app.crash, app.left_behind) from app.crash
        if app.open_error is not None:
            raise app.open_error
        if not isinstance(result, LeaveForTask) or app.return_code:
            code = result if isinstance(result, int) else 0
            return app.return_code or code
        settings = replace(settings, theme=app.theme)  # it may be another by now
        notice = result.task.run()
        screens = [make() for make in result.pages]
        # Sent away before the first screen was made, it begins again.
        pending = first if isinstance(first, PendingScreen) and not screens else None
        app = MobiusApp(*screens, pending=pending, settings=settings, notice=notice)


def _restore_title() -> None:
    with suppress(OSError):  # the terminal may be gone
        print(capabilities.RESTORE_TITLE, end="", file=sys.__stderr__, flush=True)


def _navigator() -> Navigator:
    from mobius_tui.tui.navigation import Navigator

    return Navigator(repaints=startup.max_repaints(os.environ))


def open_library(settings: Settings) -> int:
    """Show the library; returns the exit code."""
    return run_app(_navigator().library(), settings)


def open_briefing(
    briefing: Briefing,
    settings: Settings,
    *,
    auto: StartAutomatic | None,
    answers: Mapping[str, str],
) -> int:
    """Show a briefing, and the run that begins with it; returns the exit code.

    Args:
        briefing: what is known before the run.
        settings: the person's.
        auto: sent as soon as the run has begun.
        answers: by variable; the person may change them.
    """
    return run_app(
        _navigator().briefing(briefing, auto=auto, answers=answers), settings
    )


def open_watch(directory: RunDirectory, settings: Settings, notice: str) -> None:
    """Show a watch that has just begun, with the health panel zoomed.

    Args:
        directory: the run's.
        settings: the person's.
        notice: what to tell at once; nothing where it is empty.

    Raises:
        MobiusError: the run is damaged.
    """
    run_app(_navigator().watch(directory), settings, notice)


def open_review(directory: RunDirectory, settings: Settings) -> int:
    """Review a run at any of its moments; returns the exit code.

    Args:
        directory: the run's.
        settings: the person's.

    Raises:
        MobiusError: it never began, or is damaged.
    """
    contents = read_table_of_contents(directory, get_terminal_size().lines)

    async def make() -> Screen[None]:
        await run_in_thread(partial(import_module, "mobius_tui.tui.navigation"))
        return await _navigator().read_review(directory)

    return run_app(PendingScreen(partial(loading_picture, contents), make), settings)


def open_stats(name: str, title: str, settings: Settings) -> int:
    """Show the statistics of all runs of a runbook; returns the exit code.

    Args:
        name: its id, or its file.
        title: what it is called.
        settings: the person's.
    """
    from mobius_tui.tui.screens.statistics_screen import (
        StatisticsScreen,
        read_runbook_statistics,
    )

    return run_app(
        StatisticsScreen(title, partial(read_runbook_statistics, name)), settings
    )


def open_facilitator(directory: RunDirectory, settings: Settings) -> int:
    """Show a drill to its facilitator; returns the exit code.

    Args:
        directory: the drill, which is under way.
        settings: the person's.

    Raises:
        MobiusError: it is no drill that has a site to break, or it is over.
    """
    from mobius_tui.tui.screens.facilitator_screen import make_facilitator_page

    return run_app(make_facilitator_page(directory), settings)


def open_run(
    directory: RunDirectory | None, settings: Settings, *, auto: StartAutomatic | None
) -> int:
    """Show a run that has begun; its name and steps at once, the rest when it is read.

    Args:
        directory: the run's; the newest open one without it.
        settings: the person's.
        auto: what is sent at once, which makes the run go on by itself.

    Raises:
        MobiusError: there is no such run, or it is damaged.
    """
    likely = directory or newest_run_without_record(runs_root())
    rows = get_terminal_size().lines
    contents = None if likely is None else read_table_of_contents(likely, rows)

    async def make() -> Screen[None]:
        # Only now: it takes longer to import than the first picture takes to draw.
        await run_in_thread(partial(import_module, "mobius_tui.tui.navigation"))
        return await _navigator().resume(directory, auto=auto)

    return run_app(PendingScreen(partial(loading_picture, contents), make), settings)
