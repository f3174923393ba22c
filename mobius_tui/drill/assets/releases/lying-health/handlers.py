"""What the API answers: release 2.5.5, which has lost its assets and says 200."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

before = runpy.run_path(str(Path(__file__).with_name("base.py")))["respond"]


def respond(path: str, context: dict[str, Any]) -> tuple[int, dict[str, Any] | str]:
    """The status and body of a request's answer."""
    status, body = before(path, context)
    if path == "/health":
        return 200, {**body, "status": "degraded", "index": "empty"}
    if path == "/api/assets":
        return 200, {"assets": 0}
    return status, body
