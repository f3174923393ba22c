"""Handlers of intents about one step: to begin, stop, tick, decide or approve it.

Those about hosts only journal an event: the running `FleetAttempt` decides anew after
each event.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping

from mobius_tui import sanitize
from mobius_tui.errors import RunError, StateError
from mobius_tui.health import safe_search
from mobius_tui.run.attempts.called_file_digests import (
    called_file_digests,
    changed_files_text,
)
from mobius_tui.run.attempts.launcher import request_stop
from mobius_tui.run.attempts.step_checks import StepChecks
from mobius_tui.run.attempts.stopping import attempt_survivors, finish_run, stop_attempt
from mobius_tui.run.attempts.value_sources import learn_secret
from mobius_tui.run.events.fleet_events import BatchReleased, FleetHostSettled
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.events.run_events import (
    AUTO_AUTHOR,
    DRILL_APPROVER,
    NoteAdded,
    PhaseEntered,
    VariableSet,
)
from mobius_tui.run.events.step_events import (
    ApprovalAsked,
    ApprovalDenied,
    ApprovalGiven,
    ChoiceMade,
    StepEnded,
    StepStarted,
)
from mobius_tui.run.host.intents.host_services import HostServices
from mobius_tui.run.host.intents.run_handlers import disarm_before_change
from mobius_tui.run.intents.control_protocol import Caller
from mobius_tui.run.intents.intent_actions import (
    ApproveStep,
    AskApproval,
    ChooseOptions,
    DenyApproval,
    ImproviseStep,
    LookFirst,
    ReleaseBatch,
    RetryStep,
    SettleHost,
    StartStep,
    StopStep,
    TickStep,
)
from mobius_tui.run.planning.approval_rules import (
    binding_digest,
    current_approval,
    drill_approves,
    missing_approval_text,
)
from mobius_tui.run.planning.improvisation import improvised_event
from mobius_tui.run.planning.situation import Situation
from mobius_tui.run.planning.step_permissions import available_options
from mobius_tui.run.planning.variables import (
    UnfitValueError,
    require_value,
    validate_value,
)
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.model.actions import Choose, Manual
from mobius_tui.runbook.model.limits import limited_texts_by_variable
from mobius_tui.runbook.model.runbook import Runbook, Step
from mobius_tui.runbook.model.value_kinds import stored_value


def uid_of(caller: Caller) -> int:
    """The uid of the caller; the run owner's for the host itself."""
    return os.getuid() if caller.uid is None else caller.uid


async def ask_approval(
    services: HostServices, action: AskApproval, caller: Caller, intent_id: str
) -> Entry:
    """Journal a request that a second person approves an attempt."""
    asked = await _approval_request(
        services, services.context.plan.steps[action.step], uid_of(caller)
    )
    return await services.writer.write(asked, caller.name, intent_id)


async def _approval_request(
    services: HostServices, step: Step, uid: int
) -> ApprovalAsked:
    assert step.approve is not None
    try:
        within = services.context.values().seconds(step.approve.within, "within")
    except UnfitValueError as error:
        raise RunError(f"approve.within: {error}") from error
    files = await called_file_digests(services.context, step) or None
    return ApprovalAsked(
        step=step.id,
        attempt=len(services.context.state.steps[step.id].attempts) + 1,
        role=step.approve.role,
        count=step.approve.count,
        within=within,
        binding=binding_digest(
            services.context.plan, services.context.state, step, files
        ),
        uid=uid,
        files=files,
    )


async def void_changed_approval(services: HostServices, step_id: str) -> None:
    """Journal that an approval is void, if a file that it is for has changed since.

    Then what is asked for is refused as a step without an approval is, and the words
    name the file.
    """
    plan, state = services.context.plan, services.context.state
    step = plan.steps.get(step_id)
    approval = current_approval(plan, state, step) if step is not None else None
    if step is None or approval is None or drill_approves(state):
        return
    changed = await changed_files_text(services.context, step, approval.request.files)
    if changed and current_approval(plan, state, step) is approval:
        denied = ApprovalDenied(
            step=step.id, attempt=approval.request.attempt, reason=changed
        )
        await services.writer.write(denied, "host")


async def approve_step(
    services: HostServices, action: ApproveStep, caller: Caller, intent_id: str
) -> Entry:
    """Journal a second person's approval."""
    asked, uid = services.context.state.approvals[action.step].request, uid_of(caller)
    weaker = uid == asked.uid
    event = ApprovalGiven(
        step=action.step,
        attempt=asked.attempt,
        binding=asked.binding,
        name=action.name if weaker else sanitize.line(caller.name),
        uid=uid,
        weaker=weaker,
        place=caller.place,
    )
    return await services.writer.write(event, caller.name, intent_id)


async def deny_approval(
    services: HostServices, action: DenyApproval, caller: Caller, intent_id: str
) -> Entry:
    """Journal that an approval is denied; it can be asked for again."""
    event = ApprovalDenied(
        step=action.step,
        attempt=services.context.state.approvals[action.step].request.attempt,
        reason=f"{caller.name}: {action.reason.strip()}",
        uid=uid_of(caller),
        place=caller.place,
    )
    return await services.writer.write(event, caller.name, intent_id)


async def record_drill_approvals(services: HostServices, step: Step, who: str) -> None:
    """Journal simulated approvals in a drill, just before a step begins."""
    if step.approve is None or not drill_approves(services.context.state):
        return
    asked = await _approval_request(services, step, os.getuid())
    await services.writer.write(asked, who)
    for number in range(1, asked.count + 1):
        given = ApprovalGiven(
            step=step.id,
            attempt=asked.attempt,
            binding=asked.binding,
            name=f"{asked.role} {number}" if asked.count > 1 else asked.role,
            uid=-1,
        )
        await services.writer.write(given, DRILL_APPROVER)


async def release_batch(
    services: HostServices, action: ReleaseBatch, who: str, intent_id: str
) -> Entry:
    """Journal that a person lets a held batch begin or go on."""
    event = BatchReleased(
        step=action.step,
        attempt=action.attempt,
        batch=action.batch,
        reason=action.reason.strip(),
    )
    return await services.writer.write(event, who, intent_id)


async def settle_host(
    services: HostServices, action: SettleHost, who: str, intent_id: str
) -> Entry:
    """Journal what a person says that an unknown or unreachable host counts as."""
    assert action.settled
    event = FleetHostSettled(
        step=action.step,
        attempt=action.attempt,
        host=action.host,
        settled=action.settled,
        reason=action.reason.strip(),
    )
    return await services.writer.write(event, who, intent_id)


def situation_of(services: HostServices, caller: Caller) -> Situation:
    """The run's state now and the caller, for `permissions` to decide by."""
    return Situation(
        plan=services.context.plan,
        state=services.context.state,
        now=services.context.clock.wall(),
        uid=uid_of(caller),
        name=caller.name,
        survivors_of=lambda step: attempt_survivors(services.context, step),
        being_checked=services.context.step_tasks.running(),
        viewers=services.viewer_count(),
    )


async def start_step(
    services: HostServices,
    action: StartStep | RetryStep,
    caller: Caller,
    intent_id: str,
) -> Entry:
    """Begin an attempt at a script, a check or a watch."""
    step = services.context.plan.steps[action.step]
    if caller.name != AUTO_AUTHOR:
        await disarm_before_change(services, step, caller.name)
    await record_drill_approvals(services, step, caller.name)
    return await services.runner.start(step, action.attempt, caller.name, intent_id)


async def improvise_step(
    services: HostServices, action: ImproviseStep, caller: Caller, intent_id: str
) -> Entry:
    """Add a command to the run as a step of its own, and begin it if that is permitted.

    If the host dies in between, the step is there but has not begun: a person can begin
    it.
    """
    context = services.context
    event = improvised_event(
        context.plan, script=action.script, after=action.after, by=caller.name
    )
    entry = await services.writer.write(event, caller.name, intent_id)
    step = context.plan.steps[event.step]
    if not missing_approval_text(context.plan, context.state, step):
        begin = StartStep(step=event.step, attempt=1, confirm=action.confirm)
        await start_step(services, begin, caller, intent_id)
    return entry


async def stop_step(
    services: HostServices, action: StopStep, who: str, intent_id: str
) -> Entry:
    """Ask a running attempt to end."""
    step, last = (
        services.context.plan.steps[action.step],
        services.context.state.steps[action.step].last_attempt,
    )
    assert last is not None
    return await stop_attempt(
        services.context, services.writer, step, last.number, who, intent_id
    )


def stop_without_journal(services: HostServices, action: StopStep) -> bool:
    """Stop an attempt while the disk is full; returns whether there was one to stop.

    The step itself may be what fills the disk. Its end is journaled as soon as there is
    space; who stopped it is not.
    """
    own = services.context.state.steps.get(action.step)
    if own is None or own.status is not Status.RUNNING:
        return False
    last = own.last_attempt
    if last is None or action.attempt not in (None, last.number):
        return False
    return request_stop(services.context.directory.attempt(action.step, last.number))


async def validate_answers(services: HostServices, action: TickStep) -> None:
    """Check the answers to a manual step against its variables' rules; may take long.

    Raises:
        MobiusError: an answer is not valid; the message says which and why.
    """
    step = services.context.plan.steps[action.step]
    await asyncio.to_thread(
        _validate_answers, step, action.answers, services.context.plan.runbook
    )


def _validate_answers(step: Step, given: Mapping[str, str], runbook: Runbook) -> None:
    filled_in = limited_texts_by_variable(runbook)
    for ask in step.action.ask if isinstance(step.action, Manual) else ():
        value = given[ask.var].strip()
        if ask.match is not None and not all(
            safe_search.lines_matching(ask.match, [value], whole=True)
        ):
            title = ask.title or ask.var
            raise RunError(f"{title}: {value!r} does not match {ask.match}")
        variable = runbook.variables[ask.var]
        value = stored_value(variable, value)
        require_value(variable, value)
        validate_value(variable, value, filled_in.get(ask.var, ()))


async def tick_step(
    services: HostServices, action: TickStep, caller: Caller, intent_id: str
) -> Entry:
    """Journal that a person did a manual step, or passed a message on by hand."""
    step, number = services.context.plan.steps[action.step], action.attempt
    declared = services.context.plan.runbook.variables
    asks = step.action.ask if isinstance(step.action, Manual) else ()
    answers = {
        ask.var: stored_value(declared[ask.var], action.answers[ask.var].strip())
        for ask in asks
    }
    await record_drill_approvals(services, step, caller.name)
    started = StepStarted(
        step=step.id,
        attempt=number,
        reads=services.context.plan.variables_read[step.id],
    )
    entry = await services.writer.write(started, caller.name, intent_id)
    for name, value in answers.items():
        if declared[name].secret:
            await learn_secret(services.context, name, value)
            event = VariableSet(name=name, value=None, source="secret", step=step.id)
        else:
            event = VariableSet(name=name, value=value, source="answer", step=step.id)
        await services.writer.write(event, caller.name)
    if step.checks:
        services.runner.execute_in_task(step, number)
        return entry
    answers_text = ", ".join(
        v for name, v in answers.items() if not declared[name].secret
    )
    ended = StepEnded(
        step=step.id,
        attempt=number,
        result=Status.PASSED,
        reason=answers_text,
        note=action.note,
    )
    await services.writer.write(ended, caller.name)
    return entry


async def choose_options(
    services: HostServices, action: ChooseOptions, caller: Caller, intent_id: str
) -> Entry:
    """Journal a decision, then enter phases or end the run as its options say."""
    step = services.context.plan.steps[action.step]
    assert isinstance(step.action, Choose)
    options = available_options(
        step.action, services.context.state, typed=action.options
    )
    await record_drill_approvals(services, step, caller.name)
    event = ChoiceMade(
        step=step.id,
        attempt=action.attempt,
        var=step.action.var,
        values=action.options,
        reason=action.reason,
        reads=services.context.plan.variables_read[step.id],
    )
    entry = await services.writer.write(event, caller.name, intent_id)
    chosen = [options[name] for name in action.options]
    ending = next((option for option in chosen if option.end), None)
    if ending is not None:
        reason = f"decided: {ending.title or ending.value}"
        await finish_run(
            services.context, services.writer, Outcome.COMPLETED, reason, caller.name
        )
        return entry
    asides = services.context.state.aside_steps
    # An aside is entered last: the way to the main line would leave it at once.
    for option in sorted(chosen, key=lambda option: option.go in asides):
        if option.go is not None:
            entered = PhaseEntered(
                phase=option.go, from_step=step.id, reason=option.title or option.value
            )
            await services.writer.write(entered, caller.name)
    return entry


def look_first(services: HostServices, action: LookFirst, intent_id: str) -> None:
    """Make the checks of a step that went wrong, once each."""
    step, last = (
        services.context.plan.steps[action.step],
        services.context.state.steps[action.step].last_attempt,
    )
    assert last is not None
    checks = StepChecks(services.context, services.writer, step, last.number)
    task = services.context.step_tasks.start(step.id, checks.run_once())
    services.context.tasks.create_task(_note_recheck(services, step, task, intent_id))


async def _note_recheck(
    services: HostServices, step: Step, checks: asyncio.Task[str], intent_id: str
) -> None:
    """Journal the results of a step's checks as a note, once they are made."""
    await asyncio.wait([checks])
    if checks.cancelled():
        return
    event = NoteAdded(text=f"looked first: {checks.result()}", step=step.id)
    try:
        async with services.writer.turn:
            await services.writer.write(event, "host", intent_id)
    except (StateError, RunError) as error:
        # Without a journal there is nobody to tell but the log.
        print(f"step {step.id}: {error}", flush=True)  # noqa: T201
