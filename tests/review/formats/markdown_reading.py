"""How GitHub reads Markdown, and words that would mean something to it."""

from __future__ import annotations

import re

from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

PIECES = st.sampled_from(
    [
        *("a", "b c", " ", "  ", "@bob", "@", "#1", "# ", "GH-1", "1. ", "- ", "> "),
        *("www.e.test", "https://e.test/", "HTTP://E.TEST", "x@e.test", "mailto:x@e.t"),
        *("*", "**", "_", "__", "`", "``", "```", "~", "~~", "$", "\\", "|", "\\|"),
        *("[", "]", "](", ")", "![", "[x](javascript:alert(1))", "<b>", "<!-- ", "-->"),
        *(
            "<https://e.test>",
            "&amp;",
            "&#64;bob",
            "<script>",
            "</script>",
            "===",
            "---",
        ),
        *(":", ".", ",", "!", "é", "中", "[ ] ", "+ ", "{}", "\ue000", "://", "^", "="),
    ]
)
SAID = st.lists(PIECES, max_size=12).map("".join)


def reader() -> MarkdownIt:
    """As GitHub reads: a bare `a.test` is no link there."""
    made = MarkdownIt("gfm-like")
    assert made.linkify is not None
    made.linkify.set({"fuzzy_link": False})
    return made


GITHUB = reader()


def tokens(text: str) -> list[Token]:
    found = GITHUB.parse(text)
    return [inner for each in found for inner in (each, *(each.children or ()))]


def leads(text: str) -> bool:
    """Whether GitHub makes more of it than Markdown does."""
    said = "".join(t.content if t.type == "text" else "`" for t in tokens(text))
    return (
        re.search(r"(?<![\w`])[@#]\w|\bGH-\d|\bwww\.\w|\w://|\w@\w", said) is not None
    )
