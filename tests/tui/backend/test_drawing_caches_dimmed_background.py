"""What is seen through a dialog."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.style import Style
from textual.color import Color
from textual.screen import ModalScreen

from mobius_tui.tui.backend.drawing_caches import DimmedBackground, dim_style
from mobius_tui.tui.dialogs.dialog import Dialog
from tests.pictures import screen_of
from tests.textual_private import background_of
from tests.tui import scenes
from tests.tui.runs import Time, hosted, opened, press, settled

INK, GROUND = Color(200, 100, 50), Color(10, 20, 30)


async def test_it_is_what_textual_would_draw(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (_, pilot):
        await press(pilot, time, "enter")
        assert isinstance(background_of(pilot.app.screen), DimmedBackground)
        ours = screen_of(pilot.app)
        monkeypatch.delattr(Dialog, "render")
        assert Dialog.render is ModalScreen.render
        pilot.app.screen.refresh(layout=True)
        await settled(pilot)
        assert not isinstance(background_of(pilot.app.screen), DimmedBackground)
        assert screen_of(pilot.app) == ours


def test_a_style_is_dimmed_and_cannot_be_clicked() -> None:
    style = Style.from_color(INK.rich_color, GROUND.rich_color)
    style += Style(bold=True, meta={"@click": "leave"}, link="https://x.invalid")
    veil = Color(0, 0, 0, 0.5)
    seen = dim_style(style, Style.null(), veil)
    assert seen.color == (INK + veil).rich_color
    assert seen.bgcolor == (GROUND + veil).rich_color
    assert seen.bold
    assert not seen.meta
    assert seen.link is None


def test_through_a_clear_veil_the_terminals_own_colours_stay() -> None:
    style = Style(color="red", meta={"@click": "leave"})
    seen = dim_style(style, Style(bgcolor="blue"), Color(0, 0, 0, 0))
    assert seen == Style(color="red", bgcolor="blue")
    assert dim_style(None, Style(bgcolor="blue"), Color(0, 0, 0, 0.5)).color is None
