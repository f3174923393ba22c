"""Where a terminal has its own colours alone, lists and banners are told by shape."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mobius_tui.run.events.run_events import HintGiven
from mobius_tui.tui.config.themes import TERMINAL_COLOURS_THEME
from mobius_tui.tui.widgets.banners import Banner, HintBanner
from mobius_tui.tui.widgets.list_controls import CURSOR_GLYPH, CursorList
from tests.tui import fleets
from tests.tui.runs import Time, hosted, opened, press, settled


async def test_the_row_under_the_cursor_is_reversed_in_every_list(
    tmp_path: Path,
) -> None:
    made = fleets.fleet(tmp_path, 12)
    made.begin()
    made.batch(1)
    made.run.write(HintGiven(text="look", who="lead"), by="facilitator")
    time = Time(made.run.at)
    async with hosted(made.run), opened(made.run, time=time) as (screen, pilot):
        pilot.app.theme = TERMINAL_COLOURS_THEME.name
        lists: dict[str, CursorList[Any]] = {
            "1": screen.checklist,
            "2": screen.outputs.hosts.pane,
        }
        for key, rows in lists.items():
            await press(pilot, time, key)
            await settled(pilot)
            (line,) = (
                strip
                for strip in map(rows.render_line, range(rows.size.height))
                if CURSOR_GLYPH in strip.text
            )
            marks = [segment.style for segment in line if segment.text.strip()]
            assert marks, key
            assert all(style is not None and style.reverse for style in marks), key
        for banner in screen.query(Banner):
            assert banner.styles.background == screen.styles.background, banner
        assert screen.query(HintBanner).first().display
