"""Names of approvers: whether a typed one may be somebody else's. Pure.

A name goes on record as the one that vouched, so it must not pass for another: it is
written in plain letters, and one that merely looks like the asker's is the asker's.
"""

from __future__ import annotations

import re

LONGEST = 40
"""Characters of a name at most."""
_PLAIN = re.compile(r"[A-Za-z0-9@][A-Za-z0-9 ._@+-]*")
_ALIKE = str.maketrans("0158|!", "oissll")
"""Signs that are read as letters."""


def wrong_name(name: str, asker: str) -> str:
    """Why a typed name cannot be an approver's; empty where it can.

    Args:
        name: as typed.
        asker: who asked for the approval.
    """
    if not name:
        return "an approver gives their name: --as NAME"
    if len(name) > LONGEST:
        return f"a name has at most {LONGEST} characters"
    if _PLAIN.fullmatch(name) is None:
        return (
            "a name is written with the letters a to z, digits, spaces and . _ @ + - "
            "alone, so that none can look like another"
        )
    if alike(name, asker):
        return f"{asker} asked for it; somebody else approves"
    return ""


def alike(one: str, other: str) -> bool:
    """Whether two names are the same to whoever reads them."""
    return _skeleton(one) == _skeleton(other)


def _skeleton(name: str) -> str:
    found = name.casefold().translate(_ALIKE).replace("l", "i").replace("rn", "m")
    return re.sub(r"[^a-z0-9]", "", found)


def phrase(name: str, step: str) -> str:
    """What an approver in the asker's own login types, word for word."""
    return f"{name} approves {step}"
