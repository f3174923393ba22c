"""Makes folders in which nobody else may write, whatever the umask says."""

from __future__ import annotations

from pathlib import Path


def make_folders(path: Path, mode: int = 0o700) -> None:
    """Make a folder where it is missing, and those above it that are.

    `mkdir` itself gives the mode to the last one alone, and makes the others as open as
    the umask allows.

    Args:
        path: the folder.
        mode: of each that is made; no more than its owner may write.

    Raises:
        OSError: one cannot be made, or something else stands there.
    """
    try:
        path.mkdir(mode=mode)
    except FileNotFoundError:
        if path.parent == path:
            raise
        make_folders(path.parent, mode)
        path.mkdir(mode=mode, exist_ok=True)
    except FileExistsError:
        if not path.is_dir():
            raise
