"""Handlers of intents that start, check, tick, decide or stop a step."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from mobius_tui.errors import RunError, StateError
from mobius_tui.health import safe_search
from mobius_tui.run.attempts.launcher import ask_to_stop
from mobius_tui.run.attempts.step_checks import StepChecks
from mobius_tui.run.attempts.stopping import attempt_survivors, finish_run, stop_attempt
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import NoteAdded, PhaseEntered, VariableSet
from mobius_tui.run.events.step_events import ChoiceMade, StepEnded
from mobius_tui.run.host.engine import Engine
from mobius_tui.run.host.intents.approval_handlers import answer_in_drill, refuse_own
from mobius_tui.run.host.intents.watch_handlers import disarm_before_change
from mobius_tui.run.intents.messages import Intent
from mobius_tui.run.planning.initial_values import refuse_value
from mobius_tui.run.planning.plan import effect_of, is_follower, kind_of
from mobius_tui.run.planning.step_status import step_statuses, waits_of_retry
from mobius_tui.run.state.step_state import BAD, Status
from mobius_tui.runbook.model.actions import Choose, Manual
from mobius_tui.runbook.model.guards import guard_variables
from mobius_tui.runbook.model.limits import limits_by_variable
from mobius_tui.runbook.model.runbook import Runbook, Step

AUTO = "auto"
"""Who starts steps that no person starts."""
TICKED = ("manual", "message")


def step_of(engine: Engine, intent: Intent) -> Step:
    """The step that an intent names.

    Raises:
        RunError: there is none.
    """
    step = engine.plan.steps.get(intent.step or "")
    if step is None:
        raise RunError(f"this runbook has no step {intent.step!r}")
    return step


def _attempt(engine: Engine, intent: Intent, step: Step) -> int:
    """The number that the new attempt must have; an intent that is late is refused."""
    number = len(engine.state.steps[step.id].attempts) + 1
    if intent.attempt != number:
        raise RunError(
            f"{engine.plan.name(step.id)} has moved on: attempt {intent.attempt} was "
            f"asked for, the next is {number}"
        )
    return number


def _may_begin(engine: Engine, step: Step, *, again: bool) -> None:
    """Refuse to begin what waits, runs, or does not apply."""
    if engine.state.ended is not None:
        raise RunError("the run has ended; nothing can be started in it")
    name = engine.plan.name(step.id)
    standing = step_statuses(engine.plan, engine.state)[step.id]
    own = engine.state.steps[step.id].status
    if standing.status is Status.WAITING:
        waits = ", ".join(wait.text for wait in standing.waits)
        raise RunError(f"{name} waits: {waits}")
    if standing.status is Status.NOT_APPLICABLE:
        raise RunError(f"{name} does not apply: {standing.reason}")
    if own is Status.RUNNING:
        raise RunError(f"{name} is running already")
    if own is Status.SKIPPED:
        raise RunError(f"{name} was skipped; restore it first")
    if own is not Status.PENDING and not again:
        raise RunError(f"{name} has ended ({own}); retry it to run it again")
    waits_now = waits_of_retry(engine.plan, engine.state, step.id)
    if waits_now:
        raise RunError(f"{name} waits: {', '.join(w.text for w in waits_now)}")
    busy = engine.busy()
    if (
        busy is not None
        and not is_follower(step)
        and not _goes_first(engine, step, busy)
    ):
        raise RunError(f"{engine.plan.name(busy.id)} is running; one at a time")
    if own is Status.UNKNOWN:
        left = attempt_survivors(engine.context, step)
        if left:
            raise RunError(
                f"{name} may still be running: {'; '.join(left)}. Stop that first"
            )


def _goes_first(engine: Engine, step: Step, busy: Step) -> bool:
    """Whether a step of the rollback need not wait for one that only reads."""
    watch = engine.state.watch
    return (
        watch.rollback_running
        and watch.rollback is not None
        and engine.plan.phase_of[step.id].id == watch.rollback.phase
        and engine.plan.phase_of[busy.id].id != watch.rollback.phase
        and effect_of(busy) == "read"
    )


async def start(engine: Engine, intent: Intent, who: str) -> Entry | None:
    """`start` and `retry`: a script or a check begins."""
    step = step_of(engine, intent)
    number = _attempt(engine, intent, step)
    _may_begin(engine, step, again=intent.wish == "retry")
    kind = kind_of(step)
    if kind in TICKED or kind == "choose":
        raise RunError(f"{engine.plan.name(step.id)} is for a person, not for a script")
    word = engine.word(step)
    if word and intent.confirm != word:
        began = engine.state.began
        where = f" in {began.environment}" if began and began.protected else ""
        raise RunError(
            f"{engine.plan.name(step.id)} destroys{where}; type {word} to confirm it"
        )
    refuse_own(engine, step, intent)
    if who != AUTO:
        await disarm_before_change(engine, step, who)
    await answer_in_drill(engine, step, who)
    return await engine.start(step, number, who, intent.id)


async def stop(engine: Engine, intent: Intent, who: str) -> Entry | None:
    """`stop`: a running attempt is asked to end."""
    step = step_of(engine, intent)
    own = engine.state.steps[step.id]
    last = own.last
    if own.status is not Status.RUNNING or last is None:
        raise RunError(f"{engine.plan.name(step.id)} is not running ({own.status})")
    if intent.attempt not in (None, last.number):
        raise RunError(f"attempt {intent.attempt} has ended; {last.number} is running")
    return await stop_attempt(
        engine.context, engine.writer, step, last.number, who, intent.id
    )


def stop_unwritten(engine: Engine, intent: Intent) -> bool:
    """Stop an attempt while the journal has no room; whether there was one to stop.

    What fills the disk may be the step itself. Its end is on record as soon as there is
    room; who wanted it is not.
    """
    step = intent.step or ""
    own = engine.state.steps.get(step)
    if intent.wish != "stop" or own is None or own.status is not Status.RUNNING:
        return False
    last = own.last
    if last is None or intent.attempt not in (None, last.number):
        return False
    return ask_to_stop(engine.directory.attempt(step, last.number))


def tickable(engine: Engine, intent: Intent) -> tuple[Step, int]:
    """The step that an intent ticks, and the attempt that it is.

    Raises:
        RunError: it cannot be ticked now.
    """
    step = step_of(engine, intent)
    number = _attempt(engine, intent, step)
    _may_begin(engine, step, again=True)
    if kind_of(step) not in TICKED:
        raise RunError(f"{engine.plan.name(step.id)} cannot be ticked: it is to be run")
    return step, number


async def tick(engine: Engine, intent: Intent, who: str) -> Entry | None:
    """`tick`: a person did a manual step, or told a message."""
    step, number = tickable(engine, intent)
    declared = engine.plan.runbook.variables
    # A pattern may take its time, in a thread; what held before it need not hold after.
    answers = await asyncio.to_thread(
        _answers, step, intent.values, engine.plan.runbook
    )
    step, number = tickable(engine, intent)
    refuse_own(engine, step, intent)
    await answer_in_drill(engine, step, who)
    from mobius_tui.run.events.step_events import StepStarted

    started = StepStarted(
        step=step.id, attempt=number, reads=engine.plan.variables_read[step.id]
    )
    entry = await engine.write(started, who, intent.id)
    for name, value in answers.items():
        if declared[name].secret:
            engine.secrets[name] = value
            event = VariableSet(name=name, value=None, source="secret", step=step.id)
        else:
            event = VariableSet(name=name, value=value, source="answer", step=step.id)
        await engine.write(event, who)
    if step.checks:
        engine.conduct(step, number)
        return entry
    said = ", ".join(v for name, v in answers.items() if not declared[name].secret)
    ended = StepEnded(
        step=step.id, attempt=number, result="passed", reason=said, note=intent.text
    )
    await engine.write(ended, who)
    return entry


def _answers(step: Step, given: Mapping[str, str], runbook: Runbook) -> dict[str, str]:
    """The answers that a manual step wants, each matched whole."""
    if not isinstance(step.action, Manual):
        return {}
    found: dict[str, str] = {}
    filled_in = limits_by_variable(runbook)
    for ask in step.action.ask:
        value = given.get(ask.var, "").strip()
        title = ask.title or ask.var
        if not value:
            raise RunError(f"{title}: an answer is wanted")
        if ask.match is not None and not all(
            safe_search.lines_matching(ask.match, [value], whole=True)
        ):
            raise RunError(f"{title}: {value!r} does not match {ask.match}")
        refuse_value(runbook.variables[ask.var], value, filled_in.get(ask.var, ()))
        found[ask.var] = value
    return found


async def choose(engine: Engine, intent: Intent, who: str) -> Entry | None:
    """`choose`: a decision, and where it leads."""
    step = step_of(engine, intent)
    number = _attempt(engine, intent, step)
    _may_begin(engine, step, again=True)
    action = step.action
    if not isinstance(action, Choose):
        raise RunError(f"{engine.plan.name(step.id)} is no decision")
    listed = engine.state.variables.get(action.from_ or "")
    offered = action.offered(listed.text if listed is not None else None)
    options = {option.value: option for option in offered if option.value}
    unknown = [name for name in intent.names if name not in options]
    if unknown or not intent.names:
        raise RunError(f"choose one of: {', '.join(options)}")
    if len(intent.names) > 1 and not action.multi:
        raise RunError("only one of them can be chosen")
    if number > 1 and not intent.text and _dependents(engine, action.var):
        raise RunError("steps that depend on this have begun; give a reason to change")
    refuse_own(engine, step, intent)
    await answer_in_drill(engine, step, who)
    event = ChoiceMade(
        step=step.id,
        attempt=number,
        var=action.var,
        values=intent.names,
        reason=intent.text,
        reads=engine.plan.variables_read[step.id],
    )
    entry = await engine.write(event, who, intent.id)
    chosen = [options[name] for name in intent.names]
    ending = next((option for option in chosen if option.end), None)
    if ending is not None:
        reason = f"decided: {ending.title or ending.value}"
        await finish_run(engine.context, engine.writer, "completed", reason, who)
        return entry
    asides = engine.state.asides
    # An aside is entered last: the way to the main line would leave it at once.
    for option in sorted(chosen, key=lambda option: option.go in asides):
        if option.go is not None:
            entered = PhaseEntered(
                phase=option.go, from_step=step.id, reason=option.title or option.value
            )
            await engine.write(entered, who)
    return entry


def _dependents(engine: Engine, name: str) -> bool:
    """Whether a step that depends on a variable has begun."""
    return any(
        (
            name in guard_variables(step.when)
            or name in engine.plan.variables_read[step.id]
        )
        and engine.state.steps[step.id].attempts
        for step in engine.plan.steps.values()
    )


async def recheck_step(engine: Engine, intent: Intent, _who: str) -> Entry | None:
    """`recheck_step`: make the checks of a step that went wrong, once each."""
    step = step_of(engine, intent)
    own, name = engine.state.steps[step.id], engine.plan.name(step.id)
    if not step.checks:
        raise RunError(f"{name} has no check; look at its output")
    if own.last is None or own.status not in BAD:
        raise RunError(f"{name} is {own.status}: only what went wrong is looked at so")
    if engine.context.step_tasks.is_running(step.id):
        raise RunError(f"{name} is being looked at already")
    checks = StepChecks(engine.context, engine.writer, step, own.last.number)
    task = engine.context.step_tasks.start(step.id, checks.run_once())
    engine.context.tasks.create_task(_note_recheck(engine, step, task, intent.id))
    return None


async def _note_recheck(
    engine: Engine, step: Step, checks: asyncio.Task[str], intent: str
) -> None:
    """Note what a step's checks came to, once they are made."""
    await asyncio.wait([checks])
    if checks.cancelled():
        return
    event = NoteAdded(text=f"looked first: {checks.result()}", step=step.id)
    try:
        async with engine.turn:
            await engine.write(event, "host", intent)
    except (StateError, RunError) as error:
        # Without a journal there is nobody to tell but the log.
        print(f"step {step.id}: {error}", flush=True)  # noqa: T201
