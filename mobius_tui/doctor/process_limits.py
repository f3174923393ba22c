"""Examines the limits of this login that a run's processes are under."""

from __future__ import annotations

from mobius_tui.doctor.finding import Finding

OPEN_FILES_SUBJECT = "open files"
FEWEST_OPEN_FILES = 64
"""Files that a run's host has open with some steps side by side, and two viewers."""
AMPLE_OPEN_FILES = 256
"""Enough for steps on 25 hosts at a time, and for a score of viewers."""


def open_files_finding(limit: int) -> Finding:
    """Examine how many files a process may have open.

    Args:
        limit: `ulimit -n`; less than 0 for none.
    """
    if not 0 <= limit < AMPLE_OPEN_FILES:
        words = f"a process may open {limit}" if limit >= 0 else "there is no limit"
        return Finding(about=OPEN_FILES_SUBJECT, verdict="ok", words=words)
    is_trouble = limit < FEWEST_OPEN_FILES
    what = "steps may not start" if is_trouble else "too few for many hosts at a time"
    return Finding(
        about=OPEN_FILES_SUBJECT,
        verdict="trouble" if is_trouble else "note",
        words=f"a process may open {limit}: {what}",
        remedy="`ulimit -n 1024` in the shell that begins the run, before it",
    )
