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
from mobius_tui.run.events.step_events import ChoiceMade, StepEnded, StepStarted
from mobius_tui.run.host.engine import Engine
from mobius_tui.run.host.intents.approval_handlers import answer_in_drill, uid_of
from mobius_tui.run.host.intents.watch_handlers import disarm_before_change
from mobius_tui.run.intents.actions import (
    ChooseOptions,
    LookFirst,
    RetryStep,
    StartStep,
    StopStep,
    TickStep,
)
from mobius_tui.run.intents.envelope import Caller
from mobius_tui.run.planning.initial_values import refuse_value
from mobius_tui.run.planning.situation import Situation
from mobius_tui.run.planning.step_permissions import options_of
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.model.actions import Choose, Manual
from mobius_tui.runbook.model.limits import limits_by_variable
from mobius_tui.runbook.model.runbook import Runbook, Step

AUTO = "auto"
"""Who starts steps that no person starts."""


def situation_of(engine: Engine, caller: Caller) -> Situation:
    """The run as it is now, and who asks, for a judgement on what is asked."""
    return Situation(
        plan=engine.plan,
        state=engine.state,
        now=engine.clock.wall(),
        uid=uid_of(caller),
        name=caller.name,
        alive=lambda step: attempt_survivors(engine.context, step),
        being_checked=engine.context.step_tasks.running(),
        viewers=engine.viewers(),
    )


async def start(
    engine: Engine, action: StartStep | RetryStep, caller: Caller, intent: str
) -> Entry:
    """A script or a check begins."""
    step = engine.plan.steps[action.step]
    if caller.name != AUTO:
        await disarm_before_change(engine, step, caller.name)
    await answer_in_drill(engine, step, caller.name)
    return await engine.start(step, action.attempt, caller.name, intent)


async def stop(engine: Engine, action: StopStep, who: str, intent: str) -> Entry:
    """A running attempt is asked to end."""
    step, last = engine.plan.steps[action.step], engine.state.steps[action.step].last
    assert last is not None
    return await stop_attempt(
        engine.context, engine.writer, step, last.number, who, intent
    )


def stop_unwritten(engine: Engine, action: StopStep) -> bool:
    """Stop an attempt while the journal has no room; whether there was one to stop.

    What fills the disk may be the step itself. Its end is on record as soon as there is
    room; who wanted it is not.
    """
    own = engine.state.steps.get(action.step)
    if own is None or own.status is not Status.RUNNING:
        return False
    last = own.last
    if last is None or action.attempt not in (None, last.number):
        return False
    return ask_to_stop(engine.directory.attempt(action.step, last.number))


async def match_answers(engine: Engine, action: TickStep) -> None:
    """Hold the answers to a manual step to what they must be; it may take its time.

    Raises:
        MobiusError: one is not; its words say which and why.
    """
    step = engine.plan.steps[action.step]
    await asyncio.to_thread(_match, step, action.answers, engine.plan.runbook)


def _match(step: Step, given: Mapping[str, str], runbook: Runbook) -> None:
    filled_in = limits_by_variable(runbook)
    for ask in step.action.ask if isinstance(step.action, Manual) else ():
        value = given[ask.var].strip()
        if ask.match is not None and not all(
            safe_search.lines_matching(ask.match, [value], whole=True)
        ):
            title = ask.title or ask.var
            raise RunError(f"{title}: {value!r} does not match {ask.match}")
        refuse_value(runbook.variables[ask.var], value, filled_in.get(ask.var, ()))


async def tick(engine: Engine, action: TickStep, caller: Caller, intent: str) -> Entry:
    """A person did a manual step, or told a message."""
    step, number = engine.plan.steps[action.step], action.attempt
    declared = engine.plan.runbook.variables
    asks = step.action.ask if isinstance(step.action, Manual) else ()
    answers = {ask.var: action.answers[ask.var].strip() for ask in asks}
    await answer_in_drill(engine, step, caller.name)
    started = StepStarted(
        step=step.id, attempt=number, reads=engine.plan.variables_read[step.id]
    )
    entry = await engine.write(started, caller.name, intent)
    for name, value in answers.items():
        if declared[name].secret:
            engine.secrets[name] = value
            event = VariableSet(name=name, value=None, source="secret", step=step.id)
        else:
            event = VariableSet(name=name, value=value, source="answer", step=step.id)
        await engine.write(event, caller.name)
    if step.checks:
        engine.conduct(step, number)
        return entry
    said = ", ".join(v for name, v in answers.items() if not declared[name].secret)
    ended = StepEnded(
        step=step.id,
        attempt=number,
        result=Status.PASSED,
        reason=said,
        note=action.note,
    )
    await engine.write(ended, caller.name)
    return entry


async def choose(
    engine: Engine, action: ChooseOptions, caller: Caller, intent: str
) -> Entry:
    """A decision, and where it leads."""
    step = engine.plan.steps[action.step]
    assert isinstance(step.action, Choose)
    options = options_of(step.action, engine.state)
    await answer_in_drill(engine, step, caller.name)
    event = ChoiceMade(
        step=step.id,
        attempt=action.attempt,
        var=step.action.var,
        values=action.options,
        reason=action.reason,
        reads=engine.plan.variables_read[step.id],
    )
    entry = await engine.write(event, caller.name, intent)
    chosen = [options[name] for name in action.options]
    ending = next((option for option in chosen if option.end), None)
    if ending is not None:
        reason = f"decided: {ending.title or ending.value}"
        await finish_run(
            engine.context, engine.writer, "completed", reason, caller.name
        )
        return entry
    asides = engine.state.asides
    # An aside is entered last: the way to the main line would leave it at once.
    for option in sorted(chosen, key=lambda option: option.go in asides):
        if option.go is not None:
            entered = PhaseEntered(
                phase=option.go, from_step=step.id, reason=option.title or option.value
            )
            await engine.write(entered, caller.name)
    return entry


def look_first(engine: Engine, action: LookFirst, intent: str) -> None:
    """Make the checks of a step that went wrong, once each."""
    step, last = engine.plan.steps[action.step], engine.state.steps[action.step].last
    assert last is not None
    checks = StepChecks(engine.context, engine.writer, step, last.number)
    task = engine.context.step_tasks.start(step.id, checks.run_once())
    engine.context.tasks.create_task(_note_recheck(engine, step, task, intent))


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
