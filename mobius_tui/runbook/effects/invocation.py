"""The options, operands and input of one command, matched against its table entry."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain

from msgspec import Struct

from mobius_tui.runbook.effects.command_effects import (
    TABLE_EFFECTS,
    WHO_ADDED,
    CommandEntry,
    PatternToken,
    TableEffect,
    TableLine,
)
from mobius_tui.runbook.shell.script_model import (
    EXPANSION_MARK,
    Assignment,
    CommandGroup,
    Loop,
    Script,
    ScriptCommand,
    SimpleCommand,
    Word,
)
from mobius_tui.runbook.shell.script_walk import (
    DECLARATION_COMMANDS,
    Program,
    assignments_of,
    effective_program,
    nested_scripts,
    own_words,
    pipelines,
)
from mobius_tui.structs import replace

_USED_NAME = re.compile(r"\$\{?[!#]?([A-Za-z_]\w*)", re.ASCII)
_SETTERS = frozenset(("read", "mapfile", "readarray", "getopts", "printf", "wait"))
"""Commands that set the variables in their arguments."""
_LATER_ASSIGNED = re.compile(r"([A-Za-z_]\w*)\+?=", re.ASCII)
_TEMPORARY_FOLDER = re.compile(r"(?:/tmp|/var/tmp|/dev/shm)(?:/[^/]+)*/?")
_TEMPORARY_VARIABLES = frozenset(("TMPDIR", "XDG_RUNTIME_DIR"))


def temporary_file_names(body: Script, inherited: frozenset[str]) -> frozenset[str]:
    """The variables that name a file made by `mktemp` wherever a script uses them.

    Args:
        body: the script.
        inherited: those that name one before it runs.
    """
    temporary = set(inherited)
    used: set[str] = set()
    others: set[str] = set()
    for command in _in_order_of_running(body):
        simple = command if isinstance(command, SimpleCommand) else None
        program = effective_program(simple) if simple is not None else None
        others |= names_set_otherwise(command, program)
        if simple is not None:
            prefixes = len(simple.assignments) if simple.words else 0
            for index, each in enumerate(assignments_of(simple, program)):
                used.update(_USED_NAME.findall(each.value.source))
                is_too_late = each.name in used and each.name not in temporary
                is_made = _is_temporary_file(each, temporary)
                if index < prefixes or is_too_late or not is_made:
                    others.add(each.name)
                temporary.add(each.name)
        if program is not None and _renames_variables(program):
            return frozenset()
        if program is not None and program.name == "trap":  # runs its code later
            for word in program.arguments:
                others.update(_LATER_ASSIGNED.findall(word.text))
            continue
        for word in own_words(command):
            used.update(_USED_NAME.findall(word.source))
            others.update(
                each.name for each in word.expansions if each.operator in ("=", ":=")
            )
    return frozenset(temporary - others)


def _renames_variables(program: Program) -> bool:
    """Whether a command may set variables that it does not name: `declare -n`, eval."""
    if program.name in ("eval", "source", "."):
        return True
    return program.name in DECLARATION_COMMANDS and any(
        each.text.startswith("-") and "n" in each.text for each in program.arguments
    )


def _in_order_of_running(body: Script) -> Iterator[ScriptCommand]:
    """Every command; those of a function at its first call, or else at the end.

    Those in `$(…)` are left out.
    """
    functions: dict[str, list[Script]] = {}
    running = [_commands_in((body,))]
    while running or functions:
        if not running:
            running.append(_commands_in(functions.pop(next(iter(functions)))))
        command = next(running[-1], None)
        if command is None:
            running.pop()
            continue
        yield command
        if isinstance(command, CommandGroup) and command.function:
            functions.setdefault(command.function, []).append(command.body)
        elif isinstance(command, SimpleCommand):
            program = effective_program(command)
            if program is not None:
                running.append(_commands_in(functions.pop(program.name, ())))
        else:
            running.append(_commands_in(nested_scripts(command)))


def _commands_in(scripts: Iterable[Script]) -> Iterator[ScriptCommand]:
    """The commands of scripts, without the parts of compound ones."""
    for statement in chain.from_iterable(scripts):
        for pipe in pipelines(statement):
            yield from pipe.commands


def names_set_otherwise(command: ScriptCommand, program: Program | None) -> set[str]:
    """The variables that a command sets without an assignment: `read x`, `for x`.

    Args:
        command: the command.
        program: the program that it runs, if any.
    """
    if isinstance(command, Loop):
        return {command.name}
    if program is None or program.name not in _SETTERS:
        return set()
    return {each.text for each in program.arguments}


def _is_temporary_file(assignment: Assignment, temporary: AbstractSet[str]) -> bool:
    """Whether a variable is assigned the name of a file made by `mktemp`.

    Args:
        assignment: the assignment.
        temporary: the variables that name such files before it.
    """
    value = assignment.value
    if (
        value.text != EXPANSION_MARK
        or len(value.scripts) != 1
        or len(value.scripts[0]) != 1
    ):
        return False
    first = value.scripts[0][0].first.commands[0]
    program = effective_program(first) if isinstance(first, SimpleCommand) else None
    return (
        program is not None
        and program.name == "mktemp"
        and all(_is_in_temporary_folder(each, temporary) for each in program.arguments)
    )


def _is_in_temporary_folder(word: Word, temporary: AbstractSet[str]) -> bool:
    """Whether an argument of `mktemp` lets it make a file where such files belong."""
    text = word.text
    if text.startswith("--"):
        text = text.partition("=")[2] if text.startswith("--tmpdir=") else ""
        return word.text != "--dry-run" and (
            not text or _is_in_temporary_folder(replace(word, text=text), temporary)
        )
    if text.startswith("-"):
        return set(text[1:]) <= set("dqtp")
    if ".." in text:
        return False
    if text.startswith(EXPANSION_MARK):
        named = word.expansions[0].name if word.expansions else ""
        return named in _TEMPORARY_VARIABLES or named in temporary
    return "/" not in text or _TEMPORARY_FOLDER.fullmatch(text) is not None


def command_input(command: SimpleCommand, before: ScriptCommand | None) -> Word | None:
    """The input of a command, if it is in the script; else `None`.

    Args:
        command: the command.
        before: the command before it in the pipeline.
    """
    for redirect in command.redirects:
        if redirect.document is not None:
            return redirect.document.body
        if redirect.sign == "<<<":
            return redirect.target
        if redirect.sign == "<":
            return None
    if not isinstance(before, SimpleCommand):
        return None
    program = effective_program(before)
    if program is None:
        return None
    if program.name == "cat" and not program.arguments:
        return command_input(before, None)
    if program.name not in ("echo", "printf"):
        return None
    printed = [
        each for each in program.arguments if each.text not in ("-n", "-e", "-E", "--")
    ]
    if len(printed) == 1:
        return printed[0]
    text = " ".join(each.text for each in printed)
    return Word(source="", text=text, start=program.word.start)


class GivenOption(Struct, frozen=True, kw_only=True):
    """An option of a command, as it is in the script."""

    names: tuple[str, ...]
    """The option; for a cluster such as `-abc`, each of its letters, too."""
    value: str | None
    """The text after its `=` or its letter, else the next word.

    That word also where the option does not take it, as `takes_value` says; None where
    no word follows.
    """
    index: int
    value_index: int | None
    """The index of that next word; None if the value is in the option's own word.

    None also where no word follows.
    """
    takes_value: bool
    """Whether it takes a value: it is given with `=`, or the table says so."""


class LineMatch(Struct, frozen=True, kw_only=True):
    """A line of the table that matches a command."""

    line: TableLine
    matched_indexes: frozenset[int]
    """The indexes of the words that it matches; negative ones, too, for the values of
    options, and for operands that it names as they are.

    One after the last for a line that matches where no further operand is.
    """
    options: Sequence[GivenOption] = ()
    """Those that its last option matches: one may be given several times."""


class Invocation:
    """The arguments of a command, as options and operands."""

    def __init__(self, entry: CommandEntry, arguments: Sequence[Word]) -> None:
        self.entry = entry
        self.arguments = arguments
        self.options: list[GivenOption] = []
        self.operand_indexes: list[int] = []
        """The indexes of the operands."""
        self.double_dash_index: int | None = None
        """The index of `--`."""
        self._read()

    def _read(self) -> None:
        at = 0
        while at < len(self.arguments):
            text = self.arguments[at].text
            if text == "--":
                self.double_dash_index = at
                self.options.append(_end_of_options(at))
                self.operand_indexes += range(at + 1, len(self.arguments))
                return
            if text[:1] == "-" and len(text) > 1:
                option = self._option(text, at)
                self.options.append(option)
                takes_next_word = option.takes_value and option.value_index is not None
                at += 2 if takes_next_word else 1
            else:
                self.operand_indexes.append(at)
                at += 1

    def _option(self, text: str, at: int) -> GivenOption:
        valued = self.entry.valued_options
        after = at + 1 if at + 1 < len(self.arguments) else None
        following = self.arguments[after].text if after is not None else None
        names: tuple[str, ...] = (text,)
        if text[:2] != "--" and len(text) > 2 and not self.entry.has_long_options:
            letters: list[str] = []
            for index, letter in enumerate(text[1:], 2):
                letters.append(f"-{letter}")
                if f"-{letter}" in valued and index < len(text):
                    names = (*letters, text)
                    return GivenOption(
                        names=names,
                        value=text[index:].removeprefix("="),
                        index=at,
                        value_index=None,
                        takes_value=True,
                    )
            names = (*letters, text)
        name, sign, value = text.partition("=")
        if sign:
            names = (*names, name)
            return GivenOption(
                names=names, value=value, index=at, value_index=None, takes_value=True
            )
        takes = any(each in valued for each in names)
        return GivenOption(
            names=names, value=following, index=at, value_index=after, takes_value=takes
        )

    def matches(self, command_start: int | None = None) -> list[LineMatch]:
        """The matching lines, without those for which a more specific one matches.

        The entry's default line if none matches.

        Args:
            command_start: the index at which another command begins in the arguments.
        """
        limit = len(self.arguments) if command_start is None else command_start
        found = [
            match
            for line in self.entry.lines
            if (match := self._match_line(line, limit)) is not None
        ]
        if not [match for match in found if not match.line.also]:
            default_line = self.entry.default_line
            found.append(LineMatch(line=default_line, matched_indexes=frozenset()))
        return [
            each for each in found if not any(_is_more_specific(m, each) for m in found)
        ]

    def _match_line(self, line: TableLine, limit: int) -> LineMatch | None:
        words = [at for at in self.operand_indexes if at < limit]
        places: set[int] = set()
        options: Sequence[GivenOption] = ()
        position = 0
        for token in line.tokens:
            if token.kind == "option":
                options, unmatched = self._find_options(line, token, limit)
                if not options or (unmatched and line.effect == "nothing"):
                    return None
                places.update(option.index for option in options)
                if token.values:
                    places.update(-1 - option.index for option in options)
            elif token.kind == "keyed":
                others = (at for at in words if at not in places)
                keyed = [at for at in others if self._is_operand(at, token)]
                if not keyed:
                    return None
                places.update(keyed)
                if token.is_word:
                    places.update(-1 - at for at in keyed)
            elif token.kind == "end":
                if position < len(words):
                    return None
                places.add(len(self.arguments))
            else:
                if position >= len(words):
                    return None
                if not self._is_operand(words[position], token):
                    return None
                places.add(words[position])
                if token.is_word:
                    places.add(-1 - words[position])
                position += 1
        return LineMatch(line=line, matched_indexes=frozenset(places), options=options)

    def _is_operand(self, at: int, token: PatternToken) -> bool:
        text = self.arguments[at].text
        return any(fnmatch.fnmatchcase(text, name) for name in token.names)

    def has_unlisted_options(
        self, matches: Sequence[LineMatch], command_start: int | None
    ) -> bool:
        """Whether an option is given of which the table says nothing.

        Where a line was held against a manual page, what it does not list only looks:
        but for one before the sub-command, which may take that as its value.

        Args:
            matches: the lines that match.
            command_start: the index at which another command begins in the arguments.
        """
        limit = len(self.arguments) if command_start is None else command_start
        given = [option for option in self.options if option.index < limit]
        if not any(map(_takes_only_listed, matches)):
            takes_any = any(each.line.verified_by == WHO_ADDED for each in matches)
            has_sub_command = self.entry.has_sub_commands and self.operand_indexes
            if takes_any or not has_sub_command:
                return False
            first = self.operand_indexes[0]
            given = [option for option in given if option.value_index == first]
        listed = self.entry.valued_options | self.entry.looking_options
        matched = {at for match in matches for at in match.matched_indexes}
        return any(
            option.index not in matched and not _is_listed(option, listed)
            for option in given
        )

    def _find_options(
        self, line: TableLine, token: PatternToken, limit: int
    ) -> tuple[Sequence[GivenOption], Sequence[GivenOption]]:
        """The options that a line's token matches, and those that only its names do."""
        may_be_cut = line.effect not in ("read", "nothing")
        found: list[GivenOption] = []
        others: list[GivenOption] = []
        for option in self.options:
            if option.index >= limit:
                continue
            values = [
                value
                for name in token.names
                if (value := self._value_under(option, name, may_be_cut)) is not None
            ]
            if not values:
                continue
            is_match = not token.values or any(
                fnmatch.fnmatchcase(value, each)
                for value in values
                for each in token.values
            )
            (found if is_match else others).append(option)
        return found, others

    def _value_under(
        self, option: GivenOption, name: str, may_be_cut: bool
    ) -> str | None:
        """The value of an option if it has that name; `None` if it has not.

        Args:
            option: the option.
            name: the name, or a pattern of names.
            may_be_cut: whether the beginning of the name is enough.
        """
        for each in option.names:
            if fnmatch.fnmatchcase(each, name):
                return option.value or ""
            if may_be_cut and self._is_beginning(each, name):
                return option.value or ""
        whole = option.names[-1] if option.value_index is not None else option.names[0]
        short = len(name) == 2 and whole.startswith(name)
        return whole[2:] if short and not self.entry.has_long_options else None

    def _is_beginning(self, given: str, name: str) -> bool:
        """Whether an option is another one cut short, as GNU programs take `--outp`."""
        return (
            given[:2] == "--" != given
            and name.rstrip("*").startswith(given)
            and given not in self.entry.option_names
        )

    def values(self, match: LineMatch) -> Sequence[Word]:
        """The values of a line's last option, as words with their places."""
        found: list[Word] = []
        for option in match.options:
            word = self.arguments[option.index]
            text, scripts = option.value, word.scripts
            if option.value_index is not None:
                found.append(self.arguments[option.value_index])
            elif text:
                value = Word(source="", text=text, start=word.start, scripts=scripts)
                found.append(value)
        return found


def _end_of_options(at: int) -> GivenOption:
    """`--` as an option, which has a meaning for some commands."""
    return GivenOption(
        names=("--",), value=None, index=at, value_index=None, takes_value=False
    )


def _takes_only_listed(match: LineMatch) -> bool:
    """Whether a line that reads, or names code, was held against no manual page."""
    line = match.line
    if line.verified_by or line.also:
        return False
    return line.effect == "read" or bool(line.code_places)


def _is_listed(option: GivenOption, listed: frozenset[str]) -> bool:
    """Whether an option is among those listed; of `-abc`, each of its letters."""
    whole = next((name for name in option.names if len(name) > 2), option.names[-1])
    if whole in ("--", "--help", "--version") or whole[1:].isdigit():
        return True
    names = set(option.names)
    letters = {name for name in names if len(name) == 2}
    return bool((names - letters) & listed) or (bool(letters) and letters <= listed)


def _is_more_specific(one: LineMatch, other: LineMatch) -> bool:
    """Whether a line names more of the same words than another, and matches them."""
    if one.line.also != other.line.also:
        return False
    if one.line.is_added and (other.line.tokens and not other.line.is_added):
        return False
    return (
        other.line.part_count < one.line.part_count
        and other.matched_indexes < one.matched_indexes
    )


def heaviest_table_effect(weights: Sequence[TableEffect]) -> TableEffect:
    """The heaviest of several effects.

    `nothing` overrules all of them, `read` if there are none.
    """
    if "nothing" in weights:
        return "nothing"
    return max(weights, key=TABLE_EFFECTS.index, default="read")
