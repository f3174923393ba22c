"""What Ansible is told of an attempt, from its step and the run."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from mobius_tui.errors import MobiusError
from mobius_tui.run.attempts import launcher
from mobius_tui.run.attempts.attempt_hosts import playbook_order
from mobius_tui.run.attempts.stopping import ATTEMPT_MARK
from mobius_tui.run.journal.journal import Clock
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.playbooks.playbook_order import PlaybookOrder
from mobius_tui.run.state.reducer import initial_state
from mobius_tui.run.state.step_state import StateVariable
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.targets.resolved_hosts import TargetHost
from mobius_tui.runbook.library.loader import load
from mobius_tui.structs import replace
from tests.run.made_services import make_context
from tests.run.small_runbook import BEGAN

BOOK = """format = 2
[runbook]
title = "Hosts"
[var.release]
[var.token]
secret = true
[targets.web]
hosts = ["web"]
inventory = "hosts.ini"
[[step]]
id = "play"
title = "Play"
hosts = "web"
playbook = "p.yml"
vars = ["release", "token"]
become = "root"
parallel = 7
[[step]]
id = "script"
title = "Script"
hosts = "web"
engine = "ansible"
run = "id"
effect = "read"
"""
HOSTS = (TargetHost(name="web-1", address="10.0.0.1"),)


async def order_of(folder: Path, step: str, release: str | None) -> PlaybookOrder:
    (folder / "x.toml").write_text(BOOK)
    plan = Plan(load(folder / "x.toml"))
    state = initial_state(plan.runbook)
    state.began = replace(BEGAN, path=str(folder / "x.toml"))
    if release is not None:
        state.variables["release"] = StateVariable(text=release, source="given")
    state.variables["token"] = StateVariable(text=None, source="secret")
    async with asyncio.TaskGroup() as tasks:
        context = make_context(
            RunDirectory(folder / "run"),
            plan,
            state,
            Clock(boot="b"),
            tasks,
            secrets={"token": "hunter2"},
            env={"PATH": str(folder / "programs")},
        )
    return playbook_order(
        context, plan.steps[step], 3, HOSTS, forks=7, timeout=60.0, max_output=5
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "ansible-playbook").touch(mode=0o755)
    return tmp_path


async def test_the_order_of_a_playbook(path: Path) -> None:
    order = await order_of(path, "play", "{{ 1 }}")
    assert order == PlaybookOrder(
        folder=str(path / "run" / "steps" / "play.3"),
        hosts=HOSTS,
        program=str(path / "programs" / "ansible-playbook"),
        workdir=str(path),
        env={"PATH": str(path / "programs"), ATTEMPT_MARK: f"{path}/run/play.3"},
        playbook="p.yml",
        variables={"release": "{{ 1 }}", "token": "hunter2"},
        inventory="hosts.ini",
        shell=launcher.BASH,
        become="root",
        forks=7,
        timeout=60.0,
        max_output=5,
        secrets=("hunter2",),
    )
    assert order.batch_timeout == 60.0


async def test_the_order_of_a_script(path: Path) -> None:
    order = await order_of(path, "script", None)
    assert (order.is_script, order.script, order.forks) == (True, "id", 7)
    assert order.batch_timeout == 120.0  # its own limit is kept on the hosts


async def test_what_is_missing_is_named(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(MobiusError, match="release"):
        await order_of(path, "play", None)
    (path / "programs" / "ansible-playbook").unlink()
    monkeypatch.setattr(sys, "executable", str(path / "python"))
    with pytest.raises(MobiusError, match=r"pip install 'mobius-tui\[ansible\]'"):
        await order_of(path, "script", None)
