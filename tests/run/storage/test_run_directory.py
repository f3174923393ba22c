"""Which folders of a run are attempts'."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.run.storage.run_directory import RunDirectory, attempt_in_folder


@pytest.mark.parametrize(
    "attempt", [AttemptId("a", 1), AttemptId("run-2", 50_000), AttemptId("v1.2", 3)]
)
def test_an_attempt_is_read_from_the_name_of_its_folder(attempt: AttemptId) -> None:
    folder = RunDirectory(Path("/run")).attempt(*attempt).path
    assert folder == Path(f"/run/steps/{attempt}")
    assert attempt_in_folder(folder.name) == attempt


@pytest.mark.parametrize(
    "name", ["", "a", ".1", "a.", "a.x", "a.0", "a.01", "a.-1", "a.²", "a.٣", "a.1 "]
)
def test_a_name_that_no_folder_of_an_attempt_has_is_none(name: str) -> None:
    assert attempt_in_folder(name) is None
    assert attempt_in_folder(f"a.{'9' * 5000}") is None, "more than Python reads"


def test_the_attempts_are_those_that_have_a_folder(tmp_path: Path) -> None:
    run = RunDirectory(tmp_path)
    assert run.attempts() == ()
    for name in ("b.1", "a.2", "a.1", "a.x", "stray", ".swp"):
        (run.steps / name).mkdir(parents=True)
    assert run.attempts() == (
        AttemptId("a", 1),
        AttemptId("a", 2),
        AttemptId("b", 1),
    )
