"""Patterns that name some of the hosts there are: `web:!db`, `rack1:&web`, `web-*`.

Pure. The syntax is Ansible's, without regular expressions (`~`) and positions in a list
(`web[0]`), which are easily misread. A part that matches no host is an error.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import product

from mobius_tui.runbook.text.names import did_you_mean

MAX_HOST_NAME = 253
"""Characters of a host's name at most, as DNS has it."""
MAX_EXPANDED_NAMES = 10_000
"""Names that one entry stands for at most, before any of them is taken out."""
HOST_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?")
USER_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@\\-]{0,63}\$?")
"""A user that ssh logs in as or sudo becomes; none is an option of theirs."""
_RANGE = re.compile(r"\[([^\[\]]*)\]")
_BOUNDS = re.compile(r"(\d{1,9}):(\d{1,9})(?::(\d{1,9}))?")


class BadHostError(ValueError):
    """A host name, range, pattern or list of hosts is invalid; the message says why."""


def host_name_problem(name: str) -> str | None:
    """Why a text is no name of a host; None if it is one.

    It is the one definition: of what a runbook, an inventory and a list on the disk may
    name, and of what ssh is given. An IPv6 address is one, too. A user or a port is no
    part of it: `USER@NAME` would be a host of another name than `NAME`, with claims,
    a batch and a status of its own. They are set in ssh's configuration, or in an
    inventory.
    """
    if not name:
        return "a host has a name"
    shown = repr(name[:40])
    if name.startswith("-"):
        return f"{shown} begins with `-`, as options of ssh do: no host is called that"
    if len(name) > MAX_HOST_NAME:
        return f"{shown}… has {len(name)} characters; {MAX_HOST_NAME} are the most"
    if HOST_NAME.fullmatch(name) or _is_address(name):
        return None
    if "@" in name:
        words = "`USER@` is no part of a host's name: the user is set in ~/.ssh/config,"
        return f"{shown}: {words} or in an inventory (`ansible_user`)"
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
    """The names that an entry stands for, in order: `r[1:2]-n[01:40:2]`.

    An entry without a range is a name itself. Numbers are padded with zeros as the
    first of the range is.

    Raises:
        BadHostError: what is in brackets is no range, or the entry means too many
            names, or one that is invalid.
    """
    pieces = _RANGE.split(entry)
    choices = [_numbers(each) if n % 2 else (each,) for n, each in enumerate(pieces)]
    count = 1
    for each in choices:
        count *= len(each)
        if count > MAX_EXPANDED_NAMES:
            words = f"stands for more than {MAX_EXPANDED_NAMES} names"
            raise BadHostError(f"{entry[:40]!r} {words}")
    names = tuple("".join(each) for each in product(*choices))
    for name in names:
        problem = host_name_problem(name)
        if problem:
            raise BadHostError(problem)
    return names


def first_duplicate(names: Iterable[str]) -> str | None:
    """The first name that occurs more than once, ignoring case; None if none does.

    In DNS, and on some file systems, `Web` and `web` are the same name.
    """
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:
            return name
        seen.add(name.lower())
    return None


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
    if len(found) > MAX_EXPANDED_NAMES:
        raise BadHostError(
            f"[{bounds[:40]}] stands for more than {MAX_EXPANDED_NAMES} names"
        )
    width = len(first) if first.startswith("0") else 0
    return tuple(str(number).zfill(width) for number in found)


MAX_HOST_PATTERN = 4096
"""Characters of a pattern at most."""
_SEPARATOR = re.compile(r"[:,](?![^\[]*\])")
"""What stands between the parts of a pattern; not the `:` of a range."""
_COMMA = re.compile(r",(?![^\[]*\])")
_ALL = frozenset({"all", "*"})


def select_hosts(
    patterns: Iterable[str],
    hosts: Sequence[str],
    groups: Mapping[str, Sequence[str]] | None = None,
) -> tuple[str, ...]:
    """The hosts that patterns name, in the order in which they are given.

    Where no part adds hosts, all of them are there before others are removed.

    Args:
        patterns: each has parts, separated by `:`, or by `,` as IPv6 addresses need it.
            Parts without a sign add hosts, `&` leaves only hosts that it names, too,
            `!` removes hosts; in this order, however they are written.
        hosts: all hosts.
        groups: names of groups, and the hosts of each.

    Raises:
        BadHostError: a part matches no host, or the pattern is not valid.
    """
    parts = [part for pattern in patterns for part in _parts(pattern, hosts)]
    added: set[str] = set()
    kept, out = set(hosts), set[str]()
    for part in parts:
        named = _named(part.lstrip("!&"), hosts, groups or {})
        if part.startswith("!"):
            out |= named
        elif part.startswith("&"):
            kept &= named
        else:
            added |= named
    if all(part[0] in "!&" for part in parts):
        added = set(hosts)
    chosen = (added & kept) - out
    return tuple(name for name in hosts if name in chosen)


def _parts(pattern: str, hosts: Sequence[str]) -> Iterator[str]:
    """The parts of a pattern, with their signs."""
    if len(pattern) > MAX_HOST_PATTERN:
        raise BadHostError(f"a pattern has {MAX_HOST_PATTERN} characters at most")
    separator = _COMMA if _COMMA.search(pattern) else _SEPARATOR
    for part in [pattern] if pattern in hosts else separator.split(pattern):
        if not part.strip("!& "):
            words = "has an empty part, which names nothing"
            raise BadHostError(f"{pattern[:80]!r} {words}")
        yield part.strip()


def _named(
    part: str, hosts: Sequence[str], groups: Mapping[str, Sequence[str]]
) -> set[str]:
    """The hosts that one part of a pattern names."""
    part = part.strip()
    if part in _ALL:
        return set(hosts)
    found = {name for name in hosts if name == part}
    found |= set(groups.get(part, ()))
    if not found and any(sign in part for sign in "*?"):
        found = {name for name in hosts if fnmatchcase(name, part)}
        for group, members in groups.items():
            found |= set(members) if fnmatchcase(group, part) else set()
    elif not found and "[" in part:
        found = set(expand_range(part)) & set(hosts)
    if not found:
        if part.startswith("~"):
            raise BadHostError(
                f"`{part[:80]}`: no regular expressions; `*` and `?` are"
            )
        near = did_you_mean(part, (*hosts, *groups))
        raise BadHostError(f"`{part[:80]}` names no host{near}")
    return found
