"""Makes the pages that come before a run: the library and the briefing.

Who resumes a run waits for none of it to be imported.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mobius_tui.drill.detection_coverage import drill_coverage
from mobius_tui.drill.library_listing import LibraryListing, list_library
from mobius_tui.errors import MobiusError
from mobius_tui.run.client.drill_reach import runs_as_written
from mobius_tui.run.client.follow_up import FollowUp
from mobius_tui.run.client.run_briefing import (
    Briefing,
    prepare_briefing,
    refresh_briefing,
)
from mobius_tui.run.client.start_run import start_new_run
from mobius_tui.run.intents.run_intents import StartAutomatic
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.run.watch.other_runs import OtherRunsMonitor
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_files import bundled_runbooks, own_runbook_files
from mobius_tui.structs import replace
from mobius_tui.tui.screens.briefing_screen import BriefingScreen
from mobius_tui.tui.screens.library_screen import LibraryScreen
from mobius_tui.tui.screens.page import Page

if TYPE_CHECKING:
    from mobius_tui.health.probe import ProbePreview


class RunPageMaker(Protocol):
    """Makes the screen of a run."""

    def __call__(self, directory: RunDirectory, *, is_new: bool) -> Page:
        """Make it.

        Args:
            directory: the run's.
            is_new: whether it has just begun.
        """


class ReopenBriefing(Protocol):
    """Makes a briefing again, when the screens come back."""

    def __call__(
        self,
        briefing: Briefing,
        *,
        answers: Mapping[str, str],
        source: Path | None,
        trouble: str,
    ) -> Page:
        """Make it; the arguments are those of `make_briefing`."""


def auto_as_asked(
    auto: StartAutomatic | None, asked: Briefing, *, is_as_written: bool
) -> StartAutomatic | None:
    """What makes a run go by itself, without the consent that is not meant for it.

    A drill that reaches nothing real is confirmed as a whole; where it was edited, or
    given a value, so that it can leave its site, that was not asked.

    Args:
        auto: as it was asked for.
        asked: the briefing that it was asked for.
        is_as_written: whether what begins now can leave its site.
    """
    if auto is None or not is_as_written or runs_as_written(asked):
        return auto
    return replace(auto, confirmed=False, manual="stop")


def auto_of_edited(
    auto: StartAutomatic | None, asked: Briefing, anew: Briefing
) -> StartAutomatic | None:
    """As `auto_as_asked`, for the briefing of a runbook that was edited."""
    return auto_as_asked(auto, asked, is_as_written=runs_as_written(anew))


def make_library(
    at: str,
    *,
    make_briefing_page: Callable[[Briefing], Page],
    make_run_page: Callable[[RunDirectory], Page],
    make_review_page: Callable[[RunDirectory], Awaitable[Page]],
    reopen: Callable[[str], Page],
) -> Page:
    """The library: all runbooks and runs.

    Args:
        at: the key of the line that the cursor begins on.
        make_briefing_page: makes a briefing.
        make_run_page: makes the screen of a run that has begun.
        make_review_page: makes the review of a run.
        reopen: makes the library again, when the screens come back.
    """
    screen: LibraryScreen

    def brief(path: Path) -> None:
        page = make_briefing_page(prepare_briefing(load(path), given={}))
        page.questions.wait_until_seen()
        screen.app.push_screen(page)

    def attach(directory: RunDirectory) -> None:
        screen.app.push_screen(make_run_page(directory))

    async def look_back(directory: RunDirectory) -> None:
        screen.app.push_screen(await make_review_page(directory))

    screen = LibraryScreen(
        _list_runbooks_and_runs,
        open_briefing=brief,
        attach=attach,
        open_review=look_back,
        other_runs_reader=OtherRunsMonitor(runs_root()).urgent_runs,
        at=at,
    )
    screen.reopen = lambda: reopen(screen.cursor_key)
    return screen


def make_briefing(
    briefing: Briefing,
    *,
    answers: Mapping[str, str],
    source: Path | None,
    trouble: str,
    make_run_page: RunPageMaker,
    reopen: ReopenBriefing,
) -> Page:
    """The briefing before a run; leads to the run.

    Args:
        briefing: what is known.
        answers: by variable; the person may change them.
        source: the file that is edited; the runbook's own without it.
        trouble: what is wrong with it since it was edited.
        make_run_page: makes the screen of a run.
        reopen: makes the briefing again, when the screens come back.
    """
    screen: BriefingScreen

    def opened(directory: RunDirectory) -> None:
        page = make_run_page(directory, is_new=True)
        page.questions.wait_until_seen()
        screen.app.switch_screen(page)

    def attach(directory: RunDirectory) -> None:
        screen.app.push_screen(make_run_page(directory, is_new=False))

    screen = BriefingScreen(
        briefing,
        begin=start_new_run,
        open_run=opened,
        answers=answers,
        probe=_preview_probes,
        coverage_reader=partial(drill_coverage, runs_root(), briefing.runbook),
        other_runs_reader=OtherRunsMonitor(runs_root()).urgent_runs,
        attach=attach,
        source=source,
        trouble=trouble,
    )

    def come_back() -> Page:
        anew, wrong = briefing, screen.source_errors
        if screen.is_edited:
            anew, wrong = _reload_briefing(briefing, screen.source)
        return reopen(
            anew,
            answers={**answers, **screen.typed},
            source=screen.source,
            trouble=wrong,
        )

    screen.reopen = come_back
    return screen


def prepare_follow_up(due: FollowUp) -> Briefing:
    """The briefing of the runbook that is due after a run."""
    return prepare_briefing(due.runbook, given=due.given)


def _list_runbooks_and_runs() -> LibraryListing:
    return list_library(runs_root(), bundled_runbooks(), own_runbook_files())


def _reload_briefing(briefing: Briefing, source: Path) -> tuple[Briefing, str]:
    """The briefing by the source as it is now, or as before and what is wrong."""
    try:
        return refresh_briefing(briefing, load(source)), ""
    except MobiusError as error:
        return briefing, str(error)


async def _preview_probes(
    briefing: Briefing, given: Mapping[str, str]
) -> tuple[ProbePreview, ...]:
    from mobius_tui.run.client.probe_preview import (
        preview_probes,  # httpx takes 60 ms to import
    )

    return await preview_probes(briefing, given)
