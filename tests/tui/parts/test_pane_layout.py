"""The pane layout: which pane has the focus, the whole room, or no room."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.tui.commands.command import PaneName
from mobius_tui.tui.parts.pane_layout import PaneLayout
from tests.review.story import story
from tests.tui import scenes
from tests.tui.reviews import reviewed
from tests.tui.runs import opened, settled


async def test_the_pane_with_the_focus_has_the_whole_room_until_it_is_given_back(
    tmp_path: Path,
) -> None:
    async with opened(scenes.failed(tmp_path)) as (screen, pilot):
        layout = screen.pane_layout

        def zoomed() -> set[str]:
            """The panes that have the whole room, and the classes that say so."""
            panes = {name for name, w in layout.widgets.items() if w.has_class("-zoom")}
            return panes | {name for name in screen.classes if "zoom" in name}

        assert layout.focused == "checklist"
        layout.zoom()
        assert zoomed() == {"checklist", "-zoomed", "-zoom-left"}
        layout.focus(PaneName.OUTPUT)
        await settled(pilot)
        assert zoomed() == {"output", "-zoomed"}, "it goes with the focus"
        layout.zoom()
        assert zoomed() == set()


@pytest.mark.parametrize(
    ("size", "ways"),
    [((80, 24), []), ((60, 15), ["List", "Health", "Details"])],
)
async def test_there_are_ways_to_the_panes_that_have_no_room(
    tmp_path: Path, size: tuple[int, int], ways: list[str]
) -> None:
    async with opened(scenes.failed(tmp_path), size=size) as (screen, pilot):
        screen.pane_layout.focus(PaneName.OUTPUT)
        await settled(pilot)
        assert [command.label for command in screen.pane_layout.pane_commands()] == ways
        footer = screen.footer_commands()
        assert [command.label for command in footer[: len(ways)]] == ways


async def test_a_review_leads_to_its_panes_by_its_own_commands(tmp_path: Path) -> None:
    run = story(tmp_path / "runs")
    async with reviewed(run, (60, 15)) as (screen, _):
        ways = [command.id for command in screen.pane_layout.pane_commands()]
        names = ("checklist", "output", "health", "detail")
        assert ways == [f"review.pane.{name}" for name in names]


def test_thirty_rows_have_room_for_everything() -> None:
    assert not PaneLayout.is_low(30)
    assert PaneLayout.is_low(29)
