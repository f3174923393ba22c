"""A program that prints which lines a pattern matches; for `safe_search`.

It imports next to nothing, so that it starts quickly.

It reads from stdin a JSON object with `pattern`, `lines`, and `whole`: whether the
pattern must match all of a line. It prints a list of the lines' numbers, from 0.
"""

from __future__ import annotations

import json
import re
import sys


def main() -> None:
    """Read a request from stdin and print the numbers of the lines that match."""
    request = json.load(sys.stdin)
    pattern = re.compile(request["pattern"])
    match = pattern.fullmatch if request["whole"] else pattern.search
    found = [number for number, line in enumerate(request["lines"]) if match(line)]
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
