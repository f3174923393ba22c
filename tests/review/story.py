"""A run that has a little of everything, written by hand under a clock of its own."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from mobius_tui.health.health_record import ProbeResult
from mobius_tui.run.events.message_events import (
    MessageQueued,
    MessageSent,
    MessageTried,
)
from mobius_tui.run.events.mode_and_outcome import Mode, Outcome
from mobius_tui.run.events.run_events import (
    HealthSealed,
    HostStarted,
    HostStopped,
    NoteAdded,
    PhaseEntered,
    PhaseLeft,
    RunEnded,
    VariableSet,
)
from mobius_tui.run.events.step_events import (
    CheckTried,
    ChoiceMade,
    StepEnded,
    StepOverridden,
    StepSkipped,
    StepStarted,
    StepUnknown,
)
from mobius_tui.run.events.watch_events import TriggerCleared, TriggerFired
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.records.run_record import write_record
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.library.loader import load
from tests.paths import TESTS
from tests.tui.runs import BEGAN, MadeRun

BOOK = TESTS / "review" / "data" / "story.toml"
SECRET = "s3cret-t0ken"

HOSTILE = (
    "\x1b]0;owned\x07\x1b[2J \u202egnp.exe <script>alert(1)</script> "
    "[x](javascript:alert(1)) | `rm -rf` ``` @everyone #1 www.evil.test "
    "https://evil.test/ \x00 ]]> &lt; ![i](http://evil.test/i.png) $HOME \\| <!-- -->"
)


def checks(began: float) -> Iterator[ProbeResult]:
    """A service that fails from 0:20 to 2:40, and is slow for a while after that."""
    for slot in range(60):
        at = began + slot * 5.0
        bad = 4 <= slot < 32
        slow = 32 <= slot < 38
        yield ProbeResult(
            at=at,
            mono=slot * 5.0,
            probe="api",
            state="failed" if bad else "ok",
            status=500 if bad else 200,
            ms=900.0 if slow else 80.0 + slot % 7,
            reason="status 500" if bad else "",
        )
        yield ProbeResult(
            at=at,
            mono=slot * 5.0,
            probe="jobs",
            state="no data" if slot % 20 == 19 else "ok",
            status=None if slot % 20 == 19 else 200,
            ms=None if slot % 20 == 19 else 12.0,
            error_rate=None if slot % 20 == 19 else 0.02,
            p95_ms=None if slot % 20 == 19 else 31.0 + slot,
        )


def begun(root: Path, **how: Any) -> MadeRun:
    """The run, at its beginning."""
    run = MadeRun(
        root,
        load(BOOK),
        values={"target": "production"},
        environment="production",
        workdir="/srv/shop",
        path="/srv/shop/story.toml",
        **how,
    )
    run.write(VariableSet(name="token", value=None, source="secret"))
    run.write(HostStarted(pid=77), by="host")
    return run


def story(root: Path, *, said: str = "all pages answer 500", **how: Any) -> MadeRun:
    """The whole run: detected, decided, restored, with a step of every kind of end.

    Args:
        root: the folder of all runs.
        said: what people and programs say in it.
        how: the run's mode, and the like.
    """
    run = begun(root, **how)
    began = run.at
    fired = TriggerFired(
        probe="api", rule="consecutive_failures", reason="3 failures", seen=began + 30
    )
    run.write(fired, after=31, by="trigger")
    run.write(NoteAdded(text=said), after=9, by="ana")
    _assess(run, said)
    _restore(run, said)
    run.write(
        TriggerCleared(probe="api", rule="consecutive_failures"), after=1, by="trigger"
    )
    run.write(
        RunEnded(outcome=Outcome.INCOMPLETE, reason="skipped: 2.4 Ask a customer"),
        after=60,
    )
    run.health(checks(began))
    health = run.directory.health.read_bytes()
    seal = HealthSealed(bytes=len(health), sha256=sha256(health).hexdigest())
    run.write(seal, after=1, by="host")
    run.write(HostStopped(reason="the run is over"), by="host")
    return run


def _assess(run: MadeRun, said: str) -> None:
    run.write(StepStarted(step="look", attempt=1), after=2)
    run.output("look", 1, f"line one\n{said}\nlast line\n")
    run.write(VariableSet(name="backup", value="a.zip", source="output", step="look"))
    run.write(StepEnded(step="look", attempt=1, result=Status.PASSED, exit=0), after=8)
    way = ChoiceMade(
        step="decide", attempt=1, var="way", values=("roll back",), reason=said
    )
    run.write(way, after=12)
    run.write(StepStarted(step="tell", attempt=1, reads=("target",)), after=3)
    told = f"Rolling back: {said}"
    sent = MessageQueued(
        delivery=1,
        channels=("chat",),
        title="Rollback begun",
        text=told,
        step="tell",
        attempt=1,
    )
    run.write(sent, after=4)
    run.write(MessageTried(delivery=1, number=1), by="host")
    run.write(MessageSent(delivery=1, number=1, status=200), after=1, by="host")
    run.write(
        StepEnded(step="tell", attempt=1, result=Status.PASSED, note=told), after=4
    )


def _restore(run: MadeRun, said: str) -> None:
    run.write(StepStarted(step="clean", attempt=1), after=1, by="ben")
    run.write(StepUnknown(step="clean", attempt=1, reason="its host died"), by="host")
    run.write(StepStarted(step="verify", attempt=1, reads=("backup",)), after=2)
    look = CheckTried(
        step="verify", attempt=1, check=0, look=1, held=False, detail=said, ms=3, row=0
    )
    run.write(look, by="host")
    run.write(
        StepEnded(step="verify", attempt=1, result=Status.FAILED, reason=said),
        by="host",
    )
    run.write(StepOverridden(step="verify", reason=said), after=5)
    reads = ("backup", "token")
    run.write(StepStarted(step="roll", attempt=1, reads=reads), after=4)
    run.output("roll", 1, f"+ ./rollback.sh\n\x1b[31m{said}\x1b[0m\n10%\r100%\n")
    ended = StepEnded(
        step="roll",
        attempt=1,
        result=Status.FAILED,
        exit=127,
        reason="exit 127: a command was not found",
        output_bytes=2048,
        left=("4711 node",),
    )
    run.write(ended, after=20, by="host")
    run.write(PhaseEntered(phase="repair", from_step="roll", reason=said), by="host")
    run.write(StepStarted(step="unzip", attempt=1), after=10)
    run.write(
        StepEnded(step="unzip", attempt=1, result=Status.PASSED, exit=0), after=30
    )
    run.write(
        PhaseLeft(phase="repair", passed=True, recovered=("roll",)), after=1, by="host"
    )
    run.write(StepSkipped(step="ask", reason=said), after=4)


def drilled(root: Path, *, fires: bool = True) -> MadeRun:
    """A drill of a day before: its trigger after 10 s, 40 s of restoring."""
    run = begun(root, mode=Mode.DRILL, at=BEGAN - 86_400)
    if fires:
        fired = TriggerFired(
            probe="api", rule="consecutive_failures", reason="3", seen=run.at + 9
        )
        run.write(fired, after=10, by="trigger")
    run.write(StepStarted(step="roll", attempt=1), after=20)
    run.write(StepEnded(step="roll", attempt=1, result=Status.PASSED, exit=0), after=10)
    run.write(RunEnded(outcome=Outcome.COMPLETED, reason="so"), after=5)
    follower = Follower(run.directory)
    write_record(run.directory, follower.plan, follower.state, follower.head)
    return run
