"""Reading shell commands: simple ones with redirections, and compound ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Protocol

from mobius_tui.runbook.shell.script_model import (
    Assignment,
    Case,
    CommandGroup,
    HereDocument,
    If,
    Loop,
    Redirect,
    Script,
    ScriptCommand,
    SimpleCommand,
    Word,
)
from mobius_tui.runbook.shell.script_reader import ScriptReader
from mobius_tui.runbook.shell.shell_words import read_word

FUNCTION_PARENTHESES = re.compile(r"[ \t]*\(\s*\)")
"""The parentheses after the name of a function."""

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)(?:\[[^\]\s]*\])?\+?=", re.ASCII)
_REDIRECT = re.compile(
    r"(?:\d{1,3}|\{\w{1,64}\})?(<<<|<<-|<<|<>|<&|>&|>>|>\||&>>|&>|<(?!\()|>(?!\())"
)
_INDEX = re.compile(r"\w+\[[^\]]*")
_ITEM_INDEX = re.compile(r"\[[^\]]*$")
"""The start of an index, which for bash extends to its `]`."""
_DELIMITER = re.compile(r"""(?:'[^'\n]*'|"[^"\n]*"|\\.|[^\s|&;()<>'"\\])*""")


def read_redirects(reader: ScriptReader) -> tuple[Redirect, ...]:
    """The redirections that follow a compound command."""
    found: list[Redirect] = []
    while True:
        reader.skip_blanks()
        redirect = _redirect(reader)
        if redirect is None:
            return tuple(found)
        found.append(redirect)


def _redirect(reader: ScriptReader) -> Redirect | None:
    match = _REDIRECT.match(reader.text, reader.pos)
    if match is None:
        return None
    sign = match[1]
    reader.pos = match.end()
    reader.skip_blanks()
    if not sign.startswith("<<") or sign == "<<<":
        target = read_word(reader)
        if not target.source:
            reader.report(match.start(), f"nothing stands after `{sign}`")
        return Redirect(sign=sign, target=target)
    start = reader.pos
    spelt = _DELIMITER.match(reader.text, start)
    end = spelt[0] if spelt is not None else ""
    reader.pos += len(end)
    reader.is_uncertain |= "$" in end  # its quotes may have other rules
    bare = re.sub(r"['\"\\]", "", end)
    if not end:
        reader.report(match.start(), f"nothing stands after `{sign}`")
    document = HereDocument(
        delimiter=bare, start=start, strips_tabs=sign == "<<-", literal=bare != end
    )
    reader.pending.append(document)
    target = Word(source=end, text=bare, start=start, quoted=bare != end)
    return Redirect(sign="<<", target=target, document=document)


def read_simple_command(reader: ScriptReader) -> SimpleCommand | str | None:
    """The simple command here, or the name of a function, or None."""
    start = reader.pos
    words: list[Word] = []
    assignments: list[Assignment] = []
    found: list[Redirect] = []
    while True:
        reader.skip_blanks()
        char = reader.peek()
        if not char or char in "\n;|)":
            break
        if reader.skip_comment():
            break
        redirect = _redirect(reader)
        if redirect is not None:
            found.append(redirect)
        elif char == "&":
            break
        elif not words and (assignment := _assignment(reader)) is not None:
            assignments.append(assignment)
        elif char == "(":
            match = FUNCTION_PARENTHESES.match(reader.text, reader.pos)
            if len(words) == 1 and match is not None:
                reader.pos = match.end()
                return words[0].text or "?"
            _pass_stray_token(reader)
        else:
            before = reader.pos
            words.append(read_word(reader))
            reader.pos += reader.pos == before
            reader.is_uncertain |= _INDEX.fullmatch(words[-1].source) is not None
    if not (words or assignments or found):
        return None
    return SimpleCommand(
        start=start,
        words=tuple(words),
        assignments=tuple(assignments),
        redirects=tuple(found),
    )


def _pass_stray_token(reader: ScriptReader) -> None:
    """Pass and report a token that is allowed neither in a command nor an array."""
    reader.report(reader.pos, f"`{reader.token()}` cannot stand here without quotes")
    reader.pos += 1


def _assignment(reader: ScriptReader) -> Assignment | None:
    match = _ASSIGNMENT.match(reader.text, reader.pos)
    if match is None:
        return None
    start = reader.pos
    reader.pos = match.end()
    if reader.peek() != "(":
        return Assignment(name=match[1], start=start, value=read_word(reader))
    reader.pos += 1
    items = _array_items(reader)
    first = items[0] if items else Word(source="", text="", start=start)
    return Assignment(name=match[1], start=start, value=first, rest=tuple(items[1:]))


def _array_items(reader: ScriptReader) -> list[Word]:
    """The words of an array, and its `)`."""
    found: list[Word] = []
    start = reader.pos - 1
    while reader.pos < len(reader.text) and reader.peek() != ")":
        reader.skip_blanks()
        if reader.peek() == "\n":
            reader.skip_newline()
            continue
        if reader.skip_comment():
            continue
        word = read_word(reader)
        if word.source:
            found.append(word)
            reader.is_uncertain |= _ITEM_INDEX.match(word.source) is not None
        elif reader.peek() not in ("", ")"):
            _pass_stray_token(reader)
    if reader.pos >= len(reader.text):
        reader.report(start, "the array that begins here has no `)`")
    reader.pos += 1
    return found


CLOSERS = frozenset(("then", "elif", "else", "fi", "do", "done", "esac", "}"))
"""Reserved words that do not begin a command."""
_IN = re.compile(r"in(?=[\s;&|()<>]|$)")
_COPROC_NAME = re.compile(
    r"[ \t]+[^\s;&|()<>]+[ \t]+"
    r"(?=\(|(?:\{|\[\[|if|for|select|while|until|case)[\s;&|()<>])"
)
ARM_ENDS = (";;", ";&")
"""The ends of an arm of `case`; `;;&` begins like the first."""


class InnerParser(Protocol):
    """What a compound command needs of the parser that reads the whole script."""

    reader: ScriptReader

    def script(self, *ends: str) -> Script:
        """The statements up to one of the ends, which is left unread."""

    def block(self, *ends: str) -> Script:
        """The statements up to one of the ends; none at all is a syntax error."""

    def body(self, start: int, name: str) -> ScriptCommand:
        """The body of a function, after its name."""

    def command(self) -> ScriptCommand | None:
        """The command that begins here, or None where none does."""

    def close(self, word: str, opener: str, start: int) -> None:
        """Pass the word that must come next; where it does not, report it missing."""

    def skip_word(self, word: str) -> bool:
        """Pass a reserved word, if it comes next."""

    def reserved(self) -> str:
        """The reserved word that comes next; empty where none does."""

    def skip_newlines(self) -> None:
        """Pass blanks, comments and line ends."""

    def report_misplaced(self, where: str) -> None:
        """Report that what comes next is not allowed here.

        Args:
            where: the end of the message, such as "where the command should end".
        """


def _read_group(parser: InnerParser, start: int, _: str) -> ScriptCommand:
    body = parser.block("}")
    parser.close("}", "{", start)
    return CommandGroup(start=start, body=body, redirects=read_redirects(parser.reader))


def _read_function(parser: InnerParser, start: int, _: str) -> ScriptCommand:
    reader = parser.reader
    reader.skip_blanks()
    name = read_word(reader).text
    match = FUNCTION_PARENTHESES.match(reader.text, reader.pos)
    if match is not None:
        reader.pos = match.end()
    return parser.body(start, name)


def _read_if(parser: InnerParser, start: int, _: str) -> ScriptCommand:
    branches: list[tuple[Script, Script]] = []
    while True:
        condition = parser.block("then")
        parser.close("then", "if", start)
        branches.append((condition, parser.block("elif", "else", "fi")))
        if not parser.skip_word("elif"):
            break
    otherwise = parser.block("fi") if parser.skip_word("else") else None
    parser.close("fi", "if", start)
    return If(
        start=start,
        branches=tuple(branches),
        otherwise=otherwise,
        redirects=read_redirects(parser.reader),
    )


def _read_while(parser: InnerParser, start: int, kind: str) -> ScriptCommand:
    condition = parser.block("do")
    body = _loop_body(parser, start, kind)
    return Loop(
        start=start,
        kind=kind,
        condition=condition,
        body=body,
        redirects=read_redirects(parser.reader),
    )


def _loop_body(parser: InnerParser, start: int, kind: str) -> Script:
    if kind in ("for", "select") and parser.skip_word("{"):
        end = "}"
    else:
        parser.close("do", kind, start)
        end = "done"
    body = parser.block(end)
    parser.close(end, kind, start)
    return body


def _read_for(parser: InnerParser, start: int, kind: str) -> ScriptCommand:
    reader = parser.reader
    reader.skip_blanks()
    items: list[Word] = []
    name = ""
    if reader.peek(2) == "((":
        reader.pos += 2
        if not reader.skip_arithmetic():
            reader.report(reader.pos - 2, "the `((` that opens here has no `))`")
    else:
        name = read_word(reader).text
        parser.skip_newlines()
        if _pass_in_keyword(parser):
            items = _loop_words(parser)
    reader.skip_blanks()
    if reader.peek() == ";" and reader.peek(2) not in ARM_ENDS:
        reader.pos += 1
    parser.skip_newlines()
    body = _loop_body(parser, start, kind)
    return Loop(
        start=start,
        kind=kind,
        name=name,
        items=tuple(items),
        body=body,
        redirects=read_redirects(parser.reader),
    )


def _pass_in_keyword(parser: InnerParser) -> bool:
    match = _IN.match(parser.reader.text, parser.reader.pos)
    if match is not None:
        parser.reader.pos = match.end()
    return match is not None


def _loop_words(parser: InnerParser) -> list[Word]:
    """The words of `for`, up to the end of the line or a `;`."""
    reader = parser.reader
    found: list[Word] = []
    while True:
        reader.skip_blanks()
        if reader.pos >= len(reader.text) or reader.peek() in "\n;&|)#":
            return found
        word = read_word(reader)
        if not word.source:
            parser.report_misplaced("among the words of `for`")
            reader.pos += 1
            continue
        found.append(word)


def _read_case(parser: InnerParser, start: int, _: str) -> ScriptCommand:
    reader = parser.reader
    reader.skip_blanks()
    word = read_word(reader)
    parser.skip_newlines()
    if not _pass_in_keyword(parser):
        parser.report_misplaced("where `case` wants `in`")
    arms: list[Script] = []
    while True:
        parser.skip_newlines()
        if parser.skip_word("esac"):
            break
        if reader.pos < len(reader.text):
            _pass_arm_pattern(parser)
            arms.append(parser.script(";;", "esac"))
        if reader.peek(2) in ARM_ENDS:
            reader.pos += 3 if reader.peek(3) == ";;&" else 2
        elif parser.reserved() != "esac":
            parser.close("esac", "case", start)
            break
    return Case(
        start=start,
        word=word,
        arms=tuple(arms),
        redirects=read_redirects(parser.reader),
    )


def _pass_arm_pattern(parser: InnerParser) -> None:
    """Pass `a|b)`; if there is none, one character, so that parsing goes on."""
    reader = parser.reader
    before = reader.pos
    reader.pos += reader.peek() == "("
    wanted = True  # a word, and no `|` or `)`
    while reader.pos < len(reader.text):
        reader.skip_blanks()
        char = reader.peek()
        if char and char in ")|" and not wanted:
            reader.pos += 1
            if char == ")":
                return
        elif not wanted or not char or char in "\n;&" or not read_word(reader).source:
            break
        wanted = not wanted
    if reader.pos < len(reader.text):
        parser.report_misplaced("where `case` wants PATTERN)")
    reader.pos = max(reader.pos, before + 1)


def _read_test(parser: InnerParser, start: int, _: str) -> ScriptCommand:
    """`[[ … ]]` as a simple command with all its words."""
    reader = parser.reader
    words = [Word(source="[[", text="[[", start=start)]
    opened, is_uncertain = 0, reader.is_uncertain
    while reader.pos < len(reader.text):
        reader.skip_blanks()
        if reader.peek() == "\n":
            reader.skip_newline()
            continue
        if reader.text[reader.pos - 1] in " \t\n" and reader.skip_comment():
            continue
        reader.is_uncertain = (
            is_uncertain or opened > 0
        )  # of a regular expression it may be a part
        word = read_word(reader)
        if not word.source:
            opened += (reader.peek() == "(") - (reader.peek() == ")")
            reader.pos += 1
            continue
        words.append(word)
        if word.source == "]]":
            break
    else:
        reader.report(start, "the `[[` that begins here has no `]]`")
    return SimpleCommand(
        start=start, words=tuple(words), redirects=read_redirects(parser.reader)
    )


def _read_coproc(parser: InnerParser, start: int, _: str) -> ScriptCommand:
    """The command of `coproc`; its name is skipped."""
    reader = parser.reader
    named = _COPROC_NAME.match(reader.text, reader.pos)
    if named is not None:
        reader.pos = named.end()
    reader.skip_blanks()
    command = parser.command()
    if command is None:
        parser.report_misplaced("where `coproc` wants a command")
    return command or SimpleCommand(start=start)


COMPOUNDS: Mapping[str, Callable[[InnerParser, int, str], ScriptCommand]] = {
    "{": _read_group,
    "if": _read_if,
    "for": _read_for,
    "select": _read_for,
    "while": _read_while,
    "until": _read_while,
    "case": _read_case,
    "function": _read_function,
    "[[": _read_test,
    "coproc": _read_coproc,
}
"""The function that parses each after its reserved word, whose offset and text it
gets."""
