"""A backtest of 100,000 checks, and their way through the triggers alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from mobius_tui.health.backtest import DEFAULT_TRIGGERS
from mobius_tui.health.health_record import ProbeResult, encode_record
from mobius_tui.health.trigger import TriggerEvaluator
from mobius_tui.runbook.model.probes import Probe
from tests.benchmarks.figures import Figure, timed

CHECKS = 100_000


def checks() -> list[ProbeResult]:
    """Of two probes, one of which reports its figures; ten failures in a thousand."""
    found = []
    for n in range(CHECKS):
        bad, told = 500 <= n % 1000 < 510, n % 2 == 0
        found.append(
            ProbeResult(
                at=1.7e9 + n,
                mono=float(n),
                probe="api" if told else "web",
                state="failed" if bad else "ok",
                status=503 if bad else 200,
                ms=20.0 + n * 37 % 101,
                reason="answered 503, wanted 200" if bad else "",
                error_rate=0.01 if told else None,
                p95_ms=40.0 if told else None,
            )
        )
    return found


def backtest(folder: Path) -> Iterator[Figure]:
    """The command, from its start to its end; and the triggers in this process."""
    made = checks()
    path = folder / "health.jsonl"
    path.write_bytes(b"".join(map(encode_record, made)))
    program = str(Path(sys.executable).with_name("mobius-tui"))
    words = [program, "watch", "--replay", str(path), "--json"]

    def run() -> None:
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)

    took = min(timed(run) for _ in range(3))
    yield Figure(name="watch --replay, 100,000 checks", value=took, limit=2, unit="s")
    probes = [Probe(id=name, url="http://127.0.0.1/") for name in ("api", "web")]

    def judged() -> None:
        watch = TriggerEvaluator(DEFAULT_TRIGGERS, probes)
        for check in made:
            watch.apply(check)

    took = min(timed(judged) for _ in range(3))
    yield Figure(name="100,000 checks through 4 rules", value=took, limit=2, unit="s")
