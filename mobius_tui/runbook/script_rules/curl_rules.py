"""Requests that call an error a success, or wait for ever."""

from __future__ import annotations

from collections.abc import Iterator

from mobius_tui.runbook.script_rules.lint_rule import LintRule
from mobius_tui.runbook.script_rules.script_context import ScriptContext, ScriptFinding
from mobius_tui.runbook.shell.command_program import Program, split_options
from mobius_tui.runbook.shell.script_model import HOLE

_INSTEAD = "better: an `http` check, which has both and can be drilled"

CURL_WITHOUT_FAIL = LintRule(
    code="curl-without-fail",
    title="`curl` without `-f`: an error page is a success",
    reason="Without `-f`, curl exits with 0 when the server answers 404, 500 or 503.",
    remedy=f"add `-f`; {_INSTEAD}",
    bad="effect = 'read'\nrun = 'curl -sS -m 10 http://localhost:3000/health'",
    good="effect = 'read'\nrun = 'curl -fsS -m 10 http://localhost:3000/health'",
)
REQUEST_WITHOUT_LIMIT = LintRule(
    code="request-without-limit",
    title="`curl` without `-m`, or `wget` without `-T`: it may wait for ever",
    reason="A server that accepts and never answers holds curl until the step's "
    "time-out; wget tries 20 times, 15 minutes each.",
    remedy=f"add `-m 10` to curl, `-T 10 -t 1` to wget; {_INSTEAD}",
    bad="effect = 'read'\nrun = 'curl -fsS http://localhost:3000/health'",
    good="effect = 'read'\nrun = 'curl -fsS --max-time 10 http://localhost:3000/health'",
)

_VALUED = "AbcCdDeEFHhKmoPQrtTuUwxXyYz"
"""curl's short options that take a value."""
_NO_REQUEST = {"--version", "--help", "V", "h", "--manual", "M"}
_STATUS_READ = {"w", "--write-out"}
_FAILS = {"f", "--fail", "--fail-with-body", "--fail-early"}
_LIMITS = {"m", "--max-time"}
_ELSEWHERE = {"K", "--config", "--next"}
"""With these, more may be said than the command line shows."""


def untrusted_requests(context: ScriptContext) -> Iterator[ScriptFinding]:
    """`curl` and `wget` that cannot be trusted."""
    for visit in context.visits:
        run = visit.program
        if run is None or _is_open(run):
            continue
        limited = "timeout" in run.wrappers
        if run.name == "curl":
            yield from _curl(run, limited=limited)
        elif run.name == "wget":
            given, _ = split_options(run.arguments, "aoeUOPtTwQiBAREDIX")
            if not limited and not given & {"T", "--timeout", "--version", "--help"}:
                yield _limit(run, "`wget` without `-T`")


def _curl(run: Program, *, limited: bool) -> Iterator[ScriptFinding]:
    given, _ = split_options(run.arguments, _VALUED)
    if given & (_NO_REQUEST | _ELSEWHERE):
        return
    if not given & (_FAILS | _STATUS_READ):
        yield ScriptFinding(
            code=CURL_WITHOUT_FAIL.code,
            offset=run.word.start,
            message="`curl` without `-f` calls a 500 a success",
        )
    if not limited and not given & _LIMITS:
        yield _limit(run, "`curl` without `-m`")


def _limit(run: Program, what: str) -> ScriptFinding:
    return ScriptFinding(
        code=REQUEST_WITHOUT_LIMIT.code,
        offset=run.word.start,
        message=f"{what} may wait for ever",
    )


def _is_open(run: Program) -> bool:
    """Whether options may come from a variable, as in `curl "${options[@]}"`."""
    return any(
        not each.quoted or "[@]" in word.source
        for word in run.arguments
        for each in word.expansions
        if each.name and word.text == HOLE
    )
