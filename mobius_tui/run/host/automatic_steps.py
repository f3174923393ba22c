"""What an automatic run does with a step of each kind: begin, tick, send, choose."""

from __future__ import annotations

from mobius_tui.errors import EXIT_INCOMPLETE
from mobius_tui.run.attempts.value_sources import OptionsNeededError
from mobius_tui.run.events.run_events import (
    AUTO_AUTHOR,
    AutoStarted,
    AutoStopped,
)
from mobius_tui.run.events.step_events import StepEnded, StepSkipped, StepStarted
from mobius_tui.run.events.watch_events import RollbackStopped
from mobius_tui.run.host.dispatcher import perform_action
from mobius_tui.run.host.host_services import HostServices
from mobius_tui.run.intents.action import Caller
from mobius_tui.run.intents.control_protocol import new_id
from mobius_tui.run.intents.message_intents import queue_message, with_mode_mark
from mobius_tui.run.intents.step_intents import ChooseOptions, StartStep, TickStep
from mobius_tui.run.intents.unattended_answers import person_remedy, remedy_of_manual
from mobius_tui.run.messaging.channels import shortened_text
from mobius_tui.run.planning.confirmation import step_confirmation_word
from mobius_tui.run.planning.plan import kind_of
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.model.actions import (
    Choose,
    Manual,
    Run,
    SendMessage,
    chosen_options,
)
from mobius_tui.runbook.model.runbook import Step

AUTOMATIC_CALLER = Caller(name=AUTO_AUTHOR)


async def stop_for_person(
    services: HostServices, reason: str, code: int = EXIT_INCOMPLETE
) -> None:
    """Stop the automatic run, or the rollback that began by itself.

    Args:
        services: of the run's host.
        reason: why a person is needed, and how to go on.
        code: the exit code of the command that waits for the run.
    """
    if services.context.state.auto is None:
        await services.writer.write(RollbackStopped(reason=reason), AUTO_AUTHOR)
    else:
        await services.writer.write(AutoStopped(reason=reason, code=code), AUTO_AUTHOR)


async def begin_automatically(
    services: HostServices, auto: AutoStarted, step: Step
) -> bool:
    """Begin a step, or stop the automatic run if the step needs a person.

    The caller holds `writer.turn`.

    Args:
        services: of the run's host.
        auto: the settings to go by: those the run was made automatic with, or those of
            an automatic rollback, which are in no journal.
        step: one that may begin now.

    Returns:
        Whether something was done, so that the next decision can follow at once.
    """
    kind = kind_of(step)
    if kind == "manual":
        return await _do_manual(services, auto, step)
    if kind == "message":
        return await _send_message(services, step)
    if kind == "choose":
        return await _make_choice(services, auto, step)
    if isinstance(step.action, Run) and step.action.tty:
        return await _skip_terminal_step(services, auto, step)
    state = services.context.state
    word = step_confirmation_word(
        services.context.plan, state, step, state.automatic_by
    )
    if word and not auto.confirmed:
        began = services.context.state.began
        protected = began is not None and began.protected
        where = "where no environment is named"
        if protected:
            where = "in a protected environment"
        how = person_remedy(
            services.context.state, "confirm it beforehand with --auto --yes"
        )
        await stop_for_person(
            services, f"{services.context.plan.name(step.id)} destroys {where}; {how}"
        )
        return False
    action = StartStep(
        step=step.id,
        attempt=len(services.context.state.steps[step.id].attempts) + 1,
        confirm=word,
    )
    await perform_action(services, action, AUTOMATIC_CALLER, new_id())
    return True


async def _do_manual(services: HostServices, auto: AutoStarted, step: Step) -> bool:
    action = step.action
    assert isinstance(action, Manual)
    if auto.manual == "skip":
        if step.gate:
            name = services.context.plan.name(step.id)
            how = remedy_of_manual(services.context.state, [])
            await stop_for_person(services, f"{name} is a gate for a person; {how}")
            return False
        reason = "--manual skip"
        await services.writer.write(
            StepSkipped(step=step.id, reason=reason), AUTO_AUTHOR
        )
        return True
    held = {name: each.text for name, each in services.context.state.variables.items()}
    known = {ask.var: text for ask in action.ask if (text := held.get(ask.var))}
    answers = {**known, **auto.answers}
    missing = [ask.var for ask in action.ask if ask.var not in answers]
    if auto.manual == "stop" or missing:
        wants = f"an answer for {', '.join(missing)}" if missing else "a person"
        declared = services.context.plan.runbook.variables
        how = remedy_of_manual(
            services.context.state, [declared[name] for name in missing]
        )
        await stop_for_person(
            services, f"{services.context.plan.name(step.id)} wants {wants}; {how}"
        )
        return False
    done = TickStep(
        step=step.id,
        attempt=len(services.context.state.steps[step.id].attempts) + 1,
        answers=answers,
        note="ticked by --manual tick",
    )
    await perform_action(services, done, AUTOMATIC_CALLER, new_id())
    return True


async def _skip_terminal_step(
    services: HostServices, auto: AutoStarted, step: Step
) -> bool:
    """Skip a `tty` step, or stop: it needs a person at a terminal."""
    if not step.gate and (step.optional or auto.manual == "skip"):
        reason = "it wants a person at a terminal; --auto has none"
        await services.writer.write(
            StepSkipped(step=step.id, reason=reason), AUTO_AUTHOR
        )
        return True
    name = services.context.plan.name(step.id)
    past = "" if step.gate else "with --auto --manual skip, which leaves it undone"
    how = person_remedy(services.context.state, past)
    await stop_for_person(services, f"{name} wants a person at a terminal; {how}")
    return False


async def _send_message(services: HostServices, step: Step) -> bool:
    action = step.action
    assert isinstance(action, SendMessage)
    template = services.context.plan.runbook.messages[action.message].body
    text = with_mode_mark(
        shortened_text(services.context.values().fill_message(template)),
        services.context.state.began,
    )
    if action.to:
        await queue_message(services, step, action.to, text, AUTO_AUTHOR)
    number = len(services.context.state.steps[step.id].attempts) + 1
    await services.writer.write(
        StepStarted(
            step=step.id,
            attempt=number,
            reads=services.context.plan.variables_read[step.id],
        ),
        AUTO_AUTHOR,
    )
    if step.checks:
        services.runner.execute_in_task(step, number)
        return True
    note = (
        services.context.redact(text) if action.to else "not sent: it names no channel"
    )
    await services.writer.write(
        StepEnded(step=step.id, attempt=number, result=Status.PASSED, note=note),
        AUTO_AUTHOR,
    )
    return True


async def _make_choice(services: HostServices, auto: AutoStarted, step: Step) -> bool:
    action = step.action
    assert isinstance(action, Choose)
    answer, why = auto.answers.get(action.var), ""
    is_listed = action.from_ in services.context.state.variables
    if answer is None and action.from_run and not is_listed:
        raise OptionsNeededError(step)
    if answer is None and action.from_ is not None:
        listed = services.context.state.variables.get(action.from_)
        offered = action.offered(listed.text if listed is not None else None)
        first = next((option for option in offered if option.value), None)
        if first is not None:
            reason = f": {first.why}" if first.why else ""
            answer, why = first.value, f"the first that is listed{reason}"
    if answer is None:
        wants = f"wants a decision on {action.var}"
        how = person_remedy(
            services.context.state, f"with --auto --answers FILE that has {action.var}"
        )
        if action.from_ is not None:
            wants += f", and {action.options_source} lists nothing to choose"
        if action.from_ is not None and not action.from_run:
            how = person_remedy(services.context.state)
        await stop_for_person(
            services, f"{services.context.plan.name(step.id)} {wants}; {how}"
        )
        return False
    chosen = ChooseOptions(
        step=step.id,
        attempt=len(services.context.state.steps[step.id].attempts) + 1,
        options=chosen_options(answer),
        reason=why,
    )
    await perform_action(services, chosen, AUTOMATIC_CALLER, new_id())
    return True
