"""What each wish of a viewer wants of the state, and what it does.

Each handler holds the turn. It raises a `MobiusError` whose words say why not.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping

from mobius_tui.errors import RunError
from mobius_tui.run.engine import Engine
from mobius_tui.run.events import (
    AutoStarted,
    ChoiceMade,
    Entry,
    NoteAdded,
    PhaseEntered,
    RunEnded,
    StepEnded,
    StepOverridden,
    StepRestored,
    StepSkipped,
    VariableSet,
)
from mobius_tui.run.intents import Intent
from mobius_tui.run.plan import effect_of, follows, kind_of
from mobius_tui.run.state import Status
from mobius_tui.run.variables import refuse
from mobius_tui.runbook.model import Choose, Manual, Run, Step

Handler = Callable[[Engine, Intent, str], Awaitable[Entry | None]]

TICKED = ("manual", "message")


def _step(engine: Engine, intent: Intent) -> Step:
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
    standing = engine.plan.standings(engine.state)[step.id]
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
    waits_now = engine.plan.waits_of_retry(engine.state, step.id)
    if waits_now:
        raise RunError(f"{name} waits: {', '.join(w.text for w in waits_now)}")
    busy = engine.busy()
    if busy is not None and not follows(step):
        raise RunError(f"{engine.plan.name(busy.id)} is running; one at a time")
    if own is Status.UNKNOWN:
        left = engine.alive(step)
        if left:
            raise RunError(
                f"{name} may still be running: {'; '.join(left)}. Stop that first"
            )


async def _start(engine: Engine, intent: Intent, who: str) -> Entry | None:
    step = _step(engine, intent)
    number = _attempt(engine, intent, step)
    _may_begin(engine, step, again=intent.wish == "retry")
    kind = kind_of(step)
    if kind in TICKED or kind == "choose":
        raise RunError(f"{engine.plan.name(step.id)} is for a person, not for a script")
    if kind == "watch":
        raise RunError("this version cannot run a watch step; watch the health panel")
    if isinstance(step.action, Run) and step.action.tty:
        raise RunError(
            f"{engine.plan.name(step.id)} needs a terminal of its own, which this "
            "version cannot give it; do it by hand, then override it with a reason"
        )
    environment = engine.state.began.environment if engine.state.began else None
    if engine.protected(step) and intent.confirm != (environment or ""):
        raise RunError(
            f"{engine.plan.name(step.id)} destroys in {environment}; type the "
            "environment's name to confirm it"
        )
    return await engine.start(step, number, who, intent.id)


async def _stop(engine: Engine, intent: Intent, who: str) -> Entry | None:
    step = _step(engine, intent)
    own = engine.state.steps[step.id]
    last = own.last
    if own.status is not Status.RUNNING or last is None:
        raise RunError(f"{engine.plan.name(step.id)} is not running ({own.status})")
    if intent.attempt not in (None, last.number):
        raise RunError(f"attempt {intent.attempt} has ended; {last.number} is running")
    return await engine.stop(step, last.number, who, intent.id)


async def _tick(engine: Engine, intent: Intent, who: str) -> Entry | None:
    step = _step(engine, intent)
    number = _attempt(engine, intent, step)
    _may_begin(engine, step, again=True)
    if kind_of(step) not in TICKED:
        raise RunError(f"{engine.plan.name(step.id)} cannot be ticked: it is to be run")
    answers = _answers(step, intent.values)
    from mobius_tui.run.events import StepStarted

    started = StepStarted(
        step=step.id, attempt=number, reads=engine.plan.reads[step.id]
    )
    entry = await engine.write(started, who, intent.id)
    for name, value in answers.items():
        refuse(engine.plan.runbook.variables[name], value)
        await engine.write(
            VariableSet(name=name, value=value, source="answer", step=step.id), who
        )
    if step.checks:
        engine.conduct(step, number)
        return entry
    said = ", ".join(answers.values())
    ended = StepEnded(
        step=step.id, attempt=number, result="passed", reason=said, note=intent.text
    )
    await engine.write(ended, who)
    return entry


def _answers(step: Step, given: Mapping[str, str]) -> dict[str, str]:
    """The answers that a manual step wants, each matched whole."""
    if not isinstance(step.action, Manual):
        return {}
    found = {}
    for ask in step.action.ask:
        value = given.get(ask.var, "").strip()
        title = ask.title or ask.var
        if not value:
            raise RunError(f"{title}: an answer is wanted")
        if ask.match is not None and re.fullmatch(ask.match, value) is None:
            raise RunError(f"{title}: {value!r} does not match {ask.match}")
        found[ask.var] = value
    return found


async def _choose(engine: Engine, intent: Intent, who: str) -> Entry | None:
    step = _step(engine, intent)
    number = _attempt(engine, intent, step)
    _may_begin(engine, step, again=True)
    action = step.action
    if not isinstance(action, Choose):
        raise RunError(f"{engine.plan.name(step.id)} is no decision")
    options = {option.value: option for option in action.options}
    unknown = [name for name in intent.names if name not in options]
    if unknown or not intent.names:
        raise RunError(f"choose one of: {', '.join(options)}")
    if len(intent.names) > 1 and not action.multi:
        raise RunError("only one of them can be chosen")
    if number > 1 and not intent.text and _dependents(engine, action.var):
        raise RunError("steps that depend on this have begun; give a reason to change")
    event = ChoiceMade(
        step=step.id,
        attempt=number,
        var=action.var,
        values=intent.names,
        reason=intent.text,
    )
    entry = await engine.write(event, who, intent.id)
    for name in intent.names:
        option = options[name]
        if option.end:
            reason = f"decided: {option.title or option.value}"
            await engine.write(RunEnded(outcome="completed", reason=reason), who)
            break
        if option.go is not None:
            entered = PhaseEntered(
                phase=option.go, from_step=step.id, reason=option.title or name
            )
            await engine.write(entered, who)
    return entry


def _dependents(engine: Engine, name: str) -> bool:
    """Whether a step that depends on a variable has begun."""
    return any(
        (name in step.when or name in engine.plan.reads[step.id])
        and engine.state.steps[step.id].attempts
        for step in engine.plan.steps.values()
    )


def _reason(intent: Intent) -> str:
    if not intent.text.strip():
        raise RunError("a reason is wanted, for good")
    return intent.text.strip()


async def _skip(engine: Engine, intent: Intent, who: str) -> Entry | None:
    step = _step(engine, intent)
    if step.gate:
        raise RunError(f"{engine.plan.name(step.id)} is a gate; it cannot be skipped")
    standing = engine.plan.standings(engine.state)[step.id].status
    if standing is Status.NOT_APPLICABLE:
        raise RunError(f"{engine.plan.name(step.id)} does not apply anyway")
    return await engine.write(
        StepSkipped(step=step.id, reason=_reason(intent)), who, intent.id
    )


async def _restore(engine: Engine, intent: Intent, who: str) -> Entry | None:
    step = _step(engine, intent)
    return await engine.write(StepRestored(step=step.id), who, intent.id)


async def _override(engine: Engine, intent: Intent, who: str) -> Entry | None:
    step = _step(engine, intent)
    return await engine.write(
        StepOverridden(step=step.id, reason=_reason(intent)), who, intent.id
    )


async def _set(engine: Engine, intent: Intent, who: str) -> Entry | None:
    entry = None
    for name, value in intent.values.items():
        variable = engine.plan.runbook.variables.get(name)
        if (
            variable is None
            or variable.secret
            or name == (engine.plan.runbook.environment)
        ):
            raise RunError(f"{name} cannot be set during a run")
        refuse(variable, value)
        entry = await engine.write(
            VariableSet(name=name, value=value, source="set"), who, intent.id
        )
    return entry


async def _note(engine: Engine, intent: Intent, who: str) -> Entry | None:
    if intent.step is not None:
        _step(engine, intent)
    return await engine.write(
        NoteAdded(text=_reason(intent), step=intent.step), who, intent.id
    )


async def _enter(engine: Engine, intent: Intent, who: str) -> Entry | None:
    known = {phase.id for phase in engine.plan.runbook.phases}
    if intent.phase not in known or intent.phase is None:
        raise RunError(f"this runbook has no phase {intent.phase!r}")
    busy = engine.busy()
    if busy is not None:
        raise RunError(f"{engine.plan.name(busy.id)} is running; wait, or stop it")
    event = PhaseEntered(phase=intent.phase, from_step=intent.step, reason=intent.text)
    return await engine.write(event, who, intent.id)


async def _auto(engine: Engine, intent: Intent, who: str) -> Entry | None:
    answers = dict(intent.values)
    manual = answers.pop("--manual", "stop")
    confirmed = answers.pop("--yes", "") == "yes"
    began = engine.state.began
    if manual not in ("stop", "skip", "tick"):
        raise RunError("--manual is stop, skip or tick")
    if manual == "tick" and began and began.protected and began.mode != "drill":
        raise RunError(
            f"--manual tick is refused in {began.environment}: "
            "nobody would have done what it ticks"
        )
    event = AutoStarted(
        manual=manual,  # type: ignore[arg-type]
        confirmed=confirmed,
        answers=answers,
        attended=intent.names,
    )
    return await engine.write(event, who, intent.id)


async def _end(engine: Engine, intent: Intent, who: str) -> Entry | None:
    busy = engine.busy()
    if busy is not None and effect_of(busy) != "read":
        raise RunError(
            f"{engine.plan.name(busy.id)} changes things and is still running; "
            "wait for it, or stop it, before the run is ended"
        )
    for step in engine.plan.steps.values():
        own = engine.state.steps[step.id]
        if own.status is Status.RUNNING and own.last is not None:
            await engine.stop(step, own.last.number, who, None)
    outcome, reason = engine.plan.outcome(engine.state)
    if intent.text.strip():
        reason = f"{intent.text.strip()} ({reason})"
    return await engine.write(RunEnded(outcome=outcome, reason=reason), who, intent.id)


async def _release(engine: Engine, _intent: Intent, _who: str) -> Entry | None:
    running = [
        step.id
        for step in engine.plan.steps.values()
        if engine.state.steps[step.id].status is Status.RUNNING
    ]
    if running:
        raise RunError(f"{', '.join(running)} is running; the host stays")
    engine.released.set()
    return None


HANDLERS: Mapping[str, Handler] = {
    "start": _start,
    "retry": _start,
    "stop": _stop,
    "tick": _tick,
    "choose": _choose,
    "skip": _skip,
    "restore": _restore,
    "override": _override,
    "set": _set,
    "note": _note,
    "enter": _enter,
    "auto": _auto,
    "end": _end,
    "release": _release,
}
