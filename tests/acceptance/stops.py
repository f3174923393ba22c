"""The screens, stopped and continued over and over, as `cpulimit` does with a program.

`python -m tests.acceptance.stops` stops and continues the real program 5,000 times in
a real terminal, while keys are typed that open and close dialogs, pages and tabs. Each
continuing sets the screens up anew, at whatever they are doing. It takes a quarter of
an hour; none of it may end the program by a fault.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from mobius_tui.errors import EXIT_INTERNAL_ERROR
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.intents.step_intents import StartStep
from mobius_tui.run.storage.crash_report import crash_folder
from tests.acceptance.campaigns import start_book, state_of_its_own
from tests.acceptance.terminal import Terminal
from tests.review.story import story

BOOK = """format = 1
[runbook]
id = "stops"
title = "Stops"
[[contact]]
role = "on call"
handle = "@ops"
[var.seen]
[var.which]
title = "Which one"
[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "look"
title = "Look"
effect = "read"
run = "n=0; while :; do n=$((n + 1)); echo line-$n; sleep 0.05; done"
timeout = "2h"
[[phase.step]]
id = "fails"
title = "Fails"
effect = "read"
run = "echo no such thing >&2; exit 3"
[[phase.step]]
id = "ask"
title = "Ask"
manual = "See what there is"
ask = [{ var = "seen", title = "What is seen" }]
[[phase.step]]
id = "change"
title = "Change"
effect = "change"
run = "true"
"""
UP, DOWN, LEFT, RIGHT = "\x1b[A", "\x1b[B", "\x1b[D", "\x1b[C"
CTRL_P, CTRL_G, CTRL_L = "\x10", "\x07", "\x0c"
KEYS: tuple[str, ...] = (
    *("\r", "\x1b") * 6,
    *("?", "@", "n", "s", "m", " ", "r", "f", "a", "A", "D", "P", "q", "y") * 2,
    *("1", "2", "3", "4", "z", "/", "t", "w", "]", "[", "g", "G", "-", "_", "d", "v"),
    *(UP, DOWN, LEFT, RIGHT, "\t", "j", "k", "h", "l", "i", CTRL_P, CTRL_L, "S", "x"),
    *("p", CTRL_G, "\x12", "\x14"),
)
"""What is typed: nothing that opens another program, or stops this one for a shell."""
SIZES = ((120, 36), (80, 24), (160, 45), (60, 15))
LOOK = 20
"""Stops between two looks whether it still heeds keys."""
START = 30.0
"""Seconds that the program may take until it draws something."""


@dataclass(slots=True)
class Tally:
    """What was found."""

    cycles: int = 0
    keys: int = 0
    opened: Counter[str] = field(default_factory=Counter)
    """How often the program was opened, by command: some keys leave it."""
    ended: Counter[int] = field(default_factory=Counter)
    """How often it left by itself, by exit code."""
    crashes: list[str] = field(default_factory=list)

    def line(self) -> str:
        """For a person."""
        opened = ", ".join(f"{name} {count}" for name, count in self.opened.items())
        return (
            f"{self.cycles} stops, {self.keys} keys; opened: {opened}; exit codes "
            f"{dict(self.ended)}; {len(self.crashes)} crashes"
        )


class Stops:
    """A program that is stopped, and what is typed meanwhile."""

    def __init__(self, tally: Tally, seed: int, words: tuple[str, ...]) -> None:
        """Make it.

        Args:
            tally: takes what is found.
            seed: of what is typed, and when.
            words: the command, without the program's name.
        """
        self._tally = tally
        self._random = random.Random(seed)
        self._words = words
        self._screen = self._open()

    def _open(self) -> Terminal:
        columns, rows = self._random.choice(SIZES)
        self._tally.opened[self._words[0] if self._words else "library"] += 1
        env = {"TMUX": "", "DISPLAY": "", "WAYLAND_DISPLAY": ""}
        screen = Terminal(*self._words, columns=columns, rows=rows, env=env)
        screen.until(lambda _: screen.raw or not screen.child.isalive(), START)
        return screen

    def cycle(self, most: float) -> None:
        """Type something, let it run for a moment, stop it for another.

        Args:
            most: seconds that it runs at most, and more than twice what it is stopped.
        """
        self._type()
        self._for(self._random.uniform(0.01, most))
        self._signal(signal.SIGSTOP)
        self._for(self._random.uniform(0.002, most * 0.4))
        self._type()
        self._signal(signal.SIGCONT)
        self._tally.cycles += 1
        if self._tally.cycles % LOOK == 0:
            self._see_it_draw()
        if not self._screen.child.isalive():
            self._see_end()
            self._screen = self._open()

    def _see_it_draw(self) -> None:
        """See that it still heeds keys: what hangs would come to no end, either."""
        before, deadline = len(self._screen.raw), time.monotonic() + START
        while len(self._screen.raw) == before and self._screen.child.isalive():
            self._screen.press(CTRL_L)
            self._for(1.0)
            if time.monotonic() > deadline:
                self._tally.crashes.append(f"it hangs:\n{self._screen.text()}")
                self._signal(signal.SIGKILL)
                return

    def _signal(self, number: signal.Signals) -> None:
        if self._screen.child.isalive():
            os.kill(self._screen.child.pid, number)

    def _type(self) -> None:
        if self._screen.child.isalive():
            typed = self._random.choices(KEYS, k=self._random.choice((0, 1, 1, 2, 4)))
            self._tally.keys += len(typed)
            self._screen.press("".join(typed))

    def _for(self, seconds: float) -> None:
        """Take in what is drawn for so long."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._screen.read(left)

    def _see_end(self) -> None:
        code = self._screen.over()
        self._tally.ended[code] += 1
        if code == EXIT_INTERNAL_ERROR:
            self._tally.crashes.append(f"{code}: {bytes(self._screen.raw[-400:])!r}")

    def end(self) -> None:
        """End it at once, if it has not ended by itself."""
        self._signal(signal.SIGKILL)
        self._screen.over()


async def commands(place: Path) -> tuple[tuple[str, ...], ...]:
    """Make a run whose first step goes on and on, and one that is over.

    Returns:
        What to open: the run, the one that is over, all there is, and a briefing.
    """
    path = place / "stops.toml"
    directory = await start_book(path, BOOK, which="a")
    viewer = Viewer(directory)
    for step in ("look", "fails"):
        reply = await viewer.send_intent(StartStep(step=step, attempt=1))
        assert reply.ok or step == "fails", reply.text
    await viewer.close()
    over = story(directory.path.parent, mode=Mode.INCIDENT)
    return (
        ("resume", directory.id),
        ("review", over.directory.id),
        (),
        ("run", str(path)),
    )


def campaign(
    opened: tuple[tuple[str, ...], ...], *, cycles: int, most: float, seed: int
) -> Tally:
    """Stop and continue the program, by each command in its turn.

    Args:
        opened: what to open; the first has half of the cycles.
        cycles: how often.
        most: seconds that it runs between two stops, at most.
        seed: of what is typed, and when.
    """
    tally = Tally()
    rest = cycles // 2 // max(1, len(opened) - 1)
    for number, words in enumerate(opened):
        stops = Stops(tally, seed + number, words)
        try:
            for _ in range(rest if number else cycles - rest * (len(opened) - 1)):
                stops.cycle(most)
        finally:
            stops.end()
        print(tally.line(), file=sys.stderr)
    tally.crashes += [
        each.read_text()[-3000:] for each in sorted(crash_folder().glob("*"))
    ]
    return tally


def main() -> int:
    """The long form, from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=5000)
    parser.add_argument("--most", type=float, default=0.25)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with state_of_its_own() as place:
        opened = asyncio.run(commands(place))
        tally = campaign(opened, cycles=given.cycles, most=given.most, seed=given.seed)
    for each in tally.crashes:
        print(each)
    print(tally.line())
    return 1 if tally.crashes else 0


if __name__ == "__main__":
    sys.exit(main())
