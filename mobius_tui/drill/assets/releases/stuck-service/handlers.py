"""What the API answers: release 2.5.4, which began to stop, and never comes to it."""

from __future__ import annotations

import signal
from typing import Any

signal.signal(signal.SIGTERM, signal.SIG_IGN)


def respond(path: str, context: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """The status and body of a request's answer."""
    return 503, {"status": "stopping", "path": path, "version": context["version"]}
