"""What the API answers: release 2.5.1, which looks everything up anew each time."""

from __future__ import annotations

import json
import runpy
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
before = runpy.run_path(str(HERE / "base.py"))["respond"]
takes = float(json.loads((HERE / "release.json").read_text())["seconds"])


def respond(path: str, context: dict[str, Any]) -> tuple[int, dict[str, Any] | str]:
    """The status and body of a request's answer, after a while.

    Health comes late as well, but where it tells the figures of the others' requests.
    """
    if "health" not in path or context["health"] != "rich":
        time.sleep(takes)
    answer: tuple[int, dict[str, Any] | str] = before(path, context)
    return answer
