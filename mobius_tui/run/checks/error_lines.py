"""Picks the line that says what went wrong, which is seldom the last one printed.

A script that fails says so, and then cleans up and prints more. What shells,
interpreters and tools print of an error has a form; the last line in such a form is the
one to show.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

LINES_SEARCHED = 200
"""Lines from the end that are searched."""
WIDTH_SEARCHED = 4096
"""Characters of a line that are searched."""
_ERROR = re.compile(
    r"^\S[^:]*: line \d+: "  # bash: the script, the line, and what is wrong
    r"|^(?:[\w.]+\.)?\w*(?:Error|Exception|Interrupt)\b(?:: |$)"  # Python's last
    r"|(?:^|[\s\[(<])(?i:error|fatal|panic|critical|failure)(?:\[\w+\])?[\])>]?:(?:\s|$)"
    r"|(?:^|[\s\[(<])(?:ERROR|FATAL|PANIC|CRITICAL|ERR!)(?:[\s\])>]|$)"
    r"|(?:^|\s)\[(?:\w+:)?(?:emerg|alert|crit|error)\](?:\s|$)"  # nginx, httpd
    r"|^E: "  # apt
)
_TRACE = re.compile(r"^\++ ")
"""A command printed before it runs, under `set -x`."""


def error_line(lines: Sequence[str]) -> str | None:
    """The last line that has the form of an error; None where none has.

    Args:
        lines: as they came, without colours.
    """
    error_lines = (
        line.strip() for line in reversed(_searched_lines(lines)) if _ERROR.search(line)
    )
    return next(error_lines, None)


def last_meaningful(lines: Sequence[str]) -> str:
    """The last line with a word on it that is no trace; else the last with anything."""
    seen = _searched_lines(lines)
    for line in reversed(seen):
        if any(map(str.isalnum, line)) and not _TRACE.match(line):
            return line.strip()
    return next((line.strip() for line in reversed(seen) if line.strip()), "")


def _searched_lines(lines: Sequence[str]) -> list[str]:
    return [line[:WIDTH_SEARCHED] for line in lines[-LINES_SEARCHED:]]
