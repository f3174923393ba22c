"""`process`: so many processes match."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable

from mobius_tui.health.patterns import TooSlowError
from mobius_tui.health.processes import matching
from mobius_tui.run.checks.context import Context, Sight, saw
from mobius_tui.run.checks.subprocesses import live
from mobius_tui.run.checks.threads import in_thread
from mobius_tui.runbook.model_check import ProcessCheck

_COUNT = re.compile(r"(>=|<=|==|!=|>|<|=)?\s*([0-9]{1,9})")
_COMPARE: dict[str, Callable[[int, int], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
_PIDS = 5
"""Processes that are named in a detail."""


def satisfies(number: int, count: str) -> bool:
    """Whether a number satisfies a comparison such as `>=1`, `<3` or `0`.

    Raises:
        ValueError: it is no comparison; the message says what one looks like.
    """
    found = _COUNT.fullmatch(count.strip())
    if found is None:
        raise ValueError(f'{count!r} is no count; write ">=1", "==2", "<3" or "0"')
    return _COMPARE[found[1] or "=="](number, int(found[2]))


async def look(check: ProcessCheck, ctx: Context) -> Sight:
    """Count once."""
    satisfies(0, check.count)
    re.compile(check.match)
    groups = ctx.groups | live()
    try:
        found = await in_thread(
            lambda _: matching(check.match, groups=groups, own=ctx.own)
        )
    except TooSlowError as error:
        return saw(held=False, detail=str(error))
    held = satisfies(len(found), check.count)
    noun, verb = ("process", "matches") if len(found) == 1 else ("processes", "match")
    pids = ", ".join(str(each.pid) for each in found[:_PIDS])
    more = ", …" if len(found) > _PIDS else ""
    named = f" ({pids}{more})" if found else ""
    wanted = "" if held else f", wanted {check.count}"
    return saw(
        held=held,
        detail=f"{len(found) or 'no'} {noun} {verb} {check.match!r}{named}{wanted}",
    )
