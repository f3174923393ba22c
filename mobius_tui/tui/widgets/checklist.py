"""The checklist: every phase and step with its state, and ways to move in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, NamedTuple

from msgspec import Struct
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from mobius_tui import sanitize
from mobius_tui.run.planning.plan import is_live_output, kind_of
from mobius_tui.run.planning.step_status import StepStatus
from mobius_tui.run.state.step_state import (
    GATE_OPENING_STATUSES,
    STATUSES_NEEDING_DECISION,
    Status,
)
from mobius_tui.runbook.model.runbook import Phase, Step
from mobius_tui.runbook.model.runtime_steps import is_improvised
from mobius_tui.runbook.text.units import clock_duration, duration_in_words
from mobius_tui.tui.commands.registry import bindings
from mobius_tui.tui.presenters import next_action
from mobius_tui.tui.presenters.communication import delivery_summary
from mobius_tui.tui.presenters.fleet.step_hosts import hosts_texts
from mobius_tui.tui.presenters.glyphs import (
    FOLDED,
    STATUS_MARKS,
    UNENTERED_ASIDE_MARK,
    UNFOLDED,
    Mark,
    phase_mark,
)
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.styled_text import Role, cut, padded
from mobius_tui.tui.screen_state import LeftOutRow, PhaseRow, RowKey, StepRow
from mobius_tui.tui.widgets.list_controls import CURSOR_GLYPH, CursorList

MAX_ANSWER_CELLS = 14
"""The most cells that an answer takes in the right column."""
MAX_NOT_FOR_CELLS = 24
"""The most cells of the right column that say why a step does not apply."""
MIN_LEFT_OUT = 2
"""Steps of a phase that do not apply, from which one row stands for them."""


class ChecklistRow(Struct, frozen=True, kw_only=True):
    """One row of the checklist."""

    is_phase: bool
    title: str
    """With its number, and for a phase whether it is folded."""
    mark: Mark
    right: str
    """A duration, who answered, or the state in words."""
    right_role: Role
    is_dim: bool
    repeats_phase: bool = False
    """Whether the phase's row says at the right the same."""
    right_if_short: str = ""
    """What stands at the right where the whole would cost the title too much; empty for
    the same."""
    may_omit_right: bool = False
    """Whether the title matters more than what stands at the right: the mark says how
    the step stands, and the detail pane says it in words."""


def common_wait(view: RunView, phase: Phase) -> str:
    """What all steps of a phase wait for; empty if they wait for different things."""
    waits = {
        _wait(view, standing) if standing.status is Status.WAITING else ""
        for standing in (view.statuses[step.id] for step in phase.steps)
        if standing.status is not Status.NOT_APPLICABLE
    }
    return waits.pop() if len(waits) == 1 else ""


def phase_row(view: RunView, phase: Phase, *, folded: bool, waits: str) -> ChecklistRow:
    """The row of a phase.

    Args:
        view: the run.
        phase: a phase of its runbook.
        folded: whether its steps are out of sight.
        waits: what all its steps wait for.
    """
    number = view.plan.phase_numbers[phase.id]
    sign = FOLDED if folded else UNFOLDED
    title = f"{sign} {number} {sanitize.line(phase.title)}"
    if next_action.is_unentered_aside(view, phase):
        return ChecklistRow(
            is_phase=True,
            title=title,
            mark=UNENTERED_ASIDE_MARK,
            right="aside",
            right_role="muted",
            is_dim=True,
        )
    count = view.counts.phase(phase)
    mark = phase_mark(count.statuses)
    if folded and set(count.statuses) == {Status.NOT_APPLICABLE}:
        return ChecklistRow(
            is_phase=True,
            title=title,
            mark=mark,
            right=_not_for_text(view, phase.steps) or mark.word,
            right_if_short=mark.word,
            right_role=mark.role,
            is_dim=True,
        )
    took = count.runtime(view.now)
    is_bad = mark.role == "bad"
    right = waits or (clock_duration(took) if took >= 1 else "")
    return ChecklistRow(
        is_phase=True,
        title=title,
        mark=mark,
        right=mark.word if is_bad else right,
        right_role="bad" if is_bad else "muted",
        is_dim=mark.role == "muted" and Status.WAITING not in count.statuses,
    )


def step_row(view: RunView, step: Step, *, phase_wait: str) -> ChecklistRow:
    """The row of a step.

    Args:
        view: the run.
        step: a step of its runbook.
        phase_wait: what the row of its phase says that all its steps wait for.
    """
    title = f"{view.plan.numbers[step.id]} {sanitize.line(step.title)}"
    phase = view.plan.phase_of[step.id]
    if next_action.is_unentered_aside(view, phase):
        return ChecklistRow(
            is_phase=False,
            title=title,
            mark=UNENTERED_ASIDE_MARK,
            right="",
            right_role="muted",
            is_dim=True,
        )
    standing = view.statuses[step.id]
    right, role = _right(view, step, standing)
    mark = STATUS_MARKS[standing.status]
    of_hosts, short = "", ""
    if (
        standing.status is Status.RUNNING
        or standing.status in STATUSES_NEEDING_DECISION
    ):
        of_hosts, short = hosts_texts(view, step.id)
    return ChecklistRow(
        is_phase=False,
        title=title,
        mark=mark,
        right=of_hosts or right,
        right_if_short=short or (mark.word if standing.not_for else ""),
        right_role=role,
        is_dim=mark.role == "muted",
        repeats_phase=bool(phase_wait) and standing.status is Status.WAITING,
        may_omit_right=not of_hosts
        and standing.status is not Status.RUNNING
        and (standing.status is not Status.PASSED or role == "muted"),
    )


def left_out_row(view: RunView, steps: Sequence[Step]) -> ChecklistRow:
    """The row that stands for steps of a phase that do not apply.

    Args:
        view: the run.
        steps: those steps.
    """
    mark = STATUS_MARKS[Status.NOT_APPLICABLE]
    why = _not_for_text(view, steps) or f"do{'es' * (len(steps) == 1)} not apply"
    return ChecklistRow(
        is_phase=False,
        title=f"{len(steps)} step{'s' * (len(steps) > 1)}: {why}",
        mark=mark,
        right="",
        right_role=mark.role,
        is_dim=True,
    )


def _not_for_text(view: RunView, steps: Sequence[Step]) -> str:
    """Why steps do not apply, short; empty where that differs between them."""
    found = {view.statuses[step.id].not_for for step in steps}
    return sanitize.line(found.pop()) if len(found) == 1 else ""


def _right(view: RunView, step: Step, standing: StepStatus) -> tuple[str, Role]:
    mark = STATUS_MARKS[standing.status]
    match standing.status:
        case Status.PENDING:
            return "", "muted"
        case Status.RUNNING:
            words = view.watch_progress(step) or clock_duration(
                view.runtime(step.id) or 0.0
            )
            return (f"live {words}" if is_live_output(step) else words), "accent"
        case Status.WAITING:
            return _wait(view, standing), "muted"
        case Status.PASSED if kind_of(step) == "message":
            return delivery_summary(view, step)
        case Status.PASSED:
            return _done(view, step), "muted"
        case status if status in STATUSES_NEEDING_DECISION:
            return mark.word, "bad"
        case Status.NOT_APPLICABLE if standing.not_for:
            words = sanitize.line(standing.not_for)
            fits = cell_len(words) <= MAX_NOT_FOR_CELLS
            return words if fits else mark.word, mark.role
        case _:
            return mark.word, mark.role


def _wait(view: RunView, standing: StepStatus) -> str:
    """What it waits for, as short as can be; the detail pane says it in full."""
    wait = standing.waits[0]
    match wait.kind:
        case "gate" | "needs":
            return wait.text
        case "approval":
            return "approval"
        case "secret":
            return cut(f"lost {sanitize.line(wait.on)}", MAX_ANSWER_CELLS)
        case "guard":
            return "undecided"
        case "choice" | "variable":
            giver = view.plan.step_that_sets.get(wait.on)
            if giver is not None:
                return f"needs {view.plan.numbers[giver]}"
            return cut(f"no {sanitize.line(wait.on)}", MAX_ANSWER_CELLS)


def _done(view: RunView, step: Step) -> str:
    """How long it took; of what a person did, who or what was answered."""
    own = view.step_state(step.id)
    if kind_of(step) in ("manual", "choose") and own.reason:
        words = sanitize.line(own.reason)
        if cell_len(words) <= MAX_ANSWER_CELLS:
            return words
        return "chosen" if kind_of(step) == "choose" else "done"
    if kind_of(step) == "manual":
        return "done"
    took = view.runtime(step.id) or 0.0
    if took < 0.1:
        return "< 0.1 s"
    return duration_in_words(took) if took < 1 else clock_duration(took)


def step_counts_text(view: RunView) -> str:
    """How many steps are done, and how many went wrong or did not just pass.

    What failed, is unknown or was undone is not among those done; what warned, was
    skipped or overridden is. It stands on the checklist's border.
    """
    done, total = view.counts.progress
    counts = view.counts.statuses
    reported_statuses = STATUSES_NEEDING_DECISION | {
        Status.WARNED,
        Status.UNDONE,
        Status.SKIPPED,
        Status.OVERRIDDEN,
    }
    worst_first = sorted(
        (status for status in counts if status in reported_statuses),
        key=lambda status: status not in STATUSES_NEEDING_DECISION,
    )
    parts = [f"{done} of {total} done"]
    parts += [f"{counts[status]} {STATUS_MARKS[status].word}" for status in worst_first]
    return " · ".join(parts)


class ChecklistOutline:
    """The rows that are listed now, by key and by place.

    Phases fold only when the person folds them: rows that went away by themselves would
    move the others under the eyes of whoever reads them. A phase off the main line is
    folded until the run turns aside to it. Steps that do not apply are another's: what
    has been decided leaves one row of them in each phase, or the phase's own.
    """

    def __init__(self) -> None:
        self.keys: tuple[RowKey, ...] = ()
        """The key of each row."""
        self.query = ""
        """What is searched for; empty for all."""
        self.match_count = 0
        """Steps that match it."""
        self._view: RunView | None = None
        self._places: Mapping[RowKey, int] = {}
        self._toggled_phases: dict[str, bool] = {}
        """By phase: whether the person wants it folded."""
        self._left_out: frozenset[str] = frozenset()
        """The ids of the steps that do not apply, and why is known in short."""
        self._phases_shown_whole: frozenset[str] = frozenset()
        """The phases of which the person wants to see these, too."""
        self._source: tuple[object, ...] = ()
        self._waits: dict[str, str] = {}
        self._standings: object = None

    def update(self, view: RunView) -> bool:
        """List the rows of a run; returns whether other rows are listed than before."""
        self._view = view
        if view.statuses is not self._standings:
            self._standings = view.statuses
            self._waits = {}
            self._left_out = frozenset(
                step for step, own in view.statuses.items() if own.not_for
            )
        state = view.last_entry_number if self.query else 0
        made_of = (
            view.plan.step_additions_count,
            view.state.entered_phases,
            tuple(self._toggled_phases.items()),
            self._left_out,
            self._phases_shown_whole,
            self.query,
            state,
        )
        if made_of == self._source:
            return False
        self._source = made_of
        keys = self._matching_rows(view) if self.query else self._listed_rows(view)
        changed = keys != self.keys
        if changed:
            self.keys = keys
            self._places = {key: place for place, key in enumerate(keys)}
        return changed

    def _listed_rows(self, view: RunView) -> tuple[RowKey, ...]:
        listed: list[RowKey] = []
        for phase in view.runbook.phases:
            listed.append(PhaseRow(phase.id))
            if not self.is_folded(phase):
                hidden = {step.id for step in self._hidden_steps(phase)}
                ids = (step.id for step in phase.steps if step.id not in hidden)
                listed.extend(map(StepRow, ids))
                listed += [LeftOutRow(phase.id)] * bool(hidden)
        return tuple(listed)

    def _hidden_steps(self, phase: Phase) -> tuple[Step, ...]:
        """The steps of an open phase that one row stands for; one alone keeps its own.

        In a phase of which no step applies, that was unfolded, none is hidden.
        """
        found = tuple(step for step in phase.steps if step.id in self._left_out)
        is_whole = len(found) == len(phase.steps)
        is_shown = phase.id in self._phases_shown_whole or is_whole
        return () if len(found) < MIN_LEFT_OUT or is_shown else found

    @property
    def has_left_out(self) -> bool:
        """Whether steps that do not apply are out of sight, or were shown by a key."""
        hides = any(isinstance(key, LeftOutRow) for key in self.keys)
        view = self._view
        phases = view.runbook.phases if view is not None else ()
        return bool(
            hides or self._phases_shown_whole or any(map(self._is_left_out, phases))
        )

    def toggle_left_out(self) -> None:
        """Show the steps that do not apply; where any phase shows them, hide them."""
        view = self._view
        if view is None:
            return
        shown = bool(self._phases_shown_whole)
        for phase in filter(self._is_left_out, view.runbook.phases):
            if shown:
                self._toggled_phases.pop(phase.id, None)
            else:
                self._toggled_phases[phase.id] = False
        ids = () if shown else (phase.id for phase in view.runbook.phases)
        self._phases_shown_whole = frozenset(ids)

    def _is_left_out(self, phase: Phase) -> bool:
        """Whether no step of a phase applies, so that its own row says it."""
        return bool(phase.steps) and all(s.id in self._left_out for s in phase.steps)

    def _matching_rows(self, view: RunView) -> tuple[RowKey, ...]:
        """The steps that match, each under its phase."""
        matches = step_matcher(view, self.query)
        listed: list[RowKey] = []
        self.match_count = 0
        for phase in view.runbook.phases:
            steps = [StepRow(step.id) for step in phase.steps if matches(step)]
            if steps:
                listed += [PhaseRow(phase.id), *steps]
                self.match_count += len(steps)
        return tuple(listed)

    def is_folded(self, phase: Phase) -> bool:
        """Whether a phase's steps are out of sight."""
        entered = self._view.state.entered_phases if self._view is not None else ()
        is_shown = phase.id in entered or is_improvised(phase)
        folds = (phase.aside and not is_shown) or self._is_left_out(phase)
        return self._toggled_phases.get(phase.id, folds)

    def fold(self, key: RowKey | None) -> None:
        """Fold the phase of a row, or unfold it; unfold the row of left out steps."""
        phase = self._phase_of(key)
        if phase is not None and isinstance(self.visible_row(key), LeftOutRow):
            self._phases_shown_whole |= {phase.id}
        elif phase is not None:
            self._toggled_phases[phase.id] = not self.is_folded(phase)

    def fold_done(self) -> None:
        """Fold every phase that is done; where none is left to fold, unfold all."""
        view = self._view
        if view is None:
            return
        phases = view.runbook.phases
        done = [p for p in phases if not self.is_folded(p) and _is_done(view, p)]
        for phase in done or phases:
            if not next_action.is_unentered_aside(view, phase):
                self._toggled_phases[phase.id] = bool(done)

    def _phase_of(self, key: RowKey | None) -> Phase | None:
        view = self._view
        if view is None:
            return None
        if isinstance(key, LeftOutRow):
            return view.runbook.phase(key.phase_id)
        step = view.step(key)
        return view.plan.phase_of[step.id] if step is not None else view.phase(key)

    def visible_row(self, key: RowKey | None) -> RowKey | None:
        """The key of the row that shows a key.

        Its own; or the one of its phase's left out steps, or its folded phase's.
        """
        if key in self._places:
            return key
        phase = self._phase_of(key)
        if phase is None:
            return None
        rows = (LeftOutRow(phase.id), PhaseRow(phase.id))
        return next((row for row in rows if row in self._places), None)

    def row_index(self, key: RowKey | None) -> int:
        """The index of the row that shows a key; 0 without one."""
        row = self.visible_row(key)
        return self._places[row] if row is not None else 0

    def phase_near(self, row_index: int, direction: int) -> int:
        """The index of the phase row before a row, or after it.

        Args:
            row_index: the index of the row.
            direction: negative for before, else after.

        Returns:
            0, or the number of rows, where there is no such phase.
        """
        heads = [n for n, key in enumerate(self.keys) if isinstance(key, PhaseRow)]
        if direction < 0:
            return max((head for head in heads if head < row_index), default=0)
        return min((head for head in heads if head > row_index), default=len(self.keys))

    def row(self, key: RowKey) -> ChecklistRow:
        """The row of a key."""
        view = self._view
        assert view is not None
        match key:
            case PhaseRow(phase_id):
                phase = view.runbook.phase(phase_id)
                folded = self.is_folded(phase) and not self.query
                waits = self._wait(view, phase)
                return phase_row(view, phase, folded=folded, waits=waits)
            case LeftOutRow(phase_id):
                return left_out_row(
                    view, self._hidden_steps(view.runbook.phase(phase_id))
                )
            case StepRow(step_id):
                phase_wait = self._wait(view, view.plan.phase_of[step_id])
                return step_row(view, view.plan.steps[step_id], phase_wait=phase_wait)

    def _wait(self, view: RunView, phase: Phase) -> str:
        if phase.id not in self._waits:
            self._waits[phase.id] = common_wait(view, phase)
        return self._waits[phase.id]


def _is_done(view: RunView, phase: Phase) -> bool:
    done = GATE_OPENING_STATUSES | {Status.SKIPPED}
    return all(view.statuses[step.id].status in done for step in phase.steps)


def step_matcher(view: RunView, query: str) -> Callable[[Step], bool]:
    """Makes a test whether a step's row contains every word of the query.

    Args:
        view: the run.
        query: words; of a title, an id, a number, a state, or of who did it.
    """
    wanted = query.lower().split()

    def matches(step: Step) -> bool:
        standing = view.statuses[step.id]
        own = view.step_state(step.id)
        words = (
            f"{view.plan.numbers[step.id]} {sanitize.line(step.title)} {step.id} "
            f"{STATUS_MARKS[standing.status].word} {own.by} {own.reason} "
            f"{' '.join(wait.text for wait in standing.waits)} {standing.not_for}"
        ).lower()
        return all(word in words for word in wanted)

    return matches


FOLD_CLICK_CELLS = 5
"""Cells from the left in which a click folds a phase: its mark and its sign."""
FULL_CHECKLIST_CELLS = 36
"""Cells of width from which a step's row repeats what its phase's row says already."""


def draw_row(
    what: ChecklistRow,
    width: int,
    *,
    style: Callable[[str], Style],
    ground: Style,
    is_cursor: bool,
) -> Strip:
    """Draw a row.

    Args:
        what: what it says.
        width: cells.
        style: the style of a role.
        ground: the background of the whole row.
        is_cursor: whether the cursor is on it.
    """
    indent = "" if what.is_phase else "  "
    title = f"{indent}{what.title}"
    right = f" {what.right}" if what.right else ""
    is_crowded = cell_len(title) + cell_len(right) > width - 4
    if is_crowded and what.right_if_short:
        right = f" {what.right_if_short}"
    if width < FULL_CHECKLIST_CELLS and (
        what.repeats_phase or (what.may_omit_right and is_crowded)
    ):
        right = ""
    room = max(4, width - 4 - cell_len(right))
    role = "muted" if what.is_dim else "strong" if what.is_phase else "plain"
    left = CURSOR_GLYPH if is_cursor else " "
    segments = [
        Segment(f"{left}{what.mark.glyph} ", style(what.mark.role) + ground),
        Segment(padded(title, room), style(role) + ground),
        Segment(f"{right} ", style(what.right_role) + ground),
    ]
    return Strip(segments)


CHECKLIST_TITLE = "Checklist"


class ChecklistLine(NamedTuple):
    """A line of the checklist."""

    row: ChecklistRow
    is_cursor: bool


class Checklist(CursorList[ChecklistLine]):
    """The rows, with a cursor to move, phases to fold, and a line to search in."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("checklist")]

    view: reactive[RunView | None] = reactive(None, repaint=False)
    key: reactive[RowKey | None] = reactive[RowKey | None](None, repaint=False)

    class Moved(Message):
        """The person wants the cursor on a row; the owner moves it, by `key`."""

        def __init__(self, key: RowKey) -> None:
            super().__init__()
            self.key = key

    class EditWanted(Message):
        """The source of a row is to be edited."""

        def __init__(self, key: RowKey) -> None:
            super().__init__()
            self.key = key

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__("title, id, or state such as failed", id=id)
        self.border_title = CHECKLIST_TITLE
        self._outline = ChecklistOutline()
        self._key_before_search: RowKey | None = None
        """Where the cursor was when a search began."""

    @property
    def row_count(self) -> int:
        """The number of rows that are listed."""
        return len(self._outline.keys)

    @property
    def cursor_index(self) -> int:
        """The row under the cursor."""
        return self._outline.row_index(self.key)

    def move_to(self, index: int) -> None:
        """Ask the owner to put the cursor on a row."""
        self.post_message(self.Moved(self._outline.keys[index]))

    def line_at(self, y: int) -> ChecklistLine | None:
        """The row at a visible line, and whether the cursor is on it."""
        if self.view is None or self.top + y >= self.row_count:
            return None
        key = self._outline.keys[self.top + y]
        is_cursor = key == self._outline.visible_row(self.key)
        return ChecklistLine(self._outline.row(key), is_cursor)

    def draw_line(self, line: ChecklistLine, width: int, *, is_focused: bool) -> Strip:
        """Draw a row; the cursor's is bright where keys go to the list."""
        ground = self.style_of("cursor") if line.is_cursor else Style.null()
        if line.is_cursor and not is_focused:
            ground = Style(bgcolor=ground.bgcolor, bold=True)
        return draw_row(
            line.row,
            width,
            style=self.style_of,
            ground=ground,
            is_cursor=line.is_cursor,
        )

    def watch_view(self) -> None:
        """Draw the visible rows that have changed."""
        if self.view is None or not self.is_mounted:
            return
        if self._outline.update(self.view):
            self.show_cursor()
            self.refresh()
        self.redraw_changed()
        self._show_count()

    def on_mount(self) -> None:
        """Now there is something to draw."""
        self.watch_view()

    def _show_count(self) -> None:
        view = self.view
        if view is None:
            return
        words = step_counts_text(view)
        if self._outline.query:
            words = (
                f"{self._outline.match_count} of {len(view.plan.steps)} found · Esc all"
            )
        words = cut(words, max(0, self.size.width - 2))
        if words != str(self.border_subtitle or ""):
            self.border_subtitle = Content(words)

    def watch_key(self) -> None:
        """Move the cursor, and scroll as far as necessary."""
        if not self.is_mounted:
            return
        if self.show_cursor():
            self.refresh()
        else:
            self.redraw_changed()

    def on_resize(self) -> None:
        """Keep the cursor visible."""
        self.show_cursor()
        self._show_count()

    def _rebuild_rows(self) -> None:
        if self.view is not None:
            self._outline.update(self.view)
            self.show_cursor()
            self._show_count()
            self.refresh()

    def action_phase(self, count: int) -> None:
        """Move to the phase before or after."""
        self.move_near(self._outline.phase_near(self.cursor_index, count))

    def action_fold(self) -> None:
        """Fold the phase under the cursor, or unfold it."""
        self._outline.fold(self.key)
        self._rebuild_rows()

    def action_fold_done(self) -> None:
        """Fold what is done, or unfold all."""
        self._outline.fold_done()
        self._rebuild_rows()

    @property
    def has_left_out(self) -> bool:
        """Whether steps that do not apply are out of sight, or were shown by a key."""
        return self._outline.has_left_out

    def action_left_out(self) -> None:
        """Show the steps that do not apply, or hide them."""
        if not self.has_left_out:
            self.notify("No step is out of sight: each one applies.", markup=False)
            return
        self._outline.toggle_left_out()
        self._rebuild_rows()

    def action_edit(self) -> None:
        """Edit the step or phase under the cursor."""
        if self.key is not None:
            self.post_message(self.EditWanted(self.key))

    def action_filter(self) -> None:
        """Search for steps."""
        self._key_before_search = self.key
        self.border_title = f"{CHECKLIST_TITLE} · filter"
        super().action_filter()

    def cancel_search(self) -> None:
        """Return to where the cursor was before the search."""
        super().cancel_search()
        if self._key_before_search is not None:
            self.post_message(self.Moved(self._key_before_search))

    def clear_filter(self) -> None:
        """List all steps again."""
        self.border_title = CHECKLIST_TITLE
        self._outline.query = ""
        super().clear_filter()
        self._rebuild_rows()

    def search(self, query: str) -> None:
        """List what matches; the cursor moves only if its row is not listed."""
        self._outline.query = query
        self.top = 0
        self._rebuild_rows()
        if query and self.key not in self._outline.keys:
            self.move_near(1)  # below the phase that it is in

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the pointer is; on a phase's sign, fold it."""
        index = self.row_under(event)
        if index is None:
            return
        event.stop()
        key = self._outline.keys[index]
        offset = event.get_content_offset(self)
        is_sign = offset is not None and offset.x < FOLD_CLICK_CELLS
        if is_sign and not isinstance(key, StepRow):
            self._outline.fold(key)
            self._rebuild_rows()
        else:
            self.move_to(index)
