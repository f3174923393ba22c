"""`mobius-tui drill --matrix`: every fault, two drills at a time, and what saw it."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from contextlib import suppress

from mobius_tui.commands.support.command_output import narrate, print_data
from mobius_tui.drill import drill_record
from mobius_tui.drill.detection_matrix import DetectionMatrix, MatrixColumn
from mobius_tui.drill.detections import subjects
from mobius_tui.drill.drill_record import DrillRecord
from mobius_tui.errors import FAILED, OK, MobiusError
from mobius_tui.plain import plain_text
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.storage.run_index import run_by_name
from mobius_tui.run.storage.state_home import runs_root
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_files import find_runbook
from mobius_tui.sanitize import line

AT_ONCE = 2
"""Drills at the same time: each keeps about half a core busy, and ports are its own."""
LIMIT = 240.0
"""Seconds that one drill may take; the longest takes a quarter of that."""

SHORT = "monitor_for=3s"
"""How long a drill watches after the repair, where the runbook lets it be said."""


def matrix(
    runbook: str,
    faults: Sequence[str],
    *,
    seed: int,
    as_json: bool,
    more: Sequence[str] = (),
) -> int:
    """Drill every fault headless, and print which check saw which.

    Args:
        runbook: a bundled runbook's id, or a file.
        faults: their names.
        seed: equal seeds make equal sites.
        as_json: whether it is for programs.
        more: what else each drill is told on its command line.

    Returns:
        0 if each was handled, else 1.

    Raises:
        MobiusError: the runbook cannot be read.
    """
    plan = Plan(load(find_runbook(runbook)))
    short = SHORT if SHORT.partition("=")[0] in plan.runbook.variables else ""
    words = ("--seed", str(seed), *(("--var", short) if short else ()))
    columns = asyncio.run(_all(runbook, faults, (*words, *more)))
    found = DetectionMatrix(
        runbook=plan.runbook.id, columns=columns, subjects=tuple(subjects(plan))
    )
    show(found, as_json=as_json)
    return OK if found.is_handled else FAILED


def show(found: DetectionMatrix, *, as_json: bool) -> None:
    """Print which check saw which fault, for a person or for programs."""
    if as_json:
        for row in json.dumps(found.as_json(), indent=2).split("\n"):
            print_data(plain_text(row))
    else:
        for each in found.lines():
            print_data(line(each))


async def _all(
    runbook: str, faults: Sequence[str], more: Sequence[str]
) -> tuple[MatrixColumn, ...]:
    room = asyncio.Semaphore(AT_ONCE)

    async def one(fault: str) -> MatrixColumn:
        async with room:
            column = await _drill(runbook, fault, more)
            narrate(f"{fault}: {column.words}")
            return column

    narrate(
        f"drilling {len(faults)} faults, {AT_ONCE} at a time; it takes some minutes"
    )
    return tuple(await asyncio.gather(*map(one, faults)))


async def _drill(runbook: str, fault: str, more: Sequence[str]) -> MatrixColumn:
    """One drill, in a process of its own."""
    words = ("drill", runbook, "--fault", fault, *more)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "mobius_tui", *words),
        *("--auto", "--json", "--try-checks"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=1 << 22,
    )
    try:
        async with asyncio.timeout(LIMIT):
            out, said = await process.communicate()
    except TimeoutError:
        return MatrixColumn(
            fault=fault, drill=None, problem=f"it took over {LIMIT:.0f} s"
        )
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
    drill = _kept(out)
    lines = said.decode(errors="replace").strip().splitlines()
    return MatrixColumn(fault=fault, drill=drill, problem=lines[-1] if lines else "")


def _kept(out: bytes) -> DrillRecord | None:
    """The drill whose score was printed last."""
    for row in reversed(out.splitlines()):
        with suppress(ValueError, KeyError, TypeError, MobiusError):
            said = json.loads(row)
            if said["event"] == "Score":
                return drill_record.read_drill_record(
                    run_by_name(runs_root(), said["run"])
                )
    return None
