"""Whether a step may be begun, ticked, decided, stopped or passed over now. Pure."""

from __future__ import annotations

from mobius_tui.run.events.step_events import StepOverridden, StepRestored, StepSkipped
from mobius_tui.run.intents.intent_actions import (
    ChooseOptions,
    LookFirst,
    OverrideStep,
    RestoreStep,
    RetryStep,
    SkipStep,
    StartStep,
    StopStep,
    TickStep,
)
from mobius_tui.run.planning.approval_rules import may_not_begin
from mobius_tui.run.planning.confirmation import step_word
from mobius_tui.run.planning.plan import effect_of, is_follower, kind_of
from mobius_tui.run.planning.situation import (
    Code,
    NotPermittedError,
    Situation,
    wanted,
)
from mobius_tui.run.planning.step_status import waits_of_retry
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import BAD, Status
from mobius_tui.runbook.model.actions import Choose, Manual, Option
from mobius_tui.runbook.model.guards import guard_variables
from mobius_tui.runbook.model.runbook import Step

TICKED = ("manual", "message")
"""The kinds of steps that a person does."""


def start(action: StartStep | RetryStep, situation: Situation) -> None:
    """A script, a check or a watch over health begins."""
    step = situation.step(action.step)
    name = situation.plan.name(step.id)
    on_time(situation, step, action.attempt)
    may_begin(situation, step, again=isinstance(action, RetryStep))
    if kind_of(step) in (*TICKED, "choose"):
        words = f"{name} is for a person, not for a script"
        raise NotPermittedError(Code.WRONG_KIND, words)
    not_own_approval(situation, step)
    word = step_word(situation.plan, situation.state, step)
    if word and action.confirm != word:
        words = f"{name} destroys{situation.where}; type {word} to confirm it"
        raise NotPermittedError(Code.UNFILLED, words)


def tick(action: TickStep, situation: Situation) -> None:
    """A person did a manual step, or told a message.

    Whether an answer matches its pattern is looked at when it is taken.
    """
    step = situation.step(action.step)
    on_time(situation, step, action.attempt)
    may_begin(situation, step, again=True)
    if kind_of(step) not in TICKED:
        words = f"{situation.plan.name(step.id)} cannot be ticked: it is to be run"
        raise NotPermittedError(Code.WRONG_KIND, words)
    not_own_approval(situation, step)
    for ask in step.action.ask if isinstance(step.action, Manual) else ():
        if not action.answers.get(ask.var, "").strip():
            words = f"{ask.title or ask.var}: an answer is wanted"
            raise NotPermittedError(Code.UNFILLED, words)


def choose(action: ChooseOptions, situation: Situation) -> None:
    """A decision is taken."""
    step = situation.step(action.step)
    on_time(situation, step, action.attempt)
    may_begin(situation, step, again=True)
    decision = step.action
    if not isinstance(decision, Choose):
        words = f"{situation.plan.name(step.id)} is no decision"
        raise NotPermittedError(Code.WRONG_KIND, words)
    not_own_approval(situation, step)
    options = options_of(decision, situation.state)
    if not action.options or any(name not in options for name in action.options):
        words = f"choose one of: {', '.join(options)}"
        raise NotPermittedError(Code.UNFILLED, words)
    if len(action.options) > 1 and not decision.multi:
        raise NotPermittedError(Code.UNFILLED, "only one of them can be chosen")
    for phase in situation.plan.runbook.phases:
        if any(options[name].go == phase.id for name in action.options):
            situation.may_enter(phase)
    if action.attempt > 1 and not action.reason and _used(situation, decision.var):
        words = "steps that depend on this have begun; give a reason to change"
        raise NotPermittedError(Code.UNFILLED, words)


def options_of(decision: Choose, state: RunState) -> dict[str, Option]:
    """What can be chosen now, by value."""
    listed = state.variables.get(decision.from_ or "")
    offered = decision.offered(listed.text if listed is not None else None)
    return {option.value: option for option in offered if option.value}


def _used(situation: Situation, name: str) -> bool:
    """Whether a step that depends on a variable has begun."""
    plan = situation.plan
    return any(
        (name in guard_variables(step.when) or name in plan.variables_read[step.id])
        and situation.state.steps[step.id].attempts
        for step in plan.steps.values()
    )


def on_time(situation: Situation, step: Step, attempt: int) -> None:
    """Refuse what was meant for another attempt than the one that comes next."""
    number = situation.number(step)
    if attempt != number:
        words = (
            f"{situation.plan.name(step.id)} has moved on: attempt {attempt} was "
            f"asked for, the next is {number}"
        )
        raise NotPermittedError(Code.MOVED_ON, words)


def may_begin(situation: Situation, step: Step, *, again: bool) -> None:
    """Refuse to begin what waits, runs, or does not apply.

    Args:
        situation: as it is.
        step: the step.
        again: whether it may have been begun before.
    """
    if situation.state.ended is not None:
        words = "the run has ended; nothing can be started in it"
        raise NotPermittedError(Code.RUN_ENDED, words)
    plan, name = situation.plan, situation.plan.name(step.id)
    standing = situation.standings[step.id]
    own = situation.state.steps[step.id].status
    if standing.status is Status.WAITING:
        waits = ", ".join(wait.text for wait in standing.waits)
        raise NotPermittedError(Code.WAITS, f"{name} waits: {waits}", waits)
    if standing.status is Status.NOT_APPLICABLE:
        words = f"{name} does not apply: {standing.reason}"
        raise NotPermittedError(Code.NOT_APPLICABLE, words, standing.reason)
    if own is Status.RUNNING:
        raise NotPermittedError(Code.RUNNING, f"{name} is running already")
    if own is Status.SKIPPED:
        words = f"{name} was skipped; restore it first"
        raise NotPermittedError(Code.SKIPPED, words)
    if own is not Status.PENDING and not again:
        words = f"{name} has ended ({own}); retry it to run it again"
        raise NotPermittedError(Code.DONE, words)
    waits_now = waits_of_retry(plan, situation.state, step.id)
    if waits_now:
        waits = ", ".join(wait.text for wait in waits_now)
        raise NotPermittedError(Code.WAITS, f"{name} waits: {waits}", waits)
    busy = situation.busy
    if busy is not None and not is_follower(step) and not _goes_first(situation, step):
        why = f"{plan.name(busy.id)} is running"
        raise NotPermittedError(Code.BUSY, f"{why}; one at a time", why)
    left = situation.alive(step) if own is Status.UNKNOWN else ()
    if left:
        why = f"may still be running: {'; '.join(left)}. Stop that first"
        raise NotPermittedError(Code.ALIVE, f"{name} {why}", why)


def _goes_first(situation: Situation, step: Step) -> bool:
    """Whether a step of the rollback need not wait for one that only reads."""
    watch, phase_of = situation.state.watch, situation.plan.phase_of
    busy = situation.busy
    return (
        watch.rollback_running
        and watch.rollback is not None
        and busy is not None
        and phase_of[step.id].id == watch.rollback.phase
        and phase_of[busy.id].id != watch.rollback.phase
        and effect_of(busy) == "read"
    )


def not_own_approval(situation: Situation, step: Step) -> None:
    """Let nobody begin what they approved themselves, or what was approved long ago."""
    refused = may_not_begin(
        situation.plan, situation.state, step, uid=situation.uid, now=situation.now
    )
    if refused:
        words = f"{situation.plan.name(step.id)}: {refused}"
        raise NotPermittedError(Code.OWN_APPROVAL, words, refused)


def stop(action: StopStep, situation: Situation) -> None:
    """A running attempt is asked to end."""
    step = situation.step(action.step)
    own = situation.state.steps[step.id]
    if own.status is not Status.RUNNING or own.last is None:
        words = f"{situation.plan.name(step.id)} is not running ({own.status})"
        raise NotPermittedError(Code.NOT_RUNNING, words)
    if action.attempt not in (None, own.last.number):
        words = f"attempt {action.attempt} has ended; {own.last.number} is running"
        raise NotPermittedError(Code.MOVED_ON, words)


def look_first(action: LookFirst, situation: Situation) -> None:
    """The checks of a step that went wrong are made, and nothing else of it."""
    step = situation.step(action.step)
    own, name = situation.state.steps[step.id], situation.plan.name(step.id)
    if not step.checks:
        words = f"{name} has no check; look at its output"
        raise NotPermittedError(Code.NO_CHECKS, words)
    if own.last is None or own.status not in BAD:
        words = f"{name} is {own.status}: only what went wrong is looked at so"
        raise NotPermittedError(Code.NOT_BAD, words)
    if step.id in situation.being_checked:
        words = f"{name} is being looked at already"
        raise NotPermittedError(Code.BEING_CHECKED, words)


def skip(action: SkipStep, situation: Situation) -> None:
    """A step is passed over."""
    step = situation.step(action.step)
    name = situation.plan.name(step.id)
    if step.gate:
        raise NotPermittedError(Code.GATE, f"{name} is a gate; it cannot be skipped")
    if situation.standings[step.id].status is Status.NOT_APPLICABLE:
        raise NotPermittedError(Code.NOT_APPLICABLE, f"{name} does not apply anyway")
    situation.may_follow(StepSkipped(step=step.id, reason=action.reason))
    wanted(action.reason)


def restore(action: RestoreStep, situation: Situation) -> None:
    """A skipped step is pending again."""
    step = situation.step(action.step)
    situation.may_follow(StepRestored(step=step.id))


def override(action: OverrideStep, situation: Situation) -> None:
    """A person vouches that a step is as it should be."""
    step = situation.step(action.step)
    situation.may_follow(StepOverridden(step=step.id, reason=action.reason))
    wanted(action.reason)
