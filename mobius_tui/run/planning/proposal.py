"""What is to be done next in a run, and in which order. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import takewhile
from typing import Literal

from msgspec import Struct

from mobius_tui.errors import MobiusError
from mobius_tui.run.planning.plan import (
    Plan,
    is_live_output,
    running_steps,
    step_blocking_start,
)
from mobius_tui.run.planning.step_status import (
    StepStatus,
    StepStatuses,
    Wait,
    step_statuses,
)
from mobius_tui.run.planning.undoing import is_undoing
from mobius_tui.run.state.added_steps import is_row_closed_by_parent
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import (
    STATUSES_NEEDING_DECISION,
    UNBEGUN_STATUSES,
    Status,
    will_retry,
)
from mobius_tui.runbook.model.runbook import ForEach, Step
from mobius_tui.runbook.model.runtime_steps import items_of_lines
from mobius_tui.runbook.model.templates import variables_set
from mobius_tui.structs import replace

ProposalKind = Literal["start", "decide", "running", "wait", "end", "ended"]
"""Start a step, decide on a failed one, a step is running, one waits for something, end
the run, or nothing as it has ended."""


class Proposal(Struct, frozen=True, kw_only=True):
    """What is to be done next, and at which step."""

    kind: ProposalKind
    step: str | None = None
    text: str = ""
    """Why, in words: what it waits for, how it failed; of the end, what was undone."""


def steps_in_order(plan: Plan, state: RunState) -> Iterator[Step]:
    """The steps in the order in which they are proposed now.

    In an aside phase, its own; while steps are undone, what undoes them, in the order
    that was asked for; nothing else where the run is open again for that alone. On the
    main line, from the phase that the run went to, and then what was left out before
    it.
    """
    if is_undoing(plan, state):
        yield from (plan.steps[step_id] for step_id in state.undo_order)
        return
    if state.is_reopened:
        return
    if state.aside_frames:
        yield from plan.runbook.phase(state.aside_frames[-1].phase).steps
        return
    ids = [phase.id for phase in plan.main_phases]
    start = ids.index(state.main_line_phase) if state.main_line_phase in ids else 0
    for phase in (*plan.main_phases[start:], *plan.main_phases[:start]):
        yield from phase.steps


def steps_passed_over(
    plan: Plan, state: RunState, statuses: StepStatuses
) -> tuple[Step, ...]:
    """The steps before the proposed one whose guards do not hold."""
    if not plan.has_guards:
        return ()
    next_one = propose(plan, state, statuses).step
    before = takewhile(
        lambda step: step.id != next_one and statuses[step.id].status != Status.UNDONE,
        steps_in_order(plan, state),
    )
    unbegun = UNBEGUN_STATUSES | {Status.NOT_APPLICABLE}
    return tuple(
        step
        for step in before
        if statuses[step.id].is_guard_false and state.steps[step.id].status in unbegun
    )


def rows_known_before_start(
    plan: Plan, state: RunState, statuses: StepStatuses
) -> Iterator[tuple[Step, tuple[str, ...]]]:
    """The steps of the current phase that will get rows and whose items are known now.

    Left out are steps whose items come from a command or whose guard has a check: these
    run only when the step begins. So are steps whose list is invalid: the error is
    reported when they begin.
    """
    at = propose(plan, state, statuses).step if plan.has_for_each else None
    if at is None:
        return
    phase = plan.phase_of[at]
    for step in phase.steps:
        each, standing = step.for_each, statuses[step.id]
        if each is None or each.command is not None or step.when_checks:
            continue
        is_pending = standing.status in (Status.PENDING, Status.WAITING)
        if not is_pending or step.id in state.rows_of or state.steps[step.id].attempts:
            continue
        is_undecided = any(w.kind in ("guard", "choice") for w in standing.waits)
        if is_undecided or any(
            each.variable in variables_set(other) for other in phase.steps
        ):
            continue
        with suppress(MobiusError):
            yield step, listed_items(each, state)


def listed_items(each: ForEach, state: RunState) -> tuple[str, ...]:
    """The items of a list, or of a variable as it is now.

    Raises:
        MobiusError: there are no items, too many, or an item is invalid.
    """
    if each.variable is None:
        return each.items
    held = state.variables.get(each.variable)
    return items_of_lines((held.text if held is not None else None) or "")


def propose(
    plan: Plan, state: RunState, statuses: StepStatuses | None = None
) -> Proposal:
    """What is to be done next.

    Args:
        plan: the runbook's.
        state: the run's.
        statuses: what `step_statuses` returns for them, where the caller has it.
    """
    if state.ended is not None:
        return Proposal(kind="ended", text=state.ended.reason)
    statuses = step_statuses(plan, state) if statuses is None else statuses
    undone = steps_left_undone(plan, state, statuses)
    if state.auto is not None and state.auto.rehearse_undo:
        undone = ()  # each step that it undoes is done again
    waiting: Step | None = None
    for step in steps_in_order(plan, state):
        own, phase = statuses[step.id], plan.phase_of[step.id]
        is_row = step.id in plan.parent_of and not step.undo_of
        if phase.parallel > 1 or is_row:
            group = _group_begun_by(plan, state, step, may_start=waiting is None)
            if group is not None and undone:
                group = replace(group, may_start=False)
            if group is not None:
                found = _propose_in_group(plan, state, statuses, group)
                if found is not None:
                    return found
                if waiting is None and not undone:
                    waiting = _waiting_in_group(plan, state, statuses, group)
        elif own.status is Status.RUNNING and not is_live_output(step):
            return Proposal(kind="running", step=step.id)
        elif own.status in STATUSES_NEEDING_DECISION and step.id not in state.rows_of:
            return Proposal(kind="decide", step=step.id, text=own.reason)
        elif undone:
            continue
        elif _is_ready(own) and (
            waiting is None or _sets_awaited(step, statuses[waiting.id])
        ):
            return Proposal(kind="start", step=step.id)
        elif own.waits and waiting is None and step.id not in state.rows_of:
            waiting = step
    if waiting is None:
        return Proposal(kind="end", text=_undone_text(plan, undone))
    waits = statuses[waiting.id].waits
    text = ", ".join(
        wait.text if waiting.undo_of else _wait_text(plan, wait, statuses)
        for wait in waits
    )
    return Proposal(kind="wait", step=waiting.id, text=text)


def steps_left_undone(
    plan: Plan, state: RunState, statuses: StepStatuses
) -> tuple[Step, ...]:
    """The undone steps among those that are proposed now: nothing is, past them.

    What was taken back is done again only by somebody who goes to it; what follows it
    was to follow what does not stand any more. A step with rows is not among them.
    """
    if Status.UNDONE not in {own.status for own in state.steps.values()}:
        return ()
    return tuple(
        step
        for step in steps_in_order(plan, state)
        if statuses[step.id].status is Status.UNDONE and step.id not in state.rows_of
    )


MAX_UNDONE_NAMED = 3
"""Undone steps that are named in a line."""


def _undone_text(plan: Plan, undone: tuple[Step, ...]) -> str:
    """That steps were undone, in words; empty where none was."""
    if not undone:
        return ""
    more = len(undone) - MAX_UNDONE_NAMED
    names = ", ".join(plan.name(step.id) for step in undone[:MAX_UNDONE_NAMED])
    verb = "was" if len(undone) == 1 else "were"
    return f"{names}{f' and {more} more' if more > 0 else ''} {verb} undone"


def _is_ready(own: StepStatus) -> bool:
    """Whether a step could begin: nothing of it stands, and it waits for nothing."""
    return own.status in UNBEGUN_STATUSES and not own.waits


class _Group(Struct, frozen=True):
    """Steps that may run side by side: of a parallel phase, or rows of one step."""

    steps: tuple[Step, ...]
    may_start: bool = True
    """Whether one of them may be proposed to start."""


def _group_begun_by(
    plan: Plan, state: RunState, step: Step, *, may_start: bool
) -> _Group | None:
    """The group whose first step this is; `None` for any other step."""
    phase = plan.phase_of[step.id]
    if phase.parallel > 1:  # rows in it are steps of it
        return _Group(phase.steps) if step is phase.steps[0] else None
    rows = state.rows_of[plan.parent_of[step.id]]
    if step.id != rows[0]:
        return None
    return _Group(tuple(plan.steps[row] for row in rows), may_start)


def _propose_in_group(
    plan: Plan, state: RunState, statuses: StepStatuses, group: _Group
) -> Proposal | None:
    """What is to be done next in a group, if anything is.

    Where too many steps have failed, no other begins, and running ones go on to their
    ends. An unknown step keeps all others from beginning, and is decided on first.
    """
    steps = [s for s in group.steps if not _needs_no_decision(plan, state, s)]
    ids = {step.id for step in steps}
    running = [step for step in running_steps(plan, state) if step.id in ids]
    bad = [
        step for step in steps if statuses[step.id].status in STATUSES_NEEDING_DECISION
    ]
    unknown = [s for s in bad if statuses[s.id].status is Status.UNKNOWN]
    tried_again = [s for s in bad if will_retry(s.retry, state.steps[s.id])]
    failed = [s for s in bad if s not in tried_again]
    begins = group.may_start and not unknown and not _have_too_many_failed(plan, failed)
    for step in steps if begins else ():
        is_ready = _is_ready(statuses[step.id])
        if is_ready and step_blocking_start(plan, state, step) is None:
            return Proposal(kind="start", step=step.id)
    if running:
        return Proposal(kind="running", step=running[0].id)
    for step in (*unknown, *tried_again, *bad):
        text = statuses[step.id].reason
        return Proposal(kind="decide", step=step.id, text=text)
    return None


def _waiting_in_group(
    plan: Plan, state: RunState, statuses: StepStatuses, group: _Group
) -> Step | None:
    """The first step of a group that waits; `None` where none does."""
    for step in group.steps:
        if statuses[step.id].waits and not _needs_no_decision(plan, state, step):
            return step
    return None


def _have_too_many_failed(plan: Plan, failed: list[Step]) -> bool:
    """Whether so many steps of a group have failed that no other one begins.

    Of the rows of one step, up to its `max_failed` may have failed.
    """
    for parent, count in Counter(plan.parent_of.get(s.id) for s in failed).items():
        each = plan.steps[parent].for_each if parent is not None else None
        if count > (each.max_failed if each is not None else 0):
            return True
    return False


def _needs_no_decision(plan: Plan, state: RunState, step: Step) -> bool:
    """Whether nobody has to decide on a bad step of a group.

    That is so of a step with rows, as its rows are decided on; and of a row whose
    parent has ended, unless the parent failed and the run does not continue after that.
    """
    if step.id in state.rows_of:
        return True
    if not is_row_closed_by_parent(state, step.id):
        return False
    failed = state.steps[plan.parent_of[step.id]].status is Status.FAILED
    return not failed or step.on_failure == "continue"


def _sets_awaited(step: Step, waiting: StepStatus) -> bool:
    """Whether a step is, or sets, what another waits for, and so comes before it."""
    return any(
        wait.on == step.id or wait.on in variables_set(step) for wait in waiting.waits
    )


def _wait_text(plan: Plan, wait: Wait, statuses: StepStatuses) -> str:
    """A wait in words, with what a person can do to end it."""
    if wait.kind not in ("variable", "choice", "guard"):
        return wait.text
    giver = plan.step_that_sets.get(wait.on)
    if giver is None:
        return wait.text
    skipped = statuses[giver].status is Status.SKIPPED
    do = "undo its skip" if skipped else "retry that"
    return f"{wait.text} ({plan.numbers[giver]} gives it: {do})"


_NOT_DONE_STATUSES = UNBEGUN_STATUSES | {Status.WAITING} | STATUSES_NEEDING_DECISION


def is_out_of_order(
    plan: Plan, state: RunState, step_id: str, statuses: StepStatuses | None = None
) -> bool:
    """Whether a step would begin before others that are due, or outside its phase.

    Steps that are optional, or live outputs, do not count.

    Args:
        plan: the run's.
        state: the run, before the step begins.
        step_id: the step.
        statuses: what `step_statuses` returns for them, where the caller has it.
    """
    undone = unfinished_steps_before(plan, state, step_id, statuses)
    return undone is None or bool(undone)


def unfinished_steps_before(
    plan: Plan, state: RunState, step_id: str, statuses: StepStatuses | None = None
) -> tuple[str, ...] | None:
    """The steps that are to be done before one; `None` in a phase the run is not in.

    Args:
        plan: the run's.
        state: the run, before the step begins.
        step_id: the step.
        statuses: what `step_statuses` returns for them, where the caller has it.
    """
    if is_live_output(plan.steps[step_id]) or plan.steps[step_id].improvised_by:
        return ()
    before = []
    own_phase, parent = plan.phase_of[step_id], plan.parent_of.get(step_id)
    for step in steps_in_order(plan, state):
        if step.id == step_id:
            break
        # Steps of a parallel phase and rows of one step have no order but `needs`.
        is_beside = own_phase.parallel > 1 and plan.phase_of[step.id] is own_phase
        if not step.undo_of:  # the steps that undo rows are in order
            others = (step.id, plan.parent_of.get(step.id, ""))
            is_beside = is_beside or parent in others
        is_left = is_row_closed_by_parent(state, step.id)
        if not (step.optional or is_live_output(step) or is_beside or is_left):
            before.append(step.id)
    else:
        return None  # its phase is not the run's current one
    undone = [each for each in before if state.steps[each].status in _NOT_DONE_STATUSES]
    if not undone:
        return ()
    statuses = step_statuses(plan, state) if statuses is None else statuses
    return tuple(each for each in undone if statuses[each].status in _NOT_DONE_STATUSES)
