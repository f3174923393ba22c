"""Scripts that exit with 0 in any case."""

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
from mobius_tui.runbook.model.templates import is_template
from mobius_tui.runbook.script_rules.script_context import LintRule
from mobius_tui.runbook.shell.command_program import effective_program
from mobius_tui.runbook.shell.script_model import (
    Case,
    CommandGroup,
    If,
    Loop,
    Pipeline,
    Script,
    ScriptCommand,
    SimpleCommand,
    Statement,
)
from mobius_tui.runbook.shell.script_parser import parse_script

_ALWAYS_SUCCEED_WORDS = """
true : echo printf sleep set date export local declare readonly unset shopt trap umask
"""
_ALWAYS_SUCCEED = frozenset(_ALWAYS_SUCCEED_WORDS.split())
_ANSWER_BY_EXIT_CODE = frozenset(
    ("test", "[", "[[", "grep", "egrep", "fgrep", "diff", "cmp")
)
"""Programs whose exit code 1 is an answer, so that a check must not accept it."""


def script_cannot_fail(check: RunCheck) -> str:
    """Why a script for a shell succeeds in any case; empty if it may fail."""
    body = parse_script(check.script).body
    if body and _always_succeeds(body) and 0 in check.success:
        return f"its script always exits with 0: {_last_line(check.script)}"
    if {0, 1} <= set(check.success) and len(body) == 1:
        name = _program_name(body[0].first.commands[-1])
        if name in _ANSWER_BY_EXIT_CODE:
            return f"`success` takes 1 of `{name}`, which is its no, for a yes"
    return ""


def _last_line(script: str) -> str:
    line = next((x for x in reversed(script.strip().splitlines()) if x.strip()), "")
    line = line.strip()
    return f"`{line if len(line) < 50 else line[:49] + '…'}`"


def _program_name(command: ScriptCommand) -> str:
    program = effective_program(command) if isinstance(command, SimpleCommand) else None
    return "" if program is None else program.name


def _always_succeeds(script: Script) -> bool:
    """Whether statements exit with 0 in any case."""
    return all(
        _statement_succeeds(each, index == len(script) - 1)
        for index, each in enumerate(script)
    ) or _begins_with_exit(script)


def _begins_with_exit(script: Script) -> bool:
    """Whether a script begins with `exit 0`."""
    return bool(script) and _exits_with_zero(script[0].first)


def _exits_with_zero(pipe: Pipeline) -> bool:
    command = pipe.commands[-1]
    program = effective_program(command) if isinstance(command, SimpleCommand) else None
    if program is None or program.name not in ("exit", "return"):
        return False
    return [word.text for word in program.arguments] == ["0"]


def _statement_succeeds(statement: Statement, last: bool) -> bool:
    if statement.background:
        return True
    succeeds = _pipe_succeeds(statement.first)
    for sign, pipe in statement.rest:
        if sign == "||":
            succeeds = succeeds or _pipe_succeeds(pipe)
        else:
            # Only what follows the last && ends a script that goes on after it.
            succeeds = _pipe_succeeds(pipe) and (succeeds or not last)
    return succeeds


def _pipe_succeeds(pipe: Pipeline) -> bool:
    if pipe.negated:
        return False
    return _exits_with_zero(pipe) or all(
        _command_succeeds(command) for command in pipe.commands
    )


def _command_succeeds(command: ScriptCommand) -> bool:
    match command:
        case SimpleCommand():
            program = effective_program(command)
            if any(word.scripts for word in command.words):
                return program is not None and program.name in ("echo", "printf")
            if program is None:
                return not any(a.value.scripts for a in command.assignments)
            return program.name in _ALWAYS_SUCCEED and not command.redirects
        case If(branches=branches, otherwise=otherwise):
            bodies = [body for _, body in branches] + [otherwise or ()]
            return all(_always_succeeds(body) for body in bodies)
        case Loop():
            return _always_succeeds(command.body)
        case Case(arms=arms):
            return all(_always_succeeds(arm) for arm in arms)
        case CommandGroup():
            return bool(command.function) or _always_succeeds(command.body)


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
_ZERO = re.compile(r"0+(\.0+)?\s*([KMGTP]?i?B|%)?")


def why_cannot_fail(check: Check) -> str:
    """Why a check succeeds in any case; empty if it may fail."""
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
    return ""


def _why_script_cannot_fail(check: RunCheck) -> str:
    accepts_1 = {0, 1} <= set(check.success)
    if not is_shell(check.shell) or check.pointers or check.is_:
        return ""
    if not accepts_1 and not _may_always_succeed(check.script):
        return ""
    # Importing the parser takes 8 ms, and few checks need it.

    return script_cannot_fail(check)


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
        return re.search(pattern, "") is not None and not pattern.startswith("^$")
    except re.error:
        return False


def safeguards_that_cannot_fail(runbook: Runbook) -> Iterator[Step]:
    """The steps whose checks protect a step that destroys, but that cannot fail.

    The checks of a step protect the step itself, the steps after it in its phase, those
    that have it in `needs`, and, if it is a gate, those after it on the main line.
    """
    found: dict[str, Step] = {}
    main = [step for phase in runbook.phases if not phase.aside for step in phase.steps]
    for phase in runbook.phases:
        for index, step in enumerate(phase.steps):
            if not _all_checks_cannot_fail(step):
                continue
            after = set(_guarded_ids(step, phase, index, main))
            if any(
                _destroys(other)
                and (other is step or other.id in after or step.id in other.needs)
                for other in runbook.steps()
            ):
                found[step.id] = step
    yield from found.values()


def _guarded_ids(
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
