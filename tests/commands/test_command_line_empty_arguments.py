"""An empty text is no choice: what an unset variable of a shell leaves is refused."""

from __future__ import annotations

import argparse
from functools import cache

import pytest

from mobius_tui.commands.command_arguments import COMMANDS
from mobius_tui.commands.command_line import EMPTY_TEXT, build_parser
from tests.table import each_row

_Case = tuple[str, argparse.Action]


def _parser_of(command: str) -> argparse.ArgumentParser:
    [commands] = [
        action
        for action in build_parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    ]
    found: argparse.ArgumentParser = commands.choices[command]
    return found


def _taking_values(command: str) -> list[argparse.Action]:
    return [each for each in _parser_of(command)._actions if each.nargs != 0]


@cache
def _cases() -> list[_Case]:
    """Every argument and option of every command that takes a text."""
    return [(command, each) for command in COMMANDS for each in _taking_values(command)]


def _named(case: _Case) -> str:
    command, action = case
    return f"{command}-{'-'.join(action.option_strings) or action.dest}"


def _lines(command: str, tested: argparse.Action, empty: str) -> list[list[str]]:
    """Command lines in which one argument is an empty text, and all others are not."""
    words = [command]
    for action in _taking_values(command):
        if action.dest == tested.dest and not action.option_strings:
            words.append(empty)
        elif action.required:
            words += [*action.option_strings[:1], "x"]
    if not tested.option_strings:
        return [words]
    given = [[*words, name, empty] for name in tested.option_strings]
    with_equals = [
        [*words, f"{name}={empty}"]
        for name in tested.option_strings
        if name.startswith("--")
    ]
    return given + with_equals


def test_the_options_that_could_be_left_empty_are_found() -> None:
    names = {_named(case) for case in _cases()}
    assert {"run---limit", "hosts---target", "export--o", "check-files"} <= names
    assert {"resume-run", "drill---inject", "watch---trigger", "run---var"} <= names


@pytest.mark.parametrize("empty", ["", " ", "\t\n"], ids=["nothing", "blank", "blanks"])
@each_row("case", _cases)
def test_an_empty_text_is_refused_for_each_of_them(
    case: _Case, empty: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command, action = case
    for words in _lines(command, action, empty):
        with pytest.raises(SystemExit) as ended:
            build_parser(words).parse_args(words)
        assert ended.value.code == 2
        said = capsys.readouterr().err.splitlines()[-1]
        assert said.startswith(f"mobius-tui {command}: error: argument ")
        assert said.endswith(f": {EMPTY_TEXT}")
        name = "/".join(action.option_strings) or str(action.metavar or action.dest)
        assert f"argument {name}: " in said
