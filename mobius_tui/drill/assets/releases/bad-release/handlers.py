"""What the API answers: release 2.5, which keeps sessions in a store of its own."""

from __future__ import annotations

from typing import Any


def respond(path: str, context: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """The status and body of a request's answer."""
    store = context["config"]["session_store"]
    return 200, {"path": path, "version": context["version"], "sessions": store["url"]}
