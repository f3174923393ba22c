"""Values that want quotes in TOML, and were written without."""

from __future__ import annotations

import re

_BEFORE = re.compile(r"[=,\[{][ \t]*([^=,\[\]{}\"'#\n]*)\Z")
_AFTER = re.compile(r"[^=,\[\]{}\"'#\n]*(?=[,\]}#\n]|\Z)")
_DATE = re.compile(r"\d{4}[./-]\d{1,2}[./-]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}")
_LONGEST = 40
"""Characters of a value that are shown."""
_FLAGS = {"yes": "true", "on": "true", "no": "false", "off": "false"}
_TYPOGRAPHIC = "\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u00bb`\u00b4"
"""Quotes of word processors and of wikis."""


def unquoted(text: str, offset: int) -> str:
    """What to write in place of a bare value; empty where there is none.

    Args:
        text: the file.
        offset: where TOML stopped, in the value or at its end.
    """
    start = text.rfind("\n", 0, offset) + 1
    before, after = _BEFORE.search(text[start:offset]), _AFTER.match(text, offset)
    if before is None or after is None:
        return ""
    value = (before[1] + after[0]).strip()
    if not value or len(value) > _LONGEST:
        return ""
    if value[0] in _TYPOGRAPHIC:
        return f"{value[0]} is no quote of TOML: write \"…\" or '…'"
    flag = _FLAGS.get(value.lower(), value.lower())
    if flag in ("true", "false"):
        return f'write {flag}, or "{value}" if it is a text'
    if value.lower() in ("null", "none", "nil", "~"):
        return "TOML has no such value: leave the key out"
    if _DATE.fullmatch(value):
        return f'a date is written 2026-11-24, without quotes; a text is "{value}"'
    if "\\" in value or not value.isprintable():
        return ""
    return f'text goes in quotes: "{value}"'
