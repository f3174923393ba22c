"""What form an answer is wanted in, in words: a pattern is for programs to read.

Patterns of a plain sequence are told: characters, sets of them, and how many. Of any
other nothing is told, rather than something wrong, and the pattern is shown as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from mobius_tui.runbook.model.runbook import Contact
from mobius_tui.runbook.text.regex_cost import is_cheap_pattern

_PIECE = re.compile(
    r"""(?: \[ (?P<members> (?:\\.|[^\\\]^]) (?:\\.|[^\\\]])* ) \]
        | (?P<class> \\[dw] )
        | \\ (?P<escaped> [^\w\s] )
        | (?P<plain> [^\\.^$*+?{}\[\]|()] ) )
        (?P<count> [+*?] | \{\d+(?:,\d*)?\} )?""",
    re.VERBOSE,
)
_MEMBER = re.compile(r"(?P<known>a-z|A-Z|0-9|\\[dw])|(?P<one>\\[^\w\s]|[^\\])(?!-.)")

_NAMES = {
    "a-z": "small letter",
    "A-Z": "capital letter",
    "0-9": "digit",
    "\\d": "digit",
    "\\w": "letter, digit or underscore",
    "-": "hyphen",
    "_": "underscore",
    ".": "dot",
    "/": "slash",
    ":": "colon",
    " ": "space",
}


def form_in_words(pattern: str) -> str:
    """What matches a pattern: `@, then small letters or hyphens`; empty if unknown."""
    bare = pattern.removeprefix("^")
    bare = bare if bare.endswith("\\$") else bare.removesuffix("$")
    parts: list[str] = []
    was_plain = False
    at = 0
    while at < len(bare):
        piece = _PIECE.match(bare, at)
        words = _piece(piece) if piece is not None else ""
        if piece is None or not words:
            return ""
        is_plain = bool(piece["plain"] or piece["escaped"]) and not piece["count"]
        if is_plain and was_plain:
            parts[-1] += words
        else:
            parts.append(words)
        was_plain = is_plain
        at = piece.end()
    return ", then ".join(parts)


def example(pattern: str, contacts: Sequence[Contact], role: str) -> str:
    """A handle of the runbook's contacts that a pattern wants; empty if none.

    Args:
        pattern: matches the whole of an answer.
        contacts: the runbook's.
        role: whose handle is the likeliest.
    """
    if not is_cheap_pattern(pattern):
        return ""
    wanted = re.compile(pattern)
    likeliest = sorted(contacts, key=lambda contact: contact.role != role)
    for contact in likeliest:
        handle = contact.handle
        # A pattern that takes any name is not one for handles.
        if wanted.fullmatch(handle) and not wanted.fullmatch(handle[1:]):
            return handle
    return ""


def _piece(piece: re.Match[str]) -> str:
    count = piece["count"] or ""
    plain = piece["plain"] or piece["escaped"]
    if plain:
        return _counted([_NAMES.get(plain, plain)], count) if count else plain
    names = _members(piece["members"] or piece["class"])
    return _counted(names, count) if names else ""


def _members(members: str) -> list[str]:
    """What may stand there, each in words; empty if that is not known."""
    names: list[str] = []
    at = 0
    while at < len(members):
        found = _MEMBER.match(members, at)
        if found is None:
            return []
        key = found["known"] or found["one"].removeprefix("\\")
        names.append(_NAMES.get(key, key))
        at = found.end()
    both = {"small letter", "capital letter"}
    if both <= set(names):
        names = ["letter", *(name for name in names if name not in both)]
    return list(dict.fromkeys(names))


def _counted(names: list[str], count: str) -> str:
    least, _, most = count.strip("{}").partition(",")
    match count:
        case "":
            return f"one {_either(names)}"
        case "?":
            return f"perhaps one {_either(names)}"
        case "+":
            return _either(map(_plural, names))
        case "*":
            return f"perhaps {_either(map(_plural, names))}"
    many = _either(names if count == "{1}" else map(_plural, names))
    if "," not in count:
        return f"{least} {many}"
    return f"{least} to {most} {many}" if most else f"{least} or more {many}"


def _either(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last


def _plural(name: str) -> str:
    if name == _NAMES["\\w"]:
        return "letters, digits or underscores"
    return f"{name}{'es' if name == 'slash' else 's'}" if len(name) > 1 else name
