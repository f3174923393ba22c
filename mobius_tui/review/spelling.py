"""Texts spelt so that Markdown reads them as they are. Pure.

A text stays as it is, byte for byte, wherever Markdown and GitHub mean nothing else by
it; a reader of Markdown itself is asked. Otherwise the words that would mean something
stand in a span of code: nothing is marked up in one, and nobody is mentioned or led
anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_LEADS = re.compile(r"[@#]\w|:/|\bwww\.|\bGH-\d|\b(?:mailto|xmpp):", re.IGNORECASE)
"""What GitHub makes a mention or a link of, beside Markdown."""
_ALSO_MEANT = re.compile(
    r"(?<![\w$])\$[^\s$](?:[^$]*[^\s$])?\$(?!\w)"
    r"|~[^\s~](?:[^~]*[^\s~])?~|^(?:- )?\[[ xX]\](?: |$)"
)
"""Formulas, what is struck out by one sign, and boxes to tick: GitHub has them, too."""
_MARKS = re.compile(rf"[`*_\[\]<&\\~$@#!]|{_LEADS.pattern}", re.IGNORECASE)
"""Without one of these, words in the middle of a line mean nothing."""
_FIRST = re.compile(r"[->\s]*\{")
"""A form in which a text is what a block of it begins with."""
_BLANKS = re.compile(r"( +)")
_ENDED = re.compile(r"\A(.+?)([.,:!?]*)\Z")
_BEFORE_A_BAR = re.compile(r"(\\+)(?=\|)")
"""In a table, readers do not agree on what these mean."""
_SLOT = "\ue000"
"""Stands for a text, as a letter would."""


def code(text: str) -> str:
    """A text as a span of code, whatever stands in it."""
    if not text:
        return ""
    parts = _BEFORE_A_BAR.split(text)
    parts[::2] = map(_span, parts[::2])
    parts[1::2] = ("&#92;" * len(part) for part in parts[1::2])
    return "".join(parts)


def _span(text: str) -> str:
    longest = max((len(ticks) for ticks in re.findall(r"`+", text)), default=0)
    ticks = "`" * (longest + 1)
    pad = " " if text[:1] in "` " or text[-1:] in "` " else ""
    return f"{ticks}{pad}{text}{pad}{ticks}" if text else ""


def fenced(rows: Iterable[str], language: str = "text") -> str:
    """Lines as they are, in a fence that none of them can end."""
    text = "\n".join(rows)
    longest = max((len(ticks) for ticks in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def line(form: str, *texts: str) -> str:
    """A line of ours with texts in it that mean nothing.

    Args:
        form: the line in Markdown; `{}` where a text stands.
        texts: what was said, each in one line; blanks around it are left out.
    """
    said = [text.strip() for text in texts]
    return spelt(form, *said) or form.format(*map(code, said))


def cell(text: str) -> str:
    """A text for a cell of a table."""
    return line("a {}", text).removeprefix("a ").replace("|", r"\|")


def spelt(form: str, *texts: str) -> str:
    """The same; blanks around a text stay. Empty, where no spelling of it will do."""
    is_inner = "\n" not in form and not _FIRST.match(form)
    if is_inner and not any(map(_MARKS.search, texts)):
        return form.format(*texts)
    kinds, words, _ = _read(form.format(*(_SLOT for _ in texts)))
    if _SLOT in form:
        return ""
    *before, last = words.split(_SLOT)
    whole = "".join(a + b for a, b in zip(before, texts, strict=True)) + last
    for spell in (str, _leading, _first, _marked):
        made = form.format(*map(spell, texts))
        found, read, outside = _read(made)
        meant = _LEADS.search(outside) or _ALSO_MEANT.search(outside)
        if (found, read) == (kinds, whole) and not meant:
            return made
    return ""


def _leading(text: str) -> str:
    """The words that lead somewhere as code."""
    return _words(text, lambda word: _LEADS.search(word) is not None)


def _first(text: str) -> str:
    """These, and the first one."""
    first = text.split(" ", 1)[0]
    return _words(text, lambda word: word == first or _LEADS.search(word) is not None)


def _marked(text: str) -> str:
    """Each word as code that has a mark in it."""
    return _words(text, lambda word: _MARKS.search(word) is not None)


def _words(text: str, is_meant: Callable[[str], bool]) -> str:
    parts = _BLANKS.split(text)
    return "".join(_ENDED.sub(_coded, w) if is_meant(w) else w for w in parts)


def _coded(match: re.Match[str]) -> str:
    """A word as code, without the point or the comma behind it."""
    return code(match[1]) + match[2]


@cache
def _reader() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


def _read(text: str) -> tuple[tuple[str, ...], str, str]:
    """What is read: the kinds of parts, the words, and those outside of code and links.

    A link is always one of ours: there is one more part where it is not.
    """
    kinds: list[str] = []
    words: list[str] = []
    outside: list[str] = []
    for token in _each(_reader().parse(text)):
        if token.type in ("text", "text_special", "code_inline"):
            words.append(token.content)
            is_bare = token.type != "code_inline" and kinds[-1:] != ["link_open"]
            outside.append(token.content if is_bare else "`")
        else:
            kinds.append(token.type)
    return tuple(kinds), "".join(words), "".join(outside)


def _each(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _each(token.children or ())
