"""Whether a step may be begun, ticked, decided, stopped or passed over now. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from mobius_tui.run.events.fleet_events import (
    RELEASABLE_HOLD_REASONS,
    HoldReason,
    HostStatus,
)
from mobius_tui.run.events.step_events import StepOverridden, StepRestored, StepSkipped
from mobius_tui.run.intents.intent_actions import (
    ChooseOptions,
    ListOptions,
    LookFirst,
    OverrideStep,
    ReleaseBatch,
    RestoreStep,
    RetryStep,
    SettleHost,
    SkipStep,
    StartStep,
    StopStep,
    TickStep,
)
from mobius_tui.run.planning.approval_rules import begin_refusal
from mobius_tui.run.planning.confirmation import step_confirmation_word
from mobius_tui.run.planning.lost_secrets import lost_secret_notice
from mobius_tui.run.planning.plan import (
    effect_of,
    kind_of,
    running_steps,
    step_blocking_start,
)
from mobius_tui.run.planning.situation import (
    NotPermittedError,
    RefusalCode,
    Situation,
    require_text,
)
from mobius_tui.run.planning.step_status import waits_of_retry
from mobius_tui.run.planning.undoing import undo_not_applicable_text
from mobius_tui.run.state.fleet_state import SETTLEMENTS_BY_STATUS, BatchHold, StepFleet
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import (
    STATUSES_NEEDING_DECISION,
    UNBEGUN_STATUSES,
    Status,
)
from mobius_tui.runbook.model.actions import Choose, Manual, Option
from mobius_tui.runbook.model.guards import guard_variables
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.runbook.model.value_kinds import value_problem

TICKABLE_KINDS = ("manual", "message")
"""The kinds of steps that a person does."""


def require_may_start(action: StartStep | RetryStep, situation: Situation) -> None:
    """Raise unless a script, a check or a watch over health may begin."""
    step = situation.step(action.step)
    name = situation.plan.name(step.id)
    require_next_attempt(situation, step, action.attempt)
    require_can_begin(situation, step, again=isinstance(action, RetryStep))
    if kind_of(step) in (*TICKABLE_KINDS, "choose"):
        words = f"{name} is for a person, not for a script"
        raise NotPermittedError(RefusalCode.WRONG_KIND, words)
    if isinstance(action, RetryStep):
        require_hosts_left(situation, step)
    require_may_begin_approved(situation, step)
    word = step_confirmation_word(
        situation.plan, situation.state, step, situation.by_whose_word
    )
    if word and action.confirm != word:
        words = (
            f"{name} destroys{situation.environment_phrase}; type {word} to confirm it"
        )
        raise NotPermittedError(RefusalCode.UNFILLED, words)


def require_may_tick(action: TickStep, situation: Situation) -> None:
    """Raise unless a manual or message step may be ticked as done.

    Whether an answer matches its pattern is checked later, when the host takes it.
    """
    step = situation.step(action.step)
    require_next_attempt(situation, step, action.attempt)
    require_can_begin(situation, step, again=True)
    if kind_of(step) not in TICKABLE_KINDS:
        words = f"{situation.plan.name(step.id)} cannot be ticked: it is to be run"
        raise NotPermittedError(RefusalCode.WRONG_KIND, words)
    require_may_begin_approved(situation, step)
    for ask in step.action.ask if isinstance(step.action, Manual) else ():
        if not action.answers.get(ask.var, "").strip():
            words = f"{ask.title or ask.var}: an answer is wanted"
            raise NotPermittedError(RefusalCode.UNFILLED, words)


def require_may_choose(action: ChooseOptions, situation: Situation) -> None:
    """Raise unless the decision may be made with these options."""
    step = situation.step(action.step)
    require_next_attempt(situation, step, action.attempt)
    require_can_begin(situation, step, again=True)
    decision = step.action
    if not isinstance(decision, Choose):
        words = f"{situation.plan.name(step.id)} is no decision"
        raise NotPermittedError(RefusalCode.WRONG_KIND, words)
    require_may_begin_approved(situation, step)
    options = available_options(decision, situation.state, typed=action.options)
    if not action.options or any(name not in options for name in action.options):
        words = f"choose one of: {', '.join(options)}"
        raise NotPermittedError(RefusalCode.UNFILLED, words)
    variable = situation.plan.runbook.variables[decision.var]
    for name in action.options if decision.from_run else ():
        if problem := value_problem(variable, name):
            raise NotPermittedError(RefusalCode.UNFILLED, problem)
    if len(action.options) > 1 and not decision.multi:
        raise NotPermittedError(RefusalCode.UNFILLED, "only one of them can be chosen")
    for phase in situation.plan.runbook.phases:
        if any(options[name].go == phase.id for name in action.options):
            situation.require_phase_enterable(phase)
    if (
        action.attempt > 1
        and not action.reason
        and _is_variable_used(situation, decision.var)
    ):
        words = "steps that depend on this have begun; give a reason to change"
        raise NotPermittedError(RefusalCode.UNFILLED, words)


def require_may_list_options(action: ListOptions, situation: Situation) -> None:
    """Raise unless the options of a decision may be listed: it may be made now."""
    step = situation.step(action.step)
    require_can_begin(situation, step, again=True)
    if not isinstance(step.action, Choose) or not step.action.from_run:
        words = f"{situation.plan.name(step.id)} has no command that lists its options"
        raise NotPermittedError(RefusalCode.WRONG_KIND, words)
    require_no_lost_secret(situation)


def require_no_lost_secret(situation: Situation) -> None:
    """Refuse to run what could print a lost secret that nobody went on without."""
    words = lost_secret_notice(situation.plan.runbook, situation.state)
    if words:
        raise NotPermittedError(RefusalCode.WAITS, words, words)


def available_options(
    decision: Choose, state: RunState, typed: Iterable[str] = ()
) -> dict[str, Option]:
    """What can be chosen now, by value.

    Args:
        decision: the decision.
        state: the run.
        typed: values that a person gave; where a command lists the options, which may
            fail, others may be typed.
    """
    listed = state.variables.get(decision.from_ or "")
    offered = decision.offered(listed.text if listed is not None else None)
    options = {option.value: option for option in offered if option.value}
    for value in typed if decision.from_run else ():
        if value.strip() and value.isprintable():
            options.setdefault(value, Option(value=value))
    return options


def _is_variable_used(situation: Situation, name: str) -> bool:
    """Whether a step that depends on a variable has begun."""
    plan = situation.plan
    return any(
        (name in guard_variables(step.when) or name in plan.variables_read[step.id])
        and situation.state.steps[step.id].attempts
        for step in plan.steps.values()
    )


def require_next_attempt(situation: Situation, step: Step, attempt: int) -> None:
    """Refuse what was meant for another attempt than the one that comes next."""
    number = situation.next_attempt(step)
    if attempt != number:
        words = (
            f"{situation.plan.name(step.id)} has moved on: attempt {attempt} was "
            f"asked for, the next is {number}"
        )
        raise NotPermittedError(RefusalCode.MOVED_ON, words)


def require_can_begin(situation: Situation, step: Step, *, again: bool) -> None:
    """Refuse to begin what waits, runs, or does not apply.

    Args:
        situation: as it is.
        step: the step.
        again: whether it may have been begun before.
    """
    if situation.state.ended is not None:
        words = "the run has ended; nothing can be started in it"
        raise NotPermittedError(RefusalCode.RUN_ENDED, words)
    require_no_rows(situation, step)
    plan, name = situation.plan, situation.plan.name(step.id)
    standing = situation.statuses[step.id]
    own = situation.state.steps[step.id].status
    if standing.waits:
        waits = ", ".join(wait.text for wait in standing.waits)
        raise NotPermittedError(RefusalCode.WAITS, f"{name} waits: {waits}", waits)
    require_applies(situation, step)
    if own is Status.RUNNING:
        raise NotPermittedError(RefusalCode.RUNNING, f"{name} is running already")
    if own is Status.SKIPPED:
        words = f"{name} was skipped; restore it first"
        raise NotPermittedError(RefusalCode.SKIPPED, words)
    require_undo_applies(situation, step)
    if own not in UNBEGUN_STATUSES | {Status.NOT_APPLICABLE} and not again:
        words = f"{name} has ended ({own}); retry it to run it again"
        raise NotPermittedError(RefusalCode.DONE, words)
    waits_now = waits_of_retry(plan, situation.state, step.id)
    if waits_now:
        waits = ", ".join(wait.text for wait in waits_now)
        raise NotPermittedError(RefusalCode.WAITS, f"{name} waits: {waits}", waits)
    busy = step_blocking_start(plan, situation.state, step)
    if busy is not None and not _may_begin_during_reads(situation, step):
        why = f"{plan.name(busy.id)} is running"
        raise NotPermittedError(RefusalCode.BUSY, f"{why}; one at a time", why)
    left = situation.survivors_of(step) if own is Status.UNKNOWN else ()
    if step.undo_of and not left:
        left = _survivors_of_undone(situation, step)
    if left:
        why = f"may still be running: {'; '.join(left)}. Stop that first"
        raise NotPermittedError(RefusalCode.ALIVE, f"{name} {why}", why)


def require_applies(situation: Situation, step: Step) -> None:
    """Refuse what does not apply; what a check of its guard found is looked at anew."""
    own = situation.statuses[step.id]
    excluded = own.status is Status.NOT_APPLICABLE or own.is_guard_false
    if excluded and not own.found_by_guard_check:
        why = own.reason if own.status is Status.NOT_APPLICABLE else own.not_for
        words = f"{situation.plan.name(step.id)} does not apply: {why}"
        raise NotPermittedError(RefusalCode.NOT_APPLICABLE, words, why)


def require_no_rows(situation: Situation, step: Step) -> None:
    """Refuse an action on a step that has rows already: it is done for each row."""
    if step.id in situation.state.rows_of:
        words = f"{situation.plan.name(step.id)} has rows: each is worked by itself"
        raise NotPermittedError(RefusalCode.DONE, words, "it has rows")


def require_undo_applies(situation: Situation, step: Step) -> None:
    """Refuse to undo what was not done, is undone already, or is not to be undone."""
    why = undo_not_applicable_text(situation.plan, situation.state, step)
    if why:
        words = f"{situation.plan.name(step.id)} does not apply: {why}"
        raise NotPermittedError(RefusalCode.NOT_APPLICABLE, words, why)


def _survivors_of_undone(situation: Situation, step: Step) -> tuple[str, ...]:
    """The living processes of the attempt to be undone, where its end is unknown."""
    undone = situation.plan.steps[step.undo_of]
    is_unknown = situation.state.steps[undone.id].status is Status.UNKNOWN
    return situation.survivors_of(undone) if is_unknown else ()


def _may_begin_during_reads(situation: Situation, step: Step) -> bool:
    """Whether a step of a running rollback may begin, as only steps that read run."""
    watch, phase_of = situation.state.watch, situation.plan.phase_of
    return (
        watch.rollback_running
        and watch.rollback is not None
        and phase_of[step.id].id == watch.rollback.phase
        and all(
            phase_of[busy.id].id != watch.rollback.phase and effect_of(busy) == "read"
            for busy in running_steps(situation.plan, situation.state)
        )
    )


def require_may_begin_approved(situation: Situation, step: Step) -> None:
    """Refuse whoever approved the step, and anybody once the approval has lapsed."""
    refused = begin_refusal(
        situation.plan, situation.state, step, uid=situation.uid, now=situation.now
    )
    if refused:
        words = f"{situation.plan.name(step.id)}: {refused}"
        raise NotPermittedError(RefusalCode.OWN_APPROVAL, words, refused)


def require_may_stop(action: StopStep, situation: Situation) -> None:
    """Raise unless the attempt to be stopped is the one that runs."""
    step = situation.step(action.step)
    own = situation.state.steps[step.id]
    if own.status is not Status.RUNNING or own.last_attempt is None:
        words = f"{situation.plan.name(step.id)} is not running ({own.status})"
        raise NotPermittedError(RefusalCode.NOT_RUNNING, words)
    if action.attempt not in (None, own.last_attempt.number):
        words = (
            f"attempt {action.attempt} has ended; {own.last_attempt.number} is running"
        )
        raise NotPermittedError(RefusalCode.MOVED_ON, words)


def require_may_look_first(action: LookFirst, situation: Situation) -> None:
    """Raise unless a failed step's checks alone may be made again."""
    step = situation.step(action.step)
    own, name = situation.state.steps[step.id], situation.plan.name(step.id)
    if not step.checks:
        words = f"{name} has no check; look at its output"
        raise NotPermittedError(RefusalCode.NO_CHECKS, words)
    if own.last_attempt is None or own.status not in STATUSES_NEEDING_DECISION:
        words = f"{name} is {own.status}: only what went wrong is looked at so"
        raise NotPermittedError(RefusalCode.NOT_BAD, words)
    require_applies(situation, step)
    require_no_lost_secret(situation)
    if step.id in situation.being_checked:
        words = f"{name} is being looked at already"
        raise NotPermittedError(RefusalCode.BEING_CHECKED, words)


def require_may_skip(action: SkipStep, situation: Situation) -> None:
    """Raise unless the step may be skipped, with a reason."""
    step = situation.step(action.step)
    require_no_rows(situation, step)
    name = situation.plan.name(step.id)
    if step.gate:
        raise NotPermittedError(
            RefusalCode.GATE, f"{name} is a gate; it cannot be skipped"
        )
    if situation.statuses[step.id].status is Status.NOT_APPLICABLE:
        raise NotPermittedError(
            RefusalCode.NOT_APPLICABLE, f"{name} does not apply anyway"
        )
    situation.require_event_allowed(StepSkipped(step=step.id, reason=action.reason))
    require_text(action.reason)


def require_may_restore(action: RestoreStep, situation: Situation) -> None:
    """Raise unless the skipped step may be made pending again."""
    step = situation.step(action.step)
    require_no_rows(situation, step)
    situation.require_event_allowed(StepRestored(step=step.id))


def require_may_override(action: OverrideStep, situation: Situation) -> None:
    """Raise unless a person may vouch for the step, with a reason."""
    step = situation.step(action.step)
    require_no_rows(situation, step)
    require_undo_applies(situation, step)
    situation.require_event_allowed(StepOverridden(step=step.id, reason=action.reason))
    require_text(action.reason)


def require_hosts_left(situation: Situation, step: Step) -> None:
    """Refuse to go over hosts again where one is unknown, or all have passed."""
    fleet = situation.state.fleets.get(step.id)
    newest = fleet.newest_states() if fleet is not None else {}
    if not newest:
        return
    name = situation.plan.name(step.id)
    unknown = [host for host, own in newest.items() if own.status is HostStatus.UNKNOWN]
    if unknown:
        more = f" (and {len(unknown) - 1} more)" if len(unknown) > 1 else ""
        why = f"nobody knows how far {unknown[0]}{more} got; say first whether it ran"
        raise NotPermittedError(RefusalCode.UNSETTLED, f"{name}: {why}", why)
    if fleet is not None and not fleet.to_do:
        why = "each of its hosts has passed: nothing is left to do"
        raise NotPermittedError(RefusalCode.DONE, f"{name}: {why}", why)


def require_may_release_batch(action: ReleaseBatch, situation: Situation) -> None:
    """Raise unless the batch is held, and a person may let it go on.

    Where the runbook waits for a person, that is the answer; past anything else, a
    reason stays on record.
    """
    step = situation.step(action.step)
    name = situation.plan.name(step.id)
    own = _fleet_of(situation, step).last_attempt
    if situation.state.steps[step.id].status is not Status.RUNNING:
        words = f"{name} is not running: none of its hosts is held"
        raise NotPermittedError(RefusalCode.NOT_RUNNING, words)
    if own is None or own.held is None:
        raise NotPermittedError(RefusalCode.NOTHING_HELD, f"{name} is not held")
    held = own.held
    if (action.attempt, action.batch) != (own.attempt, held.batch):
        words = (
            f"{name} has moved on: batch {action.batch} of attempt {action.attempt} "
            f"was meant, batch {held.batch} of attempt {own.attempt} is held"
        )
        raise NotPermittedError(RefusalCode.MOVED_ON, words)
    if held.why not in RELEASABLE_HOLD_REASONS:
        words = f"{name}, batch {held.batch}: {_hold_text(held)}; settle that first"
        raise NotPermittedError(RefusalCode.NOTHING_HELD, words)
    if held.why is not HoldReason.PERSON:
        require_text(action.reason)


def _hold_text(held: BatchHold) -> str:
    return held.reason or f"held: {held.why}"


def require_may_settle_host(action: SettleHost, situation: Situation) -> None:
    """Raise unless a person is asked what the host counts for."""
    step = situation.step(action.step)
    if situation.state.ended is not None:
        words = "the run has ended; nothing can be settled in it"
        raise NotPermittedError(RefusalCode.RUN_ENDED, words)
    own = _fleet_of(situation, step).newest_states().get(action.host)
    name, host = situation.plan.name(step.id), action.host
    if own is None:
        words = f"{name} has no host {host!r}"
        raise NotPermittedError(RefusalCode.UNKNOWN, words)
    if own.attempt != action.attempt:
        words = f"{host} was in attempt {own.attempt} last, not in {action.attempt}"
        raise NotPermittedError(RefusalCode.MOVED_ON, words)
    if own.settled is not None:
        words = f"{host} is settled already: {own.settled}"
        raise NotPermittedError(RefusalCode.SETTLED, words)
    ways = SETTLEMENTS_BY_STATUS.get(own.status, ())
    asks = step.rollout is not None and step.rollout.on_unreachable == "ask"
    if not ways or not own.wants_person(asks=asks):
        words = f"{host} is {own.status}: nobody is asked what it counts for"
        raise NotPermittedError(RefusalCode.SETTLED, words)
    if action.settled not in ways:
        words = f"{host} is {own.status}: say `{ways[0]}` or `{ways[1]}`"
        raise NotPermittedError(RefusalCode.UNFILLED, words)
    require_text(action.reason)


def _fleet_of(situation: Situation, step: Step) -> StepFleet:
    fleet = situation.state.fleets.get(step.id)
    if fleet is None:
        words = f"{situation.plan.name(step.id)} has begun on no host"
        raise NotPermittedError(RefusalCode.WRONG_KIND, words)
    return fleet
