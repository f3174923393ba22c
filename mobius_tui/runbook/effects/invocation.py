"""One command taken apart: options, operands, the input that the script gives it."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mobius_tui.runbook.effects.command_table import (
    WEIGHTS,
    CommandEntry,
    CommandLine,
    PatternToken,
    Weight,
)
from mobius_tui.runbook.shell.command_program import effective_program
from mobius_tui.runbook.shell.script_model import (
    HOLE,
    Assignment,
    Command,
    SimpleCommand,
    Word,
)


def makes_a_file(assignment: Assignment) -> bool:
    """Whether a variable is given the name of a file that `mktemp` has just made."""
    value = assignment.value
    if value.text != HOLE or len(value.scripts) != 1 or len(value.scripts[0]) != 1:
        return False
    first = value.scripts[0][0].first.commands[0]
    run = effective_program(first) if isinstance(first, SimpleCommand) else None
    return run is not None and run.name == "mktemp"


def command_input(command: SimpleCommand, before: Command | None) -> Word | None:
    """What a command reads, where the script itself says it."""
    for redirect in command.redirects:
        if redirect.document is not None:
            return redirect.document.body
        if redirect.sign == "<<<":
            return redirect.target
        if redirect.sign == "<":
            return None
    if not isinstance(before, SimpleCommand):
        return None
    run = effective_program(before)
    if run is None:
        return None
    if run.name == "cat" and not run.arguments:
        return command_input(before, None)
    if run.name not in ("echo", "printf"):
        return None
    said = [each for each in run.arguments if each.text not in ("-n", "-e", "-E", "--")]
    if len(said) == 1:
        return said[0]
    text = " ".join(each.text for each in said)
    return Word(source="", text=text, start=run.word.start)


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenOption:
    """An option as it was given."""

    names: tuple[str, ...]
    """Itself; and each letter, where several stand together."""
    value: str | None
    """What stands after its `=`, its letter, or as the next word."""
    at: int
    value_at: int | None
    """The index of the word that the value is, where it is one of its own."""
    takes: bool
    """Whether the table says that it takes a value."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LineMatch:
    """A line that fits."""

    line: CommandLine
    places: frozenset[int]
    """The indexes of the words that it is about; below 0, those of values in them."""
    option: GivenOption | None = None
    """The last option that it names."""


class Invocation:
    """A command's words after its name."""

    def __init__(self, entry: CommandEntry, arguments: Sequence[Word]) -> None:
        self.entry = entry
        self.arguments = arguments
        self.options: list[GivenOption] = []
        self.words: list[int] = []
        """The indexes of the words that are no option and no option's value."""
        self.dashes: int | None = None
        """The index of `--`."""
        self._read()

    def _read(self) -> None:
        at = 0
        while at < len(self.arguments):
            text = self.arguments[at].text
            if text == "--":
                self.dashes = at
                self.options.append(_end_of_options(at))
                self.words += range(at + 1, len(self.arguments))
                return
            if text[:1] == "-" and len(text) > 1:
                option = self._option(text, at)
                self.options.append(option)
                own = option.takes and option.value_at is not None
                at += 2 if own else 1
            else:
                self.words.append(at)
                at += 1

    def _option(self, text: str, at: int) -> GivenOption:
        valued = self.entry.valued
        after = at + 1 if at + 1 < len(self.arguments) else None
        following = self.arguments[after].text if after is not None else None
        names: tuple[str, ...] = (text,)
        if text[:2] != "--" and len(text) > 2 and not self.entry.spelt_out:
            letters: list[str] = []
            for index, letter in enumerate(text[1:], 2):
                letters.append(f"-{letter}")
                if f"-{letter}" in valued and index < len(text):
                    names = (*letters, text)
                    return GivenOption(
                        names=names,
                        value=text[index:].removeprefix("="),
                        at=at,
                        value_at=None,
                        takes=True,
                    )
            names = (*letters, text)
        name, sign, value = text.partition("=")
        if sign:
            names = (*names, name)
            return GivenOption(
                names=names, value=value, at=at, value_at=None, takes=True
            )
        takes = any(each in valued for each in names)
        return GivenOption(
            names=names, value=following, at=at, value_at=after, takes=takes
        )

    def matches(self, before: int | None = None) -> list[LineMatch]:
        """The lines that fit, without those that a closer one takes the place of.

        Args:
            before: the index at which something begins that is no word of the command
                itself.
        """
        limit = len(self.arguments) if before is None else before
        found = [
            match for line in self.entry.lines for match in self._fits(line, limit)
        ]
        return [each for each in found if not any(_closer(m, each) for m in found)]

    def _fits(self, line: CommandLine, limit: int) -> Iterator[LineMatch]:
        words = [at for at in self.words if at < limit]
        places: set[int] = set()
        last: GivenOption | None = None
        position = 0
        for token in line.tokens:
            if token.is_option:
                option = self._given(token, limit)
                if option is None:
                    return
                last = option
                places.add(option.at)
                if token.values:
                    places.add(-1 - option.at)
            else:
                if position >= len(words):
                    return
                text = self.arguments[words[position]].text
                if not any(fnmatch.fnmatchcase(text, name) for name in token.names):
                    return
                places.add(words[position])
                position += 1
        yield LineMatch(line=line, places=frozenset(places), option=last)

    def _given(self, token: PatternToken, limit: int) -> GivenOption | None:
        """The option that a token stands for, where it was given."""
        for option in self.options:
            if option.at >= limit:
                continue
            for name in token.names:
                value = self._value(option, name)
                if value is not None and (
                    not token.values
                    or any(fnmatch.fnmatchcase(value, each) for each in token.values)
                ):
                    return option
        return None

    def _value(self, option: GivenOption, name: str) -> str | None:
        """The value with which an option was given under a name; None if it was not."""
        for each in option.names:
            if fnmatch.fnmatchcase(each, name):
                return option.value or ""
        whole = option.names[-1] if option.value_at is not None else option.names[0]
        short = len(name) == 2 and whole.startswith(name)
        return whole[2:] if short and not self.entry.spelt_out else None


def _end_of_options(at: int) -> GivenOption:
    """`--`, which some commands mean something by."""
    return GivenOption(names=("--",), value=None, at=at, value_at=None, takes=False)


def _closer(one: LineMatch, other: LineMatch) -> bool:
    """Whether a line says more of the same words than another."""
    if one.line.own and (other.line.tokens and not other.line.own):
        return False
    return other.places < one.places


def heaviest_weight(weights: Sequence[Weight]) -> Weight:
    """The heaviest of some effects; `nothing` wins, as with it nothing is done."""
    if "nothing" in weights:
        return "nothing"
    return max(weights, key=WEIGHTS.index, default="read")
