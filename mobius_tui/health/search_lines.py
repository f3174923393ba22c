"""A program: say which lines a pattern finds. It imports next to nothing.

It reads from stdin a JSON object with `pattern`, `lines`, and `whole`: whether the
pattern must match all of a line. It prints a list of the lines' numbers, from 0.
"""

from __future__ import annotations

import json
import re
import sys


def main() -> None:
    """Do as stdin says."""
    asked = json.load(sys.stdin)
    pattern = re.compile(asked["pattern"])
    match = pattern.fullmatch if asked["whole"] else pattern.search
    found = [number for number, line in enumerate(asked["lines"]) if match(line)]
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
