"""What Enter does now, and its text: pure judgement over a view.

What may be done is judged as the host judges it; this decides what is likeliest.
"""

from __future__ import annotations

from msgspec import Struct

from mobius_tui.run.events.fleet_events import (
    HOLD_REASON_WORDS,
    RELEASABLE_HOLD_REASONS,
)
from mobius_tui.run.intents.action import Action
from mobius_tui.run.intents.approval_intents import ApproveStep, AskApproval
from mobius_tui.run.intents.going_on import next_step_without_person
from mobius_tui.run.intents.permissions import decide_offer
from mobius_tui.run.intents.run_intents import EndRun, EnterPhase
from mobius_tui.run.intents.step_intents import (
    ChooseOptions,
    RetryStep,
    SkipStep,
    StartStep,
    TickStep,
)
from mobius_tui.run.intents.undo_intents import ReopenRun
from mobius_tui.run.planning.approval_rules import current_approval
from mobius_tui.run.planning.plan import (
    effect_of,
    has_terminal,
    is_live_output,
    kind_of,
)
from mobius_tui.run.planning.proposal import Proposal, is_out_of_order
from mobius_tui.run.planning.run_outcome import undone_since_end_text
from mobius_tui.run.planning.situation import ALLOWED, Refused
from mobius_tui.run.state.step_state import (
    STATUSES_NEEDING_DECISION,
    UNBEGUN_STATUSES,
    Status,
)
from mobius_tui.run.terminal.detach_key import DETACH_KEY
from mobius_tui.runbook.model.runbook import Phase, Step
from mobius_tui.runbook.model.runtime_steps import is_improvised
from mobius_tui.runbook.model.step_text import EFFECT_LABELS
from mobius_tui.runbook.text.units import clock_duration
from mobius_tui.structs import replace
from mobius_tui.tui.commands.command import FlowId
from mobius_tui.tui.commands.registry import first_key_name
from mobius_tui.tui.commands.run_commands import RunCommand
from mobius_tui.tui.presenters.fleet.host_marks import StepHosts
from mobius_tui.tui.presenters.fleet.step_hosts import (
    HOLDS_FOR_PERSON,
    held_text,
    hosts_texts,
    ways_to_release,
)
from mobius_tui.tui.presenters.glyphs import STATUS_MARKS
from mobius_tui.tui.presenters.run_view import (
    RunView,
    trigger_consequence,
    watch_time_left,
)
from mobius_tui.tui.presenters.styled_text import Role
from mobius_tui.tui.screen_state import HostRow, PhaseRow, RowKey, StepRow


class _Offer(Struct, frozen=True, kw_only=True):
    """What the line above the footer offers: its text, and its look."""

    text: str
    role: Role = "plain"
    note: str = ""
    """What else to know: that it destroys, that it is out of order."""


class GoOnInPhase(_Offer, frozen=True, kw_only=True):
    """Enter begins all that may run side by side in a phase."""

    phase: str
    """Its id."""


class StartFlow(_Offer, frozen=True, kw_only=True):
    """Enter asks what is to be asked, and sends an intent to the host."""

    flow: FlowId
    key: RowKey | None = None
    """The checklist's key that it is about."""


class GoToTerminal(_Offer, frozen=True, kw_only=True):
    """Enter leaves the screens for a step's terminal."""

    step: str


class ResumeHost(_Offer, frozen=True, kw_only=True):
    """Enter starts a host for a run that has none."""


class ShowEndCard(_Offer, frozen=True, kw_only=True):
    """Enter shows what the run came to."""


class LeaveLostRun(_Offer, frozen=True, kw_only=True):
    """Enter leaves a run whose files are gone."""


class FocusHealth(_Offer, frozen=True, kw_only=True):
    """Enter goes to health: the run only watches, or health holds hosts back."""


class ShowHostOutput(_Offer, frozen=True, kw_only=True):
    """Enter shows the output of the host under the cursor."""


class FocusOutput(_Offer, frozen=True, kw_only=True):
    """There is nothing to do: Enter goes to the output of what the run is at."""


NextAction = (
    StartFlow
    | GoOnInPhase
    | GoToTerminal
    | ResumeHost
    | ShowEndCard
    | LeaveLostRun
    | FocusHealth
    | ShowHostOutput
    | FocusOutput
)
"""What Enter does now."""


def next_action(view: RunView, selected: RowKey | None, *, moved: bool) -> NextAction:
    """What Enter does, given where the cursor is.

    Args:
        view: the run.
        selected: the checklist's key under the cursor.
        moved: whether the person put the cursor there.
    """
    if view.lost:
        words = f"Leave: this is how the run was, not how it is: {view.lost}"
        return LeaveLostRun(text=words, role="bad")
    if view.state.ended is not None:
        words = f"The run has ended: {view.state.ended.outcome}"
        if decide_offer(ReopenRun(), view.situation) == ALLOWED:
            words += f"; {first_key_name(RunCommand.UNDO)} undoes what it did"
        return ShowEndCard(text=words, role="strong")
    if view.host_pid is None:
        words = "Resume: no host runs this run, so nothing new can start"
        return ResumeHost(text=words, role="bad")
    if view.stalled:
        words = f"Free some space: {view.stalled}; the run waits, and then goes on"
        return FocusOutput(text=words, role="bad")
    if view.host_silence:
        silent, cont = clock_duration(view.host_silence), f"kill -CONT {view.host_pid}"
        words = f"Host silent for {silent}; if it was stopped: {cont}"
        return FocusOutput(text=words, role="bad")
    lost = view.state.unsettled_secrets
    if lost and not moved:
        words = f"Give {', '.join(lost)}, which this host does not know any more"
        note = "scripts and checks wait"
        return StartFlow(flow=FlowId.LOST_SECRETS, text=words, role="bad", note=note)
    left = watch_time_left(view)
    if left and not moved:
        words = f"Watching, {left}; {trigger_consequence(view)}"
        return FocusHealth(text=words, role="accent")
    proposal = view.proposal
    if moved and selected != view.proposed_row:
        other = _for_selection(view, selected)
        if other is not None:
            return other
    return _for_proposal(view, proposal)


def is_unentered_aside(view: RunView, phase: Phase) -> bool:
    """Whether a phase is off the main line, and the run has not entered it."""
    entered = phase.id in view.state.entered_phases or is_improvised(phase)
    return phase.aside and not entered


def _for_selection(view: RunView, key: RowKey | None) -> NextAction | None:
    """What Enter does for the selected row; `None` where that is nothing."""
    phase = view.phase(key)
    if phase is not None and is_unentered_aside(view, phase):
        if not _may_turn_to(view, phase):
            return None
        return StartFlow(
            flow=FlowId.ENTER_THIS_PHASE,
            key=key,
            text=f"Go to {phase.title}",
            role="warn",
        )
    if phase is not None and phase.parallel > 1 and view.state.auto is None:
        if isinstance(
            next_step_without_person(view.situation, "change", phase.id), Step
        ):
            words = f"Start what may run of {phase.title}, side by side"
            return GoOnInPhase(text=words, phase=phase.id)
        return None
    step = view.step(key)
    if step is None or view.state.auto is not None:
        return None
    if view.state.is_reopened and step.id not in view.state.steps_allowed_when_reopened:
        return None
    own_phase = view.plan.phase_of[step.id]
    if is_unentered_aside(view, own_phase):
        if not _may_turn_to(view, own_phase):
            return None
        words = f"Go to {own_phase.title}, which {view.plan.name(step.id)} is in"
        return StartFlow(
            flow=FlowId.ENTER_THIS_PHASE,
            key=PhaseRow(own_phase.id),
            text=words,
            role="warn",
        )
    standing = view.statuses[step.id]
    if standing.status in STATUSES_NEEDING_DECISION:
        # Of a step with rows each of these is decided on, and is proposed.
        return None if step.id in view.state.rows_of else _decide(view, step)
    kinds = {wait.kind for wait in standing.waits}
    if kinds == {"approval"}:
        waits = ", ".join(wait.text for wait in standing.waits)
        return _approval(view, step, Proposal(kind="wait", step=step.id, text=waits))
    if terminal_attempt(view, StepRow(step.id)) is not None:
        return _terminal(view, step)
    busy = view.proposal.kind == "running" and not is_live_output(step)
    if standing.status in UNBEGUN_STATUSES and not standing.waits and not busy:
        astray = is_out_of_order(view.plan, view.state, step.id, view.statuses)
        notes = ("was undone",) * (standing.status is Status.UNDONE)
        notes += ("out of order",) * astray
        return _start(view, step, note=", ".join(notes))
    return None


def _may_turn_to(view: RunView, phase: Phase) -> bool:
    return decide_offer(EnterPhase(phase=phase.id), view.situation) == ALLOWED


def _for_proposal(view: RunView, proposal: Proposal) -> NextAction:
    step = view.step(view.proposed_row)
    if step is None:
        ends = decide_offer(EndRun(), view.situation)
        if isinstance(ends, Refused):
            return FocusOutput(text=ends.text, role="warn")
        ended = "every step that applies has come to its end"
        words = f"End the run: {proposal.text or ended}"
        if view.state.is_reopened:
            words = f"End the run again: {undone_since_end_text(view.plan, view.state)}"
        return StartFlow(flow=FlowId.END_RUN, text=words, role="good")
    name = view.plan.name(step.id)
    if terminal_attempt(view, StepRow(step.id)) is not None:
        return _terminal(view, step)
    if proposal.kind == "running" and (held := _held(view, step)) is not None:
        return held
    if proposal.kind == "running":
        doing = "is being checked" if view.verifying == step.id else "is running"
        took = view.watch_progress(step) or clock_duration(view.runtime(step.id) or 0.0)
        done, _ = hosts_texts(view, step.id)
        words = f"{name} {doing}, {f'{done}, ' if done else ''}{took}"
        return FocusOutput(text=words, role="accent")
    if proposal.kind == "decide":
        return _decide(view, step)
    if proposal.kind == "wait":
        if {wait.kind for wait in view.statuses[step.id].waits} == {"approval"}:
            return _approval(view, step, proposal)
        if (before := _awaited_first(view, step)) is not None:
            return before
        words = f"{name} waits: {proposal.text}"
        return FocusOutput(text=words, role="warn")
    if view.state.auto is not None:
        words = f"The run goes on by itself; next is {name}"
        return FocusOutput(text=words, role="accent")
    goes_on = f"{first_key_name(RunCommand.GO_ON)} goes on by itself"
    return _start(view, step, note=goes_on if view.goes_on_through_reads else "")


def _awaited_first(
    view: RunView, step: Step, seen: frozenset[str] = frozenset()
) -> StartFlow | None:
    """What Enter does about another step that one waits for; `None` for nothing.

    It is one that comes in no order: of another phase, one that was skipped, or one
    that has ended without the variable that is waited for.
    """
    for wait in view.statuses[step.id].waits:
        is_step = wait.kind in ("gate", "needs")
        awaited = view.plan.steps.get(
            wait.on if is_step else view.plan.step_that_sets.get(wait.on, "")
        )
        if awaited is None or awaited.id in seen or view.state.auto is not None:
            continue
        name = view.plan.name(awaited.id)
        offered: NextAction | None = _for_selection(view, StepRow(awaited.id))
        is_skipped = view.statuses[awaited.id].status is Status.SKIPPED
        was_in_vain = is_skipped and bool(view.step_state(awaited.id).attempts)
        skips = SkipStep(step=step.id)
        if was_in_vain and decide_offer(skips, view.situation) == ALLOWED:
            # To begin it again would lead in a circle.
            words = f"Skip {view.plan.name(step.id)}, too: {name} was skipped"
            note = f"{first_key_name(RunCommand.RESTORE)} there takes that back"
            key = StepRow(step.id)
            return StartFlow(
                flow=FlowId.SKIP, key=key, text=words, role="warn", note=note
            )
        if is_skipped:
            words = f"Take back that {name} is skipped"
            key = StepRow(awaited.id)
            offered = StartFlow(flow=FlowId.RESTORE, key=key, text=words)
        elif offered is None and not is_step:
            offered = _start(view, awaited, note="again")
        if not isinstance(offered, StartFlow):
            offered = _awaited_first(view, awaited, seen | {step.id})
        if offered is not None:
            why = f"{view.plan.name(step.id)} waits for it"
            return replace(offered, note=f"{offered.note}, {why}".lstrip(", "))
    return None


def _approval(view: RunView, step: Step, proposal: Proposal) -> NextAction:
    """What Enter does for a step that waits only for a second person's approval.

    The person who is here asks for it, gives it, or can only watch the step wait.
    """
    name, asked = view.plan.name(step.id), current_approval(view.plan, view.state, step)
    role = step.approve.role if step.approve is not None else ""
    ask = AskApproval(step=step.id, attempt=view.next_attempt(step.id))
    if asked is None and decide_offer(ask, view.situation) == ALLOWED:
        words = f"Ask {role} to approve {name}"
        return StartFlow(
            flow=FlowId.ASK_APPROVAL,
            key=StepRow(step.id),
            text=words,
            role="warn",
            note="" if view.state.approvals.get(step.id) is None else proposal.text,
        )
    approve = decide_offer(ApproveStep(step=step.id), view.situation) == ALLOWED
    if asked is not None and view.uid != asked.request.uid and approve:
        words = f"Approve {name}, as {asked.asked_by} asks"
        return StartFlow(
            flow=FlowId.APPROVE, key=StepRow(step.id), text=words, role="bad"
        )
    words = f"{name} waits: {proposal.text}"
    return FocusOutput(text=words, role="warn")


def _terminal(view: RunView, step: Step) -> NextAction:
    took = clock_duration(view.runtime(step.id) or 0.0)
    words = f"Go to the terminal of {view.plan.name(step.id)}, {took}"
    note = f"{DETACH_KEY} comes back"
    return GoToTerminal(step=step.id, text=words, role="accent", note=note)


def terminal_attempt(view: RunView, key: RowKey | None) -> int | None:
    """The attempt whose terminal a person can go to; `None` where there is none."""
    step = view.step(key)
    if step is None or not has_terminal(step) or view.verifying == step.id:
        return None
    own = view.step_state(step.id)
    if own.status is not Status.RUNNING or own.last_attempt is None:
        return None
    return own.last_attempt.number


def terminal_row(view: RunView, key: RowKey | None) -> RowKey | None:
    """The row of the step whose terminal to go to: the selected or proposed.

    Else `None`.
    """
    keys = (key, view.proposed_row)
    return next((k for k in keys if terminal_attempt(view, k) is not None), None)


def _held(view: RunView, step: Step) -> NextAction | None:
    """What holds a step's hosts, and what is done about it; `None` if nothing does."""
    found = view.hosts(step.id)
    held = found.held if found is not None else None
    if held is None:
        return None
    if held.why not in RELEASABLE_HOLD_REASONS:
        return _settle(view, step)
    name = view.plan.name(step.id)
    if held.why in HOLDS_FOR_PERSON:
        return StartFlow(
            flow=FlowId.RELEASE_BATCH,
            key=StepRow(step.id),
            text=f"Let batch {held.batch} of {name} begin",
            role="warn",
            note=HOLD_REASON_WORDS[held.why],
        )
    words = f"{name} is {held_text(held)}"
    return FocusHealth(text=words, role="warn", note=ways_to_release(held))


def _settle(view: RunView, step: Step) -> NextAction | None:
    """Enter settles the first host that a person is asked about; `None` without one."""
    found = view.hosts(step.id)
    if found is None or not found.to_settle:
        return None
    host = found.to_settle[0]
    more = len(found.to_settle) - 1
    return StartFlow(
        flow=FlowId.SETTLE_HOST,
        key=HostRow(step.id, host),
        text=f"Say what became of {host}: {found.host_states[host].status}",
        role="bad",
        note=f"{view.plan.name(step.id)} waits for that"
        + (f", and for {more} more" if more else ""),
    )


def show_host_output(found: StepHosts, host: str) -> ShowHostOutput:
    """Enter on a host: its output; and what is held meanwhile, which Esc leads to."""
    held = f"{held_text(found.held)}; Esc goes back there" if found.held else ""
    words = f"Show the output of {host}: {found.host_states[host].status}"
    return ShowHostOutput(text=words, role="plain", note=held)


def _decide(view: RunView, step: Step) -> NextAction:
    if (settle := _settle(view, step)) is not None:
        return settle
    mark = STATUS_MARKS[view.statuses[step.id].status]
    words = f"Decide on {view.plan.name(step.id)}: {mark.word}"
    return StartFlow(flow=FlowId.DECIDE, key=StepRow(step.id), text=words, role="bad")


def action_to_begin_step(view: RunView, step: Step) -> Action:
    """What begins a step, as far as it is known before a dialog is opened."""
    number = view.next_attempt(step.id)
    match kind_of(step):
        case "manual" | "message":
            return TickStep(step=step.id, attempt=number)
        case "choose":
            return ChooseOptions(step=step.id, attempt=number)
        case _:
            kind = RetryStep if number > 1 else StartStep
            return kind(step=step.id, attempt=number)


def _start(view: RunView, step: Step, note: str = "") -> NextAction:
    name = view.plan.name(step.id)
    permission = decide_offer(action_to_begin_step(view, step), view.situation)
    if isinstance(permission, Refused):
        words = f"{name} waits: {permission.why or permission.text}"
        return FocusOutput(text=words, role="warn")
    if step.for_each is not None:
        words = f"List the items of {name}"
        return StartFlow(flow=FlowId.START, key=StepRow(step.id), text=words, note=note)
    match kind_of(step):
        case "manual":
            return StartFlow(
                flow=FlowId.TICK, key=StepRow(step.id), text=f"Do {name}", note=note
            )
        case "message":
            return StartFlow(
                flow=FlowId.MESSAGE,
                key=StepRow(step.id),
                text=f"Tell: {name}",
                note=note,
            )
        case "choose":
            return StartFlow(
                flow=FlowId.CHOOSE,
                key=StepRow(step.id),
                text=f"Decide {name}",
                note=note,
            )
        case "check":
            return StartFlow(
                flow=FlowId.START, key=StepRow(step.id), text=f"Check {name}", note=note
            )
        case "watch":
            return StartFlow(
                flow=FlowId.START,
                key=StepRow(step.id),
                text=f"Watch: {name}",
                note=note,
            )
        case _:
            pass
    effect = effect_of(step)
    where = f" in {view.environment}" if view.environment and effect != "read" else ""
    notes = [note] if note else []
    if has_terminal(step):
        place = "in your terminal, " if effect == "read" else ""
        notes.append(f"{place}{DETACH_KEY} comes back")
    if effect != "read":
        notes.insert(0, EFFECT_LABELS[effect] + where)
    return StartFlow(
        flow=FlowId.START,
        key=StepRow(step.id),
        text=f"Run {name}",
        role="bad" if effect == "destroy" else "plain",
        note=" · ".join(notes),
    )
