"""Runs of the bundled rollback in every state that the run screen shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mobius_tui.health.health_record import MachineSample, ProbeResult
from mobius_tui.run.events.message_events import (
    MessageNotSent,
    MessageQueued,
    MessageSent,
    MessageTried,
    MessageUnknown,
)
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.events.run_events import (
    HostStarted,
    PhaseEntered,
    RunEnded,
    VariableSet,
)
from mobius_tui.run.events.step_events import (
    CheckTried,
    ChoiceMade,
    StepEnded,
    StepSkipped,
    StepStarted,
    StepUnknown,
)
from mobius_tui.run.events.watch_events import RollbackBegan, TriggerFired, WatchArmed
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.library.loader import load
from tests.paths import TESTS
from tests.tui.runs import MadeRun, made, rollback

LISTED = TESTS / "tui" / "data" / "listed.toml"
UNDO = TESTS / "tui" / "data" / "undo.toml"
BACKUP = "/srv/mobius/backups/dhash_production_20261124_134505.zip"


def checks(
    run: MadeRun, *, failing: int, count: int = 60
) -> Iterator[ProbeResult | MachineSample]:
    """A probe that was well, then slow, and at last fails."""
    begin = run.at - 5.0 * count + 3
    for number in range(count):
        bad = number >= count - failing
        slow = max(0, number - count + failing + 12)
        yield ProbeResult(
            at=begin + 5.0 * number,
            mono=number * 5.0,
            probe="api",
            state="failed" if bad else "ok",
            status=503 if bad else 200,
            ms=41.0 + (number * 7) % 13 + min(5100.0, 430.0 * slow) * (failing > 0),
            reason="503 Service Unavailable" if bad else "",
        )
    yield MachineSample(
        at=run.at - 2,
        mono=1.0,
        cpu=12.0,
        memory=48.0,
        disk=71.0,
        load1=0.82,
        processes={"Processes are alive": 0 if failing else 2},
    )


def fresh(tmp_path: Path) -> MadeRun:
    return rollback(tmp_path)


def _ended(run: MadeRun, step: str, took: float, **how: object) -> None:
    run.write(StepStarted(step=step, attempt=1))
    run.write(
        StepEnded(step=step, attempt=1, **{"result": "passed", **how}),  # type: ignore[arg-type]
        after=took,
    )


def assessed(tmp_path: Path) -> MadeRun:
    """Everything before the rollback is done."""
    run = rollback(tmp_path)
    run.write(
        ChoiceMade(
            step="indicators",
            attempt=1,
            var="indicators",
            values=("critical-functionality", "trigger"),
        ),
        after=12,
    )
    _ended(
        run,
        "system-status",
        14,
        result="warned",
        reason="exit 1: the command says that it failed",
        exit=1,
    )
    _ended(run, "metrics", 0.3)
    _ended(run, "user-impact", 1.2, result="warned", reason="http check: 503, not 200")
    run.write(
        ChoiceMade(step="decision", attempt=1, var="decision", values=("roll-back",)),
        after=20,
    )
    _ended(run, "find-backup", 2.4)
    run.write(
        VariableSet(
            name="backup_file", value=BACKUP, source="output", step="find-backup"
        )
    )
    _ended(run, "notify-ic", 40, reason="@incident-commander")
    run.write(
        VariableSet(
            name="ic_ack",
            value="@incident-commander",
            source="answer",
            step="notify-ic",
        )
    )
    _ended(run, "alert-stakeholders", 9)
    run.write(StepSkipped(step="status-page", reason="there is none"), after=3)
    _ended(run, "record-decision", 31, reason="@ops")
    run.write(VariableSet(name="authorized_by", value="@ops", source="answer"))
    _ended(run, "inspect-backup", 0.4)
    return run


OUTPUT = """\
Verifying backup integrity...
✔ Backup integrity verified
Extracting backup to /tmp/tmp.1aRlDq849C
Backup metadata:
  environment  production
  git_commit   4c1f0aa
  created_by   deploy@web-1
Starting rollback for environment: production
Creating pre-rollback backup...
Backed up configuration files
\x1b[33mStopping mobius-api ... stopped\x1b[0m
\x1b[33mStopping mobius-worker ... stopped\x1b[0m
Restoring configuration files...
"""


def running(tmp_path: Path) -> MadeRun:
    run = assessed(tmp_path)
    run.write(
        StepStarted(step="execute", attempt=1, reads=("backup_file", "target_env")),
        after=8,
    )
    run.output("execute", 1, OUTPUT)
    run.at += 42
    run.health(checks(run, failing=26))
    return run


def failed(tmp_path: Path) -> MadeRun:
    run = running(tmp_path)
    run.output(
        "execute", 1, "cp: cannot create config/api.json: No space left on device\n"
    )
    run.write(
        StepEnded(
            step="execute",
            attempt=1,
            result=Status.FAILED,
            reason="exit 1: the command says that it failed",
            exit=1,
        ),
        after=3,
    )
    return run


def unknown(tmp_path: Path) -> MadeRun:
    run = running(tmp_path)
    run.write(
        StepUnknown(
            step="execute",
            attempt=1,
            reason="the host and the keeper died while it ran",
            left=("4711 bash ./scripts/deploy/rollback_dhash.sh",),
        ),
        after=60,
        by="host",
    )
    return run


def checking(tmp_path: Path) -> MadeRun:
    run = running(tmp_path)
    for look, held in ((1, False), (2, True), (3, True)):
        run.write(
            CheckTried(
                step="execute",
                attempt=1,
                check=0,
                look=look,
                held=held,
                detail="200 in 41 ms" if held else "refused",
                ms=41.0,
                row=look - 1,
            ),
            after=10,
        )
    return run


def recovering(tmp_path: Path) -> MadeRun:
    run = failed(tmp_path)
    run.write(PhaseEntered(phase="failure-recovery", from_step="execute"), after=10)
    return run


def ended(tmp_path: Path) -> MadeRun:
    run = failed(tmp_path)
    run.write(
        RunEnded(outcome=Outcome.FAILED, reason="failed: 3.2 Restore the backup"),
        after=20,
    )
    return run


def telling(tmp_path: Path) -> MadeRun:
    """The next thing is a message."""
    run = rollback(tmp_path)
    run.write(
        ChoiceMade(step="indicators", attempt=1, var="indicators", values=("trigger",))
    )
    for step in ("system-status", "metrics", "user-impact", "find-backup"):
        _ended(run, step, 2)
    run.write(VariableSet(name="backup_file", value=BACKUP, source="output"))
    run.write(
        ChoiceMade(step="decision", attempt=1, var="decision", values=("roll-back",))
    )
    _ended(run, "notify-ic", 9, reason="@incident-commander")
    return run


def decided(tmp_path: Path) -> MadeRun:
    """The next thing is a step that only reads."""
    run = rollback(tmp_path)
    run.write(
        ChoiceMade(step="indicators", attempt=1, var="indicators", values=("trigger",)),
        after=5,
    )
    return run


def paging(tmp_path: Path) -> MadeRun:
    """The next thing is a person's, who must answer."""
    run = decided(tmp_path)
    for step in ("system-status", "metrics", "user-impact", "find-backup"):
        _ended(run, step, 2)
    run.write(
        ChoiceMade(step="decision", attempt=1, var="decision", values=("roll-back",))
    )
    return run


def deciding(tmp_path: Path) -> MadeRun:
    """The next thing is a decision for one of two ways."""
    run = decided(tmp_path)
    for step in ("system-status", "metrics", "user-impact"):
        _ended(run, step, 2)
    return run


HOLDS = "production config packages .env"
BACKUPS = tuple(
    "\t".join(row)
    for row in (
        (
            BACKUP,
            f"2.4.9   11-24 11:43    2 h  deploy  9852548 {HOLDS}",
            (
                "proposed: intact, of this environment, and the newest that no rollback"
                " made"
            ),
        ),
        (
            BACKUP.replace("134505", "134459"),
            f"2.5.0   11-24 13:44  1 min  root    e5aa9c1 {HOLDS}",
            "made by a rollback: it holds what was there before, which was bad",
        ),
        (
            "",
            "?       11-24 03:00   10 h  ?       ?       ?",
            "it is damaged: its sum is not that of its .sha256",
        ),
        (
            BACKUP.replace("20261124", "20261123"),
            f"2.4.8   11-23 13:45   24 h  deploy  60ef0cc {HOLDS}",
            "good, but older",
        ),
    )
)
"""What a step lists: the value, a title and why; the one before last is refused."""


def listed(tmp_path: Path) -> MadeRun:
    """The next thing is a decision for one of those that a step has listed."""
    values = {"target_env": "production"}
    run = made(tmp_path, LISTED, values)
    _ended(run, "find-backup", 2)
    lines = "\n".join(BACKUPS)
    run.write(
        VariableSet(name="backups", value=lines, source="output", step="find-backup")
    )
    return run


def passed(run: MadeRun, step: str) -> None:
    """A step passes, in a second."""
    _ended(run, step, 1)


def changed(tmp_path: Path) -> MadeRun:
    """All steps have changed something; what is next is to end the run."""
    run = made(tmp_path, UNDO, {"env": "production"})
    run.write(StepStarted(step="note-the-old-pool", attempt=1))
    value = VariableSet(
        name="old_pool", value="green", source="output", step="note-the-old-pool"
    )
    run.write(value, after=1)
    run.write(StepEnded(step="note-the-old-pool", attempt=1, result=Status.PASSED))
    _ended(run, "point-the-balancer-at-the-new-pool", 2)
    _ended(run, "tell-customers", 1)
    _ended(run, "drain-the-old-pool", 3, result="failed", reason="exit 1", exit=1)
    return run


def retried(tmp_path: Path) -> MadeRun:
    """A second attempt runs beside the output of the first."""
    run = failed(tmp_path)
    run.write(
        StepStarted(step="execute", attempt=2, reads=("backup_file", "target_env")),
        after=20,
    )
    run.output("execute", 2, OUTPUT)
    run.at += 5
    return run


REASON = "3 checks of api failed in a row"


def _fired(run: MadeRun, grace: float | None) -> None:
    event = TriggerFired(
        probe="api",
        rule="consecutive_failures",
        reason=REASON,
        seen=run.at,
        grace=grace,
    )
    run.write(event, after=1, by="trigger")


def fired(tmp_path: Path) -> MadeRun:
    """A trigger has fired, and nothing begins by itself."""
    run = assessed(tmp_path)
    run.health(checks(run, failing=4))
    _fired(run, None)
    return run


def fired_meanwhile(tmp_path: Path) -> MadeRun:
    """A trigger has fired while a step runs that changes something."""
    run = running(tmp_path)
    run.write(
        TriggerFired(
            probe="api",
            rule="consecutive_failures",
            reason="3 checks of api failed in a row",
            seen=run.at,
        ),
        by="trigger",
    )
    return run


def countdown(tmp_path: Path) -> MadeRun:
    """Armed, a trigger has fired: there are seconds to hold the rollback."""
    run = assessed(tmp_path)
    run.write(WatchArmed(confirmed=True), after=4)
    run.health(checks(run, failing=4))
    _fired(run, 10.0)
    return run


def rolling(tmp_path: Path) -> MadeRun:
    """The rollback goes on by itself."""
    run = countdown(tmp_path)
    began = RollbackBegan(
        phase="automated-rollback",
        cause="trigger",
        reason=REASON,
        probe="api",
        rule="consecutive_failures",
    )
    run.write(began, after=10, by="trigger")
    run.write(PhaseEntered(phase="automated-rollback", reason=REASON), by="trigger")
    return run


def sendable(tmp_path: Path) -> MadeRun:
    """The next thing is a message, and its channels can be reached."""
    run = telling(tmp_path)
    for name in ("slack_webhook", "teams_webhook"):
        run.write(VariableSet(name=name, value=None, source="secret"))
    return run


TOLD = "ROLLBACK IN PROGRESS\n\nEnvironment: production"


def queued(step: str) -> MessageQueued:
    """The first message of a run, to two channels."""
    return MessageQueued(
        delivery=1,
        channels=("slack", "teams"),
        title="Rollback started",
        text=TOLD,
        step=step,
        attempt=1,
    )


def sending(tmp_path: Path) -> MadeRun:
    """A message was told, and is on its way to two channels."""
    run = sendable(tmp_path)
    step = "alert-stakeholders"
    run.write(queued(step))
    run.write(StepStarted(step=step, attempt=1))
    run.write(StepEnded(step=step, attempt=1, result=Status.PASSED, note=TOLD))
    run.write(MessageTried(delivery=1, number=1), by="host")
    run.write(MessageSent(delivery=1, number=1, status=200, answer="ok"), by="host")
    run.write(MessageTried(delivery=2, number=1), by="host")
    return run


def unsent(tmp_path: Path) -> MadeRun:
    """One of the channels would not take it."""
    run = sending(tmp_path)
    refused = MessageNotSent(
        delivery=2, number=1, reason="it answers 404", status=404, answer="no such hook"
    )
    run.write(refused, after=1, by="host")
    return run


def perhaps_sent(tmp_path: Path) -> MadeRun:
    """Of one of the channels nobody knows whether it has it."""
    run = sending(tmp_path)
    reason = "no answer in 10 s"
    run.write(MessageUnknown(delivery=2, number=1, reason=reason), after=10, by="host")
    return run


_SECRETS = """
format = 2
[runbook]
title = "Lost"
[var.pw]
title = "The database's password"
from_env = "PW"
secret = true
[var.token]
from_run = "vault read token"
secret = true
[[step]]
id = "a"
run = "uptime"
"""


def without_secrets(tmp_path: Path) -> MadeRun:
    """The run's second host knows neither of two secrets."""
    path = tmp_path / "lost.toml"
    path.write_text(_SECRETS)
    run = MadeRun(tmp_path / "runs", load(path), values={}, path="/srv/lost.toml")
    run.write(HostStarted(pid=4241), by="host")
    for name in ("pw", "token"):
        run.write(VariableSet(name=name, value=None, source="secret"))
    run.write(HostStarted(pid=4242, without=("pw", "token")), by="host")
    return run
