"""Scripts that exit with 0 in any case."""

from __future__ import annotations

from mobius_tui.runbook.model.check_kinds import RunCheck
from mobius_tui.runbook.script_rules.swallowed_failures import TESTS
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
from mobius_tui.runbook.shell.script_walk import (
    assignments,
    effective_program,
    own_words,
    visits,
)
from mobius_tui.runbook.text.shortening import shortened

_ALWAYS_SUCCEED_WORDS = """
true : echo printf sleep set date export local declare readonly unset shopt trap umask
"""
_ALWAYS_SUCCEED = frozenset(_ALWAYS_SUCCEED_WORDS.split())
_ANSWER_BY_EXIT_CODE = frozenset(
    ("test", "[", "[[", "grep", "egrep", "fgrep", "diff", "cmp")
)
"""Programs whose exit code 1 is an answer, so that a check must not accept it."""


def why_script_succeeds(check: RunCheck) -> str | None:
    """Why a script for a shell succeeds in any case; None if it may fail."""
    body = parse_script(check.script).body
    if body and _always_succeeds(body) and 0 in check.success:
        return f"its script always exits with 0: {_last_line(check.script)}"
    if {0, 1} <= set(check.success) and len(body) == 1:
        name = _program_name(body[0].first.commands[-1])
        if name in _ANSWER_BY_EXIT_CODE:
            return f"`success` takes 1 of `{name}`, which is its no, for a yes"
    return None


def _last_line(script: str) -> str:
    line = next((x for x in reversed(script.strip().splitlines()) if x.strip()), "")
    return f"`{shortened(line.strip(), 50)}`"


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
            if command.redirects:
                return False
            if program is None:
                return not any(a.value.scripts for a in command.assignments)
            return program.name in _ALWAYS_SUCCEED
        case If(branches=branches, otherwise=otherwise):
            bodies = [body for _, body in branches] + [otherwise or ()]
            return all(_always_succeeds(body) for body in bodies)
        case Loop():
            return _comes_to_end(command) and _always_succeeds(command.body)
        case Case(arms=arms):
            return all(_always_succeeds(arm) for arm in arms)
        case CommandGroup():
            return bool(command.function) or _always_succeeds(command.body)


def _comes_to_end(loop: Loop) -> bool:
    """Whether a loop ends before long: with its list, its input or a count.

    The condition of another one may stay as it is, until the check's time is over.
    """
    if loop.kind in ("for", "select"):
        return True
    counted = {each.name for each in assignments(loop.body)}
    for visit in visits(loop.condition):
        name = "" if visit.program is None else visit.program.name
        if name in ("read", "(("):
            return True
        if name in TESTS and any(
            each.name in counted
            for word in own_words(visit.command)
            for each in word.expansions
        ):
            return True
    return False
