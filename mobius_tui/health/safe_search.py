"""Matching patterns of a runbook within a time limit.

`(a+)+$` takes practically for ever on thirty letters, and while Python matches, nothing
else runs: no probe, no key. A pattern without groups and with at most one repeat
(`is_cheap_pattern`) is matched in this process if no line is long; any other in a
process of its own, which is killed at the time limit.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from mobius_tui.errors import RunError
from mobius_tui.health import search_lines
from mobius_tui.runbook.text.regex_cost import is_cheap_pattern

DEFAULT_LIMIT = 2.0
"""Seconds for all lines: a reasonable pattern takes some milliseconds."""

MAX_INLINE_LINE = 4096
"""Characters of the longest line that is matched in this process."""


class TooSlowError(RunError):
    """A pattern that takes too long."""


def lines_matching(
    pattern: str,
    lines: Sequence[str],
    *,
    whole: bool = False,
    within: float = DEFAULT_LIMIT,
) -> tuple[bool, ...]:
    """Whether a pattern matches, for each line.

    Args:
        pattern: a regular expression.
        lines: the lines to search.
        whole: whether it must match the whole line.
        within: seconds for all lines.

    Raises:
        re.error: the pattern is no regular expression.
        TooSlowError: it takes longer than that, or its process can't be run.
    """
    compiled = re.compile(pattern)
    if is_cheap_pattern(pattern) and all(
        len(line) <= MAX_INLINE_LINE for line in lines
    ):
        match = compiled.fullmatch if whole else compiled.search
        return tuple(match(line) is not None for line in lines)
    request = json.dumps({"pattern": pattern, "lines": list(lines), "whole": whole})
    program = str(Path(search_lines.__file__))
    try:
        completed = subprocess.run(
            (sys.executable, "-I", "-S", program),
            input=request.encode(),
            capture_output=True,
            timeout=within,
            check=True,
        )
    except subprocess.TimeoutExpired:
        words = f"{pattern!r} takes too long; write it without a repeat in a repeat"
        raise TooSlowError(words) from None
    except (OSError, subprocess.SubprocessError) as error:
        raise TooSlowError(f"{pattern!r} could not be matched: {error}") from error
    numbers = set(json.loads(completed.stdout))
    return tuple(number in numbers for number in range(len(lines)))
