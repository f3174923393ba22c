"""Where a drill's messages go: it takes every one, keeps it, and tells nobody.

Each line of `run/messages.jsonl` is one message: when it came, in seconds since 1970,
the channel that it was for, and what that would have got.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import Any

SITE = Path(__file__).resolve().parents[1]
MOST = 1 << 20
"""Bytes of a message at most."""


class Server(ThreadingHTTPServer):
    """Serves until the site is stopped or removed."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int) -> None:
        self.one_at_a_time = threading.Lock()
        super().__init__(("127.0.0.1", port), Handler)

    def server_bind(self) -> None:
        """Bind without asking the name service who we are, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    def service_actions(self) -> None:
        """End with the site, should nobody have stopped us."""
        if not (SITE / "run").is_dir():
            raise SystemExit(0)

    def keep(self, channel: str, body: object) -> None:
        """Add a message to those that came."""
        came = {"at": time.time(), "channel": channel, "body": body}
        line = json.dumps(came, ensure_ascii=False) + "\n"
        with self.one_at_a_time, (SITE / "run" / "messages.jsonl").open("a") as file:
            file.write(line)


class Handler(BaseHTTPRequestHandler):
    """Takes messages."""

    server: Server
    timeout = 30

    def do_POST(self) -> None:
        """Keep a message, and answer as Slack does."""
        length = int(self.headers.get("Content-Length", "0"))
        if length > MOST:
            self._answer(413, b"too long")
            return
        try:
            body = json.loads(self.rfile.read(length))
        except ValueError:
            self._answer(400, b"no JSON")
            return
        self.server.keep(self.path.strip("/"), body)
        self._answer(200, b"ok")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing of requests; the messages are kept."""


def main() -> None:
    """Take messages until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    port = json.loads((SITE / "site.json").read_text())["sink"]
    with Server(port) as server:
        server.serve_forever(poll_interval=0.25)


if __name__ == "__main__":
    main()
