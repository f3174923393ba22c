"""Checks the names of hosts, and turns them into file names."""

from __future__ import annotations

import hashlib
import re

from mobius_tui.errors import RunError
from mobius_tui.sanitize import line

LONGEST_NAME = 253
"""Characters of a name in DNS."""

_USER = r"(?:[A-Za-z0-9_][A-Za-z0-9_.-]*@)?"
_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"
_IPV6 = r"[0-9A-Fa-f]*:[0-9A-Fa-f:.]*(?:%[A-Za-z0-9]+)?"
_HOST = re.compile(rf"{_USER}(?:{_NAME}|{_IPV6})")

LONGEST_PART = 120
"""Characters of one part of a path: some file systems take 143 bytes."""
_UNSAFE = re.compile(r"[^A-Za-z0-9_@.-]|^\.")


def check_host_name(name: str) -> str:
    """Return a name that can be given to ssh: `[USER@]NAME`, or an IPv6 address.

    A name that begins with `-` would be an option: `-oProxyCommand=…` runs a program.

    Raises:
        RunError: it is not a valid name of a host.
    """
    if len(name) <= LONGEST_NAME and _HOST.fullmatch(name):
        return name
    shown = line(name[:80])
    raise RunError(
        f"{shown!r} is no name of a host: letters, digits, '.', '-' and '_', at most "
        f"{LONGEST_NAME}, with USER@ before it if need be; or an address"
    )


def path_part(name: str) -> str:
    """A name as one part of a path, here and on a host; different names stay different.

    Args:
        name: of a run, a step or a host; anything.
    """
    part = _UNSAFE.sub(_percent, name) or "%"
    if len(part) <= LONGEST_PART:
        return part
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
    return f"{part[:80]}%{digest[:32]}"


def _percent(found: re.Match[str]) -> str:
    data = found[0].encode("utf-8", "surrogateescape")
    return "".join(f"%{byte:02X}" for byte in data)
