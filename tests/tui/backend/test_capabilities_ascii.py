"""With --ascii, only ASCII is drawn; on a console, in its 16 colours."""

from __future__ import annotations

import re
import tokenize
from pathlib import Path

import pytest

import mobius_tui.tui
from mobius_tui.ascii_text import ASCII_SIGNS, locale_requires_ascii
from mobius_tui.sanitize import cells as width
from mobius_tui.tui.backend.capabilities import AsciiFilter, resolve_settings
from mobius_tui.tui.config.settings import Settings
from mobius_tui.tui.presenters.glyphs import STATUS_MARKS, UNENTERED_ASIDE_MARK
from tests.pictures import BASELINES, assert_picture
from tests.tui.looks import SCREENS, cells, colours, seen, text
from tests.tui.runs import ROLLBACK, settled

ASCII = Settings(ascii=True)
OF_16 = re.compile(r"color\(([0-9]|1[0-5])\)")
OF_THE_RUNBOOK = {c for c in ROLLBACK.read_text() if c not in ASCII_SIGNS}
"""What the person's own text has, and what is drawn has not."""


@pytest.mark.parametrize("name", SCREENS)
async def test_each_screen_is_ascii_in_the_terminals_own_colours(
    name: str, tmp_path: Path
) -> None:
    console = resolve_settings(Settings(), {"TERM": "linux"}, "utf-8")
    assert (console.ascii, console.theme) == (True, "mobius-ansi")
    async with seen(name, tmp_path, console) as pilot:
        shown = text(pilot)
        strange = {c for c in shown if not c.isascii()} - OF_THE_RUNBOOK
        assert strange == set(), shown
        assert {width(row) for row in shown.split("\n") if row} == {120}
        assert {name for name in colours(pilot) if not OF_16.fullmatch(name)} == set()
        for words, style in cells(pilot):
            hard = style.color is not None and style.color == style.bgcolor
            assert not (hard and not style.color.is_default and words.strip())  # type: ignore[union-attr]


@pytest.mark.parametrize("size", [(80, 24), (60, 15), (160, 45), (30, 8)])
async def test_at_each_size_it_is_ascii(size: tuple[int, int], tmp_path: Path) -> None:
    async with seen("failed", tmp_path, ASCII, size) as pilot:
        assert text(pilot).isascii()


async def test_the_whole_screen_in_ascii(tmp_path: Path) -> None:
    async with seen("dialog failure", tmp_path, ASCII, (80, 24)) as pilot:
        assert_picture(pilot.app, "ascii-failure-80x24")
        await pilot.press("escape")
        await settled(pilot)
        assert_picture(pilot.app, "ascii-failed-80x24")


@pytest.mark.parametrize(
    ("environ", "was_c", "wanted"),
    [
        ({"LANG": "C"}, True, True),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, True, True),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, False, False),
        ({"LC_ALL": "POSIX", "LANG": "C.UTF-8"}, True, True),
        ({"LC_ALL": "", "LANG": "C.UTF-8"}, False, False),
        ({"LC_ALL": "C.utf8", "LANG": "C"}, False, False),
        ({"LC_CTYPE": "C", "LANG": "en_US.UTF-8"}, True, True),
        ({"LANG": "en_US.ISO-8859-1"}, True, True),
        ({"LANG": "sr_RS.UTF-8@latin"}, False, False),
        ({"LANG": "en_US.UTF-8"}, True, False),
        ({"LANG": "de_DE@euro"}, True, False),
        ({}, True, False),
        ({"LC_CTYPE": "C.UTF-8"}, True, False),
    ],
)
def test_the_locale_says_what_a_terminal_shows(
    environ: dict[str, str], was_c: bool, wanted: bool
) -> None:
    assert locale_requires_ascii(environ, was_c=was_c) is wanted


def test_every_glyph_that_is_written_in_the_code_has_a_sign() -> None:
    wanted: dict[str, str] = {}
    for path in Path(mobius_tui.tui.__file__).parent.rglob("*.py"):
        if path.name == "ascii.py":
            continue
        with path.open("rb") as file:
            for token in tokenize.tokenize(file.readline):
                doc = token.string.startswith(('"""', "r" + '"""'))
                if token.type == tokenize.STRING and not doc:
                    for character in token.string:
                        if not character.isascii():
                            wanted[character] = path.name
    assert {c: n for c, n in wanted.items() if c not in ASCII_SIGNS} == {}


def test_every_glyph_of_a_picture_has_a_sign() -> None:
    """Those of many colours draw other borders."""
    for path in sorted(BASELINES.glob("*.screen")):
        size, *rows = path.read_text(encoding="utf-8").split("\n")
        shown = "".join(rows[: int(size.partition(" × ")[2])])
        strange = {c for c in shown if not c.isascii()} - ASCII_SIGNS.keys()
        assert strange - OF_THE_RUNBOOK == set(), path.name


def test_a_sign_is_ascii_and_as_wide_as_its_glyph() -> None:
    for glyph, sign in ASCII_SIGNS.items():
        assert re.fullmatch("[ -~]+", sign)
        assert len(sign) == width(glyph), glyph


def test_no_two_states_have_the_same_sign() -> None:
    signs = [ASCII_SIGNS.get(mark.glyph, mark.glyph) for mark in STATUS_MARKS.values()]
    glyphs = [mark.glyph for mark in STATUS_MARKS.values()]
    assert len(set(signs)) == len(set(glyphs))
    assert UNENTERED_ASIDE_MARK.glyph in ASCII_SIGNS


def test_what_a_terminal_cannot_be_sent_is_a_question_mark() -> None:
    from rich.segment import Segment
    from textual.color import Color

    line = [Segment("✔ é 漢 e\u0301 ok")]
    ground = Color(0, 0, 0)
    [kept] = AsciiFilter(all_others=False).apply(line, ground)
    assert kept.text == "+ é 漢 e\u0301 ok"
    [sent] = AsciiFilter(all_others=True).apply(line, ground)
    assert sent.text == "+ ? ?? e ok"
