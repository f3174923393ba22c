"""A webhook on 127.0.0.1 that answers well, badly, slowly or never."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.waiting import PATIENCE

PATH = "/services/T0123456/B0123456/s3cr3tT0kenOfTheWebhook"
"""A path such as Slack makes up."""

Answer = Callable[[BaseHTTPRequestHandler], None]


def answer(
    status: int, body: bytes = b"", headers: dict[str, str] | None = None
) -> Answer:
    """A whole answer."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return reply


def raw(data: bytes) -> Answer:
    """Bytes as they are, and the end of the connection."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(data)
        handler.close_connection = True

    return reply


class Webhook:
    """What it is to answer, one after the other, and what came; the last one stays."""

    def __init__(self) -> None:
        self.answers: list[Answer] = [answer(200, b"ok")]
        self.came: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.released = threading.Event()
        """Set at the end, for answers that wait."""
        self.got = threading.Event()
        """Set when a request has come."""
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{PATH}"

    def never(self, handler: BaseHTTPRequestHandler) -> None:
        """No answer, until the test is over."""
        self.released.wait(PATIENCE)
        handler.close_connection = True

    def drip(self, handler: BaseHTTPRequestHandler) -> None:
        """A status at once, and a body without end."""
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        handler.wfile.write(b"ok so far")
        self.released.wait(PATIENCE)
        handler.close_connection = True

    @property
    def texts(self) -> list[str]:
        return [body["text"] for body in self.came]


@contextmanager
def webhook(*answers: Answer) -> Iterator[Webhook]:
    """Serve while the block lasts."""
    hook = Webhook()
    if answers:
        hook.answers = list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            if len(body) < length:
                return  # whoever sent it was killed
            hook.came.append(json.loads(body))
            hook.paths.append(self.path)
            hook.got.set()
            reply = hook.answers.pop(0) if len(hook.answers) > 1 else hook.answers[0]
            with suppress(OSError):
                reply(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    hook.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield hook
    finally:
        hook.released.set()
        server.shutdown()
        server.server_close()
