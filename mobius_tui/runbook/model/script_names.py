"""The variables that a script reads, as far as its text shows. Pure.

A variable reaches a script only where its name is seen here, or in `uses`: what every
script had would be waited for by every step, make each of them stale, be a part of
each approval, and go to every host.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

_NAME = r"[A-Za-z_][A-Za-z0-9_]*+"
_EXPANDED = re.compile(rf"\$\{{?[#!]?({_NAME})")
_BARE = re.compile(rf"(?<![\w$#])({_NAME})", re.ASCII)
_MAX_POINTERS = 20
"""Variables of a script that name others, of which these are looked for."""
_OPENING = re.compile(
    r"(?P<round>\(\()|(?P<square>\$\[)|\blet\s(?P<let>[^;|&\n]*)"
    r"|\[\[\s(?P<test>[^\n]{0,300}?)\s\]\]"
    # `${list[i]}`, `${text:at:length}`, `list[i]=`
    rf"|\$\{{[#!]?{_NAME}(?P<subscript>\[)"
    rf"|\$\{{{_NAME}:(?P<part>[^-=?+}}][^}}]{{0,300}})"
    rf"|(?<!\S){_NAME}(?P<element>\[)(?=[^]\s]{{0,300}}\]\+?=)"
)
"""What begins a part of a shell's script where a bare name stands for its value."""
_OPERANDS = re.compile(r"(\S+)\s+-(?:eq|ne|lt|le|gt|ge)\s+(\S+)")
"""What `[[ ]]` reads as arithmetic."""
_IS_SET = re.compile(
    rf"(?:\[\[?|\btest)\s(?:[^];|&\n]{{0,300}}\s)?-v\s+[\"']?({_NAME})"
)
_MAP = re.compile(r"\b(?:declare|local|typeset)\s+-[a-z]*A")
"""What declares an array whose subscripts are texts."""
_POINTER = re.compile(rf"\$\{{!({_NAME})\}}")
_REFERENCE = re.compile(rf"\b(?:declare|local|typeset)\s+-n\s+{_NAME}=[\"']?({_NAME})")
_WITHOUT_DEFAULT = r"(?![\"']\s*,)(?![\"']?\]?\s*(?:\?\?|\|\|))"
_ENVIRONMENT = re.compile(
    r"\b(?:environb?|ENVIRON|ENV|env)(?:\.(?:get|fetch|pop)\(|\?\.|[.\[({])\s*b?[\"']?"
    rf"({_NAME}){_WITHOUT_DEFAULT}"
    rf"|(?i:getenv)\(\s*b?[\"']({_NAME}){_WITHOUT_DEFAULT}|\$env:({_NAME})"
    rf"|\bprintenv\s+({_NAME})"
)
"""How programs of other languages read the environment.

What has a default of its own there goes on without a value, so nothing waits for it.
"""


@lru_cache(maxsize=4096)
def name_offsets(script: str) -> tuple[tuple[str, int], ...]:
    """Every name that a script may read a variable by, and where, in order.

    Each of a shell: `$name`, `${name…`; a bare one in `(( ))`, `$(( ))`, `let` and an
    array's subscript, beside `-gt` and its kind in `[[ ]]`, and after `-v`; the names
    that `${!name}` may stand for. And those of the environment in other languages:
    `environ["name"]`, `getenv("name")`, `ENV["name"]`, `process.env.name`.
    """
    found = [(match[1], match.start()) for match in _EXPANDED.finditer(script)]
    for pattern in (_IS_SET, _REFERENCE, _ENVIRONMENT):
        found += [
            (match[match.lastindex or 0], match.start(match.lastindex or 0))
            for match in pattern.finditer(script)
        ]
    for begin, end in _arithmetic(script):
        found += [
            (match[1], match.start()) for match in _BARE.finditer(script, begin, end)
        ]
    pointers = dict.fromkeys(match[1] for match in _POINTER.finditer(script))
    for name in tuple(pointers)[:_MAX_POINTERS]:
        found += _names_assigned_to(name, script)
    return tuple(sorted(found, key=lambda each: each[1]))


def names_in_script(script: str) -> tuple[str, ...]:
    """The names that a script may read a variable by, each once, in order."""
    return tuple(dict.fromkeys(name for name, _ in name_offsets(script)))


def _arithmetic(script: str) -> Iterator[tuple[int, int]]:
    """The parts of a script that a shell reads as arithmetic: begin and end."""
    has_maps = _MAP.search(script) is not None
    rounds, squares = _closings(script, "()"), _closings(script, "[]")
    seen = 0
    for match in _OPENING.finditer(script):
        kind = match.lastgroup or ""
        begin, end = match.span(kind)
        if begin < seen:
            continue
        if kind == "test":
            for operands in _OPERANDS.finditer(script, begin, end):
                yield operands.span(1)
                yield operands.span(2)
        elif kind == "round":
            inner = rounds.get(begin + 1)
            if inner is not None and rounds.get(begin) == inner + 1:
                yield begin, (seen := inner)
        elif kind in ("let", "part"):
            yield begin, end
        elif (kind == "square" or not has_maps) and end - 1 in squares:
            yield begin, (seen := squares[end - 1])


def _closings(script: str, pair: str) -> Mapping[int, int]:
    """By the offset of each opening bracket, that of the one that closes it."""
    found: dict[int, int] = {}
    opened: list[int] = []
    for match in re.finditer(f"[{re.escape(pair)}]", script):
        if match[0] == pair[0]:
            opened.append(match.start())
        elif opened:
            found[opened.pop()] = match.start()
    return found


def _names_assigned_to(pointer: str, script: str) -> Iterator[tuple[str, int]]:
    """The names that a variable is given as its value, or goes through in a loop."""
    given = re.compile(
        rf"\b{pointer}=[\"']?({_NAME})|\bfor\s+{pointer}\s+in\s+([^;\n]*)"
    )
    for match in given.finditer(script):
        begin, end = match.span(match.lastindex or 0)
        yield from ((m[1], m.start()) for m in _BARE.finditer(script, begin, end))
