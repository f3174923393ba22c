"""Runs the main line of an automatic run, until a person is needed."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from mobius_tui.errors import MobiusError
from mobius_tui.run.attempts.step_checks import GuardLookNeededError, look_at_guard
from mobius_tui.run.attempts.stopping import finish_run
from mobius_tui.run.attempts.value_sources import (
    OptionsNeededError,
    SecretsNeededError,
    list_options,
    obtain_needed_secrets,
)
from mobius_tui.run.events.fleet_events import (
    RELEASABLE_HOLD_REASONS,
    HoldReason,
    HostStatus,
)
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.events.run_events import (
    AUTO_AUTHOR,
    AutoStarted,
    PhaseEntered,
)
from mobius_tui.run.events.watch_events import RollbackStopped
from mobius_tui.run.host.automatic_steps import (
    AUTOMATIC_CALLER,
    begin_automatically,
    stop_for_person,
)
from mobius_tui.run.host.consequences import journal_consequences
from mobius_tui.run.host.dispatcher import perform_action
from mobius_tui.run.host.host_services import HostServices
from mobius_tui.run.intents.approval_intents import AskApproval
from mobius_tui.run.intents.control_protocol import new_id
from mobius_tui.run.intents.unattended_answers import person_remedy
from mobius_tui.run.planning.approval_rules import current_approval
from mobius_tui.run.planning.lost_secrets import lost_secret_notice
from mobius_tui.run.planning.proposal import Proposal, propose
from mobius_tui.run.planning.run_outcome import run_outcome
from mobius_tui.run.planning.step_status import step_statuses
from mobius_tui.run.planning.undoing import undo_to_rehearse
from mobius_tui.run.state.added_steps import failed_step_or_parent
from mobius_tui.run.state.step_state import Status, will_retry
from mobius_tui.runbook.model.runbook import Step


async def run_autopilot(services: HostServices) -> None:
    """Make one decision after another, for as long as the host lives.

    After each change it journals consequences, in every run. It begins or ends
    something only while the run is automatic, or while the phase of a begun rollback is
    the run's.
    """
    while True:
        wait = _trigger_wait(services)
        patience = None if wait is None else max(wait, 0.1)
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await services.writer.changed.wait()
        services.writer.changed.clear()
        await journal_consequences(services.context, services.writer)
        while await _decide(services):
            await journal_consequences(services.context, services.writer)


async def _decide(services: HostServices) -> bool:
    """Make one decision; returns whether to decide again at once."""
    try:
        return await _decide_in_turn(services)
    except SecretsNeededError as wanted:
        lacking = await obtain_needed_secrets(services.context, services.writer, wanted)
    except OptionsNeededError as wanted:
        await list_options(services.context, services.writer, wanted.step)
        return True
    except GuardLookNeededError as wanted:
        return await _decide_after_look(services, wanted.step)
    if lacking:
        await _stop_in_turn(services, lacking)
    return not lacking


async def _stop_in_turn(services: HostServices, reason: str) -> None:
    """Stop for a person, unless the run has ceased to be automatic meanwhile."""
    async with services.writer.turn:
        state = services.context.state
        is_automatic = state.auto is not None or _rollback_settings(services)
        if is_automatic and state.ended is None and not services.writer.failure:
            await stop_for_person(services, reason)


async def _decide_after_look(services: HostServices, step: Step) -> bool:
    """Begin a step, if its guard is seen to hold; returns whether to decide again."""
    context, writer = services.context, services.writer
    seen = await look_at_guard(context, writer, step, AUTO_AUTHOR)
    if seen.holds is None:
        await _stop_in_turn(services, seen.words)
        return False
    try:
        return await _decide(services) if seen.holds else True
    finally:
        context.steps_with_held_guard.discard(step.id)


async def _decide_in_turn(services: HostServices) -> bool:
    async with services.writer.turn:
        auto = services.context.state.auto or _rollback_settings(services)
        if (
            auto is None
            or services.context.state.ended is not None
            or services.writer.failure
        ):
            return False
        wait = _trigger_wait(services)
        if wait is not None:
            return await _end_without_trigger(services) if wait <= 0 else False
        if auto.rehearse_undo and await _rehearse_undo(services):
            return True
        proposal = propose(services.context.plan, services.context.state)
        try:
            return await _act(services, auto, proposal)
        except MobiusError as error:
            if services.writer.failure is None:
                await stop_for_person(
                    services, _with_step_name(services, proposal, str(error))
                )
            return False


async def _rehearse_undo(services: HostServices) -> bool:
    """Enter the phase Undo for the step that has just passed; it is then run again.

    Returns:
        Whether there was anything to undo.
    """
    plan = services.context.plan
    undo = undo_to_rehearse(plan, services.context.state)
    if undo is None:
        return False
    name = plan.name(undo.undo_of)
    entered = PhaseEntered(
        phase=plan.phase_of[undo.id].id,
        reason=f"rehearsal: {name} is undone, and done again",
        undoes=(undo.id,),
    )
    await services.writer.write(entered, AUTO_AUTHOR)
    return True


def _with_step_name(services: HostServices, proposal: Proposal, reason: str) -> str:
    """A reason that names the step it is about."""
    name = (
        services.context.plan.name(proposal.step) if proposal.step is not None else ""
    )
    return f"{name}: {reason}" if name and name not in reason else reason


def _trigger_wait(services: HostServices) -> float | None:
    """Seconds in which a trigger must begin the rollback; `None` if none must."""
    auto, watch = services.context.state.auto, services.context.state.watch
    if auto is None or auto.trigger is None or watch.rollback is not None:
        return None
    return auto.trigger - (
        services.context.clock.wall() - services.context.state.auto_at
    )


async def _end_without_trigger(services: HostServices) -> bool:
    """End the run as no trigger fired in time, so nothing repairs the service."""
    if services.context.state.watch.countdown is None:
        await finish_run(
            services.context,
            services.writer,
            Outcome.FAILED,
            "no trigger began the rollback in time",
            AUTO_AUTHOR,
        )
    return False


def _rollback_settings(services: HostServices) -> AutoStarted | None:
    """What an automatic rollback runs by, while its phase is the run's."""
    watch, frames = services.context.state.watch, services.context.state.aside_frames
    if not watch.rollback_running or watch.rollback is None or not frames:
        return None
    # Whoever armed the watch, or began the rollback, confirmed what it destroys.
    return (
        AutoStarted(confirmed=True)
        if frames[-1].phase == watch.rollback.phase
        else None
    )


async def _act(services: HostServices, auto: AutoStarted, proposal: Proposal) -> bool:
    lost = lost_secret_notice(services.context.plan.runbook, services.context.state)
    if lost:
        await stop_for_person(services, lost)
        return False
    if proposal.kind == "running":
        await _stop_where_hosts_are_held(services, proposal)
        return False
    if proposal.kind == "end" and proposal.text:
        remedy = person_remedy(services.context.state)
        await stop_for_person(services, f"{proposal.text}; {remedy}")
        return False
    if proposal.kind == "end" and services.context.state.aside_frames:
        return False  # an aside has just come to its end, and is about to be left
    if proposal.kind == "end" or proposal.step is None:
        outcome, reason = run_outcome(services.context.plan, services.context.state)
        await finish_run(
            services.context, services.writer, outcome, reason, AUTO_AUTHOR
        )
        return False
    step = services.context.plan.steps[proposal.step]
    if proposal.kind == "wait":
        await _ask_approval(services, step)
        text = propose(services.context.plan, services.context.state).text
        await stop_for_person(
            services, f"{services.context.plan.name(step.id)} waits: {text}"
        )
        return False
    if proposal.kind == "decide":
        return await _handle_failure(services, step)
    phase = services.context.plan.phase_of[step.id]
    drill = services.context.state.is_drill
    if phase.attended and not (drill and phase.id in auto.attended):
        await stop_for_person(
            services,
            f"{phase.title} wants a person; {person_remedy(services.context.state)}",
        )
        return False
    return await begin_automatically(services, auto, step)


async def _stop_where_hosts_are_held(
    services: HostServices, proposal: Proposal
) -> None:
    """Stop for a person if only a person can release a step's hosts, and none runs.

    The automatic run stops; the attempt and the run's host go on, held. It does not
    stop for a hold that health may still release, nor for one by a trigger that begins
    the rollback.
    """
    plan, state = services.context.plan, services.context.state
    fleet = state.fleets.get(proposal.step or "")
    own = fleet.last_attempt if fleet is not None else None
    if proposal.step is None or own is None or own.held is None:
        return
    held, watch = own.held, state.watch
    begins_rollback = watch.armed or watch.countdown or watch.rollback_running
    waits = held.why in (HoldReason.NO_DATA, HoldReason.NOT_HEALTHY) or (
        held.why is HoldReason.TRIGGER and begins_rollback
    )
    if waits or own.hosts_with(HostStatus.RUNNING):
        return
    where = f"{plan.name(proposal.step)} is held at batch {held.batch}"
    answer = (
        "let it go on"
        if held.why in RELEASABLE_HOLD_REASONS
        else "say what became of it"
    )
    how = f"{person_remedy(state)}, and {answer}"
    await stop_for_person(services, f"{where}: {held.reason}; {how}")


async def _ask_approval(services: HostServices, step: Step) -> None:
    """Ask for an approval, if a step waits for nothing else."""
    kinds = {
        w.kind
        for w in step_statuses(services.context.plan, services.context.state)[
            step.id
        ].waits
    }
    if (
        kinds != {"approval"}
        or current_approval(services.context.plan, services.context.state, step)
        is not None
    ):
        return
    number = len(services.context.state.steps[step.id].attempts) + 1
    asked = AskApproval(step=step.id, attempt=number)
    await perform_action(services, asked, AUTOMATIC_CALLER, new_id())


async def _handle_failure(services: HostServices, step: Step) -> bool:
    """Continue after a failed step, as its `on_failure` says."""
    own = services.context.state.steps[step.id]
    name = services.context.plan.name(step.id)
    if own.status is Status.UNKNOWN:
        await stop_for_person(
            services, f"{name} is unknown: {own.reason}. Someone must look"
        )
        return False
    if own.status is Status.NOT_STARTED and step.id in services.runner.resumed_steps:
        await stop_for_person(
            services, f"{name}: {own.reason}. Resume, and start it again"
        )
        return False
    if will_retry(step.retry, own):
        return False  # another attempt is coming
    failed = failed_step_or_parent(services.context.state, step.id)
    own, name = services.context.state.steps[failed], services.context.plan.name(failed)
    enters = step.on_failure not in ("stop", "continue")
    if enters and not _aside_was_tried(services, failed):
        await services.writer.write(
            PhaseEntered(
                phase=step.on_failure,
                from_step=failed,
                reason=f"{name} {own.status}",
            ),
            AUTO_AUTHOR,
        )
        return True
    reason = f"{name} {own.status}: {own.reason}"
    if services.context.state.auto is None:
        await services.writer.write(RollbackStopped(reason=reason), AUTO_AUTHOR)
    else:
        await finish_run(
            services.context, services.writer, Outcome.FAILED, reason, AUTO_AUTHOR
        )
    return False


def _aside_was_tried(services: HostServices, step_id: str) -> bool:
    """Whether the failure phase was entered before and did not repair the step."""
    attempts = len(services.context.state.steps[step_id].attempts)
    return services.context.state.aside_attempts.get(step_id) == attempts
