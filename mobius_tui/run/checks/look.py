"""One look of any kind of check: filled in, bounded, and never an exception."""

from __future__ import annotations

import asyncio
import re

from mobius_tui.errors import MobiusError
from mobius_tui.run.checks import (
    checksum,
    files,
    http,
    network,
    output,
    process,
    resources,
    script,
    service,
)
from mobius_tui.run.checks.context import Context, Sight, saw
from mobius_tui.run.checks.filled import filled
from mobius_tui.runbook.limits import seconds
from mobius_tui.runbook.model_check import (
    Check,
    ChecksumCheck,
    DiskCheck,
    FileCheck,
    HttpCheck,
    MemoryCheck,
    OutputCheck,
    PortCheck,
    ProcessCheck,
    RunCheck,
    ServiceCheck,
    TlsCheck,
)
from mobius_tui.runbook.units import in_words


async def look(check: Check, ctx: Context) -> Sight:
    """Look once; what goes wrong is a check that did not hold, in words.

    Args:
        check: as the runbook has it; its `${}` are filled in here.
        ctx: the run that it looks in.
    """
    try:
        ready = filled(check, ctx.fill)
        within = seconds(ready.repeat.timeout, "timeout")
    except (MobiusError, ValueError) as error:
        return saw(held=False, detail=str(error))
    try:
        async with asyncio.timeout(within):
            return await _look(ready, ctx)
    except TimeoutError:
        detail = f"{_subject(ready)}: timed out after {in_words(within)}"
    except re.error as error:
        detail = f"not a pattern: {error}"
    except (MobiusError, ValueError) as error:
        detail = str(error)
    except OSError as error:
        named = f": {error.filename}" if error.filename else ""
        detail = f"{_subject(ready)}: {error.strerror or error}{named}"
    except Exception as error:  # noqa: BLE001 - no check may end the host
        detail = f"{_subject(ready)}: {type(error).__name__}: {error}"
    return saw(held=False, detail=detail)


async def _look(check: Check, ctx: Context) -> Sight:
    match check:
        case HttpCheck():
            return await http.look(check, ctx)
        case ProcessCheck():
            return await process.look(check, ctx)
        case ServiceCheck():
            return await service.look(check, ctx)
        case ChecksumCheck():
            return await checksum.look(check, ctx)
        case FileCheck():
            return await files.look(check, ctx)
        case PortCheck():
            return await network.port(check, ctx)
        case TlsCheck():
            return await network.tls(check, ctx)
        case DiskCheck():
            return await resources.disk(check, ctx)
        case MemoryCheck():
            return await resources.memory(check, ctx)
        case RunCheck():
            return await script.look(check, ctx)
        case OutputCheck():
            return await output.look(check, ctx)


def _subject(check: Check) -> str:
    """What a check looks at, in a few words."""
    match check:
        case HttpCheck():
            from mobius_tui.health.ask import shown  # with httpx, as `http`

            return f"{check.method} {shown(check.url)}"
        case ServiceCheck():
            return f"systemctl is-active {' '.join(check.names)}"
        case ChecksumCheck():
            return check.file
        case FileCheck() | DiskCheck():
            return check.path
        case PortCheck() | TlsCheck():
            return check.at
        case ProcessCheck():
            return "the list of processes"
        case MemoryCheck():
            return "memory"
        case RunCheck():
            return "the predicate"
        case OutputCheck():
            return "the output"
