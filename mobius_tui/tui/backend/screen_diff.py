"""Compares each frame with what the terminal shows, and sends only cells that differ.

Textual sends whole lines of every widget that has changed: 12 KB where a cursor moves
by one row. Over SSH that is what a person waits for. Here an update is compared with
what was sent before, and the cells that differ are written.

While the terminal has not taken what was sent, updates only change what is wanted: a
slow line skips frames, and is never behind by more than the one that is on its way.

Terminals disagree on how wide some characters are. What stands after one is put where
it belongs, so that a line is never wrong in more than the two cells in question.

Textual 8.2 keeps no frame that it has sent, and has no public way between an update and
the driver (`App._display`). Upstream needs: the frame before in the driver, and updates
that are dropped while the terminal is behind.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import repeat

from rich.cells import get_character_cell_size
from rich.console import Console, RenderableType
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

ScreenCell = tuple[str, Style]
"""A character and its style; the right half of a wide character is an empty text.

Equal cells are one object as long as they are known: to tell rows apart is then quick.
"""
MAX_KNOWN_STYLES = 4096
"""The most styles in the cache, and characters of each: a selection's offsets and an
output's colours make ever new ones."""
MAX_CACHED_STRIPS = 128
"""Strips whose cells are cached: scrolling draws the same strips in other rows."""

MAX_REWRITTEN_CELLS = 5
"""Equal cells between two changes that are written rather than passed over: a move of
the cursor takes as many bytes."""
SgrCodes = tuple[str, str, str]
"""The SGR codes of a style: of its attributes, its foreground and its background."""
DEFAULT_COLOURS = ("39", "49")
"""The codes of the terminal's own colours, which code 0 (reset) sets too."""
UNKNOWN_CELL: ScreenCell = ("", Style.null())
"""A cell of which nothing is known."""

# Characters whose width all terminals agree on, each range with both its ends: Latin,
# Greek, Cyrillic; punctuation, arrows, lines, symbols; Chinese, Japanese and Korean.
_RANGES_OF_AGREED_WIDTH = (
    ("\u0020", "\u02ff"),
    ("\u0370", "\u0482"),
    ("\u048a", "\u052f"),
    ("\u1e00", "\u2bff"),
    ("\u2e80", "\u3029"),
    ("\u3030", "\u3098"),
    ("\u309b", "\ua4cf"),
    ("\uac00", "\ud7a3"),
    ("\uf900", "\ufaff"),
    ("\ufe30", "\ufe6f"),
    ("\uff01", "\uff60"),
)
_SYMBOL_RANGE = ("\u2000", "\u2bff")
"""A range in which emoji that are wide since Unicode 9 are narrow in some terminals."""
DISABLE_AUTOWRAP, ENABLE_AUTOWRAP = "\x1b[?7l", "\x1b[?7h"
"""Sequences that switch the terminal's automatic line wrap off and on again: without it
a character that turns out too wide for the last column starts no new line."""


class StyledCells(dict[str, ScreenCell]):
    """The cells of one style, by their character."""

    def __init__(self, style: Style) -> None:
        super().__init__()
        self._style = style

    def __missing__(self, character: str) -> ScreenCell:
        if len(self) >= MAX_KNOWN_STYLES:
            self.clear()
        cell = self[character] = (character, self._style)
        return cell


class ScreenDiff:
    """The screen as it should be, and as the terminal shows it, cell by cell."""

    def __init__(self) -> None:
        self._wanted: list[list[ScreenCell]] = []
        self._shown: list[list[ScreenCell]] = []
        self._changed_rows: set[int] = set()
        self._cells_by_style: dict[Style, StyledCells] = {}
        self._cells_by_object: dict[int, tuple[Style | None, StyledCells]] = {}
        """The same by the object: to look for an equal style takes long."""
        self._cells_by_strip: OrderedDict[int, tuple[Strip, list[ScreenCell]]] = (
            OrderedDict()
        )
        self._codes_by_style: dict[Style, SgrCodes] = {}

    def forget_terminal(self) -> None:
        """Forget what the terminal shows; all is sent again."""
        self._shown = [[UNKNOWN_CELL] * len(row) for row in self._wanted]
        self._changed_rows = set(range(len(self._wanted)))

    def apply(self, update: RenderableType | None) -> bool:
        """Apply an update to the screen as it should be.

        Returns:
            Whether the update was of a known kind.
        """
        if isinstance(update, LayoutUpdate):
            self._resize(update.region.right, update.region.bottom)
            for y, strips in enumerate(update.strips, update.region.y):
                cells = [
                    cell for strip in strips for cell in self._cells_of_strip(strip)
                ]
                self._write_cells(y, update.region.x, cells)
            return True
        if isinstance(update, ChopsUpdate):
            ends = update.chop_ends
            self._resize(max(row[-1] for row in ends), len(ends))
            for y, left, right in update.spans:
                pieces = zip(ends[y], update.chops[y].items(), strict=False)
                for end, (x, strip) in pieces:
                    first, last = max(x, left), min(end, right)
                    if strip is None or first >= last:
                        continue
                    # Beyond the span stands what is behind the widget that is there.
                    cells = self._cells_of_strip(strip.adjust_cell_length(end - x))
                    # It may begin or end in the middle of a wide character.
                    first -= _is_half(cells, first - x)
                    last += _is_half(cells, last - x)
                    self._write_cells(y, first, cells[first - x : last - x])
            return True
        return False

    def changes(self, console: Console) -> str:
        """Take the text that brings the terminal up to date.

        From then on its cells count as shown: it has to be written, and is given once.
        """
        out: list[str] = []
        style: Style | None = None
        had: SgrCodes | None = None
        for y in sorted(self._changed_rows):
            wanted = self._wanted[y]
            move = f"\x1b[{y + 1};%dH"
            for start, end in _changed_ranges(self._shown[y], wanted):
                out.append(move % (start + 1))
                move = "\x1b[%dG"
                for x, (character, own) in enumerate(wanted[start:end], start):
                    if own is not style:
                        style, codes = own, self._codes_of(own, console)
                        out.append(_sgr_change(had, codes))
                        had = codes
                    agreed = character.isascii() or not _has_disputed_width(character)
                    out.append(character if agreed else _write_disputed_cell(wanted, x))
            self._shown[y] = wanted.copy()
        self._changed_rows.clear()
        if out:
            out.append("\x1b[0m")
        return "".join(out)

    def _resize(self, width: int, height: int) -> None:
        """Start over when the screen has another size."""
        if len(self._wanted) != height or len(self._wanted[0]) != width:
            self._wanted = [[UNKNOWN_CELL] * width for _ in range(height)]
            self.forget_terminal()

    def _write_cells(self, y: int, x: int, cells: list[ScreenCell]) -> None:
        row = self._wanted[y]
        row[x : x + len(cells)] = cells[: len(row) - x]
        self._changed_rows.add(y)

    def _cells_of_strip(self, strip: Strip) -> list[ScreenCell]:
        """The cells of a strip, cached; they must not be changed."""
        kept = self._cells_by_strip.get(id(strip))
        if kept is not None:  # it holds the strip: no other has its number
            return kept[1]
        cells = self._make_cells(strip)
        self._cells_by_strip[id(strip)] = strip, cells
        if len(self._cells_by_strip) > MAX_CACHED_STRIPS:
            self._cells_by_strip.popitem(last=False)
        return cells

    def _make_cells(self, strip: Strip) -> list[ScreenCell]:
        """Split a strip into cells; a character of no width joins another."""
        cells: list[ScreenCell] = []
        for words, style, control in strip:
            if control:
                continue
            cells_of_style = self._cells_of_style(style)
            if words.isascii():
                cells.extend(map(cells_of_style.__getitem__, words))
                continue
            for character in words:
                size = get_character_cell_size(character)
                if size == 0:
                    if cells:
                        cells[-1] = cells_of_style[cells[-1][0] + character]
                else:
                    cells.append(cells_of_style[character])
                    cells.extend(repeat(cells_of_style[""], size - 1))
        return cells

    def _cells_of_style(self, style: Style | None) -> StyledCells:
        """The cells of a style; what is not visible makes no difference."""
        used = self._cells_by_object.get(id(style))
        if used is not None:
            return used[1]
        drawn = (style or Style.null()).clear_meta_and_links()
        cells = self._cells_by_style.get(drawn)
        if cells is None:
            if len(self._cells_by_style) >= MAX_KNOWN_STYLES:
                self._cells_by_style.clear()
            cells = self._cells_by_style[drawn] = StyledCells(drawn)
        if len(self._cells_by_object) >= MAX_KNOWN_STYLES:
            self._cells_by_object.clear()
        self._cells_by_object[id(style)] = style, cells
        return cells

    def _codes_of(self, style: Style, console: Console) -> SgrCodes:
        """What makes the terminal write in a style."""
        codes = self._codes_by_style.get(style)
        if codes is None:
            ink, paper = (
                Style(color=style.color),
                Style(bgcolor=style.bgcolor),
            )
            codes = (
                _sgr(style.without_color, console),
                _sgr(ink, console) or "39",
                _sgr(paper, console) or "49",
            )
            if len(self._codes_by_style) >= MAX_KNOWN_STYLES:
                self._codes_by_style.clear()
            self._codes_by_style[style] = codes
        return codes


def _sgr(style: Style, console: Console) -> str:
    """The numbers for a style, as the terminal's colours allow."""
    words = Strip([Segment("\0", style)]).render(console).partition("\0")[0]
    return words.removeprefix("\x1b[").removesuffix("m")


def _sgr_change(had: SgrCodes | None, codes: SgrCodes) -> str:
    """What turns one style into another; from an unknown one, all of it."""
    kind, ink, paper = codes
    if had is None or had[0] != kind:
        numbers = [
            "0",
            kind,
            *(each for each in (ink, paper) if each not in DEFAULT_COLOURS),
        ]
    else:
        numbers = [new for old, new in zip(had, codes, strict=True) if new != old]
    words = ";".join(filter(None, numbers))
    return f"\x1b[{words}m" if words else ""


def _is_half(cells: list[ScreenCell], at: int) -> bool:
    """Whether a cell is the right half of a wide character."""
    return at < len(cells) and not cells[at][0]


@lru_cache(4096)
def _has_disputed_width(character: str) -> bool:
    """Whether terminals may disagree on how wide a cell's character is."""
    agreed = any(first <= character <= last for first, last in _RANGES_OF_AGREED_WIDTH)
    if character and (len(character) > 1 or not agreed):
        return True
    first, last = _SYMBOL_RANGE
    return first <= character <= last and get_character_cell_size(character) > 1


def _write_disputed_cell(row: list[ScreenCell], x: int) -> str:
    """The text for a cell of disputed width.

    Behind the character the cursor is moved to where the next cell is, however wide
    the terminal drew it.

    Args:
        row: the cells of the row.
        x: the cell, from 0.
    """
    character = row[x][0]
    is_wide = x + 1 < len(row) and not row[x + 1][0]
    if is_wide:  # where it is narrow, nothing old may stay beside it
        character = f"  \x1b[{x + 1}G{character}"
    after = x + 2 + is_wide
    placed = f"{character}\x1b[{after}G"
    return (
        placed if after < len(row) else f"{DISABLE_AUTOWRAP}{placed}{ENABLE_AUTOWRAP}"
    )


def _changed_ranges(
    shown: list[ScreenCell], wanted: list[ScreenCell]
) -> Iterable[tuple[int, int]]:
    """Ranges of cells that differ, joined where little lies between them."""
    if shown == wanted:
        return
    start = end = -1
    for at, (old, new) in enumerate(zip(shown, wanted, strict=True)):
        if old is new:
            continue
        if start >= 0 and at > end + MAX_REWRITTEN_CELLS:
            yield start, end
            start = -1
        if start < 0:
            start = at - 1 if not new[0] and at > 0 else at
        end = at + 1
        if not (old[0] + new[0]).isascii() and end < len(wanted):
            # One that is wider there than here has blanked the cell after it.
            end += _has_disputed_width(old[0]) or _has_disputed_width(new[0])
    if start >= 0:
        yield start, end


class ScreenUpdate(CompositorUpdate):
    """An update that finds the difference at the moment when it is written."""

    def __init__(
        self, screen_diff: ScreenDiff, before_write: Callable[[], None]
    ) -> None:
        """Make it.

        Args:
            screen_diff: what is wanted, and shown.
            before_write: called when all is found, right before it is written.
        """
        self._screen_diff = screen_diff
        self._before_write = before_write

    def render_segments(self, console: Console) -> str:
        """What differs from what the terminal shows."""
        changes = self._screen_diff.changes(console)
        self._before_write()
        return changes
