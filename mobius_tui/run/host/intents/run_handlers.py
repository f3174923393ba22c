"""Handlers of intents about a run: values, phases, notes, end; steps passed over."""

from __future__ import annotations

from mobius_tui.run.attempts.stopping import finish_run
from mobius_tui.run.events.drill_events import FACILITATOR, HintGiven, SiteTouched
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.events.run_events import (
    AutoStarted,
    NoteAdded,
    PhaseEntered,
    RunReopened,
    VariableSet,
)
from mobius_tui.run.events.step_events import StepOverridden, StepRestored, StepSkipped
from mobius_tui.run.events.watch_events import WatchArmed
from mobius_tui.run.host.intents.host_services import HostServices
from mobius_tui.run.intents.intent_actions import (
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
    UndoSteps,
)
from mobius_tui.run.planning.rollback import is_watch_run_only
from mobius_tui.run.planning.run_outcome import run_outcome
from mobius_tui.run.state.growth import failed_step_or_parent
from mobius_tui.run.watch.watch_command import person_end_reason


async def give_hint(
    services: HostServices, action: GiveHint, who: str, intent: str
) -> Entry:
    """Record a facilitator's hint to the team; it counts in the score."""
    event = HintGiven(text=action.text.strip(), who=who)
    return await services.writer.write(event, FACILITATOR, intent)


async def touch_site(
    services: HostServices, action: TouchSite, who: str, intent: str
) -> Entry:
    """Journal that a drill's site is about to be changed, as its own notes say how."""
    event = SiteTouched(act=action.act, seal=action.seal, who=who)
    return await services.writer.write(event, FACILITATOR, intent)


async def skip_step(
    services: HostServices, action: SkipStep, who: str, intent: str
) -> Entry:
    """Journal that a step is skipped."""
    event = StepSkipped(step=action.step, reason=action.reason.strip())
    return await services.writer.write(event, who, intent)


async def restore_step(
    services: HostServices, action: RestoreStep, who: str, intent: str
) -> Entry:
    """Journal that a skipped step is pending again."""
    return await services.writer.write(StepRestored(step=action.step), who, intent)


async def override_step(
    services: HostServices, action: OverrideStep, who: str, intent: str
) -> Entry:
    """Journal that a person vouches for a step."""
    event = StepOverridden(step=action.step, reason=action.reason.strip())
    return await services.writer.write(event, who, intent)


async def set_variables(
    services: HostServices, action: SetVariables, who: str, intent: str
) -> Entry | None:
    """Journal new values of variables; returns the last entry."""
    entry = None
    for name, value in action.values.items():
        event = VariableSet(name=name, value=value, source="set")
        entry = await services.writer.write(event, who, intent)
    return entry


async def add_note(
    services: HostServices, action: AddNote, who: str, intent: str
) -> Entry:
    """Journal a note."""
    event = NoteAdded(text=action.text.strip(), step=action.step)
    return await services.writer.write(event, who, intent)


async def enter_phase(
    services: HostServices, action: EnterPhase, who: str, intent: str
) -> Entry:
    """Journal that the run enters a phase: an aside, or one of the main line."""
    origin = action.from_step
    if origin in services.context.state.steps:
        origin = failed_step_or_parent(services.context.state, origin)
    event = PhaseEntered(phase=action.phase, from_step=origin, reason=action.reason)
    return await services.writer.write(event, who, intent)


async def undo_steps(
    services: HostServices, action: UndoSteps, who: str, intent: str
) -> Entry:
    """Journal that the run enters the phase Undo; its steps begin one by one later."""
    plan = services.context.plan
    phase = plan.runbook.undo_phase
    assert phase is not None
    undo_of = {step.undo_of: step.id for step in phase.steps}
    stays = [plan.name(each) for each in action.steps if each not in undo_of]
    reason = f"back to {plan.name(action.steps[-1])}"
    if stays:
        reason += f"; {', '.join(stays)} stays"
    event = PhaseEntered(
        phase=phase.id,
        reason=reason,
        undoes=tuple(undo_of[each] for each in action.steps if each in undo_of),
    )
    return await services.writer.write(event, who, intent)


async def reopen_run(services: HostServices, who: str, intent: str) -> Entry:
    """Journal that an ended run is open again, for undoing alone."""
    return await services.writer.write(RunReopened(), who, intent)


async def start_automatic(
    services: HostServices, action: StartAutomatic, who: str, intent: str
) -> Entry:
    """Journal that the host runs the main line by itself from now on."""
    answers = dict(action.answers)
    for name, variable in services.context.plan.runbook.variables.items():
        if variable.secret:
            answers.pop(name, None)  # the journal holds no secret
    event = AutoStarted(
        manual=action.manual,
        confirmed=action.confirmed,
        answers=answers,
        attended=action.attended,
        trigger=action.trigger_within,
        rehearse_undo=action.rehearse_undo,
    )
    if action.trigger_within is not None and not services.context.state.watch.armed:
        await services.writer.write(WatchArmed(confirmed=action.confirmed), who)
    return await services.writer.write(event, who, intent)


async def end_run(
    services: HostServices, action: EndRun, who: str, intent: str
) -> Entry:
    """Journal the run's end."""
    outcome, reason = run_outcome(services.context.plan, services.context.state)
    if is_watch_run_only(services.context.plan, services.context.state):
        outcome, reason = (
            Outcome.ABANDONED,
            person_end_reason(services.context.state.watch, who),
        )
    if action.reason.strip():
        reason = f"{action.reason.strip()} ({reason})"
    return await finish_run(
        services.context, services.writer, outcome, reason, who, intent
    )
