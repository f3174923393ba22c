"""Hostile output by every way to a screen: nothing of it is obeyed.

`python -m tests.acceptance.hostile` sends each payload by each way, in a terminal that
answers questions as xterm does, splits them at every byte, adds a line of 50 MB, and
measures how long a key takes among them. `--quick` leaves out what takes long.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from mobius_tui.run.client.run_briefing import prepare_briefing
from mobius_tui.run.client.start_run import start_new_run
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.intents.step_intents import StartStep
from mobius_tui.run.journal.follower import Follower
from mobius_tui.runbook.library.loader import load
from tests.acceptance.answering import Answering
from tests.acceptance.campaigns import state_of_its_own
from tests.acceptance.driving import press_until
from tests.acceptance.payloads import PAYLOADS, text
from tests.benchmarks.figures import rank
from tests.review.story import story
from tests.tui.runs import MadeRun
from tests.waiting import PATIENCE

SIZE = {"columns": 120, "rows": 36}
SHORT = {"PATH": "/usr/bin:/bin", "TMUX": "", "DISPLAY": "", "WAYLAND_DISPLAY": ""}
"""No clipboard but the terminal's."""
LONG_LINE = 50 << 20
"""Bytes of the longest line."""
KEYS = 200
"""Keys whose time is measured."""


@dataclass(slots=True)
class Tally:
    """What was found."""

    payloads: int = 0
    ways: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    """Milliseconds from a key to what it drew."""
    reported: int = 0
    """How many of them `report` has told of."""

    def check(self, way: str, screen: Answering) -> None:
        """Hold a terminal to what may come to it."""
        self.ways[way] = self.ways.get(way, 0) + 1
        raw = screen.not_ours()
        if raw:
            self.faults.append(f"{way}: sent as it is: {raw}")
        if screen.answered:
            self.faults.append(f"{way}: the terminal was asked: {screen.answered[:3]}")

    def report(self, what: str) -> None:
        """Say how far it is: all of it takes ten minutes."""
        keys = self.latencies[self.reported :]
        self.reported = len(self.latencies)
        slow = f", key p99 {rank(keys, 99):.0f} ms of {len(keys)}" if keys else ""
        print(f"{what}: {len(self.faults)} faults{slow}", file=sys.stderr)

    def line(self) -> str:
        """For a person."""
        ways = ", ".join(f"{name} {count}" for name, count in self.ways.items())
        keys = ""
        if self.latencies:
            p99 = statistics.quantiles(self.latencies, n=100)[98]
            median = statistics.median(self.latencies)
            keys = (
                f"; {len(self.latencies)} keys, p50 {median:.0f} ms, p99 {p99:.0f} ms"
            )
        return (
            f"{self.payloads} payloads; terminals by way: {ways}; "
            f"{len(self.faults)} faults{keys}"
        )


def script(folder: Path, payloads: list[bytes], *, split: bool) -> str:
    """A step that writes payloads, each whole or byte by byte, and waits to be told."""
    program = folder / "hostile.py"
    (folder / "payloads").write_text(json.dumps([list(each) for each in payloads]))
    program.write_text(
        "import json, os, pathlib, sys, time\n"
        f"folder = pathlib.Path({str(folder)!r})\n"
        "for each in json.loads((folder / 'payloads').read_text()):\n"
        f"    pieces = [bytes([b]) for b in each] if {split} else [bytes(each)]\n"
        "    for piece in (*pieces, b'\\n'):\n"
        "        os.write(1, piece)\n"
        "os.write(1, b'\\nall-of-it\\n')\n"
        "while not (folder / 'go').exists():\n"
        "    time.sleep(0.05)\n"
    )
    return f"{sys.executable} {program}"


def book(folder: Path, run: str) -> Path:
    """Steps after the hostile one, which any key too many would begin."""
    path = folder / "hostile.toml"
    path.write_text(
        'format = 1\n[runbook]\nid = "hostile"\ntitle = "Hostile [/x]"\n[var.said]\n'
        '[[phase]]\nid = "p"\ntitle = "[@click=app.quit]P[/]"\n'
        '[[phase.step]]\nid = "out"\ntitle = "Out [/bold]"\neffect = "read"\n'
        f"run = '''\n{run}\n'''\n"
        '[[phase.step]]\nid = "next"\ntitle = "Next"\neffect = "read"\nrun = "true"\n'
        '[[phase.step]]\nid = "asked"\ntitle = "Asked"\nmanual = "${said}"\n'
    )
    return path


def until_wrote(screen: Answering, output: Path) -> None:
    """Wait for the end of what is written, with the screen open all the while."""
    deadline = time.monotonic() + 2 * PATIENCE
    while not (output.exists() and output.read_bytes()[-20:].count(b"all-of-it")):
        screen.read()
        assert time.monotonic() < deadline, screen.text()


async def live(
    tally: Tally, folder: Path, payloads: list[bytes], *, split: bool, measure: bool
) -> None:
    """A real run whose step writes them, under a real screen that looks at it all."""
    folder.mkdir()
    runbook = load(book(folder, script(folder, payloads, split=split)))
    said = text(payloads[0], whole=False)[:2000]
    said = said.encode("utf-8", "replace").decode()
    directory = await start_new_run(prepare_briefing(runbook, given={"said": said}))
    viewer = Viewer(directory)
    reply = await viewer.send_intent(StartStep(step="out", attempt=1))
    assert reply.ok, reply.text
    await viewer.close()
    screen = Answering("resume", directory.id, **SIZE, env=SHORT)
    try:
        screen.until("Checklist")
        until_wrote(screen, directory.attempt("out", 1).output)
        screen.until("Back in")
        press_until(screen, "\x1b", lambda shown: "Back in" not in shown)
        screen.press("2z")  # the output alone, and all of it
        for key in ("g", *("\x1b[6~",) * (len(payloads) // 16 + 4), "w", "G", "c"):
            screen.press(key)
            screen.calm(0.05)
        if measure:
            latencies(tally, screen, "t")  # the times: every row is another one
        press_until(screen, "z", lambda shown: "Checklist" in shown)
        screen.press("1")
        if measure:
            latencies(tally, screen, "\x1b[B", "\x1b[A")
        press_until(screen, "n", lambda shown: "Note on" in shown)
        screen.calm(0.4)
        pasted = payloads[0][:100_000].decode("utf-8", "replace")
        screen.paste(pasted.replace("\x1b[201~", ""))
        screen.calm()
        tally.check("screen", screen)
        assert screen.child.isalive(), "it came to its end"
        entries = Follower(directory).initial_entries
        begun = [each.event for each in entries if hasattr(each.event, "step")]
        if any(each.step in ("next", "asked") for each in begun):
            tally.faults.append(f"screen: nobody pressed a key for {begun}")
    except AssertionError as error:
        tally.faults.append(f"screen: {error}")
    finally:
        (folder / "go").touch()
        screen.close()


def latencies(tally: Tally, screen: Answering, *keys: str) -> None:
    """How long it takes from a key to what it draws.

    Args:
        tally: takes the times.
        screen: where they are pressed.
        keys: in turn; each draws something.
    """
    screen.calm()
    for number in range(KEYS // 2):
        began = time.perf_counter()
        screen.press(keys[number % len(keys)])
        while not screen.read(0.001):
            assert time.perf_counter() - began < 30, "a key drew nothing"
        tally.latencies.append((time.perf_counter() - began) * 1000)
        screen.calm(0.01)


def told(root: Path, payload: bytes) -> MadeRun:
    """A run whose every text is a payload: notes, reasons, values, names, answers."""
    return story(root, said=text(payload), mode=Mode.INCIDENT)


def commands(run: str, payload: bytes) -> tuple[tuple[str, ...], ...]:
    """What reads a run, and what names something that is not there."""
    name = text(payload, whole=False)[:200]
    return (
        ("runs",),
        ("verify", run),
        *(("report", run, "--format", form) for form in ("md", "json", "junit")),
        ("report", f"2026-{name}"),
        ("run", f"{name}.toml"),
        ("check", f"{name}.toml"),
    )


def foreign(tally: Tally, home: Path, payload: bytes) -> None:
    """A journal of nothing but payloads, by every command that reads one."""
    run = told(home / "mobius-tui" / "runs", payload)
    env = {**SHORT, "XDG_STATE_HOME": str(home)}
    for each in commands(run.directory.id, payload):
        screen = Answering(*each, **SIZE, env=env)
        screen.over()
        tally.check(each[0], screen)
        if b"Traceback" in screen.raw:
            tally.faults.append(f"{each[0]}: a traceback")
    review(tally, run.directory.id, env)


def review(tally: Tally, run: str, env: dict[str, str]) -> None:
    """The same journal on the screen."""
    screen = Answering("review", run, **SIZE, env=env)
    try:
        screen.until("REVIEW")
        for key in ("\x1b[B", "\x1b[B", "\x1b[C", "\x1b[C", "2", "?", "\x1b", "1"):
            screen.press(key)
            screen.calm(0.1)
        tally.check("review", screen)
    except AssertionError as error:
        tally.faults.append(f"review: {error}")
    finally:
        screen.close()


async def campaign(folder: Path, *, groups: int, quick: bool) -> Tally:
    """All payloads, in so many groups.

    Args:
        folder: a folder of its own.
        groups: how many runs they are spread over.
        quick: whether what takes long is left out.
    """
    every = list(PAYLOADS.values())
    tally = Tally(payloads=len(every))
    home = Path(os.environ["XDG_STATE_HOME"])
    for number in range(groups):
        some = every[number::groups]
        splits = (False,) if quick else (False, True)
        for split in splits:
            place = folder / f"live-{number}-{split}"
            measure = not quick and number == 0
            await live(tally, place, some, split=split, measure=measure)
            tally.report(f"group {number + 1} of {groups}, {split=}")
        foreign(tally, home / f"other-{number}", b" ".join(some)[:100_000])
    if not quick:
        huge = b"x\x1b]0;owned\x07" * (LONG_LINE // 11)
        await live(tally, folder / "huge", [huge], split=False, measure=True)
        tally.report("a line of 50 MB")
    return tally


def main() -> int:
    """The long form, from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--groups", type=int, default=len(PAYLOADS) // 8)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    with state_of_its_own() as place:
        work = campaign(place, groups=options.groups, quick=options.quick)
        tally = asyncio.run(work)
    print(tally.line())
    for each in tally.faults:
        print(each[:2000])
    slow = tally.latencies and statistics.quantiles(tally.latencies, n=100)[98] >= 100
    return 1 if tally.faults or slow else 0


if __name__ == "__main__":
    sys.exit(main())
