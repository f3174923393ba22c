"""Five hundred runs of a runbook: how long `stats` takes over them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from mobius_tui.health.health_record import ProbeResult
from mobius_tui.health.health_record import encode_record as encode_health
from mobius_tui.run.events.event import Event
from mobius_tui.run.events.journal_entry import Entry, encode_entry
from mobius_tui.run.events.mode_and_outcome import Mode, Outcome
from mobius_tui.run.events.run_events import RunBegan, RunEnded
from mobius_tui.run.events.step_events import StepEnded, StepStarted
from mobius_tui.run.journal.journal import EMPTY_JOURNAL_HEAD
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.storage.run_directory import (
    RunDirectory,
    make_run_directory,
)
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.model.runbook import Runbook, runbook_digest
from tests.benchmarks.figures import Figure, timed
from tests.benchmarks.runs import PROGRAM, plain_steps, runbook_of

RUNS = 501
STEPS = 200
BEGAN = 1.795e9
CHECKS = 720
"""An hour of looks, one in five seconds."""


def statistics_of_runs(folder: Path) -> Iterator[Figure]:
    """`stats`, from the journals and from the summaries, beside a plain loop."""
    make_runs(folder)
    words = (PROGRAM, "stats", "bench", "--plain")
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    told = {}

    def ask(name: str) -> None:
        done = subprocess.run(words, env=env, check=True, capture_output=True)
        told[name] = done.stdout

    first = timed(lambda: ask("journals"))
    took = min(timed(lambda: ask("summaries")) for _ in range(5))
    assert told["journals"] == told["summaries"]
    added = min(timed(_ten_million_additions) for _ in range(3))
    note = f"ten million additions {added:.2f} s"
    yield Figure(
        name="stats: 501 runs from journals", value=first, limit=60, unit="s", note=note
    )
    yield Figure(
        name="stats: 501 runs summed up", value=took, limit=0.5, unit="s", note=note
    )


def _ten_million_additions() -> None:
    total = 0
    for number in range(10_000_000):
        total += number


def make_runs(folder: Path, count: int = RUNS) -> None:
    """Runs of two hundred steps that all passed, watched for an hour each."""
    runbook = runbook_of(folder, plain_steps(STEPS))
    first = make_run_directory(runs_root(), runbook, BEGAN)
    lines, prev = [], EMPTY_JOURNAL_HEAD
    for n, event in enumerate(_events(runbook, first), 1):
        at = BEGAN + n / 10
        entry = Entry(n=n, at=at, mono=n / 10, boot="bench", by="ana", event=event)
        lines.append(encode_entry(entry, prev))
        prev = sha256(lines[-1][:-1]).hexdigest()
    first.journal.write_bytes(b"".join(lines))
    checks = (
        ProbeResult(
            at=BEGAN + n, mono=n, probe="api", state="ok", status=200, ms=9.0 + n % 7
        )
        for n in range(0, CHECKS * 5, 5)
    )
    first.health.write_bytes(b"".join(map(encode_health, checks)))
    for number in range(1, count):
        when = datetime.fromtimestamp(BEGAN + number, UTC)
        name = f"{when:%Y-%m-%dT%H-%M-%S}-{runbook.id}"
        shutil.copytree(first.path, first.path.with_name(name))


def _events(runbook: Runbook, directory: RunDirectory) -> Iterator[Event]:
    yield RunBegan(
        run=directory.id,
        runbook=runbook.id,
        file=runbook.sources[0].name,
        sha256=runbook_digest(runbook.sources),
        title=runbook.title,
        mode=Mode.INCIDENT,
        workdir="/",
        operator="ana",
        setting={},
        site=None,
        path=str(runbook.path),
    )
    for number in range(1, STEPS + 1):
        yield StepStarted(step=f"s{number}", attempt=1)
        yield StepEnded(step=f"s{number}", attempt=1, result=Status.PASSED, exit=0)
    yield RunEnded(outcome=Outcome.COMPLETED, reason="all of it is done")
