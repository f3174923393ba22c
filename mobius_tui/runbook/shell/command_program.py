"""The program that a command runs in the end, and its options."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mobius_tui.dataclass import dataclass
from mobius_tui.runbook.shell.script_model import EXPANSION_MARK, SimpleCommand, Word

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
ASSIGNMENT_START = re.compile(r"[A-Za-z_]\w*\+?=", re.ASCII)
"""The start of a word that assigns a variable."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Program:
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
        if text.startswith("-") and len(text) > 1:
            at += 2 if len(text) == 2 and text[1] in valued else 1
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
