"""A run looked back on: the run screen at any of its moments, over its timeline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from mobius_tui.review.reviewed_run import ReviewedRun, head_at, printed_by
from mobius_tui.review.run_timeline import RunTimeline
from mobius_tui.run.events.run_events import HostStopped
from mobius_tui.run.journal.follower import RunChanges
from mobius_tui.run.records.verification import damage_of_open_run
from mobius_tui.run.storage.state_home import state_home
from mobius_tui.tui.backend.base_page import in_thread
from mobius_tui.tui.commands.command import Command, Place
from mobius_tui.tui.commands.registry import bindings
from mobius_tui.tui.messages import TitleChanged
from mobius_tui.tui.presenters.output_choice import output_of, split
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.status_text import status_text
from mobius_tui.tui.screens.timed_page import TimedPage
from mobius_tui.tui.widgets.banners import DamageBanner
from mobius_tui.tui.widgets.timeline_pane import MomentLine


class ReviewScreen(TimedPage):
    """Shows a run as it was; starts nothing, and changes nothing of it."""

    AUTO_FOCUS = "#timeline"
    CSS_PATH = [  # noqa: RUF012
        "../styles/app.tcss",
        "../styles/run.tcss",
        "../styles/review.tcss",
    ]
    PLACES: ClassVar[tuple[Place, ...]] = (
        "timeline",
        "review",
        "checklist",
        "output",
        "detail",
        "app",
    )
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("review")]
    PANES = (*TimedPage.PANES, ("timeline", "Timeline"))
    WAYS = "review.pane."
    HELP = (
        "← and → go from event to event: the checklist, the output and health show how "
        "it was at that moment. Nothing can be started here."
    )

    def __init__(
        self,
        rewound: ReviewedRun,
        *,
        whole: RunTimeline | None = None,
        repaints: int = 20,
    ) -> None:
        """Make the screen.

        Args:
            rewound: the run, read.
            whole: its timeline, where that is made already.
            repaints: the most repaints in a second that news may cause.
        """
        super().__init__(rewound, whole=whole, repaints=repaints)
        self.pane = "timeline"

    def on_mount(self) -> None:
        """Verify it, while it is shown already."""
        self._verify()

    def _verify(self) -> None:
        self.run_worker(
            self._find_damage(), name="verify", group="verify", exit_on_error=False
        )

    async def _find_damage(self) -> None:
        """A worker: outputs may have gigabytes."""
        find = partial(damage_of_open_run, self.rewound.directory)
        self.past_sight.damage = await in_thread(find)
        self.look()

    def run_grew(self, changes: RunChanges) -> None:
        """Verify it anew once its host has let go of it."""
        if any(isinstance(entry.event, HostStopped) for entry in changes.entries):
            self._verify()

    def compose_banners(self) -> ComposeResult:
        """What is not as it was written; there is nothing to hold, and no hint."""
        yield DamageBanner(self.rewound.directory.id).data_bind(ReviewScreen.view)

    def compose_foot(self) -> ComposeResult:
        """The timeline, and what happened where its cursor is."""
        page = ReviewScreen
        yield self.timeline.data_bind(
            page.here, page.moment, page.mark, timeline=page.whole
        )
        yield MomentLine().data_bind(page.moment, page.view)

    def show_run(self) -> None:
        """Show it as it was."""
        self.set_reactive(ReviewScreen.view, None)
        super().show_run()

    def place_of_run(self, view: RunView) -> str | None:
        """The step that the event is about; else where the person was."""
        if self.moment is not None and self.moment.step:
            return self.moment.step
        return self.key or view.latest() or next(iter(view.plan.steps), None)

    def news_of(self, view: RunView) -> TitleChanged:
        """Nothing rings: it is all over."""
        del view
        return self.tidings()

    def tidings(self) -> TitleChanged:
        """The run's title."""
        return TitleChanged(f"Review of {self.rewound.began.title}", ring=False)

    def keep_glance(self, now: float, *, leaves: bool = False) -> None:
        """Whoever looks back was not there."""

    def follow_outputs(self) -> None:
        """What ran then prints nothing now."""

    @property
    def left_behind(self) -> str:
        """The run, which is as it was."""
        return f"the run is untouched; `mobius-tui review {self.rewound.directory.id}`"

    def copies_folder(self) -> Path:
        """Not the run's own: nothing is written there."""
        return state_home()

    def available(self) -> frozenset[str]:
        """Nothing depends on how the run stood."""
        return frozenset()

    def show_offers(self) -> None:
        """Say which keys do something."""
        if self.view is not None:
            self.offered = self.footer_commands()

    def footer_commands(self) -> tuple[Command, ...]:
        """What the footer shows: what works in the pane with the focus, first."""
        shown = super().footer_commands()
        if self.pane == "timeline":
            return tuple(each for each in shown if each.place != "checklist")
        return tuple(each for each in shown if each.place != "timeline")

    def show_output(self) -> None:
        """Show what had been printed by then."""
        view = self.view
        if view is None:
            return
        directory = self.rewound.directory
        shown = output_of(view, self.key, directory, self.chosen_tab)
        tabs = tuple(replace(tab, stops=False) for tab in shown.tabs)
        shown = replace(shown, tabs=tabs)
        if shown.path is not None and shown.running:
            limit = printed_by(directory.attempt(*split(shown.tab)), view.now)
            nothing = "It had printed nothing by then."
            shown = replace(shown, running=False, limit=limit, placeholder=nothing)
        self.put_in_pane(shown)

    def action_end(self) -> None:
        """Show what the run came to in the end."""
        if self.rewound.is_open:
            self.tell("The run has not ended.")
        else:
            self.begin_asking(self._tell_end())

    async def _tell_end(self) -> None:
        """A worker: the card, which tells of the whole run wherever the cursor is."""
        from mobius_tui.tui.dialogs.end_card import end_card

        rewound, (n, at) = self.rewound, (self.rewound.n, self.rewound.moment)
        rewound.show(len(rewound.rewind.entries), rewound.rewind.until)
        view = self._sight.run(rewound.moment, None)
        rewound.show(n, at)
        await self.ask(await end_card(view, rewound.directory))

    def action_pane(self, name: str) -> None:
        """Give a pane the focus, and the room of another where it has none."""
        self.pane = name
        self._show_pane(zoomed=self.has_class("-zoomed"))
        self.call_after_refresh(self.panes[name].focus)

    def action_status(self) -> None:
        """Copy where the run stood."""
        if self.view is not None:
            self.copy(self._status(self.view))

    def _status(self, view: RunView) -> Callable[[], str]:
        directory, health = self.rewound.directory, self.health

        def text() -> str:
            head = head_at(directory, view.last_n)
            return status_text(view, health, run=directory.id, head=head)

        return text

    def action_follow_run(self) -> None:
        """Back to the timeline; out of the zoom and the search first."""
        if self.has_class("-zoomed"):
            self.action_zoom()
        elif self.timeline.is_filtered:
            self.timeline.clear_filter()
        self.timeline.focus()
