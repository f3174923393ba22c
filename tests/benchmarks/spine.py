"""The spine of a run: start-up, steps, the journal, intents, floods, the fold."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from mobius_tui.run.client.run_briefing import prepare_briefing
from mobius_tui.run.client.start_run import start_new_run
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.event import Event
from mobius_tui.run.events.journal_entry import Entry, encode_entry
from mobius_tui.run.events.run_events import NoteAdded
from mobius_tui.run.events.step_events import CheckTried, StepEnded, StepStarted
from mobius_tui.run.intents.run_intents import AddNote, EndRun, StartAutomatic
from mobius_tui.run.journal.journal import (
    EMPTY_JOURNAL_HEAD,
    Clock,
    Journal,
    JournalContent,
    read_journal,
)
from mobius_tui.run.state.reducer import fold
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.model.runbook import Runbook
from tests.acceptance.campaigns import state_of_its_own
from tests.benchmarks.figures import Figure, interleaved, last_for, rank, timed
from tests.run.running import alive
from tests.waiting import wait_for

FLOOD = 3_000_000_000
"""Bytes of the flood; `--gigabytes` makes it smaller for a look."""


def _runbook(folder: Path, steps: Iterator[str]) -> Runbook:
    path = folder / "bench.toml"
    head = 'format = 1\n[runbook]\nid = "bench"\ntitle = "Bench"\n'
    path.write_text(f'{head}[[phase]]\nid = "p"\ntitle = "P"\n' + "".join(steps))
    return load(path)


def _step(step_id: str, script: str, more: str = "") -> str:
    return (
        f'[[phase.step]]\nid = "{step_id}"\ntitle = "{step_id}"\n'
        f"run = '{script}'\n{more}\n"
    )


def start_up() -> Iterator[Figure]:
    """`--version`, and what a shell asks at TAB, against the bare interpreter."""
    program = Path(sys.executable).with_name("mobius-tui")
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}

    def run(*words: str) -> None:
        subprocess.run(words, env=env, check=True, stdout=subprocess.DEVNULL)

    for words, limit in (("--version", 2), ("names runbooks", 4), ("names runs", 4)):
        ours, bare = interleaved(
            partial(run, str(program), *words.split()),
            lambda: run(sys.executable, "-c", "pass"),
            25,
        )
        yield Figure(
            name=f"{words} / python -c pass",
            value=ours / bare,
            limit=limit,
            unit="×",
            note=f"{ours * 1000:.1f} ms over {bare * 1000:.1f} ms",
        )


async def _until_ended(viewer: Viewer) -> None:
    async for _ in viewer.changes():
        if viewer.follower.state.ended is not None:
            return


async def _auto(runbook: Runbook) -> tuple[RunDirectory, float]:
    """A run by `--auto`; its directory, and the seconds from the wish to the end."""
    directory = await start_new_run(prepare_briefing(runbook, given={}))
    viewer = Viewer(directory)
    await viewer.connect()
    host = directory.host_pid()
    began = time.perf_counter()
    await viewer.send_intent(StartAutomatic())
    await _until_ended(viewer)
    took = time.perf_counter() - began
    await viewer.close()
    wait_for(lambda: host is None or not alive(host))  # until then it writes
    return directory, took


def steps(folder: Path) -> Iterator[Figure]:
    """200 steps of `true` against bash alone."""
    runbook = _runbook(folder, (_step(f"s{n}", "true") for n in range(200)))
    bash = timed(
        lambda: [subprocess.run(["bash", "-c", "true"], check=True) for _ in range(200)]
    )
    _, took = asyncio.run(_auto(runbook))
    over = (took - bash) / 200 * 1000
    note = f"{took / 200 * 1000:.1f} ms a step, bash {bash / 200 * 1000:.1f} ms"
    yield Figure(
        name="200 steps by --auto, each over bash",
        value=over,
        limit=40,
        unit="ms",
        note=note,
    )


def journal(folder: Path) -> Iterator[Figure]:
    """An append in the journal's thread against a raw write and fdatasync."""
    count, text = 500, "x" * 250

    async def ours(path: Path) -> list[float]:
        empty = JournalContent(entries=(), heads=(), size=0, torn_bytes=0)
        log = Journal(path, empty, Clock(boot="b"))
        took = []
        for _ in range(count):
            await log.append(NoteAdded(text=text), by="b")
            took.append(log.last_append_seconds)
        log.close()
        return took

    def raw(path: Path, line: bytes) -> list[float]:
        took = []
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        for _ in range(count):
            began = time.perf_counter()
            os.write(handle, line)
            os.fdatasync(handle)
            took.append(time.perf_counter() - began)
        os.close(handle)
        return took

    ratios = []
    for turn in range(5):
        path = folder / f"journal{turn}"
        path.touch()
        mine = rank(asyncio.run(ours(path)), 50)
        size = path.stat().st_size // count
        floor = rank(raw(folder / f"raw{turn}", b"x" * size), 50)
        ratios.append((mine / floor, mine, floor))
    ratio, mine, floor = sorted(ratios)[2]
    note = f"{mine * 1e6:.0f} µs over {floor * 1e6:.0f} µs"
    yield Figure(
        name="journal append / write + fdatasync",
        value=ratio,
        limit=1.5,
        unit="×",
        note=note,
    )


def intents(folder: Path) -> Iterator[Figure]:
    """From an intent to its durable answer."""
    runbook = _runbook(folder, iter([_step("s", "true")]))

    async def measure() -> list[float]:
        directory = await start_new_run(prepare_briefing(runbook, given={}))
        viewer = Viewer(directory)
        await viewer.connect()
        took = []
        for n in range(300):
            began = time.perf_counter()
            reply = await viewer.send_intent(AddNote(text=f"note {n}"))
            took.append(time.perf_counter() - began)
            assert reply.ok, reply.text
        await viewer.send_intent(EndRun())
        await viewer.close()
        return took

    took = asyncio.run(measure())
    note = f"p50 {rank(took, 50) * 1000:.2f} ms, of 300"
    yield Figure(
        name="intent → durable answer, p95",
        value=rank(took, 95) * 1000,
        limit=15,
        unit="ms",
        note=note,
    )


def viewers(folder: Path) -> Iterator[Figure]:
    """From an intent to its entry in another viewer."""
    runbook = _runbook(folder, iter([_step("s", "true")]))

    async def measure() -> list[float]:
        directory = await start_new_run(prepare_briefing(runbook, given={}))
        asker, other = Viewer(directory), Viewer(directory)
        await asker.connect()
        took: list[float] = []
        seen = other.changes()
        await anext(seen)
        for n in range(100):
            began = time.perf_counter()
            await asker.send_intent(AddNote(text=f"note {n}"))
            while len(other.follower.state.notes) <= n:
                await anext(seen)
            took.append(time.perf_counter() - began)
        await asker.send_intent(EndRun())
        await seen.aclose()
        await asker.close()
        await other.close()
        return took

    took = asyncio.run(measure())
    note = f"p50 {rank(took, 50) * 1000:.2f} ms, of 100"
    yield Figure(
        name="intent → seen by another viewer, p95",
        value=rank(took, 95) * 1000,
        limit=200,
        unit="ms",
        note=note,
    )


def demo() -> Iterator[Figure]:
    """The whole demo, from a broken site to a restored one."""
    program = str(Path(sys.executable).with_name("mobius-tui"))
    words = [program, "demo", "--auto", "--manual", "tick", "--yes", "--plain"]

    def run() -> None:
        subprocess.run(words, check=True, capture_output=True)

    yield Figure(name="demo --auto", value=timed(run), limit=60, unit="s")


def flood(folder: Path) -> Iterator[Figure]:
    """A step that floods against `seq | cat` into a file."""
    last = last_for(FLOOD)
    runbook = _runbook(
        folder, iter([_step("flood", f"seq {last}", 'max_output = "64GiB"')])
    )
    plain = folder / "plain"
    cat = f"seq {last} | cat > '{plain}'"
    floor = timed(lambda: subprocess.run(["bash", "-c", cat], check=True))
    wanted = _sha256(plain)
    plain.unlink()
    directory, _ = asyncio.run(_auto(runbook))
    attempt = directory.attempt("flood", 1)
    ran = attempt.exit.stat().st_mtime - attempt.script.stat().st_mtime
    assert _sha256(attempt.output) == wanted, "the output is not what seq wrote"
    size = attempt.output.stat().st_size
    shutil.rmtree(directory.path)
    note = f"{size / 1e9:.2f} GB in {ran:.2f} s, cat {floor:.2f} s, SHA-256 equal"
    yield Figure(
        name="flood: seq | cat / a step",
        value=floor / ran,
        limit=0.75,
        unit="×",
        at_least=True,
        note=note,
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def history(folder: Path) -> Iterator[Figure]:
    """100,000 journal lines, folded and verified."""
    runbook = _runbook(folder, (_step(f"s{n}", "true") for n in range(500)))
    path = folder / "journal.jsonl"
    prev, lines = EMPTY_JOURNAL_HEAD, []
    for n, event in enumerate(_events(100_000), 1):
        entry = Entry(n=n, at=1e9 + n, mono=float(n), boot="b", by="ana", event=event)
        line = encode_entry(entry, prev)
        prev = hashlib.sha256(line[:-1]).hexdigest()
        lines.append(line)
    path.write_bytes(b"".join(lines))
    took = min(
        timed(lambda: fold(runbook, read_journal(path).entries)) for _ in range(3)
    )
    yield Figure(
        name="100,000 lines folded and verified", value=took, limit=2, unit="s"
    )


def _events(count: int) -> Iterator[Event]:
    from tests.run.small_runbook import BEGAN

    yield BEGAN
    made = 1
    attempt = 0
    while made < count:
        attempt += 1
        for n in range(500):
            step = f"s{n}"
            for event in (
                StepStarted(step=step, attempt=attempt),
                CheckTried(
                    step=step,
                    attempt=attempt,
                    check=0,
                    look=1,
                    held=True,
                    detail="GET http://127.0.0.1/health answered 200 in 3 ms",
                    ms=3.0,
                    row=1,
                ),
                StepEnded(step=step, attempt=attempt, result=Status.PASSED, exit=0),
            ):
                if made < count:
                    made += 1
                    yield event


def all_figures() -> Iterator[Figure]:
    """Every figure, each printed as it is taken."""
    yield from start_up()
    for measure in (steps, journal, intents, viewers, flood, history):
        with state_of_its_own("mobius-bench-") as folder:
            yield from measure(folder)
    with state_of_its_own("mobius-bench-"):
        yield from demo()
