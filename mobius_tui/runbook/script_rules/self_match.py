"""A process pattern that matches the searching command itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mobius_tui.runbook.script_rules.script_context import (
    ScriptContext,
    ScriptFinding,
    one_line_excerpt,
    with_known_values,
)
from mobius_tui.runbook.shell.command_program import (
    Program,
    effective_program,
    split_options,
)
from mobius_tui.runbook.shell.script_model import EXPANSION_MARK, SimpleCommand
from mobius_tui.runbook.shell.script_walk import CommandVisit
from mobius_tui.runbook.toml.problem import LintRule

SELF_MATCH = LintRule(
    code="self-match",
    title="a pattern for processes that matches its own command",
    reason="The pattern stands in the command line of whoever looks for it: "
    "`ps | grep` always finds itself, and `pkill -f` can end the shell that runs it.",
    remedy="use a `process` check; in a script, anchor the pattern at the program "
    "('^node .*api'), or write its first letter in brackets ('[n]ode')",
    bad="effect = 'read'\nrun = 'ps aux | grep node'",
    good="effect = 'read'\nrun = \"pgrep -f -- '^([^ ]*/)?node .*api'\"",
)

_GREPS = frozenset(("grep", "egrep", "fgrep"))
_SELECTS_PROCESSES = re.compile(r"^-[A-Za-z]*[pCq]|^--(pid|quick-pid|ppid|sid)")
"""Options with which ps selects processes itself."""
_SHOWS_ARGUMENTS = re.compile(r"args|cmd\b|command")


def self_matches(context: ScriptContext) -> Iterator[ScriptFinding]:
    """Find `pkill -f`, `pgrep -f` and `ps | grep` that match themselves."""
    for visit in context.visits:
        program = visit.program
        if program is None:
            continue
        if program.name in ("pkill", "pgrep"):
            yield from _pkill_findings(program, context)
        elif program.name in _GREPS and visit.pipeline_index and _after_ps(visit):
            yield from _grep_findings(visit, program, context)


def _matches_itself(pattern: str) -> bool:
    """Whether a pattern is known and matches its own command line."""
    if not pattern or EXPANSION_MARK in pattern:
        return False
    return "^" not in pattern[:2] and not re.search(r"\[[^]]\]", pattern)


def _pkill_findings(
    program: Program, context: ScriptContext
) -> Iterator[ScriptFinding]:
    given, rest = split_options(program.arguments, "dFgGPstuUr")
    if not given & {"f", "--full"} or given & {"x", "--exact"} or not rest:
        return
    pattern = with_known_values(rest[-1], context.value_prefixes)
    if _matches_itself(pattern):
        found = f"every command line with {one_line_excerpt(pattern)!r} in it"
        words = f"`{program.name} -f` finds {found}"
        yield ScriptFinding(
            code=SELF_MATCH.code,
            offset=program.word.start,
            message=f"{words}, that of the shell which runs it, too",
        )


def _after_ps(visit: CommandVisit) -> bool:
    """Whether a ps that lists command lines feeds this command."""
    first = visit.pipeline.commands[0]
    program = effective_program(first) if isinstance(first, SimpleCommand) else None
    if program is None or program.name != "ps":
        return False
    words = [word.text for word in program.arguments]
    if any(_SELECTS_PROCESSES.match(word) for word in words):
        return False
    formats = [word for word in words if "o" in word[:4] and word.startswith("-")]
    if formats:
        return _SHOWS_ARGUMENTS.search(" ".join(words)) is not None
    return not words or any(
        not word.startswith("-") or "f" in word.lower() for word in words
    )


def _grep_findings(
    visit: CommandVisit, program: Program, context: ScriptContext
) -> Iterator[ScriptFinding]:
    later = visit.pipeline.commands[1:]
    if any(
        _excludes_grep(command)
        for command in later
        if isinstance(command, SimpleCommand)
    ):
        return
    given, rest = split_options(program.arguments, "efmABC")
    if "v" in given or "--invert-match" in given:
        return
    pattern = (
        with_known_values(rest[0], context.value_prefixes)
        if rest
        else _pattern_option(program)
    )
    if _matches_itself(pattern):
        yield ScriptFinding(
            code=SELF_MATCH.code,
            offset=program.word.start,
            message=f"`ps | {program.name} {one_line_excerpt(pattern, 20)}` finds "
            "itself, whether or not there is such a process",
        )


def _pattern_option(program: Program) -> str:
    words = [word.text for word in program.arguments]
    return words[words.index("-e") + 1] if "-e" in words[:-1] else ""


def _excludes_grep(command: SimpleCommand) -> bool:
    program = effective_program(command)
    if program is None or program.name not in _GREPS:
        return False
    given, rest = split_options(program.arguments, "efmABC")
    return "v" in given and any("grep" in word.text for word in rest)
