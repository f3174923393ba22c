"""`mobius-tui drill --matrix`: a drill of each fault, and which checks turned red."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from contextlib import suppress

from mobius_tui.commands.support.command_output import narrate, print_data
from mobius_tui.drill import drill_record
from mobius_tui.drill.detection_coverage import DetectionMatrix, MatrixColumn
from mobius_tui.drill.detections import subjects
from mobius_tui.drill.drill_record import DrillRecord
from mobius_tui.errors import EXIT_FAILED, EXIT_OK, MobiusError, UsageError
from mobius_tui.plain import escape_unprintable
from mobius_tui.run.client.host_preflight import used_targets
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.storage.run_index import run_by_name
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_files import find_runbook
from mobius_tui.sanitize import line

PARALLEL_DRILLS = 2
"""Drills at the same time: each keeps about half a core busy, and ports are its own."""
DRILL_SECONDS = 240.0
"""Seconds that one drill may take; the longest takes a quarter of that."""

_FOR_ONE_DRILL = ("keep", "send", "dry_run")
"""Options of a single drill that a matrix refuses: it sends and leaves nothing."""

SHORT_WATCH = "monitor_for=3s"
"""The variable that shortens the watch after the repair, if the runbook has it."""


def drill_every_fault(
    runbook: str,
    faults: Sequence[str],
    *,
    seed: int,
    as_json: bool,
    options: Sequence[str] = (),
) -> int:
    """Drill every fault headless, and print which check saw which.

    Args:
        runbook: a bundled runbook's id, or a file.
        faults: their names.
        seed: equal seeds make equal sites.
        as_json: whether it is for programs.
        options: further options on the command line of each drill.

    Returns:
        0 if each was handled, else 1.

    Raises:
        MobiusError: the runbook cannot be read.
    """
    plan = Plan(load(find_runbook(runbook)))
    shortened = (
        SHORT_WATCH if SHORT_WATCH.partition("=")[0] in plan.runbook.variables else ""
    )
    words = ["--seed", str(seed), *(("--var", shortened) if shortened else ())]
    if not used_targets(plan.runbook):  # on hosts, only what a drill looks at is seen
        words.append("--try-checks")
    columns = asyncio.run(_drill_all(runbook, faults, (*words, *options)))
    found = DetectionMatrix(
        runbook=plan.runbook.id, columns=columns, subjects=tuple(subjects(plan))
    )
    print_matrix(found, as_json=as_json)
    return EXIT_OK if found.is_handled else EXIT_FAILED


def options_of_each_drill(options: argparse.Namespace) -> list[str]:
    """The options on the command line of each drill of a matrix.

    Raises:
        UsageError: an option makes no sense for many drills without a person.
    """
    for name in _FOR_ONE_DRILL:
        if getattr(options, name):
            option = f"--{name.replace('_', '-')}"
            raise UsageError(f"{option}: only for a drill by itself, without --matrix")
    words = ["--rehearse-undo"] if options.rehearse_undo else []
    words += ["--yes"] if options.yes else []
    words += ["--confined"] if options.confined else []
    for name in ("site", "environment", "answers", "manual"):
        if value := getattr(options, name):
            words += [f"--{name}", value]
    if options.hosts:
        words += ["--hosts", str(options.hosts)]
    for value in options.var:
        words += ["--var", value]
    return words


def print_matrix(found: DetectionMatrix, *, as_json: bool) -> None:
    """Print which check saw which fault, for a person or for programs."""
    if as_json:
        for row in json.dumps(found.as_json(), indent=2).split("\n"):
            print_data(escape_unprintable(row))
    else:
        for each in found.lines():
            print_data(line(each))


async def _drill_all(
    runbook: str, faults: Sequence[str], options: Sequence[str]
) -> tuple[MatrixColumn, ...]:
    slots = asyncio.Semaphore(PARALLEL_DRILLS)

    async def one(fault: str) -> MatrixColumn:
        async with slots:
            column = await _drill(runbook, fault, options)
            narrate(f"{fault}: {column.result_words}")
            return column

    narrate(
        f"drilling {len(faults)} faults, {PARALLEL_DRILLS} at a time; "
        "it takes some minutes"
    )
    return tuple(await asyncio.gather(*map(one, faults)))


async def _drill(runbook: str, fault: str, options: Sequence[str]) -> MatrixColumn:
    """One drill, in a process of its own."""
    words = ("drill", runbook, "--fault", fault, *options)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "mobius_tui", *words),
        *("--auto", "--json"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=1 << 22,
    )
    try:
        async with asyncio.timeout(DRILL_SECONDS):
            output, errors = await process.communicate()
    except TimeoutError:
        return MatrixColumn(
            fault=fault, drill=None, problem=f"it took over {DRILL_SECONDS:.0f} s"
        )
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
    drill = _scored_drill(output)
    lines = errors.decode(errors="replace").strip().splitlines()
    return MatrixColumn(fault=fault, drill=drill, problem=lines[-1] if lines else "")


def _scored_drill(output: bytes) -> DrillRecord | None:
    """The drill whose score was printed last."""
    for row in reversed(output.splitlines()):
        with suppress(ValueError, KeyError, TypeError, MobiusError):
            entry = json.loads(row)
            if entry["event"] == "Score":
                return drill_record.read_drill_record(
                    run_by_name(runs_root(), entry["run"])
                )
    return None
