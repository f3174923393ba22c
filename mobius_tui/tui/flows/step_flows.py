"""From a command on a step to an intent: what is asked of the person on the way."""

from __future__ import annotations

from collections.abc import Mapping

from mobius_tui.run.events.fleet_events import HoldReason
from mobius_tui.run.intents.action import Action
from mobius_tui.run.intents.approval_intents import ApproveStep, AskApproval
from mobius_tui.run.intents.fleet_intents import ReleaseBatch
from mobius_tui.run.intents.message_intents import (
    DropMessages,
    ResendMessages,
    SendMessageOfStep,
)
from mobius_tui.run.intents.step_intents import (
    ChooseOptions,
    ImproviseStep,
    ListOptions,
    LookFirst,
    OverrideStep,
    RestoreStep,
    RetryStep,
    SkipStep,
    StartStep,
    StopStep,
    TickStep,
)
from mobius_tui.run.planning.approval_rules import current_approval
from mobius_tui.run.planning.confirmation import approval_phrase
from mobius_tui.run.planning.plan import effect_of, is_live_output, kind_of
from mobius_tui.run.planning.run_outcome import run_progress
from mobius_tui.run.planning.step_status import approval_awaited
from mobius_tui.runbook.model.actions import Choose
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.structs import replace
from mobius_tui.tui.commands.command import FlowId
from mobius_tui.tui.dialogs.answer_dialogs import AnswersDialog, DecisionDialog
from mobius_tui.tui.dialogs.confirm_dialogs import ApproveDialog, ConfirmDialog
from mobius_tui.tui.dialogs.failure_dialogs import (
    FailureDialog,
    SettleDialog,
    deciding_step,
)
from mobius_tui.tui.dialogs.improvise_dialog import ImproviseDialog
from mobius_tui.tui.dialogs.message_dialog import MessageDialog
from mobius_tui.tui.dialogs.question import (
    DialogOpener,
    Flow,
    Question,
    TextDialog,
    as_question,
)
from mobius_tui.tui.dialogs.script_dialog import ScriptDialog
from mobius_tui.tui.flows.run_flows import RUN_FLOWS
from mobius_tui.tui.presenters.availability import (
    step_awaiting_approval,
    step_to_ask_for,
    stoppable_step,
)
from mobius_tui.tui.presenters.communication import step_needing_person
from mobius_tui.tui.presenters.fleet.step_hosts import (
    HOLDS_FOR_PERSON,
    release_text,
)
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.step_command_rules import settle_action
from mobius_tui.tui.presenters.step_details import waiting_step_count
from mobius_tui.tui.screen_state import DraftKey, HostRow, Purpose, RowKey, StepRow


async def ask_approval(
    open_dialog: DialogOpener, view: RunView, key: RowKey | None
) -> Action | None:
    """Ask for the approval of a step by a second person."""
    step = view.step(key)
    if step is None or step.approve is None:
        return None
    run = view.state.began.run if view.state.began else ""
    words = (
        f"{step.approve.role} approves it from a viewer of their own, by "
        f"`mobius-tui approve {run}`, or with this run open. It is for this command "
        f"with these values alone, and for {step.approve.within}."
    )
    title = f"Ask {step.approve.role} to approve {view.plan.name(step.id)}?"
    if not await open_dialog(Question(title, words, verb="Ask", tone="warn")):
        return None
    number = view.next_attempt(step.id)
    return AskApproval(step=step.id, attempt=number)


async def approve(
    open_dialog: DialogOpener, view: RunView, key: RowKey | None
) -> Action | None:
    """Approve a step as a second person; ask for it where nobody has."""
    if step_to_ask_for(view, key) is not None:
        return await ask_approval(open_dialog, view, key)
    step = step_awaiting_approval(view, key)
    approval = (
        current_approval(view.plan, view.state, step) if step is not None else None
    )
    if step is None or approval is None:
        return None
    name = await open_dialog(ApproveDialog(view, step, approval))
    if name is None:
        return None
    return ApproveStep(
        step=step.id,
        binding=approval.request.binding,
        name=name,
        confirm=approval_phrase(name, step.id),
    )


async def start(
    open_dialog: DialogOpener, view: RunView, key: RowKey | None
) -> Action | None:
    """Run a step, for the first time or again, after its confirmation."""
    step = view.step(key)
    if step is None:
        return None
    if any(True for _ in approval_awaited(view.plan, view.state, step)):
        return await ask_approval(open_dialog, view, key)
    again = bool(view.step_state(step.id).attempts)
    confirm = ""
    if effect_of(step) != "read":
        said = await open_dialog(ConfirmDialog(view, step))
        if said is None:
            return None
        confirm = said
    kind = RetryStep if again else StartStep
    return kind(step=step.id, attempt=view.next_attempt(step.id), confirm=confirm)


async def scripts(
    open_dialog: DialogOpener, view: RunView, key: RowKey | None
) -> Action | None:
    """Show all that a step, or each of a phase, runs."""
    if steps := view.steps_at(key):
        await open_dialog(ScriptDialog(view, steps))
    return None


async def tick(
    open_dialog: DialogOpener, view: RunView, key: RowKey | None
) -> Action | None:
    """Mark a person's step as done: with its answers, or by a decision's options."""
    step = view.step(key)
    if step is None:
        return None
    if kind_of(step) == "choose":
        return await choose(open_dialog, view, key)
    if kind_of(step) == "message":
        return await message(open_dialog, view, key)
    said = await open_dialog(AnswersDialog(view, step))
    if said is None:
        return None
    return TickStep(
        step=step.id,
        attempt=view.next_attempt(step.id),
        answers=said.values,
        note=said.note,
    )


async def choose(
    open_dialog: DialogOpener, view: RunView, key: RowKey | None
) -> Action | None:
    """Answer a decision with one or more of its options."""
    step = view.step(key)
    if step is None:
        return None
    if _is_to_be_listed(view, step):
        return ListOptions(step=step.id)
    said = await open_dialog(DecisionDialog(view, step))
    if said is not None and said.lists_again:
        return ListOptions(step=step.id)
    if said is None or not await _confirm_end(open_dialog, view, step, said.values):
        return None
    return ChooseOptions(
        step=step.id,
        attempt=view.next_attempt(step.id),
        options=said.values,
        reason=said.reason,
    )


def _is_to_be_listed(view: RunView, step: Step) -> bool:
    """Whether a command lists the options of a decision, and has not been run yet."""
    action = step.action
    return (
        isinstance(action, Choose)
        and bool(action.from_run)
        and action.from_ not in view.state.variables
    )


async def _confirm_end(
    open_dialog: DialogOpener, view: RunView, step: Step, values: tuple[str, ...]
) -> bool:
    """Ask again before a decision ends the run."""
    action = step.action
    ends = isinstance(action, Choose) and any(
        option.end and option.value in values for option in action.options
    )
    if not ends:
        return True
    done, total = run_progress(view.plan, view.state, view.statuses)
    said = await open_dialog(
        TextDialog(
            "End the run with this decision?",
            f"{done} of {total} steps are done. Nothing can be started in the run any "
            "more; look at Health first.",
            draft_key=DraftKey(purpose=Purpose.END_BY_DECISION, step=step.id),
            verb="End it",
            prompt="Remark, if there is one",
            required=False,
            tone="warn",
        )
    )
    return said is not None


async def message(
    open_dialog: DialogOpener, view: RunView, key: RowKey | None
) -> Action | None:
    """Send a message, or mark it as sent by other means; its text goes on record.

    Where the cursor is on none, it is about the first one that did not arrive.
    """
    step = view.step(key)
    if step is None or kind_of(step) != "message":
        needing = step_needing_person(view)
        step = view.step(StepRow(needing)) if needing is not None else None
    if step is None:
        return None
    answer = await open_dialog(MessageDialog(view, step))
    if answer is None:
        return None
    if answer.again:
        return ResendMessages(deliveries=answer.again)
    if answer.drop:
        return DropMessages(deliveries=answer.drop)
    number = view.next_attempt(step.id)
    if not answer.channels:
        return TickStep(step=step.id, attempt=number, note=answer.text)
    return SendMessageOfStep(
        step=step.id, attempt=number, text=answer.text, channels=answer.channels
    )


async def decide(
    open_dialog: DialogOpener, view: RunView, key: RowKey | None
) -> Action | None:
    """Choose what to do about a failed step, and do it."""
    step = view.step(key)
    if step is None:
        return None
    flow = await open_dialog(FailureDialog(view, step))
    if flow is None:
        return None
    decision = deciding_step(view, step) if flow is FlowId.CHOOSE else None
    on = key if decision is None else StepRow(decision.id)
    return await FLOWS[flow](open_dialog, view, on)


async def look_first(
    _ask: DialogOpener, view: RunView, key: RowKey | None
) -> Action | None:
    """Make the checks of a failed step without running it again."""
    step = view.step(key)
    return None if step is None else LookFirst(step=step.id)


async def retry(
    open_dialog: DialogOpener, view: RunView, key: RowKey | None
) -> Action | None:
    """Run a step again."""
    step = view.step(key)
    if step is None:
        return None
    if kind_of(step) in ("manual", "message", "choose"):
        return await tick(open_dialog, view, key)
    return await start(open_dialog, view, key)


async def stop(
    open_dialog: DialogOpener, view: RunView, key: RowKey | None
) -> Action | None:
    """Stop a running step."""
    step = stoppable_step(view, key)
    last = view.step_state(step.id).last_attempt if step is not None else None
    if step is None or last is None:
        return None
    if effect_of(step) != "read" and not is_live_output(step):
        words = (
            "It gets SIGTERM, and 5 s later SIGKILL, with all its processes. "
            "What it has changed by then stays as it is."
        )
        title = as_question(f"Stop {view.plan.name(step.id)}")
        if view.verifying == step.id:
            words = (
                "Its script has ended, and what that changed stays as it is. Only the "
                "checks are stopped, and the step counts as stopped, not as passed."
            )
            title = as_question(f"Stop checking {view.plan.name(step.id)}")
        if not await open_dialog(Question(title, words, verb="Stop it", tone="bad")):
            return None
    return StopStep(step=step.id, attempt=last.number)


async def skip(
    open_dialog: DialogOpener, view: RunView, key: RowKey | None
) -> Action | None:
    """Skip a step, with a reason."""
    step = view.step(key)
    if step is None:
        return None
    counts = "" if step.optional else " A run with a skipped step is not completed."
    waiting = waiting_step_count(view, step)
    if waiting:
        them = "1 step waits" if waiting == 1 else f"{waiting} steps wait"
        counts += f" {them} for it, and will go on waiting."
    reason = await open_dialog(
        TextDialog(
            as_question(f"Skip {view.plan.name(step.id)}"),
            f"It is passed over, and the reason stays on record.{counts}",
            draft_key=DraftKey(purpose=Purpose.SKIP, step=step.id),
            verb="Skip it",
            prompt="Why is it skipped?",
            tone="warn",
        )
    )
    return None if reason is None else SkipStep(step=step.id, reason=reason)


async def restore(
    _ask: DialogOpener, view: RunView, key: RowKey | None
) -> Action | None:
    """Make a skipped step pending again."""
    step = view.step(key)
    return None if step is None else RestoreStep(step=step.id)


async def override(
    open_dialog: DialogOpener, view: RunView, key: RowKey | None
) -> Action | None:
    """Override a step: count it as passed, with a reason."""
    step = view.step(key)
    if step is None:
        return None
    reason = await open_dialog(
        TextDialog(
            as_question(f"Override {view.plan.name(step.id)}"),
            "You vouch that it is as it should be: gates open, and the reason stays on "
            "record with your name.",
            draft_key=DraftKey(purpose=Purpose.OVERRIDE, step=step.id),
            verb="Override it",
            prompt="How do you know?",
            tone="warn",
        )
    )
    if reason is None:
        return None
    return OverrideStep(step=step.id, reason=reason)


async def improvise(
    open_dialog: DialogOpener, view: RunView, key: RowKey | None
) -> Action | None:
    """Run a command that is in no step; its dialog offers the step's script to edit."""
    after = view.step(key)
    said = await open_dialog(ImproviseDialog(view, after))
    if said is None:
        return None
    return ImproviseStep(
        script=said.script,
        after=after.id if after is not None else None,
        confirm=said.confirm,
    )


async def release_batch(
    open_dialog: DialogOpener, view: RunView, key: RowKey | None
) -> Action | None:
    """Let the hosts of a step begin that are held."""
    step = view.step(key)
    found = view.hosts(step.id) if step is not None else None
    held = found.held if found is not None else None
    if step is None or found is None or held is None:
        return None
    wanted = held.why in HOLDS_FOR_PERSON
    asked = held.why is HoldReason.PERSON
    reason = await open_dialog(
        TextDialog(
            as_question(f"Let batch {held.batch} of {view.plan.name(step.id)} begin"),
            release_text(view, found, held),
            draft_key=DraftKey(
                purpose=Purpose.RELEASE_BATCH,
                step=step.id,
                attempt=found.newest_attempt.attempt,
            ),
            verb="Let it begin",
            prompt="Remark, if there is one" if asked else "Why can it go on?",
            required=not asked,
            tone="warn" if wanted else "bad",
        )
    )
    if reason is None:
        return None
    number = found.newest_attempt.attempt
    return ReleaseBatch(step=step.id, attempt=number, batch=held.batch, reason=reason)


async def settle_host(
    open_dialog: DialogOpener, view: RunView, key: RowKey | None
) -> Action | None:
    """Settle a host of a step: a person says whether it ran, or leaves it out."""
    step = view.step(key)
    host = key.host if isinstance(key, HostRow) else None
    action = settle_action(view, step, host) if step is not None else None
    found = view.hosts(step.id) if step is not None else None
    if step is None or found is None or action is None:
        return None
    said = await open_dialog(SettleDialog(view.plan.name(step.id), found, action))
    if said is None:
        return None
    return replace(action, settled=said.settled, reason=said.reason)


FLOWS: Mapping[FlowId, Flow] = {
    FlowId.START: start,
    FlowId.SCRIPTS: scripts,
    FlowId.TICK: tick,
    FlowId.CHOOSE: choose,
    FlowId.MESSAGE: message,
    FlowId.DECIDE: decide,
    FlowId.STOP: stop,
    FlowId.LOOK_FIRST: look_first,
    FlowId.RETRY: retry,
    FlowId.SKIP: skip,
    FlowId.RESTORE: restore,
    FlowId.OVERRIDE: override,
    FlowId.ASK_APPROVAL: ask_approval,
    FlowId.APPROVE: approve,
    FlowId.IMPROVISE: improvise,
    FlowId.RELEASE_BATCH: release_batch,
    FlowId.SETTLE_HOST: settle_host,
    **RUN_FLOWS,
}
"""The function of each flow."""
