"""The `disk`, `memory`, `process` and `service` checks."""

from __future__ import annotations

import operator
import re
import shutil
from collections.abc import Callable, Mapping

import psutil

from mobius_tui.health.local_machine import matching_processes
from mobius_tui.health.safe_search import TooSlowError
from mobius_tui.run.checks.blocking_io import run_in_thread
from mobius_tui.run.checks.context import (
    CannotLookError,
    CheckContext,
    CheckResult,
    check_result,
)
from mobius_tui.run.checks.subprocesses import run_program, running_check_groups
from mobius_tui.runbook.model.check_kinds import (
    DiskCheck,
    MemoryCheck,
    ProcessCheck,
    ServiceCheck,
)
from mobius_tui.runbook.text.units import parse_size, size_in_words

_PERCENT = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*%")


def is_enough_free(free: float, total: float, wanted: str) -> bool:
    """Whether as much is free as a size or a percentage of the total says.

    Args:
        free: bytes.
        total: bytes.
        wanted: such as `2GiB` or `10%`.

    Raises:
        ValueError: `wanted` is neither a size nor a percentage; the message shows both.
    """
    percent = _PERCENT.fullmatch(wanted)
    if percent is not None:
        return free >= total * float(percent[1]) / 100
    try:
        return free >= parse_size(wanted)
    except ValueError as error:
        raise ValueError(f'{error}, or "10%"') from None


async def check_disk(check: DiskCheck, ctx: CheckContext) -> CheckResult:
    """Make a `disk` check once: the free space where a path is."""
    path = ctx.path(check.path)
    usage = await run_in_thread(lambda _: shutil.disk_usage(path))
    # As `df` has it: what is kept for root belongs to nobody.
    return _free_space_result(
        usage.free, usage.used + usage.free, check.free, f" at {check.path}"
    )


async def check_memory(check: MemoryCheck, ctx: CheckContext) -> CheckResult:  # noqa: ARG001
    """Make a `memory` check once: what is available without swapping."""
    memory = psutil.virtual_memory()
    return _free_space_result(memory.available, memory.total, check.free, " of memory")


def _free_space_result(
    free: float, total: float, wanted: str, where: str
) -> CheckResult:
    held = is_enough_free(free, total, wanted)
    percent = f"{100 * free / total:.0f} %" if total else "all"
    lacking = "" if held else f", wanted {wanted}"
    detail = f"{size_in_words(free)} ({percent}) are free{where}{lacking}"
    return check_result(held=held, detail=detail)


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
_PROCESSES_SHOWN = 5
"""Processes that are named in a detail."""


def satisfies_count(number: int, count: str) -> bool:
    """Whether a number satisfies a comparison such as `>=1`, `<3` or `0`.

    Raises:
        ValueError: it is no comparison; the message says what one looks like.
    """
    match = _COUNT.fullmatch(count.strip())
    if match is None:
        raise ValueError(f'{count!r} is no count; write ">=1", "==2", "<3" or "0"')
    return _COMPARE[match[1] or "=="](number, int(match[2]))


async def check_process(check: ProcessCheck, ctx: CheckContext) -> CheckResult:
    """Make a `process` check once: count the matching processes."""
    satisfies_count(0, check.count)
    re.compile(check.match)
    groups = ctx.step_groups | running_check_groups()
    try:
        processes = await run_in_thread(
            lambda _: matching_processes(
                check.match, excluded_groups=groups, excluded_pids=ctx.own_pids
            )
        )
    except TooSlowError as error:
        return check_result(held=False, detail=str(error))
    held = satisfies_count(len(processes), check.count)
    noun, verb = (
        ("process", "matches") if len(processes) == 1 else ("processes", "match")
    )
    pids = ", ".join(str(each.pid) for each in processes[:_PROCESSES_SHOWN])
    more = ", …" if len(processes) > _PROCESSES_SHOWN else ""
    named = f" ({pids}{more})" if processes else ""
    wanted = "" if held else f", wanted {check.count}"
    return check_result(
        held=held,
        detail=f"{len(processes) or 'no'} {noun} {verb} '{check.match}'{named}{wanted}",
    )


async def unit_states_now(
    names: tuple[str, ...], ctx: CheckContext
) -> Mapping[str, str]:
    """The states of systemd units now, such as `active`, by unit.

    Args:
        names: of the units; no name may begin with `-`.
        ctx: the run.

    Returns:
        Each unit's state as `systemctl is-active` prints it; empty if it did not print
        one for each.

    Raises:
        OSError: systemctl cannot be run.
    """
    ended = await run_program(
        ("systemctl", "is-active", *names), workdir=ctx.workdir, env=ctx.env
    )
    states = [state.strip() for state in ended.tail.split("\n")[:-1]]
    if len(states) != len(names):
        return {}
    return dict(zip(names, states, strict=True))


async def check_service(check: ServiceCheck, ctx: CheckContext) -> CheckResult:
    """Make a `service` check once: ask `systemctl`.

    Raises:
        CannotLookError: there is no `systemctl`, or it does not give each unit's state.
        OSError: `systemctl` cannot be run.
    """
    for name in check.names:
        if not name or name.startswith("-"):
            return check_result(held=False, detail=f"{name!r} is no name of a unit")
    try:
        ended = await run_program(
            ("systemctl", "is-active", *check.names), workdir=ctx.workdir, env=ctx.env
        )
    except FileNotFoundError as error:
        if error.filename != "systemctl":
            raise
        raise CannotLookError("there is no systemctl on PATH to ask") from error
    states = ended.tail.split("\n")[:-1]
    if len(states) != len(check.names):
        output = ended.error_line or ended.exit_text
        raise CannotLookError(f"systemctl does not say: {output}")
    pairs = list(zip(check.names, (state.strip() for state in states), strict=True))
    wrong = [f"{name} is {state}" for name, state in pairs if state not in check.state]
    if wrong:
        wanted = " or ".join(check.state)
        return check_result(held=False, detail=f"{', '.join(wrong)}; wanted {wanted}")
    return check_result(
        held=True, detail=", ".join(f"{name} is {state}" for name, state in pairs)
    )
