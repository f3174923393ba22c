"""Reading simple commands: assignments, words and redirections."""

from __future__ import annotations

import re

from mobius_tui.runbook.shell.script_model import (
    Assignment,
    HereDocument,
    Redirect,
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
