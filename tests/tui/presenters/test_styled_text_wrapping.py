"""Where lines are broken: between parts and words, and in paths behind a `/`."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.content import Content

from mobius_tui import sanitize
from mobius_tui.runbook.prose.line_breaks import break_words
from mobius_tui.sanitize import cells
from mobius_tui.tui.presenters.styled_text import wrap_content
from tests.textual_private import Toast
from tests.tui import scenes
from tests.tui.runs import Time, hosted, opened, settled

COUNTS = "reads 13 · changes 7 · by hand 5 · messages 2 · decisions 2"
COPIED = (
    "also in /root/.local/state/runs/2026-11-28T01-43-37-mobius-rollback/copied.txt"
)


@pytest.mark.parametrize(
    ("words", "width", "lines"),
    [
        (COUNTS, 80, [COUNTS]),
        (
            COUNTS,
            44,
            ["reads 13 · changes 7 · by hand 5 ·", "messages 2 · decisions 2"],
        ),
        (COUNTS, 12, ["reads 13 ·", "changes 7 ·", "by hand 5 ·", "messages 2 ·"]),
        (
            COPIED,
            48,
            [
                "also in /root/.local/state/runs/",
                "2026-11-28T01-43-37-mobius-rollback/copied.txt",
            ],
        ),
        (
            COPIED,
            30,
            ["also in", "/root/.local/state/runs/", "2026-11-28T01-43-37-mobius-"],
        ),
        (
            "bad for 3:20 · " + "so " * 9,
            30,
            ["bad for 3:20 · so so so so so", "so so so so"],
        ),
        ("x" * 25, 10, ["x" * 10, "x" * 10, "x" * 5]),
        ("  it keeps its indent", 12, ["  it keeps", "its indent"]),
        ("", 5, [""]),
        ("one\n\ntwo three", 6, ["one", "", "two", "three"]),
    ],
)
def test_lines_are_broken_where_a_reader_would(
    words: str, width: int, lines: list[str]
) -> None:
    found = [line.plain for line in wrap_content(Content(words), width)]
    assert found[: len(lines)] == lines


@given(st.text(max_size=80), st.integers(2, 30))
@settings(deadline=None, max_examples=100)
def test_nothing_is_lost_and_nothing_too_wide(words: str, width: int) -> None:
    line = sanitize.line(words)
    found = wrap_content(Content(line), width)
    assert all(cells(each.plain) <= width for each in found)
    squeezed = "".join(each.plain for each in found).replace(" ", "")
    assert "".join(squeezed.split()) == "".join(line.split())


def test_only_a_word_that_is_too_long_is_put_in_pieces() -> None:
    words = f"Copied; {COPIED} is it"
    assert break_words(words, 100) == words
    assert break_words(words, 48) == words.replace("runs/", "runs/\n")


def test_a_megabyte_without_a_blank_is_broken_at_once() -> None:
    assert len(wrap_content(Content("x/" * 500_000), 40)) == 25_000


async def test_a_notice_breaks_a_path_at_a_folder(tmp_path: Path) -> None:
    run = scenes.failed(tmp_path)
    page = opened(run, size=(110, 36), time=Time(run.at))
    async with hosted(run), page as (screen, pilot):
        screen.show_notice(COPIED)
        await settled(pilot)
        (toast,) = pilot.app.screen.query(Toast)
        shown = str(toast.render()).split("\n")
        assert shown[-1] == "2026-11-28T01-43-37-mobius-rollback/copied.txt"
        assert max(map(len, shown)) <= toast.content_size.width
