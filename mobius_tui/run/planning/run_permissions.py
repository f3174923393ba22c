"""Whether a run may be ended, go by itself, turn aside, or be let go of now. Pure."""

from __future__ import annotations

from mobius_tui.errors import UsageError
from mobius_tui.run.events.mode_and_outcome import Mode, Outcome
from mobius_tui.run.events.run_events import (
    AutoStarted,
    NoteAdded,
    RunEnded,
    VariableSet,
)
from mobius_tui.run.intents.intent_actions import (
    AddNote,
    EndRun,
    EnterPhase,
    ReleaseHost,
    SetVariables,
    StartAutomatic,
)
from mobius_tui.run.planning.approval_rules import steps_awaiting_approval
from mobius_tui.run.planning.initial_values import refuse_answers, refuse_value
from mobius_tui.run.planning.plan import effect_of
from mobius_tui.run.planning.side_by_side import running_steps
from mobius_tui.run.planning.situation import (
    NotPermittedError,
    RefusalCode,
    Situation,
    require_text,
)
from mobius_tui.run.planning.undoing import NOTHING_TO_REHEARSE_TEXT, is_undoing
from mobius_tui.run.planning.watch_permissions import (
    require_rollback_phase,
    unattended_refusal,
)
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.model.improvised import is_improvised
from mobius_tui.runbook.model.limits import limits_by_variable


def require_may_set_variables(action: SetVariables, situation: Situation) -> None:
    """Raise unless these variables may get these values."""
    runbook = situation.plan.runbook
    filled_in = limits_by_variable(runbook)
    for name, value in action.values.items():
        variable = runbook.variables.get(name)
        if variable is None or variable.secret or name == runbook.environment:
            words = f"{name} cannot be set during a run"
            raise NotPermittedError(RefusalCode.NOT_SETTABLE, words)
        situation.require_event_allowed(
            VariableSet(name=name, value=value, source="set")
        )
        try:
            refuse_value(variable, value, filled_in.get(name, ()))
        except UsageError as error:
            raise NotPermittedError(RefusalCode.UNFILLED, str(error)) from error


def require_may_add_note(action: AddNote, situation: Situation) -> None:
    """Raise unless the note may be recorded."""
    if action.step is not None:
        situation.step(action.step)
    situation.require_event_allowed(NoteAdded(text=action.text, step=action.step))
    require_text(action.text)


def require_may_enter_phase(action: EnterPhase, situation: Situation) -> None:
    """Raise unless the run may enter the phase."""
    phases = {phase.id: phase for phase in situation.plan.runbook.phases}
    if action.phase not in phases or is_improvised(phases[action.phase]):
        words = f"this runbook has no phase {action.phase!r}"
        raise NotPermittedError(RefusalCode.UNKNOWN, words)
    if phases[action.phase] is situation.plan.runbook.undo_phase:
        words = f"{phases[action.phase].title} begins where steps are undone"
        raise NotPermittedError(RefusalCode.WRONG_KIND, words, words)
    busy = situation.busy_step
    if busy is not None:
        why = f"{situation.plan.name(busy.id)} is running"
        raise NotPermittedError(RefusalCode.BUSY, f"{why}; wait, or stop it", why)
    situation.require_phase_enterable(phases[action.phase])


def require_may_start_automatic(action: StartAutomatic, situation: Situation) -> None:
    """Raise unless the host may run the main line by itself from here on."""
    state = situation.state
    if words := unattended_refusal(situation.plan.runbook, "--auto"):
        raise NotPermittedError(RefusalCode.UNATTENDED, words)
    if is_undoing(situation.plan, state):
        words = "steps are being undone; what follows would do them again"
        raise NotPermittedError(RefusalCode.BUSY, words)
    if action.rehearse_undo and not state.is_drill:
        words = "only a drill rehearses how steps are undone"
        raise NotPermittedError(RefusalCode.NO_DRILL, words)
    if action.rehearse_undo and situation.plan.runbook.undo_phase is None:
        raise NotPermittedError(RefusalCode.NOTHING_TO_UNDO, NOTHING_TO_REHEARSE_TEXT)
    if action.trigger_within is not None:
        if not state.is_drill:
            words = "only a drill waits for a trigger; `watch` does it elsewhere"
            raise NotPermittedError(RefusalCode.NO_DRILL, words)
        require_rollback_phase(situation)
    if action.manual == "tick" and state.began is not None:
        words = manual_tick_refusal(
            mode=state.began.mode,
            environment=state.began.environment,
            protected=state.began.protected,
        )
        if words:
            words += "; without --auto a person does it, and ticks it"
            raise NotPermittedError(RefusalCode.PROTECTED, words)
    try:
        refuse_answers(situation.plan.runbook, action.answers)
    except UsageError as error:
        raise NotPermittedError(RefusalCode.UNFILLED, str(error)) from error
    situation.require_event_allowed(AutoStarted())


def manual_tick_refusal(*, mode: Mode, environment: str | None, protected: bool) -> str:
    """Why `--manual tick` is refused in a run; empty where it may be given.

    Args:
        mode: what the run is for.
        environment: its name, if it has one.
        protected: whether the runbook protects it.
    """
    if not protected or mode is Mode.DRILL:
        return ""
    return (
        f"--manual tick is refused in {environment}, which is protected: nobody would "
        "have done what it ticks"
    )


def require_may_end_run(_action: EndRun, situation: Situation) -> None:
    """Raise unless the run may be ended."""
    situation.require_event_allowed(RunEnded(outcome=Outcome.ABANDONED))
    for step in running_steps(situation.plan, situation.state):
        if effect_of(step) != "read":
            name = situation.plan.name(step.id)
            words = (
                f"{name} changes things and is still running; "
                "wait for it, or stop it, before the run is ended"
            )
            raise NotPermittedError(RefusalCode.BUSY, words, f"{name} is running")


def require_may_release_host(_action: ReleaseHost, situation: Situation) -> None:
    """Raise unless the host may end while the run stays open."""
    plan, state = situation.plan, situation.state
    running = [
        plan.name(step.id)
        for step in plan.steps.values()
        if state.steps[step.id].status is Status.RUNNING
    ]
    words = ""
    if running:
        words = f"{', '.join(running)} is running; the host stays"
    elif steps_awaiting_approval(plan, state):
        words = "an approval is waited for; the host stays"
    elif situation.viewers > 1:
        words = "others watch this run; the host stays"
    if words:
        raise NotPermittedError(RefusalCode.HOST_NEEDED, words)
