"""The screens: first paint, quitting, the cursor, idling, a terminal that goes."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.runbook.model.runbook import Runbook
from tests.benchmarks import runs
from tests.benchmarks.figures import Figure, rank
from tests.benchmarks.replay import Press, Rows, seen
from tests.benchmarks.services import answering
from tests.benchmarks.terminal import Terminal, matches, says

HERE = Path(__file__).parent
BARE = [sys.executable, str(HERE / "bare.py")]
LONG = 10_000
"""Steps of a long runbook."""
READY = says("Ready.")
PAINTED = says("1.1 Title")
"""The first step in the checklist, in whatever state."""
FIRST = matches(r"»[^\n]{0,250}?1\.1 Title")
"""The checklist's cursor on the first step."""


def _screen(directory: RunDirectory) -> list[str]:
    return [runs.PROGRAM, "resume", directory.id]


def paired(
    ours: Callable[[], float], floor: Callable[[], float], times: int
) -> tuple[float, float, float]:
    """The median of paired ratios, taken turn about, and both medians in seconds."""
    ours()
    floor()
    pairs = [(ours(), floor()) for _ in range(times)]
    return (
        statistics.median(mine / bare for mine, bare in pairs),
        statistics.median(mine for mine, _ in pairs),
        statistics.median(bare for _, bare in pairs),
    )


def _over(mine: float, floor: float) -> str:
    return f"{mine * 1000:.0f} ms over {floor * 1000:.0f} ms"


def bare_paint() -> float:
    """Seconds from the spawn of a bare app to its first word."""
    with Terminal(BARE) as terminal:
        return terminal.until(READY) - terminal.began


def first_paint(folder: Path, times: int = 15) -> Iterator[Figure]:
    """From the spawn of `mobius-tui resume RUN` to its steps, 20 of them."""
    runbook = runs.runbook_of(folder, runs.plain_steps(20))
    with runs.run_of(runbook) as directory:
        yield _paint("first paint, 20 steps / bare app", directory, 1.10, times)


def long_paint(folder: Path, times: int = 9) -> Iterator[Figure]:
    """The same of 10,000 steps, which are decoded when they have been painted."""
    runbook = runs.runbook_of(folder, runs.plain_steps(LONG))
    with runs.run_of(runbook) as directory:
        yield from cursor(directory)
        yield _paint("first paint, 10,000 steps / bare app", directory, 1.15, times)


def _paint(name: str, directory: RunDirectory, limit: float, times: int) -> Figure:
    live: list[float] = []

    def ours() -> float:
        with Terminal(_screen(directory)) as terminal:
            painted = terminal.until(PAINTED) - terminal.began
            live.append(terminal.until(FIRST) - terminal.began)
            return painted

    ratio, mine, bare = paired(ours, bare_paint, times)
    note = f"{_over(mine, bare)}; with states {statistics.median(live) * 1000:.0f} ms"
    return Figure(name=name, value=ratio, limit=limit, unit="×", note=note)


def cursor(directory: RunDirectory, count: int = 200) -> Iterator[Figure]:
    """A cursor key in the checklist of 10,000 steps."""
    with Terminal(_screen(directory)) as terminal:
        terminal.until(FIRST)
        terminal.listen(0.5)
        presses, start = [], len(terminal.raw)
        for number in range(2, count + 2):
            presses.append(Press(terminal.type("j"), _cursor_on(number)))
            terminal.listen(0.05)
        per_key = (len(terminal.raw) - start) / count
    took = seen(terminal, presses)
    yield Figure(
        name="cursor key at 10,000 steps, p95",
        value=rank(took, 95) * 1000,
        limit=8,
        unit="ms",
        note=f"p50 {rank(took, 50) * 1000:.1f} ms, of {count}",
    )
    yield Figure(
        name="the same, to the terminal", value=per_key, limit=600, unit="bytes"
    )


def _cursor_on(number: int) -> Callable[[Rows], bool]:
    return lambda rows: any("»" in row and f"1.{number} Title" in row for row in rows)


def quitting(folder: Path, times: int = 9) -> Iterator[Figure]:
    """From the key that leaves to the end of the process."""
    runbook = runs.runbook_of(folder, runs.plain_steps(20))

    def bare() -> float:
        with Terminal(BARE) as terminal:
            terminal.until(READY)
            terminal.listen(0.3)
            terminal.type("q")
            began = time.perf_counter()
            return terminal.gone() - began

    with runs.run_of(runbook) as directory:

        def ours() -> float:
            with Terminal(_screen(directory)) as terminal:
                terminal.until(FIRST)
                terminal.listen(0.3)
                terminal.type("q")
                terminal.until(says("Leave it running"))
                terminal.listen(0.5)  # a dialog is deaf at first
                terminal.type("\r")
                began = time.perf_counter()
                took = terminal.gone() - began
                assert terminal.process.returncode == 0
                assert b"\x1b[?1049l" in terminal.raw, "the terminal was not restored"
                assert b"the run goes on" in terminal.raw
                return took

        ratio, mine, floor = paired(ours, bare, times)
    yield Figure(
        name="quit → process gone / bare app",
        value=ratio,
        limit=0.5,
        unit="×",
        note=_over(mine, floor),
    )


def _watching(folder: Path, port: int) -> Runbook:
    health = (
        f'[health]\nevery = "1s"\n[[health.probe]]\nid = "api"\ntitle = "API"\n'
        f'url = "http://127.0.0.1:{port}/health"\n'
    )
    return runs.runbook_of(folder, runs.plain_steps(20), health)


def idle(folder: Path, seconds: float = 30.0) -> Iterator[Figure]:
    """A run that waits, with one probe a second."""
    with answering() as port, runs.run_of(_watching(folder, port)) as directory:
        with Terminal(_screen(directory)) as terminal:
            terminal.until(FIRST)
            terminal.listen(5)
            host = psutil.Process(directory.host_pid())
            both = (psutil.Process(terminal.process.pid), host)
            before = [_cpu(process) for process in both]
            said = terminal.listen(seconds)
            viewer, hosted = (
                _cpu(process) - spent
                for process, spent in zip(both, before, strict=True)
            )
        yield Figure(
            name="idle: viewer and host",
            value=100 * (viewer + hosted) / seconds,
            limit=2,
            unit="% of a core",
            note=f"viewer {100 * viewer / seconds:.2f} %, "
            f"host {100 * hosted / seconds:.2f} %, of {seconds:.0f} s",
        )
        yield Figure(
            name="idle: to the terminal",
            value=said / seconds / 1000,
            limit=4,
            unit="KB/s",
        )
        yield from gone(directory, host)


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def gone(directory: RunDirectory, host: psutil.Process) -> Iterator[Figure]:
    """The terminal gone: the viewer too, and the host not."""
    took = []
    for _ in range(5):
        with Terminal(_screen(directory)) as terminal:
            terminal.until(FIRST)
            terminal.listen(0.3)
            terminal.hang_up()
            began = time.perf_counter()
            terminal.process.wait(30)
            took.append(time.perf_counter() - began)
    assert host.is_running(), "the host went with the terminal"
    assert directory.host_pid() == host.pid
    yield Figure(
        name="terminal gone → viewer gone",
        value=max(took),
        limit=1,
        unit="s",
        note=f"median {statistics.median(took):.2f} s, of 5; the host unmoved",
    )
