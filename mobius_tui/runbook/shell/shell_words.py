"""Reading one word of a script: quotes, `$`, backslashes."""

from __future__ import annotations

import re

from mobius_tui.runbook.shell.script_model import (
    EXPANSION_MARK,
    MARKS,
    Expansion,
    Script,
    Word,
)
from mobius_tui.runbook.shell.script_reader import ScriptReader

_PLAIN = re.compile(r"[^\s|&;()<>$`\"'\\]+", re.ASCII)
_IN_DOUBLE = re.compile(r'[^"\\$`]+')
_IN_BRACES = re.compile(r"[^}\\'\"$`]+")
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_PARAMETER = re.compile(
    r"(?P<mark>[#!]?)(?P<name>[A-Za-z_]\w*|\d+|[@*#?$!-])(?P<index>\[[^\]\n$`]*\])?",
    re.ASCII,
)
_TO_BACKTICK = re.compile(r"(?:[^`\\]++|\\.?)*+", re.DOTALL)
_QUOTE = "the quote that opens here is never closed"
_OPERATOR = re.compile(r":?[-=?+]|##?|%%?|//?|\^\^?|,,?|@|:")


def read_word(reader: ScriptReader) -> Word:
    """The word that begins at the reader's place; empty where none does."""
    return WordReader(reader).read()


def read_lines(reader: ScriptReader) -> Word:
    """All that is left of the text, as a here-document: quotes are no quotes in it."""
    return WordReader(reader).lines()


class WordReader:
    """Reads one word."""

    def __init__(self, reader: ScriptReader) -> None:
        self.reader = reader
        self.start = reader.pos
        self.parts: list[str] = []
        self.expansions: list[Expansion] = []
        self.scripts: list[Script] = []
        self.quoted = False

    def read(self) -> Word:
        """The word; empty where none begins."""
        reader, text = self.reader, self.reader.text
        while reader.pos < len(text):
            match = _PLAIN.match(text, reader.pos)
            if match is not None:
                self.parts.append(match[0])
                reader.pos = match.end()
                continue
            if not self._special(text[reader.pos]):
                break
        return self._word()

    def lines(self) -> Word:
        """All that is left of the text, as a here-document."""
        reader = self.reader
        self.quoted = True
        while reader.pos < len(reader.text):
            match = _IN_DOUBLE.match(reader.text, reader.pos)
            if match is not None:
                self.parts.append(match[0])
                reader.pos = match.end()
            elif reader.text[reader.pos] == '"':
                self.parts.append('"')
                reader.pos += 1
            else:
                self._special_in_quotes(reader.text[reader.pos])
        return self._word()

    def _word(self) -> Word:
        return Word(
            source=self.reader.text[self.start : self.reader.pos],
            text="".join(self.parts),
            start=self.start,
            quoted=self.quoted,
            expansions=tuple(self.expansions),
            scripts=tuple(self.scripts),
        )

    def _special(self, char: str) -> bool:
        """Pass what begins with a special character; False where the word ends."""
        reader = self.reader
        if char == "'":
            self._single(1)
        elif char == '"':
            self._double()
        elif char == "\\":
            self._escaped()
        elif char == "$":
            self._dollar(quoted=False)
        elif char == "`":
            self._backtick()
        elif char in "<>" and reader.peek(2)[1:] == "(" and not self.parts:
            reader.pos += 2
            reader.is_uncertain |= reader.peek() == "("  # to bash, that is arithmetic
            self.scripts.append(reader.nested())
            self.parts.append(EXPANSION_MARK)
        elif char == "(" and self.parts and self._takes_pattern():
            self._pattern()
        else:
            return False
        return True

    def _takes_pattern(self) -> bool:
        last = self.parts[-1][-1:]
        return last == "=" or (last in "?*+@!" and self.reader.peek(2) != "()")

    def _single(self, skip: int) -> None:
        """`'…'`, or with a skip of 2 `$'…'`."""
        reader = self.reader
        self.quoted = True
        begin = reader.pos + skip
        end = reader.text.find("'", begin)
        if skip == 2:
            while end > 0 and _is_escaped(reader.text, begin, end):
                end = reader.text.find("'", end + 1)
        if end < 0:
            reader.report(reader.pos, f"{_QUOTE}: no `'` follows")
            end = len(reader.text)
        self.parts.append(reader.text[begin:end])
        reader.pos = end + 1

    def _double(self) -> None:
        reader, start = self.reader, self.reader.pos
        self.quoted = True
        reader.pos += 1
        if not reader.enter():
            return
        while reader.pos < len(reader.text):
            match = _IN_DOUBLE.match(reader.text, reader.pos)
            if match is not None:
                self.parts.append(match[0])
                reader.pos = match.end()
                continue
            char = reader.text[reader.pos]
            if char == '"':
                reader.pos += 1
                break
            self._special_in_quotes(char)
        else:
            reader.report(start, f'{_QUOTE}: no `"` follows')
        reader.leave()

    def _special_in_quotes(self, char: str) -> None:
        """A special character inside double quotes."""
        if char == "\\":
            self._escaped(escapable='$`"\\\n')
        elif char == "$":
            self._dollar(quoted=True)
        else:
            self._backtick(quoted=True)

    def _escaped(self, escapable: str = "") -> None:
        """A backslash, and what it protects."""
        char = self.reader.text[self.reader.pos + 1 : self.reader.pos + 2]
        self.reader.pos += 2
        if escapable and char not in escapable:
            self.parts.append("\\")
        if char != "\n":
            self.parts.append(char)

    def _backtick(self, *, quoted: bool = False) -> None:
        """`…`, which bash only parses when it runs it."""
        reader, start = self.reader, self.reader.pos
        reader.pos += 1
        passed = _TO_BACKTICK.match(reader.text, reader.pos)
        end = reader.pos if passed is None else passed.end()
        inner = reader.up_to(end)
        self.scripts.append(inner.nested(""))
        reader.complete &= inner.complete
        if end >= len(reader.text):
            reader.report(start, "the backtick that opens here is never closed")
        reader.pos = end + 1
        self._add_expansion("", start, quoted=quoted)

    def _dollar(self, *, quoted: bool) -> None:
        reader = self.reader
        start = reader.pos
        next_three = reader.peek(3)
        if next_three == "$((":
            reader.pos += 3
            if reader.skip_arithmetic():
                self._add_expansion("", start, quoted=True)
                self.scripts += substituted_scripts(reader, start + 3, reader.pos - 2)
                return
            reader.pos = start
            reader.report_unbalanced(start)
        if next_three[:2] == "$(":
            reader.pos += 2
            self.scripts.append(reader.nested())
            self._add_expansion("", start, quoted=quoted)
        elif next_three[:2] == "${":
            self._braces(start, quoted=quoted)
        elif next_three[:2] == "$'" and not quoted:
            self._single(2)
        elif next_three[:2] == '$"' and not quoted:
            reader.pos += 1
            self._double()
        else:
            self._name(start, quoted=quoted)

    def _name(self, start: int, *, quoted: bool) -> None:
        """`$name`, `$1`, `$?`, or a literal `$`."""
        reader = self.reader
        match = _NAME.match(reader.text, start + 1)
        name = match[0] if match is not None else reader.text[start + 1 : start + 2]
        if match is None and name not in {*"@*#?$!-0123456789"}:
            reader.is_uncertain |= name == "["  # arithmetic, as it once was written
            self.parts.append("$")
            reader.pos += 1
            return
        reader.pos = start + 1 + len(name)
        self._add_expansion(name, start, quoted=quoted)

    def _braces(self, start: int, *, quoted: bool) -> None:
        """`${…}`; nested expansions count as quoted."""
        reader = self.reader
        reader.pos += 2
        match = _PARAMETER.match(reader.text, reader.pos)
        name = operator = ""
        if match is not None:
            name, operator = match["name"], MARKS.get(match["mark"], "")
            reader.pos = match.end()
        sign = _OPERATOR.match(reader.text, reader.pos)
        if sign is not None and not operator:
            operator = sign[0]
        self._add_expansion(name, start, quoted=quoted, operator=operator)
        if not reader.enter():
            return
        inner = WordReader(reader)
        while reader.pos < len(reader.text):
            plain = _IN_BRACES.match(reader.text, reader.pos)
            if plain is not None:
                reader.pos = plain.end()
                continue
            char = reader.text[reader.pos]
            if char == "}":
                reader.pos += 1
                break
            if reader.peek(2) == "$'":
                inner._single(2)
            elif char in "\\$`":
                inner._special_in_quotes(char)
            else:
                inner._special(char)
        else:
            reader.report(start, "the `${` that opens here has no `}`")
        reader.leave()
        self.scripts += inner.scripts
        self.expansions += (
            Expansion(
                name=each.name,
                start=each.start,
                quoted=True,
                operator=each.operator,
                inner=True,
            )
            for each in inner.expansions
        )

    def _add_expansion(
        self, name: str, start: int, *, quoted: bool, operator: str = ""
    ) -> None:
        self.parts.append(EXPANSION_MARK)
        self.expansions.append(
            Expansion(name=name, start=start, quoted=quoted, operator=operator)
        )

    def _pattern(self) -> None:
        """An extended pattern such as `@(a|b)`, or `=(` of an array."""
        reader = self.reader
        opened, begin = 0, reader.pos
        array = self.parts[-1].endswith("=")
        while reader.pos < len(reader.text):
            char = reader.text[reader.pos]
            if char in "'\"$`\\" and self._special(char):
                continue
            if char == "#" and array and reader.text[reader.pos - 1] in " \t\n(":
                reader.skip_comment()
                continue
            reader.pos += 1
            opened += (char == "(") - (char == ")")
            if not opened or (char == "\n" and not array):
                reader.is_uncertain |= opened > 0
                break
        else:
            reader.report(begin, "the `(` that opens here has no `)`")
        self.parts.append(reader.text[begin : reader.pos])


def substituted_scripts(
    reader: ScriptReader, begin: int, end: int
) -> tuple[Script, ...]:
    """The scripts of each `$(…)` between two offsets, in arithmetic."""
    if not ("$(" in reader.text[begin:end] or "`" in reader.text[begin:end]):
        return ()
    inner = reader.between(begin, end)
    if inner is None:
        return ()
    found = read_lines(inner).scripts
    reader.complete &= inner.complete
    return found


def _is_escaped(text: str, begin: int, at: int) -> bool:
    r"""Whether an odd number of `\` stands before a character."""
    count = 0
    while at - count > begin and text[at - count - 1] == "\\":
        count += 1
    return count % 2 == 1
