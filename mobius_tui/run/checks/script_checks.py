"""The `run`, `output` and `log` checks: a script's exit code, and lines of text."""

from __future__ import annotations

import json
import re
import sys
import tempfile
from pathlib import Path

from msgspec import Struct

from mobius_tui.errors import MobiusError
from mobius_tui.health import response_body
from mobius_tui.run.checks import search_output
from mobius_tui.run.checks.blocking_io import run_in_thread
from mobius_tui.run.checks.context import CheckContext, CheckResult, check_result
from mobius_tui.run.checks.log_marks import written_since
from mobius_tui.run.checks.subprocesses import ProgramEnd, run_program
from mobius_tui.runbook.model.check_kinds import LogCheck, OutputCheck, RunCheck
from mobius_tui.runbook.model.guard_comparison import unmet_in_words
from mobius_tui.runbook.text.units import size_in_words

MAX_COMPARED_BYTES = 4 << 20
"""Bytes of a standard output that are compared at most."""


async def check_script(check: RunCheck, ctx: CheckContext) -> CheckResult:
    """Make a `run` check once: its exit code, and its output if that is compared."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", prefix="check-") as script:
        script.write(check.script)
        script.flush()
        printed = MAX_COMPARED_BYTES if check.pointers or check.is_ else 0
        try:
            argv = (*(check.shell or ctx.shell), script.name)
            ended = await run_program(
                argv, workdir=ctx.workdir, env=ctx.env, keep=printed
            )
        except OSError as error:
            name = f": {error.filename}" if error.filename else ""
            detail = f"not started: {error.strerror}{name}"
            return check_result(held=False, detail=detail, could_not_look=True)
    return judge_script_end(check, ended, ctx)


def judge_script_end(
    check: RunCheck, ended: ProgramEnd, ctx: CheckContext
) -> CheckResult:
    """The result of a `run` check whose predicate has ended, here or on a host."""
    held = ended.code in check.success
    if held and (check.pointers or check.is_):
        return _compare_printed(check, ended, ctx)
    line = ended.last_line if held else ended.error_line
    line_text = f": {line}" if line else ""
    return check_result(held=held, detail=f"{ended.exit_text}{line_text}")


def _compare_printed(
    check: RunCheck, ended: ProgramEnd, ctx: CheckContext
) -> CheckResult:
    """Compare what a script that succeeded printed on its standard output."""
    if ended.is_cut:
        detail = f"it printed more than {size_in_words(MAX_COMPARED_BYTES)}"
        return check_result(held=False, detail=f"{detail}: too much to compare")
    printed = ctx.redact(ended.printed.decode("utf-8", "replace")).strip()
    shown = response_body.quoted(printed)
    if lacking := unmet_in_words(printed, check.is_) if check.is_ else "":
        return check_result(held=False, detail=f"it printed {shown}, {lacking}")
    if not check.pointers:
        return check_result(held=True, detail=f"it printed {shown}")
    document = response_body.parse_json(printed.encode())
    if document is response_body.MISSING:
        words = "nothing" if not printed else f"no JSON: {shown}"
        return check_result(held=False, detail=f"it printed {words}")
    wrong = response_body.pointer_mismatch(document, check.pointers)
    if wrong:
        return check_result(held=False, detail=wrong)
    values = response_body.pointer_values(document, check.pointers)
    return check_result(held=True, detail=values)


async def check_output(check: OutputCheck, ctx: CheckContext) -> CheckResult:
    """Make an `output` check once."""
    if ctx.output is None:
        return check_result(held=False, detail="there is no output to look in")
    parts = ((ctx.output.absolute(), 0),)
    search = LineSearch(match=check.match, not_=check.not_, parts=parts)
    found = await search_lines(search, ctx)
    return check_result(held=found.held, detail=found.words)


class LineSearch(Struct, frozen=True, kw_only=True):
    """What is searched for, and where."""

    match: str | None
    """A pattern that a line must match."""
    not_: str | None
    """A pattern that no line may match."""
    parts: tuple[tuple[Path, int], ...]
    """Files, and the byte from which on each is read."""


class SearchResult(Struct, frozen=True, kw_only=True):
    """The result of a search."""

    held: bool
    words: str
    has_unwanted: bool = False
    """Whether a line matched `not_`."""


async def search_lines(search: LineSearch, ctx: CheckContext) -> SearchResult:
    """Search files in another process, which can be killed: a pattern may never end.

    Raises:
        re.error: a pattern is invalid.
        MobiusError: the program fails.
    """
    patterns = {"match": search.match, "not": search.not_}
    for pattern in patterns.values():
        re.compile(pattern or "")
    parts = [(str(path), begin) for path, begin in search.parts]
    with tempfile.TemporaryFile() as asked:
        asked.write(json.dumps({"parts": parts, **patterns}).encode())
        asked.seek(0)
        program = str(Path(search_output.__file__))
        ended = await run_program(
            (sys.executable, "-I", "-S", program),
            workdir=ctx.workdir,
            env=ctx.env,
            stdin=asked,
        )
    try:
        answer = json.loads(ended.last_line)
    except ValueError:
        output = ended.error_line or ended.exit_text
        raise MobiusError(f"it could not be searched: {output}") from None
    return _search_result(search, answer)


def _search_result(
    check: LineSearch, answer: dict[str, list[object] | int | None]
) -> SearchResult:
    lines = answer["lines"]
    unwanted, wanted = answer["not"], answer["match"]
    if isinstance(unwanted, list):
        line = f"line {unwanted[0]} matches '{check.not_}': {unwanted[1]}"
        words = f"{line}; wanted none"
        return SearchResult(held=False, words=words, has_unwanted=True)
    if isinstance(wanted, list):
        line = f"line {wanted[0]} matches '{check.match}': {wanted[1]}"
        return SearchResult(held=True, words=line)
    if check.match is not None:
        words = f"no line of {lines} matches '{check.match}'"
        return SearchResult(held=False, words=words)
    words = f"no line of {lines} matches '{check.not_}'"
    return SearchResult(held=True, words=words)


async def check_log(check: LogCheck, ctx: CheckContext) -> CheckResult:
    """Make a `log` check once: search what was written since the step began.

    Raises:
        OSError: it cannot be read.
        MobiusError: it is no regular file, or cannot be searched.
    """
    mark = ctx.logs.get(check.file)
    if mark is None:
        words = "where it ended when the step began is not known: run the step again"
        return check_result(held=False, detail=f"{check.file}: {words}")
    path = ctx.path(check.file)
    found = await run_in_thread(lambda _: written_since(path, mark))
    if not found.parts:
        return check_result(held=False, detail=f"{check.file} does not exist")
    search = LineSearch(match=check.match, not_=check.not_, parts=found.parts)
    result = await search_lines(search, ctx)
    if (
        not found.is_whole
        and not result.has_unwanted
        and (check.not_ is not None or not result.held)
    ):
        detail = "a part of it was cut off or packed away, and cannot be looked at"
        return check_result(held=False, detail=f"{check.file}: {detail}")
    return check_result(
        held=result.held, detail=f"{check.file}, since the step began: {result.words}"
    )
