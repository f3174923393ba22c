"""How Markdown is read here: as CommonMark has it with tables, but nothing gets lost.

A text of a runbook often holds what is no Markdown at all: YAML, a pattern, the output
of a program. So what would take such a text apart is left as it is written:

- `*` and `_` mark nothing, and `**` only around words: `2*3*4`, `*web*`, `a/**/b` and
  `__init__.py` are sums, patterns and names;
- a line of `---` or `===` makes no heading of the lines above it, and a `#` none where
  it touches the line above it: there it is a comment;
- `[name]: words` defines nothing, `<name>` is no HTML and no link;
- lines keep their blanks at the front, and a backslash at their end.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline

    Block = Callable[[StateBlock, int, int, bool], bool]

DEEPEST = 24
"""Parts within parts that are read; a list in a list is two of them."""
_NOT_READ = ("autolink", "html_block", "html_inline", "lheading", "reference")
_BEFORE = frozenset("([{\"'“‘«—–-/:,;")
"""What may stand before a mark that begins an emphasis."""
_AFTER = frozenset(")]}\"'”’»—–-/.,:;!?")
"""What may stand behind a mark that ends one."""
_FIRST = frozenset("`[(\"'“‘<$/~-+")
"""What an emphasis may begin with, beside letters and digits."""


@cache
def markdown_parser() -> MarkdownIt:
    """What reads Markdown; made once. It takes 30 ms to import."""
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import heading, hr, list_block, paragraph
    from markdown_it.rules_inline import emphasis, escape

    made = MarkdownIt("commonmark", {"maxNesting": DEEPEST})
    made.enable("table").disable(_NOT_READ)
    block, inline = made.block.ruler, made.inline.ruler
    others = ["paragraph", "reference", "blockquote"]
    block.at("heading", _indented(heading), {"alt": ["reference", "blockquote"]})
    block.at("hr", _indented(hr), {"alt": [*others, "list"]})
    block.at("list", _indented(list_block), {"alt": others})
    block.at("paragraph", _with_blanks(paragraph))
    inline.at("newline", _newline)
    inline.at("escape", _not_at_the_end(escape))
    inline.at("emphasis", _around_words(emphasis.tokenize))
    # An address is shown, and only shown: it stays as it was written.
    made.normalizeLink = str  # type: ignore[method-assign,assignment]
    made.validateLink = bool  # type: ignore[method-assign,assignment]
    return made


def _indented(rule: Block) -> Block:
    """The rule; its first token knows how many blanks stand before it."""

    def read(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        first = len(state.tokens)
        indent = state.sCount[start] - state.blkIndent
        if not rule(state, start, end, silent):
            return False
        if not silent:
            state.tokens[first].meta["indent"] = indent
        return True

    return read


def _with_blanks(rule: Block) -> Block:
    """The rule for paragraphs; the first line keeps its blanks, too."""

    def read(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        found = rule(state, start, end, silent)
        words = state.tokens[-2]
        words.content = state.getLines(
            start, state.line, state.blkIndent, keepLastLF=False
        ).rstrip()
        return found

    return read


def _newline(state: StateInline, silent: bool) -> bool:
    """The end of a line; the next one keeps its blanks."""
    if state.src[state.pos] != "\n":
        return False
    if not silent:
        state.pending = state.pending.rstrip(" ")
        state.push("softbreak", "br", 0)
    state.pos += 1
    return True


Inline = Callable[["StateInline", bool], bool]


def _not_at_the_end(rule: Inline) -> Inline:
    """The rule for backslashes; one at a line's end belongs to a command."""

    def read(state: StateInline, silent: bool) -> bool:
        return not state.src.startswith("\\\n", state.pos) and rule(state, silent)

    return read


def _around_words(rule: Inline) -> Inline:
    """The rule for emphasis; stars that are not two around words are stars."""

    def read(state: StateInline, silent: bool) -> bool:
        marker, begin = state.src[state.pos], state.pos
        if marker not in "*_" or silent:
            return False
        end = begin
        while end < state.posMax and state.src[end] == marker:
            end += 1
        around = state.src[max(0, begin - 1) : begin], state.src[end : end + 2]
        if state.src[begin:end] == "**" and _is_a_mark(*around):
            return rule(state, silent)
        state.pending += state.src[begin:end]
        state.pos = end
        return True

    return read


def _is_a_mark(before: str, behind: str) -> bool:
    """Whether two stars between these begin or end an emphasis."""
    is_outside = not before or before.isspace() or before in _BEFORE
    if is_outside and (behind[:1].isalnum() or behind[:1] in _FIRST):
        return True
    ends = not behind or behind[0].isspace() or behind[0] in _AFTER
    goes_on = behind[:1] in _AFTER and behind[1:].isalnum()
    return bool(before) and not before.isspace() and ends and not goes_on
