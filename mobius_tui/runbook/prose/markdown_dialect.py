"""The dialect of Markdown in runbooks: CommonMark with tables, but without losses.

Texts of runbooks often contain YAML, patterns or outputs of programs. So what would
distort these is no markup:

- `*` and `_` mark nothing, and `**` only around words: `2*3*4`, `*web*`, `a/**/b` and
  `__init__.py` are sums, patterns and names;
- a line of `---` or `===` makes no heading of the lines above it, and a `#` none where
  it touches the line above it: there it is a comment;
- `[name]: words` defines nothing, `<name>` is no HTML and no link;
- lines keep their blanks at the front, and a backslash at their end.

The parser takes long to import: whoever parses a text does so when there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, heading, hr, list_block, paragraph
from markdown_it.rules_inline import StateInline, emphasis, escape
from markdown_it.tree import SyntaxTreeNode

BlockRule = Callable[[StateBlock, int, int, bool], bool]
InlineRule = Callable[[StateInline, bool], bool]
MAX_DEPTH = 24
"""Levels of nested parts; a list in a list has two more."""
_DISABLED = ("autolink", "html_block", "html_inline", "lheading", "reference")
_BEFORE = frozenset("([{\"'“‘«—–-/:,;")
"""Characters that may precede the start of an emphasis."""
_AFTER = frozenset(")]}\"'”’»—–-/.,:;!?")
"""Characters that may follow the end of an emphasis."""
_FIRST = frozenset("`[(\"'“‘<$/~-+")
"""Characters with which an emphasis may begin, besides letters and digits."""


def parse_nodes(text: str) -> Sequence[SyntaxTreeNode]:
    """The parts of a text; none where it is empty, or nested too deeply."""
    tokens = markdown_parser().parse(text)
    if not tokens or any(token.level >= MAX_DEPTH - 1 for token in tokens):
        return ()
    return SyntaxTreeNode(tokens).children


@cache
def markdown_parser() -> MarkdownIt:
    """The parser, made once."""
    parser = MarkdownIt("commonmark", {"maxNesting": MAX_DEPTH})
    parser.enable("table").disable(_DISABLED)
    block, inline = parser.block.ruler, parser.inline.ruler
    others = ["paragraph", "reference", "blockquote"]
    block.at("heading", _indented(heading), {"alt": ["reference", "blockquote"]})
    block.at("hr", _indented(hr), {"alt": [*others, "list"]})
    block.at("list", _indented(list_block), {"alt": others})
    block.at("paragraph", _with_blanks(paragraph))
    inline.at("newline", _newline)
    inline.at("escape", _not_at_line_end(escape))
    inline.at("emphasis", _around_words(emphasis.tokenize))
    # An address is shown, and only shown: it stays as it was written.
    parser.normalizeLink = str  # type: ignore[method-assign,assignment]
    parser.validateLink = bool  # type: ignore[method-assign,assignment]
    return parser


def _indented(rule: BlockRule) -> BlockRule:
    """Wrap a block rule so that its first token has the `indent` as metadata."""

    def read(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        first = len(state.tokens)
        indent = state.sCount[start] - state.blkIndent
        if not rule(state, start, end, silent):
            return False
        if not silent:
            state.tokens[first].meta["indent"] = indent
        return True

    return read


def _with_blanks(rule: BlockRule) -> BlockRule:
    """Wrap the rule for paragraphs so that the first line keeps its blanks."""

    def read(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        found = rule(state, start, end, silent)
        words = state.tokens[-2]
        words.content = state.getLines(
            start, state.line, state.blkIndent, keepLastLF=False
        ).rstrip()
        return found

    return read


def _newline(state: StateInline, silent: bool) -> bool:
    """The rule for line ends: the next line keeps its blanks."""
    if state.src[state.pos] != "\n":
        return False
    if not silent:
        state.pending = state.pending.rstrip(" ")
        state.push("softbreak", "br", 0)
    state.pos += 1
    return True


def _not_at_line_end(rule: InlineRule) -> InlineRule:
    """Wrap the rule for backslashes: one at a line's end is text."""

    def read(state: StateInline, silent: bool) -> bool:
        return not state.src.startswith("\\\n", state.pos) and rule(state, silent)

    return read


def _around_words(rule: InlineRule) -> InlineRule:
    """Wrap the rule for emphasis: only two stars around words are markup."""

    def read(state: StateInline, silent: bool) -> bool:
        marker, begin = state.src[state.pos], state.pos
        if marker not in "*_" or silent:
            return False
        end = begin
        while end < state.posMax and state.src[end] == marker:
            end += 1
        around = state.src[max(0, begin - 1) : begin], state.src[end : end + 2]
        if state.src[begin:end] == "**" and _is_emphasis(*around):
            return rule(state, silent)
        state.pending += state.src[begin:end]
        state.pos = end
        return True

    return read


def _is_emphasis(before: str, behind: str) -> bool:
    """Whether two stars between two texts begin or end an emphasis."""
    is_outside = not before or before.isspace() or before in _BEFORE
    if is_outside and (behind[:1].isalnum() or behind[:1] in _FIRST):
        return True
    ends = not behind or behind[0].isspace() or behind[0] in _AFTER
    goes_on = behind[:1] in _AFTER and behind[1:].isalnum()
    return bool(before) and not before.isspace() and ends and not goes_on
