"""A screen is laid out for its terminal from the start, and never for another."""

from __future__ import annotations

import asyncio

import pytest
from textual import events
from textual.app import ComposeResult
from textual.geometry import Size
from textual.widgets import Static

from mobius_tui.tui.app import MobiusApp
from mobius_tui.tui.backend import style_sheets
from mobius_tui.tui.backend.full_screens import PendingScreen
from mobius_tui.tui.dialogs.dialog import Dialog
from mobius_tui.tui.screens.page import Page


class Pane(Static):
    """A checklist by its name, which remembers how wide it was."""

    def __init__(self) -> None:
        super().__init__("1 Pre-rollback", id="checklist")
        self.widths: list[int] = []

    def on_resize(self, event: events.Resize) -> None:
        self.widths.append(event.size.width)


class Paned(Page):
    def __init__(self, pane: Pane) -> None:
        super().__init__()
        self.pane = pane

    def compose(self) -> ComposeResult:
        yield self.pane


@pytest.mark.parametrize(
    ("size", "width"),
    [((200, 50), 46), ((120, 36), 42), ((80, 24), 32), ((60, 15), 60)],
)
async def test_no_screen_is_ever_laid_out_for_another_size(
    size: tuple[int, int], width: int
) -> None:
    first, second = Pane(), Pane()
    made: asyncio.Future[Page] = asyncio.get_running_loop().create_future()
    app = MobiusApp(pending=PendingScreen(lambda: [first], lambda: made))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert first.widths == [width]
        made.set_result(Paned(second))
        while not second.widths:
            await pilot.pause()
        await pilot.pause()
        assert second.widths == [width]
        dialog: Dialog[None] = Dialog("Sure?")
        await app.push_screen(dialog)
        known = style_sheets.breakpoint_classes(Size(*size))
        assert {name for name, has in known.items() if has} <= dialog.classes


@pytest.mark.parametrize(
    ("size", "names"),
    [
        ((0, 0), {"-w-tiny", "-h-tiny"}),
        ((39, 9), {"-w-tiny", "-h-tiny"}),
        ((40, 10), {"-w-narrow", "-h-short"}),
        ((75, 19), {"-w-narrow", "-h-short"}),
        ((76, 20), {"-w-normal", "-h-normal"}),
        ((110, 30), {"-w-wide", "-h-tall"}),
        ((999, 999), {"-w-huge", "-h-huge"}),
    ],
)
def test_a_size_has_one_class_each_way(size: tuple[int, int], names: set[str]) -> None:
    known = style_sheets.breakpoint_classes(Size(*size))
    assert {name for name, has in known.items() if has} == names
