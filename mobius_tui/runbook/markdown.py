"""Simple Markdown as plain lines, for a runbook's summary."""

from __future__ import annotations

import re

_HEADING = re.compile(r"#{1,6}\s+(.*?)\s*#*")
_ITEM = re.compile(r"(\s*)[-*+]\s+(.*)")
_RULE = re.compile(r"\s*([-*_])(?:\s*\1){2,}\s*")
_FENCE = re.compile(r"\s*(?:```|~~~).*")
_QUOTE = re.compile(r"\s*>\s?(.*)")
_CODE = re.compile(r"(?<!`)(`{1,2})(?!`)(.+?)(?<!`)\1(?!`)")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\(([^()\s]*)[^()]*\)")
_STRONG = re.compile(
    r"(?<!\\)(?:\*\*(?=\S)((?:[^*]|\*(?!\*))+?)(?<=[^\s\\])\*\*"
    r"|__(?=\S)((?:[^_]|_(?!_))+?)(?<=[^\s\\])__)"
)
_EMPHASIS = re.compile(r"(?<![\w*\\])\*(?=\S)([^*]+?)(?<=[^\s\\])\*(?![\w*])")
_UNDERLINE = re.compile(r"(?<![\w\\])_(?=\S)([^_]+?)(?<=[^\s\\])_(?!\w)")
# None of them looks past the next mark of its own kind: a line of a megabyte of marks
# takes no longer than one of words.
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+.!>-])")
LONGEST_LINE = 10_000
LONGEST_TEXT = 100_000
"""Characters; what is longer is data, and left as it is."""


def plain(text: str) -> str:
    """Markdown as plain text: headings, lists and links without their marks.

    List items keep a bullet; a link becomes its words and its address; what stands in
    code fences is left as it is.
    """
    if len(text) > LONGEST_TEXT:
        return text
    lines: list[str] = []
    fenced = False
    for line in text.strip("\n").split("\n"):
        if _FENCE.fullmatch(line):
            fenced = not fenced
        elif fenced:
            lines.append(line)
        else:
            lines.append(_line(line))
    return "\n".join(lines)


def _line(line: str) -> str:
    """One line outside of code fences."""
    if len(line) > LONGEST_LINE:
        return line
    if _RULE.fullmatch(line):
        return ""
    if (heading := _HEADING.fullmatch(line)) is not None:
        return _words(heading[1])
    if (item := _ITEM.fullmatch(line)) is not None:
        return f"{item[1]}• {_words(item[2])}"
    if (quote := _QUOTE.fullmatch(line)) is not None:
        return _words(quote[1])
    return _words(line.rstrip())


def _words(text: str) -> str:
    """The marks inside a line removed, except in code."""
    parts: list[str] = []
    end = 0
    for code in _CODE.finditer(text):
        parts += [_unmarked(text[end : code.start()]), code[2]]
        end = code.end()
    parts.append(_unmarked(text[end:]))
    return "".join(parts)


def _unmarked(text: str) -> str:
    text = _LINK.sub(_link, text)
    text = _STRONG.sub(r"\1\2", text)
    text = _EMPHASIS.sub(r"\1", text)
    text = _UNDERLINE.sub(r"\1", text)
    return _ESCAPED.sub(r"\1", text)


def _link(match: re.Match[str]) -> str:
    words, address = match[1], match[2]
    return address if words in ("", address) else f"{words} ({address})"
