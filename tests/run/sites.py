"""A site that is watched: what it answers is told to it, and its restorer counts."""

from __future__ import annotations

import resource
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil

from mobius_tui.health.health_record import ProbeResult, decode_record
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.watch_events import TriggerFired
from tests.run.running import Running

FAILURES = "consecutive_failures = 3"
SEED = """consecutive_failures = 3
success_rate = {}
p95_latency = { above = "1s" }
error_rate = {}"""
"""The seed's rules; its 5 s of latency are 1 s, so that a test takes seconds."""

RUNBOOK = """format = 1
[runbook]
id = "watched"
title = "Watched"
workdir = "."
environment = "place"
protected = ["production"]
[var.place]
default = "staging"
[health]
every = "EVERY"
witness = [WITNESS]
[[health.probe]]
id = "api"
title = "API"
url = "http://127.0.0.1:PORT/health"
timeout = "TIMEOUT"
[health.trigger]
TRIGGERS
then = "automatic"
grace = "GRACE"
[[phase]]
id = "manual"
title = "By hand"
[[phase.step]]
id = "restore"
title = "Restore"
effect = "destroy"
run = "./restore hand"
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
run = "./restore automatic"
[[phase.step]]
id = "auto-verify"
title = "Is it well?"
[[phase.step.check.http]]
url = "http://127.0.0.1:PORT/health"
status = 200
attempts = 100
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

RESTORE = """#!/bin/sh
echo "$1" >> invoked
touch down
until [ ! -e wait ]; do sleep 0.02; done
rm -f down
"""
"""Counts itself; while it restores, the service is down, as in real life."""

Answer = Callable[[int], tuple[int, float]]
"""From the number of a request, the status and the seconds that it takes."""


class Site:
    """A service on 127.0.0.1, down where the file `down` is in its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answer: Answer = lambda _: (200, 0.0)
        self.asked = 0
        self._server: ThreadingHTTPServer | None = None
        self.port = 0
        restore = folder / "restore"
        restore.write_text(RESTORE)
        restore.chmod(0o755)
        self.open()

    def open(self) -> None:
        """Accept connections, at the same port each time."""
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked += 1
                status, takes = site.answer(site.asked)
                time.sleep(takes)
                down = (site.folder / "down").exists()
                try:
                    self.send_response(500 if down else status)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                except OSError:
                    self.close_connection = True  # whoever asked has hung up

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                del format, args

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = int(self._server.server_address[1])
        serve = self._server.serve_forever
        threading.Thread(target=serve, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """Refuse connections."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
        self._server = None

    def book(
        self,
        *,
        triggers: str = FAILURES,
        every: str = "100ms",
        timeout: str = "1s",
        grace: str = "0.3s",
        witness: int | None = None,
    ) -> str:
        """The text of a runbook that watches it."""
        text = RUNBOOK
        for name, value in (
            ("PORT", str(self.port)),
            ("WITNESS", f'"127.0.0.1:{witness}"' if witness is not None else ""),
            ("EVERY", every),
            ("TIMEOUT", timeout),
            ("TRIGGERS", triggers),
            ("GRACE", grace),
        ):
            text = text.replace(name, value)
        return text

    def invoked(self) -> list[str]:
        """Who invoked the restoring script, the first one first."""
        path = self.folder / "invoked"
        return path.read_text().split() if path.exists() else []


def checks(run: Running) -> list[ProbeResult]:
    """Every check on record."""
    lines = run.directory.health.read_bytes().split(b"\n")[:-1]
    records = [decode_record(line) for line in lines]
    return [record for record in records if isinstance(record, ProbeResult)]


def firings(run: Running) -> list[Entry]:
    """Every trigger that fired, as the journal has it."""
    return [e for e in run.entries() if isinstance(e.event, TriggerFired)]


async def seen(run: Running, state: str, count: int) -> list[ProbeResult]:
    """Wait for so many more checks of a state; all checks by then."""
    before = sum(check.state == state for check in checks(run))

    def enough(_: object) -> bool:
        return sum(c.state == state for c in checks(run)) >= before + count

    await run.until(enough)
    return checks(run)


@contextmanager
def no_sockets(run: Running) -> Iterator[None]:
    """The host may open no file and no socket: it cannot look."""
    host = psutil.Process(run.host())
    soft, hard = host.rlimit(resource.RLIMIT_NOFILE)
    host.rlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        yield
    finally:
        host.rlimit(resource.RLIMIT_NOFILE, (soft, hard))
