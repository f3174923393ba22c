"""Makes the check of a probe once, with a probe's results: ok, failed, or no data."""

from __future__ import annotations

from collections.abc import Callable

from mobius_tui.errors import MobiusError
from mobius_tui.health.health_record import Look, ProbeVerdict
from mobius_tui.run.checks.context import CheckContext
from mobius_tui.run.checks.run_check import run_check
from mobius_tui.runbook.model.check_kinds import Check


def probe_look(context: Callable[[Check], CheckContext]) -> Look:
    """The function by which the health monitor makes a probe's check.

    Args:
        context: the run at the moment of the call; raises `MobiusError` if a variable
            that the check reads has no value.
    """

    async def look(check: Check) -> ProbeVerdict:
        try:
            result = await run_check(check, context(check))
        except MobiusError as error:
            return ProbeVerdict(state="no data", reason=str(error))
        if result.held:
            return ProbeVerdict(state="ok")
        if result.is_local:
            return ProbeVerdict(state="no data", reason=result.detail)
        return ProbeVerdict(state="failed", reason=result.detail)

    return look
