"""Patterns of a runbook, matched so that none can stop the program that matches it.

`(a+)+$` takes for ever on thirty letters, and while Python matches, nothing else runs:
no probe, no key. A pattern with one repeat at most is matched here; any other by a
process of its own, which is ended when it takes too long.
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

WITHIN = 2.0
"""Seconds that all lines may take: a pattern that is sound takes some milliseconds."""

QUICK = 4096
"""Characters of a line in which a pattern with one repeat is quick: a tenth second."""


class TooSlowError(RunError):
    """A pattern that takes too long."""


def lines_matching(
    pattern: str, lines: Sequence[str], *, whole: bool = False, within: float = WITHIN
) -> tuple[bool, ...]:
    """Return for each line whether a pattern finds it.

    Args:
        pattern: a regular expression.
        lines: where it is searched for.
        whole: whether it must match all of a line.
        within: seconds that all of them may take.

    Raises:
        re.error: it is no regular expression.
        TooSlowError: it takes longer than that, or its process can't be run.
    """
    compiled = re.compile(pattern)
    if is_cheap_pattern(pattern) and all(len(line) <= QUICK for line in lines):
        match = compiled.fullmatch if whole else compiled.search
        return tuple(match(line) is not None for line in lines)
    asked = json.dumps({"pattern": pattern, "lines": list(lines), "whole": whole})
    program = str(Path(search_lines.__file__))
    try:
        ended = subprocess.run(
            (sys.executable, "-I", "-S", program),
            input=asked.encode(),
            capture_output=True,
            timeout=within,
            check=True,
        )
    except subprocess.TimeoutExpired:
        words = f"{pattern!r} takes too long; write it without a repeat in a repeat"
        raise TooSlowError(words) from None
    except (OSError, subprocess.SubprocessError) as error:
        raise TooSlowError(f"{pattern!r} could not be matched: {error}") from error
    numbers = set(json.loads(ended.stdout))
    return tuple(number in numbers for number in range(len(lines)))
