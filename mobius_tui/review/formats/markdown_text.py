"""Texts as Markdown: escaped, quoted, or with the markup of a runbook's text. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from mobius_tui.runbook.prose.markdown import parse_markdown
from mobius_tui.runbook.prose.prose_model import (
    CodePart,
    Heading,
    HorizontalRule,
    ListPart,
    Paragraph,
    PlacedPart,
    Prose,
    ProseBody,
    ProseLine,
    ProsePart,
    ProseSpan,
    QuotePart,
    TablePart,
)

_AUTOLINKS = re.compile(r"[@#]\w|:/|\bwww\.|\bGH-\d|\b(?:mailto|xmpp):", re.IGNORECASE)
"""What GitHub makes a mention or a link of, beside Markdown."""
_GITHUB_MARKUP = re.compile(
    r"(?<![\w$])\$[^\s$](?:[^$]*[^\s$])?\$(?!\w)"
    r"|~[^\s~](?:[^~]*[^\s~])?~|^(?:- )?\[[ xX]\](?: |$)"
)
"""Formulas, what is struck out by one sign, and boxes to tick: GitHub has them, too."""
_MARKS = re.compile(rf"[`*_\[\]<&\\~$@#!]|{_AUTOLINKS.pattern}", re.IGNORECASE)
"""Without one of these, text in the middle of a line is no markup."""
_FIRST = re.compile(r"[->\s]*\{")
"""A form whose first text is at the beginning of a block, where more is markup."""
_BLANKS = re.compile(r"( +)")
_ENDED = re.compile(r"\A(.+?)([.,:!?]*)\Z")
_BEFORE_A_BAR = re.compile(r"(\\+)(?=\|)")
"""In a table, readers do not agree on what these mean."""
_SLOT = "\ue000"
"""A private character in place of each text, to read the form's own markup alone."""


def code_span(text: str) -> str:
    """A text as a span of code, even if it contains backquotes."""
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


def fenced_lines(rows: Iterable[str], language: str = "text") -> str:
    """Lines as they are, in a fence that none of them can end."""
    text = "\n".join(rows)
    longest = max((len(ticks) for ticks in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def markdown_line(form: str, *texts: str) -> str:
    """A line of Markdown with texts escaped so that they are not markup.

    Args:
        form: the line in Markdown, with `{}` for each text.
        texts: one line each; blanks around them are removed.
    """
    stripped = [text.strip() for text in texts]
    return escaped_line(form, *stripped) or form.format(*map(code_span, stripped))


def table_cell(text: str) -> str:
    """A text for a cell of a table."""
    return markdown_line("a {}", text).removeprefix("a ").replace("|", r"\|")


def escaped_line(form: str, *texts: str) -> str:
    """As `markdown_line`, but blanks are kept; empty if no escaping is correct."""
    is_inner = "\n" not in form and not _FIRST.match(form)
    if is_inner and not any(map(_MARKS.search, texts)):
        return form.format(*texts)
    kinds, words, _ = _read(form.format(*(_SLOT for _ in texts)))
    if _SLOT in form:
        return ""
    *before, last = words.split(_SLOT)
    whole = "".join(a + b for a, b in zip(before, texts, strict=True)) + last
    for spell in (
        str,
        _links_as_code,
        _links_and_first_word_as_code,
        _marked_words_as_code,
    ):
        made = form.format(*map(spell, texts))
        found, read, outside = _read(made)
        meant = _AUTOLINKS.search(outside) or _GITHUB_MARKUP.search(outside)
        if (found, read) == (kinds, whole) and not meant:
            return made
    return ""


def _links_as_code(text: str) -> str:
    """A text with the words as code that GitHub would make links or mentions of."""
    return _words(text, lambda word: _AUTOLINKS.search(word) is not None)


def _links_and_first_word_as_code(text: str) -> str:
    """As `_links_as_code`, and with the first word as code, too."""
    first = text.split(" ", 1)[0]
    return _words(
        text, lambda word: word == first or _AUTOLINKS.search(word) is not None
    )


def _marked_words_as_code(text: str) -> str:
    """A text with each word as code that has a character of markup."""
    return _words(text, lambda word: _MARKS.search(word) is not None)


def _words(text: str, is_meant: Callable[[str], bool]) -> str:
    parts = _BLANKS.split(text)
    return "".join(_ENDED.sub(_coded, w) if is_meant(w) else w for w in parts)


def _coded(match: re.Match[str]) -> str:
    """A word as code, without the point or the comma behind it."""
    return code_span(match[1]) + match[2]


@cache
def _reader() -> MarkdownIt:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


def _read(text: str) -> tuple[tuple[str, ...], str, str]:
    """Parse Markdown: the kinds of its tokens, its words, those outside code and links.

    A link that a text brought shows as one more kind than the form alone has.
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


PAGE_URL = re.compile(r"https?://[!-;=?-~]+", re.IGNORECASE)
"""An address that a report may lead to."""


def quoted_prose(prose: Prose) -> str:
    """A text as a quote, which its own headings and lists cannot leave."""
    return "\n".join(_indented("> ", _body(parse_markdown(prose)), "> "))


def _body(parts: ProseBody) -> Iterator[str]:
    for number, placed in enumerate(parts):
        if number:
            yield ""
        yield from _part(placed.part)


def _part(part: ProsePart) -> Iterator[str]:
    match part:
        case Paragraph(rows):
            yield from _lines(rows)
        case Heading(_, row):
            yield from _lines((tuple(ProseSpan(span.words, "strong") for span in row),))
        case CodePart(rows, fenced=_, language=language):
            yield from fenced_lines(rows, language or "text").split("\n")
        case ListPart(items):
            for number, (apart, item) in enumerate(items):
                if apart and number:
                    yield ""
                mark = "- " if item.number is None else f"{item.number}. "
                inner = _body(item.body or (PlacedPart(Paragraph(((),))),))
                yield from _indented(mark, inner, " " * len(mark))
        case QuotePart(inner):
            yield from _indented("> ", _body(inner), "> ")
        case TablePart(head, rows):
            yield _cells(head)
            yield _cells(((ProseSpan("---"),),) * len(head))
            yield from map(_cells, rows)
        case HorizontalRule():
            yield "***"


def _indented(first: str, lines: Iterable[str], others: str) -> Iterator[str]:
    """Lines with a mark before the first and the others; the blanks behind stay."""
    before = first
    for line in lines:
        yield f"{before}{line}" if line else before.rstrip()
        before = others


def _cells(row: Iterable[ProseLine]) -> str:
    cells = ("".join(map(_plain, each)) for each in row)
    return f"| {' | '.join(map(table_cell, cells))} |"


def _lines(rows: Iterable[ProseLine]) -> Iterator[str]:
    """Lines of a paragraph, escaped; as a fenced block if escaping is not enough."""
    made = [_form_and_texts(row) for row in rows]
    form = "  \n".join(form for form, _ in made)
    spelling = escaped_line(form, *(text for _, texts in made for text in texts))
    whole = spelling or fenced_lines("".join(map(_plain, row)).strip() for row in rows)
    yield from whole.split("\n")


def _form_and_texts(row: ProseLine) -> tuple[str, list[str]]:
    """A line of Markdown with `{}` for each of its texts, and the texts."""
    form: list[str] = []
    texts: list[str] = []
    for span in row:
        if span.kind == "code":
            form.append(_escape_braces(code_span(span.words)))
            continue
        texts.append(span.words if form else span.words.lstrip())
        form.append("**{}**" if span.kind == "strong" else "{}")
        if (
            span.separate_address
            and span.has_literal_address
            and PAGE_URL.fullmatch(span.separate_address)
        ):
            form.append(_escape_braces(f" (<{span.separate_address}>)"))
        elif span.separate_address:
            form.append(" ({})")
            texts.append(span.separate_address)
    return "".join(form), texts


def _plain(span: ProseSpan) -> str:
    return (
        f"{span.words} ({span.separate_address})"
        if span.separate_address
        else span.words
    )


def _escape_braces(words: str) -> str:
    return words.replace("{", "{{").replace("}", "}}")
