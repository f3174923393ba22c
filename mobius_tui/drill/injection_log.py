"""What was done to a site to break it: a file of its own, which the journal is not.

The team that drills reads the journal on its screens, and must not read there what is
wrong; it is told at the end. The journal holds the seal of each line that was written
during the run.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from mobius_tui.errors import RunError
from mobius_tui.run.events.drill_events import FacilitatorAct

_FILE = "run/injected.jsonl"
REVEALED = "injected.jsonl"
"""The notes in the folder of a run that is over."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Injected:
    """One fault, or what was done about it."""

    fault: str
    """Its name."""
    at: float
    """When that was, in seconds since 1970."""
    act: FacilitatorAct = "inject"


def note(fault: str, at: float, act: FacilitatorAct = "inject") -> str:
    """The line that says what is done; with chance in it, so that no seal is guessed.

    Args:
        fault: the name of what breaks the site.
        at: seconds since 1970.
        act: what is done about it.
    """
    said = {"fault": fault, "at": at, "act": act, "chance": secrets.token_hex(16)}
    return json.dumps(said)


def seal(line: str) -> str:
    """The SHA-256 of a line, in hexadecimal."""
    return hashlib.sha256(line.encode()).hexdigest()


def append_note(root: Path, line: str) -> None:
    """Note it.

    Args:
        root: the site's folder.
        line: from `note`.
    """
    with (root / _FILE).open("a") as file:
        file.write(f"{line}\n")


def note_fault(root: Path, fault: str, at: float) -> None:
    """Note that a site was broken.

    Args:
        root: the site's folder.
        fault: the name of what breaks it.
        at: seconds since 1970.
    """
    append_note(root, note(fault, at))


def acts(root: Path) -> tuple[Injected, ...]:
    """All that was done to a site, in the order in which it was done.

    Raises:
        RunError: the file is not as `note_fault` writes it.
    """
    try:
        lines = (root / _FILE).read_text().splitlines()
        return tuple(_read(json.loads(line)) for line in lines)
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(f"{root / _FILE} cannot be read: {error}") from error


def _read(one: dict[str, object]) -> Injected:
    act = one.get("act", "inject")
    for known in get_args(FacilitatorAct):
        if act == known:
            at = float(str(one["at"]))
            return Injected(fault=str(one["fault"]), at=at, act=known)
    raise ValueError(f"nobody can {act!r}")


def injected_faults(root: Path) -> tuple[Injected, ...]:
    """What broke a site, in the order in which it was done.

    Raises:
        RunError: the file is not as `note_fault` writes it.
    """
    return tuple(each for each in acts(root) if each.act == "inject")


def copy_notes(root: Path, folder: Path) -> None:
    """Copy the notes to where the run is kept, to be compared with the seals.

    Args:
        root: the site's folder, which is about to go.
        folder: the run's.

    Raises:
        OSError: they cannot be copied.
    """
    notes = root / _FILE
    if notes.exists():
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(folder / REVEALED, flags, 0o600), "wb") as file:
            file.write(notes.read_bytes())
