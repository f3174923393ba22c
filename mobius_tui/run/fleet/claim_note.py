"""What is written down here of a host's claim before the host may begin: durable.

A host that was let begin, and knows nothing of its claim any more, is found out by it.
"""

from __future__ import annotations

import os
from pathlib import Path

from msgspec import Struct

from mobius_tui.folders import sync_folder
from mobius_tui.run.storage.safe_open import open_regular

MAX_NOTE_BYTES = 4096
"""Bytes of a note that are read."""


class ClaimNote(Struct, frozen=True, kw_only=True):
    """The file `boot` beside a host's output: of the last claim that it reported."""

    attempt: int
    """The number of the claim."""
    boot: str
    """What the host calls the boot in which it made the claim."""
    place: str = ""
    """The folder that has it, as `ClaimRequest.claims_in` names it; empty for the
    home, as earlier versions write it."""
    digest: str = ""
    """Of what it runs; empty as earlier versions write it."""

    def write(self, output: Path) -> None:
        """Write it down durably, over that of an earlier claim; blocking.

        Args:
            output: the path of the host's output.

        Raises:
            OSError: it cannot be written.
        """
        path = _note_path(output)
        lines = (f"{self.attempt} {self.boot}", self.place, self.digest)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
            file.write("".join(f"{each}\n" for each in lines).encode())
            file.flush()
            os.fsync(file.fileno())
        sync_folder(path.parent)
        sync_folder(path.parent.parent)


def read_claim_note(output: Path, attempt: int) -> ClaimNote | None:
    """What was written down of a claim; `None` where the host reported none.

    Args:
        output: the path of the host's output.
        attempt: the number of the claim.
    """
    try:
        with open_regular(_note_path(output)) as file:
            text = file.read(MAX_NOTE_BYTES).decode("utf-8", "replace")
    except OSError:
        return None
    first, place, digest = [*text.split("\n"), "", ""][:3]
    number, _, boot = first.partition(" ")
    if number != str(attempt) or not boot:
        return None
    return ClaimNote(attempt=attempt, boot=boot, place=place, digest=digest)


def _note_path(output: Path) -> Path:
    return output.with_name("boot")
