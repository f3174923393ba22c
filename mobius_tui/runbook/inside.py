r"""From a place in a text value to its place in the file that spells it.

In `'…'` every character is itself; in `"…"` a `\n` is two characters of the file and
one of the value, and a `\` at the end of a line is none.
"""

from __future__ import annotations

import re
from bisect import bisect_right

_ESCAPE = re.compile(
    r"\\(?:u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|(?P<join>[ \t]*\n[ \t\n]*)|.)", re.DOTALL
)


class Inside:
    """The places of the characters of one text value."""

    def __init__(self, raw: str) -> None:
        """Look at a value as it is spelt, quotes included."""
        width = 3 if raw.startswith(("'''", '"""')) else 1
        start = width + (width == 3 and raw.startswith("\n", width))
        self._values, self._raws = [0], [start]
        if not raw.startswith('"'):
            return
        shrunk = start
        for match in _ESCAPE.finditer(raw, start, len(raw) - width):
            made = 0 if match["join"] is not None else 1
            shrunk += len(match[0]) - made
            self._values.append(match.end() - shrunk)
            self._raws.append(match.end())

    def place(self, offset: int) -> int:
        """The offset in the spelling of a character of the value."""
        at = bisect_right(self._values, offset) - 1
        return self._raws[at] + offset - self._values[at]
