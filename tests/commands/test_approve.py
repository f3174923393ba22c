"""`mobius-tui approve`: nobody types a phrase that the host would refuse."""

from __future__ import annotations

import fcntl
import io
import os

import pytest

from mobius_tui.cli import main
from mobius_tui.run.events.step_events import ApprovalAsked, ApprovalGiven
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.planning.approval_rules import binding_digest
from mobius_tui.run.storage.state_folders import runs_root
from tests.run.planning.situations import made


@pytest.mark.usefixtures("state_home")
def test_whoever_has_approved_is_told_so_before_they_type(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    runs_root().parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    run = made(runs_root().parent)
    follower = Follower(run.directory)
    step = follower.plan.steps["second"]
    bound = binding_digest(follower.plan, follower.state, step)
    own = {"step": "second", "attempt": 1, "binding": bound}
    other = os.getuid() + 1
    with run.directory.lock.open("r+b", buffering=0) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(b"4242\n")
        run.write(ApprovalAsked(**own, role="ops", count=2, within=1e9, uid=other))  # type: ignore[arg-type]
        main(["approve", run.directory.id])
        assert "To approve, type: " in capsys.readouterr().err
        run.write(ApprovalGiven(**own, name="ana", uid=os.getuid()))  # type: ignore[arg-type]
        assert main(["approve", run.directory.id]) != 0
    said = capsys.readouterr().err
    assert "ana has approved it; another person is wanted" in said
    assert "To approve, type: " not in said
