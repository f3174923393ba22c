"""`curl` and `wget` that take an error for success, or may wait for ever."""

from __future__ import annotations

from collections.abc import Iterator

from mobius_tui.runbook.script_rules.script_context import ScriptContext, ScriptFinding
from mobius_tui.runbook.shell.command_program import Program, split_options
from mobius_tui.runbook.shell.script_model import EXPANSION_MARK
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
_FAILS = {"f", "--fail", "--fail-with-body", "--fail-early"}
_LIMITS = {"m", "--max-time"}
_CONFIGURED = {"K", "--config", "--next"}
"""Options by which more options are read than the command line shows."""


def untrusted_requests(context: ScriptContext) -> Iterator[ScriptFinding]:
    """Find `curl` and `wget` without options for failure and time limit."""
    for visit in context.visits:
        program = visit.program
        if program is None or _has_variable_options(program):
            continue
        limited = "timeout" in program.wrappers
        if program.name == "curl":
            yield from _curl(program, limited=limited)
        elif program.name == "wget":
            given, _ = split_options(program.arguments, "aoeUOPtTwQiBAREDIX")
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
