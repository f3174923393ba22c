"""`process` checks on real processes."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from mobius_tui.run.checks.context import CheckContext
from mobius_tui.run.checks.machine_checks import satisfies_count
from mobius_tui.runbook.model.check_kinds import ProcessCheck, ServiceCheck
from mobius_tui.structs import replace
from tests.health.marked_processes import running
from tests.run.checks.conftest import on_path, sight
from tests.waiting import PATIENCE


@pytest.fixture
def mark(tmp_path: Path) -> str:
    """A word that is in no other command line."""
    return f"mark-{os.getpid()}-{tmp_path.name}"


async def test_counted(ctx: CheckContext, mark: str) -> None:
    ctx = replace(ctx, own_pids=frozenset())  # what runs here is started by this test
    nothing = await sight(ProcessCheck(match=mark), ctx)
    assert not nothing.held
    assert nothing.detail == f"no processes match '{mark}', wanted >=1"
    assert (await sight(ProcessCheck(match=mark, count="0"), ctx)).held
    with running(mark) as one:
        seen = await sight(ProcessCheck(match=f"python.*{mark}$"), ctx)
        assert seen.held
        assert seen.detail.endswith(f"({one.pid})")
        assert not (await sight(ProcessCheck(match=mark, count="0"), ctx)).held
        with running(mark):
            assert (await sight(ProcessCheck(match=mark, count="==2"), ctx)).held
            assert not (await sight(ProcessCheck(match=mark, count="<2"), ctx)).held


async def test_a_steps_own_group_and_this_program_do_not_count(
    ctx: CheckContext, mark: str
) -> None:
    with running(mark) as child:
        for excluding in (
            replace(ctx, step_groups=frozenset({child.pid})),
            replace(ctx, own_pids=frozenset({child.pid})),
        ):
            assert (await sight(ProcessCheck(match=mark, count="0"), excluding)).held


async def test_a_zombie_does_not_count(ctx: CheckContext, mark: str) -> None:
    with subprocess.Popen([sys.executable, "-c", "", mark]) as child:
        while psutil.Process(child.pid).status() != psutil.STATUS_ZOMBIE:
            pass
        assert (await sight(ProcessCheck(match=mark, count="0"), ctx)).held


async def test_what_another_check_runs_does_not_count(
    ctx: CheckContext, program: Callable[[str, str], Path], tmp_path: Path, mark: str
) -> None:
    """`systemctl is-active mobius-api` has the pattern in its own command line."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    folder = program("systemctl", f"#!/bin/sh\necho active\necho > {fifo}\n")
    async with asyncio.TaskGroup() as group:
        asking = group.create_task(
            sight(ServiceCheck(names=(mark,)), on_path(ctx, folder))
        )
        async with asyncio.timeout(PATIENCE):
            while mark not in all_command_lines():
                await asyncio.sleep(0.01)
        seen = await sight(ProcessCheck(match=mark, count="0"), ctx)
        await asyncio.to_thread(fifo.read_text)
    assert seen.held
    assert asking.result().held


def all_command_lines() -> str:
    lines = []
    for process in psutil.process_iter():
        try:
            lines.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("number", "count", "held"),
    [
        (1, ">=1", True),
        (0, ">=1", False),
        (0, "0", True),
        (2, "2", True),
        (2, "==2", True),
        (2, "= 2", True),
        (3, "<=2", False),
        (3, "!=2", True),
        (3, ">2", True),
        (3, "<3", False),
    ],
)
def test_comparisons(number: int, count: str, held: bool) -> None:
    assert satisfies_count(number, count) is held


@pytest.mark.parametrize("count", ["", "some", ">", "=>1", "-1", "1.5", "³"])
async def test_what_is_no_count(ctx: CheckContext, count: str) -> None:
    seen = await sight(ProcessCheck(match="x", count=count), ctx)
    assert not seen.held
    assert "is no count" in seen.detail
