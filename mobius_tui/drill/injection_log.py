"""The log of the faults that were injected, worsened and healed: not in the journal.

The team in the drill sees the journal on its screens, and must not see there what is
wrong; it is told at the end. The journal has the seal (SHA-256) of each line that was
logged during the run, so that the log can be verified afterwards.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from pathlib import Path

from msgspec import Struct

from mobius_tui.errors import RunError
from mobius_tui.json_border import FiniteNumber, json_as, malformed_text
from mobius_tui.run.events.run_events import FacilitatorAct

_FILE = "run/injected.jsonl"
RUN_LOG_NAME = "injected.jsonl"
"""The name of the log in the folder of a run that is over."""


class LoggedAct(Struct, frozen=True, kw_only=True):
    """Something that was done to a site: a fault injected, worsened or healed."""

    fault: str
    """Its name."""
    at: FiniteNumber
    """When that was, in seconds since 1970."""
    act: FacilitatorAct = "inject"


def new_log_line(fault: str, at: float, act: FacilitatorAct = "inject") -> str:
    """Make a line of the log; random, so that nobody guesses a line from its seal.

    Args:
        fault: the name of what breaks the site.
        at: seconds since 1970.
        act: what is done about it.
    """
    fields = {"fault": fault, "at": at, "act": act, "chance": secrets.token_hex(16)}
    return json.dumps(fields)


def seal(line: str) -> str:
    """The SHA-256 of a line, in hexadecimal."""
    return hashlib.sha256(line.encode()).hexdigest()


def append_line(root: Path, line: str) -> None:
    """Append a line to the log of a site.

    Args:
        root: the site's folder.
        line: from `new_log_line`.
    """
    with (root / _FILE).open("a") as file:
        file.write(f"{line}\n")


def log_injection(root: Path, fault: str, at: float) -> None:
    """Log that a fault is injected.

    Args:
        root: the site's folder.
        fault: the name of what breaks it.
        at: seconds since 1970.
    """
    append_line(root, new_log_line(fault, at))


def read_acts(root: Path) -> tuple[LoggedAct, ...]:
    """Read all that was done to a site, in order.

    Raises:
        RunError: the file is not as `log_injection` writes it.
    """
    try:
        lines = (root / _FILE).read_bytes().splitlines()
        return tuple(json_as(LoggedAct, line) for line in lines)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise RunError(f"{root / _FILE} cannot be read: {error}") from error
    except ValueError as error:
        raise RunError(
            f"{root / _FILE} cannot be read: {malformed_text(error)}"
        ) from error


def injected_faults(root: Path) -> tuple[LoggedAct, ...]:
    """Read which faults were injected into a site, in order.

    Raises:
        RunError: the file is not as `log_injection` writes it.
    """
    return tuple(each for each in read_acts(root) if each.act == "inject")


def copy_log(root: Path, folder: Path) -> None:
    """Copy the log to the run's directory, to be compared with the seals.

    Args:
        root: the site's folder, which is about to go.
        folder: the run's.

    Raises:
        OSError: they cannot be copied.
    """
    notes = root / _FILE
    if notes.exists():
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(folder / RUN_LOG_NAME, flags, 0o600), "wb") as file:
            file.write(notes.read_bytes())
