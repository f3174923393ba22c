"""What somebody planted in a run's folder hangs nobody, and is not followed."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from mobius_tui.cli import main
from mobius_tui.errors import MobiusError
from mobius_tui.run.attempts.attempt_files import (
    is_lock_file_held,
    read_outputs,
    read_process_group,
    read_script_end,
)
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.journal.journal import read_journal
from mobius_tui.run.records import past_run
from mobius_tui.run.records.run_record import refresh_stats
from mobius_tui.run.records.run_summary import read_summary
from mobius_tui.run.records.verification import run_problems
from mobius_tui.run.storage.last_viewed import read_last_view
from mobius_tui.run.storage.run_directory import RunDirectory, make_run_directory
from mobius_tui.run.storage.safe_open import open_regular
from mobius_tui.run.storage.state_folders import make_private_folder, runs_root
from mobius_tui.run.storage.table_of_contents import read_table_of_contents
from tests.conftest import MakeRunbook
from tests.run.books import ONE, step
from tests.tui.runs import MadeRun
from tests.waiting import PATIENCE


def fifo(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def sock(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        os.chdir(path.parent)
        made.bind(path.name)


def folder(path: Path) -> None:
    path.mkdir()


PLANTS = (fifo, device, sock, folder)


@pytest.fixture
def run(
    make_runbook: MakeRunbook, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> RunDirectory:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    made = MadeRun(runs_root(), make_runbook(ONE + step("a")), values={})
    made.directory.attempt("a", 1).path.mkdir()
    return made.directory


def within(work: Callable[[], object]) -> None:
    """Do it; it may refuse, and must come to an end."""

    def go() -> None:
        with suppress(MobiusError, OSError):
            work()

    thread = threading.Thread(target=go, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive(), "it hangs"


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
def test_nothing_that_is_planted_hangs_whoever_reads(
    run: RunDirectory, plant: Callable[[Path], None]
) -> None:
    attempt = run.attempt("a", 1)
    files = (
        *(
            run.journal,
            run.health,
            run.lock,
            run.record,
            run.last_view,
            run.table_of_contents,
        ),
        *(run.imported, run.host_log, run.stats),
        *(attempt.output, attempt.outputs, attempt.exit, attempt.pid, attempt.tree),
    )
    for path in files:
        kept = path.read_bytes() if path.is_file() else None
        path.unlink(missing_ok=True)
        plant(path)
        within(lambda: read_summary(run))
        within(lambda: Follower(run))
        within(lambda: tuple(run_problems(run, None)))
        within(lambda: read_journal(run.journal))
        within(lambda: past_run.read_stats(run))
        within(lambda: refresh_stats(run))
        within(
            lambda: (
                read_table_of_contents(run, 20),
                read_last_view(run),
                run.host_pid(),
            )
        )
        within(
            lambda: (
                read_script_end(attempt),
                read_process_group(attempt),
                read_outputs(attempt),
            )
        )
        within(lambda: is_lock_file_held(attempt.tree))
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        if kept is not None:
            path.write_bytes(kept)
    assert read_summary(run).outcome == "open", "all is as it was"


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
def test_runs_tells_of_a_damaged_one_and_goes_on(
    run: RunDirectory,
    plant: Callable[[Path], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    run.journal.unlink()
    plant(run.journal)
    assert main(["runs"]) == 0
    shown = capsys.readouterr()
    assert "damaged" in shown.out
    assert "Traceback" not in shown.out + shown.err


@pytest.mark.parametrize(
    "change",
    [
        {"title": {"a": 1}},
        {"mode": ["x"]},
        {"environment": 7},
        {"operator": None},
        {"at": "0001-01-01T00:00:00.000000Z"},
        {"at": "yesterday"},
        {"title": "\x1b]0;owned\x07\x1b[2J"},
        {"event": "RunEnded", "outcome": "completed"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_journal_that_somebody_made_up_ends_no_list(
    run: RunDirectory, change: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    first, *rest = run.journal.read_bytes().split(b"\n")
    said = {**json.loads(first), **change}
    run.journal.write_bytes(b"\n".join([json.dumps(said).encode(), *rest]))
    for more in ([], ["--json"]):
        assert main(["runs", *more]) == 0
    shown = capsys.readouterr()
    assert run.id in shown.out
    assert "\x1b" not in shown.out
    assert "Traceback" not in shown.err


def test_a_link_in_place_of_the_state_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "runs"
    link.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(MobiusError, match="no folder"):
        make_private_folder(link)


def test_a_link_in_place_of_the_whole_state_is_refused(
    make_runbook: MakeRunbook, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "mobius-tui").symlink_to(tmp_path / "elsewhere")
    runbook = make_runbook(ONE + step("a"))
    with pytest.raises(MobiusError, match="no folder"):
        make_run_directory(runs_root(), runbook, 0.0)
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("name", ["a\0b", "a\ud800", "x" * 300])
def test_a_name_that_no_file_can_have(tmp_path: Path, name: str) -> None:
    with pytest.raises(OSError, match=r"no regular file|too long"):
        open_regular(tmp_path / name)
