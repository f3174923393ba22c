"""What the library knows of runbooks and runs, from real run directories."""

from __future__ import annotations

from pathlib import Path
from time import localtime, strftime

from mobius_tui.drill.library_listing import list_library
from mobius_tui.drill.past_drills import newest_drill
from mobius_tui.health.health_record import MachineSample, ProbeResult
from mobius_tui.run.events.mode_and_outcome import Mode, Outcome
from mobius_tui.run.events.run_events import RunEnded
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.records.run_summary import read_summary
from mobius_tui.runbook.library.loader import load
from mobius_tui.tui.presenters.library_lines import run_cells
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
    found = list_library(tmp_path / "runs", ())
    assert (found.open, found.bundled, found.own_and_recent, found.past) == (
        (),
        (),
        (),
        (),
    )


def test_runs_are_open_or_past_and_own_runbooks_are_recent(tmp_path: Path) -> None:
    root, path = tmp_path / "runs", book(tmp_path)
    made(root, path, "completed")
    made(root, path, None)
    found = list_library(root, ())
    assert [each.outcome for _, each in found.open] == ["open"]
    assert [each.outcome for _, each in found.past] == ["completed"]
    assert [each.path for each in found.own_and_recent] == [path]
    path.unlink()
    assert list_library(root, ()).own_and_recent == (), "its file is gone"


def test_a_bundled_runbook_is_not_listed_twice(tmp_path: Path) -> None:
    root, path = tmp_path / "runs", book(tmp_path)
    made(root, path, "completed")
    found = list_library(root, (path,))
    assert [each.title for each in found.bundled] == ["Own"]
    assert found.own_and_recent == ()


def test_the_last_drill_is_the_newest_that_came_to_an_end(tmp_path: Path) -> None:
    root, path = tmp_path / "runs", book(tmp_path)
    made(root, path, "completed", mode=Mode.INCIDENT)
    assert newest_drill(root, load(path)) is None
    made(root, path, "failed", mode=Mode.DRILL)
    made(root, path, None, mode=Mode.DRILL)
    (own,) = list_library(root, ()).own_and_recent
    assert own.last_drill is not None
    drill = own.last_drill.drill
    assert (drill.outcome, drill.operator) == ("failed", "maria")
    assert newest_drill(root, load(path)) == own.last_drill
    assert not own.last_drill.is_edited
    book(tmp_path, BOOK.replace("true", "false"))
    (own,) = list_library(root, ()).own_and_recent
    assert own.last_drill is not None
    assert (own.last_drill.is_edited, own.last_drill.edits) == (True, "edited since")


def test_a_runbook_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    root, path = tmp_path / "runs", book(tmp_path)
    made(root, path, "completed")
    path.write_text("format = 7")
    (own,) = list_library(root, ()).own_and_recent
    assert "format" in own.problem


def test_a_run_whose_host_is_dead_says_since_when_nobody_watches(
    tmp_path: Path,
) -> None:
    root, path = tmp_path / "runs", book(tmp_path)
    run = made(root, path, None)
    assert read_summary(run.directory).unwatched_text(run.at) == "", "it has no probes"
    run.health([MachineSample(at=run.at + 20, mono=20.0)])
    assert read_summary(run.directory).unwatched_text(run.at) == ""
    run.health([ProbeResult(at=run.at + 60, mono=60.0, probe="api", state="ok")])
    found = read_summary(run.directory)
    said = strftime("unwatched since %H:%M", localtime(run.at + 60))
    assert found.unwatched_text(run.at + 70) == said
    assert strftime("unwatched since %d %b %H:%M  ", localtime(run.at + 60)) in (
        found.row()
    )
    assert found.row().endswith(f"  {run.directory.id}"), "it is there to be copied"
    assert found.as_json()["unwatched_since"] == "2026-11-24T13:46:05.000000Z"
    assert (f"? {said}", "warn") in tuple(run_cells(found, run.at + 70))
    assert Follower(run.directory).unwatched_note(run.at + 70) == f", {said}"
    old = strftime("unwatched since %d %b %H:%M", localtime(run.at + 60))
    assert found.unwatched_text(run.at + 86400 * 3) == old
    run.write(RunEnded(outcome=Outcome.COMPLETED))
    assert read_summary(run.directory).unwatched_text(run.at) == "", (
        "nobody is meant to watch"
    )
