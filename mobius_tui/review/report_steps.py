"""The phases, steps, attempts and messages of a report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mobius_tui.review.report_redaction import ReportRedactor
from mobius_tui.review.run_reader import ReadRun
from mobius_tui.review.run_report import (
    ReportAttempt,
    ReportHost,
    ReportLook,
    ReportMessage,
    ReportPhase,
    ReportStep,
    VariableValue,
)
from mobius_tui.review.run_walk import WalkedRun
from mobius_tui.run.attempts.attempt_files import LastOutput, last_output_of_file
from mobius_tui.run.attempts.exit_status import exit_code_text
from mobius_tui.run.attempts.output_reader import last_terminal_rows
from mobius_tui.run.events.fleet_events import HOST_STATUSES_NEEDING_PERSON, HostStatus
from mobius_tui.run.fleet.host_output import output_path
from mobius_tui.run.planning.plan import Plan, effect_of, kind_of
from mobius_tui.run.planning.step_status import step_statuses
from mobius_tui.run.planning.variables import Values
from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.run.state.deliveries import delivery_for_viewer
from mobius_tui.run.state.step_state import Attempt, StateVariable, Status
from mobius_tui.runbook.model.actions import Choose, Manual, Run, SendMessage, Watch
from mobius_tui.runbook.model.runbook import Phase, Step
from mobius_tui.runbook.model.runtime_steps import is_improvised
from mobius_tui.runbook.model.step_text import (
    check_in_words,
    command_in_words,
    listed_options_in_words,
    watch_in_words,
)
from mobius_tui.runbook.prose.prose_model import Prose
from mobius_tui.runbook.text.shortening import shortened
from mobius_tui.runbook.text.template_text import fill


def report_messages(
    plan: Plan,
    walked: WalkedRun,
    steps: tuple[ReportStep, ...],
    redactor: ReportRedactor,
    *,
    is_hosted: bool,
) -> Iterator[ReportMessage]:
    """Every message that was sent by the program or by a person, in order of time.

    Args:
        plan: the run's.
        walked: the run, as `walk_run` has collected it.
        steps: the reports of its steps, with the filled in text of their messages.
        redactor: removes secrets and control characters from texts.
        is_hosted: whether a host runs the run now.
    """
    sent = tuple(_sent(walked, redactor, is_hosted=is_hosted))
    sent_attempts = {
        (d.queued_event.step, d.queued_event.attempt) for d in walked.state.deliveries
    }
    by_people = (
        delivered
        for step in steps
        for key, delivered in _manual_messages(plan, walked, step, redactor)
        if key not in sent_attempts
    )
    yield from sorted((*sent, *by_people), key=lambda each: each.at)


def _sent(
    walked: WalkedRun, redactor: ReportRedactor, *, is_hosted: bool
) -> Iterator[ReportMessage]:
    for delivery in walked.state.deliveries:
        own = delivery_for_viewer(delivery, hosted=is_hosted)
        why = f": {own.reason}" if own.reason else ""
        yield ReportMessage(
            at=own.status_since or own.queued_at,
            by=redactor.line(own.queued_by),
            title=redactor.line(own.queued_event.title),
            channel=redactor.line(own.channel),
            state=redactor.line(f"{own.status}{why}"),
            text=redactor.lines(own.queued_event.text),
        )


def _manual_messages(
    plan: Plan, walked: WalkedRun, step: ReportStep, redactor: ReportRedactor
) -> Iterator[tuple[AttemptId, ReportMessage]]:
    """The ended attempts at a message step, each as a message sent by hand.

    The caller leaves out those whose message the program sent.
    """
    action = plan.steps[step.id].action
    if not isinstance(action, SendMessage):
        return
    values = Values(walked.state, now=0.0, name_of=plan.name)
    title = plan.runbook.messages[action.message].title
    for own in walked.state.steps[step.id].attempts:
        if own.ended is None:
            continue
        delivered = ReportMessage(
            at=own.ended,
            by=redactor.line(own.by),
            title=redactor.line(values.preview(title)),
            channel="",
            state="told" if own.status is Status.PASSED else str(own.status),
            text=redactor.lines(own.note or str(step.command)),
        )
        yield AttemptId(step.id, own.number), delivered


MAX_LOOKS = 10
"""The most looks of an attempt's checks in a report: the last ones."""
MAX_OUTPUT_LINES = 20
"""The most lines of an output in a report: the last ones."""
MAX_LINE_CHARACTERS = 400
"""The most characters of a line of output in a report."""
_CLOCK_VARIABLES = frozenset({"now", "run.started", "run.elapsed"})


def report_values(
    values: Iterable[tuple[str, StateVariable]], redactor: ReportRedactor
) -> Iterator[VariableValue]:
    """Variables and their values, redacted."""
    for name, value in values:
        text = "[secret]" if value.text is None else redactor.line(value.text)
        yield VariableValue(name=redactor.line(name), value=text, source=value.source)


class StepReporter:
    """Converts the phases and steps of one run to their report form."""

    def __init__(
        self, run: ReadRun, plan: Plan, walked: WalkedRun, redactor: ReportRedactor
    ) -> None:
        """Prepare to report the steps of a run.

        Args:
            run: what could be read of it.
            plan: its plan.
            walked: the run, as `walk_run` has collected it.
            redactor: removes secrets and control characters from texts.
        """
        self._run = run
        self._plan = plan
        self._walked = walked
        self._redactor = redactor
        self._sanitize = redactor.line
        self._statuses = step_statuses(plan, walked.state)
        self._values = Values(walked.state, now=0.0, name_of=plan.name)

    def phases(self) -> tuple[ReportPhase, ...]:
        """Every phase, in the order of the runbook."""
        return tuple(self._phase(each) for each in self._plan.runbook.phases)

    def _phase(self, phase: Phase) -> ReportPhase:
        return ReportPhase(
            id=self._sanitize(phase.id),
            number=self._plan.phase_numbers[phase.id],
            title=self._sanitize(phase.title),
            aside=phase.aside and not is_improvised(phase),
            entered=not phase.aside
            or is_improvised(phase)
            or phase.id in self._walked.state.entered_phases,
            why=self._redactor.prose(self._prose(phase.why)),
            steps=tuple(self._step(step) for step in phase.steps),
        )

    def _step(self, step: Step) -> ReportStep:
        own, standing = self._walked.state.steps[step.id], self._statuses[step.id]
        checks = tuple(
            self._sanitize(self.filled(check_in_words(check))) for check in step.checks
        )
        waits = ", ".join(wait.text for wait in standing.waits)
        return ReportStep(
            id=step.id,
            number=self._plan.numbers[step.id],
            title=self._sanitize(step.title),
            kind=kind_of(step),
            effect=effect_of(step),
            gate=step.gate,
            optional=step.optional,
            status=standing.status,
            reason=self._sanitize(standing.reason or waits),
            by=self._sanitize(own.by),
            program=self._program(step),
            why=self._redactor.prose(self._prose(step.why)),
            command=self._instruction(step),
            checks=checks,
            tries=tuple(self._attempt(step, each, checks) for each in own.attempts),
            notes=tuple(map(self._sanitize, own.notes)),
        )

    def _program(self, step: Step) -> str:
        if not isinstance(step.action, Run):
            return ""
        return self._sanitize(command_in_words(step.action))

    def _instruction(self, step: Step) -> str | Prose:
        """The script, the task of a person, or the text of a message."""
        if isinstance(step.action, Manual):
            return self._redactor.prose(self._prose(step.action.text))
        return self._redactor.lines(self._command(step))

    def _command(self, step: Step) -> str:
        match step.action:
            case Run(script=script):
                return script.strip("\n")
            case SendMessage(message=message):
                body = self._plan.runbook.messages[message].body
                return self.filled(body).strip("\n")
            case Choose(from_=str()) as choose:
                return listed_options_in_words(choose)
            case Choose(options=options):
                return "\n".join(f"{o.value}: {o.title or o.value}" for o in options)
            case Watch(for_=duration):
                return watch_in_words(self.filled(duration))
            case _:
                return ""

    def filled(self, text: str) -> str:
        """Fill in a text with the run's last values, except for clock variables.

        A clock's time would differ from one machine to the next.
        """
        return fill(text, self._variable_text)

    def _prose(self, text: str) -> Prose:
        return Prose.of(text, self._variable_text)

    def _variable_text(self, name: str) -> str:
        mention = f"${{{name}}}"
        return mention if name in _CLOCK_VARIABLES else self._values.preview(mention)

    def _attempt(
        self, step: Step, own: Attempt, checks: tuple[str, ...]
    ) -> ReportAttempt:
        attempt_id = AttemptId(step.id, own.number)
        place = self._run.directory.attempt(*attempt_id)
        given = self._walked.given.get(attempt_id, {})
        return ReportAttempt(
            number=own.number,
            by=self._sanitize(own.by),
            started=own.started,
            ended=own.ended,
            took=own.duration,
            status=own.status,
            reason=self._sanitize(own.reason),
            exit=own.exit,
            exit_words="" if own.exit is None else exit_code_text(own.exit),
            note=self._sanitize(own.note),
            given=tuple(report_values(given.items(), self._redactor)),
            looks=tuple(
                ReportLook(
                    at=look.at,
                    check=_named(checks, look.check),
                    held=look.held,
                    detail=self._sanitize(look.detail),
                )
                for look in own.check_tries[-MAX_LOOKS:]
            ),
            output=tuple(
                shortened(self._sanitize(row).rstrip(), MAX_LINE_CHARACTERS)
                for row in last_terminal_rows(place.output)[-MAX_OUTPUT_LINES:]
            ),
            output_bytes=own.output_bytes,
            output_sha256=self._walked.digests.get(attempt_id),
            left=tuple(map(self._sanitize, own.left)),
            ended_with=tuple(map(self._sanitize, own.ended_with)),
            hosts=tuple(self._hosts(attempt_id)),
        )

    def _hosts(self, attempt_id: AttemptId) -> Iterator[ReportHost]:
        """The hosts of an attempt, the worst first.

        Those that failed, are unreachable or unknown have the line of their output that
        says what went wrong, or the last one.
        """
        fleet = self._walked.state.fleets.get(attempt_id.step)
        found = fleet.attempts.get(attempt_id.number) if fleet is not None else None
        folder = self._run.directory.attempt(*attempt_id).path
        ranks = {status: rank for rank, status in enumerate(HostStatus)}
        hosts = found.hosts.items() if found is not None else ()
        for name, own in sorted(hosts, key=lambda each: ranks[each[1].status]):
            is_bad = own.status in HOST_STATUSES_NEEDING_PERSON
            last = (
                last_output_of_file(output_path(folder, name))
                if is_bad
                else LastOutput()
            )
            is_timed = own.started is not None and own.ended is not None
            yield ReportHost(
                name=self._sanitize(name),
                status=own.status,
                batch=own.batch,
                started=own.started,
                took=own.ended - own.started if is_timed else None,  # type: ignore[operator]
                exit=own.exit,
                reason=self._sanitize(own.reason),
                said=shortened(
                    self._sanitize(last.error or last.last), MAX_LINE_CHARACTERS
                ),
            )


def _named(checks: tuple[str, ...], number: int) -> str:
    return checks[number] if 0 <= number < len(checks) else f"check {number + 1}"
