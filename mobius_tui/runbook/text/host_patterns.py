"""Patterns that name some of the hosts there are: `web:!db`, `rack1:&web`, `web-*`.

Pure. The syntax is Ansible's, without regular expressions (`~`) and positions in a list
(`web[0]`), which are easily misread. A part that matches no host is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from mobius_tui.runbook.text.host_ranges import BadHostError, expand_range
from mobius_tui.runbook.text.names import did_you_mean

MAX_PATTERN = 4096
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
    if len(pattern) > MAX_PATTERN:
        raise BadHostError(f"a pattern has {MAX_PATTERN} characters at most")
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
