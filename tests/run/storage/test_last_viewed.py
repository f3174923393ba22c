"""The record of the last look at a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.run.storage.last_viewed import LastView, read_last_view, write_last_view
from mobius_tui.run.storage.run_directory import RunDirectory


def test_the_last_look_is_kept_privately_and_read_back(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path)
    assert read_last_view(directory) is None
    write_last_view(directory, LastView(at=1.0, health="api is ok"))
    write_last_view(directory, LastView(at=2.5, health="api is failing [/x]"))
    assert read_last_view(directory) == LastView(at=2.5, health="api is failing [/x]")
    assert directory.last_view.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["glance.json"]


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"{", b"[]", b'{"at": "x"}', b'{"at": 1}', b"\xff", b"9" * 9000),
        *(b'{"at": %s, "health": "ok"}' % at for at in (b"-Infinity", b"-1", b"NaN")),
        *(b'{"at": %s, "health": "ok"}' % at for at in (b"1e300", b"1" + b"0" * 400)),
        b"[" * 4000,
    ],
)
def test_a_record_that_is_none_says_nothing(tmp_path: Path, data: bytes) -> None:
    directory = RunDirectory(tmp_path)
    directory.last_view.write_bytes(data)
    assert read_last_view(directory) is None


def test_where_nothing_can_be_written_nothing_is_said(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path / "gone")
    write_last_view(directory, LastView(at=1.0, health=""))
    assert read_last_view(directory) is None
