"""Walking a script's syntax tree: its commands, and the program that each runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from mobius_tui.runbook.shell.script_model import (
    EXPANSION_MARK,
    Assignment,
    Case,
    CommandGroup,
    If,
    Loop,
    Pipeline,
    Script,
    ScriptCommand,
    SimpleCommand,
    Statement,
    Word,
)
from mobius_tui.structs import replace

_WRAPPERS: Mapping[str, tuple[str, int]] = {
    "sudo": ("CDghpRrTUu", 0),
    "doas": ("Cu", 0),
    "env": ("CSu", 0),
    "nice": ("n", 0),
    "ionice": ("cn", 0),
    "nohup": ("", 0),
    "setsid": ("", 0),
    "stdbuf": ("eio", 0),
    "time": ("fo", 0),
    "exec": ("a", 0),
    "command": ("", 0),
    "builtin": ("", 0),
    "timeout": ("ks", 1),
    "chronic": ("", 0),
}
"""Programs that run another one: their short options with a value, and the number of
their own operands."""
_LONG_VALUED_WORDS = """
--user --group --host --prompt --chdir --chroot --close-from --role --type
--command-timeout --other-user --unset --split-string --adjustment --class --classdata
--pid --pgid --uid --input --output --error --format --kill-after --signal
"""
_LONG_VALUED = frozenset(_LONG_VALUED_WORDS.split())
"""The long options of these programs that take the next word as their value."""
ASSIGNMENT_START = re.compile(r"[A-Za-z_]\w*\+?=", re.ASCII)
"""The start of a word that assigns a variable."""


class Program(Struct, frozen=True, kw_only=True):
    """The program that a command runs in the end."""

    name: str
    """Without its folder; empty if it is only known when the script runs."""
    word: Word
    arguments: tuple[Word, ...]
    wrappers: tuple[str, ...] = ()
    """`sudo`, `timeout` and their kind, outermost first."""
    words_before: tuple[Word, ...] = ()
    """The words up to the program's own."""


def effective_program(command: SimpleCommand) -> Program | None:
    """The program that a command runs in the end; None if it runs none."""
    words = command.words
    wrappers: list[str] = []
    at = 0
    while at < len(words):
        name = words[at].text.rpartition("/")[2]
        if name not in _WRAPPERS:
            break
        after = _after_wrapper(words, at + 1, *_WRAPPERS[name])
        if after >= len(words) or (name == "command" and _is_lookup(words[at + 1])):
            break
        wrappers.append(name)
        at = after
    if at >= len(words):
        return None
    text = words[at].text
    return Program(
        name="" if EXPANSION_MARK in text else text.rpartition("/")[2],
        word=words[at],
        arguments=words[at + 1 :],
        wrappers=tuple(wrappers),
        words_before=words[:at],
    )


def _is_lookup(option: Word) -> bool:
    """Whether an option lets `command` only look up a program: `command -v`."""
    return option.text.startswith("-") and option.text[1:] in ("v", "V", "pv", "pV")


def _after_wrapper(
    words: tuple[Word, ...], at: int, valued: str, operand_count: int
) -> int:
    """The index after the options and operands of a wrapper."""
    while at < len(words):
        text = words[at].text
        if text == "--":
            at += 1
            break
        if text.startswith("--"):
            at += 2 if text in _LONG_VALUED else 1
        elif text.startswith("-") and len(text) > 1:
            at += 1 + _cluster(text[1:], valued, set())
        elif ASSIGNMENT_START.match(text):
            at += 1
        else:
            break
    return at + operand_count


def split_options(
    arguments: tuple[Word, ...], value_options: str = ""
) -> tuple[set[str], list[Word]]:
    """The options that are given, and the other words.

    Args:
        arguments: the words after the program.
        value_options: the short options that take a value.

    Returns:
        Short options as single letters, long ones with their dashes and without
        `=value`; and the words that are neither an option nor a short one's value.
    """
    found: set[str] = set()
    rest: list[Word] = []
    at = 0
    while at < len(arguments):
        text = arguments[at].text
        at += 1
        if text == "--":
            rest += arguments[at:]
            break
        if text.startswith("--"):
            found.add(text.partition("=")[0])
        elif text.startswith("-") and len(text) > 1:
            at += _cluster(text[1:], value_options, found)
        else:
            rest.append(arguments[at - 1])
    return found, rest


def _cluster(letters: str, valued: str, found: set[str]) -> int:
    """Add the options of `-abc`; returns how many words after it are its value."""
    for index, letter in enumerate(letters):
        found.add(letter)
        if letter in valued:
            return 0 if index + 1 < len(letters) else 1
    return 0


_MAX_CD = 20
"""The number of `cd` commands that are recorded."""
DECLARATION_COMMANDS = frozenset(("export", "local", "declare", "readonly", "typeset"))


class CommandVisit(Struct, frozen=True, kw_only=True):
    """A simple command, and its context."""

    command: SimpleCommand
    program: Program | None
    """None if the command only assigns or redirects."""
    pipeline: Pipeline
    pipeline_index: int
    """Its index in the pipeline."""
    statement: Statement
    has_input: bool
    """Whether its input is a pipe, a file or a here-document."""
    is_in_loop: bool
    """Whether it is inside a loop."""
    function: str = ""
    """The name of the function that it is in, if any."""
    directory_changes: tuple[int, ...] = ()
    """The offsets of the `cd` commands before it, in its shell or an outer one."""


def visits(script: Script) -> Iterator[CommandVisit]:
    """Every simple command, those in `$(…)` too, in the order of the text.

    Those in a `$(…)` follow directly on the simple command that has it; those in the
    words of a compound command precede its body.
    """
    return _ScriptWalk().script(script)


def assignments(script: Script) -> Iterator[Assignment]:
    """Every assignment: alone, before commands, and by `export` and the like."""
    for visit in visits(script):
        yield from assignments_of(visit.command, visit.program)


def assignments_of(
    command: SimpleCommand, program: Program | None
) -> Iterator[Assignment]:
    """The assignments of a command.

    Args:
        command: the command.
        program: the program that it runs, if any.
    """
    yield from command.assignments
    if program is not None and program.name in DECLARATION_COMMANDS:
        yield from assignments_in(program.arguments)


def assignments_in(words: Iterable[Word]) -> Iterator[Assignment]:
    """The assignments among words, such as the arguments of `export` or `env`."""
    for word in words:
        match = ASSIGNMENT_START.match(word.text)
        if match is not None:
            value = replace(word, text=word.text[match.end() :])
            name = match[0].rstrip("+=")
            yield Assignment(name=name, start=word.start, value=value)


def commands(script: Script) -> Iterator[ScriptCommand]:
    """Every command in the order of the text, a compound one before its parts.

    Those in `$(…)` are left out; `visits` has them.
    """
    for statement in script:
        for pipe in pipelines(statement):
            for command in pipe.commands:
                yield command
                for inner in nested_scripts(command):
                    yield from commands(inner)


def pipelines(statement: Statement) -> Iterator[Pipeline]:
    """The pipelines of a statement."""
    yield statement.first
    for _, pipe in statement.rest:
        yield pipe


def nested_scripts(command: ScriptCommand) -> Iterator[Script]:
    """The scripts of a compound command, in the order of the text."""
    match command:
        case If(branches=branches, otherwise=otherwise):
            for condition, body in branches:
                yield condition
                yield body
            if otherwise is not None:
                yield otherwise
        case Loop(condition=condition, body=body):
            yield condition
            yield body
        case Case(arms=arms):
            yield from arms
        case CommandGroup(body=body):
            yield body
        case SimpleCommand():
            return


def own_words(command: ScriptCommand) -> Iterator[Word]:
    """The words of a command itself, including those of its redirections.

    The body of a here-document counts as one word.
    """
    match command:
        case SimpleCommand(words=words, assignments=assigned):
            for assignment in assigned:
                yield assignment.value
                yield from assignment.rest
            yield from words
        case Loop(items=items):
            yield from items
        case Case(word=Word() as word):
            yield word
        case _:
            pass
    for redirect in command.redirects:
        yield redirect.target
        if redirect.document is not None:
            yield redirect.document.body


class _ScriptWalk:
    """Walks through a script once."""

    def __init__(self) -> None:
        self.has_input = self.is_in_loop = False
        self.function = ""
        self.directory_changes: tuple[int, ...] = ()

    def script(self, script: Script) -> Iterator[CommandVisit]:
        for statement in script:
            for pipe in pipelines(statement):
                for place, command in enumerate(pipe.commands):
                    yield from self._command(statement, pipe, place, command)

    def _command(
        self, statement: Statement, pipe: Pipeline, place: int, command: ScriptCommand
    ) -> Iterator[CommandVisit]:
        before = self.has_input, self.is_in_loop, self.function, self.directory_changes
        self.has_input |= place > 0 or any(r.sign[0] == "<" for r in command.redirects)
        if isinstance(command, SimpleCommand):
            yield from self._simple(statement, pipe, place, command)
            self.has_input, self.is_in_loop, self.function = before[:3]
            return
        for word in own_words(command):
            yield from self._substituted(word)
        if isinstance(command, CommandGroup) and command.function:
            self.function = command.function
        self.is_in_loop |= isinstance(command, Loop)
        for inner in nested_scripts(command):
            yield from self.script(inner)
        self.has_input, self.is_in_loop, self.function = before[:3]
        if isinstance(command, CommandGroup) and command.subshell:
            self.directory_changes = before[3]

    def _simple(
        self, statement: Statement, pipe: Pipeline, place: int, command: SimpleCommand
    ) -> Iterator[CommandVisit]:
        program = effective_program(command)
        yield CommandVisit(
            command=command,
            program=program,
            pipeline=pipe,
            pipeline_index=place,
            statement=statement,
            has_input=self.has_input,
            is_in_loop=self.is_in_loop,
            function=self.function,
            directory_changes=self.directory_changes,
        )
        if program is not None and program.name in ("cd", "pushd"):
            self.directory_changes = (*self.directory_changes[-_MAX_CD:], command.start)
        for word in own_words(command):
            yield from self._substituted(word)

    def _substituted(self, word: Word) -> Iterator[CommandVisit]:
        directory_changes = self.directory_changes
        for inner in word.scripts:
            yield from self.script(inner)
            self.directory_changes = directory_changes
