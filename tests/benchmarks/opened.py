"""A finished output of 1 GB, beside toolong, which was made for long logs."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from tests.benchmarks import runs
from tests.benchmarks.figures import Figure
from tests.benchmarks.replay import Press, Rows, seen
from tests.benchmarks.terminal import Terminal

TIMES = 3
SHARE = 3
"""The finished output is a third of a flood: 1 GB beside 3."""
LINE = "2026-11-24 13:45:05 INFO worker-3 GET /api/assets 200 in 12 ms, request %010.0f"
"""A line of a log, for `seq`."""
LONGEST = 300.0
"""Seconds in which an output must be open."""


def _toolong(folder: Path) -> str:
    """toolong, in an environment of its own; empty where it cannot be had."""
    place = str(folder / "toolong")
    try:
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
        pip = [f"{place}/bin/pip", "install", "--quiet", "toolong"]
        subprocess.run(pip, check=True, capture_output=True, timeout=300)
    except (OSError, subprocess.SubprocessError):
        return ""
    return f"{place}/bin/tl"


def _open(words: list[str], shows: Callable[[Rows], bool]) -> tuple[float, float]:
    """Seconds until the end of the output is in sight, and MB that it took."""
    with Terminal(words) as terminal:
        quiet = 0
        deadline = time.perf_counter() + LONGEST
        while time.perf_counter() < deadline and quiet < 3:
            # Who opens it writes now and then, and no more once it is open.
            quiet = quiet + 1 if terminal.listen(1) < 2000 and terminal.raw else 0
            if quiet and not _is_seen(terminal, shows):
                quiet = 0
        took = seen(terminal, [Press(terminal.began, shows)])[0]
        status = Path(f"/proc/{terminal.process.pid}/status").read_text()
    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert peak is not None
    return took, int(peak[1]) / 1000


def _is_seen(terminal: Terminal, shows: Callable[[Rows], bool]) -> bool:
    try:
        return bool(seen(terminal, [Press(terminal.began, shows)]))
    except AssertionError:
        return False


def opened(folder: Path, gigabytes: float) -> Iterator[Figure]:
    """From the spawn to the last line on the screen, all lines counted; and memory."""
    last = int(gigabytes / SHARE * 1e9 / len(LINE))
    step = runs.step_of("long", f"seq -f '{LINE}' {last}", 'max_output = "64GiB"')
    tl = _toolong(folder)
    name = "a finished output of 1 GB / toolong"
    if not tl:
        nothing = float("inf")
        note = "toolong cannot be installed here"
        yield Figure(name=name, value=nothing, limit=0.25, unit="×", note=note)
        return
    with runs.run_of(runs.runbook_of(folder, [step])) as directory:
        runs.start(directory, "long")
        attempt = directory.attempt("long", 1)
        while not attempt.exit.exists():
            time.sleep(0.1)
        time.sleep(2)  # the host reads it through once, for its digest
        words = [runs.PROGRAM, "resume", directory.id]

        def is_ours(rows: Rows) -> bool:
            counted = any(f" {last:,} lines" in row and "≥" not in row for row in rows)
            return counted and any(f" {last:010} " in row for row in rows)

        def is_theirs(rows: Rows) -> bool:
            return any(f" {last:010} " in row for row in rows[:-1])

        pairs = []
        for _ in range(TIMES):
            mine = _open(words, is_ours)
            pairs.append((mine, _open([tl, str(attempt.output)], is_theirs)))
    for index, (unit, what) in enumerate((("s", "time"), ("MB", "memory"))):
        ours = median(pair[0][index] for pair in pairs)
        theirs = median(pair[1][index] for pair in pairs)
        yield Figure(
            name=f"{name}, {what}",
            value=median(pair[0][index] / pair[1][index] for pair in pairs),
            limit=0.25,
            unit="×",
            note=f"{ours:.2f} over {theirs:.2f} {unit}, {gigabytes / SHARE:.2g} GB",
        )
