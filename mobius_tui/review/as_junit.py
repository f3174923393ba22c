"""A run as JUnit XML, for the page of a CI: a step is a test case. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree as Tree  # nosec B405

from mobius_tui.review import phrases
from mobius_tui.review.told import Told, ToldPhase, ToldStep
from mobius_tui.run.steps import BAD, Status

_ERRORS = frozenset({Status.UNKNOWN, Status.NOT_STARTED, Status.OUTPUT_LOST})
"""Ends that say nothing of what the step was to do."""
_LEFT = frozenset(
    {Status.SKIPPED, Status.NOT_APPLICABLE, Status.PENDING, Status.WAITING}
)


def as_junit(told: Told) -> str:
    """What is told of a run, as a suite for each phase."""
    suites = [_suite(told, phase) for phase in told.phases]
    if told.damage:
        suites.append(_damage(told))
    whole = Tree.Element("testsuites", name=told.title or told.run)
    _count(whole, [case for suite in suites for case in suite.iter("testcase")])
    del whole.attrib["skipped"]  # Jenkins' schema counts them by suite alone
    whole.extend(suites)
    Tree.indent(whole)
    text = Tree.tostring(whole, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _suite(told: Told, phase: ToldPhase) -> Tree.Element:
    suite = Tree.Element("testsuite", name=f"{phase.number} {phase.title}")
    cases = [_case(told, phase, step) for step in phase.steps]
    _count(suite, cases)
    starts = [own.started for step in phase.steps for own in step.tries]
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


def _case(told: Told, phase: ToldPhase, step: ToldStep) -> Tree.Element:
    case = Tree.Element(
        "testcase",
        classname=f"{told.runbook}.{phase.id}",
        name=f"{step.number} {step.title}",
        time=f"{sum(own.took or 0.0 for own in step.tries):.3f}",
    )
    reason = step.reason or step.status
    if step.status in _LEFT:
        why = f": {step.reason}" if step.reason not in ("", step.status) else ""
        Tree.SubElement(case, "skipped", message=f"{step.status}{why}")
    elif step.status in _ERRORS:
        Tree.SubElement(case, "error", type=step.status, message=reason)
    elif step.status in BAD:
        Tree.SubElement(case, "failure", type=step.status, message=reason)
    lines = []
    for own in step.tries:
        lines += [f"attempt {own.number}: {phrases.attempt(own)}", *own.output]
    if step.status in (Status.OVERRIDDEN, Status.RECOVERED, Status.WARNED):
        lines.append(f"{step.status}: {reason}")
    if lines:
        Tree.SubElement(case, "system-out").text = "\n".join(lines)
    return case


def _damage(told: Told) -> Tree.Element:
    """A run that is not as it was written is no success of anything."""
    suite = Tree.Element("testsuite", name="The record itself")
    case = Tree.Element(
        "testcase", classname=told.runbook, name="it is as it was written", time="0.000"
    )
    Tree.SubElement(case, "error", type="damaged", message="; ".join(told.damage))
    _count(suite, [case])
    suite.append(case)
    return suite
