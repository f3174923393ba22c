"""A place in a script: blanks, comments, here-documents, and how deep one is.

Nothing here fails. What is not closed goes on to the end of the text; what is nested
too deep ends the reading. Each character is passed once, so that time grows with the
length alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from mobius_tui.runbook.shell.model import HereDocument, Script, Word
from mobius_tui.runbook.shell.words import WordReader

MAX_DEPTH = 40
"""How deep commands and quotes may be nested; people stop at 5."""

_SPACE = re.compile(r"(?:[ \t\r\f\v]|\\\n)+")
_LINE = re.compile(r"[^\n]*")
_ARITHMETIC = re.compile(r"[^()'\"`\\]+")
_ARITHMETIC_LIMIT = 10_000
"""How far `((` is followed to see whether it is arithmetic or two subshells."""


class Reader:
    """A place in a script, and the reading from there on."""

    def __init__(self, text: str, parse: Callable[[Reader, str], Script]) -> None:
        self.text = text
        self.pos = 0
        self.depth = 0
        self.complete = True
        self.backtick = False
        """Whether the next backtick ends a command, and begins none."""
        self.pending: list[HereDocument] = []
        """Here-documents that begin at the next line."""
        self._parse = parse

    def peek(self, length: int = 1) -> str:
        """The next characters."""
        return self.text[self.pos : self.pos + length]

    def enter(self) -> bool:
        """Go one level deeper; False, and the end of reading, where it is too deep."""
        if self.depth >= MAX_DEPTH:
            self.complete = False
            self.pos = len(self.text)
            return False
        self.depth += 1
        return True

    def leave(self) -> None:
        """Come back from a level."""
        self.depth -= 1

    def space(self) -> None:
        """Pass blanks and joined lines."""
        self._pass(_SPACE)

    def _pass(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.pos)
        if match is not None:
            self.pos = match.end()

    def comment(self) -> bool:
        """Pass a comment, if one begins here."""
        if self.peek() != "#":
            return False
        self._pass(_LINE)
        return True

    def newline(self) -> None:
        """Pass the end of a line, and the here-documents that begin after it."""
        self.pos += 1
        pending, self.pending = self.pending, []
        for document in pending:
            begin = end = self.pos
            while self.pos < len(self.text):
                self._pass(_LINE)
                line = self.text[end : self.pos]
                self.pos += 1
                if (line.lstrip("\t") if document.tabs else line) == document.end:
                    break
                end = min(self.pos, len(self.text))
            self._fill(document, begin, end)

    def _fill(self, document: HereDocument, begin: int, end: int) -> None:
        """Read what stands between two places as the text of a here-document."""
        text = self.text[begin:end]
        if document.literal or not ("$" in text or "`" in text):
            document.body = Word(source=text, text=text, start=begin, quoted=True)
            return
        inner = self.part(begin, end)
        if inner is not None:
            document.body = WordReader(inner).lines()
            self.complete &= inner.complete

    def part(self, begin: int, end: int) -> Reader | None:
        """A reader of what stands between two places; None where that is too deep."""
        if not self.enter():
            return None
        inner = Reader(self.text[:end], self._parse)
        inner.pos, inner.depth = begin, self.depth
        self.leave()
        return inner

    def word(self) -> Word:
        """The word that begins here; empty where none does."""
        return WordReader(self).read()

    def nested(self, end: str) -> Script:
        """The script of a `$(` or backtick, whose end is passed."""
        if not self.enter():
            return ()
        outer, self.backtick = self.backtick, end == "`"
        found = self._parse(self, end)
        self.backtick = outer
        self.leave()
        if self.peek(len(end)) == end:
            self.pos += len(end)
        return found

    def arithmetic(self) -> bool:
        """Pass the rest of `((…))`; False, at the same place, where it is none."""
        begin, opened = self.pos, 2
        limit = min(len(self.text), begin + _ARITHMETIC_LIMIT)
        while self.pos < limit:
            match = _ARITHMETIC.match(self.text, self.pos, limit)
            if match is not None:
                self.pos = match.end()
                continue
            char = self.peek()
            self.pos += 2 if char == "\\" else 1
            opened += (char == "(") - (char == ")")
            if opened == 1 and char == ")" and self.peek() != ")":
                break
            if opened == 0:
                return True
        self.pos = begin
        return False
