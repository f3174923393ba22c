"""A run as JUnit XML, for the page of a CI: a step is a test case. Pure.

An attempt that ended badly before the last one is written as Maven Surefire writes the
rerun of a test: `flakyFailure` or `flakyError` in a test case that passed in the end,
`rerunFailure` or `rerunError` beside the `failure` or `error` of one that did not.
Gradle and nextest write the same; Jenkins (with its flaky test handler) and GitHub's
action-junit-report show it. Readers that do not know these elements, such as GitLab and
Jenkins by itself, ignore them, and show the step's final result. A test case for each
attempt would show a failure for a step that passed; and of test cases with the same
name, GitLab keeps only the first.

A row of `for_each` is a test case, and so is each host of a step, behind that of the
step: `2.1 Restart [web-7]`. What failed is a failure there, also where the step's
`max_failed` or `on_unreachable` allowed it, so that the step is warned and the run goes
on: the settings say how a run goes on, not that nothing went wrong. A message that did
not arrive is an error, in a suite of its own. An undone step is a failure: what it is
for is not there. A run that has not completed is never without a failure or an error:
where no step has one, a test case of the run itself does.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from xml.etree import ElementTree as Tree  # nosec B405

from mobius_tui.review import report_wording
from mobius_tui.review.run_report import (
    Deviation,
    ReportAttempt,
    ReportHost,
    ReportPhase,
    ReportStep,
    RunReport,
)
from mobius_tui.run.events.fleet_events import HOST_STATUSES_NEEDING_PERSON, HostStatus
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.state.step_state import (
    GATE_OPENING_STATUSES,
    STATUSES_NEEDING_DECISION,
    Status,
)

_ERRORS = frozenset({Status.UNKNOWN, Status.NOT_STARTED, Status.OUTPUT_LOST})
"""Statuses of an attempt that do not tell whether its step did what it should."""
_SKIPPED_STATUSES = frozenset(
    {
        *(Status.SKIPPED, Status.NOT_APPLICABLE),
        *(Status.PENDING, Status.WAITING, Status.RUNNING),
    }
)
_FAILURES = STATUSES_NEEDING_DECISION | {Status.UNDONE}
_HOST_FAILURE_TAGS = {
    HostStatus.FAILED: "failure",
    HostStatus.UNREACHABLE: "error",
    HostStatus.UNKNOWN: "error",
}
_PASSED_HOSTS = (HostStatus.OK, HostStatus.CHANGED)


def as_junit(report: RunReport) -> str:
    """Render a report, with a suite for each phase."""
    suites = [_suite(report, phase) for phase in report.phases]
    if unsent := [each for each in report.deviations if each.kind == "message"]:
        suites.append(_messages(report, unsent))
    if report.damage:
        words = "; ".join(report.damage)
        suites.append(
            _suite_of_one(report, "it is as it was written", "damaged", words)
        )
    is_red = any(
        case.find(tag) is not None
        for suite in suites
        for case in suite.iter("testcase")
        for tag in ("failure", "error")
    )
    if report.outcome != Outcome.COMPLETED and not is_red:
        words = report_wording.outcome(report)
        suites.append(_suite_of_one(report, "it completed", report.outcome, words))
    whole = Tree.Element("testsuites", name=report.title or report.run)
    _count(whole, [case for suite in suites for case in suite.iter("testcase")])
    del whole.attrib["skipped"]  # Jenkins' schema counts them by suite alone
    whole.extend(suites)
    Tree.indent(whole)
    text = Tree.tostring(whole, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _suite(report: RunReport, phase: ReportPhase) -> Tree.Element:
    suite = Tree.Element("testsuite", name=f"{phase.number} {phase.title}")
    cases = [case for step in phase.steps for case in _cases(report, phase, step)]
    _count(suite, cases)
    starts = [attempt.started for step in phase.steps for attempt in step.tries]
    if starts:
        first = datetime.fromtimestamp(min(starts), UTC)
        suite.set("timestamp", first.strftime("%Y-%m-%dT%H:%M:%S"))
    suite.extend(cases)
    return suite


def _count(suite: Tree.Element, cases: list[Tree.Element]) -> None:
    suite.set("tests", str(len(cases)))
    for name, child in (
        ("failures", "failure"),
        ("errors", "error"),
        ("skipped", "skipped"),
    ):
        suite.set(name, str(sum(case.find(child) is not None for case in cases)))
    took = sum(float(case.get("time", "0")) for case in cases)
    suite.set("time", f"{took:.3f}")


def _cases(
    report: RunReport, phase: ReportPhase, step: ReportStep
) -> Iterator[Tree.Element]:
    """The test case of a step, and those of its hosts."""
    yield _case(report, phase, step)
    for host in _newest_hosts(step):
        case = Tree.Element(
            "testcase",
            classname=f"{report.runbook}.{phase.id}",
            name=f"{step.number} {step.title} [{host.name}]",
            time=f"{host.took or 0.0:.3f}",
        )
        message = ": ".join(filter(None, (host.status, host.reason, host.said)))
        if host.status not in _PASSED_HOSTS:
            tag = _HOST_FAILURE_TAGS.get(host.status, "skipped")
            kind = {} if tag == "skipped" else {"type": host.status}
            Tree.SubElement(case, tag, {**kind, "message": message})
        yield case


def _newest_hosts(step: ReportStep) -> Iterator[ReportHost]:
    """Each host of a step, as the last attempt left it in which its turn came."""
    newest: dict[str, ReportHost] = {}
    for attempt in step.tries:
        for host in attempt.hosts:
            if host.status is not HostStatus.WAITING or host.name not in newest:
                newest[host.name] = host
    yield from newest.values()


def _case(report: RunReport, phase: ReportPhase, step: ReportStep) -> Tree.Element:
    case = Tree.Element(
        "testcase",
        classname=f"{report.runbook}.{phase.id}",
        name=f"{step.number} {step.title}",
        time=f"{sum(attempt.took or 0.0 for attempt in step.tries):.3f}",
    )
    reason = step.reason or step.status
    if step.status is Status.UNDONE:
        undone = [
            d for d in report.deviations if (d.kind, d.step) == (step.status, step.id)
        ]
        reason = f"undone {undone[-1].text}" if undone else reason
    bearer = _tolerating_parent(phase, step)
    if step.status in _SKIPPED_STATUSES:
        why = f": {step.reason}" if step.reason not in ("", step.status) else ""
        Tree.SubElement(case, "skipped", message=f"{step.status}{why}")
    elif step.status in _FAILURES:
        name = "error" if step.status in _ERRORS else "failure"
        Tree.SubElement(case, name, type=step.status, message=reason)
    _earlier(case, step)
    lines = []
    for attempt in step.tries:
        lines += [
            f"attempt {attempt.number}: {report_wording.attempt(attempt)}",
            *attempt.output,
            *_hosts(attempt),
        ]
    if bearer is not None:
        lines.append(f"{step.status}, and {bearer.number} is {bearer.status}: {reason}")
    if step.status in (Status.OVERRIDDEN, Status.RECOVERED, Status.WARNED):
        lines.append(f"{step.status}: {reason}")
    if lines:
        Tree.SubElement(case, "system-out").text = "\n".join(lines)
    return case


def _tolerating_parent(phase: ReportPhase, step: ReportStep) -> ReportStep | None:
    """The parent of a failed row, if the parent opens its gate all the same."""
    if step.status not in STATUSES_NEEDING_DECISION:
        return None
    parent = step.number.rpartition(".")[0]
    return next(
        (
            each
            for each in phase.steps
            if each.number == parent and each.status in GATE_OPENING_STATUSES
        ),
        None,
    )


def _hosts(attempt: ReportAttempt) -> list[str]:
    """The hosts of an attempt that went wrong, each with what it said."""
    return [
        ": ".join(filter(None, (f"{host.name} {host.status}", host.reason, host.said)))
        for host in attempt.hosts
        if host.status in HOST_STATUSES_NEEDING_PERSON
    ]


def _earlier(case: Tree.Element, step: ReportStep) -> None:
    """Add earlier bad attempts of a step to its test case, as reruns or flaky."""
    if step.status in _SKIPPED_STATUSES | {Status.UNDONE}:
        return  # it is neither: what came before stands in its output
    last = step.tries[-1:] if step.status in STATUSES_NEEDING_DECISION else ()
    prefix = "rerun" if last else "flaky"
    for attempt in step.tries:
        if attempt.status in STATUSES_NEEDING_DECISION and attempt not in last:
            name = "Error" if attempt.status in _ERRORS else "Failure"
            message = f"attempt {attempt.number}: {attempt.reason or attempt.status}"
            Tree.SubElement(
                case, f"{prefix}{name}", type=attempt.status, message=message
            )


def _messages(report: RunReport, unsent: list[Deviation]) -> Tree.Element:
    """A suite of the messages that did not arrive, or may not have."""
    suite = Tree.Element("testsuite", name="Messages")
    for number, each in enumerate(unsent, 1):
        case = Tree.SubElement(
            suite,
            "testcase",
            classname=f"{report.runbook}.messages",
            name=f"{each.name} [{number}]",
            time="0.000",
        )
        Tree.SubElement(case, "error", type="message", message=each.text)
    _count(suite, list(suite))
    return suite


def _suite_of_one(
    report: RunReport, name: str, kind: str, message: str
) -> Tree.Element:
    """A suite of one test case, which is in error: of the run itself, not of a step."""
    suite = Tree.Element("testsuite", name="The run itself")
    case = Tree.Element("testcase", classname=report.runbook, name=name, time="0.000")
    Tree.SubElement(case, "error", type=kind, message=message)
    _count(suite, [case])
    suite.append(case)
    return suite
