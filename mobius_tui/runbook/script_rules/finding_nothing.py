"""A `grep` that finds nothing, in a script that only shows something."""

from __future__ import annotations

from collections.abc import Iterator

from mobius_tui.runbook.script_rules.script_context import (
    ScriptContext,
    ScriptFinding,
    one_line_excerpt,
)
from mobius_tui.runbook.script_rules.swallowed_failures import (
    FAILURE_WORDS,
    status_program,
)
from mobius_tui.runbook.shell.script_model import (
    Case,
    CommandGroup,
    If,
    Loop,
    Pipeline,
    Script,
    SimpleCommand,
)
from mobius_tui.runbook.shell.script_walk import (
    Program,
    effective_program,
    pipelines,
    split_options,
)
from mobius_tui.runbook.toml.problem import LintRule
from mobius_tui.structs import replace

FINDS_NOTHING = LintRule(
    code="finds-nothing",
    title="a `grep` that fails the step where it finds nothing",
    reason="It exits with 1 then, which ends the script: a step that only shows what "
    "there is has failed where all is well.",
    remedy="`success = [0, 1]` on the step where both are fine; `grep -q`, or a check "
    "of the `output`, where it must be found",
    bad="effect = 'read'\nrun = 'journalctl -u api | grep ERROR'",
    good="effect = 'read'\nrun = 'journalctl -u api | grep ERROR'\nsuccess = [0, 1]",
)

_SEARCHES = frozenset(("grep", "egrep", "fgrep", "zgrep", "rg"))
_QUIET = frozenset(("q", "--quiet", "--silent", "L", "--files-without-match"))
"""Options by which its exit code is what is asked for."""


def searches_that_find_nothing(context: ScriptContext) -> Iterator[ScriptFinding]:
    """Find each `grep` on whose exit code a script hangs that only shows something."""
    if not context.only_shows:
        return
    for pipe in _decisive_pipelines(context.script.body):
        if status_program(replace(pipe, commands=pipe.commands[:1])) == "ps":
            continue  # it finds itself, of which another rule tells
        for place, command in enumerate(pipe.commands):
            program = (
                effective_program(command)
                if isinstance(command, SimpleCommand)
                else None
            )
            if program is not None and _is_search(program, is_filter=place > 0):
                name = one_line_excerpt(program.word.source)
                words = f"where `{name}` finds nothing, the step has failed"
                yield ScriptFinding(
                    code=FINDS_NOTHING.code, offset=program.word.start, message=words
                )


def _is_search(program: Program, *, is_filter: bool) -> bool:
    """Whether it shows what it finds, and may well find nothing.

    What it is to find in a file is mostly there, but for what tells of a failure.
    """
    found, _ = split_options(program.arguments, "ABCefmd")
    if program.name not in _SEARCHES or found & _QUIET:
        return False
    words = (word.text for word in program.arguments)
    return is_filter or any(FAILURE_WORDS.search(each) for each in words)


def _decisive_pipelines(script: Script) -> Iterator[Pipeline]:
    """The pipelines whose failure ends the script: no condition, nothing before `||`.

    Those in `$(…)` are of another command.
    """
    for statement in script:
        if statement.background:
            continue
        last = [*pipelines(statement)][-1]
        if any(sign == "||" for sign, _ in statement.rest) or last.negated:
            continue
        yield last
        for command in last.commands:
            match command:
                case If(branches=branches, otherwise=otherwise):
                    for _, body in branches:
                        yield from _decisive_pipelines(body)
                    yield from _decisive_pipelines(otherwise or ())
                case Loop(body=body) | CommandGroup(body=body):
                    yield from _decisive_pipelines(body)
                case Case(arms=arms):
                    for arm in arms:
                        yield from _decisive_pipelines(arm)
                case SimpleCommand():
                    pass
