"""Placeholders that were never filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mobius_tui.runbook.script_rules.script_context import one_line_excerpt
from mobius_tui.runbook.text.placeholders import Placeholder
from mobius_tui.runbook.text.placeholders import placeholders as page_placeholders
from mobius_tui.runbook.toml.problem import LintRule

PLACEHOLDER = LintRule(
    code="placeholder",
    title="a placeholder that nobody filled in",
    reason="It is read for the first time in an incident, and means nothing then.",
    remedy="write what is meant; make it a [var] that is asked for; or take it out",
    bad="effect = 'read'\nrun = 'ls -l /path/to/production/config/'",
    good="effect = 'read'\nrun = 'ls -l /srv/mobius/config/'",
)

_PLACEHOLDER_NAMES = (
    r"(?:your|my|insert|replace|name|host|server|env|environment|backup|file|path|dir"
    r"|directory|version|date|time|timestamp|user|username|password|token|key|id"
    r"|description|reason|issue|branch|tag|url|port|domain|region|cluster|namespace"
    r"|service|database|db|release|number|ticket|link|channel)"
)
_ANYWHERE = re.compile(
    r"/path/to(?:/|\b)"
    r"|(?<![A-Za-z%])YYYY-?MM-?DD(?:[_T -]?HH:?MM:?SS)?"
    r"|(?<![A-Za-z%])HH:?MM:?SS"
    r"|\b(?:CHANGE|REPLACE|FILL)[_-]?(?:ME|THIS|IN)\b"
    r"|\b(?:TODO|FIXME|TBD)\b"
    r"|\bYOUR[_-][A-Z_]+\b"
)
_ANGLES = re.compile(
    rf"(?<![<?P=\w$&])<(?![/!@#])((?:[A-Za-z][\w.-]*[ _-])?{_PLACEHOLDER_NAMES}"
    r"(?:[ _-][\w. -]*\w)?)>(?=[\s\"';,.)/:]|$)",
    re.IGNORECASE,
)
_BRACKETS = re.compile(
    rf"(?<![\w\]$!])\[((?:[A-Z][a-z]+ )?{_PLACEHOLDER_NAMES}(?: [a-z]+)*)\](?![\[(:])",
    re.IGNORECASE,
)
_REMARK = re.compile(
    r"^[ \t]*(?:#|//|--)?[ \t]*(\([^()\n]*(?:-specific|specific to|commands?|steps?"
    r"|details|here)[^()\n]*\))[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
_DATE = re.compile(r"\$\(date\b[^)\n]*\)")
_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def placeholder_warnings(text: str, *, script: bool) -> Iterator[tuple[int, str]]:
    """Find placeholders in a text: offset and message.

    Args:
        text: any text of a runbook.
        script: whether it is a script, in which `[x]` and `$(date)` are no
            placeholders.
    """
    patterns = [_ANYWHERE, _ANGLES, _REMARK]
    if not script:
        patterns += [_BRACKETS]
    found = {
        each.start: each.text
        for each in page_placeholders(text)
        if script or _counts_in_prose(each)
    }
    for pattern in patterns:
        for match in pattern.finditer(text):
            if not _is_markup(text, match):
                group = 1 if pattern is _REMARK else 0
                found[match.start(group)] = match[group]
    end = 0
    for at in sorted(found):
        if at >= end:
            end = at + len(found[at])
            yield at, f"`{one_line_excerpt(found[at])}` was never filled in"
    if not script and "$(date" in text:
        plain = _CODE.sub(lambda code: " " * len(code[0]), text)
        for match in _DATE.finditer(plain):
            yield (
                match.start(),
                f"`{one_line_excerpt(match[0])}` is no command here: it stays so",
            )


def _counts_in_prose(placeholder: Placeholder) -> bool:
    """Whether a placeholder counts in a text for people, too.

    `{{x}}`, but not `<x>`.
    """
    return placeholder.text.startswith("{{")


def _is_markup(text: str, match: re.Match[str]) -> bool:
    """Whether `<name>` is a tag with a closing tag."""
    return match[0].startswith("<") and f"</{match[1]}" in text
