"""Scripts that end with 0 whatever happens in them."""

from __future__ import annotations

from mobius_tui.runbook.model.check_kinds import RunCheck
from mobius_tui.runbook.shell.command_program import effective_program
from mobius_tui.runbook.shell.script_model import (
    Case,
    Command,
    CommandGroup,
    If,
    Loop,
    Pipeline,
    Script,
    SimpleCommand,
    Statement,
)
from mobius_tui.runbook.shell.script_parser import parse_script

_ALWAYS_WORDS = """
true : echo printf sleep set date export local declare readonly unset shopt trap umask
"""
_ALWAYS = frozenset(_ALWAYS_WORDS.split())
_ANSWERS = frozenset(("test", "[", "[[", "grep", "egrep", "fgrep", "diff", "cmp"))
"""Programs whose exit code 1 is the very answer that a check is for."""


def script_cannot_fail(check: RunCheck) -> str:
    """Why a script for a shell succeeds in any case; empty where it may fail."""
    body = parse_script(check.script).body
    if body and _holds(body) and 0 in check.success:
        return f"its script always exits with 0: {_last(check.script)}"
    if {0, 1} <= set(check.success) and len(body) == 1:
        name = _name(body[0].first.commands[-1])
        if name in _ANSWERS:
            return f"`success` takes 1 of `{name}`, which is its no, for a yes"
    return ""


def _last(script: str) -> str:
    line = next((x for x in reversed(script.strip().splitlines()) if x.strip()), "")
    line = line.strip()
    return f"`{line if len(line) < 50 else line[:49] + '…'}`"


def _name(command: Command) -> str:
    run = effective_program(command) if isinstance(command, SimpleCommand) else None
    return "" if run is None else run.name


def _holds(script: Script) -> bool:
    """Whether statements end with 0 whatever happens in them."""
    return all(
        _statement_holds(each, index == len(script) - 1)
        for index, each in enumerate(script)
    ) or _ends_early(script)


def _ends_early(script: Script) -> bool:
    """Whether it begins with an `exit 0` that nothing stands before."""
    return bool(script) and _leaves(script[0].first)


def _leaves(pipe: Pipeline) -> bool:
    command = pipe.commands[-1]
    run = effective_program(command) if isinstance(command, SimpleCommand) else None
    if run is None or run.name not in ("exit", "return"):
        return False
    return [word.text for word in run.arguments] == ["0"]


def _statement_holds(statement: Statement, last: bool) -> bool:
    if statement.background:
        return True
    holds = _pipe_holds(statement.first)
    for sign, pipe in statement.rest:
        if sign == "||":
            holds = holds or _pipe_holds(pipe)
        else:
            # Only what follows the last && ends a script that goes on after it.
            holds = _pipe_holds(pipe) and (holds or not last)
    return holds


def _pipe_holds(pipe: Pipeline) -> bool:
    if pipe.negated:
        return False
    return _leaves(pipe) or all(_command_holds(command) for command in pipe.commands)


def _command_holds(command: Command) -> bool:
    match command:
        case SimpleCommand():
            run = effective_program(command)
            if any(word.scripts for word in command.words):
                return run is not None and run.name in ("echo", "printf")
            if run is None:
                return not any(a.value.scripts for a in command.assignments)
            return run.name in _ALWAYS and not command.redirects
        case If(branches=branches, otherwise=otherwise):
            bodies = [body for _, body in branches] + [otherwise or ()]
            return all(_holds(body) for body in bodies)
        case Loop():
            return _holds(command.body)
        case Case(arms=arms):
            return all(_holds(arm) for arm in arms)
        case CommandGroup():
            return bool(command.function) or _holds(command.body)
