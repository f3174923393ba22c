"""What is sent to the terminal: only what differs, and yet the same screen."""

from __future__ import annotations

import unicodedata
from random import Random

import pyte
import pytest
from rich.cells import get_character_cell_size
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from mobius_tui.tui.backend import screen_diff
from mobius_tui.tui.backend.screen_diff import ScreenDiff
from tests.textual_private import ChopsUpdate, LayoutUpdate

WIDTH, HEIGHT = 30, 8
PIECES = ("ab", "│", "─╮", "世界", " ", "   ", "✔ ok", "e\u0301", "0:42", "…")
STYLES = (
    *(Style(), Style(bold=True), Style(color="red"), Style(bgcolor="#112233")),
    Style(color="#445566", bgcolor="#112233"),
    Style(color="red", bgcolor="#112233", bold=True),
)


class Screen:
    """A terminal, and what it was sent."""

    def __init__(self) -> None:
        self.diff = ScreenDiff()
        self.console = Console(color_system="truecolor", width=WIDTH)
        self.pyte = pyte.Screen(WIDTH, HEIGHT)
        self._stream = pyte.Stream(self.pyte)

    def update(self, update: LayoutUpdate | ChopsUpdate) -> str:
        assert self.diff.apply(update)
        sent = self.diff.changes(self.console)
        self._stream.feed(sent)
        return sent


def line(random: Random, width: int) -> Strip:
    segments: list[Segment] = []
    while Strip(segments).cell_length < width:
        segments.append(Segment(random.choice(PIECES), random.choice(STYLES)))
    return Strip(segments).adjust_cell_length(width)


def whole(lines: list[Strip]) -> LayoutUpdate:
    return LayoutUpdate([[each] for each in lines], Region(0, 0, WIDTH, HEIGHT))


def looks(screen: pyte.Screen) -> list[list[tuple[str, bool, str, str]]]:
    return [
        [
            (cell.data, cell.bold, cell.fg, cell.bg)
            for cell in (screen.buffer[y][x] for x in range(WIDTH))
        ]
        for y in range(HEIGHT)
    ]


def plainly(lines: list[Strip]) -> list[list[tuple[str, bool, str, str]]]:
    """The screen as it looks when every line is written whole."""
    screen = Screen()
    screen.update(whole(lines))
    return looks(screen.pyte)


@pytest.mark.parametrize("known", [1, 4096])
def test_changes_leave_the_same_screen_as_all_of_it(
    known: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much is forgotten of the styles, characters and strips of before."""
    monkeypatch.setattr(screen_diff, "MAX_KNOWN_STYLES", known)
    monkeypatch.setattr(screen_diff, "MAX_CACHED_STRIPS", known)
    random = Random(3)
    screen = Screen()
    lines = [line(random, WIDTH) for _ in range(HEIGHT)]
    screen.update(whole(lines))
    for _ in range(200):
        at = random.randrange(HEIGHT)
        lines[at] = line(random, WIDTH)
        chops = [{0: each} for each in lines]
        ends = [[WIDTH] for _ in lines]
        screen.update(ChopsUpdate(chops, [(at, 0, WIDTH)], ends))
        assert looks(screen.pyte) == plainly(lines)


DISPUTED = ("\U0001f97a", "✅", "\U0001f600", "न\u093f", "ᄒ\u1161\u11ab", "\U0001fae9")
"""A new emoji, one in older fonts' place, letters with marks, and one of tomorrow."""


@pytest.mark.parametrize("width", [1, 2])
def test_a_terminal_that_takes_a_width_for_another_is_wrong_in_no_other_cell(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = pyte.screens.wcwidth
    known = {each[0]: width for each in DISPUTED}
    monkeypatch.setattr(pyte.screens, "wcwidth", lambda c: known.get(c) or own(c))
    random = Random(5)
    screen = Screen()
    lines = [line(random, WIDTH) for _ in range(HEIGHT)]
    screen.update(whole(lines))
    for _ in range(300):
        at = random.randrange(HEIGHT)
        pieces = [random.choice((*PIECES, *DISPUTED)) for _ in range(WIDTH)]
        keep = random.randrange(WIDTH)
        new = Strip([Segment("".join(pieces), random.choice(STYLES))])
        both = Strip.join([lines[at].crop(0, keep), new])
        lines[at] = both.adjust_cell_length(WIDTH)
        screen.update(whole(lines))
        for y, each in enumerate(lines):
            for x, words in undisputed(each.text).items():
                assert screen.pyte.buffer[y][x].data == words, (y, x, each.text)


def undisputed(text: str) -> dict[int, str]:
    """The characters of a line by column, but for those of disputed width."""
    firsts = {each[0] for each in DISPUTED}
    found: dict[int, str] = {}
    x = 0
    for character in text:
        size = get_character_cell_size(character)
        if size and character not in firsts:
            found[x] = character
        elif size == 0 and x - 1 in found:
            found[x - 1] = unicodedata.normalize("NFC", found[x - 1] + character)
        x += size
    return found


def test_a_mark_with_nothing_to_stand_on_moves_nothing() -> None:
    screen = Screen()
    lines = [Strip([Segment("\u0301" + "x" * (WIDTH - 1) + "y")])] * HEIGHT
    screen.update(whole(lines))
    assert screen.pyte.display[0] == "x" * (WIDTH - 1) + "y"


def test_nothing_is_drawn_beyond_what_was_asked_for() -> None:
    random = Random(4)
    screen = Screen()
    lines = [line(random, WIDTH) for _ in range(HEIGHT)]
    screen.update(whole(lines))
    before = looks(screen.pyte)
    blank, new = Strip.blank(10), Strip([Segment("12345")])
    # Textual fills the pieces beside a span with what is behind the widgets there.
    chops = [{0: new, 5: blank, 15: blank, 25: None} for _ in lines]
    ends = [[5, 15, 25, WIDTH] for _ in lines]
    screen.update(ChopsUpdate(chops, [(2, 0, 5)], ends))
    after = looks(screen.pyte)
    assert "".join(cell[0] for cell in after[2][:5]) == "12345"
    assert after[2][6:] == before[2][6:]
    assert after[:2] + after[3:] == before[:2] + before[3:]


def test_a_wide_character_at_the_edge_of_a_span_is_drawn_whole() -> None:
    screen = Screen()
    wide = Strip([Segment("世界" * 7 + "..")])
    # A notice stood over the middle, and cut two of them in half.
    cut = Strip([Segment("世界世 " + "#" * 10 + " 界世界世界..")]).adjust_cell_length(
        30
    )
    screen.update(whole([cut] * HEIGHT))
    chops, ends = [{0: wide} for _ in range(HEIGHT)], [[WIDTH]] * HEIGHT
    spans = [(y, 7, 17) for y in range(HEIGHT)]
    screen.update(ChopsUpdate(chops, spans, ends))
    assert looks(screen.pyte) == plainly([wide] * HEIGHT)


def test_a_strip_that_moved_is_drawn_where_it_is_now() -> None:
    random = Random(7)
    screen = Screen()
    lines = [line(random, WIDTH) for _ in range(HEIGHT + 5)]
    for first in (0, 1, 5, 2, 2):
        sight = lines[first : first + HEIGHT]
        screen.update(whole(sight))
        assert looks(screen.pyte) == plainly(sight)


def test_what_is_shown_is_not_sent_again() -> None:
    lines = [Strip([Segment("x" * WIDTH)]) for _ in range(HEIGHT)]
    screen = Screen()
    first = screen.update(whole(lines))
    assert screen.update(whole(lines)) == ""
    lines[3] = Strip([Segment("x" * 10 + "y" + "x" * 19)])
    assert screen.update(whole(lines)) == "\x1b[4;11H\x1b[0my\x1b[0m"
    screen.diff.forget_terminal()
    assert len(screen.update(whole(lines))) >= len(first)


def test_of_a_style_only_what_changes_is_sent() -> None:
    screen = Screen()
    paper = "#112233"
    inks = [Style(color=each, bgcolor=paper) for each in ("#010203", "#040506")]
    bold = Style(color="#040506", bgcolor=paper, bold=True)
    styles = (*inks, Style(bgcolor=paper), bold)
    words = [Segment("abcd", style) for style in styles]
    sent = screen.update(whole([Strip(words).adjust_cell_length(WIDTH)] * HEIGHT))
    first = sent.partition("\x1b[2;1H")[0]
    assert "abcd\x1b[38;2;4;5;6mabcd\x1b[39mabcd\x1b[0;1;38;2;4;5;6;48;2;" in first
    assert first.count("48;2;17;34;51") == 2


def test_another_size_is_drawn_whole() -> None:
    screen = Screen()
    screen.update(whole([Strip([Segment("x" * WIDTH)])] * HEIGHT))
    wide = LayoutUpdate([[Strip([Segment("x" * 40)])]] * 4, Region(0, 0, 40, 4))
    assert screen.update(wide).count("x") == 160


def test_what_no_eye_sees_is_no_change() -> None:
    screen = Screen()
    screen.update(whole([Strip([Segment("x" * WIDTH, Style())])] * HEIGHT))
    meta = Style.from_meta({"offset": (3, 4)})
    assert not screen.update(whole([Strip([Segment("x" * WIDTH, meta)])] * HEIGHT))


def test_an_update_of_another_kind_is_not_understood() -> None:
    assert not ScreenDiff().apply("words")
