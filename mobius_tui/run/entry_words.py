"""What an entry of the journal says to a reader, in a line. Pure."""

from __future__ import annotations

from mobius_tui.run import message_words, watch_words
from mobius_tui.run.approval_events import (
    ApprovalAsked,
    ApprovalDenied,
    ApprovalEvent,
    ApprovalGiven,
)
from mobius_tui.run.drill_events import HintGiven
from mobius_tui.run.entry import Entry
from mobius_tui.run.events import (
    AutoStopped,
    HostStarted,
    HostStopped,
    NoteAdded,
    PhaseEntered,
    PhaseLeft,
    RunBegan,
    RunEnded,
    VariableSet,
)
from mobius_tui.run.plan import Plan, has_terminal
from mobius_tui.run.state import RunState
from mobius_tui.run.step_events import (
    CheckTried,
    ChoiceMade,
    StepEnded,
    StepOverridden,
    StepPassedOver,
    StepRestored,
    StepSkipped,
    StepStarted,
    StepUnknown,
    StopAsked,
)
from mobius_tui.run.variables import Values
from mobius_tui.run.watch_clock import lasts
from mobius_tui.runbook.units import in_words


def words(entry: Entry, plan: Plan, state: RunState) -> str | None:
    """What an entry says to a reader; `None` for what is of no interest to one.

    What happened comes first, as a word: it may be read aloud, and looked for.
    """
    match entry.event:
        case RunBegan(title=title, mode=mode, environment=environment, run=run):
            where = f" in {environment}" if environment else ""
            return f"{mode.upper()} {title}{where}, run {run}"
        case HostStarted(left_over=left) if left:
            names = ", ".join(_attempt(plan, each) for each in left)
            return f"a host took the run on; left over: {names}"
        case PhaseEntered(phase=phase, reason=reason):
            title = plan.runbook.phase(phase).title
            return f"phase begins: {title}" + (f"; {reason}" if reason else "")
        case PhaseLeft(phase=phase, passed=passed):
            title = plan.runbook.phase(phase).title
            return f"phase {'passed' if passed else 'did not pass'}: {title}"
        case StepStarted(step=step, attempt=attempt):
            again = f", attempt {attempt}" if attempt > 1 else ""
            if has_terminal(plan.steps[step]) and state.began is not None:
                way = f"`mobius-tui resume {state.began.run}` in a terminal"
                again += f"; it has a terminal to itself: {way} goes there"
            whole = lasts(plan.steps[step], Values(state, now=entry.at))
            again += f"; it watches for {in_words(whole)}" if whole is not None else ""
            return f"started: {plan.name(step)}{again}"
        case CheckTried(held=held, detail=detail, look=look):
            return f"look {look} {'holds' if held else 'does not hold'}: {detail}"
        case VariableSet(name=name, value=value, source="output" | "answer" | "set"):
            first, *more = (value or "").split("\n")
            short = f" and {len(more)} lines more" if more else ""
            return f"value: {name}={' '.join(first.split())}{short}"
        case StopAsked(step=step):
            return f"stop asked for: {plan.name(step)}, by {entry.by}"
        case StepEnded() as event:
            return _ended(event, plan, state)
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
            return f"overridden: {plan.name(step)}, by {entry.by}: {reason}"
        case ChoiceMade(step=step, values=values, reason=reason):
            why = f": {reason}" if reason else ""
            chosen = ", ".join(values)
            return f"decided: {plan.name(step)}: {chosen}, by {entry.by}{why}"
        case NoteAdded(text=text):
            return f"note by {entry.by}: {text}"
        case HintGiven(text=text, who=who):
            return f"hint by {who}: {text}"
        case ApprovalAsked() | ApprovalGiven() | ApprovalDenied() as event:
            return _approval(event, plan)
        case AutoStopped(reason=reason):
            return f"stopped: {reason}"
        case RunEnded(outcome=outcome, reason=reason):
            took = in_words(entry.at - state.began_at)
            return f"{outcome.upper()} after {took}: {reason}"
        case HostStopped(reason=reason) if state.ended is None:
            return f"the host let go: {reason}"
        case _:
            found = message_words.words(entry, state)
            return found or watch_words.words(entry, plan)


def _attempt(plan: Plan, key: str) -> str:
    """An attempt by its key `STEP.N`, as people call it."""
    step, _, number = key.rpartition(".")
    return f"{plan.name(step)}, attempt {number}" if step in plan.steps else key


def _approval(event: ApprovalEvent, plan: Plan) -> str:
    """What was asked of a second person, or what they said."""
    name = plan.name(event.step)
    match event:
        case ApprovalAsked(role=role, count=count, within=within):
            of = f"{role} ({count} people)" if count > 1 else role
            return f"approval asked for: {name}, of {of}, within {in_words(within)}"
        case ApprovalGiven(name=who, uid=uid, weaker=weaker, place=place):
            where = "a drill's approver" if uid < 0 else f"user id {uid}"
            where += f" at {place}" if place else ""
            note = "; weaker: a typed name in the login that asked" if weaker else ""
            return f"approved: {name}, by {who} ({where}{note})"
        case ApprovalDenied(reason=reason, place=place):
            where = f" (at {place})" if place else ""
            return f"not approved: {name}; {reason}{where}"


def _ended(event: StepEnded, plan: Plan, state: RunState) -> str:
    last = state.steps[event.step].attempts[event.attempt - 1]
    text = f"{event.result}: {plan.name(event.step)}, in {in_words(last.took or 0.0)}"
    if event.reason:
        text += f": {event.reason}"
    if event.note:
        text += f" ({event.note})"
    if event.left:
        text += f"; still alive: {'; '.join(event.left)}"
    if event.ended_with:
        text += f"; ended with the script: {'; '.join(event.ended_with)}"
    return text
