"""A host whose key is another than the known one stops a step, as a run has it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mobius_tui.run.events.fleet_events import HoldReason, HostStatus
from tests.run.conftest import Begin

SSH = """#!/bin/sh
for last; do :; done
case "$*" in *" web-2 "*)
  echo asked >> {folder}/asked
  echo "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @" >&2
  echo "Host key verification failed." >&2
  exit 255;;
esac
exec sh -c "$last"
"""
BOOK = """format = 2
[runbook]
title = "X"
[targets.web]
hosts = ["web-[1:3]"]
[[step]]
id = "go"
hosts = "web"
effect = "change"
timeout = "1m"
undo = "none: a test"
run = "true"
batch = ["1"]
on_unreachable = "skip"
max_failed = "100%"
retry = { attempts = 3, every = "100ms" }
"""


async def test_it_holds_every_further_host_until_a_person_says_what_it_counts_for(
    begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "ssh").write_text(SSH.format(folder=tmp_path))
    (programs / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(tmp_path))
    run = await begin(BOOK)
    await run.did("start", "go")
    state = await run.until(
        lambda state: "go" in state.fleets and state.fleets["go"].attempts[1].held
    )
    own = state.fleets["go"].attempts[1]
    assert own.held is not None
    assert own.held.why is HoldReason.HOST_KEY
    assert own.hosts["web-2"].host_key == "changed"
    assert own.hosts["web-3"].status is HostStatus.WAITING
    assert (tmp_path / "asked").read_text() == "asked\n", "it is an answer"
    settle = {"attempt": 1, "host": "web-2", "settled": "skip", "reason": "reinstalled"}
    await run.did("settle", "go", **settle)
    state = await run.status("go", "warned")
    assert state.fleets["go"].attempts[1].hosts["web-3"].status is HostStatus.OK
