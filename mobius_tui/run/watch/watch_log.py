"""Writes `monitor_logs/monitor_<env>_<stamp>.log`: `time|status|ms|body` for a check.

The host writes it, so it goes on when whoever began the watch is gone, and no terminal
delays it. The host does not keep the response's body, so the last field has the probe's
name and, in words, why it is not ok.
"""

from __future__ import annotations

import os
import re
import stat
from datetime import UTC, datetime
from pathlib import Path

from mobius_tui.errors import UsageError
from mobius_tui.health.health_record import ProbeResult
from mobius_tui.sanitize import line

LOG_FOLDER = "monitor_logs"
WORDS_LIMIT = 200
"""Characters of a line's last field at most."""
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9.-]+")


def make_watch_log(folder: Path, environment: str, at: float) -> Path:
    """Make the file of a watch that is about to begin; only its owner may read it.

    Args:
        folder: where it goes; made, where only it is missing.
        environment: what it is named after.
        at: seconds since 1970.

    Raises:
        UsageError: it cannot be made, or the folder is a link.
    """
    stamp = datetime.fromtimestamp(at, UTC).strftime("%Y%m%d_%H%M%S")
    base = f"monitor_{_NOT_IN_NAMES.sub('-', environment)[:64]}_{stamp}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        inside = _open_folder(folder)
        try:
            for suffix in ("", *(f"-{n}" for n in range(2, 100))):
                name = f"{base}{suffix}.log"
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
                try:
                    os.close(os.open(name, flags | os.O_CLOEXEC, 0o600, dir_fd=inside))
                except FileExistsError:
                    continue
                return folder / name
        finally:
            os.close(inside)
    except OSError as error:
        raise UsageError(
            f"{folder}: {error.strerror}; the log of the checks goes there: make it a "
            "folder that you may write to, or name another one with --log-dir"
        ) from error
    raise UsageError(f"{folder}: a hundred watches began in this second")


def _open_folder(folder: Path) -> int:
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.open(folder, flags)


def log_line(check: ProbeResult) -> str:
    """The log's line for a check, its newline included."""
    at = datetime.fromtimestamp(check.at, UTC).isoformat(timespec="milliseconds")
    status = "000" if check.status is None else f"{check.status:03}"
    ms = "-" if check.ms is None else f"{check.ms:.0f}"
    words = line(f"{check.probe}: {check.state}")
    if check.reason:
        words += f": {line(check.reason)}"
    if len(words) > WORDS_LIMIT:
        words = f"{words[: WORDS_LIMIT - 1]}…"
    return f"{at.replace('+00:00', 'Z')}|{status}|{ms}|{words}\n"


class WatchLog:
    """The log file of a watch, made before."""

    def __init__(self, path: Path) -> None:
        """Open it for appending.

        Args:
            path: from `make_watch_log`.

        Raises:
            OSError: it is gone, or something else is in its place.
        """
        inside = _open_folder(path.parent)
        try:
            flags = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
            self._file = os.open(path.name, flags | os.O_NONBLOCK, dir_fd=inside)
        finally:
            os.close(inside)
        if not stat.S_ISREG(os.fstat(self._file).st_mode):
            self.close()
            raise OSError(0, "it is no file")

    def write(self, check: ProbeResult) -> None:
        """Append a check.

        Raises:
            OSError: it could not be written.
        """
        data = log_line(check).encode()
        if os.write(self._file, data) != len(data):
            raise OSError(28, "No space left on device")

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)
