"""The comparer of pictures itself."""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style
from textual.app import App, ComposeResult
from textual.widgets import Static

from tests.cells import cells_of
from tests.pictures import (
    assert_picture,
    empty_panes,
    png_of,
    screen_of,
    svg_of,
    text_of,
    words_of,
)
from tests.table import each_row


@pytest.fixture(autouse=True)
def _rejected_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures that are refused on purpose are kept for nobody."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


class Poster(App[None]):
    """A screen of one text."""

    def __init__(self, words: str, colour: str = "red") -> None:
        super().__init__()
        self._words = words
        self._colour = colour

    def compose(self) -> ComposeResult:
        poster = Static(self._words, markup=False)
        poster.styles.color = self._colour
        yield poster


@asynccontextmanager
async def shown(words: str, colour: str = "red") -> AsyncIterator[Poster]:
    app = Poster(words, colour)
    async with app.run_test(size=(30, 4)) as pilot:
        await pilot.pause()
        yield app


async def draw(words: str) -> str:
    async with shown(words) as app:
        return svg_of(app)


async def test_a_picture_is_the_same_twice_and_fetches_nothing() -> None:
    first = await draw("✔ A < B & C")
    assert first == await draw("✔ A < B & C")
    assert "cdnjs" not in first
    assert "@font-face" not in first
    assert text_of(first).split("\n")[0] == "✔ A < B & C"


class Frames(App[None]):
    """Two frames, of which one is filled."""

    def compose(self) -> ComposeResult:
        for name, words in (("full", "words"), ("empty", "")):
            frame = Static(words, id=name, markup=False)
            frame.styles.border = ("round", "red")
            frame.styles.height = 4
            yield frame


async def test_a_frame_with_nothing_in_it_is_found() -> None:
    app = Frames()
    async with app.run_test(size=(30, 8)) as pilot:
        await pilot.pause()
        assert empty_panes(app) == ["empty"]
        app.query_one("#empty", Static).update("now there is something")
        await pilot.pause()
        assert empty_panes(app) == []


async def test_a_picture_is_the_one_that_the_app_exports() -> None:
    app = Poster("✔ A < B & C")
    async with app.run_test(size=(30, 4)) as pilot:
        await pilot.pause()
        theirs = re.sub(r"terminal-\d+", "terminal", app.export_screenshot())
        for line in svg_of(app).splitlines():
            assert line.strip() in theirs


async def test_words_are_those_of_the_picture() -> None:
    app = Poster("✔ A < B & C\n\n  D\u00a0E 界")
    async with app.run_test(size=(30, 6)) as pilot:
        await pilot.pause()
        assert words_of(app) == text_of(svg_of(app))
        assert "A < B & C" in words_of(app)


async def test_a_baseline_is_asked_for_accepted_and_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shown("hello") as app:
        monkeypatch.delenv("UPDATE_PICTURES", raising=False)
        with pytest.raises(AssertionError, match="no such baseline"):
            assert_picture(app, "poster", baselines=tmp_path)
        monkeypatch.setenv("UPDATE_PICTURES", "1")
        assert_picture(app, "poster", baselines=tmp_path)
        kept = (tmp_path / "poster.screen").read_text(encoding="utf-8")
        assert kept == screen_of(app)
        monkeypatch.delenv("UPDATE_PICTURES")
        assert_picture(app, "poster", baselines=tmp_path)


async def test_a_difference_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UPDATE_PICTURES", "1")
    async with shown("hello") as app:
        assert_picture(app, "poster", baselines=tmp_path)
    monkeypatch.delenv("UPDATE_PICTURES")
    async with shown("world") as app:
        with pytest.raises(
            AssertionError, match=r"(?s)-hello.*\+world.*UPDATE_PICTURES"
        ) as told:
            assert_picture(app, "poster", baselines=tmp_path)
        new = re.search(r"New picture: (.*)", str(told.value))
        assert new is not None
        assert Path(new[1]).read_text(encoding="utf-8") == svg_of(app)
    async with shown("hello", "blue") as app:
        with pytest.raises(
            AssertionError, match=r"(?s)-a fill: #ff0000.*\+a fill: #0000ff"
        ):
            assert_picture(app, "poster", baselines=tmp_path)


async def test_a_picture_as_lines_tells_text_styles_and_width() -> None:
    async with shown("a 世 b") as app:
        lines = screen_of(app).split("\n")
    assert lines[:2] == ["30 × 4", "a 世 b"]
    letters = lines[6]
    assert len(letters) == 30
    assert letters[0] == letters[2] == letters[3] == letters[5] != letters[1]
    assert any("#ff0000" in line for line in lines[11:])


STYLES = ("red", "bold italic", "dim", "dim red on blue", "reverse", "reverse dim red")
LINES = ("reverse on red", "underline", "strike bold on color(3)", "default on default")


@each_row("words", [*STYLES, *LINES])
def test_a_style_is_told_as_the_svg_has_it(words: str) -> None:
    piece = Segment("x", Style.parse(words))
    console = Console(
        width=1,
        file=io.StringIO(),
        record=True,
        force_terminal=True,
        color_system="truecolor",
    )
    console.print(Segments([piece]))
    svg = console.export_svg(unique_id="terminal")
    pen, _, ground = cells_of([[piece]], 1).splitlines()[-1][2:].partition(" on")
    assert f".terminal-r1 {{ {pen} }}" in svg
    assert re.findall(r'fill="(\S+)"[^>]*crispEdges', svg) == ground.split()


@pytest.mark.machine
async def test_a_png_is_drawn_with_the_font(tmp_path: Path) -> None:
    path = tmp_path / "poster.png"
    png_of(await draw("hello"), path)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_a_missing_font_names_its_package(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="fonts-dejavu-core"):
        png_of("<svg/>", tmp_path / "none.png", fonts=[str(tmp_path)])
