"""The position in a script while it is parsed; reading blanks and comments.

Nothing here raises. An unclosed construct extends to the end of the text; too deep
nesting ends the parsing. Only what is limited in length or depth is read again
(arithmetic, backticks, here-documents), so that the time is linear.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from mobius_tui.runbook.shell.script_model import (
    HereDocument,
    Script,
    SyntaxProblem,
    Word,
)

MAX_DEPTH = 40
"""Levels of nested commands and quotes; people use 5 at most."""

_SPACE = re.compile(r"(?:[ \t\r\f\v]|\\\n|\\\Z)+")
_TOKEN = re.compile(r"[;&|()<>]{1,3}|[^\s;&|()<>]{1,30}")
_LINE = re.compile(r"[^\n]*")
_ARITHMETIC = re.compile(r"[^()'\"`\\]+")
_PARENTHESIS = re.compile(r"[()]")
_QUOTES = re.compile(r"['\"`\\]")
_ARITHMETIC_LIMIT = 10_000
"""Characters that are read to decide whether `((` is arithmetic or two subshells."""


class ScriptReader:
    """A position in a script, from which it is read."""

    def __init__(
        self,
        text: str,
        parse: Callable[[ScriptReader, str], Script],
        read_lines: Callable[[ScriptReader], Word],
    ) -> None:
        """A reader at the start of a text.

        Args:
            text: the script.
            parse: reads commands up to a word that ends them, which is left unread.
            read_lines: reads all that is left as the text of a here-document.
        """
        self.text = text
        self.pos = 0
        self.depth = 0
        self.complete = True
        self.syntax_problem: SyntaxProblem | None = None
        """The first syntax error for bash."""
        self.is_uncertain = False
        """Whether bash may parse the text so far in another way."""
        self.pending: list[HereDocument] = []
        """Here-documents that begin at the next line."""
        self._parse = parse
        self._read_lines = read_lines

    def report(
        self, start: int, reason: str, opener: str = "", opener_start: int = 0
    ) -> None:
        """Record a syntax error, if it is the first one and certain."""
        if self.syntax_problem is None and not self.is_uncertain:
            self.syntax_problem = SyntaxProblem(
                start=start, reason=reason, opener=opener, opener_start=opener_start
            )

    def report_missing(self, end: str, opener: str, start: int) -> None:
        """Record that a construct is not closed here."""
        if self.pos >= len(self.text):
            self.report(start, f"the `{opener}` that begins here has no `{end}`")
            return
        words = f"`{self.token()}` stands here where `{opener}` wants its `{end}`"
        self.report(self.pos, words, opener, start)

    def token(self) -> str:
        """The next token, for a message."""
        match = _TOKEN.match(self.text, self.pos)
        return self.peek() if match is None else match[0]

    def between(self, begin: int, end: int) -> ScriptReader | None:
        """A reader of the text between two offsets; None if it is nested too deep.

        It records errors for itself.
        """
        if not self.enter():
            return None
        inner = ScriptReader(self.text[:end], self._parse, self._read_lines)
        inner.pos, inner.depth = begin, self.depth
        self.leave()
        return inner

    def up_to(self, end: int) -> ScriptReader:
        """A reader from here to another offset, which records errors for itself."""
        inner = ScriptReader(self.text[:end], self._parse, self._read_lines)
        inner.pos, inner.depth = self.pos, self.depth
        return inner

    def peek(self, length: int = 1) -> str:
        """The next characters."""
        return self.text[self.pos : self.pos + length]

    def enter(self) -> bool:
        """Go one level deeper; if that is too deep, go to the end and return False."""
        if self.depth >= MAX_DEPTH:
            self.complete = False
            self.pos = len(self.text)
            return False
        self.depth += 1
        return True

    def leave(self) -> None:
        """Leave a level."""
        self.depth -= 1

    def skip_blanks(self) -> None:
        """Pass blanks and escaped line ends."""
        self._pass(_SPACE)

    def _pass(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.pos)
        if match is not None:
            self.pos = match.end()

    def skip_comment(self) -> bool:
        """Pass a comment, if one begins here."""
        if self.peek() != "#":
            return False
        self._pass(_LINE)
        return True

    def skip_newline(self) -> None:
        """Pass the end of a line, and the here-documents that begin after it."""
        self.pos += 1
        pending, self.pending = self.pending, []
        for document in pending:
            begin = end = min(self.pos, len(self.text))
            while self.pos < len(self.text):
                self._pass(_LINE)
                line = self.text[end : self.pos]
                self.pos += 1
                if (
                    line.lstrip("\t") if document.strips_tabs else line
                ) == document.delimiter:
                    break
                end = min(self.pos, len(self.text))
            else:
                self.report_endless(document)
            self._read_here_document(document, begin, end)

    def _read_here_document(self, document: HereDocument, begin: int, end: int) -> None:
        """Read the text between two offsets as the body of a here-document."""
        text = self.text[begin:end]
        if document.literal or not ("$" in text or "`" in text):
            document.body = Word(source=text, text=text, start=begin, quoted=True)
            return
        inner = self.between(begin, end)
        if inner is not None:
            document.body = self._read_lines(inner)
            self.complete &= inner.complete

    def report_endless(self, document: HereDocument) -> None:
        """Record that a here-document has no end."""
        words = f"the here-document never ends: no line is `{document.delimiter}` alone"
        self.report(document.start, words)

    def nested(self, end: str = ")") -> Script:
        """Read the script after `$(` or the like, and skip what closes it.

        `$(`, `<(`, `>(` or a backtick opens it.

        Args:
            end: what closes it; empty if the text ends there. Unclosed, it extends to
                the end of the text.
        """
        start = self.pos
        if not self.enter():
            return ()
        found = self._parse(self, end)
        self.leave()
        if self.peek(len(end)) == end:
            self.pos += len(end)
        else:
            self.report_missing(end, self.text[start - 2 : start], start - 2)
        return found

    def skip_arithmetic(self) -> bool:
        """Pass the rest of `((…))`; False, without moving, if it is no arithmetic."""
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
        self.is_uncertain |= _QUOTES.search(self.text, begin, self.pos) is not None
        self.is_uncertain |= self.pos - begin >= _ARITHMETIC_LIMIT
        self.pos = begin
        return False

    def report_unbalanced(self, start: int) -> None:
        """Record a `$((` that nothing closes, with which parsing ends for bash.

        If its parentheses balance, or it is too long to tell, nothing is recorded: it
        may be a `$(` with a subshell in it, and what follows is uncertain.
        """
        if self.is_uncertain or self.syntax_problem is not None:
            return
        opened = 0
        for match in _PARENTHESIS.finditer(self.text, start):
            opened += 1 if match[0] == "(" else -1
            if not opened or match.start() - start > _ARITHMETIC_LIMIT:
                self.is_uncertain = True
                return
        self.report(start, "the `$((` that opens here has no `))`")
