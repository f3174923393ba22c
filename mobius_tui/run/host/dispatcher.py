"""What viewers ask for, one after the other: acted on once, and answered.

Whoever decides holds the run's turn from the look at its state until the event that
follows is durable, so no two decisions see the same state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import assert_never

from mobius_tui.errors import MobiusError, RunError
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.host.engine import Engine
from mobius_tui.run.host.intents import (
    approval_handlers,
    message_handlers,
    run_handlers,
    step_handlers,
    watch_handlers,
)
from mobius_tui.run.intents.actions import (
    FREE_TEXTS,
    Action,
    AddNote,
    ApproveStep,
    ArmWatch,
    AskApproval,
    BeginRollback,
    ChooseOptions,
    DenyApproval,
    DisarmWatch,
    DropMessages,
    EndRun,
    EnterPhase,
    GiveHint,
    HoldRollback,
    LookFirst,
    OverrideStep,
    ReleaseHost,
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
    TouchSite,
)
from mobius_tui.run.intents.envelope import Caller, Envelope
from mobius_tui.run.intents.replies import Reply
from mobius_tui.run.planning.permissions import require
from mobius_tui.run.storage.redaction import holds_secret

Beside = (
    SendMessageOfStep
    | ResendMessages
    | DropMessages
    | AskApproval
    | ApproveStep
    | DenyApproval
    | ArmWatch
    | DisarmWatch
    | HoldRollback
    | BeginRollback
    | GiveHint
    | TouchSite
)
"""The actions on what goes on beside the steps."""


class Dispatcher:
    """Hands each action to its handler, in turn."""

    def __init__(self, engine: Engine) -> None:
        """Make one.

        Args:
            engine: the run's decider.
        """
        self._engine = engine

    async def judge(self, envelope: Envelope, caller: Caller) -> Reply:
        """Act on an intent, once, and answer it.

        Args:
            envelope: what is asked for.
            caller: who asks.
        """
        engine, intent = self._engine, envelope.id
        if engine.journal.stalled:
            return self._without_room(envelope, engine.journal.stalled)
        async with engine.turn:
            known = engine.state.intents.get(intent)
            if known is not None:
                return Reply(id=intent, ok=True, n=known)
            if engine.broken is not None:
                return Reply(id=intent, ok=False, text=engine.broken)
            engine.is_released = False
            try:
                action = without_secrets(engine, envelope.action)
                entry = await act(engine, action, caller, intent)
            except MobiusError as error:
                return Reply(id=intent, ok=False, text=engine.redact(str(error)))
            number = entry.n if entry is not None else engine.state.n
        await engine.settle()
        return Reply(id=intent, ok=True, n=number)

    def _without_room(self, envelope: Envelope, why: str) -> Reply:
        """Stop an attempt while the disk is full; refuse all else.

        Args:
            envelope: what is asked for.
            why: the system's words for it.
        """
        action = envelope.action
        if isinstance(action, StopStep) and step_handlers.stop_unwritten(
            self._engine, action
        ):
            words = f"asked to stop; by whom cannot be noted: {why}"
            return Reply(id=envelope.id, ok=True, text=words)
        words = (
            f"the journal cannot be written: {why}; this was not done, and nothing new "
            "is started. Free some space, and the run goes on by itself"
        )
        return Reply(id=envelope.id, ok=False, text=words)


def without_secrets(engine: Engine, action: Action) -> Action:
    """An action of which nothing that is kept holds a secret.

    Raises:
        RunError: a value does: as another text, it would not be that value.
    """
    if isinstance(action, TickStep | StartAutomatic):
        _refuse_secrets(engine, action.answers)
    elif isinstance(action, SetVariables):
        _refuse_secrets(engine, action.values)
    elif isinstance(action, ApproveStep):
        _refuse_secrets(engine, {"name": action.name})
    texts = {
        each.name: engine.redact(getattr(action, each.name))
        for each in fields(action)
        if each.name in FREE_TEXTS
    }
    return replace(action, **texts)  # type: ignore[arg-type]


def _refuse_secrets(engine: Engine, values: Mapping[str, str]) -> None:
    declared = engine.plan.runbook.variables
    for name, value in values.items():
        is_secret = name in declared and declared[name].secret
        if not is_secret and holds_secret(value, engine.secrets.values()):
            raise RunError(f"{name}: this holds the value of a secret, and is kept")


async def act(
    engine: Engine, action: Action, caller: Caller, intent: str
) -> Entry | None:
    """Do what is asked for, where it may be done; the turn is held.

    Args:
        engine: the run's decider.
        action: what is asked for.
        caller: who asks.
        intent: the id under which it goes on record.

    Returns:
        The entry that records it; `None` where nothing does.

    Raises:
        MobiusError: it may not be done now; its words say why.
    """
    require(action, step_handlers.situation_of(engine, caller))
    if isinstance(action, TickStep):
        await step_handlers.match_answers(engine, action)
        # It took its time: what held before it need not hold any more.
        require(action, step_handlers.situation_of(engine, caller))
    who = caller.name
    match action:
        case StartStep() | RetryStep():
            return await step_handlers.start(engine, action, caller, intent)
        case StopStep():
            return await step_handlers.stop(engine, action, who, intent)
        case TickStep():
            return await step_handlers.tick(engine, action, caller, intent)
        case ChooseOptions():
            return await step_handlers.choose(engine, action, caller, intent)
        case LookFirst():
            step_handlers.look_first(engine, action, intent)
        case SkipStep():
            return await run_handlers.skip(engine, action, who, intent)
        case RestoreStep():
            return await run_handlers.restore(engine, action, who, intent)
        case OverrideStep():
            return await run_handlers.override(engine, action, who, intent)
        case SetVariables():
            return await run_handlers.set_variables(engine, action, who, intent)
        case AddNote():
            return await run_handlers.note(engine, action, who, intent)
        case EnterPhase():
            return await run_handlers.enter(engine, action, who, intent)
        case StartAutomatic():
            return await run_handlers.start_automatic(engine, action, who, intent)
        case EndRun():
            return await run_handlers.end(engine, action, who, intent)
        case ReleaseHost():
            engine.release()
        case _:
            return await _act_beside(engine, action, caller, intent)
    return None


async def _act_beside(
    engine: Engine, action: Beside, caller: Caller, intent: str
) -> Entry | None:
    """Do what is about messages, approvals, the watch over health, or a drill."""
    who = caller.name
    match action:
        case SendMessageOfStep():
            return await message_handlers.send(engine, action, caller, intent)
        case ResendMessages():
            return await message_handlers.send_again(engine, action, who, intent)
        case DropMessages():
            return await message_handlers.drop(engine, action, who, intent)
        case AskApproval():
            return await approval_handlers.ask_approval(engine, action, caller, intent)
        case ApproveStep():
            return await approval_handlers.approve(engine, action, caller, intent)
        case DenyApproval():
            return await approval_handlers.deny(engine, action, caller, intent)
        case ArmWatch():
            return await watch_handlers.arm(engine, action, who, intent)
        case DisarmWatch():
            return await watch_handlers.disarm(engine, action, who, intent)
        case HoldRollback():
            return await watch_handlers.hold(engine, action, who, intent)
        case BeginRollback():
            return await watch_handlers.begin_rollback(engine, action, who, intent)
        case GiveHint():
            return await run_handlers.give_hint(engine, action, who, intent)
        case TouchSite():
            return await run_handlers.touch_site(engine, action, who, intent)
        case _:
            assert_never(action)
