"""Blocks that are marked by indenting: `=== "Linux"`, `!!! note`, `??? tip "More"`."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock

_MARK = re.compile(r"(===\+?|!!!|\?\?\?\+?)[ \t]+(.*)")
_TITLED = re.compile(r'[^"\n]*"([^"\n]*)"[^"\n]*')


def containers(parser: MarkdownIt) -> None:
    """Let a parser read them: `tab`, `note` and `fold` tokens, opened and closed."""
    alt = ["paragraph", "reference", "blockquote", "list"]
    parser.block.ruler.before("fence", "container", _container, {"alt": alt})


def _container(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if state.is_code_block(start):
        return False
    begin = state.bMarks[start] + state.tShift[start]
    match = _MARK.match(state.src, begin, state.eMarks[start])
    if match is None or (match[1][0] == "=" and '"' not in match[2]):
        return False
    if silent:
        return True
    kind = {"=": "tab", "!": "note", "?": "fold"}[match[1][0]]
    inner = state.sCount[start] + 4
    last = _last_line(state, start + 1, end, inner)
    token = state.push(f"{kind}_open", "", 1)
    token.info = _title(match[2])
    token.meta = {"said": match[2]}
    token.map = [start, last]
    before = state.parentType, state.lineMax, state.blkIndent
    state.parentType, state.lineMax, state.blkIndent = "container", last, inner
    state.md.block.tokenize(state, start + 1, last)
    state.parentType, state.lineMax, state.blkIndent = before
    state.push(f"{kind}_close", "", -1)
    state.line = last
    return True


def _last_line(state: StateBlock, line: int, end: int, inner: int) -> int:
    """Where the first line stands that is neither blank nor indented enough."""
    last = line
    while line < end and (state.isEmpty(line) or state.sCount[line] >= inner):
        line += 1
        if not state.isEmpty(line - 1):
            last = line
    return last


def _title(said: str) -> str:
    """What stands in quotes, else what is said: `Note`, `Warning`."""
    match = _TITLED.fullmatch(said)
    if match is not None and match[1].strip():
        return match[1].strip()
    bare = said.replace('"', " ").strip()
    return bare[:1].upper() + bare[1:]
