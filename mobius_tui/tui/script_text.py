"""A script as text: its lines, with what they begin with and mention made visible."""

from __future__ import annotations

import re

from textual.content import Content

from mobius_tui import sanitize
from mobius_tui.tui.theme import STYLES

_MENTION = re.compile(r"\$\{?\w+\}?")
SCRIPT_LIMIT = 200
"""Lines of a script that are shown at most."""


def script(source: str, limit: int = SCRIPT_LIMIT) -> Content:
    """A script, line by line, with the variables that it mentions made visible."""
    lines = source.strip("\n").split("\n")
    shown = [sanitize.clean(line) for line in lines[:limit]]
    if len(lines) > limit:
        more = len(lines) - limit
        shown.append(f"… and {more} line{'s' * (more > 1)} more")
    return Content("\n").join(_code(line) for line in shown)


def _code(line: str) -> Content:
    """One line of a script: its first word, then mentions of variables."""
    found = Content.styled(line, STYLES["plain"])
    first = re.match(r"\s*[\w./-]+(?=\s|$)", line)
    if first is not None:
        found = found.stylize(STYLES["command"], first.start(), first.end())
    for mention in _MENTION.finditer(line):
        found = found.stylize(STYLES["name"], mention.start(), mention.end())
    return found
