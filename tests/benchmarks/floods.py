"""A step that prints gigabytes while somebody watches and types."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import psutil

from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.storage.run_directory import RunDirectory
from tests.benchmarks import runs
from tests.benchmarks.ballast import Ballast
from tests.benchmarks.figures import Figure, last_for, rank, timed
from tests.benchmarks.replay import Press, Replay, Rows, seen
from tests.benchmarks.terminal import Terminal, says

KEY_PAUSE = 0.15
"""Seconds between two keys: somebody scrolls fast. Each draws the whole pane anew,
which takes time from the flood."""
SLOW_PAUSE = 0.5
"""The same at a slow terminal."""
AT_THE_END = 0.5
"""Seconds before the end of a flood, beside the pause between two keys, in which no key
is counted: what has ended is not followed."""
SLOW = 64 * 1024
"""Bytes a second that a slow terminal takes."""
PAIRS = 9
"""Floods of each kind: some 20 keys go into one, and 95 % of so few says little."""
SIDE_BY_SIDE_PAIRS = 3
"""Floods of one, and of twelve."""
LONGEST = 900.0
"""Seconds after which floods that have not ended never will."""
Turns = Sequence[tuple[str, ...]]
"""Steps that flood at the same time, one turn after the other."""


def _repeated(line: str, size: int) -> str:
    """A pipeline that prints a line until there are so many bytes."""
    return f'yes "{line}" | head -c {size} || true'


def pipelines(size: int) -> dict[str, str]:
    """The floods, each as a shell pipeline of about `size` bytes."""
    colour = r"\e[32mok\e[0m \e[1;34m/srv/mobius\e[0m took \e[38;2;250;160;0m12 ms\e[0m"
    return {
        "seq": f"seq {last_for(size)}",
        "10 KB lines": _repeated("$(printf 'x%.0s' {1..10000})", size),
        "colours": _repeated(f"$(printf '{colour} %s' {{1..3}})", size),
    }


@dataclass(slots=True)
class Watched:
    """What was seen of floods from a terminal."""

    keys: list[float] = field(default_factory=list)
    grown: int = 0
    """Bytes that the viewer grew by, at most."""
    ran: list[float] = field(default_factory=list)
    """Seconds that each flood took."""


def _scrolled(rows: Rows) -> bool:
    return any(
        " End follows " in row or (" ↓ " in row and " new " in row) for row in rows
    )


def _following(rows: Rows) -> bool:
    return any("following ↓" in row for row in rows)


def _has_ended(directory: RunDirectory, step_ids: tuple[str, ...]) -> bool:
    return all(directory.attempt(step_id, 1).exit.exists() for step_id in step_ids)


def _are_over(follower: Follower, step_ids: tuple[str, ...]) -> bool:
    steps = follower.state.steps
    return all(steps[each].status is not Status.RUNNING for each in step_ids)


def _type_until(
    terminal: Terminal, directory: RunDirectory, step_ids: tuple[str, ...], pause: float
) -> tuple[list[Press], int]:
    """Scroll up and follow again, until the floods end; the keys, and the most RSS."""
    viewer = psutil.Process(terminal.process.pid)
    presses: list[Press] = []
    most = 0
    until = time.perf_counter() + LONGEST
    while not _has_ended(directory, step_ids):
        assert time.perf_counter() < until, f"{', '.join(step_ids)}: not ended"
        for key, shows in (("k", _scrolled), ("G", _following)):
            presses.append(Press(terminal.type(key), shows))
            terminal.listen(pause)
        most = max(most, viewer.memory_info().rss)
    # Of a flood that has ended nothing is new, and nothing is followed.
    ended = min(directory.attempt(each, 1).exit.stat().st_mtime for each in step_ids)
    last = ended - AT_THE_END - pause - (time.time() - time.perf_counter())
    return [press for press in presses if press.at < last], most


def _watch(
    directory: RunDirectory,
    turns: Turns,
    pause: float,
    rate: int | None,
    ballast: Ballast,
) -> Watched:
    """Watch floods, one turn after the other, from one terminal."""
    found = Watched()
    words = [runs.PROGRAM, "resume", directory.id]
    with Terminal(words, rate=rate) as terminal:
        terminal.until(says("Title-warm"))
        terminal.listen(1)
        runs.start(directory, "warm")
        terminal.listen(2)
        for key in ("2", "k", "G", "k", "G"):
            terminal.type(key)
            terminal.listen(0.3)
        before = psutil.Process(terminal.process.pid).memory_info().rss
        presses: list[Press] = []
        replay = Replay(terminal)
        for step_ids in turns:
            replay.catch_up()
            outputs = [directory.attempt(each, 1).output for each in step_ids]
            with ballast.given_to(outputs):
                for step_id in step_ids:
                    runs.start(directory, step_id)
                replay.until(_following)  # a key before there is output does nothing
                more, most = _type_until(terminal, directory, step_ids, pause)
            presses += more
            found.grown = max(found.grown, most - before)
            follower = Follower(directory)
            while not _are_over(follower, step_ids):
                terminal.listen(0.5)  # the host reads what was printed
                follower.poll()
        found.keys = seen(terminal, presses)
    for step_ids in turns:
        attempt = directory.attempt(step_ids[0], 1)
        found.ran.append(attempt.exit.stat().st_mtime - attempt.script.stat().st_mtime)
        for step_id in step_ids:
            directory.attempt(step_id, 1).output.unlink()
    ballast.take()
    return found


def _steps(script: str, count: int, more: str = "") -> Iterator[str]:
    yield runs.step_of("warm", "seq 1000")
    for number in range(count):
        limit = 'max_output = "64GiB"\ntimeout = "1h"\n'
        yield runs.step_of(f"f{number}", script, limit + more)


def _floor(pipeline: str, folder: Path, ballast: Ballast) -> float:
    """Seconds of the same pipeline into a file."""
    plain = folder / "plain"
    command = f"{{ {pipeline}; }} | cat > '{plain}'"
    with ballast.given_to([plain]):
        took = timed(lambda: subprocess.run(["bash", "-c", command], check=True))
    plain.unlink()
    ballast.take()
    return took


def one(folder: Path, gigabytes: float) -> Iterator[Figure]:
    """Floods of each kind, one at a time, in sight."""
    ballast = Ballast(int(gigabytes * 1e9))
    for name, pipeline in pipelines(int(gigabytes * 1e9)).items():
        pairs = []
        keys: list[float] = []
        grown = 0
        for _ in range(PAIRS):
            floor = _floor(pipeline, folder, ballast)
            runbook = runs.runbook_of(folder, _steps(pipeline, 1))
            with runs.run_of(runbook) as directory:
                seen_of_it = _watch(directory, [("f0",)], KEY_PAUSE, None, ballast)
            pairs.append((floor, seen_of_it.ran[0]))
            keys += seen_of_it.keys
            grown = max(grown, seen_of_it.grown)
        cat, step = (median(each) for each in zip(*pairs, strict=True))
        yield Figure(
            name=f"flood of {name}: cat > file / a step",
            value=median(floor / ran for floor, ran in pairs),
            limit=0.75,
            unit="×",
            at_least=True,
            note=f"{gigabytes:g} GB, {PAIRS} pairs; {cat:.1f} s over {step:.1f} s",
        )
        yield _keys(f"flood of {name}: key → paint, p95", keys, 25, KEY_PAUSE)
        yield Figure(
            name=f"flood of {name}: the viewer grows by",
            value=grown / 1e6,
            limit=8,
            unit="MB",
        )


def _keys(name: str, keys: list[float], limit: float, pause: float) -> Figure:
    if not keys:
        note = "the flood was over before a key was typed"
        nothing = float("inf")
        return Figure(name=name, value=nothing, limit=limit, unit="ms", note=note)
    late = sum(took >= pause for took in keys)
    lost = f"{late} not seen before the next" if late else "none lost"
    return Figure(
        name=name,
        value=rank(keys, 95) * 1000,
        limit=limit,
        unit="ms",
        note=f"p50 {rank(keys, 50) * 1000:.1f} ms, of {len(keys)}, {lost}",
    )


def four(folder: Path, gigabytes: float) -> Iterator[Figure]:
    """Four floods at once: three beside the run, and one of its own."""
    pipeline = f"seq {last_for(int(gigabytes * 1e9))}"
    ballast = Ballast(int(gigabytes * 4e9))
    steps = [*_steps(pipeline, 3, "follow = true")]
    last = 'max_output = "64GiB"\ntimeout = "1h"'
    # What follows is stopped at the run's end: a step that waits keeps it from that.
    steps += [runs.step_of("own", pipeline, last), runs.step_of("later", "true")]
    with runs.run_of(runs.runbook_of(folder, steps)) as directory:
        turns: Turns = [("own", "f0", "f1", "f2")]
        found = _watch(directory, turns, KEY_PAUSE, None, ballast)
    yield _keys("four floods at once: key → paint, p95", found.keys, 50, KEY_PAUSE)


def twelve(folder: Path, gigabytes: float) -> Iterator[Figure]:
    """Twelve steps of a parallel phase flood at once; beside them one alone, in turn.

    Each of the twelve prints a third of what the one does: they begin one by one.
    """
    ballast = Ballast(int(gigabytes * 4e9))
    keys: dict[int, list[float]] = {1: [], 12: []}
    for _ in range(SIDE_BY_SIDE_PAIRS):
        for count, found in keys.items():
            size = gigabytes * 1e9 / (1 if count == 1 else 3)
            pipeline = f"seq {last_for(int(size))}"
            steps = _steps(pipeline, count)
            runbook = runs.runbook_of(folder, steps, phase="parallel = 12\n")
            with runs.run_of(runbook) as directory:
                turns: Turns = [tuple(f"f{number}" for number in range(count))]
                found += _watch(directory, turns, KEY_PAUSE, None, ballast).keys
    yield _keys("a flood alone: key → paint, p95", keys[1], 25, KEY_PAUSE)
    yield _keys("twelve side by side: key → paint, p95", keys[12], 50, KEY_PAUSE)
    if all(keys.values()):
        yield Figure(
            name="twelve side by side / one: key → paint, p95",
            value=rank(keys[12], 95) / rank(keys[1], 95),
            limit=2,
            unit="×",
            note=f"{SIDE_BY_SIDE_PAIRS} pairs, turn about",
        )


def slow(folder: Path, gigabytes: float) -> Iterator[Figure]:
    """A flood of colours, and a terminal that takes 64 KB/s."""
    pipeline = pipelines(int(gigabytes * 1e9))["colours"]
    ballast = Ballast(int(PAIRS * gigabytes * 1e9))
    runbook = runs.runbook_of(folder, _steps(pipeline, PAIRS))
    with runs.run_of(runbook) as directory:
        turns: Turns = [(f"f{number}",) for number in range(PAIRS)]
        began = time.perf_counter()
        found = _watch(directory, turns, SLOW_PAUSE, SLOW, ballast)
        took = time.perf_counter() - began
    name = f"a terminal of 64 KB/s for {took:.0f} s: key, p95"
    yield _keys(name, found.keys, 400, SLOW_PAUSE)
