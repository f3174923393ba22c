"""Rules about options of single programs: curl, wget, pgrep, pkill, `ps | grep`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mobius_tui.runbook.script_rules.script_context import (
    ScriptContext,
    ScriptFinding,
    one_line_excerpt,
    with_known_values,
)
from mobius_tui.runbook.shell.script_model import EXPANSION_MARK, SimpleCommand
from mobius_tui.runbook.shell.script_walk import (
    CommandVisit,
    Program,
    effective_program,
    split_options,
)
from mobius_tui.runbook.toml.problem import LintRule

_BETTER = "better: an `http` check, which has both and can be drilled"

CURL_WITHOUT_FAIL = LintRule(
    code="curl-without-fail",
    title="`curl` without `-f`: an error page is a success",
    reason="Without `-f`, curl exits with 0 when the server answers 404, 500 or 503.",
    remedy=f"add `-f`; {_BETTER}",
    bad="effect = 'read'\nrun = 'curl -sS -m 10 http://localhost:3000/health'",
    good="effect = 'read'\nrun = 'curl -fsS -m 10 http://localhost:3000/health'",
)
REQUEST_WITHOUT_LIMIT = LintRule(
    code="request-without-limit",
    title="`curl` without `-m`, or `wget` without `-T`: it may wait for ever",
    reason="A server that accepts and never answers holds curl until the step's "
    "time-out; wget tries 20 times, 15 minutes each.",
    remedy=f"add `-m 10` to curl, `-T 10 -t 1` to wget; {_BETTER}",
    bad="effect = 'read'\nrun = 'curl -fsS http://localhost:3000/health'",
    good="effect = 'read'\nrun = 'curl -fsS --max-time 10 http://localhost:3000/health'",
)

_CURL_VALUED = "AbcCdDeEFHhKmoPQrtTuUwxXyYz"
"""curl's short options that take a value."""
_NO_REQUEST = {"--version", "--help", "V", "h", "--manual", "M"}
_STATUS_READ = {"w", "--write-out"}
_FAILS = {"f", "--fail", "--fail-with-body"}
_LIMITS = {"m", "--max-time"}
_CONFIGURED = {"K", "--config", "--next"}
"""Options by which others are read from a file, or begin for the next URL."""


def lax_requests(context: ScriptContext) -> Iterator[ScriptFinding]:
    """Find `curl` and `wget` without options for failure and time limit."""
    for visit in context.visits:
        program = visit.program
        if program is None or _has_variable_options(program):
            continue
        limited = "timeout" in program.wrappers
        if program.name == "curl":
            yield from _curl(program, limited=limited)
        elif program.name == "wget":
            given, _ = split_options(program.arguments, "aoeUOPtTwQiBARDIX")
            if not limited and not given & {"T", "--timeout", "--version", "--help"}:
                yield _no_limit_finding(program, "`wget` without `-T`")


def _curl(program: Program, *, limited: bool) -> Iterator[ScriptFinding]:
    given, _ = split_options(program.arguments, _CURL_VALUED)
    if given & (_NO_REQUEST | _CONFIGURED):
        return
    if not given & (_FAILS | _STATUS_READ):
        yield ScriptFinding(
            code=CURL_WITHOUT_FAIL.code,
            offset=program.word.start,
            message="`curl` without `-f` calls a 500 a success",
        )
    if not limited and not given & _LIMITS:
        yield _no_limit_finding(program, "`curl` without `-m`")


def _no_limit_finding(program: Program, subject: str) -> ScriptFinding:
    return ScriptFinding(
        code=REQUEST_WITHOUT_LIMIT.code,
        offset=program.word.start,
        message=f"{subject} may wait for ever",
    )


def _has_variable_options(program: Program) -> bool:
    """Whether options may come from a variable, as in `curl "${options[@]}"`."""
    return any(
        not each.quoted or "[@]" in word.source
        for word in program.arguments
        for each in word.expansions
        if each.name and word.text == EXPANSION_MARK
    )


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
_FORMATS = re.compile(r"-(?!-).{0,2}o|--format\b")
"""Options with which ps is given an output format."""
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
    if any(_FORMATS.match(word) for word in words):
        return _SHOWS_ARGUMENTS.search(" ".join(words)) is not None
    return not words or any(
        not word.startswith("-") or "f" in word.lower()
        for word in words
        if not word.startswith("--")
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
