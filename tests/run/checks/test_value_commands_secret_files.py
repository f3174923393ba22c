"""Secrets in files: whose they must be, and what is no secret."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mobius_tui.run.checks.value_commands import (
    ValueSourceError,
    read_secret_file,
    secret_file_path,
    secret_file_problem,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "token"
    found.write_text("s3cret\n")
    found.chmod(0o600)
    return found


def test_the_owner_alone_may_read_it(path: Path) -> None:
    assert secret_file_problem(path) is None
    assert read_secret_file(path) == "s3cret"
    for mode in (0o640, 0o604, 0o660, 0o601):
        path.chmod(mode)
        said = f"{path} has mode {mode:04o}, so that others read it: chmod 600 {path}"
        assert secret_file_problem(path) == said
        with pytest.raises(ValueSourceError, match="chmod 600"):
            read_secret_file(path)
    path.chmod(0o400)
    assert secret_file_problem(path) is None


def test_it_belongs_to_whoever_runs_this(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    somebody_else = os.getuid() + 1
    monkeypatch.setattr(os, "getuid", lambda: somebody_else)
    assert "another user's" in str(secret_file_problem(path))
    with pytest.raises(ValueSourceError, match="another user's"):
        read_secret_file(path)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"a\0b", "holds a NUL"),
        (b"\xff", "is no text in UTF-8"),
        (b"x" * 100_000, "is longer than 16 KiB"),
    ],
)
def test_rubbish_is_no_secret(path: Path, data: bytes, said: str) -> None:
    path.write_bytes(data)
    with pytest.raises(ValueSourceError, match=said) as caught:
        read_secret_file(path)
    assert str(caught.value).startswith(str(path))


def test_what_is_no_file_is_said_and_nothing_hangs(path: Path) -> None:
    path.unlink()
    with pytest.raises(ValueSourceError, match="No such file"):
        read_secret_file(path)
    assert "No such file" in str(secret_file_problem(path))
    os.mkfifo(path, 0o600)
    with pytest.raises(ValueSourceError, match="is no regular file"):
        read_secret_file(path)
    assert secret_file_problem(path) == f"{path} is no regular file"


def test_a_path_is_of_the_working_folder_or_of_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/one")
    assert secret_file_path("key", tmp_path) == tmp_path / "key"
    assert secret_file_path("~/key", tmp_path) == Path("/home/one/key")
    assert secret_file_path("/run/key", tmp_path) == Path("/run/key")
