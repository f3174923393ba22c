"""Runbooks of the kind that others write, drilled beside all that they would change.

Each runs in a copy of the whole disk, of which every path is compared before and after.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.paths import ROOT, TESTS
from tests.program import PROGRAM
from tests.waiting import PATIENCE

pytestmark = pytest.mark.machine  # it lays a disk over the machine's: root alone may

RUNBOOKS = sorted((TESTS / "data" / "drilled").glob("*.toml"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """What a command came to in the copy."""

    code: int
    said: str
    changed: tuple[str, ...]


def drilled(state: Path, *words: str) -> Done:
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "tests.drill.whole_disk", str(state)),
            *(PROGRAM, "drill", *words),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=5 * PATIENCE,
    )
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    return Done(code=found["code"], said=found["said"], changed=tuple(found["changed"]))


def test_there_are_ten_of_them() -> None:
    assert len(RUNBOOKS) >= 10


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)
def test_without_a_persons_word_nothing_outside_of_the_site_changes(
    path: Path, state_home: Path
) -> None:
    done = drilled(state_home, str(path), "--auto")
    assert done.code == 2, done.said
    assert done.changed == ()
    assert "runs as it is written" in done.said


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)
def test_confined_nothing_outside_of_the_site_changes(
    path: Path, state_home: Path
) -> None:
    words = ("--auto", "--yes", "--confined")
    done = drilled(state_home, str(path), *words)
    assert done.code == 1, done.said
    assert done.changed == ()
    assert "what it would have touched, by the system calls" in done.said


def test_the_comparison_sees_what_a_drill_changes(state_home: Path) -> None:
    """Asked for by name and confirmed, it runs as it is written."""
    by_path = {path.stem: str(path) for path in RUNBOOKS}
    words = ("--auto", "--yes", "--environment", "production")
    done = drilled(state_home, by_path["cache"], *words)
    assert "/srv/shop/cache" in done.changed, done.said
    done = drilled(state_home, by_path["service"], "--auto", "--yes")
    assert "/var/log/calls" in done.changed, done.said
    assert "/etc/systemd/system/shop.service.d/memory.conf" in done.changed
