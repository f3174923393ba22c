"""The ids of the runs in a folder, which are the names of their folders.

Light, since a shell asks for them at every TAB.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

RUN_ID = re.compile(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\S+")
"""The moment at which a run began, then its runbook."""


def run_ids(folder: Path) -> list[str]:
    """The ids of the runs in a folder, in no order; none where it is not there."""
    try:
        with os.scandir(folder) as entries:
            return [
                entry.name
                for entry in entries
                if RUN_ID.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False)
            ]
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return []
