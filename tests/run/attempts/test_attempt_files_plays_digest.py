"""The seal on what Ansible said: of each file, and of none that may still grow."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from mobius_tui.run.attempts.attempt_files import plays_digest
from mobius_tui.run.storage.run_directory import AttemptDirectory

FILES = (
    "hosts.json",
    "events.jsonl",
    "process/output",
    "process/spans",
    "process/exit",
)


@pytest.fixture
def attempt(tmp_path: Path) -> AttemptDirectory:
    """One with two plays."""
    for number in "12":
        for name in (*FILES, "process/lock", "process/tree"):
            path = tmp_path / "plays" / number / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{name} of {number}")
    return AttemptDirectory(tmp_path)


def test_it_is_of_each_file_of_each_play(attempt: AttemptDirectory) -> None:
    found = {plays_digest(attempt)}
    for number in "12":
        for name in FILES:
            path = attempt.path / "plays" / number / name
            path.write_text("other")
            found.add(plays_digest(attempt))
            path.unlink()
            found.add(plays_digest(attempt))
    assert len(found) == 1 + 2 * 2 * len(FILES)
    assert None not in found


def test_without_a_play_there_is_none(tmp_path: Path) -> None:
    assert plays_digest(AttemptDirectory(tmp_path)) is None


@pytest.mark.parametrize("name", ["lock", "tree"])
def test_what_may_still_grow_is_not_sealed(
    attempt: AttemptDirectory, name: str
) -> None:
    """Its keeper holds `lock`; a process that outlives its keeper, `tree`."""
    with (attempt.path / "plays" / "2" / "process" / name).open() as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        assert plays_digest(attempt) is None
    assert plays_digest(attempt) is not None
