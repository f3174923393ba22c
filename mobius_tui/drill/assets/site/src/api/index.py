"""The MOBIUS API: an HTTP server whose answers are those of the installed release.

It reads its configuration, `package.json` and the code of `node_modules/mobius-core`
when it starts, as most services do: what changes on disk changes nothing before that.
"""

from __future__ import annotations

import json
import runpy
import sys
import threading
import time
import traceback
from collections import deque
from http.server import BaseHTTPRequestHandler
from importlib import import_module
from math import ceil
from pathlib import Path
from typing import Any

SITE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SITE / "lib"))
serving = import_module("serving")
CORE = SITE / "node_modules" / "mobius-core"
WINDOW = 30.0
"""Seconds of requests that the figures are about."""
UNCOUNTED = ("/health", "/api/health/detailed")
"""Paths that ask about the service, and so are no use of it."""


class Figures:
    """The error rate and P95 of the last requests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: deque[tuple[float, float, bool]] = deque(maxlen=1000)

    def add(self, ms: float, *, failed: bool) -> None:
        """Count a request that took so many milliseconds."""
        with self._lock:
            self._requests.append((time.monotonic(), ms, failed))

    def read(self) -> dict[str, float | int | None]:
        """The figures now; null where there was no request."""
        since = time.monotonic() - WINDOW
        with self._lock:
            recent = [(ms, bad) for at, ms, bad in self._requests if at >= since]
        if not recent:
            return {"count": 0, "error_rate": None, "p95_ms": None}
        times = sorted(ms for ms, _ in recent)
        p95 = times[ceil(0.95 * len(times)) - 1]
        errors = sum(bad for _, bad in recent)
        return {
            "count": len(recent),
            "error_rate": round(errors / len(recent), 4),
            "p95_ms": round(p95, 1),
        }


class Api:
    """What the installed release answers, and how long it took."""

    def __init__(self, environment: str) -> None:
        config = json.loads((SITE / "config" / environment / "api.json").read_text())
        site = json.loads((SITE / "site.json").read_text())
        # Hosts of a fleet have one configuration, and share one machine here.
        port = site["ports"][environment] if site["name"] else config["port"]
        self.address = config["host"], port
        self.figures = Figures()
        self.respond = runpy.run_path(str(CORE / "handlers.py"))["respond"]
        self.context: dict[str, Any] = {
            "root": SITE,
            "config": config,
            "environment": environment,
            "version": json.loads((SITE / "package.json").read_text())["version"],
            "migrations": len(list((CORE / "migrations").glob("*.up.sql"))),
            "health": site["health"],
            "started": time.time(),
            "figures": self.figures.read,
        }


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Any
    timeout = 30

    def do_GET(self) -> None:
        """Answer with what the release says, or with 500 if it fails."""
        api, began = self.server.program, time.perf_counter()
        path = self.path.partition("?")[0]
        asks = {**api.context, "client": self.headers.get("User-Agent", "")}
        try:
            status, body = api.respond(path, asks)
        except Exception:  # noqa: BLE001 - a release may fail in any way; it is logged
            status, body = 500, {"status": "error", "error": "internal server error"}
            sys.stderr.write(traceback.format_exc(limit=-1))
        ms = (time.perf_counter() - began) * 1000
        if path not in UNCOUNTED:
            api.figures.add(ms, failed=status >= 500)
        said = json.dumps(body, separators=(",", ":"))
        data = (body if isinstance(body, str) else said).encode()
        kind = "text/html" if isinstance(body, str) else "application/json"
        serving.answer(self, status, f"{kind}; charset=utf-8", data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name
        """Log with the time alone: there is one client, this machine."""
        sys.stderr.write(f"{time.strftime('%H:%M:%S')} {format % args}\n")
        sys.stderr.flush()


def main() -> None:
    """Serve until SIGTERM."""
    serving.end_at_sigterm()
    api = Api(sys.argv[1])
    with serving.Server(api.address, Handler, api, finishes=True) as server:
        version = api.context["version"]
        sys.stderr.write(f"MOBIUS {version} on port {server.server_port}\n")
        sys.stderr.flush()
        server.serve()


if __name__ == "__main__":
    main()
