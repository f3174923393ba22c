"""The score of a drill: how long each part of it took, and which mistakes were made.

Pure: a fold over the journal's entries. The recorded health checks, and what was still
wrong with the site at the end, are passed in when the score is computed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from mobius_tui.health.health_history import HealthHistory
from mobius_tui.json_border import Integer, Span
from mobius_tui.run.events.event import Event
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import AutoStarted, HintGiven, NoteAdded
from mobius_tui.run.events.step_events import (
    ChoiceMade,
    StepEnded,
    StepOverridden,
    StepSkipped,
    StepStarted,
)
from mobius_tui.run.journal.outage_times import (
    FAILED_ATTEMPT_RESULTS,
    NON_TEAM_AUTHORS,
    MilestoneTracker,
)
from mobius_tui.run.planning.plan import Plan, effect_of
from mobius_tui.run.planning.proposal import is_out_of_order
from mobius_tui.run.state.reducer import advance, initial_state
from mobius_tui.run.state.step_state import PASSED_STATUSES, Status
from mobius_tui.structs import replace

TIME_FIELDS = ("detected", "decided", "restored", "steady")
"""The times of a score, in the order in which they come about."""


class FaultFacts(Struct, frozen=True, kw_only=True):
    """The facts about the injected faults that a score is computed from."""

    faults: tuple[str, ...] = ()
    """Their names, in order."""
    injected: float | None = None
    """When the first of them was injected, even if before the run: seconds since 1970;
    `None` if no injection is on record."""
    failing_steps: frozenset[str] = frozenset()
    """Steps that the faults make fail, by id."""
    repair_steps: frozenset[str] | None = None
    """The steps that change something and that repair the faults, as `Score.changed`
    has them; `None` where that is not known."""
    own_staging: bool = False
    """Whether it was a team's own staging that was broken."""


class Score(Struct, frozen=True, kw_only=True):
    """What a drill came to; times are seconds from its beginning.

    It begins with the run, or with the first fault where one was injected later. Steps
    are given by number and title, as `Plan.name` has them; only `changed` has ids.
    """

    faults: tuple[str, ...] = ()
    automatic: bool = False
    """Whether it ran by itself, at least in part."""
    handled: bool | None = None
    """Whether the site was truly restored; `None` where nobody looked."""
    left: tuple[str, ...] = ()
    """What the site showed to be wrong at the end, in words."""
    injected: Span | None = None
    """When the first fault was injected, if that was after the run began: seconds from
    the beginning of the run."""
    detected: Span | None = None
    """`detected`, `decided`, `restored` and `steady` are milestones, as
    `mobius_tui.run.journal.outage_times` has them: first sign, decision, service
    restored, three healthy checks in a row."""
    decided: Span | None = None
    restored: Span | None = None
    """`None`, if not handled."""
    steady: Span | None = None
    wrong: tuple[str, ...] = ()
    """Steps that failed, and not by the fault: those that change something and ended
    badly, unless the fault reddens them; those that only look and ended badly after
    the service was restored; and, of a team, those that change something and are not on
    the way that repairs the fault, where that way is known."""
    skipped: tuple[str, ...] = ()
    """Steps that are skipped at the end, without those that are optional."""
    out_of_order: tuple[str, ...] = ()
    """Steps that a person began while one before them was still to be done."""
    overridden: tuple[str, ...] = ()
    """Steps that a person vouched for."""
    changed: tuple[str, ...] = ()
    """Steps that were begun and change something, by the id that they were first
    written under: a step that is used again elsewhere is the same step."""
    hints: Integer = 0
    """Hints that the team was given."""
    undo_proved: tuple[str, ...] = ()
    """Steps that were undone as they say, and then done again, each by its checks."""
    undo_unchecked: tuple[str, ...] = ()
    """Steps that were undone and done again, where a check of either is missing."""
    unsaid: tuple[str, ...] = ()
    """What the runbook failed to say: notes, and reasons of skips and overrides."""


def score_times(score: Score) -> tuple[float | None, ...]:
    """The times of a score, as `TIME_FIELDS` names them."""
    return (score.detected, score.decided, score.restored, score.steady)


class DrillScorer:
    """Scores a drill by its entries; gives the score at any time."""

    def __init__(self, plan: Plan) -> None:
        """Start with no entries.

        Args:
            plan: the run's, at any of its moments; says what each step does, and in
                which order they come. This grows one of its own.
        """
        plan = plan.at_start()
        self._plan = plan
        self._state = initial_state(plan.first_runbook)
        self._automatic = False
        self._milestone_tracker = MilestoneTracker(plan)
        self._changing_steps: dict[str, str] = {}
        """Steps that change something, by the id that they were first written under."""
        self._failures: list[tuple[float, str]] = []
        """The time and step of each attempt that ended badly."""
        self._out_of_order: dict[str, None] = {}
        self._overridden: dict[str, None] = {}
        self._undone: set[str] = set()
        """Steps whose undo has passed."""
        self._redone: dict[str, None] = {}
        """Those of them that passed again after it."""
        self._unsaid: list[str] = []
        self._hints = 0

    def apply(self, entry: Entry) -> None:
        """Apply the next entry.

        Raises:
            StateError: it may not follow.
        """
        by_person = entry.by not in NON_TEAM_AUTHORS
        event = entry.event
        if by_person and isinstance(event, StepStarted | ChoiceMade):
            self._check_order(event.step)
        advance(self._state, entry)
        self._plan.catch_up(self._state)
        self._milestone_tracker.apply_entry(entry)
        self._count(event, entry.at)
        if by_person:
            self._unsaid += self._missing_text(event)
        if isinstance(event, StepOverridden):
            self._overridden[event.step] = None

    def _check_order(self, step_id: str) -> None:
        """Note a step that is begun before another that should come first."""
        if is_out_of_order(self._plan, self._state, step_id):
            self._out_of_order[step_id] = None

    def _count(self, event: Event, at: float) -> None:
        match event:
            case AutoStarted():
                self._automatic = True
            case HintGiven():
                self._hints += 1
            case StepStarted(step=step) if self._changes_something(step):
                self._changing_steps.setdefault(
                    self._plan.steps[step].same_as or step, step
                )
            case StepEnded(step=step, result=result) if (
                result in FAILED_ATTEMPT_RESULTS
            ):
                self._failures.append((at, step))
            case StepEnded(step=step, result=result) if result in PASSED_STATUSES:
                self._note_undo(step)
            case _:
                pass

    def _note_undo(self, step_id: str) -> None:
        """Note a step that has passed, and undid another, or was undone before."""
        undone = self._plan.steps[step_id].undo_of
        if undone:
            self._undone.add(undone)
        elif step_id in self._undone:
            self._redone[step_id] = None

    def _is_undo_checked(self, step_id: str) -> bool:
        """Whether a step, and the one that undoes it, both have checks."""
        undo = next(s for s in self._plan.steps.values() if s.undo_of == step_id)
        return bool(self._plan.steps[step_id].checks and undo.checks)

    def _changes_something(self, step_id: str) -> bool:
        step = self._plan.steps[step_id]
        return effect_of(step) != "read" and not step.undo_of

    def _missing_text(self, event: Event) -> Iterator[str]:
        """What a person had to add to the runbook."""
        match event:
            case NoteAdded(text=text, step=step):
                yield f"{self._plan.name(step)}: {text}" if step else text
            case StepSkipped(step=step, reason=reason):
                yield f"{self._plan.name(step)} skipped: {reason}"
            case StepOverridden(step=step, reason=reason):
                yield f"{self._plan.name(step)} overridden: {reason}"
            case _:
                pass

    def score(
        self,
        health_history: HealthHistory,
        left: tuple[str, ...] | None,
        facts: FaultFacts,
    ) -> Score:
        """The score by now.

        Args:
            health_history: the checks on record.
            left: what is still wrong with the site, in words; empty if nothing is,
                `None` if nobody has looked.
            facts: what is known of what broke the site.
        """
        found = self._milestone_tracker.milestones(health_history, facts.injected)
        if left:
            found = replace(found, restored=None, steady=None)
        late = found.broken - found.began

        def after(name: str) -> float | None:
            at = found.time_of(name)
            return None if at is None else at - found.broken

        return Score(
            faults=facts.faults,
            automatic=self._automatic,
            handled=None if left is None else not left,
            left=left or (),
            injected=late if late > 0 else None,
            detected=after("detected"),
            decided=after("decided"),
            restored=after("restored"),
            steady=after("steady"),
            wrong=self._named(self._wrong(facts, found.restored)),
            skipped=self._named(self._skipped()),
            out_of_order=self._named(self._out_of_order),
            overridden=self._named(self._overridden),
            hints=self._hints,
            changed=tuple(self._changing_steps),
            undo_proved=self._named(filter(self._is_undo_checked, self._redone)),
            undo_unchecked=self._named(
                step for step in self._redone if not self._is_undo_checked(step)
            ),
            unsaid=tuple(self._unsaid),
        )

    def _wrong(self, facts: FaultFacts, restored: float | None) -> Iterator[str]:
        for at, step in self._failures:
            looks = effect_of(self._plan.steps[step]) == "read"
            by_fault = looks and (restored is None or at <= restored)
            if step not in facts.failing_steps and not by_fault:
                yield step
        if facts.repair_steps is not None and not self._automatic:
            begun = self._changing_steps.items()
            yield from (
                step for first, step in begun if first not in facts.repair_steps
            )

    def _skipped(self) -> Iterator[str]:
        for step_id, own in self._state.steps.items():
            if own.status is Status.SKIPPED and not self._plan.steps[step_id].optional:
                yield step_id

    def _named(self, step_ids: Iterable[str]) -> tuple[str, ...]:
        return tuple(self._plan.name(step_id) for step_id in dict.fromkeys(step_ids))


def score(
    plan: Plan,
    entries: Iterable[Entry],
    past: HealthHistory,
    *,
    left: tuple[str, ...] | None,
    facts: FaultFacts,
) -> Score:
    """The score of a drill; see `DrillScorer`.

    Raises:
        StateError: an entry may not follow where it stands.
    """
    scoring = DrillScorer(plan)
    for entry in entries:
        scoring.apply(entry)
    return scoring.score(past, left, facts)
