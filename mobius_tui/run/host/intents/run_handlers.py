"""Handlers of intents about the whole run or its drill, and the table of all."""

from __future__ import annotations

from mobius_tui.run.attempts.stopping import finish_run
from mobius_tui.run.events.drill_events import FACILITATOR, HintGiven, SiteTouched
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
from mobius_tui.run.intents.actions import (
    AddNote,
    EndRun,
    EnterPhase,
    GiveHint,
    OverrideStep,
    RestoreStep,
    SetVariables,
    SkipStep,
    StartAutomatic,
    TouchSite,
)
from mobius_tui.run.planning.rollback import is_only_watched
from mobius_tui.run.planning.run_outcome import run_outcome
from mobius_tui.run.watch.watch_command import person_end_reason


async def give_hint(engine: Engine, action: GiveHint, who: str, intent: str) -> Entry:
    """The team is told something, and it counts."""
    event = HintGiven(text=action.text.strip(), who=who)
    return await engine.write(event, FACILITATOR, intent)


async def touch_site(engine: Engine, action: TouchSite, who: str, intent: str) -> Entry:
    """The site is about to be touched; by what is in its own notes."""
    event = SiteTouched(act=action.act, seal=action.seal, who=who)
    return await engine.write(event, FACILITATOR, intent)


async def skip(engine: Engine, action: SkipStep, who: str, intent: str) -> Entry:
    """A step is passed over."""
    event = StepSkipped(step=action.step, reason=action.reason.strip())
    return await engine.write(event, who, intent)


async def restore(engine: Engine, action: RestoreStep, who: str, intent: str) -> Entry:
    """A skipped step is pending again."""
    return await engine.write(StepRestored(step=action.step), who, intent)


async def override(
    engine: Engine, action: OverrideStep, who: str, intent: str
) -> Entry:
    """A person vouches for a step."""
    event = StepOverridden(step=action.step, reason=action.reason.strip())
    return await engine.write(event, who, intent)


async def set_variables(
    engine: Engine, action: SetVariables, who: str, intent: str
) -> Entry | None:
    """Variables get a value."""
    entry = None
    for name, value in action.values.items():
        event = VariableSet(name=name, value=value, source="set")
        entry = await engine.write(event, who, intent)
    return entry


async def note(engine: Engine, action: AddNote, who: str, intent: str) -> Entry:
    """Something is put on record."""
    event = NoteAdded(text=action.text.strip(), step=action.step)
    return await engine.write(event, who, intent)


async def enter(engine: Engine, action: EnterPhase, who: str, intent: str) -> Entry:
    """The run turns aside, or goes, to a phase."""
    event = PhaseEntered(
        phase=action.phase, from_step=action.from_step, reason=action.reason
    )
    return await engine.write(event, who, intent)


async def start_automatic(
    engine: Engine, action: StartAutomatic, who: str, intent: str
) -> Entry:
    """The host runs the main line by itself from here on."""
    answers = dict(action.answers)
    for name, variable in engine.plan.runbook.variables.items():
        if variable.secret:
            answers.pop(name, None)  # the journal holds no secret
    event = AutoStarted(
        manual=action.manual,
        confirmed=action.confirmed,
        answers=answers,
        attended=action.attended,
        trigger=action.trigger_within,
    )
    if action.trigger_within is not None and not engine.state.watch.armed:
        await engine.write(WatchArmed(confirmed=action.confirmed), who)
    return await engine.write(event, who, intent)


async def end(engine: Engine, action: EndRun, who: str, intent: str) -> Entry:
    """The run is over."""
    outcome, reason = run_outcome(engine.plan, engine.state)
    if is_only_watched(engine.plan, engine.state):
        outcome, reason = "abandoned", person_end_reason(engine.state.watch, who)
    if action.reason.strip():
        reason = f"{action.reason.strip()} ({reason})"
    return await finish_run(engine.context, engine.writer, outcome, reason, who, intent)
