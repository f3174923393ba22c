"""A runbook with a trigger, and the service that it watches."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

BOOK = """format = 1
[runbook]
id = "watched"
title = "Watched"
workdir = "."
environment = "where"
protected = ["production"]
[var.where]
default = "{where}"
choices = ["production", "staging"]
[health]
every = "100ms"
[[health.probe]]
id = "api"
title = "API"
url = "http://127.0.0.1:{port}/health"
timeout = "1s"
[health.trigger]
consecutive_failures = 3
then = "automatic"
grace = "{grace}"
[[phase]]
id = "assess"
title = "Assess"
[[phase.step]]
id = "look"
title = "Look"
run = "echo looked"
effect = "read"
[[phase.step]]
id = "wait"
title = "Wait"
run = "until [ -e go ]; do sleep 0.02; done"
effect = "read"
[[phase]]
id = "manual"
title = "By hand"
[[phase.step]]
id = "restore"
title = "Restore"
effect = "destroy"
run = "echo hand >> invoked; until [ -e go ]; do sleep 0.02; done; touch well"
[[phase]]
id = "automatic"
title = "Automatic"
aside = true
instead_of = ["manual"]
next = "verify"
[[phase.step]]
id = "auto-restore"
title = "Restore by itself"
effect = "destroy"
run = '''
echo automatic >> invoked
test ! -e broken
touch well
'''
[[phase.step]]
id = "auto-verify"
title = "Is it well?"
[[phase.step.check.http]]
url = "http://127.0.0.1:{port}/health"
status = 200
attempts = 40
consecutive = 3
every = "100ms"
[[phase]]
id = "verify"
title = "Verify"
[[phase.step]]
id = "verified"
title = "Verified"
run = "true"
effect = "read"
"""


class Service:
    """Answers 200 where the file `well` is there, and 500 where it is not.

    What the file `body` holds is its body; `slow` holds the seconds that it takes.
    """

    def __init__(self, folder: Path) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = folder / "body"
                said = body.read_bytes() if body.exists() else b""
                with suppress(OSError):
                    time.sleep(float((folder / "slow").read_text() or 0))
                self.send_response(200 if (folder / "well").exists() else 500)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                del format, args

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = int(self.server.server_address[1])


@contextmanager
def service(folder: Path) -> Iterator[Service]:
    answering = Service(folder)
    thread = threading.Thread(target=answering.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield answering
    finally:
        answering.server.shutdown()
        answering.server.server_close()
        thread.join()


def book(site: Service, *, grace: str = "0.3s", where: str = "staging") -> str:
    return BOOK.format(port=site.port, grace=grace, where=where)


def invoked(folder: Path) -> list[str]:
    path = folder / "invoked"
    return path.read_text().split() if path.exists() else []


def far(text: str) -> str:
    """A service that is asked by an address that is not loopback; and it is slow."""
    text = text.replace("http://127.0.0.1:", "http://0.0.0.0:", 1)
    rule = '[health.trigger]\np95_latency = { above = "2s" }\n'
    return text.replace("[health.trigger]\n", rule, 1)
