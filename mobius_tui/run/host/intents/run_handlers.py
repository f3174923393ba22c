"""Handlers of intents about the whole run or its drill, and the table of all."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, get_args

from mobius_tui.errors import RunError
from mobius_tui.run.attempts.stopping import finish_run
from mobius_tui.run.events.drill_events import (
    FACILITATOR,
    FacilitatorAct,
    HintGiven,
    SiteTouched,
)
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import (
    AutoStarted,
    NoteAdded,
    PhaseEntered,
    VariableSet,
)
from mobius_tui.run.events.step_events import StepOverridden, StepRestored, StepSkipped
from mobius_tui.run.events.watch_events import WatchArmed
from mobius_tui.run.host.engine import Engine
from mobius_tui.run.host.intents import (
    approval_handlers,
    message_handlers,
    watch_handlers,
)
from mobius_tui.run.host.intents.step_handlers import (
    choose,
    recheck_step,
    start,
    step_of,
    stop,
    tick,
)
from mobius_tui.run.intents.messages import Intent
from mobius_tui.run.planning.approval_rules import pending
from mobius_tui.run.planning.initial_values import (
    manual_tick_refusal,
    refuse_unattended,
    refuse_value,
)
from mobius_tui.run.planning.plan import effect_of
from mobius_tui.run.planning.rollback import is_only_watched, rollback_phase
from mobius_tui.run.planning.run_outcome import run_outcome
from mobius_tui.run.planning.step_status import step_statuses
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.watch.watch_command import person_end_reason
from mobius_tui.runbook.model.limits import bounded_duration, limits_by_variable

HINT = 500
"""Characters of a hint at most."""


def _in_a_drill(engine: Engine) -> None:
    began = engine.state.began
    if began is None or began.mode != "drill":
        raise RunError("only a drill has a facilitator; this run is an incident")


async def _hint(engine: Engine, intent: Intent, who: str) -> Entry | None:
    """`hint`: the team is told something, and it counts."""
    _in_a_drill(engine)
    text = intent.text.strip()
    if not text:
        raise RunError("a hint says something")
    if len(text) > HINT:
        raise RunError(f"a hint has at most {HINT} characters; this one {len(text)}")
    event = HintGiven(text=engine.redact(text), who=who)
    return await engine.write(event, FACILITATOR, intent.id)


async def _facilitate(engine: Engine, intent: Intent, who: str) -> Entry | None:
    """`facilitate`: the site is about to be touched; by what is in its own notes."""
    _in_a_drill(engine)
    act: Any = intent.values.get("act", "")
    seal = intent.values.get("seal", "")
    if (
        act not in get_args(FacilitatorAct)
        or re.fullmatch("[0-9a-f]{64}", seal) is None
    ):
        raise RunError("a facilitator injects, worsens or heals, and seals what it is")
    event = SiteTouched(act=act, seal=seal, who=who)
    return await engine.write(event, FACILITATOR, intent.id)


DRILL_HANDLERS: Mapping[
    str, Callable[[Engine, Intent, str], Awaitable[Entry | None]]
] = {
    "hint": _hint,
    "facilitate": _facilitate,
}


Handler = Callable[[Engine, Intent, str], Awaitable[Entry | None]]


def _reason(intent: Intent) -> str:
    if not intent.text.strip():
        raise RunError("a reason is wanted; it stays on record")
    return intent.text.strip()


async def _skip(engine: Engine, intent: Intent, who: str) -> Entry | None:
    step = step_of(engine, intent)
    if step.gate:
        raise RunError(f"{engine.plan.name(step.id)} is a gate; it cannot be skipped")
    standing = step_statuses(engine.plan, engine.state)[step.id].status
    if standing is Status.NOT_APPLICABLE:
        raise RunError(f"{engine.plan.name(step.id)} does not apply anyway")
    return await engine.write(
        StepSkipped(step=step.id, reason=_reason(intent)), who, intent.id
    )


async def _restore(engine: Engine, intent: Intent, who: str) -> Entry | None:
    step = step_of(engine, intent)
    return await engine.write(StepRestored(step=step.id), who, intent.id)


async def _override(engine: Engine, intent: Intent, who: str) -> Entry | None:
    step = step_of(engine, intent)
    return await engine.write(
        StepOverridden(step=step.id, reason=_reason(intent)), who, intent.id
    )


async def _set(engine: Engine, intent: Intent, who: str) -> Entry | None:
    entry = None
    filled_in = limits_by_variable(engine.plan.runbook)
    for name, value in intent.values.items():
        variable = engine.plan.runbook.variables.get(name)
        if (
            variable is None
            or variable.secret
            or name == (engine.plan.runbook.environment)
        ):
            raise RunError(f"{name} cannot be set during a run")
        refuse_value(variable, value, filled_in.get(name, ()))
        entry = await engine.write(
            VariableSet(name=name, value=value, source="set"), who, intent.id
        )
    return entry


async def _note(engine: Engine, intent: Intent, who: str) -> Entry | None:
    if intent.step is not None:
        step_of(engine, intent)
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
    refuse_unattended(engine.plan.runbook, "--auto")
    answers = dict(intent.values)
    manual = answers.pop("--manual", "stop")
    confirmed = answers.pop("--yes", "") == "yes"
    began = engine.state.began
    for name, variable in engine.plan.runbook.variables.items():
        if variable.secret:
            answers.pop(name, None)  # the journal holds no secret
    if manual not in ("stop", "skip", "tick"):
        raise RunError("--manual is stop, skip or tick")
    trigger = _waits(engine, answers.pop("--trigger", ""))
    if manual == "tick" and began is not None:
        refused = manual_tick_refusal(
            mode=began.mode, environment=began.environment, protected=began.protected
        )
        if refused:
            raise RunError(refused)
    event = AutoStarted(
        manual=manual,  # type: ignore[arg-type]
        confirmed=confirmed,
        answers=answers,
        attended=intent.names,
        trigger=trigger,
    )
    if trigger is not None and not engine.state.watch.armed:
        await engine.write(WatchArmed(confirmed=confirmed), who)
    return await engine.write(event, who, intent.id)


def _waits(engine: Engine, within: str) -> float | None:
    """The seconds in which a trigger must fire; only where nothing is at stake.

    Raises:
        RunError: it is no drill, or no trigger could begin anything.
    """
    if not within:
        return None
    if engine.state.began is None or engine.state.began.mode != "drill":
        raise RunError("only a drill waits for a trigger; `watch` does it elsewhere")
    if rollback_phase(engine.plan) is None:
        raise RunError("this runbook names no phase that a trigger begins")
    try:
        return bounded_duration(within, "trigger_within")
    except ValueError as error:
        raise RunError(f"trigger_within: {error}") from error


async def _end(engine: Engine, intent: Intent, who: str) -> Entry | None:
    busy = engine.busy()
    if busy is not None and effect_of(busy) != "read":
        raise RunError(
            f"{engine.plan.name(busy.id)} changes things and is still running; "
            "wait for it, or stop it, before the run is ended"
        )
    outcome, reason = run_outcome(engine.plan, engine.state)
    if is_only_watched(engine.plan, engine.state):
        outcome, reason = "abandoned", person_end_reason(engine.state.watch, who)
    if intent.text.strip():
        reason = f"{intent.text.strip()} ({reason})"
    return await finish_run(
        engine.context, engine.writer, outcome, reason, who, intent.id
    )


async def _release(engine: Engine, _intent: Intent, _who: str) -> Entry | None:
    running = [
        engine.plan.name(step.id)
        for step in engine.plan.steps.values()
        if engine.state.steps[step.id].status is Status.RUNNING
    ]
    if running:
        raise RunError(f"{', '.join(running)} is running; the host stays")
    if pending(engine.plan, engine.state):
        raise RunError("an approval is waited for; the host stays")
    if engine.viewers() > 1:
        raise RunError("others watch this run; the host stays")
    engine.release()
    return None


INTENT_HANDLERS: Mapping[str, Handler] = {
    "start": start,
    "retry": start,
    "look": recheck_step,
    "stop": stop,
    "tick": tick,
    "choose": choose,
    **message_handlers.MESSAGE_HANDLERS,
    **DRILL_HANDLERS,
    **approval_handlers.APPROVAL_HANDLERS,
    "skip": _skip,
    "restore": _restore,
    "override": _override,
    "set": _set,
    "note": _note,
    "enter": _enter,
    "auto": _auto,
    **watch_handlers.WATCH_HANDLERS,
    "end": _end,
    "release": _release,
}
