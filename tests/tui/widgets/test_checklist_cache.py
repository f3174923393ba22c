"""The checklist keeps what it drew of a row, but shows none that is out of date."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from textual.strip import Strip

from mobius_tui.tui.backend.drawing_caches import cache_rows
from mobius_tui.tui.config.themes import LIGHT_THEME
from mobius_tui.tui.widgets.checklist import Checklist
from mobius_tui.tui.widgets.list_controls import CURSOR_GLYPH, MAX_CACHED_LINES
from tests.tui.runs import MadeRun, Time, hosted, opened, press, settled, until
from tests.tui.widgets.long_runbooks import long_runbook

SMALL = (120, 20)


def drawn(checklist: Checklist) -> list[Strip]:
    """What is in sight, with its borders, as the screen has it now."""
    return checklist.render_lines(checklist.size.region.grow((1, 1, 1, 1)).reset_offset)


def anew(checklist: Checklist) -> list[Strip]:
    """The same, with nothing of what was drawn before."""
    checklist._strips.clear()
    cache_rows(checklist)
    return drawn(checklist)


def under_cursor(rows: list[Strip]) -> Strip:
    """The row that the cursor is on, without its borders."""
    (row,) = [row for row in rows if CURSOR_GLYPH in row.text]
    return row.crop(1, row.cell_length - 2)


async def test_a_row_that_only_moved_is_not_made_again(tmp_path: Path) -> None:
    run = MadeRun(tmp_path / "runs", long_runbook(tmp_path, 1000), values={})
    time = Time(run.at)
    async with hosted(run), opened(run, time=time, size=SMALL) as (screen, pilot):
        checklist = screen.query_one(Checklist)
        before = {row.text: row for row in drawn(checklist)}
        await press(pilot, time, *["j"] * (checklist.visible_row_count - 1))
        await until(pilot, lambda: checklist.top > 0)
        after = {row.text: row for row in drawn(checklist)}
        both = [text for text in before if " Step " in text and text in after]
        assert len(both) >= checklist.visible_row_count // 3 - 2
        assert all(after[text] is before[text] for text in both)
        await press(pilot, time, "G")
        for _ in range(MAX_CACHED_LINES // checklist.visible_row_count + 1):
            await press(pilot, time, "pageup")
        assert checklist.visible_row_count < len(checklist._strips) <= MAX_CACHED_LINES


async def test_what_was_kept_is_what_would_be_drawn_anew(tmp_path: Path) -> None:
    run = MadeRun(tmp_path / "runs", long_runbook(tmp_path, 300), values={})
    time = Time(run.at)
    async with hosted(run), opened(run, time=time, size=SMALL) as (screen, pilot):
        checklist = screen.query_one(Checklist)

        async def is_true_after(what: str) -> None:
            await settled(pilot)
            kept = drawn(checklist)
            assert kept == anew(checklist), what
            drawn_by.append(kept)

        drawn_by: list[list[Strip]] = []
        await is_true_after("nothing")
        await press(pilot, time, "j")
        await is_true_after("the cursor moved by a row")
        await press(pilot, time, "2")
        await is_true_after("the focus went to another pane")
        await press(pilot, time, "1")
        await is_true_after("it came back")
        pilot.app.theme = "mobius-light"
        await is_true_after("the theme changed")
        variables = {**LIGHT_THEME.variables, "text-muted": "#123456"}
        pilot.app.register_theme(
            replace(LIGHT_THEME, name="other", variables=variables)
        )
        pilot.app.theme = "other"
        await is_true_after("it changed to another with the same ground")
        await press(pilot, time, *["j"] * 12)
        await is_true_after("it scrolled")
        await press(pilot, time, "h")
        await is_true_after("a phase was folded")
        await pilot.resize_terminal(100, 24)
        await is_true_after("the terminal was resized")
        pilot.app.theme = "mobius-ansi"
        await is_true_after("the terminal's own colours")
        await press(pilot, time, "2")
        await is_true_after("the focus went to another pane")
        bright, dim = (under_cursor(rows) for rows in drawn_by[-2:])
        assert bright.text == dim.text
        assert bright != dim, "where the keys go is told by the row, too"
        changes = pairwise(drawn_by)
        same = [number for number, (one, other) in enumerate(changes) if one == other]
        assert same == [], "each of these changes something"
