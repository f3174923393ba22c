"""What was done to a site to break it: a file of its own, which the journal is not.

The team that drills reads the journal on its screens, and must not read there what is
wrong; it is told at the end.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from mobius_tui.errors import RunError

_FILE = "run/injected.jsonl"


@dataclass(frozen=True, kw_only=True, slots=True)
class Injected:
    """One fault."""

    fault: str
    """Its name."""
    at: float
    """When it was injected, in seconds since 1970."""


def keep(root: Path, fault: str, at: float) -> None:
    """Note that a site was broken.

    Args:
        root: the site's folder.
        fault: the name of what breaks it.
        at: seconds since 1970.
    """
    with (root / _FILE).open("a") as file:
        file.write(json.dumps({"fault": fault, "at": at}) + "\n")


def injected(root: Path) -> tuple[Injected, ...]:
    """What broke a site, in the order in which it was done.

    Raises:
        RunError: the file is not as `keep` writes it.
    """
    try:
        lines = (root / _FILE).read_text().splitlines()
        found = map(json.loads, lines)
        return tuple(
            Injected(fault=str(one["fault"]), at=float(one["at"])) for one in found
        )
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(f"{root / _FILE} cannot be read: {error}") from error
