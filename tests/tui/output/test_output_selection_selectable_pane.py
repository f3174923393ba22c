"""Selecting by mouse, and what is copied."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from textual.pilot import Pilot

from mobius_tui.tui.commands import registry
from mobius_tui.tui.output import output_selection
from mobius_tui.tui.output.viewport import place_at, visible_rows
from tests.tui.output.panes import (
    Recording,
    app_of,
    copied,
    reversed_text,
    showing,
    shown,
    until,
)

TEXT = 11
"""Cells before the text: border, padding, time, gutter."""


async def drag(
    pilot: Pilot[None], start: tuple[int, int], end: tuple[int, int]
) -> None:
    """Drag in the text, by column and row."""
    await pilot.mouse_down(offset=(TEXT + start[0], start[1] + 1))
    await pilot.hover(offset=(TEXT + end[0], end[1] + 1))
    await pilot.mouse_up(offset=(TEXT + end[0], end[1] + 1))


async def test_a_drag_selects_and_c_copies(recording: Recording) -> None:
    recording.write("first line\nsecond \x1b[31mline\x1b[0m\nthird line\n")
    async with showing(recording) as (pane, pilot):
        await drag(pilot, (6, 0), (4, 2))
        assert reversed_text(pane) == ["line", "second line", "third"]
        assert await copied(pane, pilot) == "line\nsecond line\nthird"
        await drag(pilot, (4, 2), (6, 0))
        assert await copied(pane, pilot) == "line\nsecond line\nthird"


async def test_a_click_or_esc_clears_it(recording: Recording) -> None:
    recording.write("some words here\n")
    async with showing(recording) as (pane, pilot):
        await drag(pilot, (0, 0), (3, 0))
        assert reversed_text(pane) == ["some"]
        await pilot.press("escape")
        assert reversed_text(pane) == []
        await drag(pilot, (0, 0), (3, 0))
        await pilot.mouse_down(offset=(TEXT + 8, 1))
        await pilot.mouse_up(offset=(TEXT + 8, 1))
        assert not pane.has_selection


async def test_two_presses_take_a_word_and_three_a_line(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However slow the machine is that presses.
    monkeypatch.setattr(output_selection, "MULTI_CLICK_SECONDS", 60.0)
    recording.write("see /var/log/app.log, please\n")
    async with showing(recording) as (pane, pilot):
        found = []
        for _ in range(3):
            await pilot.mouse_down(offset=(TEXT + 8, 1))
            await pilot.mouse_up(offset=(TEXT + 8, 1))
            found.append("".join(reversed_text(pane)))
        assert found == ["", "/var/log/app.log", "see /var/log/app.log, please"]


async def test_wide_characters_and_wrapped_lines(recording: Recording) -> None:
    recording.write("日本語 text " + "w" * 100 + "\nnext\n")
    async with showing(recording) as (pane, pilot):
        await drag(pilot, (2, 0), (7, 0))
        assert await copied(pane, pilot) == "本語 t"
        await drag(pilot, (0, 1), (2, 2))
        text = await copied(pane, pilot)
        assert set(text) == {"w"}
        viewport = pane.viewport
        assert viewport is not None
        first, second, *_ = visible_rows(viewport)
        assert len(text) == second.end - second.start + 3
        assert first.line is second.line


@pytest.mark.parametrize("wrap", [True, False])
async def test_every_cell_of_a_row_is_the_character_that_it_shows(
    recording: Recording, wrap: bool
) -> None:
    recording.write("e\u0301a日b 語 x" * 12 + "\n\n" + "plain words " * 20 + "\n")
    async with showing(recording, size=(40, 12)) as (pane, pilot):
        pane.wrap = wrap
        if not wrap:
            await pilot.press("right")
        viewport = pane.viewport
        assert viewport is not None
        rows = visible_rows(viewport)
        for y, text in enumerate(shown(pane)):
            row = rows[y]
            assert row.text[row.start : row.end].rstrip() == text[1:].rstrip()
            place = place_at(viewport, 1, y)
            assert place is not None
            assert place == (row.line.start, row.start)


async def test_without_a_selection_the_newest_or_first_line_is_copied(
    recording: Recording,
) -> None:
    recording.write("".join(f"line {number}\n" for number in range(30)))
    async with showing(recording) as (pane, pilot):
        assert await copied(pane, pilot) == "line 29"
        assert reversed_text(pane) == ["line 29"]
        await pilot.press("escape", "g")
        assert await copied(pane, pilot) == "line 0"


async def test_dragging_beyond_the_edge_scrolls(recording: Recording) -> None:
    recording.write("".join(f"line {number}\n" for number in range(200)))
    async with showing(recording) as (pane, pilot):
        await pilot.press("g")
        await pilot.mouse_down(offset=(TEXT, 1))
        await pilot.hover(offset=(TEXT + 3, 11))
        # It goes on scrolling: what is first when it is looked at is past line 40.
        await until(pilot, lambda: int(shown(pane)[0].split()[-1]) >= 40)
        await pilot.mouse_up(offset=(TEXT + 3, 5))
        text = await copied(pane, pilot)
        assert text.startswith("line 0\nline 1\n")
        assert text.count("\n") >= 40


async def test_a_selection_stays_on_its_text(recording: Recording) -> None:
    recording.write("".join(f"line {number}\n" for number in range(30)))
    async with showing(recording) as (pane, pilot):
        await drag(pilot, (0, 0), (6, 0))
        assert reversed_text(pane) == ["line 20"]
        assert not pane.following
        await pilot.press("up", "up")
        assert reversed_text(pane) == ["line 20"]
        recording.write("more\n" * 20)
        pane.refresh_from_file()
        assert await copied(pane, pilot) == "line 20"


async def test_all_is_copied_without_colours_and_controls(
    recording: Recording,
) -> None:
    recording.write("a\x1b[31mb\x1b[0m\n10 %\r20 %\n\x1b]0;owned\x07\n" + "x" * 70_000)
    async with showing(recording) as (pane, pilot):
        await pilot.press("C")
        await until(pilot, lambda: bool(app_of(pane).copied))
        lines = app_of(pane).copied[0].splitlines()
        assert lines[:3] == ["ab", "20 %", "␛]0;owned␇"]
        assert lines[3] == "x" * 65_536 + " … 4,464 more bytes"


@pytest.mark.parametrize(
    ("keys", "name"), [({}, "S"), ({"output.save": ("f9",)}, "F9")]
)
async def test_too_much_is_not_copied_but_said(
    recording: Recording,
    monkeypatch: pytest.MonkeyPatch,
    ours: None,
    keys: Mapping[str, tuple[str, ...]],
    name: str,
) -> None:
    assert ours is None
    registry.set_keys(keys)
    module = "mobius_tui.tui.output.output_pane.COPY_LIMIT"
    assert output_selection.COPY_LIMIT > 1 << 20
    monkeypatch.setattr(module, 100)
    recording.write("word\n" * 50)
    async with showing(recording) as (pane, pilot):
        await pilot.press("C")
        await until(pilot, lambda: bool(app_of(pane).told))
        assert f"too much to copy at once; {name} saves it." in app_of(pane).told[0]
        assert str(recording.output) in app_of(pane).told[0]
        assert app_of(pane).copied == []


async def test_nothing_can_be_copied_where_nothing_is(tmp_path: Path) -> None:
    async with showing(Recording(tmp_path)) as (pane, pilot):
        await pilot.press("c", "C", "o")
        await until(pilot, lambda: len(app_of(pane).told) == 3)
