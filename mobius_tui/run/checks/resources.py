"""`disk` and `memory`: so much is free."""

from __future__ import annotations

import re
import shutil

from mobius_tui.run.checks.context import Context, Sight, saw
from mobius_tui.run.checks.threads import in_thread
from mobius_tui.runbook.model_check import DiskCheck, MemoryCheck
from mobius_tui.runbook.units import bytes_in_words, size

_PERCENT = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*%")


def enough(free: float, total: float, wanted: str) -> bool:
    """Whether as much is free as a size or a percentage of the total says.

    Args:
        free: bytes.
        total: bytes.
        wanted: such as `2GiB` or `10%`.

    Raises:
        ValueError: it is neither; the message says what they look like.
    """
    percent = _PERCENT.fullmatch(wanted)
    if percent is not None:
        return free >= total * float(percent[1]) / 100
    try:
        return free >= size(wanted)
    except ValueError as error:
        raise ValueError(f'{error}, or "10%"') from None


async def disk(check: DiskCheck, ctx: Context) -> Sight:
    """Look once at the free space where a path is."""
    path = ctx.path(check.path)
    usage = await in_thread(lambda _: shutil.disk_usage(path))
    # As `df` has it: what is kept for root belongs to nobody.
    return _told(usage.free, usage.used + usage.free, check.free, f" at {check.path}")


async def memory(check: MemoryCheck, ctx: Context) -> Sight:  # noqa: ARG001
    """Look once at the memory that could be had without swapping."""
    import psutil

    found = psutil.virtual_memory()
    return _told(found.available, found.total, check.free, " of memory")


def _told(free: float, total: float, wanted: str, where: str) -> Sight:
    held = enough(free, total, wanted)
    percent = f"{100 * free / total:.0f} %" if total else "all"
    lacking = "" if held else f", wanted {wanted}"
    said = f"{bytes_in_words(free)} ({percent}) are free{where}{lacking}"
    return saw(held=held, detail=said)
