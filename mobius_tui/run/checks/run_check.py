"""Makes one check of any kind once: for a step, or as the look of a probe."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable

from mobius_tui.errors import MobiusError
from mobius_tui.health.health_record import ProbeVerdict
from mobius_tui.health.probe_target import LookAtCheck
from mobius_tui.run.checks import file_checks, machine_checks, script_checks
from mobius_tui.run.checks.context import (
    CannotLookError,
    CheckContext,
    CheckResult,
    check_result,
    displayable_result,
    fill_check,
)
from mobius_tui.runbook.model.check_kinds import (
    Check,
    ChecksumCheck,
    DiskCheck,
    DnsCheck,
    FileCheck,
    HttpCheck,
    LogCheck,
    MemoryCheck,
    OutputCheck,
    PortCheck,
    ProcessCheck,
    RunCheck,
    ServiceCheck,
    SqlCheck,
    TlsCheck,
)
from mobius_tui.runbook.model.limits import bounded_duration
from mobius_tui.runbook.text.units import duration_in_words

MakeCheck = Callable[[Check, CheckContext], Awaitable[CheckResult]]
"""Makes a check whose texts are filled in."""


async def run_check(
    check: Check, ctx: CheckContext, make: MakeCheck | None = None
) -> CheckResult:
    """Make a check once; a failure to make it is a check that did not hold.

    Args:
        check: as the runbook has it; its `${}` are filled in here.
        ctx: the run that it examines.
        make: makes the check elsewhere, as on a host; `None` for this machine.
    """
    return displayable_result(
        await _make_filled_check(check, ctx, make or _make_check), ctx.redact
    )


async def _make_filled_check(
    check: Check, ctx: CheckContext, make: MakeCheck
) -> CheckResult:
    try:
        ready = fill_check(check, ctx.fill)
        within = bounded_duration(ready.repeat.timeout, "timeout")
    except (MobiusError, ValueError) as error:
        return check_result(held=False, detail=str(error), could_not_look=True)
    is_local = False
    try:
        async with asyncio.timeout(within):
            return await make(ready, ctx)
    except TimeoutError:
        detail = f"{_subject(ready)}: timed out after {duration_in_words(within)}"
    except re.error as error:
        detail = f"not a pattern: {error}"
    except (MobiusError, ValueError) as error:
        detail, is_local = str(error), isinstance(error, CannotLookError)
    except OSError as error:
        named = f": {error.filename}" if error.filename else ""
        detail = f"{_subject(ready)}: {error.strerror or error}{named}"
    except Exception as error:  # noqa: BLE001 - no check may end the host
        detail = f"{_subject(ready)}: {type(error).__name__}: {error}"
    return check_result(held=False, detail=detail, could_not_look=is_local)


async def _make_check(check: Check, ctx: CheckContext) -> CheckResult:
    match check:
        case HttpCheck() | PortCheck() | TlsCheck():
            return await _ask_network(check, ctx)
        case ProcessCheck():
            return await machine_checks.check_process(check, ctx)
        case ServiceCheck():
            return await machine_checks.check_service(check, ctx)
        case ChecksumCheck():
            return await file_checks.check_checksum(check, ctx)
        case FileCheck():
            return await file_checks.check_file(check, ctx)
        case DnsCheck():
            from mobius_tui.run.checks.dns_check import check_dns

            return await check_dns(check, ctx)
        case DiskCheck():
            return await machine_checks.check_disk(check, ctx)
        case MemoryCheck():
            return await machine_checks.check_memory(check, ctx)
        case RunCheck():
            return await script_checks.check_script(check, ctx)
        case SqlCheck():
            # It loads sqlite3, which takes a while, too.
            from mobius_tui.run.checks import sql_check

            return await sql_check.check_sql(check, ctx)
        case LogCheck():
            return await script_checks.check_log(check, ctx)
        case OutputCheck():
            return await script_checks.check_output(check, ctx)


async def _ask_network(
    check: HttpCheck | PortCheck | TlsCheck, ctx: CheckContext
) -> CheckResult:
    # It loads httpx, which takes a while; most runs have no such check.
    from mobius_tui.run.checks import network_checks

    match check:
        case HttpCheck():
            return await network_checks.check_http(check, ctx)
        case PortCheck():
            return await network_checks.check_port(check, ctx)
        case TlsCheck():
            return await network_checks.check_tls(check, ctx)


def _subject(check: Check) -> str:
    """What a check examines, in a few words."""
    match check:
        case HttpCheck():
            from mobius_tui.run.checks import network_checks  # as `_ask_network`

            return network_checks.http_subject(check)
        case ServiceCheck():
            return f"systemctl is-active {' '.join(check.names)}"
        case ChecksumCheck() | LogCheck():
            return check.file
        case FileCheck() | DiskCheck():
            return check.path
        case PortCheck() | TlsCheck():
            return check.at
        case DnsCheck():
            return check.subject
        case ProcessCheck():
            return "the list of processes"
        case MemoryCheck():
            return "memory"
        case RunCheck():
            return "the predicate"
        case SqlCheck():
            return "the query"
        case OutputCheck():
            return "the output"


def make_probe_look(context: Callable[[Check], CheckContext]) -> LookAtCheck:
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
        if result.could_not_look:
            return ProbeVerdict(state="no data", reason=result.detail)
        return ProbeVerdict(state="failed", reason=result.detail)

    return look
