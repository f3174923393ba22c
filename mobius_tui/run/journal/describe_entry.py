"""Describes each entry of the journal as one line of text. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby

from mobius_tui.run.events.fleet_events import (
    BatchEnded,
    BatchHeld,
    BatchReleased,
    BatchStarted,
    FleetEvent,
    FleetHostChecked,
    FleetHostEnded,
    FleetHostSettled,
    HoldReason,
    HostsResolved,
    HostStatus,
    Settlement,
)
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.message_events import (
    MessageDropped,
    MessageEvent,
    MessageNotSent,
    MessageQueued,
    MessageRequeued,
    MessageSent,
    MessageUnknown,
)
from mobius_tui.run.events.run_events import (
    AutoStopped,
    HintGiven,
    HostStarted,
    HostStopped,
    NoteAdded,
    PhaseEntered,
    PhaseLeft,
    RunBegan,
    RunEnded,
    RunReopened,
    TakenOver,
    VariableSet,
    WentOnWithout,
)
from mobius_tui.run.events.step_events import (
    ApprovalAsked,
    ApprovalDenied,
    ApprovalEvent,
    ApprovalGiven,
    CheckTried,
    ChoiceMade,
    RowsAdded,
    StepEnded,
    StepImprovised,
    StepOverridden,
    StepPassedOver,
    StepRestored,
    StepSkipped,
    StepStarted,
    StepUnknown,
    StopAsked,
)
from mobius_tui.run.events.watch_events import (
    RollbackBegan,
    RollbackDropped,
    RollbackHeld,
    RollbackStopped,
    TriggerCleared,
    TriggerFired,
    WatchArmed,
    WatchBegan,
    WatchDisarmed,
    WatchOver,
)
from mobius_tui.run.planning.approval_rules import bound_files_text
from mobius_tui.run.planning.plan import Plan, has_terminal, may_have_steps_beside
from mobius_tui.run.planning.variables import Values
from mobius_tui.run.planning.watch_progress import watch_duration
from mobius_tui.run.state.added_steps import MAX_ITEMS_NAMED, has_ended_with_rows
from mobius_tui.run.state.deliveries import (
    UNDELIVERED_STATUSES,
    Delivery,
    DeliveryStatus,
    delivery_for_viewer,
)
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import PASSED_STATUSES
from mobius_tui.run.storage.place import Place
from mobius_tui.run.storage.run_directory import attempt_in_folder
from mobius_tui.runbook.model.step_text import EFFECT_LABELS
from mobius_tui.runbook.text.units import duration_in_words, local_time

MAX_HOSTS_IN_ENTRY = 5
"""Hosts that are named in a line."""
_HOLD_REASON_WORDS: Mapping[HoldReason, str] = {
    HoldReason.HOST_KEY: "a changed host key",
    HoldReason.UNKNOWN: "a host is unknown",
    HoldReason.UNREACHABLE: "a host cannot be reached",
    HoldReason.TRIGGER: "a trigger fired",
    HoldReason.PERSON: "a person lets it begin",
    HoldReason.NO_DATA: "no data",
    HoldReason.NOT_HEALTHY: "not well for long enough yet",
    HoldReason.TOO_LATE: "not well in time, a person is wanted",
}
_SETTLEMENT_WORDS: Mapping[Settlement, str] = {
    "ran": "it ran",
    "did not run": "it did not run",
    "skip": "skipped",
    "fail": "counts as failed",
}


def fleet_entry_text(entry: Entry, plan: Plan) -> str | None:
    """A line for an entry about hosts; `None` for any other.

    That a host begins, and that a look of its check holds, is of no interest to a
    reader: there may be a thousand of them.
    """
    event = entry.event
    if not isinstance(event, FleetEvent):
        return None
    name = plan.name(event.step)
    match event:
        case HostsResolved(hosts=hosts):
            return f"hosts: {name}: {_list_text(event)} ({_names(hosts)})"
        case BatchStarted(batch=batch, hosts=hosts):
            return f"batch {batch} begins: {name}: {_count(len(hosts))}"
        case BatchEnded(batch=batch, counts=counts):
            return f"batch {batch} ended: {name}: {counts_text(counts)}"
        case BatchHeld(batch=batch, why=why, reason=reason):
            words = f": {reason}" if reason not in ("", _HOLD_REASON_WORDS[why]) else ""
            return f"held: {name}, batch {batch}; {_HOLD_REASON_WORDS[why]}{words}"
        case BatchReleased(batch=batch, reason=reason):
            words = f": {reason}" if reason else ""
            return f"released: {name}, batch {batch}, by {entry.by}{words}"
        case FleetHostChecked(host=host, look=look, detail=detail, held=False):
            return f"{host}: look {look} does not hold: {detail}"
        case FleetHostEnded():
            return _end_text(event, name)
        case FleetHostSettled(host=host, settled=settled, reason=reason):
            words = f"{host}, {_SETTLEMENT_WORDS[settled]}, by {entry.by}: {reason}"
            return f"settled: {name}: {words}"
        case _:
            return None


def _end_text(event: FleetHostEnded, name: str) -> str:
    """`web-1 failed: Restart nginx: exit 3`."""
    reason = event.reason
    if not reason and event.exit:
        reason = f"exit {event.exit}"
    return f"{event.host} {event.status}: {name}" + (f": {reason}" if reason else "")


def _list_text(event: HostsResolved) -> str:
    words = _count(len(event.hosts))
    if event.groups:
        words += f", of {event.groups} group{'s' if event.groups > 1 else ''}"
    return f"{words}, limited to {event.limit}" if event.limit else words


def counts_text(counts: Mapping[str, int]) -> str:
    """How many hosts have each status: `28 ok, 1 failed`; the least urgent first."""
    words = [each.value for each in reversed(HostStatus)]
    return ", ".join(f"{counts[each]} {each}" for each in words if counts.get(each))


def _count(hosts: int) -> str:
    return "1 host" if hosts == 1 else f"{hosts} hosts"


def _names(hosts: tuple[str, ...]) -> str:
    more = ", …" if len(hosts) > MAX_HOSTS_IN_ENTRY else ""
    return ", ".join(hosts[:MAX_HOSTS_IN_ENTRY]) + more


def message_entry_text(entry: Entry, state: RunState) -> str | None:
    """A line for an entry about messages; `None` for any other."""
    event = entry.event
    if not isinstance(event, MessageEvent):
        return None
    if isinstance(event, MessageQueued):
        whom = ", ".join(event.channels)
        return f"message queued for {whom}: {event.title}, by {entry.by}"
    own = state.deliveries[event.delivery - 1]
    what = f"{own.channel}: {own.queued_event.title}"
    match event:
        case MessageSent(status=status, answer=answer):
            answer_text = f": {answer}" if answer else ""
            return f"message sent to {what}; it answers {status}{answer_text}"
        case MessageNotSent(reason=reason, answer=answer, again=again):
            answer_text = f": {answer}" if answer else ""
            then = "it stays queued for a person"
            if again is not None:
                then = f"again in {duration_in_words(again)}"
            return f"message not sent to {what}; {reason}{answer_text}; {then}"
        case MessageUnknown(reason=reason):
            unknown = f"{DeliveryStatus.UNKNOWN}: {reason}"
            return f"message to {what}; {unknown}; look before you send"
        case MessageRequeued():
            return f"message to be sent again to {what}, by {entry.by}"
        case MessageDropped(reason=reason):
            return f"message dropped, to {what}, by {entry.by}: {reason}"
        case _:
            return None


def unsent_reason(delivery: Delivery, *, now: float) -> str:
    """Why a delivery is not sent, and when it is tried again.

    Args:
        delivery: which.
        now: seconds since 1970.
    """
    reason = (
        f"{delivery.reason}: {delivery.answer}"
        if delivery.answer and delivery.reason
        else delivery.reason
    )
    if delivery.status is DeliveryStatus.QUEUED and delivery.reason:
        return (
            f"{reason}; again in {duration_in_words(max(0.0, delivery.due_at - now))}"
        )
    return reason


def undelivered(state: RunState, *, hosted: bool) -> tuple[Delivery, ...]:
    """Deliveries that have not arrived, as far as a reader can know now.

    Args:
        state: the run's.
        hosted: whether a host runs it.
    """
    deliveries = (delivery_for_viewer(own, hosted=hosted) for own in state.deliveries)
    return tuple(own for own in deliveries if own.status in UNDELIVERED_STATUSES)


def undelivered_summary(deliveries: tuple[Delivery, ...]) -> Iterator[str]:
    """`2 not sent`, `1 not known whether it arrived`: one text for each status."""
    statuses = sorted(
        (own.status for own in deliveries), key=list(DeliveryStatus).index
    )
    for status, same in groupby(statuses):
        yield f"{len(list(same))} {status}"


def watch_entry_text(entry: Entry, plan: Plan) -> str | None:
    """A line for an entry about the watch; `None` for any other."""
    match entry.event:
        case WatchBegan(seconds=seconds):
            if seconds is None:
                return "watching until somebody ends it"
            return f"watching for {duration_in_words(seconds)}"
        case WatchOver(reason=reason):
            return f"the watch is over, the run stays open: {reason}"
        case WatchArmed():
            return f"armed: a trigger begins the rollback by itself, by {entry.by}"
        case WatchDisarmed(reason=reason):
            return f"disarmed: {reason}"
        case TriggerFired(reason=reason, grace=None):
            return f"trigger fired: {reason}"
        case TriggerFired(reason=reason, grace=grace):
            left = duration_in_words(grace or 0.0)
            return f"trigger fired: {reason}; the rollback begins in {left}"
        case TriggerCleared(probe=probe, rule=rule):
            return f"trigger cleared: {rule.replace('_', ' ')} of {probe}"
        case RollbackHeld(reason=reason):
            why = f": {reason}" if reason else ""
            return f"held: the countdown ended, by {entry.by}{why}; disarmed"
        case RollbackDropped(reason=reason):
            return f"the rollback is not begun: {reason}"
        case RollbackBegan(phase=phase, cause=cause, reason=reason):
            who = "a trigger" if cause == "trigger" else entry.by
            title = plan.runbook.phase(phase).title
            return f"rollback begins: {title}, by {who}: {reason}"
        case RollbackStopped(reason=reason):
            return f"the rollback wants a person: {reason}"
        case _:
            return None


def journal_entry_text(entry: Entry, plan: Plan, state: RunState) -> str | None:
    """An entry as a line of text; `None` where it is of no interest to a reader.

    Most lines begin with what happened, so that they can be searched for; those about
    the end or a look of one host begin with the host, some of a look with the step.
    """
    return (
        _run_entry_text(entry, plan, state)
        or _step_entry_text(entry, plan, state)
        or message_entry_text(entry, state)
        or fleet_entry_text(entry, plan)
        or watch_entry_text(entry, plan)
    )


def _run_entry_text(entry: Entry, plan: Plan, state: RunState) -> str | None:
    """What an entry says of the run as a whole; `None` where it says nothing of it."""
    match entry.event:
        case RunBegan(title=title, mode=mode, environment=environment, run=run):
            where = f" in {environment}" if environment else ""
            return f"{mode.upper()} {title}{where}, run {run}"
        case HostStarted(left_over=left, without=without) if left or without:
            parts = ["a host took the run on"]
            if left:
                parts.append(f"left over: {_attempt_names(plan, left)}")
            if without:
                parts.append(f"not known any more: {', '.join(without)}")
            return "; ".join(parts)
        case TakenOver() as event:
            return _takeover_text(event, entry, plan)
        case WentOnWithout(secrets=secrets):
            names = ", ".join(secrets)
            return (
                f"goes on without {names}, by {entry.by}; it is not redacted any more"
            )
        case PhaseEntered(phase=phase, reason=reason):
            title = plan.runbook.phase(phase).title
            return f"phase begins: {title}" + (f"; {reason}" if reason else "")
        case PhaseLeft(phase=phase, passed=passed):
            title = plan.runbook.phase(phase).title
            return f"phase {'passed' if passed else 'did not pass'}: {title}"
        case VariableSet(name=name, value=value, source="output" | "answer" | "set"):
            first, *more = (value or "").split("\n")
            short = f" and {len(more)} lines more" if more else ""
            return f"value: {name}={' '.join(first.split())}{short}"
        case NoteAdded(text=text):
            return f"note by {entry.by}: {text}"
        case HintGiven(text=text, who=who):
            return f"hint by {who}: {text}"
        case AutoStopped(reason=reason):
            return f"stopped: {reason}"
        case RunEnded(outcome=outcome, took=took) as ended:
            open_for = entry.at - state.began_at if took is None else took
            after = duration_in_words(open_for)
            return f"{outcome.upper()} after {after}: {ended.text}"
        case RunReopened():
            return f"the run is open again, to be undone, by {entry.by}"
        case HostStopped(reason=reason) if state.ended is None:
            return f"the host let go: {reason}"
        case _:
            return None


def _step_entry_text(entry: Entry, plan: Plan, state: RunState) -> str | None:
    """What an entry says of a step; `None` where it says nothing of one."""
    match entry.event:
        case StepStarted() as event:
            return _step_start_text(event, entry, plan, state)
        case CheckTried(step=step, held=held, detail=detail, look=look):
            words = f"look {look} {'holds' if held else 'does not hold'}: {detail}"
            named = may_have_steps_beside(plan, step)
            return f"{plan.name(step)}: {words}" if named else words
        case RowsAdded(step=step, items=items):
            return f"rows: {plan.name(step)}: {_items_text(items)}"
        case StepImprovised(step=step, effect=effect):
            name = plan.name(step)
            return f"improvised ({EFFECT_LABELS[effect]}): {name}, by {entry.by}"
        case StopAsked(step=step):
            return f"stop asked for: {plan.name(step)}, by {entry.by}"
        case StepEnded() as event:
            return _step_end_text(event, plan, state)
        case StepUnknown(step=step, reason=reason, left=left):
            still = f"; still alive: {'; '.join(left)}" if left else ""
            return f"unknown: {plan.name(step)}; {reason}{still}"
        case StepSkipped(step=step, reason=reason):
            return f"skipped: {plan.name(step)}, by {entry.by}: {reason}"
        case StepPassedOver(step=step, reason=reason):
            return f"passed over: {plan.name(step)}: {reason}"
        case StepRestored(step=step):
            return f"pending again: {plan.name(step)}"
        case StepOverridden(step=step, reason=reason):
            words = f"overridden: {plan.name(step)}, by {entry.by}: {reason}"
            return words + _undone_text(step, plan, state)
        case ChoiceMade(step=step, values=values, reason=reason):
            why = f": {reason}" if reason else ""
            chosen = ", ".join(values)
            return f"decided: {plan.name(step)}: {chosen}, by {entry.by}{why}"
        case ApprovalAsked() | ApprovalGiven() | ApprovalDenied() as event:
            return _approval_text(event, plan)
        case _:
            return None


def _step_start_text(
    event: StepStarted, entry: Entry, plan: Plan, state: RunState
) -> str:
    step = plan.steps[event.step]
    more = f", attempt {event.attempt}" if event.attempt > 1 else ""
    if has_terminal(step) and state.began is not None:
        way = f"`mobius-tui resume {state.began.run}` in a terminal"
        more += f"; it has a terminal to itself: {way} goes there"
    values = Values(state, now=entry.at, name_of=plan.name)
    whole = watch_duration(step, values)
    if whole is not None:
        more += f"; it watches for {duration_in_words(whole)}"
    return f"started: {plan.name(step.id)}{more}"


def _items_text(items: tuple[str, ...]) -> str:
    """How many items there are, and the first of them."""
    more = ", …" if len(items) > MAX_ITEMS_NAMED else ""
    return f"{len(items)} ({', '.join(items[:MAX_ITEMS_NAMED])}{more})"


def _takeover_text(event: TakenOver, entry: Entry, plan: Plan) -> str:
    """`taken over by anna, from jump-1, whose host was last heard 03:12:07`."""
    then, here = Place.of_mapping(event.taken_from), Place.of_mapping(event.place)
    is_elsewhere = then.machine != here.machine
    where = (then.name if is_elsewhere else then.path) or "where it was before"
    heard = local_time(event.heard, entry.at, seconds=True)
    text = f"taken over by {entry.by}, from {where}, whose host was last heard {heard}"
    if event.in_flight:
        text += f"; unknown since then: {_attempt_names(plan, event.in_flight)}"
    return text


def _attempt_names(plan: Plan, folders: tuple[str, ...]) -> str:
    return ", ".join(_attempt_name(plan, each) for each in folders)


def _attempt_name(plan: Plan, folder: str) -> str:
    """An attempt's name for people, by the name of its folder."""
    found = attempt_in_folder(folder)
    if found is None or found.step not in plan.steps:
        return folder
    return f"{plan.name(found.step)}, attempt {found.number}"


def _approval_text(event: ApprovalEvent, plan: Plan) -> str:
    """A line for an event about an approval."""
    name = plan.name(event.step)
    match event:
        case ApprovalAsked(role=role, count=count, within=within):
            of = f"{role} ({count} people)" if count > 1 else role
            limit = duration_in_words(within)
            words = f"approval asked for: {name}, of {of}, within {limit}"
            files = bound_files_text(event)
            return f"{words}; with {files}" if files else words
        case ApprovalGiven(name=who, uid=uid, weaker=weaker, place=place):
            where = "a drill's approver" if uid < 0 else f"user id {uid}"
            where += f" at {place}" if place else ""
            note = "; weaker: a typed name in the login that asked" if weaker else ""
            return f"approved: {name}, by {who} ({where}{note})"
        case ApprovalDenied(reason=reason, place=place):
            where = f" (at {place})" if place else ""
            return f"not approved: {name}; {reason}{where}"


def _step_end_text(event: StepEnded, plan: Plan, state: RunState) -> str:
    last = state.steps[event.step].attempts[event.attempt - 1]
    took = duration_in_words(last.duration or 0.0)
    lists = event.step in state.rows_of and event.result in PASSED_STATUSES
    result = "listed" if lists else event.result
    text = f"{result}: {plan.name(event.step)}, in {took}"
    if event.reason:
        text += f": {event.reason}"
    if event.note:
        text += f" ({event.note})"
    if event.left:
        text += f"; still alive: {'; '.join(event.left)}"
    if event.ended_with:
        text += f"; ended with the script: {'; '.join(event.ended_with)}"
    if event.unwatched is not None and event.unwatched >= 1:
        ago = duration_in_words(event.unwatched)
        text += f"; it had ended {ago} before a host looked"
    if event.result in PASSED_STATUSES:
        text += _undone_text(event.step, plan, state)
    return text + _end_with_rows(event.step, plan, state)


def _undone_text(undo_step: str, plan: Plan, state: RunState) -> str:
    """What a step that passed, or was vouched for, has undone; empty for most steps."""
    undone = state.undo_steps.get(undo_step)
    return "" if undone is None else f"; undone: {plan.name(undone)}"


def _end_with_rows(row: str, plan: Plan, state: RunState) -> str:
    """How a step has ended whose last row has; empty where none of them failed."""
    parent = state.parent_of.get(row)
    if parent is None or not has_ended_with_rows(state, parent):
        return ""
    own = state.steps[parent]
    tried = [each for each in state.rows_of[parent] if state.steps[each].attempts]
    newest = max(tried, key=lambda each: state.steps[each].attempts[-1].ended or 0.0)
    if newest != row or not own.reason:
        return ""
    return f"; {own.status}: {plan.name(parent)}: {own.reason}"
