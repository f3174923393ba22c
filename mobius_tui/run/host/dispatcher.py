"""Authorises each intent from a viewer and does its action, one at a time.

Each decision holds the lock `writer.turn` (*the turn*) from reading the run's state
until the event that follows is durable, so no two decisions see the same state.
"""

from __future__ import annotations

from mobius_tui.errors import MobiusError
from mobius_tui.run.attempts.step_checks import (
    GuardLook,
    GuardLookNeededError,
    look_at_guard,
)
from mobius_tui.run.attempts.value_sources import (
    OptionsNeededError,
    SecretsNeededError,
    list_options,
    obtain_needed_secrets,
)
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.host.consequences import journal_consequences
from mobius_tui.run.host.host_services import HostServices
from mobius_tui.run.intents.action import Action, Asked, Caller, secret_rule_of_field
from mobius_tui.run.intents.control_protocol import Envelope, Reply
from mobius_tui.run.intents.permissions import require
from mobius_tui.run.storage.redaction import without_secrets
from mobius_tui.runbook.model.runbook import Step


class Dispatcher:
    """Does each action, one at a time."""

    def __init__(self, services: HostServices) -> None:
        """Take what does the work.

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
        if envelope.action.do_without_journal(self._services):
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
    await action.prepare(services)
    require(action, services.situation(caller))
    return await action.do(services, Asked(caller=caller, intent=intent_id))
