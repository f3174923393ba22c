"""What the library knows of runbooks and runs, from real run directories."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.run.directory import runbook_digest
from mobius_tui.run.events import RunEnded
from mobius_tui.run.shelf import drilled, shelf
from mobius_tui.runbook.decode import load
from tests.tui.runs import MadeRun

BOOK = """
format = 1
[runbook]
id = "own"
title = "Own"
[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "s"
title = "S"
effect = "read"
run = "true"
"""


def book(tmp_path: Path, text: str = BOOK) -> Path:
    path = tmp_path / "own.toml"
    path.write_text(text)
    return path


def made(
    root: Path, path: Path, outcome: str | None, *, mode: str = "incident"
) -> MadeRun:
    run = MadeRun(root, load(path), values={}, mode=mode)
    if outcome is not None:
        run.write(RunEnded(outcome=outcome, reason="so"), after=5)  # type: ignore[arg-type]
    return run


def test_nothing_yet(tmp_path: Path) -> None:
    found = shelf(tmp_path / "runs", ())
    assert (found.open, found.bundled, found.recent, found.past) == ((), (), (), ())


def test_runs_are_open_or_past_and_own_runbooks_are_recent(tmp_path: Path) -> None:
    root, path = tmp_path / "runs", book(tmp_path)
    made(root, path, "completed")
    made(root, path, None)
    found = shelf(root, ())
    assert [each.outcome for _, each in found.open] == ["open"]
    assert [each.outcome for _, each in found.past] == ["completed"]
    assert [each.path for each in found.recent] == [path]
    path.unlink()
    assert shelf(root, ()).recent == (), "its file is gone"


def test_a_bundled_runbook_is_not_listed_twice(tmp_path: Path) -> None:
    root, path = tmp_path / "runs", book(tmp_path)
    made(root, path, "completed")
    found = shelf(root, (path,))
    assert [each.title for each in found.bundled] == ["Own"]
    assert found.recent == ()


def test_the_last_drill_is_the_newest_that_came_to_an_end(tmp_path: Path) -> None:
    root, path = tmp_path / "runs", book(tmp_path)
    made(root, path, "completed", mode="incident")
    assert drilled(root, "own") is None
    made(root, path, "failed", mode="drill")
    made(root, path, None, mode="drill")
    (own,) = shelf(root, ()).recent
    assert own.drilled is not None
    assert (own.drilled.outcome, own.drilled.operator) == ("failed", "maria")
    assert drilled(root, "own") == own.drilled
    assert not own.is_edited
    book(tmp_path, BOOK.replace("true", "false"))
    (own,) = shelf(root, ()).recent
    assert own.is_edited
    assert own.sha256 == runbook_digest(load(path).sources)


def test_a_runbook_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    root, path = tmp_path / "runs", book(tmp_path)
    made(root, path, "completed")
    path.write_text("format = 7")
    (own,) = shelf(root, ()).recent
    assert "format" in own.problem
