"""Rows that are kept look as Textual itself draws them, and are made once."""

from __future__ import annotations

import gc

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import DimFilter
from textual.pilot import Pilot
from textual.strip import Strip

from mobius_tui.tui.backend import drawing_caches
from mobius_tui.tui.output.output_pane import OutputPane
from tests.textual_private import StylesCache, cache_of, set_cache
from tests.tui.output.panes import Recording, showing

LINES = "".join(
    f"\x1b[32mok\x1b[0m 世界 \x1b[1;44mline {n}\x1b[0m {'x' * (n % 90)}\n"
    for n in range(60)
)


def drawn(pane: OutputPane) -> list[Strip]:
    """What a screen is given."""
    return pane.render_lines(pane.size.region.grow(pane.gutter).at_offset((0, 0)))


async def agrees(pane: OutputPane, pilot: Pilot[None]) -> None:
    """Hold what is kept to what Textual makes of the same rows."""
    await pilot.pause()
    ours = drawn(pane)
    kept = cache_of(pane)
    set_cache(pane, StylesCache())
    theirs = drawn(pane)
    set_cache(pane, kept)
    assert ours == theirs


async def test_rows_look_as_textual_draws_them(recording: Recording) -> None:
    recording.write(LINES)
    async with showing(recording, size=(72, 20)) as (pane, pilot):
        await agrees(pane, pilot)
        for key in ("k", "k", "j", "pageup", "home", "w", "G"):
            await pilot.press(key)
            await agrees(pane, pilot)
        pilot.app.set_focus(None)
        await agrees(pane, pilot)
        pilot.app.theme = "textual-light"
        await agrees(pane, pilot)
        await pilot.resize_terminal(50, 12)
        await agrees(pane, pilot)
        pane.styles.padding = (1, 3)
        pane.styles.border_left = None
        await agrees(pane, pilot)
        pane.styles.opacity = 0.5
        await agrees(pane, pilot)
        pane.styles.tint = "red 20%"
        await agrees(pane, pilot)
        recording.write("few\n", stream=2)
        pane.refresh_from_file()
        await agrees(pane, pilot)


async def test_a_row_that_moves_is_not_made_again(recording: Recording) -> None:
    recording.write("".join(f"line {n}\n" for n in range(60)))
    async with showing(recording, size=(72, 20)) as (pane, pilot):
        await pilot.pause()
        before = drawn(pane)
        pane.scroll_rows(-1)
        after = drawn(pane)
        same = [a is b for a, b in zip(before[1:], after[2:-1], strict=False)]
        assert all(same)
        assert len(same) == 20 - 3
        assert "line 42" in before[1].text
        assert "line 41" in after[1].text


async def test_few_are_kept(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing_caches, "MAX_CACHED_PANE_ROWS", 3)
    recording.write(LINES)
    async with showing(recording, size=(72, 20)) as (pane, pilot):
        for _ in range(5):
            pane.scroll_rows(-3)
            await agrees(pane, pilot)
        cache = cache_of(pane)
        assert isinstance(cache, drawing_caches.RowCache)
        assert len(cache._rows) == 3


@pytest.mark.parametrize("cuts", [[10], [4, 10], [4, 10, 12], [4]])
def test_a_row_is_cut_and_filtered_as_textuals_is(cuts: list[int]) -> None:
    segments = [
        Segment("abc", Style.parse("dim #ff0000 on default")),
        Segment("defghij", Style()),
    ]
    row, strip = drawing_caches.CachedRow(segments, 10), Strip(segments, 10)
    assert row.divide(iter(cuts)) == strip.divide(cuts)
    paper, ink = Color.parse("white"), Color.parse("black")
    dim = DimFilter()
    for ground in (paper, ink, ink):
        found = row.apply_filter(dim, ground)
        assert found == strip.apply_filter(dim, ground) != row
        assert found is row.apply_filter(dim, ground)
        assert type(found) is drawing_caches.CachedRow


async def test_rows_that_are_gone_are_no_garbage(recording: Recording) -> None:
    def rows() -> int:
        return sum(type(each) is drawing_caches.CachedRow for each in gc.get_objects())

    recording.write(LINES)
    async with showing(recording, size=(72, 20)) as (pane, pilot):
        drawn_rows: list[int] = []
        counts: list[int] = []
        gc.collect()
        gc.disable()
        try:
            for _ in range(4):
                for key in ("home", "end"):
                    await pilot.press(key)
                    await pilot.pause()
                drawn_rows.append(rows())
                cache_of(pane).clear()
                cache_of(pane)._rows.clear()
                counts.append(rows())
        finally:
            gc.enable()
    assert min(drawn_rows) > counts[0]
    assert counts[-1] == counts[0]
