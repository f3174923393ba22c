"""Which rows the checklist lists: phases that were folded, steps that were found."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mobius_tui import sanitize
from mobius_tui.run.steps import OPEN, Status
from mobius_tui.runbook.model import Phase, Step
from mobius_tui.tui import offers
from mobius_tui.tui.glyphs import MARKS
from mobius_tui.tui.outline import Row, common_wait, phase_row, step_row
from mobius_tui.tui.view import PHASE, RunView


class Outline:
    """The rows that are listed now, by key and by place.

    Phases fold only when the person folds them: rows that went away by themselves would
    move the others under the eyes of whoever reads them. A phase off the main line is
    folded until the run turns aside to it.
    """

    def __init__(self) -> None:
        self.keys: tuple[str, ...] = ()
        """The key of each row."""
        self.query = ""
        """What is searched for; empty for all."""
        self.found = 0
        """Steps that match it."""
        self._view: RunView | None = None
        self._places: Mapping[str, int] = {}
        self._turned: dict[str, bool] = {}
        """By phase: whether the person wants it folded."""
        self._made_of: tuple[object, ...] = ()
        self._waits: dict[str, str] = {}
        self._standings: object = None

    def look(self, view: RunView) -> bool:
        """List the rows of a run; returns whether other rows are listed than before."""
        self._view = view
        if view.standings is not self._standings:
            self._standings = view.standings
            self._waits = {}
        state = view.last_n if self.query else 0
        made_of = (view.state.entered, tuple(self._turned.items()), self.query, state)
        if made_of == self._made_of:
            return False
        self._made_of = made_of
        keys = self._found(view) if self.query else self._listed(view)
        changed = keys != self.keys
        if changed:
            self.keys = keys
            self._places = {key: place for place, key in enumerate(keys)}
        return changed

    def _listed(self, view: RunView) -> tuple[str, ...]:
        found: list[str] = []
        for phase in view.runbook.phases:
            found.append(PHASE + phase.id)
            if not self.is_folded(phase):
                found.extend(step.id for step in phase.steps)
        return tuple(found)

    def _found(self, view: RunView) -> tuple[str, ...]:
        """The steps that match, each under its phase."""
        matches = matcher(view, self.query)
        found: list[str] = []
        self.found = 0
        for phase in view.runbook.phases:
            steps = [step.id for step in phase.steps if matches(step)]
            if steps:
                found += [PHASE + phase.id, *steps]
                self.found += len(steps)
        return tuple(found)

    def is_folded(self, phase: Phase) -> bool:
        """Whether a phase's steps are out of sight."""
        entered = self._view.state.entered if self._view is not None else ()
        return self._turned.get(phase.id, phase.aside and phase.id not in entered)

    def fold(self, key: str | None) -> None:
        """Fold the phase of a row, or unfold it."""
        phase = self._phase_of(key)
        if phase is not None:
            self._turned[phase.id] = not self.is_folded(phase)

    def fold_done(self) -> None:
        """Fold every phase that is done; where none is left to fold, unfold all."""
        view = self._view
        if view is None:
            return
        phases = view.runbook.phases
        done = [p for p in phases if not self.is_folded(p) and _is_done(view, p)]
        for phase in done or phases:
            if not offers.is_off(view, phase):
                self._turned[phase.id] = bool(done)

    def _phase_of(self, key: str | None) -> Phase | None:
        view = self._view
        if view is None or key is None:
            return None
        return view.phase(key) or view.plan.phase_of.get(key)

    def shown(self, key: str | None) -> str | None:
        """The row that stands for a key: its own, or that of its folded phase."""
        if key in self._places:
            return key
        phase = self._phase_of(key)
        head = PHASE + phase.id if phase is not None else None
        return head if head in self._places else None

    def place(self, key: str | None) -> int:
        """The place of the row that stands for a key; the first without one."""
        return self._places.get(self.shown(key) or "", 0)

    def phase_near(self, place: int, count: int) -> int:
        """The place of the phase before a row, or after it."""
        heads = [n for n, key in enumerate(self.keys) if key.startswith(PHASE)]
        if count < 0:
            return max((head for head in heads if head < place), default=0)
        return min((head for head in heads if head > place), default=len(self.keys))

    def row(self, key: str) -> Row:
        """What a row says."""
        view = self._view
        assert view is not None
        phase = view.phase(key)
        if phase is not None:
            folded = self.is_folded(phase) and not self.query
            return phase_row(view, phase, folded=folded, waits=self._wait(view, phase))
        step = view.plan.steps[key]
        phase = view.plan.phase_of[step.id]
        return step_row(view, step, said_above=self._wait(view, phase))

    def _wait(self, view: RunView, phase: Phase) -> str:
        if phase.id not in self._waits:
            self._waits[phase.id] = common_wait(view, phase)
        return self._waits[phase.id]


def _is_done(view: RunView, phase: Phase) -> bool:
    done = OPEN | {Status.SKIPPED}
    return all(view.standings[step.id].status in done for step in phase.steps)


def matcher(view: RunView, query: str) -> Callable[[Step], bool]:
    """Whether a step matches: every word of the query is in what its row says.

    Args:
        view: the run.
        query: words; of a title, an id, a number, a state, or of who did it.
    """
    wanted = query.lower().split()

    def matches(step: Step) -> bool:
        standing = view.standings[step.id]
        own = view.own(step.id)
        words = (
            f"{view.plan.numbers[step.id]} {sanitize.line(step.title)} {step.id} "
            f"{MARKS[standing.status].word} {own.by} {own.reason} "
            f"{' '.join(wait.text for wait in standing.waits)}"
        ).lower()
        return all(word in words for word in wanted)

    return matches
