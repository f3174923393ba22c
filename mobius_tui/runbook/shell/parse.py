"""From the text of a script to its commands.

A reader for lint, not a shell: it knows the structure of what people write for bash and
sh, and passes over what it does not know without failing.
"""

from __future__ import annotations

import re

from mobius_tui.runbook.shell.compound import ARM_ENDS, CLOSERS, COMPOUNDS
from mobius_tui.runbook.shell.model import (
    Command,
    Group,
    Parsed,
    Pipeline,
    Script,
    Simple,
    Statement,
    Word,
)
from mobius_tui.runbook.shell.reader import Reader
from mobius_tui.runbook.shell.simple import redirects, simple
from mobius_tui.runbook.shell.words import substituted

LIMIT = 32 * 1024
"""Characters of a script that are read; a longer one belongs in a file of its own."""

_RESERVED = re.compile(
    r"(if|then|elif|else|fi|for|select|while|until|do|done|case|esac|function|\{|\}|!"
    r"|time|coproc|\[\[)(?=[\s;&|()<>`]|$)"
)


def parse(text: str) -> Parsed:
    """The commands of a script; of a long one, those of its first `LIMIT` characters.

    Never fails.
    """
    short = text if len(text) <= LIMIT else text[: text.rfind("\n", 0, LIMIT) + 1]
    reader = Reader(short, lambda inner, end: Parser(inner).script(end))
    body = Parser(reader).script("")
    return Parsed(
        text=text,
        body=body,
        complete=reader.complete and short is text,
    )


class Parser:
    """Commands, read one after the other."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def script(self, *ends: str) -> Script:
        """The statements up to one of the ends, which is left unread.

        Any word that only closes something is an end, too: whoever opened it takes it.
        """
        reader = self.reader
        found: list[Statement] = []
        while True:
            self.blank()
            before = reader.pos
            if before >= len(reader.text) or self._closes(ends):
                return tuple(found)
            statement = self._statement() if reader.pos == before else None
            if statement is not None:
                found.append(statement)
            elif reader.pos == before:
                reader.pos += 1  # a sign that begins nothing

    def _closes(self, ends: tuple[str, ...]) -> bool:
        reader = self.reader
        sign = reader.peek()
        if sign in ends or (reader.backtick and sign == "`"):
            return True
        word = self.reserved()
        if word not in CLOSERS and reader.peek(2) not in ARM_ENDS:
            return False
        if not any(ends):  # nothing is open that it could close
            reader.pos += max(1, len(word))
        return any(ends)

    def reserved(self) -> str:
        """The reserved word that stands here; empty where none does."""
        match = _RESERVED.match(self.reader.text, self.reader.pos)
        return match[1] if match is not None else ""

    def blank(self) -> None:
        """Pass blanks, comments, line ends and lone `;` and `&`."""
        reader = self.reader
        while True:
            reader.space()
            char = reader.peek()
            if char == "\n":
                reader.newline()
            elif char == ";" and reader.peek(2) not in ARM_ENDS:
                reader.pos += 1
            elif not reader.comment():
                return

    def _statement(self) -> Statement | None:
        reader = self.reader
        first = self._pipeline()
        if first is None:
            return None
        rest: list[tuple[str, Pipeline]] = []
        while (sign := reader.peek(2)) in ("&&", "||"):
            reader.pos += 2
            self.blank()
            following = self._pipeline()
            if following is None:
                break
            rest.append((sign, following))
        background = reader.peek() == "&" and reader.peek(2) not in ("&&", "&>")
        if background:
            reader.pos += 1
        return Statement(
            start=first.start, first=first, rest=tuple(rest), background=background
        )

    def _pipeline(self) -> Pipeline | None:
        reader = self.reader
        start, negated = reader.pos, False
        while (word := self.reserved()) in ("!", "time", "coproc"):
            negated ^= word == "!"
            reader.pos += len(word)
            reader.space()
            if word == "time" and reader.peek(3) == "-p ":
                reader.pos += 3
        commands: list[Command] = []
        while True:
            command = self.command()
            if command is not None:
                commands.append(command)
            reader.space()
            if reader.peek() != "|" or reader.peek(2) == "||":
                break
            reader.pos += 2 if reader.peek(2) == "|&" else 1
            self.blank()
        if not commands:
            return None
        return Pipeline(start=start, commands=tuple(commands), negated=negated)

    def command(self) -> Command | None:
        """The command that begins here, or None where none does."""
        reader = self.reader
        if reader.peek() == "(":
            return self._parenthesis()
        reserved = self.reserved()
        build = COMPOUNDS.get(reserved)
        if build is None:
            return None if reserved in CLOSERS else self._simple()
        start = reader.pos
        reader.pos += len(reserved)
        if not reader.enter():
            return None
        command = build(self, start, reserved)
        reader.leave()
        return command

    def _simple(self) -> Command | None:
        """A simple command, or the function whose name it turns out to be."""
        start = self.reader.pos
        found = simple(self.reader)
        return self.body(start, found) if isinstance(found, str) else found

    def _parenthesis(self) -> Command | None:
        """`((…))`, or a subshell."""
        reader = self.reader
        start = reader.pos
        if reader.peek(2) == "((":
            reader.pos += 2
            if reader.arithmetic():
                scripts = substituted(reader, start + 2, reader.pos - 2)
                word = Word(source="((", text="((", start=start, scripts=scripts)
                return Simple(
                    start=start, words=(word,), redirects=redirects(self.reader)
                )
            reader.pos = start
        reader.pos += 1
        if not reader.enter():
            return None
        body = self.script(")")
        reader.leave()
        reader.pos += reader.peek() == ")"
        return Group(
            start=start, body=body, subshell=True, redirects=redirects(self.reader)
        )

    def take(self, word: str) -> bool:
        """Pass a reserved word, if it stands here."""
        if self.reserved() != word:
            return False
        self.reader.pos += len(word)
        return True

    def body(self, start: int, name: str) -> Command:
        """The body of a function, after its name."""
        self.blank()
        command = self.command() if self.reader.enter() else None
        if command is not None:
            self.reader.leave()
        if isinstance(command, Group):
            body: Script = command.body
        elif command is None:
            body = ()
        else:
            pipe = Pipeline(start=command.start, commands=(command,))
            body = (Statement(start=command.start, first=pipe),)
        return Group(start=start, body=body, function=name or "?")

    def newlines(self) -> None:
        """Pass blanks and line ends, but no `;`."""
        self.reader.space()
        while self.reader.peek() == "\n":
            self.reader.newline()
            self.reader.space()
