"""`log`: a line appears in a log, or stays away, since the step began."""

from __future__ import annotations

from mobius_tui.run.checks.blocking_io import run_in_thread
from mobius_tui.run.checks.context import CheckContext, CheckResult, check_result
from mobius_tui.run.checks.log_marks import written_since
from mobius_tui.run.checks.script_checks import LineSearch, search_lines
from mobius_tui.runbook.model.check_kinds import LogCheck


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
