"""Finding placeholders of a page: `<pod>`, `YOUR_NAME`, `{{x}}`, `[your name]`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from mobius_tui.runbook.text.names import id_from_text

_ANGLES = re.compile(
    r"(?<![\w)\]<&$\\?=])<([A-Za-z][\w .:,/'’@-]{0,60}?)>(?![(>]|/dev/)"
    r"|(?<==)<(/?[A-Za-z][\w .:,/'’@-]{0,80}?)>(?![(>])"
    r"|(?<![\w)\]<&$\\?])<([A-Za-z][\w-]{0,30}(?:\|[A-Za-z][\w-]{0,30}){1,5})>"
    r"(?=[\"'\])]|[ \t]*(?:[<\[]|\\?$))",
    re.MULTILINE,
)
"""Alternatives such as `<id|token>` only where they cannot be redirections."""
_IN_HOST_NAME = (
    r"\.(?:[a-z0-9-]+\.)*(?:com|net|org|io|dev|app|cloud|local|internal|example|test|edu"
    r"|gov|eu|de|uk|fr|us)(?![\w-])"
)
"""What follows the first label of a host's name, which may be a real one."""
_YOURS = re.compile(
    r"(?<![\w$.{/-])(?:YOUR|MY|REPLACE|INSERT)[_-][A-Z][A-Z0-9_-]*(?![\w=])|"
    rf"(?<![\w${{.])your[-_][a-z0-9][a-z0-9_-]*(?![\w=-]|{_IN_HOST_NAME})|"
    r"(?<![\w$.{])(?:CHANGE|REPLACE|FILL)[_-]?(?:ME|IN)(?![\w=])"
)
_BRACES = re.compile(r"\{\{[<%]?[ \t]*([A-Za-z][\w -]{0,40}?)[ \t]*[>%]?\}\}")
_SQUARE = re.compile(
    r"(?<![\w$\]!])\[((?:your|insert|enter|name of|the|replace with) [\w -]{1,40})\]"
    r"(?![\[(:])",
    re.IGNORECASE,
)
_PATHS = re.compile(
    r"(?<![\w.$}/-])(?:\.{0,2}/|~/)?path/to/(?:your/)?((?:[\w.-]*\w/)*[\w.-]*\w)(?![\w<$])"
)
_ADDRESS = re.compile(r"://|@(?:[\w-]+\.|localhost)")
_MUST_BE_SET = re.compile(r"\$\{([A-Za-z_]\w*):?\?([^{}\n]{0,100})\}")
_TEMPLATE = re.compile(
    r"\{\{-?[ \t]*(?:\.|\$|range|if|end|else|with|json|println?|template|define|index|"
    r"include|toYaml|block)\b|\{\{-?[ \t]*\."
)
"""The start of a template for a program: its braces are no placeholders."""
_VALUE_NAMES = """
anonymous default defunct empty eof invalid missing nil nodes none null omitted pending
root snip snipped stdin stdout truncated unknown unset body br div h1 h2 h3 head hr html
li p script span style td title tr ul
"""
_VALUES = frozenset(_VALUE_NAMES.split())
"""Words in angles that programs print, and HTML: these are no placeholders."""
_FILLER_WORDS = re.compile(
    r"^(?:your|my|the|insert|enter|replace[_ -]with|name of)[_ -]+(?:the[_ -])?", re.I
)
_EXAMPLE = re.compile(r"[,;(]|:[ \t]|\be\.?g\b", re.IGNORECASE)
_HAS_REMARK = re.compile(rf"{_EXAMPLE.pattern}|\|", re.IGNORECASE)
"""Whether a placeholder has more than a name: an example, or a choice."""
_MARKUP = re.compile(r"</([A-Za-z][\w.-]*)")
_LONGEST = 32 * 1024
"""Characters of a script; a longer one is not searched."""


class Placeholder(Struct, frozen=True, kw_only=True):
    """One placeholder in a script."""

    start: int
    end: int
    text: str
    """Its source text."""
    name: str
    """Its name, as a variable name."""
    remark: str = ""
    """Its text, if that has more than the name: an example, a choice."""


def placeholders(script: str) -> list[Placeholder]:
    """The placeholders of a script, in order; `${x:?}` is left out."""
    if len(script) > _LONGEST:
        return []
    patterns: list[re.Pattern[str]] = [_ANGLES, _YOURS, _SQUARE, _PATHS]
    if _TEMPLATE.search(script) is None:
        patterns.append(_BRACES)
    closed = {name.lower() for name in _MARKUP.findall(script)}
    found: list[Placeholder] = []
    for match in sorted(_matches(script, patterns), key=lambda match: match.start()):
        inner = next(filter(None, match.groups()), match[0])
        name = variable_name_for(inner)
        is_value = inner.lower() in _VALUES or inner.lower() in closed
        if found and match.start() < found[-1].end:
            continue
        if not name or is_value or _is_redirection(script, match):
            continue
        remark = inner if _HAS_REMARK.search(inner) is not None else ""
        if match.re is _PATHS:
            name = variable_name_for(inner.rsplit("/", 1)[-1])
            remark = f"the path of {inner}"
        start, end = match.span()
        found.append(
            Placeholder(start=start, end=end, text=match[0], name=name, remark=remark)
        )
    return found


def required_variables(script: str) -> dict[str, str]:
    """The variables that a script requires by `${x:?…}`, and their messages."""
    if len(script) > _LONGEST:
        return {}
    found = _MUST_BE_SET.finditer(script)
    return {match[1]: match[2].strip("\"' ") for match in found}


def variable_name_for(inner: str) -> str:
    """A variable name for a placeholder; empty if none can be made."""
    bare = _FILLER_WORDS.sub("", inner.strip()) or inner
    bare = _EXAMPLE.split(bare, maxsplit=1)[0] or bare
    return id_from_text(bare).replace("-", "_")


def _matches(
    script: str, patterns: Sequence[re.Pattern[str]]
) -> Iterator[re.Match[str]]:
    for pattern in patterns:
        yield from pattern.finditer(script)


def _is_redirection(script: str, match: re.Match[str]) -> bool:
    """Whether angles are no placeholder: redirections, `#include <…>` or addresses."""
    if match[0][0] != "<":
        return False
    if script[: match.start()].endswith("#include "):
        return True
    inner = match[1] or match[2] or ""
    is_value = script[match.start() - 1 : match.start()] == "="
    if _ADDRESS.search(inner) is not None and not is_value:
        return True
    most = 12 if is_value else 6
    return inner.endswith((" ", ".", ",")) or inner.count(" ") > most
