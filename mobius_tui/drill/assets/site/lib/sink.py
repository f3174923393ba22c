"""Where a drill's messages go: it takes every one, keeps it, and tells nobody.

Each line of `run/messages.jsonl` is one message: when it came, in seconds since 1970,
the channel that it was for, and what that would have got.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler
from importlib import import_module
from pathlib import Path
from typing import Any

SITE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(SITE / "lib"))
serving = import_module("serving")
MOST = 1 << 20
"""Bytes of a message at most."""


class Messages:
    """Those that came."""

    def __init__(self) -> None:
        self.one_at_a_time = threading.Lock()

    def keep(self, channel: str, body: object) -> None:
        """Add a message to those that came."""
        came = {"at": time.time(), "channel": channel, "body": body}
        line = json.dumps(came, ensure_ascii=False) + "\n"
        with self.one_at_a_time, (SITE / "run" / "messages.jsonl").open("a") as file:
            file.write(line)


class Handler(BaseHTTPRequestHandler):
    """Takes messages."""

    server: Any
    timeout = 30

    def do_POST(self) -> None:
        """Keep a message, and answer as Slack does."""
        length = int(self.headers.get("Content-Length", "0"))
        if length > MOST:
            serving.answer(self, 413, "", b"too long")
            return
        try:
            body = json.loads(self.rfile.read(length))
        except ValueError:
            serving.answer(self, 400, "", b"no JSON")
            return
        self.server.program.keep(self.path.strip("/"), body)
        serving.answer(self, 200, "", b"ok")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing of requests; the messages are kept."""


def main() -> None:
    """Take messages until SIGTERM."""
    serving.end_at_sigterm()
    port = json.loads((SITE / "site.json").read_text())["sink"]
    with serving.Server(("127.0.0.1", port), Handler, Messages()) as server:
        server.serve()


if __name__ == "__main__":
    main()
