"""The facilitator's screen of a drill, beside the team's own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option
from textual.worker import Worker

from mobius_tui.drill import past_drills
from mobius_tui.drill.drill_facilitator import ACT_IN_PAST_TENSE, Facilitator
from mobius_tui.drill.drill_score import TIME_FIELDS, Score, score_times
from mobius_tui.drill.faults import Fault
from mobius_tui.errors import MobiusError
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.run_events import FacilitatorAct
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.runbook.text.units import ago_in_words
from mobius_tui.tui.commands.command import Place
from mobius_tui.tui.commands.registry import bindings
from mobius_tui.tui.dialogs.question import TextDialog
from mobius_tui.tui.messages import RunChanged, RunLost
from mobius_tui.tui.parts.run_feed import RunFeed
from mobius_tui.tui.presenters.glyphs import STATUS_MARKS
from mobius_tui.tui.presenters.run_presenter import RunPresenter
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.status_text import status_text
from mobius_tui.tui.presenters.styled_text import Field, Role, assemble, text
from mobius_tui.tui.screen_state import DraftKey, Purpose
from mobius_tui.tui.screens.page import Page
from mobius_tui.tui.widgets.detail_pane import FieldList
from mobius_tui.tui.widgets.footer import KeyBar
from mobius_tui.tui.widgets.run_header import RunHeader

FAULT_NAME_CELLS = 17
"""Cells of the column of names."""
ACT_MARKS: dict[FacilitatorAct, tuple[str, Role]] = {
    "inject": ("●", "bad"),
    "worsen": ("▲", "bad"),
    "heal": ("✔", "good"),
}
"""The sign of what was done last about a fault."""


def fault_line(fault: Fault, act: FacilitatorAct | None) -> Content:
    """`● bad-release  injected  Every page answers 500`."""
    glyph, role = ACT_MARKS[act] if act is not None else ("○", "muted")
    done = ACT_IN_PAST_TENSE[act] if act is not None else ""
    return assemble(
        (f"{glyph} ", role),
        (f"{fault.name:<{FAULT_NAME_CELLS}}", "strong" if act is not None else "plain"),
        (f"{done:<9}", role),
        (fault.title, "muted"),
    )


def fault_fields(fault: Fault, shows: str | None) -> Iterator[Field]:
    """What there is to know of the fault under the cursor.

    Args:
        fault: which.
        shows: how the site shows it now; empty where it does not, `None` where nobody
            has looked yet.
    """
    yield Field("notice", text(fault.title))
    seen = "nobody has looked yet" if shows is None else shows or "not at present"
    yield Field("shows", text(seen, "warn" if shows else "muted"))
    yield Field("repair", text(fault.handled_by))
    what = "a reason to act" if fault.role == "cause" else "in the way of a rollback"
    worse = "" if fault.worsen is None else "; it can be worsened"
    yield Field("is", text(f"{what}{worse}", "muted"))


def team_fields(view: RunView, health: str) -> Iterator[Field]:
    """The fields of the team's progress."""
    proposal = view.proposal
    step = view.step(view.proposed_row)
    name = view.plan.name(step.id) if step is not None else "the end of the run"
    doing = {
        "start": "about to begin",
        "running": "at work on",
        "decide": "to decide on",
        "wait": "waiting for",
    }.get(proposal.kind, "at")
    yield Field("team", assemble((f"{doing} ", "muted"), (name, "strong")))
    latest = view.latest()
    if latest is not None:
        mark = STATUS_MARKS[view.statuses[latest].status]
        words = assemble(
            (f"{mark.glyph} {mark.word} ", mark.role), (view.plan.name(latest), "plain")
        )
        yield Field("last", words)
    yield Field("health", text(health))
    for hint in view.state.hints[-1:]:
        when = ago_in_words(max(0.0, view.now - hint.at))
        yield Field("hinted", text(f"{when}: {hint.text}"))


def live_score_fields(score: Score) -> Iterator[Field]:
    """What is known of the score by now."""
    label = "time to"
    for name, at in zip(TIME_FIELDS, score_times(score), strict=True):
        known = "-" if at is None else past_drills.seconds_words(at)
        role: Role = "muted" if at is None else "strong"
        words = assemble(
            (f"{past_drills.TIME_LABELS[name]:<14}", "plain"), (known, role)
        )
        yield Field(label, words)
        label = ""
    for label, lines in past_drills.score_details(score):
        short = {"steps wrong": "wrong", "out of order": "order"}.get(label, label)
        short = {"overridden": "vouched"}.get(short, short)
        yield Field(short, text("; ".join(lines), "warn"))


MAX_FACILITATOR_REPAINTS = 20
"""The most repaints in a second that changes of the run may cause."""
SYMPTOM_INTERVAL = 3.0
"""Seconds between two requests to the site for the symptoms that it shows."""


def make_facilitator_page(directory: RunDirectory) -> FacilitatorPage:
    """The page of a drill that is under way.

    Raises:
        MobiusError: it is no drill that has a site to break, or it is over.
    """
    return FacilitatorPage(Viewer(directory))


class FaultList(OptionList):
    """The faults that this site can have, in the order of `Facilitator.faults`."""


class FacilitatorPage(Page):
    """Injects, worsens and heals, gives hints, and sees the score as it grows."""

    CSS_PATH = ["../styles/app.tcss", "../styles/facilitator.tcss"]  # noqa: RUF012
    PLACES: ClassVar[tuple[Place, ...]] = ("facilitator", "app")
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("facilitator")]
    AUTO_FOCUS = "#faults"
    HELP = (
        "Break the site while the team works: it is not told what was done before the "
        "drill is over. A hint is shown on its screens, and counts in its score."
    )

    view: reactive[RunView | None] = reactive(None, repaint=False)

    class SymptomsRead(Message):
        """The site was asked what it shows."""

        def __init__(self, found: Mapping[str, str]) -> None:
            super().__init__()
            self.found = found

    def __init__(
        self, viewer: Viewer, *, wall: Callable[[], float] | None = None
    ) -> None:
        """Make the page.

        Args:
            viewer: the drill's; the page closes it.
            wall: gives seconds since 1970; the run's own clock without it.

        Raises:
            UsageError: it is no drill that has a site to break, or it is over.
        """
        super().__init__()
        self._facilitator = Facilitator(viewer)
        self._faults = self._facilitator.faults
        self.feed = RunFeed(
            viewer,
            RunPresenter(viewer),
            self,
            repaints=MAX_FACILITATOR_REPAINTS,
            wall=wall or viewer.follower.now,
            mono=lambda: self.mono(),
            show=self.show_run,
            tell=self.show_notice,
        )
        self._symptom_by_fault: Mapping[str, str] = {}
        self._last_acts: Mapping[str, FacilitatorAct] = {}
        self._list = FaultList(id="faults", markup=False, compact=True)
        self._list.add_options(
            [Option(fault_line(f, None)) for f in self._faults.values()]
        )
        self._about, self._team = FieldList(id="fault"), FieldList(id="team")
        self._times = FieldList(id="times")
        self._keys = KeyBar()

    def compose(self) -> ComposeResult:
        """Header, the faults beside what the team does, keys."""
        yield RunHeader().data_bind(FacilitatorPage.view)
        words = "FACILITATOR · the team does not see this screen"
        yield Static(text(words, "warn"), id="who", markup=False)
        with Horizontal(id="body"):
            with VerticalScroll(id="left", can_focus=False) as left:
                left.border_title = "Faults"
                yield self._list
                yield self._about
            with VerticalScroll(id="score", can_focus=False) as right:
                right.border_title = "The team"
                yield self._team
                yield self._times
        yield self._keys

    def on_mount(self) -> None:
        """List the faults, and follow the run."""
        self._list.highlighted = 0
        self._keys.offered = self.footer_commands()
        self.feed.begin()
        self.set_interval(1.0, self.feed.show_now)
        self.set_interval(SYMPTOM_INTERVAL, self._ask_site)
        self.feed.show_now()
        self._ask_site()

    async def on_unmount(self) -> None:
        """Let go of the host; the drill goes on."""
        await self.feed.end()

    @on(RunChanged)
    def _changed(self, event: RunChanged) -> None:
        event.stop()
        if event.changes.entries:
            self.feed.show_throttled()

    @on(RunLost)
    def _lost(self, event: RunLost) -> None:
        event.stop()
        self.show_notice(event.why, is_problem=True)

    def show_run(self) -> None:
        """Show the team, the score and the faults as they are now."""
        view = self.feed.view(self.view)
        self.view = view
        health = self.feed.health(view).news
        self._team.fields = tuple(team_fields(view, health))
        try:
            self._times.fields = tuple(live_score_fields(self._facilitator.score()))
            standing = self._facilitator.last_acts()
        except MobiusError as error:
            self._times.fields = (Field("score", text(str(error), "bad")),)
            return
        if standing != self._last_acts:
            self._last_acts = standing
            for place, fault in enumerate(self._faults.values()):
                line = fault_line(fault, standing.get(fault.name))
                self._list.replace_option_prompt_at_index(place, line)
        self._show_fault()

    @property
    def _fault(self) -> Fault:
        """The one under the cursor."""
        place = self._list.highlighted or 0
        return tuple(self._faults.values())[place]

    @on(OptionList.OptionHighlighted)
    def _show_fault(self) -> None:
        fault = self._fault
        shows = self._symptom_by_fault.get(fault.name)
        self._about.fields = tuple(fault_fields(fault, shows))

    def _ask_site(self) -> None:
        """Read the symptoms of the fault under the cursor, and of those injected."""
        names = {self._fault.name, *self._last_acts}
        work = partial(self._symptoms, tuple(sorted(names)))
        _: Worker[None] = self.run_worker(
            work, group="symptoms", exclusive=True, exit_on_error=False
        )

    async def _symptoms(self, names: tuple[str, ...]) -> None:
        """A worker: each is a request or a look at a file."""
        found = dict(self._symptom_by_fault)
        for name in names:
            with suppress(MobiusError, OSError):
                site = self._facilitator.site
                found[name] = await asyncio.to_thread(self._faults[name].symptom, site)
        self.post_message(self.SymptomsRead(found))

    @on(SymptomsRead)
    def _note_shown(self, event: SymptomsRead) -> None:
        event.stop()
        self._symptom_by_fault = event.found
        self._show_fault()

    def action_inject(self) -> None:
        """Break the site by the fault under the cursor."""
        self._begin(partial(self._act, "inject", self._fault))

    def action_worsen(self) -> None:
        """Make it worse."""
        self._begin(partial(self._act, "worsen", self._fault))

    def action_heal(self) -> None:
        """Put it right again."""
        self._begin(partial(self._act, "heal", self._fault))

    def _begin(self, work: Callable[[], Awaitable[None]]) -> None:
        self.run_worker(work, group="act", exit_on_error=False)

    async def _act(self, act: FacilitatorAct, fault: Fault) -> None:
        """A worker: it takes a second or two."""
        self.show_notice(f"{fault.name}: under way …")
        await self._facilitator.act(act, fault)
        self.show_notice(
            f"{fault.name} is {ACT_IN_PAST_TENSE[act]}; the team is told at the end."
        )
        self.feed.refresh()
        self._ask_site()

    def action_status(self) -> None:
        """Copy a status update of the team's run."""
        if self.view is not None:
            health = self.feed.health(self.view)
            run, head = self.feed.directory.id, self.feed.head
            self.copy(status_text(self.view, health, run=run, head=head))

    def action_hint(self) -> None:
        """Tell the team something."""
        self.questions.begin(self._hint())

    async def _hint(self) -> None:
        """A worker: ask what, and send it."""
        dialog = TextDialog(
            "Give the team a hint?",
            "It is shown on the team's screens for three minutes, is on record, and "
            "counts in the score.",
            draft_key=DraftKey(purpose=Purpose.HINT),
            verb="Give it",
            prompt="What should they look at?",
            empty_refusal="A hint wants a text.",
        )
        words = await self.questions.ask(dialog)
        if words is not None:
            await self._facilitator.hint(words)
            self.feed.refresh()
            self.show_notice("The team sees it now.")
