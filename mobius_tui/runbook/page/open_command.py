"""The command that the next line may continue: open quotes, documents, loops."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence

from mobius_tui.runbook.page.script_quoting import QuotingScanner

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
