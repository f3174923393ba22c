"""`output` checks on real files."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobius_tui.run.checks.context import CheckContext
from mobius_tui.run.checks.search_output import (
    MAX_SEARCHED_LINE_BYTES,
    read_lines,
    search,
)
from mobius_tui.runbook.model.check_kinds import OutputCheck, Repeat
from mobius_tui.structs import replace
from tests.run.checks.conftest import sight
from tests.waiting import PATIENCE


@pytest.fixture
def output(tmp_path: Path) -> Path:
    path = tmp_path / "output"
    path.write_bytes("one\r\nzwei ß\nall is well\nbad \xff\n".encode("latin-1"))
    return path


async def test_match(ctx: CheckContext, output: Path) -> None:
    seen = await sight(OutputCheck(match="is ${word}$"), replace(ctx, output=output))
    assert seen.held
    assert seen.detail == "line 3 matches 'is well$': all is well"
    seen = await sight(OutputCheck(match="^is"), replace(ctx, output=output))
    assert (seen.held, seen.detail) == (False, "no line of 4 matches '^is'")
    seen = await sight(OutputCheck(match=r"^\d+$"), replace(ctx, output=output))
    assert seen.detail == r"no line of 4 matches '^\d+$'", "as it is written"


async def test_not(ctx: CheckContext, output: Path) -> None:
    seen = await sight(OutputCheck(not_="ERROR"), replace(ctx, output=output))
    assert (seen.held, seen.detail) == (True, "no line of 4 matches 'ERROR'")
    seen = await sight(OutputCheck(not_="^one$"), replace(ctx, output=output))
    assert not seen.held
    assert seen.detail == "line 1 matches '^one$': one; wanted none"


async def test_both(ctx: CheckContext, output: Path) -> None:
    there = replace(ctx, output=output)
    assert (await sight(OutputCheck(match="well", not_="ERROR"), there)).held
    assert not (await sight(OutputCheck(match="well", not_="bad"), there)).held
    assert not (await sight(OutputCheck(match="ERROR", not_="FATAL"), there)).held


@pytest.mark.parametrize("check", [OutputCheck(match="x"), OutputCheck(not_="x")])
async def test_without_an_output_nothing_holds(
    ctx: CheckContext, tmp_path: Path, check: OutputCheck
) -> None:
    assert not (await sight(check, ctx)).held
    seen = await sight(check, replace(ctx, output=tmp_path / "gone"))
    assert not seen.held
    assert "could not be searched" in seen.detail


async def test_an_empty_output(ctx: CheckContext, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    there = replace(ctx, output=empty)
    assert not (await sight(OutputCheck(match=""), there)).held
    assert (await sight(OutputCheck(not_="x"), there)).held


async def test_a_pattern_that_never_ends_is_cut_off(
    ctx: CheckContext, tmp_path: Path
) -> None:
    path = tmp_path / "output"
    path.write_text("a" * 200 + "b\n")
    check = OutputCheck(match="^(a+)+$", repeat=Repeat(timeout="500ms"))
    async with asyncio.timeout(PATIENCE):
        seen = await sight(check, replace(ctx, output=path))
    assert (seen.held, seen.detail) == (False, "the output: timed out after 0.5 s")


def test_a_line_without_end_is_cut() -> None:
    file = io.BytesIO(
        b"x" * (3 * MAX_SEARCHED_LINE_BYTES)
        + b"end\nnext\n"
        + b"y" * MAX_SEARCHED_LINE_BYTES
    )
    found = list(read_lines(file))
    assert [len(line) for line in found] == [
        MAX_SEARCHED_LINE_BYTES,
        4,
        MAX_SEARCHED_LINE_BYTES,
    ]
    file.seek(0)
    assert search(read_lines(file), "end", "next")["match"] is None


@given(st.lists(st.binary(max_size=20).filter(lambda line: b"\n" not in line)))
def test_lines_are_those_of_the_file(found: list[bytes]) -> None:
    file = io.BytesIO(b"".join(line + b"\n" for line in found))
    assert list(read_lines(file)) == [line.rstrip(b"\r") for line in found]
