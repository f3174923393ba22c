"""Going through the commands of a script."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mobius_tui.runbook.shell.command_program import ASSIGNS, Program, effective_program
from mobius_tui.runbook.shell.script_model import (
    Assignment,
    Case,
    Command,
    CommandGroup,
    If,
    Loop,
    Pipeline,
    Script,
    SimpleCommand,
    Statement,
    Word,
)

_MOVES = 20
"""How many `cd` are remembered at once."""
DECLARING = frozenset(("export", "local", "declare", "readonly", "typeset"))


@dataclass(frozen=True, kw_only=True, slots=True)
class CommandVisit:
    """A simple command, and where it stands."""

    command: SimpleCommand
    program: Program | None
    """None where the command only assigns or redirects."""
    pipeline: Pipeline
    place: int
    """Its index in the pipeline."""
    statement: Statement
    fed: bool
    """Whether its input comes from a pipe, a file or a here-document."""
    looped: bool
    """Whether it stands in a loop."""
    function: str = ""
    """The function that it stands in."""
    moved: tuple[int, ...] = ()
    """The offset of each `cd` that was passed before it, in this shell or around."""


def visits(script: Script) -> Iterator[CommandVisit]:
    """Every simple command, in the order of the text; those in `$(…)` after theirs."""
    return _ScriptWalk().script(script)


def assignments(script: Script) -> Iterator[Assignment]:
    """Every assignment: of variables alone, before commands, and by `export` etc."""
    for visit in visits(script):
        yield from assigned(visit.command, visit.program)


def assigned(command: SimpleCommand, run: Program | None) -> Iterator[Assignment]:
    """What a command assigns.

    Args:
        command: the command.
        run: what it runs.
    """
    yield from command.assignments
    if run is None or run.name not in DECLARING:
        return
    for word in run.arguments:
        match = ASSIGNS.match(word.text)
        if match is not None:
            value = Word(
                source=word.source,
                text=word.text[match.end() :],
                start=word.start,
                quoted=word.quoted,
                expansions=word.expansions,
                scripts=word.scripts,
            )
            name = match[0].rstrip("+=")
            yield Assignment(name=name, start=word.start, value=value)


def commands(script: Script) -> Iterator[Command]:
    """Every command, compound ones first, in the order of the text."""
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


def nested_scripts(command: Command) -> Iterator[Script]:
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


def own_words(command: Command) -> Iterator[Word]:
    """The words of a command itself, those of its redirections included.

    The text of a here-document counts as one.
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
    """One walk through a script."""

    def __init__(self) -> None:
        self.fed = self.looped = False
        self.function = ""
        self.moved: tuple[int, ...] = ()

    def script(self, script: Script) -> Iterator[CommandVisit]:
        for statement in script:
            for pipe in pipelines(statement):
                for place, command in enumerate(pipe.commands):
                    yield from self._command(statement, pipe, place, command)

    def _command(
        self, statement: Statement, pipe: Pipeline, place: int, command: Command
    ) -> Iterator[CommandVisit]:
        before = self.fed, self.looped, self.function, self.moved
        self.fed |= place > 0 or any(r.sign[0] == "<" for r in command.redirects)
        if isinstance(command, SimpleCommand):
            yield from self._simple(statement, pipe, place, command)
            self.fed, self.looped, self.function = before[:3]
            return
        for word in own_words(command):
            yield from self._substituted(word)
        if isinstance(command, CommandGroup) and command.function:
            self.function = command.function
        self.looped |= isinstance(command, Loop)
        for inner in nested_scripts(command):
            yield from self.script(inner)
        self.fed, self.looped, self.function = before[:3]
        if isinstance(command, CommandGroup) and command.subshell:
            self.moved = before[3]

    def _simple(
        self, statement: Statement, pipe: Pipeline, place: int, command: SimpleCommand
    ) -> Iterator[CommandVisit]:
        run = effective_program(command)
        yield CommandVisit(
            command=command,
            program=run,
            pipeline=pipe,
            place=place,
            statement=statement,
            fed=self.fed,
            looped=self.looped,
            function=self.function,
            moved=self.moved,
        )
        if run is not None and run.name in ("cd", "pushd"):
            self.moved = (*self.moved[-_MOVES:], command.start)
        for word in own_words(command):
            yield from self._substituted(word)

    def _substituted(self, word: Word) -> Iterator[CommandVisit]:
        moved = self.moved
        for inner in word.scripts:
            yield from self.script(inner)
            self.moved = moved
