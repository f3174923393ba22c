"""Hostile input of every kind: nothing ends in a traceback, and nothing hangs.

`python -m tests.acceptance.inputs --count 200000` makes so many mutated runbooks, and
its share of every other kind of file and answer; 1,000,000 is the long form. `--kind`
takes one kind alone, and `--replay FILE` gives one kind what was kept of a fault.
"""

from __future__ import annotations

import argparse
import math
import os
import signal
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from random import Random
from types import FrameType

from mobius_tui.errors import MobiusError
from tests.acceptance import input_files, input_runs, input_wire
from tests.acceptance.mutations import Kind, Kinds

LIMIT = 1.0
"""Seconds of processor time that an input may take, where a person looks at it."""
HANGS = 60
"""Seconds after which an input that is not done is said to hang."""
KEPT = 20
"""Faults that are kept of each kind."""


KINDS: Kinds = {
    **input_files.KINDS,
    **input_runs.KINDS,
    **input_wire.KINDS,
}
"""How each kind is made in a folder of its own, and how many for each runbook."""


@dataclass(slots=True)
class Tally:
    """What came of the inputs of one kind."""

    count: int = 0
    refused: int = 0
    slowest: float = 0.0
    faults: list[str] = field(default_factory=list)
    found: list[bytes] = field(default_factory=list)

    def line(self, name: str) -> str:
        """For a person."""
        return (
            f"{name:12} {self.count:>8} inputs, {self.refused:>8} refused, slowest "
            f"{self.slowest:.3f} s, {len(self.faults)} faults"
        )


def hangs(_number: int, _frame: FrameType | None) -> None:
    raise TimeoutError(f"it was not done after {HANGS} s")


def tried(kind: Kind, data: bytes, tally: Tally, limit: float = math.inf) -> None:
    """Give a kind one input."""
    tally.count += 1
    began, fault = time.process_time(), ""
    signal.alarm(HANGS)
    try:
        kind.feed(data)
    except MobiusError:
        tally.refused += 1
    except Exception:  # noqa: BLE001 - what it looks for
        fault = traceback.format_exc()
    finally:
        signal.alarm(0)
    took = time.process_time() - began
    tally.slowest = max(tally.slowest, took)
    if took > limit and not fault:
        fault = f"it took {took:.1f} s"
    if fault and len(tally.faults) < KEPT:
        tally.faults.append(fault)
        tally.found.append(data)


def campaign(
    name: str, folder: Path, count: int, seed: int, *, limit: float = math.inf
) -> Tally:
    """So many inputs of one kind, each of which may take so many seconds."""
    folder.mkdir(parents=True)
    os.environ["XDG_STATE_HOME"] = str(folder / "state")
    os.environ["XDG_CONFIG_HOME"] = str(folder / "config")
    before = signal.signal(signal.SIGALRM, hangs)
    try:
        kind, tally, dice = KINDS[name][0](folder), Tally(), Random(seed)
        for _ in range(count):
            tried(kind, kind.make(dice), tally, limit)
        kind.close()
    finally:
        signal.signal(signal.SIGALRM, before)
    return tally


def _work(job: tuple[str, Path, int, int]) -> tuple[str, Tally]:
    return job[0], campaign(*job, limit=LIMIT)


def jobs(
    names: list[str], folder: Path, count: int, seed: int, piece: int
) -> list[tuple[str, Path, int, int]]:
    """The work in pieces."""
    found: list[tuple[str, Path, int, int]] = []
    for name in names:
        left = max(1, int(count * KINDS[name][1]))
        while left > 0:
            few = min(left, piece)
            place = folder / f"{name}-{len(found)}"
            found.append((name, place, few, seed + len(found)))
            left -= few
    return found


def main() -> int:
    """The long form, from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200_000, help="mutated runbooks")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--kind", action="append", choices=KINDS)
    parser.add_argument("--keep", type=Path, help="a folder for what made a fault")
    parser.add_argument("--replay", type=Path, help="give one kind this file")
    options = parser.parse_args()
    names = options.kind or list(KINDS)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        if options.replay is not None:
            KINDS[names[0]][0](folder).feed(options.replay.read_bytes())
            return 0
        sums = {name: Tally() for name in names}
        work = jobs(names, folder, options.count, options.seed, 2000)
        with get_context("spawn").Pool(options.workers, maxtasksperchild=8) as pool:
            for name, part in pool.imap_unordered(_work, work):
                whole = sums[name]
                whole.count += part.count
                whole.refused += part.refused
                whole.slowest = max(whole.slowest, part.slowest)
                whole.faults += part.faults
                whole.found += part.found
    for name, tally in sums.items():
        print(tally.line(name))
        for number, fault in enumerate(tally.faults[:3]):
            print(fault)
            if options.keep is not None:
                options.keep.mkdir(exist_ok=True, parents=True)
                (options.keep / f"{name}-{number}").write_bytes(tally.found[number])
    return 1 if any(tally.faults for tally in sums.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
