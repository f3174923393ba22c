"""Who is signalled by the number of a child: it, its group, and nobody else."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator

import psutil
import pytest

from mobius_tui.run.keeper.child_signals import (
    is_unreaped_child,
    signal_child,
    signal_group,
)
from tests.waiting import PATIENCE


@pytest.fixture
def stranger() -> Iterator[psutil.Process]:
    """A process that leads a group and is no child of ours, as if by a used number."""
    command = "setsid sleep 300 >/dev/null 2>&1 & echo $!"
    shell = subprocess.run(["sh", "-c", command], capture_output=True, check=True)
    process = psutil.Process(int(shell.stdout))
    while os.getpgid(process.pid) != process.pid:
        process.status()
    yield process
    process.kill()


def test_no_signal_goes_to_a_number_that_is_no_childs_any_more(
    stranger: psutil.Process,
) -> None:
    assert not is_unreaped_child(stranger.pid)
    signal_child(stranger.pid, signal.SIGKILL)
    signal_group(stranger.pid, signal.SIGKILL)
    assert stranger.is_running()
    assert stranger.status() != psutil.STATUS_ZOMBIE


def test_what_a_child_left_in_its_group_is_ended_after_it_was_reaped() -> None:
    command = "sleep 300 >/dev/null & echo $!"
    child = subprocess.Popen(
        ["sh", "-c", command], stdout=subprocess.PIPE, start_new_session=True
    )
    out, _ = child.communicate()
    left = psutil.Process(int(out))
    signal_group(child.pid, signal.SIGKILL)
    left.wait(PATIENCE)


def test_a_child_that_has_ended_and_is_not_reaped_keeps_its_number() -> None:
    child = subprocess.Popen(["true"])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert is_unreaped_child(child.pid)
    signal_child(child.pid, signal.SIGKILL)
    assert child.wait() == 0
    assert not is_unreaped_child(child.pid)
