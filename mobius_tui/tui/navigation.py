"""Makes the screens, each with what it needs from the rest of the program."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec import Struct

from mobius_tui.drill.coached_drills import is_coached
from mobius_tui.run.client.follow_up import FollowUp
from mobius_tui.run.client.start_host import reopen_run, resume_run
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.intents.run_intents import StartAutomatic
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.records.run_summary import newest_open_run
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.tui.backend.full_screens import run_in_thread
from mobius_tui.tui.commands.command import PaneName
from mobius_tui.tui.screen_state import (
    NEW_SCREEN_STATE,
    Draft,
    DraftKey,
    ScreenState,
)
from mobius_tui.tui.screens.page import Page
from mobius_tui.tui.screens.run_screen import RunScreen

if TYPE_CHECKING:
    from mobius_tui.review.reviewed_run import ReviewedRun
    from mobius_tui.review.run_timeline import RunTimeline
    from mobius_tui.run.client.run_briefing import Briefing


class Navigator(Struct, frozen=True, kw_only=True):
    """Makes the screens, and leads from one to the next."""

    repaints: int
    """The most repaints in a second that news may cause."""

    def library(self, at: str = "") -> Page:
        """The library: all runbooks and runs.

        Args:
            at: the key of the line that the cursor begins on.
        """
        from mobius_tui.tui.start_pages import make_library

        def attach(directory: RunDirectory) -> Page:
            return self.run_screen(
                Viewer(directory), skips_return_card=False, auto=None
            )

        return make_library(
            at,
            make_briefing_page=partial(self.briefing, auto=None, answers={}),
            make_run_page=attach,
            make_review_page=self.read_review,
            reopen=self.library,
        )

    def briefing(
        self,
        briefing: Briefing,
        *,
        auto: StartAutomatic | None,
        answers: Mapping[str, str],
        source: Path | None = None,
        trouble: str = "",
    ) -> Page:
        """The briefing before a run; leads to the run.

        Args:
            briefing: what is known.
            auto: sent as soon as the run has begun.
            answers: by variable; the person may change them.
            source: the file that is edited; the runbook's own without it.
            trouble: what is wrong with it since it was edited.
        """
        from mobius_tui.tui.start_pages import (
            auto_as_asked,
            auto_of_edited,
            make_briefing,
        )

        asked = briefing

        def open_run(directory: RunDirectory, *, is_new: bool) -> Page:
            viewer = Viewer(directory)
            began = viewer.follower.state.began
            is_as_written = began is not None and bool(began.as_written)
            own = auto_as_asked(auto, asked, is_as_written=is_as_written)
            return self.run_screen(
                viewer, skips_return_card=is_new, auto=own if is_new else None
            )

        def reopen(
            briefing: Briefing,
            *,
            answers: Mapping[str, str],
            source: Path | None,
            trouble: str,
        ) -> Page:
            own = auto_of_edited(auto, asked, briefing)
            return self.briefing(
                briefing, auto=own, answers=answers, source=source, trouble=trouble
            )

        return make_briefing(
            briefing,
            answers=answers,
            source=source,
            trouble=trouble,
            make_run_page=open_run,
            reopen=reopen,
        )

    async def resume(
        self, directory: RunDirectory | None, *, auto: StartAutomatic | None
    ) -> Page:
        """The screen of a run that has begun; starts a host if it has none.

        Args:
            directory: the run's; the newest open one without it.
            auto: what is sent at once, which makes the run go on by itself.

        Raises:
            MobiusError: there is no such run, it is damaged, or no host takes it on.
        """
        follower = await run_in_thread(partial(_open_follower, directory))
        if follower.state.ended is None:
            await resume_run(follower.directory, follower.runbook)
            follower.poll()
        viewer = Viewer(follower.directory, follower)
        return self.run_screen(viewer, skips_return_card=False, auto=auto)

    async def read_review(self, directory: RunDirectory) -> Page:
        """The review of a run; reads it in a thread.

        Args:
            directory: the run's.

        Raises:
            MobiusError: it never began, or is damaged.
        """
        from mobius_tui.review.reviewed_run import read_past_run

        return self.review(*await run_in_thread(partial(read_past_run, directory)))

    def review(
        self,
        reviewed_run: ReviewedRun,
        whole: RunTimeline,
        drafts: Mapping[DraftKey, Draft] = MappingProxyType({}),
    ) -> Page:
        """The review of a run that has been read.

        Args:
            reviewed_run: the run.
            whole: its timeline.
            drafts: what was typed before the screens went away.
        """
        from mobius_tui.tui.screens.review_screen import ReviewScreen

        screen: ReviewScreen

        def open_run(directory: RunDirectory) -> None:
            page = self.run_screen(Viewer(directory), skips_return_card=True, auto=None)
            screen.app.push_screen(page)

        screen = ReviewScreen(
            reviewed_run,
            whole=whole,
            repaints=self.repaints,
            drafts=drafts,
            open_run=open_run,
        )
        screen.reopen = lambda: self.review(
            screen.reviewed_run,
            screen.timelines.full_timeline,
            screen.questions.drafts.kept,
        )
        return screen

    def watch(self, directory: RunDirectory) -> Page:
        """The screen of a watch that has just begun, its health panel zoomed.

        Args:
            directory: the run's.

        Raises:
            MobiusError: the run is damaged.
        """
        at_health = ScreenState(pane=PaneName.HEALTH, zoomed=True)
        viewer = Viewer(directory)
        return self.run_screen(
            viewer, skips_return_card=True, auto=None, screen_state=at_health
        )

    def run_screen(
        self,
        viewer: Viewer,
        *,
        skips_return_card: bool,
        auto: StartAutomatic | None,
        screen_state: ScreenState = NEW_SCREEN_STATE,
    ) -> Page:
        """The screen of a run that has begun.

        Args:
            viewer: the run's; the screen closes it.
            skips_return_card: whether the person knows it, and needs no card.
            auto: what is sent at once, which makes the run go on by itself.
            screen_state: where the person was in it before the screens went away.
        """
        screen: RunScreen

        def brief(due: FollowUp) -> None:
            from mobius_tui.tui.start_pages import prepare_follow_up

            briefing = prepare_follow_up(due)
            screen.app.switch_screen(self.briefing(briefing, auto=None, answers={}))

        screen = RunScreen(
            viewer,
            resume=resume_run,
            open_again=reopen_run,
            skips_return_card=skips_return_card,
            auto=auto,
            repaints=self.repaints,
            screen_state=screen_state,
            open_follow_up=brief,
        )
        began = viewer.follower.state.began
        screen.coaches = is_coached(began.site if began is not None else None)
        screen.reopen = lambda: self.run_screen(
            Viewer(viewer.directory),
            skips_return_card=True,
            auto=None,
            screen_state=screen.screen_state,
        )
        return screen


def _open_follower(directory: RunDirectory | None) -> Follower:
    return Follower(directory or newest_open_run(runs_root()))
