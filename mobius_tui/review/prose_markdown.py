"""A runbook's text in a report in Markdown: as it was written, and a quote. Pure.

Its words are spelt like all that a run says. What leads somewhere is only a link of the
author's own, to a page, with its address in sight.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mobius_tui.review.spelling import cell, code, fenced, spelt
from mobius_tui.runbook.prose.model import (
    Body,
    Code,
    Grid,
    Heading,
    Items,
    Paragraph,
    Part,
    Placed,
    Prose,
    Quote,
    Row,
    Rule,
    Span,
)
from mobius_tui.runbook.prose.read import body

PAGE = re.compile(r"https?://[!-;=?-~]+", re.IGNORECASE)
"""An address that a report may lead to."""


def quoted(prose: Prose) -> str:
    """A text as a quote, which its own headings and lists cannot leave."""
    return "\n".join(_indented("> ", _body(body(prose)), "> "))


def _body(parts: Body) -> Iterator[str]:
    for number, placed in enumerate(parts):
        if number:
            yield ""
        yield from _part(placed.part)


def _part(part: Part) -> Iterator[str]:
    match part:
        case Paragraph(rows):
            yield from _lines(rows)
        case Heading(_, row):
            yield from _lines((tuple(Span(span.words, "strong") for span in row),))
        case Code(rows, fenced=_, language=language):
            yield from fenced(rows, language or "text").split("\n")
        case Items(items):
            for number, (apart, item) in enumerate(items):
                if apart and number:
                    yield ""
                mark = "- " if item.number is None else f"{item.number}. "
                inner = _body(item.body or (Placed(Paragraph(((),))),))
                yield from _indented(mark, inner, " " * len(mark))
        case Quote(inner):
            yield from _indented("> ", _body(inner), "> ")
        case Grid(head, rows):
            yield _cells(head)
            yield _cells(((Span("---"),),) * len(head))
            yield from map(_cells, rows)
        case Rule():
            yield "***"


def _indented(first: str, lines: Iterable[str], others: str) -> Iterator[str]:
    """Lines with a mark before the first and the others; the blanks behind stay."""
    before = first
    for line in lines:
        yield f"{before}{line}" if line else before.rstrip()
        before = others


def _cells(row: Iterable[Row]) -> str:
    cells = ("".join(map(_plain, each)) for each in row)
    return f"| {' | '.join(map(cell, cells))} |"


def _lines(rows: Iterable[Row]) -> Iterator[str]:
    """Lines of words, none of which means more than it says."""
    made = [_form(row) for row in rows]
    form = "  \n".join(form for form, _ in made)
    spelling = spelt(form, *(text for _, texts in made for text in texts))
    whole = spelling or fenced("".join(map(_plain, row)).strip() for row in rows)
    yield from whole.split("\n")


def _form(row: Row) -> tuple[str, list[str]]:
    """A line with a place for each of its texts, and the texts."""
    form: list[str] = []
    texts: list[str] = []
    for span in row:
        if span.kind == "code":
            form.append(_kept(code(span.words)))
            continue
        texts.append(span.words if form else span.words.lstrip())
        form.append("**{}**" if span.kind == "strong" else "{}")
        if span.told and span.own and PAGE.fullmatch(span.told):
            form.append(_kept(f" (<{span.told}>)"))
        elif span.told:
            form.append(" ({})")
            texts.append(span.told)
    return "".join(form), texts


def _plain(span: Span) -> str:
    return f"{span.words} ({span.told})" if span.told else span.words


def _kept(words: str) -> str:
    return words.replace("{", "{{").replace("}", "}}")
