"""Reading a Markdown page line by line.

It follows what people write, not every corner of a standard: headings, lists, fences,
tables, quotes and comments. Nothing of it is nested in memory, and no pattern looks at
a line more than a few times, so that a hostile page costs no more than a long one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mobius_tui.runbook.page.blocks import (
    Block,
    Fence,
    Grid,
    Heading,
    Item,
    Page,
    Words,
)

_MARKER = re.compile(r"(?:[-*+]|\d{1,9}[.)])(?:[ \t]+(.*))?", re.DOTALL)
_BOX = re.compile(r"\[[ xX]\](?:[ \t]+(.*))?", re.DOTALL)
_FENCE = re.compile(r"(`{3,}|~{3,})(.*)", re.DOTALL)
_QUOTE = re.compile(r"[ \t]{0,3}((?:>[ \t]?)+)")
_BAR = re.compile(r"(?<!\\)\|")
_KEY = re.compile(r"[ \t]*[\w-]+[ \t]*[:=]")
_FRONT_LINES = 200
"""A rule at the top of a page that has no partner within these lines is a rule."""
MOST_PIECES = 8000
"""Blocks and rows of tables; what has more is no page that somebody reads."""


def scan(text: str) -> Page:
    r"""The blocks of a page.

    Args:
        text: the page; its lines end in `\n`, `\r\n` or `\r`.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    front = _front_matter(lines)
    scanner = _Scanner(lines[len(front) + 2 if front else 0 :])
    scanner.read()
    return Page(
        front=front,
        blocks=tuple(scanner.found),
        comments=scanner.comments,
        is_whole=scanner.pieces <= MOST_PIECES,
    )


def _front_matter(lines: Sequence[str]) -> tuple[str, ...]:
    """What stands between two `---` or `+++` at the very top; empty if nothing does."""
    mark = lines[0].rstrip()
    if mark not in ("---", "+++"):
        return ()
    for number, line in enumerate(lines[1:_FRONT_LINES], 1):
        if line.rstrip() == mark:
            inside = tuple(lines[1:number])
            return inside if any(map(_KEY.match, inside)) else ()
    return ()


def _indent(line: str) -> int:
    """How many columns a line is indented by; a tab goes to the next of every 4."""
    lead = line[: len(line) - len(line.lstrip(" \t"))]
    return len(lead.expandtabs(4)) if "\t" in lead else len(lead)


def _is_rule(stripped: str) -> bool:
    """Whether a line is `---`, `* * *` or the like."""
    if stripped[0] not in "-*_" or stripped.strip("-*_ \t"):
        return False
    marks = stripped.replace(" ", "").replace("\t", "")
    return len(marks) >= 3 and not marks.strip(marks[0])


def _cells(line: str) -> tuple[str, ...]:
    """The cells of a table's row."""
    inner = line.strip().removeprefix("|")
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    return tuple(cell.strip().replace("\\|", "|") for cell in _BAR.split(inner))


class _Scanner:
    """One walk over one page."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self.at = 0
        self.found: list[Block] = []
        self.comments = 0
        self._rows = 0
        self._in_comment = False
        self._after_blank = True
        self._lists: list[int] = []
        """The columns of the markers of the items that are open."""
        self._open: list[str] = []
        """The lines of the paragraph or item that goes on."""
        self._item: tuple[int, bool] | None = None
        """Depth and box of the item that goes on; `None` for a paragraph."""

    def read(self) -> None:
        """Walk the whole page."""
        while self.at < len(self.lines) and self.pieces <= MOST_PIECES:
            line = self.lines[self.at]
            self.at += 1
            if line and not line.isspace():
                self._line(line)
            elif not self._after_blank:
                self._close()
                self._after_blank = True
        self._close()

    @property
    def pieces(self) -> int:
        """How much was found."""
        return len(self.found) + self._rows

    def _line(self, line: str) -> None:
        """A line that is not blank, and not inside of a fence."""
        line = self._without_comments(line)
        quoted = 0
        if (quote := _QUOTE.match(line)) is not None:
            quoted = quote[1].count(">")
            line = line[quote.end() :]
        stripped = line.strip()
        if not stripped:
            return
        indent = _indent(line)
        fence = _FENCE.fullmatch(stripped)
        if fence is not None and not (fence[1][0] == "`" and "`" in fence[2]):
            self._fence(fence[1], fence[2].strip(), indent, quoted)
        elif indent < 4 and self._heading(stripped):
            self._lists.clear()
        elif _is_rule(stripped):
            self._close()
            self._lists.clear()
        elif (marker := _MARKER.fullmatch(stripped)) is not None:
            self._begin_item(indent, marker[1] or "")
        elif "|" in stripped and self._is_table():
            self._table(stripped, indent)
        elif indent >= 4 and self._after_blank and not self._lists:
            self._indented(line)
        else:
            self._words(stripped, indent)
        self._after_blank = False

    def _without_comments(self, line: str) -> str:
        """The line without its HTML comments, which may go on over many lines."""
        parts: list[str] = []
        at = ticks = 0
        while at < len(line):
            if self._in_comment:
                end = line.find("-->", at)
                if end < 0:
                    break
                self._in_comment = False
                at = end + 3
                continue
            start = line.find("<!--", at)
            if start < 0:
                parts.append(line[at:])
                break
            ticks += line.count("`", at, start)
            if ticks % 2:  # inside of `code`
                parts.append(line[at : start + 4])
                at = start + 4
                continue
            parts.append(line[at:start])
            self.comments += 1
            self._in_comment = True
            at = start + 4
        return "".join(parts)

    def _close(self) -> None:
        """End the paragraph or item that is open."""
        if self._open:
            text = "\n".join(self._open)
            if self._item is not None:
                depth, box = self._item
                self.found.append(Item(text=text, depth=depth, box=box))
            else:
                self.found.append(Words(text=text, depth=len(self._lists)))
        self._open = []
        self._item = None

    def _inside(self, indent: int) -> int:
        """How many items a line of that indent stands in; those before it are ended."""
        while self._lists and indent <= self._lists[-1]:
            self._lists.pop()
        return len(self._lists)

    def _heading(self, stripped: str) -> bool:
        """A heading, if the line is one: by `#`, or as a line under words."""
        if stripped[0] == "#":
            rest = stripped.lstrip("#")
            level = len(stripped) - len(rest)
            if level <= 6 and (not rest or rest[0] in " \t"):
                bare = rest.rstrip("#")
                text = bare if not bare or bare[-1] in " \t" else rest
                self._close()
                self.found.append(Heading(level=level, text=text.strip()))
                return True
            return False
        underline = stripped[0] in "=-" and not stripped.strip(stripped[0])
        if not underline or len(stripped) < 2 or not self._open:
            return False
        if self._item is not None or self._lists:
            return False
        text = " ".join(self._open)
        self._open = []
        level = 1 if stripped[0] == "=" else 2
        self.found.append(Heading(level=level, text=text))
        return True

    def _begin_item(self, indent: int, text: str) -> None:
        self._close()
        depth = self._inside(indent)
        self._lists.append(indent)
        box = _BOX.fullmatch(text)
        self._item = (depth, box is not None)
        self._open = [(box[1] or "") if box is not None else text]

    def _words(self, stripped: str, indent: int) -> None:
        """A line of a paragraph, or one more of the item above it."""
        if not self._open:
            self._inside(indent)
        self._open.append(stripped)

    def _fence(self, mark: str, info: str, indent: int, quoted: int) -> None:
        """A fenced block, to its closing fence or the end of the page."""
        self._close()
        depth = self._inside(indent)
        quote = re.compile(rf"[ \t]{{0,3}}(?:>[ \t]?){{0,{min(quoted, 99)}}}")
        inside: list[str] = []
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if quoted:
                if not line.lstrip().startswith(">"):
                    break
                line = quote.sub("", line, count=1)
            self.at += 1
            stripped = line.strip()
            if stripped.startswith(mark) and not stripped.strip(mark[0]):
                break
            if indent:
                line = line.expandtabs(4)
                line = line[min(indent, _indent(line)) :]
            inside.append(line)
        self.found.append(Fence(info=info, text="\n".join(inside), depth=depth))

    def _indented(self, line: str) -> None:
        """A block of lines that are code by being indented."""
        inside = [line.expandtabs(4)[4:]]
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if line.strip() and _indent(line) < 4:
                break
            inside.append(line.expandtabs(4)[4:])
            self.at += 1
        text = "\n".join(inside).rstrip()
        self.found.append(Fence(info="", text=text, depth=0))

    def _is_table(self) -> bool:
        """Whether the next line is the one below a table's head."""
        if self.at >= len(self.lines):
            return False
        below = self.lines[self.at].strip()
        return "-" in below and "|" in below and not below.strip("|-: \t")

    def _table(self, head: str, indent: int) -> None:
        self._close()
        depth = self._inside(indent)
        self.at += 1
        rows: list[tuple[str, ...]] = []
        while self.at < len(self.lines) and "|" in self.lines[self.at]:
            rows.append(_cells(self.lines[self.at]))
            self.at += 1
            if len(rows) > MOST_PIECES:
                break
        self._rows += len(rows)
        self.found.append(Grid(head=_cells(head), rows=tuple(rows), depth=depth))
