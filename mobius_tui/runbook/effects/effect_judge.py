"""The judge of effects: what a script does, by its commands.

It errs to the safe side: what it cannot see through changes something. It runs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from mobius_tui.runbook.effects.command_table import (
    CommandEntry,
    CommandTable,
    Weight,
    bundled_commands,
)
from mobius_tui.runbook.effects.embedded_languages import LANGUAGE_JUDGES, redis_words
from mobius_tui.runbook.effects.invocation import (
    Invocation,
    LineMatch,
    command_input,
    heaviest_weight,
    makes_a_file,
)
from mobius_tui.runbook.effects.script_effects import CommandEffect, ScriptEffects
from mobius_tui.runbook.model.actions import SHELLS, is_shell
from mobius_tui.runbook.shell.command_program import effective_program
from mobius_tui.runbook.shell.script_model import (
    HOLE,
    CommandGroup,
    Pipeline,
    Redirect,
    Script,
    SimpleCommand,
    Word,
)
from mobius_tui.runbook.shell.script_parser import parse_script
from mobius_tui.runbook.shell.script_walk import (
    assigned,
    nested_scripts,
    own_words,
    pipelines,
)
from mobius_tui.runbook.shell.script_walk import commands as all_commands

MOST_DEEDS = 100
"""Of one script; the rest adds nothing."""
_DEEPEST = 8
"""How many scripts within scripts are followed."""
_BUDGET = 128 * 1024
"""Characters that are read of one script and those within it."""

_SYSTEM = re.compile(r"/(?:usr/(?:local/)?)?s?bin/|/opt/(?:[\w.-]+/)+bin/")
_NOWHERE = re.compile(r"/dev/(?:null|stdout|stderr|tty|fd/\d+)|\d+-?|-")
_OVER = frozenset((">", ">>", ">|", "&>", "&>>", "<>", ">&"))
_OUTPUT = "RUNBOOK_OUTPUT"
_SINGLE = re.compile(r"'([^']*)'")


def judge_script(
    script: str, *, shell: Sequence[str] = (), table: CommandTable | None = None
) -> ScriptEffects:
    """What a script does.

    Args:
        script: its text.
        shell: the program that reads it, and its arguments; empty for bash.
        table: what is known of commands; the package's table where it is not given.
    """
    judge = _Judge(bundled_commands() if table is None else table)
    # A program of a path of one's own is not trusted for its name.
    if not shell or (is_shell(shell) and _name(shell[0]) in SHELLS):
        judge.shell(script, lambda offset: offset)
    else:
        judge.other(shell, script)
    return ScriptEffects(deeds=tuple(judge.deeds))


def _name(word: str) -> str:
    """The name of a program of the system; a path of one's own stays as it is."""
    return _SYSTEM.sub("", word, count=1) if _SYSTEM.match(word) else word


Place = Callable[[int], int]
"""From an offset in a piece of code to one in the script."""


def _within(word: Word, place: Place) -> Place:
    """The places of what stands in a word, exact where that is spelt as it is meant."""
    single = _SINGLE.fullmatch(word.source)
    if single is not None:
        return lambda offset: place(word.start + 1 + offset)
    if word.source == word.text:
        return lambda offset: place(word.start + offset)
    return lambda _: place(word.start)


class _Judge:
    """One walk through a script, and through what stands in it."""

    def __init__(self, table: CommandTable) -> None:
        self.deeds: list[CommandEffect] = []
        self._table = table
        self._left = _BUDGET
        self._depth = 0
        self._place: Place = lambda offset: offset
        self._functions: frozenset[str] = frozenset()
        self._values: dict[str, str] = {}
        """What the script itself gives to variables, where it gives it once."""
        self._scratch: frozenset[str] = frozenset()
        """Variables that name files of the script's own."""
        self._file: str | None = None
        """A script that is given to what stands in `shell`, as `$0`."""

    def _note(self, effect: Weight, offset: int, words: str, **more: bool) -> None:
        if effect not in ("change", "destroy") or len(self.deeds) >= MOST_DEEDS:
            return
        place = self._place(offset)
        self.deeds.append(
            CommandEffect(effect=effect, offset=place, words=words, **more)
        )

    def shell(self, script: str, place: Place) -> None:
        """Judge a script for a shell."""
        outer = (self._place, self._functions, self._values, self._scratch)
        self._place = place
        self._left -= len(script)
        self._depth += 1
        if self._depth > _DEEPEST or self._left < 0:
            self._note("change", 0, script, known=False)
        else:
            parsed = parse_script(script)
            self._learn(parsed.body)
            self._script(parsed.body)
            if not parsed.complete or parsed.broken is not None:
                self._note("change", len(script), "what follows", known=False)
        self._depth -= 1
        self._place, self._functions, self._values, self._scratch = outer

    def _learn(self, body: Script) -> None:
        """Note what a script defines: functions, values, files of its own."""
        values: dict[str, str] = dict(self._values)
        given: set[str] = set()
        scratch = set(self._scratch)
        functions = set(self._functions)
        for command in all_commands(body):
            if isinstance(command, CommandGroup) and command.function:
                functions.add(command.function)
            if not isinstance(command, SimpleCommand):
                continue
            for each in assigned(command, effective_program(command)):
                if makes_a_file(each):
                    scratch.add(each.name)
                elif each.name in given or HOLE in each.value.text or each.rest:
                    values.pop(each.name, None)
                    scratch.discard(each.name)
                else:
                    values[each.name] = each.value.text
                given.add(each.name)
        self._functions = frozenset(functions)
        self._values = values
        self._scratch = frozenset(scratch)

    def _script(self, body: Script) -> None:
        for statement in body:
            for pipe in pipelines(statement):
                for place in range(len(pipe.commands)):
                    self._command(pipe, place)

    def _command(self, pipe: Pipeline, place: int) -> None:
        command = pipe.commands[place]
        for redirect in command.redirects:
            self._redirect(redirect)
        for word in own_words(command):
            for script in word.scripts:
                self._script(script)
        if isinstance(command, SimpleCommand):
            before = pipe.commands[place - 1] if place else None
            run = effective_program(command)
            if run is not None:
                words = (run.word, *run.arguments)
                self._run(words, command_input(command, before))
            return
        for script in nested_scripts(command):
            self._script(script)

    def _redirect(self, redirect: Redirect) -> None:
        if redirect.sign in _OVER and not self._is_own(redirect.target):
            words = f"{redirect.sign} {redirect.target.source}"
            self._note("change", redirect.target.start, words)

    def _is_own(self, word: Word) -> bool:
        """Whether a word names nothing that is there without the script."""
        if _NOWHERE.fullmatch(word.text):
            return True
        first = next((each for each in word.expansions if not each.inner), None)
        if first is None or not word.text.startswith(HOLE):
            return word.text == HOLE and bool(word.scripts)
        return first.name == _OUTPUT or first.name in self._scratch

    def other(self, shell: Sequence[str], script: str) -> None:
        """Judge a script that another program than a shell reads."""
        if _name(shell[0]) in SHELLS:
            self._file = script
            code = next((word for word in shell[1:] if word[:1] != "-"), "")
            self.shell(code, lambda _: 0)
            return
        words = tuple(Word(source=word, text=word, start=0) for word in shell)
        run = effective_program(SimpleCommand(start=0, words=words))
        entry = self._entry(run.word.text) if run is not None else None
        if entry is not None and entry.base.code:
            whole = Word(source=script, text=script, start=0)
            self._read_code(entry.base.language, whole)
        else:
            self._note("change", 0, " ".join(shell), known=entry is not None)

    def _run(self, words: tuple[Word, ...], given: Word | None) -> None:
        """Judge a command.

        Args:
            words: its name and its arguments.
            given: what it is given to read, where that is known.
        """
        word = words[0]
        text = self._filled(word)
        if text in self._functions:
            return
        entry = self._entry(text)
        if entry is None:
            self._note("change", word.start, _spelt(words), known=False)
            return
        if self._only_asks(words) or self._reads_the_file(entry, words):
            return
        invocation = Invocation(entry, words[1:])
        begins = self._begin_of_code(invocation)
        matches = invocation.matches(begins)
        weights = [
            self._weight(invocation, match)
            for match in matches
            if not self._code(invocation, match, given)
        ]
        self._note(heaviest_weight(weights), word.start, _spelt(words))

    def _entry(self, text: str) -> CommandEntry | None:
        found = self._table.find(_name(text))
        if found is None and "/" in text and not _SYSTEM.match(text):
            found = self._table.find(text.removeprefix("./"))
        return found

    def _filled(self, word: Word) -> str:
        """A word with what the script itself has given to its only variable."""
        if word.text == HOLE and len(word.expansions) == 1:
            value = self._values.get(word.expansions[0].name, "")
            return value.strip()
        return "" if HOLE in word.text else word.text

    def _reads_the_file(self, entry: CommandEntry, words: tuple[Word, ...]) -> bool:
        """Judge the step's script, where a command in `shell` is given it as `$0`."""
        given = any(
            each.text == HOLE and [e.name for e in each.expansions] == ["0"]
            for each in words[1:]
        )
        if self._file is None or not given or not entry.base.code:
            return False
        whole = Word(source=self._file, text=self._file, start=0)
        outer, self._place = self._place, lambda offset: offset
        self._read_code(entry.base.language, whole)
        self._place = outer
        return True

    def _only_asks(self, words: tuple[Word, ...]) -> bool:
        return len(words) == 2 and words[1].text in ("--help", "--version")

    def _begin_of_code(self, invocation: Invocation) -> int | None:
        """The index at which the words of another command begin."""
        for match in invocation.matches():
            if "dashes" in match.line.code and invocation.dashes is not None:
                return invocation.dashes
            if {"words", "joined"} & set(match.line.code):
                at = match.line.words + match.line.skip
                if at < len(invocation.words):
                    return invocation.words[at]
        return None

    def _weight(self, invocation: Invocation, match: LineMatch) -> Weight:
        """What a line says of a command; less where it writes files of its own."""
        line = match.line
        if line.writes and self._writes_own(invocation, match):
            return "read"
        return line.effect or "read"

    def _writes_own(self, invocation: Invocation, match: LineMatch) -> bool:
        arguments = invocation.arguments
        words = [arguments[at] for at in invocation.words[match.line.words :]]
        if match.line.writes == "value":
            option = match.option
            if option is None:
                return False
            if option.value_at is not None:
                return self._is_own(arguments[option.value_at])
            return _NOWHERE.fullmatch(option.value or "") is not None
        if match.line.writes == "last":
            words = words[-1:]
        return bool(words) and all(map(self._is_own, words))

    def _code(
        self, invocation: Invocation, match: LineMatch, given: Word | None
    ) -> bool:
        """Judge the code that a command is given; False where there is none."""
        line = match.line
        arguments = invocation.arguments
        rest = [arguments[at] for at in invocation.words[line.words + line.skip :]]
        for code in line.code:
            if code == "value" and match.option is not None:
                value = self._value(invocation, match)
                if value is not None:
                    self._read_code(line.language, value)
                    return True
            elif code in ("words", "joined") and rest:
                start = invocation.words[line.words + line.skip]
                self._another(code, line.language, arguments[start:])
                return True
            elif code == "dashes" and invocation.dashes is not None:
                inner = arguments[invocation.dashes + 1 :]
                if inner:
                    self._another("words", line.language, inner)
                    return True
            elif code == "until" and match.option is not None:
                self._until(arguments[match.option.at + 1 :])
                return True
            elif code == "first" and rest and not _has_value(invocation):
                self._read_code(line.language, rest[0])
                return True
            elif code == "input" and given is not None:
                if line.language == "shell" and rest and not _reads_input(invocation):
                    continue
                self._read_code(line.language, given)
                return True
        return False

    def _value(self, invocation: Invocation, match: LineMatch) -> Word | None:
        """The value of an option, as a word with its place."""
        option = match.option
        if option is None:
            return None
        if option.value_at is not None:
            return invocation.arguments[option.value_at]
        word = invocation.arguments[option.at]
        if not option.value:
            return None
        return Word(
            source="", text=option.value, start=word.start, scripts=word.scripts
        )

    def _another(self, code: str, language: str, words: Sequence[Word]) -> None:
        """Judge a command that stands in the words of another one."""
        if language == "redis":
            weight = redis_words(words, self._table)
            self._note(weight, words[0].start, _spelt(words))
        elif code == "joined":
            if len(words) == 1:
                self._read_code(language, words[0])
                return
            text = " ".join(each.text for each in words)
            start = words[0].start
            self._read_code(language, Word(source="", text=text, start=start))
        elif self._depth >= _DEEPEST:
            self._note("change", words[0].start, _spelt(words), known=False)
        else:
            self._depth += 1
            run = effective_program(
                SimpleCommand(start=words[0].start, words=tuple(words))
            )
            if run is not None:
                self._run((run.word, *run.arguments), None)
            self._depth -= 1

    def _until(self, words: Sequence[Word]) -> None:
        """Judge the command of `find -exec`, which ends at `;` or `+`."""
        ends = (at for at, word in enumerate(words) if word.text in (";", "+"))
        inner = words[: next(ends, len(words))]
        if inner:
            self._another("words", "shell", inner)

    def _read_code(self, language: str, word: Word) -> None:
        """Judge a word that is code."""
        place = _within(word, self._place)
        if language == "shell":
            if not word.text.strip(HOLE + " \n;"):
                self._note("change", word.start, word.source or word.text, known=False)
            else:
                self.shell(word.text, place)
            return
        outer, self._place = self._place, place
        for weight, offset, words in LANGUAGE_JUDGES[language](word.text, self._table):
            self._note(weight, offset, words)
        self._place = outer


def _has_value(invocation: Invocation) -> bool:
    """Whether the code of a command was given by an option."""
    return any("value" in match.line.code for match in invocation.matches())


def _reads_input(invocation: Invocation) -> bool:
    return any("-s" in option.names for option in invocation.options)


def _spelt(words: Sequence[Word]) -> str:
    return " ".join(each.source or each.text for each in words)
