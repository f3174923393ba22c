"""Handlers of intents about a run and its watch, and to skip or override a step."""

from __future__ import annotations

from mobius_tui.run.attempts.stopping import finish_run
from mobius_tui.run.attempts.value_sources import learn_secret
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.events.run_events import (
    FACILITATOR,
    AutoStarted,
    HintGiven,
    NoteAdded,
    PhaseEntered,
    RunReopened,
    SiteTouched,
    VariableSet,
    WentOnWithout,
)
from mobius_tui.run.events.step_events import StepOverridden, StepRestored, StepSkipped
from mobius_tui.run.events.watch_events import (
    RollbackBegan,
    RollbackHeld,
    WatchArmed,
    WatchDisarmed,
)
from mobius_tui.run.host.intents.host_services import HostServices
from mobius_tui.run.intents.intent_actions import (
    AddNote,
    ArmWatch,
    BeginRollback,
    DisarmWatch,
    EndRun,
    EnterPhase,
    GiveHint,
    GiveSecrets,
    GoOnWithout,
    HoldRollback,
    OverrideStep,
    RestoreStep,
    SetVariables,
    SkipStep,
    StartAutomatic,
    TouchSite,
    UndoSteps,
)
from mobius_tui.run.planning.confirmation import rollback_confirmation_word
from mobius_tui.run.planning.plan import effect_of
from mobius_tui.run.planning.rollback import is_watch_run_only, rollback_phase
from mobius_tui.run.planning.run_outcome import run_outcome
from mobius_tui.run.state.added_steps import failed_step_or_parent
from mobius_tui.run.watch import triggers
from mobius_tui.run.watch.watch_run import person_end_reason
from mobius_tui.runbook.model.runbook import Phase, Step


async def give_hint(
    services: HostServices, action: GiveHint, who: str, intent_id: str
) -> Entry:
    """Record a facilitator's hint to the team; it counts in the score."""
    event = HintGiven(text=action.text.strip(), who=who)
    return await services.writer.write(event, FACILITATOR, intent_id)


async def touch_site(
    services: HostServices, action: TouchSite, who: str, intent_id: str
) -> Entry:
    """Journal that a drill's site is about to be changed; the site's notes say how."""
    event = SiteTouched(act=action.act, seal=action.seal, who=who)
    return await services.writer.write(event, FACILITATOR, intent_id)


async def skip_step(
    services: HostServices, action: SkipStep, who: str, intent_id: str
) -> Entry:
    """Journal that a step is skipped."""
    event = StepSkipped(step=action.step, reason=action.reason.strip())
    return await services.writer.write(event, who, intent_id)


async def restore_step(
    services: HostServices, action: RestoreStep, who: str, intent_id: str
) -> Entry:
    """Journal that a skipped step is pending again."""
    return await services.writer.write(StepRestored(step=action.step), who, intent_id)


async def override_step(
    services: HostServices, action: OverrideStep, who: str, intent_id: str
) -> Entry:
    """Journal that a person vouches for a step."""
    event = StepOverridden(step=action.step, reason=action.reason.strip())
    return await services.writer.write(event, who, intent_id)


async def set_variables(
    services: HostServices, action: SetVariables, who: str, intent_id: str
) -> Entry | None:
    """Journal new values of variables; returns the last entry."""
    entry = None
    for name, value in action.values.items():
        event = VariableSet(name=name, value=value, source="set")
        entry = await services.writer.write(event, who, intent_id)
    return entry


async def give_secrets(
    services: HostServices, action: GiveSecrets, who: str, intent_id: str
) -> Entry | None:
    """Take secrets that were lost, and journal that they are known; the last entry."""
    entry = None
    for name, value in action.values.items():
        if value:
            await learn_secret(services.context, name, value)
        elif name not in services.context.state.lost_secrets:
            continue  # it was got again, and that is on record
        event = VariableSet(name=name, value=None, source="secret")
        entry = await services.writer.write(event, who, intent_id)
    return entry


async def go_on_without(
    services: HostServices, action: GoOnWithout, who: str, intent_id: str
) -> Entry:
    """Journal that a person goes on without lost secrets."""
    event = WentOnWithout(secrets=action.secrets)
    return await services.writer.write(event, who, intent_id)


async def add_note(
    services: HostServices, action: AddNote, who: str, intent_id: str
) -> Entry:
    """Journal a note."""
    event = NoteAdded(text=action.text.strip(), step=action.step)
    return await services.writer.write(event, who, intent_id)


async def enter_phase(
    services: HostServices, action: EnterPhase, who: str, intent_id: str
) -> Entry:
    """Journal that the run enters a phase: an aside, or one of the main line."""
    origin = action.from_step
    if origin in services.context.state.steps:
        origin = failed_step_or_parent(services.context.state, origin)
    event = PhaseEntered(phase=action.phase, from_step=origin, reason=action.reason)
    return await services.writer.write(event, who, intent_id)


async def undo_steps(
    services: HostServices, action: UndoSteps, who: str, intent_id: str
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
    return await services.writer.write(event, who, intent_id)


async def reopen_run(services: HostServices, who: str, intent_id: str) -> Entry:
    """Journal that an ended run is open again, for undoing alone."""
    return await services.writer.write(RunReopened(), who, intent_id)


async def start_automatic(
    services: HostServices, action: StartAutomatic, who: str, intent_id: str
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
    return await services.writer.write(event, who, intent_id)


async def end_run(
    services: HostServices, action: EndRun, who: str, intent_id: str
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
        services.context, services.writer, outcome, reason, who, intent_id
    )


async def arm_watch(
    services: HostServices, _action: ArmWatch, who: str, intent_id: str
) -> Entry:
    """Journal that a trigger that fires begins the rollback from now on."""
    confirmed = bool(
        rollback_confirmation_word(
            services.context.plan, services.context.state, _rollback_phase(services)
        )
    )
    return await services.writer.write(WatchArmed(confirmed=confirmed), who, intent_id)


async def disarm_watch(
    services: HostServices, action: DisarmWatch, who: str, intent_id: str
) -> Entry:
    """Journal that a trigger that fires only shows a warning from now on."""
    reason = action.reason.strip() or f"{who} disarmed it"
    return await services.writer.write(WatchDisarmed(reason=reason), who, intent_id)


async def hold_rollback(
    services: HostServices, action: HoldRollback, who: str, intent_id: str
) -> Entry:
    """Journal the end of a countdown, so that no rollback begins."""
    return await services.writer.write(
        RollbackHeld(reason=action.reason.strip()), who, intent_id
    )


async def begin_rollback(
    services: HostServices, action: BeginRollback, who: str, intent_id: str
) -> Entry:
    """Begin the rollback that a trigger would begin."""
    reason = action.reason.strip() or services.context.state.watch.rollback_reason
    event = RollbackBegan(
        phase=_rollback_phase(services).id,
        cause="person",
        reason=reason or f"{who} began it",
    )
    return await triggers.begin_rollback(services.writer, event, who, intent_id)


def _rollback_phase(services: HostServices) -> Phase:
    phase = rollback_phase(services.context.plan)
    assert phase is not None
    return phase


async def disarm_before_change(services: HostServices, step: Step, who: str) -> None:
    """Disarm the watch as a person starts a step that changes something.

    The step itself may make probes fail, as a rollback by hand does; no automatic
    rollback may begin because of that.
    """
    if services.context.state.watch.armed and effect_of(step) != "read":
        reason = f"{who} started {services.context.plan.name(step.id)}"
        await services.writer.write(WatchDisarmed(reason=reason, step=step.id), who)
