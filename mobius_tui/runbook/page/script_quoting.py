"""The quoting of each character of a script, and what is open at the end of a line."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Container, Sequence
from typing import Literal

Quoting = Literal["none", "double", "single", "here", "literal", "comment", "other"]
"""`here` is a here-document with expansions, `literal` one without;
`other` is `$'…'` or `${…}`."""

_PLAIN = re.compile(r"[^\\'\"`#\n<$()]+")
_DOUBLE = re.compile(r"[^\\\"`$]+")
_ESCAPED = re.compile(r"(?:[^'\\]++|\\.?)*+", re.DOTALL)
_BRACES = re.compile(r"[^\\'\"`$}]+")
_HERE = re.compile(r"<<(-?)[ \t]*(?:'([^'\n]+)'|\"([^\"\n]+)\"|(\\?)([\w.-]+))")
_ARITHMETIC = re.compile(
    r"(?<=\()\((?:[^()\n]|\((?:[^()\n]|\((?:[^()\n]|\([^()\n]*+\))*+\))*+\))*+\)\)"
)
"""`((…))` on one line, from its second parenthesis on; `<<` in it is a shift."""
_LINE = re.compile(r"[^\n]*")


class QuotingScanner:
    """Scans a script once, for the quoting of its characters."""

    def __init__(self, script: str) -> None:
        self.script = script
        self.pos = 0
        self.documents: list[tuple[int, int, int, int]] = []
        """Of each here-document the offsets of its end word after `<<`, and of its
        text."""
        self._starts = [0]
        self._kinds: list[Quoting] = ["none"]
        self._stack = [""]
        """The open constructs: `(`, `` ` ``, `"` or `{`; the lowest is empty."""
        self._pending: list[tuple[str, bool, bool, int, int]] = []
        """The here-documents that begin at the next line.

        Of each its end word, whether `<<-` removes tabs, whether it is `literal`, and
        the offsets of the end word with its quotes.
        """
        self._is_quote_open = False
        self._arithmetic_end = 0
        self._walk()

    @property
    def is_open(self) -> bool:
        """Whether a quote, a bracket or a here-document is open at the end."""
        return self._is_quote_open or len(self._stack) > 1 or bool(self._pending)

    @property
    def open_end_words(self) -> tuple[str, ...]:
        """The end words of the here-documents that are open at the end."""
        return tuple(each[0] for each in self._pending)

    def at(self, pos: int) -> Quoting:
        """The quoting of a character, by its offset."""
        return self._kinds[bisect_right(self._starts, pos) - 1]

    def _mark(self, start: int, kind: Quoting) -> None:
        self._starts.append(start)
        self._kinds.append(kind)

    def _walk(self) -> None:
        while self.pos < len(self.script):
            top = self._stack[-1]
            if top == '"':
                self._double()
            elif top == "{":
                self._braces()
            else:
                self._plain()

    def _push(self, sign: str, length: int, kind: Quoting) -> None:
        self._stack.append(sign)
        self.pos += length
        self._mark(self.pos, kind)

    def _pop(self) -> None:
        self._stack.pop()
        kinds: dict[str, Quoting] = {'"': "double", "{": "other"}
        self._mark(self.pos, kinds.get(self._stack[-1], "none"))
        self.pos += 1

    def _expansion(self) -> bool:
        """Enter a `$(` or `${`, if one is at the present offset."""
        next_two = self.script[self.pos : self.pos + 2]
        if next_two == "$(":
            self._push("(", 2, "none")
        elif next_two == "${":
            self._push("{", 2, "other")
        else:
            return False
        return True

    def _plain(self) -> None:
        if (match := _PLAIN.match(self.script, self.pos)) is not None:
            self.pos = match.end()
            return
        char = self.script[self.pos]
        match char:
            case "\\":
                self.pos += 2
            case "'":
                self._single()
            case '"':
                self._push('"', 1, "double")
            case "`" if self._stack[-1] == "`":
                self._pop()
            case "`" | "(":
                if (match := _ARITHMETIC.match(self.script, self.pos)) is not None:
                    self._arithmetic_end = max(self._arithmetic_end, match.end())
                self._push(char, 1, "none")
            case ")" if self._stack[-1] == "(":
                self._pop()
            case "#" if self.pos == 0 or self.script[self.pos - 1] in " \t\n;&|(":
                self._comment()
            case "<" if self._note_here_document():
                pass
            case "\n":
                self.pos += 1
                self._pass_here_documents()
            case "$" if self._expansion():
                pass
            case _:
                self.pos += 1

    def _single(self) -> None:
        other = self.script[self.pos - 1 : self.pos] == "$"
        self._mark(self.pos + 1, "other" if other else "single")
        match = _ESCAPED.match(self.script, self.pos + 1) if other else None
        end = self.script.find("'", self.pos + 1 if match is None else match.end())
        self._is_quote_open = end < 0
        self.pos = len(self.script) if end < 0 else end
        self._mark(self.pos, "none")
        self.pos += 1

    def _comment(self) -> None:
        self._mark(self.pos, "comment")
        match = _LINE.match(self.script, self.pos)
        self.pos = match.end() if match is not None else len(self.script)
        self._mark(self.pos, "none")

    def _double(self) -> None:
        if (match := _DOUBLE.match(self.script, self.pos)) is not None:
            self.pos = match.end()
            return
        char = self.script[self.pos]
        if char == '"':
            self._pop()
        elif char == "\\":
            self.pos += 2
        elif char == "`":
            if "`" in self._stack:
                self.pos += 1
            else:
                self._push("`", 1, "none")
        elif not self._expansion():
            self.pos += 1

    def _braces(self) -> None:
        if (match := _BRACES.match(self.script, self.pos)) is not None:
            self.pos = match.end()
            return
        char = self.script[self.pos]
        if char == "}":
            self._pop()
        elif char == '"' and self._stack.count('"') < 8:
            self._push('"', 1, "double")
        elif not self._expansion():
            self.pos += 2 if char == "\\" else 1

    def _note_here_document(self) -> bool:
        """Record a here-document that begins at the next line."""
        if self.script.startswith("<<<", self.pos):
            self.pos += 3
            return True
        match = _HERE.match(self.script, self.pos)
        if match is None or self.pos < self._arithmetic_end:
            return False
        word = match[2] or match[3] or match[5]
        literal = match[5] is None or bool(match[4])
        start = match.end() - len(word) - (2 if match[5] is None else len(match[4]))
        self._pending.append((word, bool(match[1]), literal, start, match.end()))
        self.pos = match.end()
        return True

    def _pass_here_documents(self) -> None:
        """Pass the here-documents that begin at this line."""
        while self._pending:
            word, tabs, literal, start, stop = self._pending[0]
            begin = self.pos
            self._mark(begin, "literal" if literal else "here")
            while self.pos < len(self.script):
                at = self.pos
                match = _LINE.match(self.script, at)
                self.pos = (match.end() if match is not None else at) + 1
                line = self.script[at : self.pos - 1]
                if (line.lstrip("\t") if tabs else line) == word:
                    break
            else:
                return
            self.documents.append((start, stop, begin, at))
            self._mark(at, "none")
            del self._pending[0]


_ENDS_INCOMPLETE = re.compile(
    r"(?:\\|\||&&|(?:^|[ \t;])(?:do|then|else|\{))[ \t]*$|"
    r"^[ \t]*(?:function[ \t]+[\w:.-]+(?:[ \t]*\(\))?|[\w:.-]+[ \t]*\(\))[ \t]*$"
)
"""The end of a line that the next one must continue; the head of a function is one."""
_ENDS_COMPOUND = re.compile(r"[ \t]*(?:done|fi|esac|\})(?![\w-])")
_BEGINS_COMPOUND = re.compile(
    r"[ \t]*(?:for|while|until|if|case)(?![\w-])|(?:.*[ \t)])?\{[ \t]*$"
)
_MAX_LINES = 200
_MAX_CHARACTERS = 32 * 1024
"""Characters of a command that is parsed for open quotes."""

_PLACE = r"(?:--?\w[\w-]*(?:[= ][^\s-]\S*)?[ ]+)*"
_SHELL_NAME = r"(?:/usr)?(?:/bin/)?(?:ba|z|k|da|a)?sh(?: -[il]| --login)?"
_OPENS = re.compile(
    rf"(?:sudo (?:-n )?)?(?:.*\b(?:exec|run|debug)\b.* -[a-z]*t.* {_SHELL_NAME}"
    rf"|.*\bexec\b.* -[a-z]* ?--? ?{_SHELL_NAME}"
    rf"|(?:oc|kubectl) (?:{_PLACE})(?:rsh|debug) (?:{_PLACE})[^\s-]\S*(?: --?\S+)*"
    rf"|chroot \S+(?: {_SHELL_NAME})?|su(?: -| -l)?(?: \w+)?|{_SHELL_NAME}"
    r"|ssh (?:-[a-zA-Z] \S+ |-[a-zA-Z]+ )*[^\s-]\S*|minikube ssh|vagrant ssh"
    r"|redis-cli|cqlsh|(?:psql|mysql|mongo|mongosh|sqlite3)(?: [^\s<-]\S*)?)"
    r"[ \t]*(?:#.*)?"
    r"|sudo (?:-i|-s|su(?: -)?(?: \w+)?|bash)"
)
"""Commands that open a shell, or a client, at which a person types."""
_MAX_BLANKS = 30
"""Blanks of such a command; a longer one does something by itself."""


def opens_shell(command: str) -> bool:
    """Whether a command opens a shell or a client at which a person types."""
    bare = command.strip()
    return bare.count(" ") <= _MAX_BLANKS and _OPENS.fullmatch(bare) is not None


def opening_line(lines: Sequence[str]) -> int | None:
    """The index of the line behind which the others are typed somewhere else.

    It opens a shell on another machine, in a container or as another user, or a client.
    `None` if there is none, or nothing behind it.
    """
    command, first = OpenCommand(), 0
    for at, line in enumerate(lines):
        if not command.is_open:
            command.clear()
            first = at
        command.add(line)
        if command.is_open:
            continue
        text = " ".join(each.strip().rstrip("\\") for each in lines[first : at + 1])
        behind = [each.strip() for each in lines[at + 1 :] if each.strip()]
        if opens_shell(text) and any(each[0] != "#" for each in behind):
            return at
    return None


class OpenCommand:
    """The lines of one command, as far as they have been read."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._code: list[str] = []
        """The lines of it that are of no here-document."""
        self._documents: list[str] = []
        """The end words of the open here-documents."""
        self._is_foreign = False

    @property
    def is_empty(self) -> bool:
        """Whether no command has begun."""
        return not self._lines

    @property
    def is_in_document(self) -> bool:
        """Whether a here-document is open."""
        return bool(self._documents)

    @property
    def is_too_long(self) -> bool:
        """Whether it has more lines than are parsed."""
        return len(self._lines) > _MAX_LINES

    def clear(self) -> None:
        """Forget the command: the next line belongs to it no more."""
        self._lines.clear()
        self._code.clear()
        self._documents.clear()
        self._is_foreign = False

    def begin_foreign(self, line: str) -> None:
        """Begin a command for another program than the shell: it is never open."""
        self.clear()
        self._is_foreign = True
        self._lines.append(line)

    def add(self, line: str) -> None:
        """Add a line of the command, or of the here-document that is open."""
        if self._documents:
            if line.lstrip("\t") == self._documents[0]:
                del self._documents[0]
            self._lines.append(line)
            return
        self._lines.append(line)
        self._code.append(line)
        quoting = self._quoting() if "<<" in line else None
        if quoting is not None:
            self._documents = [*quoting.open_end_words]

    def keep_documents_that_end_in(self, later: Container[str]) -> None:
        """Forget here-documents whose end words are not among the later lines."""
        self._documents = [each for each in self._documents if each in later]

    @property
    def is_open(self) -> bool:
        """Whether the next line must continue it."""
        if self._documents:
            return True
        if not self._lines or self._is_foreign or self.is_too_long:
            return False
        if self._is_incomplete():
            return True
        quoting = self._quoting()
        return quoting is not None and quoting.is_open

    def _is_incomplete(self) -> bool:
        """Whether an operator or a compound command is open."""
        if not self._code:
            return False
        if _ENDS_INCOMPLETE.search(self._lines[-1]):
            return True
        opened = sum(bool(_BEGINS_COMPOUND.match(line)) for line in self._code)
        ended = sum(bool(_ENDS_COMPOUND.match(line)) for line in self._code)
        one_line = re.search(r"\b(?:done|fi|esac)\b", self._code[0])
        return not one_line and opened > ended

    def _quoting(self) -> QuotingScanner | None:
        if self.is_too_long:
            return None
        text = "\n".join(self._lines)
        return QuotingScanner(f"{text}\n") if len(text) < _MAX_CHARACTERS else None
