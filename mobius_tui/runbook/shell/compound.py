"""Reading compound commands: what stands between `if` and `fi`, and the like."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from mobius_tui.runbook.shell.model import (
    Case,
    Command,
    Group,
    If,
    Loop,
    Script,
    Simple,
    Word,
)
from mobius_tui.runbook.shell.simple import FUNCTION, redirects

if TYPE_CHECKING:
    from mobius_tui.runbook.shell.parse import Parser

CLOSERS = frozenset(("then", "elif", "else", "fi", "do", "done", "esac", "}"))
"""Reserved words that begin nothing."""
ARM_ENDS = (";;", ";&")
"""What ends an arm of `case`; `;;&` begins like the first."""


def _group(parser: Parser, start: int, _: str) -> Command:
    body = parser.script("}")
    parser.take("}")
    return Group(start=start, body=body, redirects=redirects(parser.reader))


def _function(parser: Parser, start: int, _: str) -> Command:
    reader = parser.reader
    reader.space()
    name = reader.word().text
    match = FUNCTION.match(reader.text, reader.pos)
    if match is not None:
        reader.pos = match.end()
    return parser.body(start, name)


def _if(parser: Parser, start: int, _: str) -> Command:
    branches: list[tuple[Script, Script]] = []
    while True:
        condition = parser.script("then")
        parser.take("then")
        branches.append((condition, parser.script("elif", "else", "fi")))
        if not parser.take("elif"):
            break
    otherwise = parser.script("fi") if parser.take("else") else None
    parser.take("fi")
    return If(
        start=start,
        branches=tuple(branches),
        otherwise=otherwise,
        redirects=redirects(parser.reader),
    )


def _while(parser: Parser, start: int, kind: str) -> Command:
    condition = parser.script("do")
    body = _do(parser)
    return Loop(
        start=start,
        kind=kind,
        condition=condition,
        body=body,
        redirects=redirects(parser.reader),
    )


def _do(parser: Parser) -> Script:
    parser.take("do")
    body = parser.script("done")
    parser.take("done")
    return body


def _for(parser: Parser, start: int, kind: str) -> Command:
    reader = parser.reader
    reader.space()
    items: list[Word] = []
    name = ""
    if reader.peek(2) == "((":
        reader.pos += 2
        reader.arithmetic()
    else:
        name = reader.word().text
        parser.newlines()
        if reader.text.startswith("in", reader.pos):
            reader.pos += 2
            items = _words(parser)
    parser.blank()
    body = _do(parser)
    return Loop(
        start=start,
        kind=kind,
        name=name,
        items=tuple(items),
        body=body,
        redirects=redirects(parser.reader),
    )


def _words(parser: Parser) -> list[Word]:
    """The words up to the end of the line, or a `;`."""
    reader = parser.reader
    found: list[Word] = []
    while True:
        reader.space()
        if reader.pos >= len(reader.text) or reader.peek() in "\n;&|)#":
            return found
        word = reader.word()
        if not word.source:
            reader.pos += 1
            continue
        found.append(word)


def _case(parser: Parser, start: int, _: str) -> Command:
    reader = parser.reader
    reader.space()
    word = reader.word()
    parser.newlines()
    if reader.text.startswith("in", reader.pos):
        reader.pos += 2
    arms: list[Script] = []
    while reader.pos < len(reader.text):
        parser.blank()
        if parser.take("esac") or reader.pos >= len(reader.text):
            break
        _arm_pattern(parser)
        arms.append(parser.script(";;", "esac"))
        if parser.reserved() in CLOSERS - {"esac"}:
            break
        if reader.peek(2) in ARM_ENDS:
            reader.pos += 3 if reader.peek(3) == ";;&" else 2
    return Case(
        start=start, word=word, arms=tuple(arms), redirects=redirects(parser.reader)
    )


def _arm_pattern(parser: Parser) -> None:
    """Pass `a|b)`; where there is none, one character, so as to go on."""
    reader = parser.reader
    before = reader.pos
    reader.pos += reader.peek() == "("
    while reader.pos < len(reader.text):
        reader.space()
        char = reader.peek()
        if char == ")":
            reader.pos += 1
            return
        if char == "|":
            reader.pos += 1
        elif not char or char in "\n;&" or not reader.word().source:
            break
    reader.pos = max(reader.pos, before + 1)


def _test(parser: Parser, start: int, _: str) -> Command:
    """`[[ … ]]`: its words are not split, whatever is in them."""
    reader = parser.reader
    words = [Word(source="[[", text="[[", start=start)]
    while reader.pos < len(reader.text):
        reader.space()
        if reader.peek() == "\n":
            reader.newline()
            continue
        word = reader.word()
        if not word.source:
            reader.pos += 1
            continue
        words.append(word)
        if word.source == "]]":
            break
    return Simple(start=start, words=tuple(words), redirects=redirects(parser.reader))


COMPOUNDS: Mapping[str, Callable[[Parser, int, str], Command]] = {
    "{": _group,
    "if": _if,
    "for": _for,
    "select": _for,
    "while": _while,
    "until": _while,
    "case": _case,
    "function": _function,
    "[[": _test,
}
"""What reads each, after its first word; given where that stands, and the word."""
