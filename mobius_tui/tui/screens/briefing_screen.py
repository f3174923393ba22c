"""The briefing: what will run, with what, before anything is executed."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Input, Select, Static

from mobius_tui import sanitize
from mobius_tui.drill.detection_coverage import DrillCoverage
from mobius_tui.errors import MobiusError
from mobius_tui.run.checks.value_commands import ListedValues
from mobius_tui.run.client.listed_values import list_values_for_briefing, proposed_value
from mobius_tui.run.client.preflight import understated_step_notices
from mobius_tui.run.client.run_briefing import Briefing
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.runbook.model.runbook import Runbook, Variable
from mobius_tui.runbook.model.script_names import names_in_script
from mobius_tui.runbook.model.value_kinds import value_on_one_line
from mobius_tui.runbook.text.template_text import title_of_unknown_run
from mobius_tui.tui.backend.full_screens import ForegroundTask
from mobius_tui.tui.commands.command import Place
from mobius_tui.tui.commands.registry import bindings, command_by_id
from mobius_tui.tui.dialogs.dialog import fields_widget
from mobius_tui.tui.dialogs.source_dialogs import file_to_edit
from mobius_tui.tui.external.editor import edit_runbook
from mobius_tui.tui.messages import DrillsSearched, ProbesAsked, ValuesListed
from mobius_tui.tui.parts.other_runs_alarm import OtherRunsAlarm
from mobius_tui.tui.parts.proposed_values import ProposedValues
from mobius_tui.tui.presenters.briefing_fields import (
    before_begin_text,
    briefing_header,
    drill_field,
    effect_fields,
    footer_keys,
    preflight_fields,
    probe_fields,
    source_problem_text,
    summary_fields,
    value_fields,
)
from mobius_tui.tui.presenters.communication import contact_fields
from mobius_tui.tui.presenters.score_fields import undetected_fields
from mobius_tui.tui.presenters.status_text import not_begun_text
from mobius_tui.tui.presenters.styled_text import Field, text
from mobius_tui.tui.screens.page import Page
from mobius_tui.tui.widgets.answer_inputs import (
    AnswerWidget,
    answer_in_widget,
    answer_label,
    answer_widget,
)
from mobius_tui.tui.widgets.banners import OtherRunsReader
from mobius_tui.tui.widgets.footer import KeyBar

if TYPE_CHECKING:
    from mobius_tui.health.probe import ProbePreview


RunBeginner = Callable[[Briefing, Mapping[str, str]], Awaitable[RunDirectory]]
"""Makes the run's directory and starts its host."""
ProbeAsker = Callable[
    [Briefing, Mapping[str, str]], Awaitable[tuple["ProbePreview", ...]]
]
"""Asks every probe once, with what is filled in so far."""
WHAT_RUNS_HEADING = "What will run"
BEFORE_BEGIN_HEADING = "Before it begins"
RunOpener = Callable[[RunDirectory], None]
"""Opens the run that was begun."""


class BriefingScreen(Page):
    """Asks what must be known, and begins the run when the person says so."""

    CSS_PATH = ["../styles/app.tcss", "../styles/pages.tcss"]  # noqa: RUF012
    PLACES: ClassVar[tuple[Place, ...]] = ("briefing", "app")
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("briefing")]
    AUTO_FOCUS = ""
    HELP = (
        "Fill in what is asked for, and begin. Before that nothing is executed, and "
        "nothing goes over the network unless you probe."
    )

    def __init__(
        self,
        briefing: Briefing,
        *,
        begin: RunBeginner,
        open_run: RunOpener,
        answers: Mapping[str, str],
        probe: ProbeAsker,
        coverage_reader: Callable[[], DrillCoverage | None],
        other_runs_reader: OtherRunsReader = lambda: (),
        attach: RunOpener = lambda _: None,
        wall: Callable[[], float] = time.time,
        source: Path | None = None,
        trouble: str = "",
    ) -> None:
        """Make the screen.

        Args:
            briefing: what is known.
            begin: begins the run.
            open_run: is given the run that was begun.
            answers: what is known to be answered; the person may change it.
            probe: asks every probe once.
            coverage_reader: gives what the drills of it say; called in a thread.
            other_runs_reader: gives the runs that need a person.
            attach: opens one of them.
            wall: gives seconds since 1970.
            source: the file that is edited; the runbook's own without it.
            trouble: what is wrong with it since it was edited.
        """
        super().__init__()
        self.other_runs = OtherRunsAlarm(
            other_runs_reader, wall=wall, command="briefing.alarm", attach=attach
        )
        self._wall = wall
        self._briefing = briefing
        self._begin = begin
        self._opened = open_run
        self._probe = probe
        self._coverage_reader = coverage_reader
        self.typed: Mapping[str, str] = {}
        """What was filled in so far, by variable."""
        self.source = source or briefing.runbook.path
        """The file that is edited."""
        self.source_errors = trouble
        """What is wrong with it: nothing can begin as long as that is so."""
        self.is_edited = False
        """Whether it is to be read again."""
        self._is_beginning = False
        self._answers = answers
        self._lines: dict[Variable, AnswerWidget] = {}
        self._proposed = ProposedValues()
        self._drill = fields_widget((drill_field(None),), id="drilled")
        self._probed = fields_widget(probe_fields(briefing.runbook), id="probed")
        self._unseen = fields_widget((), id="unseen")
        self._unseen.display = False
        self._labels = fields_widget((), id="labels")
        self._labels.display = False
        self._problem = Static("", id="problem", markup=False)
        begin_it = Button(Content("Begin"), id="begin", variant="primary", compact=True)
        self._begin_button = begin_it
        self._probe_button = Button(Content("Probe now"), id="probe", compact=True)
        self._keys = KeyBar()

    def compose(self) -> ComposeResult:
        """Header, what there is to know, Begin, keys."""
        briefing = self._briefing
        mode = f"bar -mode-{briefing.mode}"
        yield Static(briefing_header(briefing), classes=mode, markup=False)
        yield self.other_runs.banner
        with VerticalScroll(id="briefing", can_focus=False) as body:
            body.border_title = "Briefing"
            body.border_subtitle = text(before_begin_text(briefing), "muted")
            if self.source_errors:
                yield Static(
                    source_problem_text(self.source_errors),
                    classes="head",
                    markup=False,
                )
            yield fields_widget(summary_fields(briefing))
            yield self._drill
            if briefing.variables_asked:
                yield Static(text("To fill in", "strong"), classes="head", markup=False)
            for variable in briefing.variables_asked:
                known = self._answers.get(variable.name, variable.default or "")
                listed = variable.is_listed
                make = self._proposed.make_input if listed else answer_widget
                line = make(variable, known)
                self._lines[variable] = line
                yield answer_label(variable)
                yield line
                if listed:
                    yield self._proposed.make_proposal_note(variable)
            for title, fields in (
                (WHAT_RUNS_HEADING, effect_fields(briefing.runbook)),
                (BEFORE_BEGIN_HEADING, preflight_fields(briefing)),
                ("With", value_fields(briefing)),
                ("Whom to call", contact_fields(briefing.runbook.contacts)),
            ):
                if fields:
                    yield Static(text(title, "strong"), classes="head", markup=False)
                    yield fields_widget(fields)
                if title == WHAT_RUNS_HEADING:
                    yield self._labels
                if title == BEFORE_BEGIN_HEADING:
                    yield self._probed
            yield self._unseen
        yield self._problem
        with Horizontal(classes="buttons"):
            yield self._begin_button
            yield self._probe_button
            yield Button(Content("Back"), id="back", compact=True)
        yield self._keys

    def available(self) -> frozenset[str]:
        """What applies only while a run elsewhere needs a person, or lists values."""
        lists = frozenset({"briefing.list"} if self._proposed else ())
        return self.other_runs.available() | lists

    def action_alarm(self) -> None:
        """Open the run that needs a person."""
        self.other_runs.open()

    def on_mount(self) -> None:
        """Focus the first line that is empty, or else Begin, and start the workers.

        A line that is filled in already has no focus: a key that was meant for the run
        would take its place. While the edited source has errors, Probe now has it.
        """
        self._begin_button.disabled = bool(self.source_errors)
        empty = self._first_unanswered
        first: Widget = self._begin_button if empty is None else self._lines[empty]
        if self.source_errors:
            first = self._probe_button
        first.focus(scroll_visible=False)
        self.call_after_refresh(self._show_focus)
        self.run_worker(self._read_drills(), name="look back", exit_on_error=False)
        if self._proposed:
            self._list_values(wanted=False)
        labels = self._compare_labels()
        self.run_worker(labels, name="compare labels", exit_on_error=False)

    def _show_focus(self) -> None:
        """On a low screen, scroll to what is to be typed, and no further."""
        if self.focused is not None:
            self.focused.scroll_visible(animate=False)

    def _given(self) -> dict[str, str]:
        given = {
            each.name: answer_in_widget(line) for each, line in self._lines.items()
        }
        return {name: value for name, value in given.items() if value is not None}

    @property
    def _first_unanswered(self) -> Variable | None:
        """The first that is to be filled in yet."""
        empty = (
            each
            for each, line in self._lines.items()
            if not answer_in_widget(line) and each.default != ""
        )
        return next(empty, None)

    @on(Input.Changed)
    @on(Select.Changed)
    def _typed(self) -> None:
        self.typed = self._given()
        self._refuse("")
        self._proposed.refresh_notes()
        self._proposed.withdraw_outdated(self.typed)
        self._show_keys()

    def on_descendant_focus(self) -> None:
        """What Enter does hangs on what has the focus."""
        self._show_keys()

    def _show_keys(self) -> None:
        """Say what the keys do, Enter first where it begins the run."""
        enter_applies = (
            isinstance(self.focused, Input) or self.focused is self._begin_button
        )
        is_ready = self._first_unanswered is None and not self.source_errors
        self._keys.offered = footer_keys(
            enter_begins=enter_applies and is_ready, available=self.available()
        )

    @on(Input.Submitted)
    def _next_line(self) -> None:
        """Enter goes to the next line that is empty; where none is, it begins."""
        if self._first_unanswered is None:
            self.action_begin()
        else:
            self._lines[self._first_unanswered].focus()

    @on(Button.Pressed, "#back")
    def action_back(self) -> None:
        """Begin nothing."""
        self.action_leave()

    @on(Button.Pressed, "#begin")
    def action_begin(self) -> None:
        """Begin, if everything that is wanted is there."""
        if self.source_errors:
            key = command_by_id("briefing.edit").key_name
            self._refuse(f"{self.source.name} has errors: {key} edits it")
            return
        if self._first_unanswered is not None:
            wanted = self._first_unanswered
            self._refuse(f"Still wanted: {wanted.title or wanted.name}")
            self._lines[wanted].focus()
        elif not self._is_beginning:
            self._is_beginning = True
            self._begin_button.disabled = True
            work = self._begin_run(self._given())
            self.run_worker(work, name="begin", exit_on_error=False)

    def action_edit(self) -> None:
        """Edit the runbook, and read it again."""
        self.questions.begin(self._edit())

    async def _edit(self) -> None:
        """A worker: leave the screens for the editor."""
        source = await file_to_edit(self.source, self.questions.ask)
        if source is not None:
            self.source, self.is_edited = source, True
            self.run_foreground_task(
                ForegroundTask(
                    run=partial(
                        edit_runbook, source, os.environ, reports_problems=False
                    )
                )
            )

    def action_status(self) -> None:
        """Copy that it has not begun."""
        self.copy(not_begun_text(self._briefing, now=self._wall()))

    def action_drills(self) -> None:
        """Show how its drills went."""
        runbook = self._briefing.runbook
        self.show_drills(runbook.id, title_of_unknown_run(runbook.title))

    def action_list(self) -> None:
        """Run the commands that propose values once more."""
        self._proposed.reset_listed()
        self._list_values(wanted=True)

    def _list_values(self, *, wanted: bool) -> None:
        given = self._given()

        def show(variable: Variable, listed: ListedValues) -> None:
            names = names_in_script(variable.from_run)
            read = {name: given[name] for name in names if name in given}
            self.post_message(ValuesListed(variable, listed, read))
            value = proposed_value(variable, listed)
            if value and not given.get(variable.name):
                given[variable.name] = value_on_one_line(variable, value)

        work = list_values_for_briefing(self._briefing, given, wanted=wanted, show=show)
        self.run_worker(work, group="list", exclusive=True, exit_on_error=False)

    @on(ValuesListed)
    def _show_listed(self, event: ValuesListed) -> None:
        event.stop()
        self._proposed.show(event.variable, event.listed, event.read)
        self._proposed.withdraw_outdated(self._given())

    @on(Button.Pressed, "#probe")
    def action_probe(self) -> None:
        """Ask the probes once; nothing else goes over the network before Begin."""
        self._probed.fields = (Field("probes", text("asking")),)
        look = self._ask_probes(self._given())
        self.run_worker(look, group="probe", exclusive=True, exit_on_error=False)

    async def _ask_probes(self, given: Mapping[str, str]) -> None:
        """A worker: what the probes see."""
        self.post_message(ProbesAsked(await self._probe(self._briefing, given)))

    @on(ProbesAsked)
    def _show_probed(self, event: ProbesAsked) -> None:
        event.stop()
        fields = probe_fields(self._briefing.runbook, event.seen)
        self._probed.fields = fields

    async def _compare_labels(self) -> None:
        """A worker: whether a script does more than its label says."""
        found = await asyncio.to_thread(
            _understated_effect_warnings, self._briefing.runbook
        )
        self._labels.fields = tuple(Field("▲ label", text(w, "warn")) for w in found)
        self._labels.display = bool(found)

    async def _read_drills(self) -> None:
        """A worker: how the last drill went; a thousand runs take a moment to read."""
        self.post_message(
            DrillsSearched(await asyncio.to_thread(self._coverage_reader))
        )

    @on(DrillsSearched)
    def _show_drilled(self, event: DrillsSearched) -> None:
        event.stop()
        field = drill_field(event.found, now=self._wall())
        self._drill.fields = (field,)
        found = (
            undetected_fields(event.found.subject_coverage)
            if event.found is not None
            else ()
        )
        self._unseen.fields = tuple(found)
        self._unseen.display = bool(self._unseen.fields)

    def _refuse(self, words: str) -> None:
        self._problem.update(text(words, "bad"))

    async def _begin_run(self, given: Mapping[str, str]) -> None:
        """A worker: begin the run, and open it."""
        try:
            directory = await self._begin(self._briefing, given)
        except (MobiusError, OSError) as error:
            self._is_beginning = False
            self._begin_button.disabled = False
            self._refuse(sanitize.line(str(error)))
        else:
            self._opened(directory)


def _understated_effect_warnings(runbook: Runbook) -> tuple[str, ...]:
    """Warnings where a script does more than its step's label says.

    Takes a moment: reads commands.toml, the table of scripts' effects.
    """
    return tuple(understated_step_notices(Plan(runbook)))
