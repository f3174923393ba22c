"""A run as JUnit XML, for the page of a CI: a step is a test case. Pure.

An attempt that ended badly before the last one is written as Maven Surefire writes the
rerun of a test: `flakyFailure` or `flakyError` in a test case that passed in the end,
`rerunFailure` or `rerunError` beside the `failure` or `error` of one that did not.
Gradle and nextest write the same; Jenkins (with its flaky test handler) and GitHub's
action-junit-report show it. Readers that do not know these elements, such as GitLab and
Jenkins by itself, ignore them, and show the step's final result. A test case for each
attempt would show a failure for a step that passed; and of test cases with the same
name, GitLab keeps only the first.

Where no more rows or hosts of a step failed than its `max_failed` allows, the step is
warned and the run goes on: that is no failure either. What failed stands in the output.
"""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree as Tree  # nosec B405

from mobius_tui.review import report_wording
from mobius_tui.review.run_report import (
    ReportAttempt,
    ReportPhase,
    ReportStep,
    RunReport,
)
from mobius_tui.run.state.fleet_state import HOST_STATUSES_NEEDING_PERSON
from mobius_tui.run.state.step_state import (
    GATE_OPENING_STATUSES,
    STATUSES_NEEDING_DECISION,
    Status,
)

_ERRORS = frozenset({Status.UNKNOWN, Status.NOT_STARTED, Status.OUTPUT_LOST})
"""Statuses of an attempt that do not tell whether its step did what it should."""
_SKIPPED_STATUSES = frozenset(
    {Status.SKIPPED, Status.NOT_APPLICABLE, Status.PENDING, Status.WAITING}
)


def as_junit(report: RunReport) -> str:
    """Render a report, with a suite for each phase."""
    suites = [_suite(report, phase) for phase in report.phases]
    if report.damage:
        suites.append(_damage(report))
    whole = Tree.Element("testsuites", name=report.title or report.run)
    _count(whole, [case for suite in suites for case in suite.iter("testcase")])
    del whole.attrib["skipped"]  # Jenkins' schema counts them by suite alone
    whole.extend(suites)
    Tree.indent(whole)
    text = Tree.tostring(whole, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _suite(report: RunReport, phase: ReportPhase) -> Tree.Element:
    suite = Tree.Element("testsuite", name=f"{phase.number} {phase.title}")
    cases = [_case(report, phase, step) for step in phase.steps]
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


def _case(report: RunReport, phase: ReportPhase, step: ReportStep) -> Tree.Element:
    case = Tree.Element(
        "testcase",
        classname=f"{report.runbook}.{phase.id}",
        name=f"{step.number} {step.title}",
        time=f"{sum(attempt.took or 0.0 for attempt in step.tries):.3f}",
    )
    reason = step.reason or step.status
    bearer = _tolerating_parent(phase, step)
    if step.status in _SKIPPED_STATUSES:
        why = f": {step.reason}" if step.reason not in ("", step.status) else ""
        Tree.SubElement(case, "skipped", message=f"{step.status}{why}")
    elif step.status in STATUSES_NEEDING_DECISION and bearer is None:
        name = "error" if step.status in _ERRORS else "failure"
        Tree.SubElement(case, name, type=step.status, message=reason)
    if bearer is None:
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
    if step.status in _SKIPPED_STATUSES:
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


def _damage(report: RunReport) -> Tree.Element:
    """A test case that fails because the run's files were changed or are damaged."""
    suite = Tree.Element("testsuite", name="The record itself")
    case = Tree.Element(
        "testcase",
        classname=report.runbook,
        name="it is as it was written",
        time="0.000",
    )
    Tree.SubElement(case, "error", type="damaged", message="; ".join(report.damage))
    _count(suite, [case])
    suite.append(case)
    return suite
