"""What stands before the hosts of a fleet: it asks them in turn, as balancers do.

A host that does not answer, or answers with an error of its own, is passed over; only
where all of them do, whoever asked is told so.
"""

from __future__ import annotations

import json
import signal
import sys
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from socketserver import TCPServer
from typing import Any

SITE = Path(__file__).resolve().parents[1]
PATIENCE = 15.0
"""Seconds that a host is given for its answer."""


class Server(ThreadingHTTPServer):
    """Serves until the fleet is stopped or removed."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, upstreams: list[int]) -> None:
        self.upstreams, self.turn = upstreams, count()
        super().__init__(("127.0.0.1", port), Handler)

    def server_bind(self) -> None:
        """Bind without asking the name service who we are, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    def service_actions(self) -> None:
        """End with the fleet, should nobody have stopped us."""
        if not (SITE / "run").is_dir():
            raise SystemExit(0)


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Server
    timeout = 30

    def do_GET(self) -> None:
        """Answer with what the first host says whose turn it is, and that is well."""
        first = next(self.server.turn)
        upstreams = self.server.upstreams
        status, kind, body = 502, "text/plain", b"no host answers\n"
        for n in range(len(upstreams)):
            port = upstreams[(first + n) % len(upstreams)]
            try:
                status, kind, body = self._ask(port)
            except (OSError, HTTPException):
                continue
            if status < 500:
                break
        try:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True  # whoever asked did not wait

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
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    site = json.loads((SITE / "site.json").read_text())
    with Server(site["ports"][site["environment"]], site["upstreams"]) as server:
        server.serve_forever(poll_interval=0.25)


if __name__ == "__main__":
    main()
