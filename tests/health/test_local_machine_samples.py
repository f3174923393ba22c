"""Samples of this very machine, and counts of real processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from mobius_tui.health.health_record import decode_record, encode_record
from mobius_tui.health.local_machine import (
    FULL_SCAN_EVERY,
    MachineSampler,
    ProcessCounter,
    matching_processes,
    read_process,
    runs_this_program,
    with_ancestors,
)
from tests.health.marked_processes import SLEEP, running
from tests.waiting import PATIENCE


@pytest.fixture
def mark(tmp_path: Path) -> str:
    """A word that is in no other command line."""
    return f"mark-{os.getpid()}-{tmp_path.name}"


def test_a_sample_of_this_machine(tmp_path: Path) -> None:
    machine = MachineSampler(tmp_path)
    first = machine.sample(at=1.0, mono=1.0)
    deadline = time.monotonic() + PATIENCE
    second = machine.sample(at=2.0, mono=2.0)
    while second.cpu is None and time.monotonic() < deadline:
        second = machine.sample(at=2.0, mono=2.0)
    assert first.cpu is None
    for percent in (second.cpu, second.memory, second.disk):
        assert percent is not None
        assert 0 <= percent <= 100
    assert second.load1 is not None
    assert decode_record(encode_record(second)) == second


def test_a_directory_that_is_gone_has_no_disk(tmp_path: Path) -> None:
    sample = MachineSampler(tmp_path / "gone").sample(at=1.0, mono=1.0)
    assert sample.disk is None
    assert sample.memory is not None


def test_counts_follow_processes_that_come_and_go(tmp_path: Path, mark: str) -> None:
    machine = MachineSampler(tmp_path, {"it": mark})

    def count() -> int:
        return machine.sample(at=1.0, mono=1.0).processes["it"]

    assert count() == 0
    with running(mark):
        assert count() == 1
        with running(mark) as child:
            assert count() == 2
            # A zombie counts no more, though it is still in the list.
            child.kill()
            deadline = time.monotonic() + PATIENCE
            while count() != 1:
                assert time.monotonic() < deadline
            assert psutil.pid_exists(child.pid)
    assert count() == 0


def test_a_process_that_turns_into_another_is_seen_at_the_full_scan(mark: str) -> None:
    program = f"import os, sys; input(); os.execv(sys.executable, ['{mark}', '-c', "
    program += f"{SLEEP!r}])"
    scan = ProcessCounter({"it": f"^{mark}"})
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE
    ) as child:
        try:
            for mono in (0.0, 1.0, 2.0):
                assert scan.count(mono) == {"it": 0}
            assert child.stdin is not None
            child.stdin.write(b"\n")
            child.stdin.flush()
            deadline = time.monotonic() + PATIENCE
            while psutil.Process(child.pid).cmdline()[:1] != [mark]:
                assert time.monotonic() < deadline
            assert scan.count(2.0 + FULL_SCAN_EVERY) == {"it": 1}
        finally:
            child.kill()


def test_groups_and_own_processes_do_not_count(mark: str) -> None:
    scan = ProcessCounter({"it": mark})
    with running(mark) as child:
        assert scan.count(0.0) == {"it": 1}
        assert scan.count(0.0, excluded_groups={child.pid}) == {"it": 0}
        assert scan.count(0.0, excluded_pids={child.pid}) == {"it": 0}
        assert [each.pid for each in matching_processes(mark)] == [child.pid]
        assert matching_processes(mark, excluded_groups={child.pid}) == ()
        assert matching_processes(mark, excluded_pids={child.pid}) == ()


def test_this_process_and_its_ancestors_in_the_session_do_not_count() -> None:
    own = with_ancestors({os.getpid()})
    assert os.getpid() in own
    assert {os.getsid(pid) for pid in own} == {os.getsid(0)}
    found = {each.pid for each in matching_processes("")}
    assert not found & own


def test_what_is_gone_is_no_process() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
    assert read_process(child.pid) is None


@pytest.mark.parametrize(
    ("argv", "ours"),
    [
        (("python3", "-P", "-m", "mobius_tui.run.host.host_main", "x"), True),
        (("/v/bin/python3.13", "-X", "utf8", "-m", "mobius_tui"), True),
        (("/v/bin/python", "/v/bin/mobius-tui", "run", "x.toml"), True),
        (("/v/bin/mobius-tui", "run"), True),
        (("python", "-I", "-S", "/v/mobius_tui/run/keeper.py", "1"), True),
        (("node", "/srv/mobius/api"), False),
        (("python", "/srv/mobius/app.py", "mobius_tui"), False),
        (("python", "-m", "http.server"), False),
        (("vim", "/v/mobius_tui/run/keeper.py"), False),
        (("python",), False),
        ((), False),
    ],
)
def test_whose_a_command_line_is(argv: tuple[str, ...], ours: bool) -> None:
    assert runs_this_program(argv) is ours
