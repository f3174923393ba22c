"""The folder of the program's state, which only its owner may enter."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from mobius_tui.errors import RunError


def state_home() -> Path:
    """The folder of everything that the program stores: runs and drill sites."""
    base = os.environ.get("XDG_STATE_HOME", "")
    home = Path(base) if base.startswith("/") else Path.home() / ".local" / "state"
    return home / "mobius-tui"


def runs_root() -> Path:
    """The folder of all runs."""
    return state_home() / "runs"


def make_private_folder(path: Path) -> None:
    """Make a folder that only its owner may enter, and its parents.

    Raises:
        RunError: something else stands there, or it belongs to someone else.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.mkdir(mode=0o700, exist_ok=True)
        status = path.lstat()
    except OSError as error:
        raise RunError(f"{path}: {error.strerror}; set XDG_STATE_HOME") from error
    if not stat.S_ISDIR(status.st_mode):
        raise RunError(f"{path} is no folder; move it away")
    if status.st_uid != os.getuid():
        raise RunError(f"{path} belongs to another user; set XDG_STATE_HOME")
    if status.st_mode & 0o077:
        path.chmod(0o700)
