"""Names of hosts: what may be one, and ranges such as `web-[001:120]`. Pure.

A name becomes an argument of ssh, a file's name and an environment variable's value, so
that little may be one, wherever it comes from: a runbook, an inventory, a command line.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from itertools import product

MAX_NAME = 253
"""Characters of a host's name at most, as DNS has it."""
MAX_EXPANDED = 10_000
"""Names that one entry stands for at most, before any of them is taken out."""
HOST_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?")
_RANGE = re.compile(r"\[([^\[\]]*)\]")
_BOUNDS = re.compile(r"(\d{1,9}):(\d{1,9})(?::(\d{1,9}))?")


class BadHostError(ValueError):
    """A text is no name of a host, or no range of them; the message says why."""


def host_name_problem(name: str) -> str:
    """Why a text is no name of a host; empty if it is one.

    An IPv6 address is one, too. A user or a port is no part of it: they are set in
    ~/.ssh/config, or in an inventory.
    """
    if not name:
        return "a host has a name"
    shown = repr(name[:40])
    if name.startswith("-"):
        return f"{shown} begins with `-`, as options of ssh do: no host is called that"
    if len(name) > MAX_NAME:
        return f"{shown}… has {len(name)} characters; {MAX_NAME} are the most"
    if HOST_NAME.fullmatch(name) or _is_address(name):
        return ""
    if "@" in name:
        return f"{shown}: a user is said in ~/.ssh/config, or in an inventory"
    return f"{shown} is no name of a host: letters of ASCII, digits and `. _ -` are"


def _is_address(name: str) -> bool:
    if ":" not in name or "%" in name:  # what follows `%` may be anything
        return False
    try:
        ipaddress.IPv6Address(name)
    except ValueError:
        return False
    return True


def expand_range(entry: str) -> tuple[str, ...]:
    """The names that an entry stands for, in order: `web-[1:3]`, `r[1:2]-n[01:40:2]`.

    Numbers are padded with zeros as the first of the range is.

    Raises:
        BadHostError: it is no range, or means too many names, or one that is invalid.
    """
    pieces = _RANGE.split(entry)
    choices = [_numbers(each) if n % 2 else (each,) for n, each in enumerate(pieces)]
    count = 1
    for each in choices:
        count *= len(each)
        if count > MAX_EXPANDED:
            words = f"stands for more than {MAX_EXPANDED} names"
            raise BadHostError(f"{entry[:40]!r} {words}")
    names = tuple("".join(each) for each in product(*choices))
    for name in names:
        problem = host_name_problem(name)
        if problem:
            raise BadHostError(problem)
    return names


def names_twice(names: Iterable[str]) -> str:
    """The first name that occurs more than once, ignoring case; empty if none does.

    In DNS, and on some file systems, `Web` and `web` are the same name.
    """
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:
            return name
        seen.add(name.lower())
    return ""


def _numbers(bounds: str) -> tuple[str, ...]:
    """The numbers of a range, as they are written."""
    match = _BOUNDS.fullmatch(bounds)
    if match is None:
        words = "a range is [FIRST:LAST] or [FIRST:LAST:STEP], in numbers"
        raise BadHostError(f"[{bounds[:40]}]: {words}, such as [001:120]")
    first, last, step = match[1], int(match[2]), int(match[3] or 1)
    if step == 0 or last < int(first):
        words = "its step is 0" if step == 0 else "it ends before it begins"
        raise BadHostError(f"[{bounds[:40]}] names nothing: {words}")
    found = range(int(first), last + 1, step)
    if len(found) > MAX_EXPANDED:
        raise BadHostError(f"[{bounds[:40]}] stands for more than {MAX_EXPANDED} names")
    width = len(first) if first.startswith("0") else 0
    return tuple(str(number).zfill(width) for number in found)
