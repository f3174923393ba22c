"""Authorises each intent from a viewer and passes it to its handler, one at a time.

Each decision holds the lock `writer.turn` (*the turn*) from reading the run's state
until the event that follows is durable, so no two decisions see the same state.
"""

from __future__ import annotations

from typing import assert_never

from mobius_tui.errors import MobiusError
from mobius_tui.run.attempts.step_checks import (
    GuardLook,
    GuardLookNeededError,
    look_at_guard,
    require_guard_look,
)
from mobius_tui.run.attempts.value_sources import (
    OptionsNeededError,
    SecretsNeededError,
    list_options,
    obtain_needed_secrets,
    require_secrets,
)
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.host.consequences import journal_consequences
from mobius_tui.run.host.intents import (
    message_handlers,
    run_handlers,
    step_handlers,
)
from mobius_tui.run.host.intents.host_services import HostServices
from mobius_tui.run.intents.control_protocol import Caller, Envelope, Reply
from mobius_tui.run.intents.intent_actions import (
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
    GiveSecrets,
    GoOnWithout,
    HoldRollback,
    ImproviseStep,
    ListOptions,
    LookFirst,
    OverrideStep,
    ReleaseBatch,
    ReleaseHost,
    ReopenRun,
    ResendMessages,
    RestoreStep,
    RetryStep,
    SendMessageOfStep,
    SettleHost,
    SetVariables,
    SkipStep,
    StartAutomatic,
    StartStep,
    StopStep,
    TickStep,
    TouchSite,
    UndoSteps,
    secret_rule_of_field,
)
from mobius_tui.run.planning.permissions import require
from mobius_tui.run.storage.redaction import without_secrets
from mobius_tui.runbook.model.runbook import Step

OtherAction = (
    SendMessageOfStep
    | ResendMessages
    | DropMessages
    | AskApproval
    | ApproveStep
    | DenyApproval
    | ReleaseBatch
    | SettleHost
    | ArmWatch
    | DisarmWatch
    | HoldRollback
    | BeginRollback
    | GiveHint
    | TouchSite
)
"""Actions on messages, approvals, hosts of steps, the watch and drills."""


class Dispatcher:
    """Passes each action to its handler, one at a time."""

    def __init__(self, services: HostServices) -> None:
        """Take the services that handlers act through.

        Args:
            services: the run's context, journal writer and runner of attempts.
        """
        self._services = services

    async def handle_intent(self, envelope: Envelope, caller: Caller) -> Reply:
        """Act on an intent, once, and answer it.

        Obtaining a step's secrets, listing a decision's options and looking at a guard
        may take long: they are done without holding the turn. Only with all secrets, or
        a guard that holds, is the intent then tried again; else the reply says what
        came of it.

        Args:
            envelope: what is asked for.
            caller: who asks.
        """
        context, writer = self._services.context, self._services.writer
        looked: Step | None = None
        try:
            while True:
                try:
                    return await self._handle_in_turn(envelope, caller)
                except SecretsNeededError as wanted:
                    lacking = await obtain_needed_secrets(context, writer, wanted)
                    if lacking:
                        return Reply(id=envelope.id, ok=False, text=lacking)
                except OptionsNeededError as wanted:
                    return await self._list_options(envelope, wanted.step)
                except GuardLookNeededError as wanted:
                    looked = wanted.step
                    seen = await look_at_guard(
                        context, writer, looked, caller.name, envelope.id
                    )
                    if not seen.holds:
                        return await self._answer_look(envelope, seen)
        finally:
            if looked is not None:
                context.steps_with_held_guard.discard(looked.id)

    async def _answer_look(self, envelope: Envelope, seen: GuardLook) -> Reply:
        """The reply if a step does not apply, or its guard could not be looked at."""
        context, is_done = self._services.context, seen.holds is not None
        if is_done:
            await journal_consequences(context, self._services.writer)
        number = context.state.last_entry_number
        return Reply(id=envelope.id, ok=is_done, text=seen.words, n=number)

    async def _list_options(self, envelope: Envelope, step: Step) -> Reply:
        """List a decision's options; the reply says what went wrong."""
        context, writer = self._services.context, self._services.writer
        problem = await list_options(context, writer, step)
        number = context.state.last_entry_number
        return Reply(id=envelope.id, ok=not problem, text=problem or "", n=number)

    async def _handle_in_turn(self, envelope: Envelope, caller: Caller) -> Reply:
        """Act on an intent, once, and answer it.

        Raises:
            SecretsNeededError: the step's secrets must be obtained first.
            OptionsNeededError: it is a `ListOptions`, which the caller does without the
                turn.
            GuardLookNeededError: the step's guard must be looked at first. In all three
                cases nothing was done.
        """
        services, intent = self._services, envelope.id
        if services.writer.journal.stall_reason:
            return self._reply_on_full_disk(
                envelope, services.writer.journal.stall_reason
            )
        async with services.writer.turn:
            known = services.context.state.intents.get(intent)
            if known is not None:
                return Reply(id=intent, ok=True, n=known)
            if services.writer.failure is not None:
                return Reply(id=intent, ok=False, text=services.writer.failure)
            services.is_released = False
            try:
                action = refuse_or_redact_secrets(services, envelope.action)
                entry = await perform_action(services, action, caller, intent)
            except MobiusError as error:
                return Reply(
                    id=intent, ok=False, text=services.context.redact(str(error))
                )
            number = (
                entry.n
                if entry is not None
                else services.context.state.last_entry_number
            )
        await journal_consequences(services.context, services.writer)
        return Reply(id=intent, ok=True, n=number)

    def _reply_on_full_disk(self, envelope: Envelope, why: str) -> Reply:
        """Stop an attempt while the disk is full; refuse all else.

        Args:
            envelope: what is asked for.
            why: the system's words for it.
        """
        action = envelope.action
        if isinstance(action, StopStep) and step_handlers.stop_without_journal(
            self._services, action
        ):
            words = f"asked to stop; by whom cannot be noted: {why}"
            return Reply(id=envelope.id, ok=True, text=words)
        words = (
            f"the journal cannot be written: {why}; this was not done, and nothing new "
            "is started. Free some space, and the run goes on by itself"
        )
        return Reply(id=envelope.id, ok=False, text=words)


def refuse_or_redact_secrets(services: HostServices, action: Action) -> Action:
    """The action as it may be kept: each field by its `secret_rule_of_field`.

    Raises:
        RunError: a field that is kept as it is holds a secret.
    """
    context = services.context
    declared = context.plan.runbook.variables.values()
    return without_secrets(
        action,
        context.secrets.values(),
        secret_rule_of_field,
        is_known=context.has_name,
        secret_names=(each.name for each in declared if each.secret),
    )


async def perform_action(
    services: HostServices, action: Action, caller: Caller, intent_id: str
) -> Entry | None:
    """Perform an action, if it is permitted; the caller holds the turn.

    Args:
        services: the run's context, journal writer and runner of attempts.
        action: what is asked for.
        caller: who asks.
        intent_id: the id under which it goes on record.

    Returns:
        The entry that records it; `None` where nothing does.

    Raises:
        MobiusError: it is not permitted now; the message says why.
        SecretsNeededError: the step's secrets must be obtained first.
        OptionsNeededError: it is a `ListOptions`, which must be done without the turn.
        GuardLookNeededError: the step's guard must be looked at first. In all three
            cases nothing was done.
    """
    context = services.context
    if isinstance(action, StartStep | RetryStep | ImproviseStep | ListOptions):
        # What got none at the host's start may give it by now.
        require_secrets(context, context.state.unsettled_secrets)
    if isinstance(action, StartStep | RetryStep | TickStep | ApproveStep):
        await step_handlers.void_changed_approval(services, action.step)
    require(action, step_handlers.situation_of(services, caller))
    if isinstance(action, GiveSecrets):
        require_secrets(context, (n for n, value in action.values.items() if not value))
    if isinstance(action, TickStep):
        await step_handlers.validate_answers(services, action)
        # It took its time: what held before it need not hold any more.
        require(action, step_handlers.situation_of(services, caller))
    if isinstance(action, StartStep | RetryStep | TickStep):
        names, name = context.plan.variables_read, context.plan.name(action.step)
        require_secrets(context, names[action.step], name)
    if isinstance(action, StartStep | RetryStep | AskApproval):
        # Nobody is asked to approve what does not apply.
        require_guard_look(services.context, services.context.plan.steps[action.step])
    who = caller.name
    match action:
        case StartStep() | RetryStep():
            return await step_handlers.start_step(services, action, caller, intent_id)
        case ImproviseStep():
            return await step_handlers.improvise_step(
                services, action, caller, intent_id
            )
        case StopStep():
            return await step_handlers.stop_step(services, action, who, intent_id)
        case TickStep():
            return await step_handlers.tick_step(services, action, caller, intent_id)
        case ChooseOptions():
            return await step_handlers.choose_options(
                services, action, caller, intent_id
            )
        case ListOptions():
            raise OptionsNeededError(services.context.plan.steps[action.step])
        case LookFirst():
            step_handlers.look_first(services, action, intent_id)
        case SkipStep():
            return await run_handlers.skip_step(services, action, who, intent_id)
        case RestoreStep():
            return await run_handlers.restore_step(services, action, who, intent_id)
        case OverrideStep():
            return await run_handlers.override_step(services, action, who, intent_id)
        case SetVariables():
            return await run_handlers.set_variables(services, action, who, intent_id)
        case GiveSecrets():
            return await run_handlers.give_secrets(services, action, who, intent_id)
        case GoOnWithout():
            return await run_handlers.go_on_without(services, action, who, intent_id)
        case AddNote():
            return await run_handlers.add_note(services, action, who, intent_id)
        case EnterPhase():
            return await run_handlers.enter_phase(services, action, who, intent_id)
        case UndoSteps():
            return await run_handlers.undo_steps(services, action, who, intent_id)
        case ReopenRun():
            return await run_handlers.reopen_run(services, who, intent_id)
        case StartAutomatic():
            return await run_handlers.start_automatic(services, action, who, intent_id)
        case EndRun():
            return await run_handlers.end_run(services, action, who, intent_id)
        case ReleaseHost():
            services.release()
        case _:
            return await _perform_other_action(services, action, caller, intent_id)
    return None


async def _perform_other_action(
    services: HostServices, action: OtherAction, caller: Caller, intent_id: str
) -> Entry | None:
    """Perform an action on messages, approvals, hosts, the watch or drills."""
    who = caller.name
    match action:
        case SendMessageOfStep():
            return await message_handlers.send_message_of_step(
                services, action, caller, intent_id
            )
        case ResendMessages():
            return await message_handlers.resend_messages(
                services, action, who, intent_id
            )
        case DropMessages():
            return await message_handlers.drop_messages(
                services, action, who, intent_id
            )
        case AskApproval():
            return await step_handlers.ask_approval(services, action, caller, intent_id)
        case ApproveStep():
            return await step_handlers.approve_step(services, action, caller, intent_id)
        case DenyApproval():
            return await step_handlers.deny_approval(
                services, action, caller, intent_id
            )
        case ReleaseBatch():
            return await step_handlers.release_batch(services, action, who, intent_id)
        case SettleHost():
            return await step_handlers.settle_host(services, action, who, intent_id)
        case ArmWatch():
            return await run_handlers.arm_watch(services, action, who, intent_id)
        case DisarmWatch():
            return await run_handlers.disarm_watch(services, action, who, intent_id)
        case HoldRollback():
            return await run_handlers.hold_rollback(services, action, who, intent_id)
        case BeginRollback():
            return await run_handlers.begin_rollback(services, action, who, intent_id)
        case GiveHint():
            return await run_handlers.give_hint(services, action, who, intent_id)
        case TouchSite():
            return await run_handlers.touch_site(services, action, who, intent_id)
        case _:
            assert_never(action)
