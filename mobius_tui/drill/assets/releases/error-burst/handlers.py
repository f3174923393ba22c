"""What the API answers: release 2.5.3, which loses a part of the requests."""

from __future__ import annotations

import itertools
import json
import runpy
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
before = runpy.run_path(str(HERE / "base.py"))["respond"]
rate = float(json.loads((HERE / "release.json").read_text())["rate"])
numbers = itertools.count()


def respond(path: str, context: dict[str, Any]) -> tuple[int, dict[str, Any] | str]:
    """The status and body of a request's answer; the first is lost, then a part."""
    if "health" not in path:
        n = next(numbers)
        if n == 0 or int(n * rate) > int((n - 1) * rate):
            raise ConnectionResetError("the pool of connections is used up")
    answer: tuple[int, dict[str, Any] | str] = before(path, context)
    return answer
