"""`log` checks: what was written since, through rotation and truncation."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mobius_tui.errors import MobiusError
from mobius_tui.run.checks.context import CheckContext
from mobius_tui.run.checks.log_marks import decode_marks, encode_marks, mark_log
from mobius_tui.runbook.model.check_kinds import LogCheck
from mobius_tui.structs import replace
from tests.run.checks.conftest import sight

OLD = "old ERROR\n" * 99


def add(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def rotate(log: Path) -> None:
    log.rename(f"{log}.1")
    log.write_text("new\n")


def rotate_twice(log: Path) -> None:
    rotate(log)
    add(log, "between\n")
    Path(f"{log}.1").rename(f"{log}.2")
    rotate(log)


def copy_and_cut_off(log: Path) -> None:
    Path(f"{log}.1").write_text(log.read_text())
    os.truncate(log, 0)
    add(log, "new\n")


def cut_off_and_grow(log: Path) -> None:
    os.truncate(log, 0)
    add(log, "new\n" * 999)


def pack(log: Path) -> None:
    rotate(log)
    Path(f"{log}.1").unlink()
    Path(f"{log}.1.gz").write_text("?")


def leave(_: Path) -> None:
    pass


@pytest.mark.parametrize(
    ("happens", "text", "match", "held", "detail"),
    [
        (leave, "", "ERROR", False, "no line of 0 matches 'ERROR'"),
        (leave, "an ERROR\n", "ERROR", True, "line 1 matches 'ERROR': an ERROR"),
        (rotate, "an ERROR\n", "ERROR", True, "line 1 matches 'ERROR': an ERROR"),
        (rotate, "", "new", True, "line 1 matches 'new': new"),
        (rotate_twice, "a\n", "between", True, "line 3 matches 'between': between"),
        (rotate_twice, "a\n", "^a$", True, "line 1 matches '^a$': a"),
        (copy_and_cut_off, "", "new", True, "line 1 matches 'new': new"),
        (cut_off_and_grow, "", "new", True, "line 1 matches 'new': new"),
        (cut_off_and_grow, "", "no", False, None),
        (pack, "", "new", True, "line 1 matches 'new': new"),
        (pack, "", "ERROR", False, None),
    ],
)
async def test_a_line_appears(
    ctx: CheckContext,
    tmp_path: Path,
    happens: Callable[[Path], None],
    text: str,
    match: str,
    held: bool,
    detail: str | None,
) -> None:
    log = tmp_path / "app.log"
    (tmp_path / "app.log.9").write_text("older ERROR, between\n")
    os.utime(tmp_path / "app.log.9", (1, 1))
    log.write_text(OLD)
    began = replace(ctx, logs={"app.log": mark_log(log)})
    add(log, text)
    happens(log)
    seen = await sight(LogCheck(file="app.log", match=match), began)
    assert seen.held is held
    lost = "app.log: a part of it was cut off or packed away"
    if detail is None:
        assert seen.detail.startswith(lost)
    else:
        assert seen.detail == f"app.log, since the step began: {detail}"
    stays = await sight(LogCheck(file="app.log", not_=match), began)
    assert stays.held == (not held and detail is not None)
    assert stays.detail.startswith(lost) == (detail is None)


async def test_a_log_that_is_not_there_yet(ctx: CheckContext, tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    began = replace(ctx, logs={"app.log": mark_log(log)})
    for check in (
        LogCheck(file="app.log", match="x"),
        LogCheck(file="app.log", not_="x"),
    ):
        seen = await sight(check, began)
        assert (seen.held, seen.detail) == (False, "app.log does not exist")
    log.write_text("x\n")
    assert (await sight(LogCheck(file="app.log", match="x"), began)).held


@pytest.mark.parametrize(
    ("happens", "match", "held", "not_held"),
    [
        (rotate, "ERROR", True, False),
        (rotate, "older", False, True),
        (rotate, "another", False, True),
        (rotate_twice, "between", True, False),
        (pack, "new", True, False),
        (pack, "ERROR", False, False),
    ],
)
async def test_a_log_that_begins_after_its_mark_and_is_rotated(
    ctx: CheckContext,
    tmp_path: Path,
    happens: Callable[[Path], None],
    match: str,
    held: bool,
    not_held: bool,
) -> None:
    log = tmp_path / "app.log"
    (tmp_path / "app.log.9").write_text("older ERROR, between\n")
    os.utime(tmp_path / "app.log.9", (1, 1))
    mark = mark_log(log)
    # The clock of files is behind by up to a tick.
    began = replace(ctx, logs={"app.log": replace(mark, at=mark.at - 1)})
    log.write_text("an ERROR\n")
    (tmp_path / "app.log.json").write_text("another log\n")
    happens(log)
    assert (await sight(LogCheck(file="app.log", match=match), began)).held is held
    stays = await sight(LogCheck(file="app.log", not_=match), began)
    assert stays.held is not_held


async def test_a_log_without_a_mark_or_that_is_none(
    ctx: CheckContext, tmp_path: Path
) -> None:
    seen = await sight(LogCheck(file="app.log", not_="x"), ctx)
    assert not seen.held
    assert "when the step began is not known" in seen.detail
    (tmp_path / "app.log").touch()
    began = replace(ctx, logs={"app.log": mark_log(tmp_path / "app.log")})
    (tmp_path / "app.log").unlink()
    os.mkfifo(tmp_path / "app.log")
    seen = await sight(LogCheck(file="app.log", not_="x"), began)
    assert seen.detail.endswith("app.log is no regular file")


def test_marks_are_kept(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text("x")
    marks = {"app.log": mark_log(log), "none": mark_log(tmp_path / "none")}
    assert decode_marks(encode_marks(marks)) == marks
    for data in (b"", b"[]", b'{"x": 3}', b'{"x": {"y": 1}}'):
        with pytest.raises(MobiusError, match="cannot be read"):
            decode_marks(data)
