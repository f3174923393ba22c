"""Checks that succeed whatever they examine, and the steps that rely on them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mobius_tui.runbook.model.actions import Run, is_shell
from mobius_tui.runbook.model.check_kinds import (
    Check,
    DiskCheck,
    FileCheck,
    LogCheck,
    MemoryCheck,
    OutputCheck,
    ProcessCheck,
    RunCheck,
    ServiceCheck,
)
from mobius_tui.runbook.model.runbook import Phase, Runbook, Step
from mobius_tui.runbook.text.template_text import is_template
from mobius_tui.runbook.toml.problem import LintRule

CHECK_CANNOT_FAIL = LintRule(
    code="check-cannot-fail",
    title="a check that cannot fail",
    reason="It says that all is well whatever happened: a false green, which no drill "
    "will ever turn red.",
    remedy="let it fail: no `|| true`, `exit 0` or `echo` at its end; a real count or "
    "pattern. Where it guards a step that destroys, --auto refuses the runbook",
    bad="effect = 'destroy'\nrun = './restore.sh'\ntimeout = '5m'\n"
    "check.run = 'systemctl is-active api || true'",
    good="effect = 'destroy'\nrun = './restore.sh'\ntimeout = '5m'\n"
    "check.run = 'systemctl is-active api'",
    blocking=True,
)

_STATES = frozenset(("active", "inactive", "failed"))
_MAY_SUCCEED_WORDS = """
|| : & () true echo printf sleep date exit return if for while until case set unset trap
umask shopt local declare readonly export
"""
_MAY_SUCCEED = _MAY_SUCCEED_WORDS.split()
"""A script without any of these and without assignments can fail: it is not parsed."""
_LINES = ("", "x", "0 ~")
"""Lines that have little in common: a pattern that matches all of them says nothing."""
_ZERO = re.compile(r"0+(\.0+)?\s*([KMGTP]?i?B|%)?")


def why_cannot_fail(check: Check) -> str | None:
    """Why a check succeeds in any case; None if it may fail."""
    match check:
        case RunCheck():
            return _why_script_cannot_fail(check)
        case ProcessCheck():
            if check.count.replace(" ", "") in (">=0", ">-1"):
                return f'`count = "{check.count}"` holds for any number of processes'
            if check.count.startswith(">=") and _matches_all(check.match):
                return "its pattern matches every process"
        case (
            OutputCheck(match=str() as pattern, not_=None)
            | LogCheck(match=str() as pattern, not_=None)
        ):
            if _matches_all(pattern):
                return "its pattern matches every line"
        case FileCheck():
            if check.same_as == check.path:
                return "the file is compared with itself"
            if not check.absent and check.path in (".", "/", "./"):
                return f"`{check.path}` is always there"
        case DiskCheck() | MemoryCheck():
            if _ZERO.fullmatch(check.free):
                return f'`free = "{check.free}"` always holds'
        case ServiceCheck():
            if set(check.state) >= _STATES:
                return "every state is fine for it"
        case _:
            pass
    return None


def _why_script_cannot_fail(check: RunCheck) -> str | None:
    accepts_1 = {0, 1} <= set(check.success)
    if not is_shell(check.shell) or check.pointers or check.is_:
        return None
    if not accepts_1 and not _may_always_succeed(check.script):
        return None
    # Importing the parser takes 8 ms, and few checks need it.
    from mobius_tui.runbook.script_rules.succeeding_scripts import why_script_succeeds

    return why_script_succeeds(check)


def _may_always_succeed(script: str) -> bool:
    """A quick test whether a script might always succeed, so that it must be parsed."""
    assigns = any(
        line.partition("=")[0].strip().isidentifier()
        for line in script.splitlines()
        if "=" in line
    )
    return assigns or any(word in script for word in _MAY_SUCCEED)


def _matches_all(pattern: str) -> bool:
    """Whether a pattern matches every text."""
    if is_template(pattern):
        return False
    try:
        return all(re.search(pattern, line) is not None for line in _LINES)
    except re.error:
        return False


def safeguards_that_cannot_fail(runbook: Runbook) -> Iterator[Step]:
    """The steps whose checks safeguard a destroying step, although none can fail.

    The checks of a step protect the step itself, the steps after it in its phase unless
    it has `on_failure = "continue"`, those that have it in `needs`, and, if it is a
    gate, those after it on the main line.
    """
    found: dict[str, Step] = {}
    main = [step for phase in runbook.phases if not phase.aside for step in phase.steps]
    for phase in runbook.phases:
        for index, step in enumerate(phase.steps):
            if not _all_checks_cannot_fail(step):
                continue
            after = set(_safeguarded_ids(step, phase, index, main))
            if any(
                _destroys(other)
                and (other is step or other.id in after or step.id in other.needs)
                for other in runbook.steps()
            ):
                found[step.id] = step
    yield from found.values()


def _safeguarded_ids(
    step: Step, phase: Phase, index: int, main: list[Step]
) -> Iterator[str]:
    if step.on_failure != "continue":
        yield from (other.id for other in phase.steps[index + 1 :])
    if step.gate and step in main:
        yield from (other.id for other in main[main.index(step) + 1 :])


def _all_checks_cannot_fail(step: Step) -> bool:
    return bool(step.checks) and all(why_cannot_fail(check) for check in step.checks)


def _destroys(step: Step) -> bool:
    return isinstance(step.action, Run) and step.action.effect == "destroy"
