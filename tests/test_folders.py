"""Files that are there whole or not at all."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from mobius_tui.folders import replace_file, written_beside


def test_a_file_takes_anothers_place_with_its_own_mode(tmp_path: Path) -> None:
    path, other = tmp_path / "a", tmp_path / "other"
    other.write_bytes(b"other")
    path.symlink_to(other)
    replace_file(path, b"new", 0o640)
    assert (path.read_bytes(), other.read_bytes()) == (b"new", b"other")
    assert not path.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert sorted(tmp_path.iterdir()) == [path, other]


def test_what_fails_or_gets_no_name_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.mkdir()
    with pytest.raises(OSError, match="directory"):
        replace_file(path, b"new")
    with written_beside(tmp_path / "b", b"x") as new:
        assert new.read_bytes() == b"x"
    assert list(tmp_path.iterdir()) == [path]


def test_a_name_of_any_length_that_a_file_may_have(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 255)
    replace_file(path, b"x")
    assert path.read_bytes() == b"x"
