"""The HTTP server of the site's programs: how it binds, answers and ends."""

from __future__ import annotations

import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer

SITE = Path(__file__).resolve().parents[1]


class Server(ThreadingHTTPServer):
    """Serves until the site is stopped or removed."""

    request_queue_size = 64

    def __init__(
        self,
        address: tuple[str, int],
        handler: type[BaseHTTPRequestHandler],
        program: object,
        *,
        finishes: bool = False,
    ) -> None:
        """Bind.

        Args:
            address: host and port.
            handler: answers each request.
            program: what the handler works on, as `self.server.program`.
            finishes: whether it answers what it was asked before it ends.
        """
        self.program = program
        self.daemon_threads = not finishes
        super().__init__(address, handler)

    def server_bind(self) -> None:
        """Bind without asking the name service who we are, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    def service_actions(self) -> None:
        """End with the site, should nobody have stopped us."""
        if not (SITE / "run").is_dir():
            raise SystemExit(0)

    def serve(self) -> None:
        """Serve until it is ended."""
        self.serve_forever(poll_interval=0.25)


def end_at_sigterm() -> None:
    """End at SIGTERM, unless a release that is loaded later wants something else."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))


def answer(
    handler: BaseHTTPRequestHandler, status: int, kind: str, body: bytes
) -> None:
    """Answer a request, unless whoever asked did not wait.

    Args:
        handler: of the request.
        status: of HTTP.
        kind: the type of the body; empty to say none.
        body: the answer.
    """
    try:
        handler.send_response(status)
        if kind:
            handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
    except OSError:
        handler.close_connection = True
