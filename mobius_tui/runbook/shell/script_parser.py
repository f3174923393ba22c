"""Parsing the text of a shell script into its commands.

This is for lint, not for running scripts: it knows the structure of what people write
for bash and sh, and passes over unknown syntax without failing.
"""

from __future__ import annotations

import re

from mobius_tui.runbook.shell.script_model import (
    CommandGroup,
    ParsedScript,
    Pipeline,
    Script,
    ScriptCommand,
    SimpleCommand,
    Statement,
    Word,
)
from mobius_tui.runbook.shell.script_reader import ScriptReader
from mobius_tui.runbook.shell.shell_commands import (
    ARM_ENDS,
    CLOSERS,
    COMPOUNDS,
    read_redirects,
    read_simple_command,
)
from mobius_tui.runbook.shell.shell_words import read_lines, substituted_scripts

MAX_CHARACTERS = 32 * 1024
"""Characters of a script that are parsed; a longer one belongs into a file of its
own."""

_RESERVED = re.compile(
    r"(if|then|elif|else|fi|for|select|while|until|do|done|case|esac|function|coproc"
    r"|\{|\}|!|time|\[\[)(?=[\s;&|()`]|[<>](?!\()|\\\n|\\?\Z)"
)
_JOINED = re.compile(r"[\w&|;<>(]\\\n[\w&|;<>)]|\\\Z")
"""A word or an operator that continues on the next line."""
_TIME_OPTIONS = re.compile(r"(?:[ \t]+-p(?=[\s;]|$))?(?:[ \t]+--(?=[\s;]|$))?")


def parse_script(text: str) -> ParsedScript:
    """The commands of a script, or of its first `MAX_CHARACTERS`.

    Never fails.
    """
    limited = (
        text
        if len(text) <= MAX_CHARACTERS
        else text[: text.rfind("\n", 0, MAX_CHARACTERS) + 1]
    )
    reader = ScriptReader(
        limited, lambda inner, end: ScriptParser(inner).script(end), read_lines
    )
    reader.is_uncertain = _JOINED.search(limited) is not None
    body = ScriptParser(reader).script("")
    for document in reader.pending:
        reader.report_endless(document)
    complete = reader.complete and limited is text
    return ParsedScript(
        text=text,
        body=body,
        complete=complete,
        syntax_problem=reader.syntax_problem if complete else None,
    )


class ScriptParser:
    """Parses commands one after the other."""

    def __init__(self, reader: ScriptReader) -> None:
        self.reader = reader

    def script(self, *ends: str) -> Script:
        """The statements up to one of the ends, which is left unread.

        Any word that closes something is an end, too: the caller that opened it takes
        it.
        """
        reader = self.reader
        found: list[Statement] = []
        while True:
            self.skip_newlines()
            before = reader.pos
            if before >= len(reader.text) or self._at_end(ends):
                return tuple(found)
            statement = self._statement() if reader.pos == before else None
            if statement is not None:
                found.append(statement)
                self._separator(after_ampersand=statement.background)
            elif reader.pos == before:
                self.report_misplaced("where a command should begin")
                reader.pos += 1  # a sign that begins nothing

    def block(self, *ends: str) -> Script:
        """The statements up to one of the ends; none at all is a syntax error."""
        found = self.script(*ends)
        if not found and self.reader.pos < len(self.reader.text):
            self.report_misplaced("where a command should begin")
        return found

    def _at_end(self, ends: tuple[str, ...]) -> bool:
        reader = self.reader
        if ")" in ends and reader.peek() == ")":
            return True
        word = self.reserved()
        if word not in CLOSERS and reader.peek(2) not in ARM_ENDS:
            return False
        if not any(ends):  # nothing is open that it could close
            self.report_misplaced("and closes nothing")
            reader.pos += max(1, len(word))
        return any(ends)

    def _separator(self, *, after_ampersand: bool) -> None:
        """Pass the `;` after a statement; anything else must end it, too."""
        reader = self.reader
        reader.skip_blanks()
        sign = reader.peek()
        if sign == ";" and reader.peek(2) not in ARM_ENDS and not after_ampersand:
            reader.pos += 1
            return
        ended = (
            after_ampersand or not sign or sign in "\n#;)" or self.reserved() in CLOSERS
        )
        if not ended:
            self.report_misplaced("where the command should end")

    def report_misplaced(self, where: str) -> None:
        """Report that what comes next is not allowed here.

        Args:
            where: the end of the message, such as "where the command should end".
        """
        self.reader.report(
            self.reader.pos, f"`{self.reader.token()}` stands here {where}"
        )

    def close(self, word: str, opener: str, start: int) -> None:
        """Pass the word that must come next; where it does not, report it missing."""
        if not self.skip_word(word):
            self.reader.report_missing(word, opener, start)

    def reserved(self) -> str:
        """The reserved word that comes next; empty where none does."""
        match = _RESERVED.match(self.reader.text, self.reader.pos)
        return match[1] if match is not None else ""

    def skip_newlines(self) -> None:
        """Pass blanks, comments and line ends."""
        reader = self.reader
        while True:
            reader.skip_blanks()
            if reader.peek() == "\n":
                reader.skip_newline()
            elif not reader.skip_comment():
                return

    def _statement(self) -> Statement | None:
        reader = self.reader
        first = self._pipeline()
        if first is None:
            return None
        rest: list[tuple[str, Pipeline]] = []
        while (sign := reader.peek(2)) in ("&&", "||"):
            reader.pos += 2
            self.skip_newlines()
            following = self._pipeline()
            if following is None:
                self._report_missing_command(sign, reader.pos)
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
        while (word := self.reserved()) in ("!", "time"):
            negated ^= word == "!"
            reader.pos += len(word)
            options = _TIME_OPTIONS.match(reader.text, reader.pos)
            if word == "time" and options is not None:
                reader.pos = options.end()
            reader.skip_blanks()
        commands: list[ScriptCommand] = []
        while True:
            command = self.command()
            if command is not None:
                commands.append(command)
            elif commands:
                self._report_missing_command("|", reader.pos)
            reader.skip_blanks()
            if reader.peek() != "|" or reader.peek(2) == "||":
                break
            if command is None:
                self.report_misplaced("where a command should begin")
            reader.pos += 2 if reader.peek(2) == "|&" else 1
            self.skip_newlines()
        if not commands and reader.pos > start:
            commands.append(SimpleCommand(start=start))  # `!` or `time` alone
        if not commands:
            return None
        return Pipeline(start=start, commands=tuple(commands), negated=negated)

    def _report_missing_command(self, sign: str, start: int) -> None:
        """Report that no command follows an operator."""
        if start >= len(self.reader.text):
            words = f"the script ends where `{sign}` wants a command"
            self.reader.report(len(self.reader.text.rstrip()), words)
        else:
            self.report_misplaced(f"where `{sign}` wants a command")

    def command(self) -> ScriptCommand | None:
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

    def _simple(self) -> ScriptCommand | None:
        """A simple command, or the function whose name it turns out to be."""
        start = self.reader.pos
        found = read_simple_command(self.reader)
        return self.body(start, found) if isinstance(found, str) else found

    def _parenthesis(self) -> ScriptCommand | None:
        """`((…))`, or a subshell."""
        reader = self.reader
        start = reader.pos
        if reader.peek(2) == "((":
            reader.pos += 2
            if reader.skip_arithmetic():
                scripts = substituted_scripts(reader, start + 2, reader.pos - 2)
                word = Word(source="((", text="((", start=start, scripts=scripts)
                return SimpleCommand(
                    start=start, words=(word,), redirects=read_redirects(self.reader)
                )
            reader.pos = start
        reader.pos += 1
        if not reader.enter():
            return None
        body = self.block(")")
        reader.leave()
        if reader.peek() == ")":
            reader.pos += 1
        else:
            reader.report_missing(")", "(", start)
        return CommandGroup(
            start=start, body=body, subshell=True, redirects=read_redirects(self.reader)
        )

    def skip_word(self, word: str) -> bool:
        """Pass a reserved word, if it comes next."""
        if self.reserved() != word:
            return False
        self.reader.pos += len(word)
        return True

    def body(self, start: int, name: str) -> ScriptCommand:
        """The body of a function, after its name."""
        self.skip_newlines()
        begin = self.reader.pos
        command: ScriptCommand | None = None
        if self.reader.enter():
            command = self.command()
            self.reader.leave()
        if command is None or (
            isinstance(command, SimpleCommand) and not _compound(command)
        ):
            begin = min(begin, len(self.reader.text.rstrip()))
            self.reader.report(begin, f"the body of `{name}` wants {{ }} around it")
        if isinstance(command, CommandGroup):
            body: Script = command.body
        elif command is None:
            body = ()
        else:
            pipe = Pipeline(start=command.start, commands=(command,))
            body = (Statement(start=command.start, first=pipe),)
        return CommandGroup(start=start, body=body, function=name or "?")


def _compound(command: SimpleCommand) -> bool:
    """Whether it is `[[` or `((`, which can be the body of a function."""
    return bool(command.words) and command.words[0].source in ("[[", "((")
