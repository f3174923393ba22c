"""A runbook's text in a report in HTML. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from mobius_tui.review.markup import Child, Markup, joined, tag
from mobius_tui.review.prose_markdown import PAGE
from mobius_tui.runbook.prose.model import (
    Body,
    Code,
    Grid,
    Heading,
    Item,
    Items,
    Paragraph,
    Part,
    Prose,
    Quote,
    Row,
    Rule,
    Span,
)
from mobius_tui.runbook.prose.read import body


def texts(prose: Prose, label: str = "") -> Iterator[Markup]:
    """A text with its lines, lists, code and tables; nothing where there is none.

    What leads somewhere is only a link of the author's own, to a page, with its address
    in sight.
    """
    if prose.text.strip():
        if label:
            yield tag("p", label, class_="muted")
        yield tag("div", *_body(body(prose)), class_="prose")


def _body(parts: Body) -> Iterator[Markup]:
    return (_part(placed.part) for placed in parts)


def _part(part: Part) -> Markup:
    match part:
        case Paragraph(rows):
            lines: list[Child] = []
            for row in rows:
                lines += ["\n"] * bool(lines) + [_row(row)]
            return tag("p", *lines)
        case Heading(_, row):
            return tag("p", tag("strong", _row(row)))
        case Code(rows):
            return tag("pre", "\n".join(rows))
        case Items(items):
            listed = [_item(item) for _, item in items]
            return tag("ul" if items[0][1].number is None else "ol", *listed)
        case Quote(inner):
            return tag("blockquote", *_body(inner))
        case Grid(head, rows):
            names = (tag("th", _row(cell), scope="col") for cell in head)
            lines = [tag("tr", *(tag("td", _row(c)) for c in row)) for row in rows]
            top = tag("thead", tag("tr", *names))
            return tag("table", top, tag("tbody", *lines))
        case Rule():
            return tag("hr")


def _item(item: Item) -> Markup:
    """An item; a number that was left out is left out here, too."""
    number = None if item.number is None else str(item.number)
    return tag("li", *_body(item.body), value=number)


def _row(row: Row) -> Markup:
    return joined(child for span in row for child in _span(span))


def _span(span: Span) -> Iterator[Child]:
    if span.kind != "plain":
        yield tag(span.kind, span.words)
    elif span.own and PAGE.fullmatch(span.address):
        yield tag("a", span.words, href=span.address, rel="noopener noreferrer")
    else:
        yield span.words
    if span.told:
        yield f" ({span.told})"
