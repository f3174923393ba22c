"""A run of the tests fails where a process of it is left, and names who started it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.left_behind import MARK
from tests.paths import ROOT
from tests.run.running import alive

pytestmark = pytest.mark.campaign

CONFTEST = """
from tests.left_behind import LeftBehind

def pytest_configure(config):
    config.pluginmanager.register(LeftBehind(config, patience={patience}))
"""
TESTS = """
import subprocess
import sys

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]


def test_that_tidies_up():
    with subprocess.Popen(SLEEP) as one:
        one.kill()


def test_that_waits_for_nobody():
    subprocess.run(["sh", "-c", "sleep 1 &"], check=True)
"""
LEAVES = """

def test_that_leaves(tmp_path):
    subprocess.run(
        "setsid env -i sleep 600 & cd /; setsid sleep 601 &",
        shell=True,
        check=True,
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
"""


def suite(folder: Path, tests: str, patience: float) -> tuple[int, str]:
    """Run some tests in a process of their own; its code and what it printed."""
    (folder / "conftest.py").write_text(CONFTEST.format(patience=patience))
    (folder / "test_some.py").write_text(tests)
    (folder / "pytest.ini").write_text("[pytest]\n")
    words = ["-m", "pytest", "-p", "no:cacheprovider", "-n", "1", str(folder)]
    done = subprocess.run(
        [sys.executable, *words, f"--basetemp={folder}/temp"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_what_is_left_is_named_and_killed(tmp_path: Path) -> None:
    code, said = suite(tmp_path, TESTS + LEAVES, 0.0)
    assert code == pytest.ExitCode.TESTS_FAILED, said
    assert "3 passed" in said
    _, _, told = said.partition("left behind")
    lines = [line for line in told.splitlines() if "'sleep 60" in line]
    assert [line.split(": ")[0].rpartition("::")[2] for line in lines] == [
        "test_that_leaves0",
        "test_that_leaves",
    ], said
    for line in lines:
        assert not alive(int(line.split()[2].rstrip(":")))


def test_what_ends_by_itself_is_waited_for(tmp_path: Path) -> None:
    code, said = suite(tmp_path, TESTS, 60.0)
    assert code == 0, said
    assert "left behind" not in said


def test_this_very_run_is_marked() -> None:
    assert len(os.environ[MARK]) == 32
