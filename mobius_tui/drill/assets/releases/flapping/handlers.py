"""What the API answers: release 2.5.2, of which some of five backends are bad.

Each client is given the five in turn.
"""

from __future__ import annotations

import json
import runpy
from collections import Counter
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
before = runpy.run_path(str(HERE / "base.py"))["respond"]
bad = json.loads((HERE / "release.json").read_text())["bad"]
turns: Counter[str] = Counter()


def respond(path: str, context: dict[str, Any]) -> tuple[int, dict[str, Any] | str]:
    """The status and body of a request's answer."""
    if path == "/health":
        turn = turns[context["client"]] % 5
        turns[context["client"]] += 1
        if turn in bad:
            return 503, {"status": "error", "backend": turn}
    answer: tuple[int, dict[str, Any] | str] = before(path, context)
    return answer
