"""What a machine knows of a run: who has it, and how far it got."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from mobius_tui.errors import RunError
from mobius_tui.run.storage.key_file import (
    KeyFile,
    KnownRun,
    key_path,
    read_known_run,
)
from mobius_tui.run.storage.state_folders import state_home

KNOWN = KnownRun(
    pid=7, epoch=2, entries=41, head="ab" * 32, path="/home/anna/run", state="/state"
)


def test_one_alone_has_the_key_and_the_other_is_told_where() -> None:
    first = KeyFile.take("k1", state_home())
    first.write(KNOWN)
    with pytest.raises(RunError, match=r"host process 7 in /home/anna/run already"):
        KeyFile.take("k1", state_home())
    KeyFile.take("k2", state_home()).close()
    first.close()
    second = KeyFile.take("k1", state_home())
    assert second.known == KNOWN
    second.close()


def test_what_is_known_is_read_as_it_was_written_last() -> None:
    held = KeyFile.take("k", state_home())
    assert held.known is None
    for known in (
        KNOWN,
        KnownRun(pid=1, epoch=1, entries=1, head="", path="/r", state="/s"),
        KnownRun(pid=9, epoch=3, entries=99999, head="c" * 64, path="/é\n", state=""),
    ):
        held.write(known)
        held.sync()
        assert read_known_run(key_path("k", state_home())) == known
    held.close()


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"pid":1}', "\0" * 300, "[" * 9000, '"x"', "\xff"],
    ids=lambda text: repr(text[:9]),
)
def test_what_cannot_be_read_is_nothing_known(text: str) -> None:
    held = KeyFile.take("k", state_home())
    path = key_path("k", state_home())
    path.write_text(text, encoding="latin-1")
    assert held.known is None
    held.write(KNOWN)
    assert read_known_run(path) == KNOWN
    held.close()
    wrong = '{"pid":"7","epoch":2,"entries":1,"head":"","path":"","state":""}\n'
    path.write_text(wrong)
    assert read_known_run(path) is None


@pytest.mark.parametrize("key", ["k", "../../../up", "a/b", "x" * 5000, "\udcff\n"])
def test_any_text_is_a_key_and_its_file_is_private(key: str) -> None:
    old = os.umask(0)
    try:
        KeyFile.take(key, state_home()).close()
    finally:
        os.umask(old)
    (path,) = (state_home() / "keys").iterdir()
    assert path == key_path(key, state_home())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_link_in_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    KeyFile.take("k", state_home()).close()
    path, aim = key_path("k", state_home()), tmp_path / "aim"
    path.unlink()
    path.symlink_to(aim)
    with pytest.raises(RunError, match=str(path)):
        KeyFile.take("k", state_home())
    assert not aim.exists()


def test_in_a_state_folder_of_somebody_else_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="No such file"):
        KeyFile.take("k", tmp_path / "other")
    assert not (tmp_path / "other").exists()
