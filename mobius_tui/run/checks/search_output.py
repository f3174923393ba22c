"""A program: search files for lines. It imports next to nothing.

It reads from stdin a JSON object with `parts`, a list of [file, the byte to begin at],
and `match` and `not`, patterns or null; it prints one with `lines`, how many lines it
read, and for each pattern the first line that it found, as [number, text], or null.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from typing import BinaryIO

MAX_SEARCHED_LINE_BYTES = 65536
"""Bytes of a line that are searched; the rest of a longer one is passed over."""

_MAX_SHOWN = 4000
"""Characters of a line that are returned: more than are shown, as a secret in it is
taken out before it is cut."""


def read_lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file without ends, cut to `MAX_SEARCHED_LINE_BYTES` bytes."""
    while line := file.readline(MAX_SEARCHED_LINE_BYTES):
        yield line.rstrip(b"\r\n")
        while len(line) == MAX_SEARCHED_LINE_BYTES and not line.endswith(b"\n"):
            line = file.readline(MAX_SEARCHED_LINE_BYTES)


def read_parts(parts: Iterable[tuple[str, int]]) -> Iterator[bytes]:
    """The lines of files, each from a byte on."""
    for path, begin in parts:
        with open(path, "rb") as file:  # noqa: PTH123 - pathlib takes 10 ms
            file.seek(begin)
            yield from read_lines(file)


def search(
    lines: Iterable[bytes], wanted: str | None, unwanted: str | None
) -> dict[str, object]:
    """Search for the first line of each pattern, until `unwanted` or both are found."""
    patterns = {"match": wanted, "not": unwanted}
    patterns_left = {
        key: re.compile(text) for key, text in patterns.items() if text is not None
    }
    lines_by_pattern: dict[str, object] = {"match": None, "not": None}
    number = 0
    for number, line in enumerate(lines, start=1):
        text = line.decode("utf-8", "replace")
        for key in [
            key for key, pattern in patterns_left.items() if pattern.search(text)
        ]:
            lines_by_pattern[key] = [number, text[:_MAX_SHOWN]]
            del patterns_left[key]
        if not patterns_left or lines_by_pattern["not"] is not None:
            break
    return {"lines": number, **lines_by_pattern}


def main() -> None:
    """Read the request from stdin, and print the result."""
    request = json.load(sys.stdin)
    lines = read_parts(request["parts"])
    answer = search(lines, request["match"], request["not"])
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
