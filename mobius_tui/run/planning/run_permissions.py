"""Whether a run may be ended, reopened, undone, turned aside or automated now. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mobius_tui.errors import UsageError
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.events.run_events import (
    AutoStarted,
    NoteAdded,
    RunEnded,
    VariableSet,
    WentOnWithout,
)
from mobius_tui.run.intents.intent_actions import (
    Action,
    AddNote,
    ApproveStep,
    AskApproval,
    DenyApproval,
    DropMessages,
    EndRun,
    EnterPhase,
    GiveSecrets,
    GoOnWithout,
    LookFirst,
    OverrideStep,
    ReleaseHost,
    ReopenRun,
    ResendMessages,
    RestoreStep,
    RetryStep,
    SendMessageOfStep,
    SetVariables,
    SkipStep,
    StartAutomatic,
    StartStep,
    StopStep,
    TickStep,
    UndoSteps,
)
from mobius_tui.run.planning.confirmation import undo_confirmation_word
from mobius_tui.run.planning.plan import Plan, effect_of, running_steps
from mobius_tui.run.planning.situation import (
    NotPermittedError,
    RefusalCode,
    Situation,
    require_text,
)
from mobius_tui.run.planning.step_status import steps_awaiting_approval
from mobius_tui.run.planning.undoing import (
    NOTHING_TO_REHEARSE_TEXT,
    UndoItem,
    is_undoing,
    undo_items,
)
from mobius_tui.run.planning.variables import (
    require_value,
    validate_manual_answers,
    validate_value,
)
from mobius_tui.run.planning.watch_permissions import (
    require_rollback_phase,
    unattended_refusal,
)
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.model.limits import limited_texts_by_variable
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.runbook.model.runtime_steps import is_improvised
from mobius_tui.runbook.model.value_kinds import value_problem


def require_may_set_variables(action: SetVariables, situation: Situation) -> None:
    """Raise unless these variables may get these values."""
    runbook = situation.plan.runbook
    filled_in = limited_texts_by_variable(runbook)
    for name, value in action.values.items():
        variable = runbook.variables.get(name)
        if variable is None or variable.secret or name == runbook.environment:
            words = f"{name} cannot be set during a run"
            raise NotPermittedError(RefusalCode.NOT_SETTABLE, words)
        situation.require_event_allowed(
            VariableSet(name=name, value=value, source="set")
        )
        try:
            require_value(variable, value)
            validate_value(variable, value, filled_in.get(name, ()))
        except UsageError as error:
            raise NotPermittedError(RefusalCode.UNFILLED, str(error)) from error


def require_may_give_secrets(action: GiveSecrets, situation: Situation) -> None:
    """Raise unless these are lost secrets, each with a value that it may have."""
    lost, values = situation.state.lost_secrets, action.values
    if values and not any(value or name in lost for name, value in values.items()):
        return  # what was to be got again has been, by now
    _require_lost(tuple(values), situation)
    for name, value in values.items():
        situation.require_event_allowed(
            VariableSet(name=name, value=None, source="secret")
        )
        variable = situation.plan.runbook.variables[name]
        if not value and not variable.is_fetched:
            words = f"{name}: a value is wanted"
            raise NotPermittedError(RefusalCode.UNFILLED, words)
        if value and (problem := value_problem(variable, value)):
            raise NotPermittedError(RefusalCode.UNFILLED, problem)


def require_may_go_on_without(action: GoOnWithout, situation: Situation) -> None:
    """Raise unless these are lost secrets that nobody went on without yet."""
    _require_lost(action.secrets, situation)
    situation.require_event_allowed(WentOnWithout(secrets=action.secrets))
    for name in action.secrets:
        if name in situation.state.secrets_gone_without:
            words = f"the run goes on without {name} already"
            raise NotPermittedError(RefusalCode.DONE, words)


def _require_lost(names: tuple[str, ...], situation: Situation) -> None:
    lost = situation.state.lost_secrets
    if not lost:
        words = "no secret of this run is lost"
        raise NotPermittedError(RefusalCode.NOT_SETTABLE, words)
    if not names:
        words = f"name the secrets: {', '.join(lost)}"
        raise NotPermittedError(RefusalCode.UNFILLED, words)
    for name in names:
        if name not in lost or name not in situation.plan.runbook.variables:
            words = f"{name} is no lost secret; these are: {', '.join(lost)}"
            raise NotPermittedError(RefusalCode.NOT_SETTABLE, words)


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
            is_harmless=state.began.is_harmless_drill,
            environment=state.began.environment,
            protected=state.began.protected,
        )
        if words:
            words += "; without --auto a person does it, and ticks it"
            raise NotPermittedError(RefusalCode.PROTECTED, words)
    try:
        validate_manual_answers(situation.plan.runbook, action.answers)
    except UsageError as error:
        raise NotPermittedError(RefusalCode.UNFILLED, str(error)) from error
    situation.require_event_allowed(AutoStarted())


def manual_tick_refusal(
    *, is_harmless: bool, environment: str | None, protected: bool
) -> str:
    """Why `--manual tick` is refused in a run; empty where it may be given.

    Args:
        is_harmless: whether it is a drill that reaches nothing real.
        environment: its name, if it has one.
        protected: whether the runbook protects it.
    """
    if not protected or is_harmless:
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
    elif steps_awaiting_approval(plan, state, situation.statuses):
        words = "an approval is waited for; the host stays"
    elif situation.viewers > 1:
        words = "others watch this run; the host stays"
    if words:
        raise NotPermittedError(RefusalCode.HOST_NEEDED, words)


_ACTIONS_IN_REOPENED_RUN = (
    *(UndoSteps, AddNote, StopStep, EndRun, ReleaseHost, GiveSecrets, GoOnWithout),
    *(ResendMessages, DropMessages),
    ReopenRun,  # refused by its own rule, which says why
)
"""Actions that begin no step, and that are permitted in a reopened run."""
_ACTIONS_ON_STEPS_AFTER_END = (
    *(StartStep, RetryStep, LookFirst, SkipStep, RestoreStep, OverrideStep),
    *(TickStep, SendMessageOfStep, AskApproval, ApproveStep, DenyApproval),
)
"""Actions that are permitted in a reopened run for steps that undo others, and for
messages."""


def require_fits_reopened_run(action: Action, situation: Situation) -> None:
    """Raise unless the action fits a run that is open again to be undone.

    Raises:
        NotPermittedError: it does not; its words say why.
    """
    state = situation.state
    if isinstance(action, _ACTIONS_ON_STEPS_AFTER_END):
        known = action.step in situation.plan.steps
        fits = action.step in state.steps_allowed_when_reopened or not known
    else:
        fits = isinstance(action, _ACTIONS_IN_REOPENED_RUN)
    if not fits:
        why = "this run had ended, and is open again to be undone: nothing else begins"
        raise NotPermittedError(RefusalCode.ONLY_UNDONE, why, why)


def require_may_reopen(_action: ReopenRun, situation: Situation) -> None:
    """Raise unless the run has ended, and something that it did can be undone.

    Raises:
        NotPermittedError: it may not be opened again; its words say why.
    """
    plan, state = situation.plan, situation.state
    if state.ended is None:
        words = "the run is open: what it did is undone in it as it is"
        raise NotPermittedError(RefusalCode.RUN_OPEN, words)
    if state.is_drill:
        words = (
            "a drill that has ended is not opened again: its site is gone, and with it "
            "what the drill changed"
        )
        raise NotPermittedError(RefusalCode.RUN_ENDED, words)
    items = undo_items(plan, state)
    if all(item.undo is None for item in items):
        raise NotPermittedError(
            RefusalCode.NOTHING_TO_UNDO, _nothing_to_undo_text(plan, items)
        )


def require_may_undo(action: UndoSteps, situation: Situation) -> None:
    """Raise unless the run may turn to undoing these steps.

    Raises:
        NotPermittedError: it may not; its words say why.
    """
    plan, state = situation.plan, situation.state
    items = undo_items(plan, state)
    _require_nothing_running(situation)
    if all(item.undo is None for item in items):
        raise NotPermittedError(
            RefusalCode.NOTHING_TO_UNDO, _nothing_to_undo_text(plan, items)
        )
    if not action.steps:
        words = "name the steps that are to be undone"
        raise NotPermittedError(RefusalCode.UNFILLED, words)
    meant = items[: len(action.steps)]
    if tuple(item.step.id for item in meant) != action.steps:
        words = "something has been done or undone since this was shown; look again"
        raise NotPermittedError(RefusalCode.MOVED_ON, words)
    if all(item.undo is None for item in meant):
        words = _nothing_to_undo_text(plan, meant)
        raise NotPermittedError(RefusalCode.NOTHING_TO_UNDO, words)
    stays = [plan.name(item.step.id) for item in meant if item.undo is None]
    word = undo_confirmation_word(plan, state) if stays else ""
    if word and action.confirm != word:
        words = f"{', '.join(stays)} stays as it is; type {word} to go on past it"
        raise NotPermittedError(RefusalCode.UNFILLED, words)


def _require_nothing_running(situation: Situation) -> None:
    """Raise while a step runs, or where the result of an earlier undo is unknown."""
    plan, state = situation.plan, situation.state
    if state.ended is not None:
        words = "the run has ended; it is opened again first, and then undone"
        raise NotPermittedError(RefusalCode.RUN_ENDED, words)
    busy = situation.busy_step
    if busy is not None:
        why = f"{plan.name(busy.id)} is running"
        raise NotPermittedError(RefusalCode.BUSY, f"{why}; wait, or stop it", why)
    if state.auto is not None or state.watch.rollback_running:
        why = "the host runs it by itself" if state.auto else "the rollback is running"
        words = f"{why}, and would do again what is undone; wait until it stops"
        raise NotPermittedError(RefusalCode.BUSY, words, why)
    for undo in _unknown_undos(plan, state):
        words = (
            f"it is not known how far {plan.name(undo.id)} got; look there first, and "
            "retry it, override it or skip it"
        )
        raise NotPermittedError(RefusalCode.WAITS, words)


def _unknown_undos(plan: Plan, state: RunState) -> Iterator[Step]:
    for step_id in state.undo_steps:
        if state.steps[step_id].status is Status.UNKNOWN:
            yield plan.steps[step_id]


def _nothing_to_undo_text(plan: Plan, items: Sequence[UndoItem]) -> str:
    if plan.runbook.undo_phase is None:
        return "this runbook says of no step how it is undone"
    if not items:
        return "nothing has been changed that is not undone"
    return "; ".join(f"{plan.name(e.step.id)} stays: {e.why_not}" for e in items)
