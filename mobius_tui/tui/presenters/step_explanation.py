"""The state of a step in words: failures, what it waits for, and the choices."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import takewhile

from textual.content import Content

from mobius_tui import sanitize
from mobius_tui.run.attempts.attempt_files import LastOutput
from mobius_tui.run.events.step_events import ApprovalGiven
from mobius_tui.run.intents.action import Action
from mobius_tui.run.intents.approval_intents import AskApproval
from mobius_tui.run.intents.step_intents import RetryStep, StartStep
from mobius_tui.run.planning.approval_rules import begin_refusal, current_approval
from mobius_tui.run.planning.plan import effect_of, kind_of
from mobius_tui.run.planning.proposal import steps_in_order
from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.run.state.step_state import (
    STATUSES_NEEDING_DECISION,
    Attempt,
    Status,
    StepState,
)
from mobius_tui.runbook.model.actions import Run
from mobius_tui.runbook.model.guards import guard_variables
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.runbook.text.units import duration_in_words
from mobius_tui.tui.commands.registry import first_key_name
from mobius_tui.tui.commands.run_commands import RunCommand
from mobius_tui.tui.presenters.availability import available_commands
from mobius_tui.tui.presenters.fields import Field, FieldKind
from mobius_tui.tui.presenters.glyphs import STATUS_MARKS
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.styled_text import Role, assemble, text
from mobius_tui.tui.screen_state import StepRow


def standing_fields(view: RunView, step: Step) -> Iterator[Field]:
    """The state of a step, and what can be done about it."""
    standing = view.statuses[step.id]
    own = view.step_state(step.id)
    mark = STATUS_MARKS[standing.status]
    head = assemble(mark.glyph_and_word)
    last = own.last_attempt
    match standing.status:
        case Status.PENDING:
            pass  # the pane's border says it
        case Status.RUNNING:
            if last is not None:
                yield from _running(view, step, last)
        case Status.WAITING | Status.UNDONE if standing.waits:
            if standing.status is Status.UNDONE:
                yield Field("now", head + _by_and_reason(own, standing.reason))
            waits = ", ".join(wait.text for wait in standing.waits)
            yield Field("waits", assemble((waits, "warn")))
            yield Field("until", text(_unblocking_text(view, step), "muted"))
        case status if status in STATUSES_NEEDING_DECISION:
            reason = own.reason or standing.reason
            words = f"  {reason}" if reason != mark.word else ""
            yield Field("now", head + assemble((words, "plain")))
            yield from _problem_fields(view, step, last)
        case _:
            reason = standing.reason or own.reason
            yield Field("now", head + _by_and_reason(own, reason))
            if last is not None and last.left:
                yield Field("left", text(f"still alive: {'; '.join(last.left)}"))
    if last is not None and last.ended_with:
        words = f"with the script: {'; '.join(last.ended_with)}"
        yield Field("ended", text(words, "warn"))
    yield from _output_value_fields(view, step)
    if own.is_stale:
        words = "a variable that it used was taken back since: look whether it holds"
        yield Field("stale", text(words, "warn"))


def _by_and_reason(own: StepState, reason: str) -> Content:
    """Who brought a step to its status, and why."""
    who = f" by {own.by}" if own.by and own.by != "host" else ""
    return assemble((f"{who}  {reason}" if reason else who, "muted"))


def _output_value_fields(view: RunView, step: Step) -> Iterator[Field]:
    """The variables that this step's output has set, with their values."""
    label = "gave"
    for name in step.outputs:
        held = view.state.variables.get(name)
        if held is not None and held.step == step.id:
            value = "[secret]" if held.text is None else sanitize.line(held.text)
            yield Field(label, assemble((f"{name}=", "name")), value)
            label = ""


def previous_step_fields(view: RunView, step: Step) -> tuple[Field, ...]:
    """What to know before the proposed step: a warning, and steps that did not apply.

    Args:
        view: the run.
        step: any; of one that is not proposed, or has begun, nothing is said.
    """
    is_next = step.id == view.proposal.step
    before = view.latest()
    if (
        not is_next
        or before is None
        or view.statuses[step.id].status is not Status.PENDING
    ):
        return ()
    return (*_warning_fields(view, before), *_not_applicable_fields(view, step))


def _warning_fields(view: RunView, before: str) -> Iterator[Field]:
    """That a step has warned, if it has."""
    if view.statuses[before].status is Status.WARNED:
        mark = STATUS_MARKS[Status.WARNED]
        head = assemble((f"{mark.glyph} {view.plan.name(before)} {mark.word}", "warn"))
        reason = view.step_state(before).reason
        yield Field("before", head + assemble((f"  {reason}", "muted")))


def _not_applicable_fields(view: RunView, step: Step) -> Iterator[Field]:
    """The steps that did not apply just before the proposed one, and why."""
    order = list(steps_in_order(view.plan, view.state))
    passed = list(
        takewhile(
            lambda other: view.statuses[other.id].is_guard_false,
            reversed(order[: order.index(step)]),
        )
    )
    if passed:
        mark = STATUS_MARKS[Status.NOT_APPLICABLE]
        name = f"{mark.glyph} {view.plan.name(passed[0].id)}"
        more = f"; {len(passed) - 1} more before it" if len(passed) > 1 else ""
        nearest = view.statuses[passed[0].id]
        decided = view.plan.decided_variables.issuperset(
            guard_variables(view.plan.steps[passed[0].id].when)
        )
        words = nearest.not_for if decided else nearest.reason
        why = f"  {sanitize.line(words or nearest.reason)}{more}"
        yield Field("past", assemble((name, "plain"), (why, "muted")))


def _running(view: RunView, step: Step, last: Attempt) -> Iterator[Field]:
    took = duration_in_words(view.runtime(step.id) or 0.0)
    begun = f"attempt {last.number}, started by {last.by}"
    words = f"▶ running for {took}, {begun}"
    if watched := view.watch_progress(step):
        words = f"▶ watching health: {watched}, {begun}"
    stop = "stop it"
    is_idle = (  # nobody makes its checks, and its script has ended
        view.verifying == step.id
        and view.host_pid is None
        and view.reviewed_duration is None
    )
    if view.verifying == step.id:
        words = f"▶ its script has ended; being checked, {took} so far"
        if is_idle:
            words = "▶ its script has ended; it is checked once the run is resumed"
        stop = "stop the checks"
    yield Field("now", assemble((words, "accent")))
    if last.stop_asked:
        yield Field("stop", text("was asked for", "warn"))
    elif view.reviewed_duration is None and not is_idle:
        ways: list[tuple[str, Role]] = []
        if isinstance(step.action, Run) and step.action.tty:
            ways = [
                (f"{first_key_name(RunCommand.TERMINAL)} ", "key"),
                ("its terminal   ", "plain"),
            ]
        ways += [(f"{first_key_name(RunCommand.STOP)} ", "key"), (stop, "plain")]
        yield Field("keys", assemble(*ways), kind=FieldKind.KEYS)


def _problem_fields(view: RunView, step: Step, last: Attempt | None) -> Iterator[Field]:
    if last is not None:
        attempt = AttemptId(step.id, last.number)
        last_output = view.last_outputs.get(attempt, LastOutput())
        if last_output.error:
            yield Field("error", text(last_output.error, "warn"))
        if last_output.last and last_output.last != last_output.error:
            yield Field("said", text(last_output.last, "warn"))
        if last.left:
            words = f"still alive: {'; '.join(last.left)}"
            yield Field("left", text(words, "warn"))
    if view.reviewed_duration is not None:
        return  # what could be done then is not what can be done now
    first = _look_first_advice(view, step, last)
    if first:
        yield Field("look", text(first))
    yield Field("keys", failure_choices(view, step), kind=FieldKind.KEYS)


def _look_first_advice(view: RunView, step: Step, last: Attempt | None) -> str:
    """What to look at before deciding; empty where the fields before are enough."""
    retry, override = (
        first_key_name(RunCommand.RETRY),
        first_key_name(RunCommand.OVERRIDE),
    )
    reads = kind_of(step) == "check" or effect_of(step) == "read"
    match view.statuses[step.id].status:
        case Status.UNKNOWN if last is not None and last.left:
            return (
                "first at what is still alive: until that has ended, the step cannot "
                "be run again; then at the output, and at what it has changed"
            )
        case Status.UNKNOWN if kind_of(step) == "watch":
            return f"at the health panel; {retry} watches anew, from the beginning"
        case Status.UNKNOWN if reads:
            return f"at the output; it only reads, so {retry} does no harm"
        case Status.UNKNOWN:
            look = first_key_name(RunCommand.LOOK_FIRST)
            checks = f"by {look}, which makes its checks alone; then " * bool(
                step.checks
            )
            return (
                f"first {checks}at the output, then by hand at what it should have "
                f"changed: if all is there, {override}; if nothing is, {retry}"
            )
        case Status.TIMED_OUT | Status.STOPPED | Status.OUTPUT_LOST if not reads:
            return "at how far it got: what it had changed by then stays as it is"
        case Status.NOT_STARTED:
            return f"nothing to undo; mend what is said above, then {retry}"
        case Status.FAILED if last is not None and last.exit == 127:
            return "at the name that was not found, and at PATH and the directory"
        case Status.FAILED if last is not None and last.exit == 126:
            return "at the file's mode (chmod +x), and at its first line"
        case _:
            return ""


def failure_choices(view: RunView, step: Step) -> Content:
    """The choices for a failed step, with their keys."""
    offered = available_commands(view, StepRow(step.id))
    parts: list[tuple[str, Role]] = []
    for command, words in (
        (RunCommand.LOOK_FIRST, "check"),
        (RunCommand.RETRY, "retry"),
        (RunCommand.SKIP, "skip"),
        (RunCommand.OVERRIDE, "override"),
        (RunCommand.ENTER_PHASE, _aside_choice_text(view, step)),
        (RunCommand.CONTACTS, "contacts"),
    ):
        if command in offered:
            parts += [(f"{first_key_name(command)} ", "key"), (f"{words}   ", "plain")]
    return assemble(*parts) if parts else text("resume the run first", "warn")


def _aside_choice_text(view: RunView, step: Step) -> str:
    """The choice to enter another phase, in words, by number if the step names one."""
    number = view.plan.phase_numbers.get(step.on_failure)
    if number is None:
        return "turn aside"
    return f"turn aside to {number}"


def _unblocking_text(view: RunView, step: Step) -> str:
    """What would free a waiting step."""
    words = []
    for wait in view.statuses[step.id].waits:
        match wait.kind:
            case "gate" | "needs":
                name = view.plan.name(wait.on)
                words.append(f"{name} has passed, or is overridden")
            case "variable":
                source = _source(view, wait.on)
                words.append(f"{wait.on} has a value{source}")
            case "choice":
                words.append(f"{wait.on} is decided{_source(view, wait.on)}")
            case "guard":
                source = _source(view, wait.on)
                skip = f"{first_key_name(RunCommand.SKIP)} skips it, " * (not step.gate)
                ways = f"{skip}{first_key_name(RunCommand.OVERRIDE)} overrides it"
                words.append(f"{wait.on} can be compared{source}; or {ways}")
            case "secret":
                words.append(f"{wait.on} is known again, or you go on without it")
            case "approval":
                run = view.state.began.run if view.state.began else "RUN"
                words.append(f"{wait.on} approves it: `mobius-tui approve {run}`")
    return "; ".join(words)


def waiting_step_count(view: RunView, step: Step) -> int:
    """How many steps wait for one to pass, or for what it gives."""
    return sum(
        any(
            view.plan.step_that_sets.get(wait.on, wait.on) == step.id
            for wait in each.waits
        )
        for each in view.statuses.values()
    )


def _source(view: RunView, name: str) -> str:
    """The step that a variable comes from, in words."""
    giver = view.plan.step_that_sets.get(name)
    if giver is not None:
        return f", which {view.plan.numbers[giver]} gives"
    return ""


def guard_check_notice(view: RunView, action: Action) -> str:
    """The notice that the host checks a guard first; empty without a guard."""
    if not isinstance(action, StartStep | RetryStep | AskApproval):
        return ""
    step = view.plan.steps.get(action.step)
    if step is None or not view.has_guard_checks_to_make(step):
        return ""
    return f"The host looks whether {view.plan.name(step.id)} applies."


def approved_fields(view: RunView, step: Step) -> Iterator[Field]:
    """Who approved the attempt that comes next, and until when it may be begun.

    Then why the person who looks may not begin it, if so. Nothing where nobody has
    approved, or where what they approved has changed since.
    """
    approval = current_approval(view.plan, view.state, step)
    if approval is None or not approval.approvals_given:
        return
    approvers = ", ".join(_approver_text(each) for each in approval.approvals_given)
    words = f"approved by {approvers}"
    if approval.is_complete:
        until = time.strftime("%H:%M:%S", time.localtime(approval.expires_at))
        words += f", to be begun by {until}"
    yield Field("now", assemble((words, "good")))
    why_not = begin_refusal(view.plan, view.state, step, uid=view.uid, now=view.now)
    if why_not:
        yield Field("", text(why_not, "warn"))


def _approver_text(given: ApprovalGiven) -> str:
    """A name of an approver, marked if it was typed and not authenticated."""
    return f"{given.name} (weaker: a typed name)" if given.weaker else given.name
