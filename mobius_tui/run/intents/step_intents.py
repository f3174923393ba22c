"""Intents about one step: to begin, tick, decide, stop, skip or override it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar, final

from msgspec import field

from mobius_tui.json_border import Integer
from mobius_tui.run.events.event import WhenReopened
from mobius_tui.run.events.fleet_events import HostStatus
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.events.run_events import AUTO_AUTHOR, PhaseEntered, VariableSet
from mobius_tui.run.events.step_events import (
    ChoiceMade,
    StepEnded,
    StepOverridden,
    StepRestored,
    StepSkipped,
    StepStarted,
)
from mobius_tui.run.events.watch_events import WatchDisarmed
from mobius_tui.run.intents.action import (
    Action,
    Asked,
    Host,
    PermittedRequester,
)
from mobius_tui.run.intents.approval_intents import (
    record_drill_approvals,
    void_changed_approval,
)
from mobius_tui.run.intents.permissions import require
from mobius_tui.run.planning.approval_rules import begin_refusal, missing_approval_text
from mobius_tui.run.planning.confirmation import step_confirmation_word
from mobius_tui.run.planning.improvisation import (
    improvised_event,
    with_improvised_step,
)
from mobius_tui.run.planning.lost_secrets import lost_secret_notice
from mobius_tui.run.planning.plan import (
    effect_of,
    kind_of,
    running_steps,
    step_blocking_start,
)
from mobius_tui.run.planning.situation import (
    NotPermittedError,
    RefusalCode,
    Situation,
    require_text,
)
from mobius_tui.run.planning.step_status import waits_of_retry
from mobius_tui.run.planning.undoing import undo_not_applicable_text
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import (
    STATUSES_NEEDING_DECISION,
    UNBEGUN_STATUSES,
    Status,
)
from mobius_tui.runbook.model.actions import Choose, Manual, Option
from mobius_tui.runbook.model.guards import guard_variables
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.runbook.model.runtime_steps import MAX_COMMAND
from mobius_tui.runbook.model.value_kinds import stored_value, value_problem

_TICKABLE_KINDS = ("manual", "message")
"""The kinds of steps that a person does."""


class _BeginStep(Action, frozen=True, kw_only=True):
    """Begin an attempt at a script, a check or a watch over health."""

    when_reopened: ClassVar[WhenReopened] = "on steps"
    again: ClassVar[bool]
    """Whether the step may have been begun before."""
    step: str
    attempt: Integer
    """The number of the attempt to be made: a repeat, or a late one, is refused."""
    confirm: str = ""
    """The word that confirms what destroys, as typed."""

    async def prepare(self, host: Host) -> None:
        """Look again for what the step needs."""
        # What got none at the host's start may give it by now.
        host.require_secrets(host.state.unsettled_secrets)
        await void_changed_approval(host, self.step)

    def require_permitted(self, situation: Situation) -> None:
        """Raise unless a script, a check or a watch over health may begin."""
        step = situation.step(self.step)
        name = situation.plan.name(step.id)
        _require_next_attempt(situation, step, self.attempt)
        _require_can_begin(situation, step, again=self.again)
        if kind_of(step) in (*_TICKABLE_KINDS, "choose"):
            words = f"{name} is for a person, not for a script"
            raise NotPermittedError(RefusalCode.WRONG_KIND, words)
        if self.again:
            _require_hosts_left(situation, step)
        _require_may_begin_approved(situation, step)
        word = step_confirmation_word(
            situation.plan, situation.state, step, situation.by_whose_word
        )
        if word and self.confirm != word:
            where = situation.environment_phrase
            words = f"{name} destroys{where}; type {word} to confirm it"
            raise NotPermittedError(RefusalCode.UNFILLED, words)

    async def do(self, host: Host, asked: Asked) -> Entry:
        """Begin the attempt, once its secrets are there and its guard was looked at."""
        step = host.plan.steps[self.step]
        host.require_secrets(host.plan.variables_read[step.id], host.plan.name(step.id))
        host.require_guard_look(step)
        return await _begin_attempt(host, step, self.attempt, asked.by, asked.intent)


@final
class StartStep(_BeginStep, frozen=True, kw_only=True):
    """Begin a pending step.

    It is not the first attempt where the step has become pending again, as in a phase
    that is entered again. What has ended needs `RetryStep`.
    """

    again: ClassVar[bool] = False


@final
class RetryStep(_BeginStep, frozen=True, kw_only=True):
    """Begin another attempt at a step."""

    again: ClassVar[bool] = True


async def _begin_attempt(
    host: Host, step: Step, number: int, by: str, intent: str | None
) -> Entry:
    """Begin an attempt that is permitted.

    A person who starts a step that changes something disarms the watch: the step itself
    may make probes fail, as a rollback by hand does, and no automatic rollback may
    begin because of that.
    """
    if by != AUTO_AUTHOR and host.state.watch.armed and effect_of(step) != "read":
        reason = f"{by} started {host.plan.name(step.id)}"
        await host.write(WatchDisarmed(reason=reason, step=step.id), by)
    await record_drill_approvals(host, step, by)
    return await host.begin_attempt(step, number, by, intent)


@final
class ImproviseStep(Action, frozen=True, kw_only=True):
    """Run a command that is in no step, as a step of its own."""

    permitted_requester: ClassVar[PermittedRequester] = "owner"
    """Only the owner: others who may act on the run may only do what its runbook has.
    """
    script: str = ""
    """The command, for bash."""
    after: str | None = None
    """The id of the step that it comes after; `None` for none."""
    confirm: str = ""
    """The word that confirms what destroys, as typed."""

    async def prepare(self, host: Host) -> None:
        """Get lost secrets again, if that can be."""
        host.require_secrets(host.state.unsettled_secrets)

    def require_permitted(self, situation: Situation) -> None:
        """Raise unless the command may join the run, and begin as a step may.

        One that needs an approval joins it, and waits for that.
        """
        if situation.state.ended is not None:
            words = "the run has ended; nothing can be started in it"
            raise NotPermittedError(RefusalCode.RUN_ENDED, words)
        busy = situation.busy_step
        if busy is not None:
            why = f"{situation.plan.name(busy.id)} is running"
            raise NotPermittedError(RefusalCode.BUSY, f"{why}; one at a time", why)
        _require_command(self.script)
        event = improvised_event(
            situation.plan, script=self.script, after=self.after, by=situation.name
        )
        situation.require_event_allowed(event)
        then = with_improvised_step(situation, event)
        step = then.plan.steps[event.step]
        if not missing_approval_text(then.plan, then.state, step):
            begin = StartStep(step=event.step, attempt=1, confirm=self.confirm)
            begin.require_permitted(then)

    async def do(self, host: Host, asked: Asked) -> Entry:
        """Add the command to the run as a step, and begin it if that is permitted.

        If the host dies in between, the step is there but has not begun: a person can
        begin it.
        """
        event = improvised_event(
            host.plan, script=self.script, after=self.after, by=asked.by
        )
        entry = await host.write(event, asked.by, asked.intent)
        step = host.plan.steps[event.step]
        if not missing_approval_text(host.plan, host.state, step):
            await _begin_attempt(host, step, 1, asked.by, asked.intent)
        return entry


def _require_command(script: str) -> None:
    words = ""
    if not script.strip():
        words = "a command says something"
    elif len(script) > MAX_COMMAND:
        words = (
            f"a command has at most {MAX_COMMAND} characters; this one {len(script)}"
        )
    elif "\0" in script:
        words = "a command has no NUL in it"
    if words:
        raise NotPermittedError(RefusalCode.UNFILLED, words)


@final
class StopStep(Action, frozen=True, kw_only=True):
    """End a running attempt, with all its processes."""

    never_late: ClassVar[bool] = True
    needs_host: ClassVar[bool] = False
    when_reopened: ClassVar[WhenReopened] = "always"
    moves_run: ClassVar[bool] = False
    step: str
    attempt: Integer | None = None
    """The attempt to stop; `None` for the one that runs."""

    def require_permitted(self, situation: Situation) -> None:
        """Raise unless the attempt to be stopped is the one that runs."""
        step = situation.step(self.step)
        own = situation.state.steps[step.id]
        if own.status is not Status.RUNNING or own.last_attempt is None:
            words = f"{situation.plan.name(step.id)} is not running ({own.status})"
            raise NotPermittedError(RefusalCode.NOT_RUNNING, words)
        number = own.last_attempt.number
        if self.attempt not in (None, number):
            words = f"attempt {self.attempt} has ended; {number} is running"
            raise NotPermittedError(RefusalCode.MOVED_ON, words)

    async def do(self, host: Host, asked: Asked) -> Entry:
        """Ask a running attempt to end."""
        last = host.state.steps[self.step].last_attempt
        assert last is not None
        step = host.plan.steps[self.step]
        return await host.stop_attempt(step, last.number, asked.by, asked.intent)

    def do_without_journal(self, host: Host) -> bool:
        """Stop an attempt while the disk is full; whether there was one to stop.

        The step itself may be what fills the disk. Its end is journaled as soon as
        there is space; who stopped it is not.
        """
        own = host.state.steps.get(self.step)
        if own is None or own.status is not Status.RUNNING:
            return False
        last = own.last_attempt
        if last is None or self.attempt not in (None, last.number):
            return False
        return host.stop_without_journal(self.step, last.number)


@final
class LookFirst(Action, frozen=True, kw_only=True):
    """Make the checks of a step that went wrong, and run nothing else of it."""

    when_reopened: ClassVar[WhenReopened] = "on steps"
    moves_run: ClassVar[bool] = False
    notice: ClassVar[str] = (
        "Its checks are being made; what they see stands with the step."
    )
    step: str

    def require_permitted(self, situation: Situation) -> None:
        """Raise unless a failed step's checks alone may be made again."""
        step = situation.step(self.step)
        own, name = situation.state.steps[step.id], situation.plan.name(step.id)
        if not step.checks:
            words = f"{name} has no check; look at its output"
            raise NotPermittedError(RefusalCode.NO_CHECKS, words)
        if own.last_attempt is None or own.status not in STATUSES_NEEDING_DECISION:
            words = f"{name} is {own.status}: only what went wrong is looked at so"
            raise NotPermittedError(RefusalCode.NOT_BAD, words)
        situation.require_applies(step)
        _require_no_lost_secret(situation)
        if step.id in situation.being_checked:
            words = f"{name} is being looked at already"
            raise NotPermittedError(RefusalCode.BEING_CHECKED, words)

    async def do(self, host: Host, asked: Asked) -> None:
        """Make the checks of a step that went wrong, once each; a note follows."""
        last = host.state.steps[self.step].last_attempt
        assert last is not None
        host.make_checks_once(host.plan.steps[self.step], last.number, asked.intent)


@final
class SkipStep(Action, frozen=True, kw_only=True):
    """Skip a step, with a reason."""

    when_reopened: ClassVar[WhenReopened] = "on steps"
    step: str
    reason: str = ""

    def require_permitted(self, situation: Situation) -> None:
        """Raise unless the step may be skipped, with a reason."""
        step = situation.step(self.step)
        _require_no_rows(situation, step)
        name = situation.plan.name(step.id)
        if step.gate:
            words = f"{name} is a gate; it cannot be skipped"
            raise NotPermittedError(RefusalCode.GATE, words)
        if situation.statuses[step.id].status is Status.NOT_APPLICABLE:
            words = f"{name} does not apply anyway"
            raise NotPermittedError(RefusalCode.NOT_APPLICABLE, words)
        situation.require_event_allowed(StepSkipped(step=step.id, reason=self.reason))
        require_text(self.reason)

    async def do(self, host: Host, asked: Asked) -> Entry:
        """Journal that a step is skipped."""
        event = StepSkipped(step=self.step, reason=self.reason.strip())
        return await host.write(event, asked.by, asked.intent)


@final
class RestoreStep(Action, frozen=True, kw_only=True):
    """Make a skipped step pending again."""

    when_reopened: ClassVar[WhenReopened] = "on steps"
    step: str

    def require_permitted(self, situation: Situation) -> None:
        """Raise unless the skipped step may be made pending again."""
        step = situation.step(self.step)
        _require_no_rows(situation, step)
        situation.require_event_allowed(StepRestored(step=step.id))

    async def do(self, host: Host, asked: Asked) -> Entry:
        """Journal that a skipped step is pending again."""
        return await host.write(StepRestored(step=self.step), asked.by, asked.intent)


@final
class OverrideStep(Action, frozen=True, kw_only=True):
    """Vouch that a step is as it should be."""

    when_reopened: ClassVar[WhenReopened] = "on steps"
    step: str
    reason: str = ""

    def require_permitted(self, situation: Situation) -> None:
        """Raise unless a person may vouch for the step, with a reason."""
        step = situation.step(self.step)
        _require_no_rows(situation, step)
        _require_undo_applies(situation, step)
        event = StepOverridden(step=step.id, reason=self.reason)
        situation.require_event_allowed(event)
        require_text(self.reason)

    async def do(self, host: Host, asked: Asked) -> Entry:
        """Journal that a person vouches for a step."""
        event = StepOverridden(step=self.step, reason=self.reason.strip())
        return await host.write(event, asked.by, asked.intent)


@final
class TickStep(Action, frozen=True, kw_only=True):
    """Say that a person has done a manual step, or passed a message on."""

    when_reopened: ClassVar[WhenReopened] = "on steps"
    step: str
    attempt: Integer
    """The number of the attempt to be made."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """What the step asks for, by variable."""
    note: str = ""
    """A remark; for a message step, the text that was passed on."""

    async def prepare(self, host: Host) -> None:
        """Void the step's approval if a file that it is for has changed since."""
        await void_changed_approval(host, self.step)

    def require_permitted(self, situation: Situation) -> None:
        """Raise unless a manual or message step may be ticked as done.

        Whether an answer matches its pattern is checked later, when the host takes it.
        """
        step = situation.step(self.step)
        _require_next_attempt(situation, step, self.attempt)
        _require_can_begin(situation, step, again=True)
        if kind_of(step) not in _TICKABLE_KINDS:
            words = f"{situation.plan.name(step.id)} cannot be ticked: it is to be run"
            raise NotPermittedError(RefusalCode.WRONG_KIND, words)
        _require_may_begin_approved(situation, step)
        for ask in step.action.ask if isinstance(step.action, Manual) else ():
            if not self.answers.get(ask.var, "").strip():
                words = f"{ask.title or ask.var}: an answer is wanted"
                raise NotPermittedError(RefusalCode.UNFILLED, words)

    async def do(self, host: Host, asked: Asked) -> Entry:
        """Journal that a person did a manual step, once its answers are valid."""
        step = host.plan.steps[self.step]
        await host.validate_answers(step, self.answers)
        # It took its time: what held before it need not hold any more.
        require(self, host.situation(asked.caller))
        host.require_secrets(host.plan.variables_read[step.id], host.plan.name(step.id))
        return await journal_tick(self, host, asked)


async def journal_tick(action: TickStep, host: Host, asked: Asked) -> Entry:
    """Journal that a person did a manual step, or passed a message on by hand."""
    step, number = host.plan.steps[action.step], action.attempt
    declared = host.plan.runbook.variables
    asks = step.action.ask if isinstance(step.action, Manual) else ()
    answers = {
        ask.var: stored_value(declared[ask.var], action.answers[ask.var].strip())
        for ask in asks
    }
    await record_drill_approvals(host, step, asked.by)
    reads = host.plan.variables_read[step.id]
    started = StepStarted(step=step.id, attempt=number, reads=reads)
    entry = await host.write(started, asked.by, asked.intent)
    for name, value in answers.items():
        if declared[name].secret:
            await host.learn_secret(name, value)
            event = VariableSet(name=name, value=None, source="secret", step=step.id)
        else:
            event = VariableSet(name=name, value=value, source="answer", step=step.id)
        await host.write(event, asked.by)
    if step.checks:
        host.carry_through(step, number)
        return entry
    shown = (value for name, value in answers.items() if not declared[name].secret)
    ended = StepEnded(
        step=step.id,
        attempt=number,
        result=Status.PASSED,
        reason=", ".join(shown),
        note=action.note,
    )
    await host.write(ended, asked.by)
    return entry


@final
class ChooseOptions(Action, frozen=True, kw_only=True):
    """Choose options of a `choose` step."""

    step: str
    attempt: Integer
    """The number of the attempt to be made."""
    options: tuple[str, ...] = ()
    """The values of the options that are chosen."""
    reason: str = ""

    def require_permitted(self, situation: Situation) -> None:
        """Raise unless the decision may be made with these options."""
        step = situation.step(self.step)
        _require_next_attempt(situation, step, self.attempt)
        _require_can_begin(situation, step, again=True)
        decision = step.action
        if not isinstance(decision, Choose):
            words = f"{situation.plan.name(step.id)} is no decision"
            raise NotPermittedError(RefusalCode.WRONG_KIND, words)
        _require_may_begin_approved(situation, step)
        options = available_options(decision, situation.state, typed=self.options)
        if not self.options or any(name not in options for name in self.options):
            words = f"choose one of: {', '.join(options)}"
            raise NotPermittedError(RefusalCode.UNFILLED, words)
        variable = situation.plan.runbook.variables[decision.var]
        for name in self.options if decision.from_run else ():
            if problem := value_problem(variable, name):
                raise NotPermittedError(RefusalCode.UNFILLED, problem)
        if len(self.options) > 1 and not decision.multi:
            words = "only one of them can be chosen"
            raise NotPermittedError(RefusalCode.UNFILLED, words)
        for phase in situation.plan.runbook.phases:
            if any(options[name].go == phase.id for name in self.options):
                situation.require_phase_enterable(phase)
        is_change = self.attempt > 1 and not self.reason
        if is_change and _is_variable_used(situation, decision.var):
            words = "steps that depend on this have begun; give a reason to change"
            raise NotPermittedError(RefusalCode.UNFILLED, words)

    async def do(self, host: Host, asked: Asked) -> Entry:
        """Journal a decision, then enter phases or end the run as its options say."""
        step = host.plan.steps[self.step]
        assert isinstance(step.action, Choose)
        options = available_options(step.action, host.state, typed=self.options)
        await record_drill_approvals(host, step, asked.by)
        event = ChoiceMade(
            step=step.id,
            attempt=self.attempt,
            var=step.action.var,
            values=self.options,
            reason=self.reason,
            reads=host.plan.variables_read[step.id],
        )
        entry = await host.write(event, asked.by, asked.intent)
        chosen = [options[name] for name in self.options]
        ending = next((option for option in chosen if option.end), None)
        if ending is not None:
            reason = f"decided: {ending.title or ending.value}"
            await host.finish_run(Outcome.COMPLETED, reason, asked.by)
            return entry
        asides = host.state.aside_steps
        # An aside is entered last: the way to the main line would leave it at once.
        for option in sorted(chosen, key=lambda option: option.go in asides):
            if option.go is not None:
                entered = PhaseEntered(
                    phase=option.go,
                    from_step=step.id,
                    reason=option.title or option.value,
                )
                await host.write(entered, asked.by)
        return entry


@final
class ListOptions(Action, frozen=True, kw_only=True):
    """Run the command that lists the options of a decision."""

    notice: ClassVar[str] = "What can be chosen was listed: Enter decides."
    step: str

    async def prepare(self, host: Host) -> None:
        """Get lost secrets again, if that can be."""
        host.require_secrets(host.state.unsettled_secrets)

    def require_permitted(self, situation: Situation) -> None:
        """Raise unless the options of a decision may be listed: it may be made now."""
        step = situation.step(self.step)
        _require_can_begin(situation, step, again=True)
        if not isinstance(step.action, Choose) or not step.action.from_run:
            name = situation.plan.name(step.id)
            words = f"{name} has no command that lists its options"
            raise NotPermittedError(RefusalCode.WRONG_KIND, words)
        _require_no_lost_secret(situation)

    async def do(self, host: Host, _asked: Asked) -> None:
        """Have the options listed, which takes its time."""
        host.require_options_listed(host.plan.steps[self.step])


def _require_no_lost_secret(situation: Situation) -> None:
    """Refuse to run what could print a lost secret that nobody went on without."""
    words = lost_secret_notice(situation.plan.runbook, situation.state)
    if words:
        raise NotPermittedError(RefusalCode.WAITS, words, words)


def available_options(
    decision: Choose, state: RunState, typed: Iterable[str] = ()
) -> dict[str, Option]:
    """What can be chosen now, by value.

    Args:
        decision: the decision.
        state: the run.
        typed: values that a person gave; where a command lists the options, which may
            fail, others may be typed.
    """
    listed = state.variables.get(decision.from_ or "")
    offered = decision.offered(listed.text if listed is not None else None)
    options = {option.value: option for option in offered if option.value}
    for value in typed if decision.from_run else ():
        if value.strip() and value.isprintable():
            options.setdefault(value, Option(value=value))
    return options


def _is_variable_used(situation: Situation, name: str) -> bool:
    """Whether a step that depends on a variable has begun."""
    plan = situation.plan
    return any(
        (name in guard_variables(step.when) or name in plan.variables_read[step.id])
        and situation.state.steps[step.id].attempts
        for step in plan.steps.values()
    )


def _require_next_attempt(situation: Situation, step: Step, attempt: int) -> None:
    """Refuse what was meant for another attempt than the one that comes next."""
    number = situation.next_attempt(step)
    if attempt != number:
        words = (
            f"{situation.plan.name(step.id)} has moved on: attempt {attempt} was "
            f"asked for, the next is {number}"
        )
        raise NotPermittedError(RefusalCode.MOVED_ON, words)


def _require_can_begin(situation: Situation, step: Step, *, again: bool) -> None:
    """Refuse to begin what waits, runs, or does not apply.

    Args:
        situation: as it is.
        step: the step.
        again: whether it may have been begun before.
    """
    if situation.state.ended is not None:
        words = "the run has ended; nothing can be started in it"
        raise NotPermittedError(RefusalCode.RUN_ENDED, words)
    _require_no_rows(situation, step)
    plan, name = situation.plan, situation.plan.name(step.id)
    standing = situation.statuses[step.id]
    own = situation.state.steps[step.id].status
    if standing.waits:
        waits = ", ".join(wait.text for wait in standing.waits)
        raise NotPermittedError(RefusalCode.WAITS, f"{name} waits: {waits}", waits)
    situation.require_applies(step)
    if own is Status.RUNNING:
        raise NotPermittedError(RefusalCode.RUNNING, f"{name} is running already")
    if own is Status.SKIPPED:
        words = f"{name} was skipped; restore it first"
        raise NotPermittedError(RefusalCode.SKIPPED, words)
    _require_undo_applies(situation, step)
    if own not in UNBEGUN_STATUSES | {Status.NOT_APPLICABLE} and not again:
        words = f"{name} has ended ({own}); retry it to run it again"
        raise NotPermittedError(RefusalCode.DONE, words)
    waits_now = waits_of_retry(plan, situation.state, step.id)
    if waits_now:
        waits = ", ".join(wait.text for wait in waits_now)
        raise NotPermittedError(RefusalCode.WAITS, f"{name} waits: {waits}", waits)
    busy = step_blocking_start(plan, situation.state, step)
    if busy is not None and not _may_begin_during_reads(situation, step):
        why = f"{plan.name(busy.id)} is running"
        raise NotPermittedError(RefusalCode.BUSY, f"{why}; one at a time", why)
    left = situation.survivors_of(step) if own is Status.UNKNOWN else ()
    if step.undo_of and not left:
        left = _survivors_of_undone(situation, step)
    if left:
        why = f"may still be running: {'; '.join(left)}. Stop that first"
        raise NotPermittedError(RefusalCode.ALIVE, f"{name} {why}", why)


def _require_no_rows(situation: Situation, step: Step) -> None:
    """Refuse an action on a step that has rows already: it is done for each row."""
    if step.id in situation.state.rows_of:
        words = f"{situation.plan.name(step.id)} has rows: each is worked by itself"
        raise NotPermittedError(RefusalCode.DONE, words, "it has rows")


def _require_undo_applies(situation: Situation, step: Step) -> None:
    """Refuse to undo what was not done, is undone already, or is not to be undone."""
    why = undo_not_applicable_text(situation.plan, situation.state, step)
    if why:
        words = f"{situation.plan.name(step.id)} does not apply: {why}"
        raise NotPermittedError(RefusalCode.NOT_APPLICABLE, words, why)


def _survivors_of_undone(situation: Situation, step: Step) -> tuple[str, ...]:
    """The living processes of the attempt to be undone, where its end is unknown."""
    undone = situation.plan.steps[step.undo_of]
    is_unknown = situation.state.steps[undone.id].status is Status.UNKNOWN
    return situation.survivors_of(undone) if is_unknown else ()


def _may_begin_during_reads(situation: Situation, step: Step) -> bool:
    """Whether a step of a running rollback may begin, as only steps that read run."""
    watch, phase_of = situation.state.watch, situation.plan.phase_of
    return (
        watch.rollback_running
        and watch.rollback is not None
        and phase_of[step.id].id == watch.rollback.phase
        and all(
            phase_of[busy.id].id != watch.rollback.phase and effect_of(busy) == "read"
            for busy in running_steps(situation.plan, situation.state)
        )
    )


def _require_may_begin_approved(situation: Situation, step: Step) -> None:
    """Refuse whoever approved the step, and anybody once the approval has lapsed."""
    refused = begin_refusal(
        situation.plan, situation.state, step, uid=situation.uid, now=situation.now
    )
    if refused:
        words = f"{situation.plan.name(step.id)}: {refused}"
        raise NotPermittedError(RefusalCode.OWN_APPROVAL, words, refused)


def _require_hosts_left(situation: Situation, step: Step) -> None:
    """Refuse to go over hosts again where one is unknown, or all have passed."""
    fleet = situation.state.fleets.get(step.id)
    newest = fleet.newest_states() if fleet is not None else {}
    if not newest:
        return
    name = situation.plan.name(step.id)
    unknown = [host for host, own in newest.items() if own.status is HostStatus.UNKNOWN]
    if unknown:
        more = f" (and {len(unknown) - 1} more)" if len(unknown) > 1 else ""
        why = f"nobody knows how far {unknown[0]}{more} got; say first whether it ran"
        raise NotPermittedError(RefusalCode.UNSETTLED, f"{name}: {why}", why)
    if fleet is not None and not fleet.to_do:
        why = "each of its hosts has passed: nothing is left to do"
        raise NotPermittedError(RefusalCode.DONE, f"{name}: {why}", why)
