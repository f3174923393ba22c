"""Without colour each state, the cursor and the focus are seen."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import OptionList

from mobius_tui.run.state.step_state import Status
from mobius_tui.tui.backend.capabilities import resolve_settings
from mobius_tui.tui.config.settings import Settings
from mobius_tui.tui.presenters.glyphs import STATUS_MARKS
from mobius_tui.tui.screen_state import StepRow
from mobius_tui.tui.widgets.checklist import Checklist
from tests.tui.looks import (
    SCENES,
    SCREENS,
    cells,
    colours,
    every_third,
    seen,
    shape,
    text,
)
from tests.tui.runs import settled

XTERM = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
MONO = {**XTERM, "NO_COLOR": "1"}


@pytest.fixture
def no_colour(monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("NO_COLOR", "1")
    return resolve_settings(Settings(theme="nord"), MONO, "utf-8")


@pytest.mark.parametrize("name", every_third(SCREENS))
async def test_without_colour_nothing_has_any_and_the_focus_is_seen(
    name: str, tmp_path: Path, no_colour: Settings
) -> None:
    async with seen(name, tmp_path, no_colour) as pilot:
        shown = text(pilot)
        assert shown.strip()
        assert colours(pilot) == set()
        if "dialog" in name:
            _sees_the_page_beneath(shown)
        screen = pilot.app.screen
        for widget in screen.focus_chain:
            screen.set_focus(None)
            await settled(pilot)
            before = shape(pilot, widget.region)
            widget.focus()
            await settled(pilot)
            assert shape(pilot, widget.region) != before, widget


def _sees_the_page_beneath(shown: str) -> None:
    lines = shown.rstrip("\n").split("\n")
    # Below the banner, where there is one.
    assert any("INCIDENT" in line for line in lines[:3]), "the mode"
    assert "Leave" in lines[-1], "the keys"


@pytest.mark.parametrize("scene", SCENES)
async def test_each_state_has_its_word_and_its_glyph_without_colour(
    scene: str, tmp_path: Path, no_colour: Settings
) -> None:
    async with seen(scene, tmp_path, no_colour, (120, 60)) as pilot:
        screen = pilot.app.screen_stack[1]
        view = screen.view  # type: ignore[attr-defined]
        if scene == "ended":
            pilot.app.pop_screen()
        places = {standing.status: step for step, standing in view.statuses.items()}
        for status, step in places.items():
            if view.plan.phase_of[step].aside and scene != "recovering":
                continue
            screen.query_one(Checklist).post_message(Checklist.Moved(StepRow(step)))
            await settled(pilot)
            shown = text(pilot)
            mark = STATUS_MARKS[status]
            row = next(line for line in shown.split("\n") if "»" in line)
            assert f"»{mark.glyph} " in row, (status, row)
            words = mark.word
            if status is Status.WAITING:
                words = "waits"
            assert words in shown, (status, shown)


async def test_the_cursor_of_a_list_is_seen_without_colour(
    tmp_path: Path, no_colour: Settings
) -> None:
    async with seen("dialog decide-several", tmp_path, no_colour) as pilot:
        options = pilot.app.screen.query_one(OptionList)
        marked = [w for w, s in cells(pilot) if s.underline and "Critical" in w]
        assert marked
        options.action_cursor_down()
        await settled(pilot)
        assert [w for w, s in cells(pilot) if s.underline and "corruption" in w]


def test_what_the_terminal_can_show_decides() -> None:
    for environ, theme, ascii_alone in (
        (XTERM, "mobius-dark", False),
        ({"TERM": "xterm-256color"}, "mobius-dark", False),
        ({"TERM": "xterm-direct"}, "mobius-dark", False),
        ({"TERM": "xterm"}, "mobius-ansi", False),
        ({"TERM": "screen"}, "mobius-ansi", False),
        ({"TERM": "screen-256color"}, "mobius-dark", False),
        ({"TERM": "linux"}, "mobius-ansi", True),
        (MONO, "mobius-ansi", False),
        ({**XTERM, "NO_COLOR": ""}, "mobius-dark", False),
    ):
        found = resolve_settings(Settings(), environ, "UTF-8")
        assert (found.theme, found.ascii) == (theme, ascii_alone), environ
    assert resolve_settings(Settings(), XTERM, "iso8859-1").ascii
    assert (
        resolve_settings(Settings(ascii=False), {"TERM": "linux"}, "utf-8").ascii
        is False
    )
    assert (
        resolve_settings(Settings(theme="nord"), {"TERM": "xterm"}, "utf-8").theme
        == "nord"
    )
