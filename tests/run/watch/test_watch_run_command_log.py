"""The log of a watch: its names, its lines, and what stands in the way."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from mobius_tui.errors import UsageError
from mobius_tui.health.health_record import ProbeResult
from mobius_tui.run.watch.watch_run import (
    LOG_FOLDER,
    MAX_LOG_DETAIL_CHARS,
    WatchLog,
    make_watch_log,
    watch_log_line,
)

AT = 1_790_000_000.123


def check(**fields: object) -> ProbeResult:
    return ProbeResult(
        **{"at": AT, "mono": 1.0, "probe": "api", "state": "ok", **fields}  # type: ignore[arg-type]
    )


def test_its_name_and_its_rights(tmp_path: Path) -> None:
    first = make_watch_log(tmp_path / LOG_FOLDER, "production", AT)
    assert first == tmp_path / "monitor_logs" / "monitor_production_20260921_141320.log"
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert make_watch_log(tmp_path / LOG_FOLDER, "production", AT).name.endswith(
        "_141320-2.log"
    )


@pytest.mark.parametrize(
    "environment", ["../../x", "a/b", "\x1b[31m", "a b\n", "ü" * 99]
)
def test_a_name_is_no_path(tmp_path: Path, environment: str) -> None:
    path = make_watch_log(tmp_path / LOG_FOLDER, environment, AT)
    assert path.parent == tmp_path / "monitor_logs"
    assert path.resolve() == path
    assert path.name.isascii()
    assert path.name.isprintable()


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"status": 200, "ms": 12.4}, "|200|12|api: ok"),
        (
            {"state": "failed", "status": 503, "ms": 9.6, "reason": "answered 503"},
            "|503|10|api: failed: answered 503",
        ),
        (
            {"state": "failed", "reason": "connection refused"},
            "|000|-|api: failed: connection refused",
        ),
        (
            {"state": "no data", "reason": "no name server answers"},
            "|000|-|api: no data: no name server answers",
        ),
        (
            {"state": "failed", "reason": "a\x1b[2J\nb|c\x00"},
            "|000|-|api: failed: a␛[2J⏎b|c␀",
        ),
    ],
)
def test_a_line(fields: dict[str, object], line: str) -> None:
    assert watch_log_line(check(**fields)) == f"2026-09-21T14:13:20.123Z{line}\n"


def test_a_line_has_an_end() -> None:
    words = watch_log_line(check(reason="x" * 10_000)).rstrip("\n").split("|")[3]
    assert len(words) == MAX_LOG_DETAIL_CHARS
    assert words.endswith("…")


def test_lines_are_added(tmp_path: Path) -> None:
    path = make_watch_log(tmp_path / LOG_FOLDER, "staging", AT)
    for _ in range(2):  # a resumed host goes on with it
        log = WatchLog(path)
        log.write(check(status=200, ms=1.0))
        log.close()
    assert len(path.read_text().splitlines()) == 2


@pytest.mark.parametrize("what", ["link", "folder", "fifo", "nothing", "linked folder"])
def test_it_writes_into_a_file_of_its_own_alone(tmp_path: Path, what: str) -> None:
    path = make_watch_log(tmp_path / LOG_FOLDER, "staging", AT)
    victim = tmp_path / "victim"
    victim.touch()
    path.unlink()
    match what:
        case "link":
            path.symlink_to(victim)
        case "folder":
            path.mkdir()
        case "fifo":
            os.mkfifo(path)
        case "linked folder":
            path.parent.rename(tmp_path / "moved")
            path.parent.symlink_to(tmp_path / "moved")
            (tmp_path / "moved" / path.name).touch()
    words = "symbolic|directory|No such|no file|device"
    with pytest.raises(OSError, match=words):
        WatchLog(path)
    assert victim.read_bytes() == b""


def test_a_file_in_the_folders_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "monitor_logs").touch()
    with pytest.raises(UsageError, match="monitor_logs: "):
        make_watch_log(tmp_path / LOG_FOLDER, "staging", AT)
