"""Dialogs on an overloaded machine: each takes the Enter that is typed when it is seen.

`python -m tests.acceptance.loaded` has 30 processes that are always busy beside the
real program: 100 times a key opens a dialog, and as soon as the terminal shows it Enter
is typed, once. It takes some minutes and hogs the machine for as long.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.acceptance.campaigns import start_book, state_of_its_own
from tests.acceptance.terminal import Terminal
from tests.benchmarks.figures import rank
from tests.waiting import PATIENCE

Shows = Callable[[str], bool]
WAYS: tuple[tuple[str, str, Shows], ...] = (
    ("@", "Whom to call", lambda text: "Whom to call" not in text),
    ("s", "Why is it skipped", lambda text: "A reason is wanted" in text),
)
"""Keys, what their dialogs say, and what Enter does there: nothing is begun by any."""
BOOK = """format = 1
[runbook]
id = "loaded"
title = "Loaded"
[[contact]]
role = "on call"
handle = "@ops"
[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "look"
title = "Look"
effect = "read"
run = "true"
"""


@dataclass(slots=True)
class Tally:
    """What became of the Enters."""

    typed: int = 0
    lost: int = 0
    opened: list[float] = field(default_factory=list)
    """Seconds from each key to its dialog."""
    taken: list[float] = field(default_factory=list)
    """Seconds from each Enter to what it did."""

    def line(self) -> str:
        """For a person."""
        times = "; ".join(
            f"{name} p50 {rank(found, 50):.2f} s, at most {max(found):.2f} s"
            for name, found in (("opened", self.opened), ("taken", self.taken))
            if found
        )
        return f"{self.typed} Enters, {self.lost} lost; {times}"


@contextlib.contextmanager
def busy(count: int) -> Iterator[None]:
    """So many processes beside it that never rest."""
    loops = [
        subprocess.Popen([sys.executable, "-S", "-c", "while True: pass"])
        for _ in range(count)
    ]
    try:
        yield
    finally:
        for each in loops:
            each.kill()
        for each in loops:
            each.wait()


def seconds_until(screen: Terminal, shows: Shows) -> float | None:
    """Wait for what the terminal shows; `None` where it does not come."""
    began = time.monotonic()
    while not shows(screen.text()):
        if time.monotonic() > began + PATIENCE:
            return None
        screen.read()
    return time.monotonic() - began


def enters(screen: Terminal, times: int, *, until: float) -> Tally:
    """Open a dialog so many times, and type Enter as soon as it is seen.

    Args:
        screen: the program, on a run.
        times: how many dialogs.
        until: when no further one is opened, on the monotonic clock.
    """
    tally = Tally()
    for number in range(times):
        if time.monotonic() > until:
            break
        key, words, is_taken = WAYS[number % len(WAYS)]
        screen.press(key)
        came = seconds_until(screen, lambda text: words in text)  # noqa: B023
        assert came is not None, f"{key} opened nothing:\n{screen.text()}"
        tally.opened.append(came)
        tally.typed += 1
        screen.press("\r")
        took = seconds_until(screen, is_taken)
        if took is None:
            tally.lost += 1
        else:
            tally.taken.append(took)
        if words in screen.text():
            screen.press("\x1b")
        went = seconds_until(screen, lambda text: words not in text)  # noqa: B023
        assert went is not None, f"Esc closed nothing:\n{screen.text()}"
    return tally


async def campaign(folder: Path, *, times: int, loops: int, minutes: float) -> Tally:
    """Begin a run, open it, and answer dialogs on it beside busy processes."""
    directory = await start_book(folder / "loaded.toml", BOOK)
    screen = Terminal("resume", directory.id, columns=120, rows=36, whole_frames=True)
    try:
        screen.until("Enter ▸ Run 1.1")
        with busy(loops):
            return enters(screen, times, until=time.monotonic() + 60 * minutes)
    finally:
        screen.close()


def main() -> int:
    """The long form, from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--loops", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=10.0)
    given = parser.parse_args()
    with state_of_its_own() as place:
        work = campaign(
            place, times=given.times, loops=given.loops, minutes=given.minutes
        )
        tally = asyncio.run(work)
    print(tally.line())
    return 1 if tally.lost else 0


if __name__ == "__main__":
    sys.exit(main())
