"""Doubts about what steps leave open: how long, and whether it worked."""

from __future__ import annotations

from mobius_tui.runbook.doubts.cannot_fail import (
    CHECK_CANNOT_FAIL,
    cannot_fail,
    false_guards,
)
from mobius_tui.runbook.doubts.rule import Rule
from mobius_tui.runbook.draft import Draft
from mobius_tui.runbook.model import Phase, Step
from mobius_tui.runbook.model_action import Run
from mobius_tui.runbook.model_check import CHECK_KINDS
from mobius_tui.runbook.reader import Table

NO_TIMEOUT = Rule(
    code="no-timeout",
    title="a change without a `timeout`",
    reason="It is stopped after 10 minutes, in the middle of what it changes, which "
    "may be much too late or too early; nobody has thought about it.",
    remedy='say how long it may take at worst: `timeout = "2m"`',
    bad="effect = 'change'\nrun = 'systemctl restart api'",
    good="effect = 'change'\nrun = 'systemctl restart api'\ntimeout = '2m'",
)
DESTROY_UNCHECKED = Rule(
    code="destroy-unchecked",
    title="a step that destroys, and no check after it",
    reason="An exit code of 0 is a claim; only a check proves that what was replaced "
    "works.",
    remedy="give the step a [phase.step.check], or let a step with a check follow it "
    "in this phase or at the beginning of the next",
    bad="effect = 'destroy'\nrun = './restore.sh'\ntimeout = '5m'",
    good="effect = 'destroy'\nrun = './restore.sh'\ntimeout = '5m'\n"
    "check.http = { url = 'http://localhost:3000/health', consecutive = 3 }",
)


def doubt_steps(draft: Draft) -> None:
    """Warn of changes without a time-out, and of destroys that nothing verifies."""
    for phase in draft.runbook.phases:
        for index, step in enumerate(phase.steps):
            table = draft.at("step", step.id)
            _timeout(step, table)
            if _destroys(step) and not _verified(draft, phase, index):
                table.doubt(
                    DESTROY_UNCHECKED.code,
                    "this destroys, and nothing verifies it after that",
                    "run",
                )


def _timeout(step: Step, table: Table) -> None:
    run = step.action
    if not isinstance(run, Run) or run.effect == "read" or run.follow or run.tty:
        return
    if not table.has("timeout"):
        words = "this changes something, and nobody says how long it may take"
        table.doubt(NO_TIMEOUT.code, words, "run")


def _destroys(step: Step) -> bool:
    return isinstance(step.action, Run) and step.action.effect == "destroy"


def _verified(draft: Draft, phase: Phase, index: int) -> bool:
    """Whether the step, a later one of its phase, or the phase after has a check."""
    following = list(phase.steps[index:])
    after = _next(draft, phase)
    if after is not None:
        following += after.steps
    return any(step.checks for step in following)


def _next(draft: Draft, phase: Phase) -> Phase | None:
    """The phase that a phase leads to."""
    phases = draft.runbook.phases
    if phase.next is not None:
        return next((each for each in phases if each.id == phase.next), None)
    if phase.aside:
        return None
    later = phases[phases.index(phase) + 1 :]
    return next((each for each in later if not each.aside), None)


def doubt_checks(draft: Draft) -> None:
    """Warn of checks that cannot fail; `--auto` refuses those that guard a destroy."""
    guards = {step.id for step in false_guards(draft.runbook)}
    for step in draft.runbook.steps():
        table = draft.at("step", step.id)
        for check, path in zip(step.checks, check_paths(table), strict=False):
            why = cannot_fail(check)
            if why:
                blocks = step.id in guards
                words = f"this check cannot fail: {why}"
                if blocks:
                    words += "; it guards what destroys, so --auto refuses the runbook"
                table.doubt(CHECK_CANNOT_FAIL.code, words, *path, blocks=blocks)


def check_paths(table: Table) -> list[tuple[str | int, ...]]:
    """Where each check of a step stands below its table, in the model's order."""
    checks = table.owner("check").node.get("check")
    found: list[tuple[str | int, ...]] = []
    if not isinstance(checks, dict):
        return found
    for kind, value in checks.items():
        if kind not in CHECK_KINDS:
            continue
        if isinstance(value, list):
            found += [
                ("check", kind, index)
                for index, each in enumerate(value)
                if isinstance(each, dict)
            ]
        elif isinstance(value, dict | str):
            found.append(("check", kind))
    return found
