"""What stands before the hosts of a fleet: it asks them in turn, as balancers do.

A host that does not answer, or answers with an error of its own, is passed over; only
where all of them do, whoever asked is told so.
"""

from __future__ import annotations

import json
import sys
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

SITE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(SITE / "lib"))
serving = import_module("serving")
PATIENCE = 15.0
"""Seconds that a host is given for its answer."""


class Upstreams:
    """The ports of the hosts, asked in turn."""

    def __init__(self, ports: list[int]) -> None:
        self.ports, self.turn = ports, count()


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Any
    timeout = 30

    def do_GET(self) -> None:
        """Answer with what the first host says whose turn it is, and that is well."""
        first = next(self.server.program.turn)
        upstreams = self.server.program.ports
        status, kind, body = 502, "text/plain", b"no host answers\n"
        for n in range(len(upstreams)):
            port = upstreams[(first + n) % len(upstreams)]
            try:
                status, kind, body = self._ask(port)
            except (OSError, HTTPException):
                continue
            if status < 500:
                break
        serving.answer(self, status, kind, body)

    def _ask(self, port: int) -> tuple[int, str, bytes]:
        connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            client = self.headers.get("User-Agent", "")
            connection.request("GET", self.path, headers={"User-Agent": client})
            answer = connection.getresponse()
            kind = answer.getheader("Content-Type", "text/plain")
            return answer.status, kind, answer.read()
        finally:
            connection.close()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing of requests."""


def main() -> None:
    """Serve until SIGTERM."""
    serving.end_at_sigterm()
    site = json.loads((SITE / "site.json").read_text())
    address = "127.0.0.1", site["ports"][site["environment"]]
    with serving.Server(address, Handler, Upstreams(site["upstreams"])) as server:
        server.serve()


if __name__ == "__main__":
    main()
