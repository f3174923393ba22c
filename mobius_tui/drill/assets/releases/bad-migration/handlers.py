"""What the API answers: release 2.6.0, which asks for a column that it renamed."""

from __future__ import annotations

import runpy
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

before = runpy.run_path(str(Path(__file__).with_name("base.py")))["respond"]


def respond(path: str, context: dict[str, Any]) -> tuple[int, dict[str, Any] | str]:
    """The status and body of a request's answer."""
    answer: tuple[int, dict[str, Any] | str] = before(path, context)
    if path in ("/api/assets", "/health", "/api/health/detailed"):
        wrong = _lookup(context["root"] / context["config"]["database"])
        if wrong and path == "/api/assets":
            return 500, {"error": wrong}
        if wrong:
            return 503, {"status": "degraded", "worker": "ok", "database": wrong}
    return answer


def _lookup(file: Path) -> str:
    """What is wrong with a look at the newest asset; empty if nothing is."""
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as database:
            database.execute("SELECT dhash FROM assets ORDER BY id DESC LIMIT 1")
    except sqlite3.Error as error:
        return str(error)
    return ""
