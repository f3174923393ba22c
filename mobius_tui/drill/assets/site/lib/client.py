"""Real requests to the site's API: waiting, monitoring and traffic."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import time
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from typing import NamedTuple

SITE = Path(__file__).resolve().parents[1]
CLIENT = f"mobius-client/{os.getpid()}"
"""Each program is a client of its own, as a balancer sees it."""
USERS = 60
"""Requests under way at once, at most."""


class Answer(NamedTuple):
    """What a request came to."""

    status: int
    """0 for no answer."""
    ms: float
    """Milliseconds until the whole answer was there."""
    body: str
    """The body, or why there was none."""


def get(environment: str, path: str, timeout: float = 5.0) -> Answer:
    """Ask the API of an environment; a failure is an answer, too."""
    try:
        config = json.loads((SITE / "config" / environment / "api.json").read_text())
        site = json.loads((SITE / "site.json").read_text())
        port = site["ports"][environment] if site["name"] else config["port"]
        connection = HTTPConnection("127.0.0.1", port, timeout=timeout)
    except (OSError, ValueError, LookupError) as error:
        return Answer(0, 0.0, f"no configuration: {error}")  # it may be changing
    began = time.perf_counter()
    try:
        connection.request("GET", path, headers={"User-Agent": CLIENT})
        response = connection.getresponse()
        status, body = response.status, response.read().decode(errors="replace")
    except (OSError, HTTPException) as error:
        status, body = 0, f"no answer: {error}"
    finally:
        connection.close()
    return Answer(status, (time.perf_counter() - began) * 1000, body)


def wait(environment: str, seconds: float) -> int:
    """Wait until /health is 200; 1 if it was not in time."""
    deadline = time.monotonic() + seconds
    answer = get(environment, "/health")
    while answer.status != 200 and time.monotonic() < deadline:
        time.sleep(0.05)
        answer = get(environment, "/health")
    sys.stdout.write(f"GET /health {answer.status or answer.body}\n")
    return 0 if answer.status == 200 else 1


def log_check(environment: str, log: Path) -> Answer:
    """Probe /health once and log it as `time|status|ms|body`."""
    answer = get(environment, "/health")
    at = time.strftime("%Y-%m-%d %H:%M:%S")
    body = " ".join(answer.body.split())[:200]
    with log.open("a") as lines:
        lines.write(f"{at}|{answer.status:03}|{answer.ms:.0f}|{body}\n")
    return answer


def monitor(environment: str, log: Path, seconds: float, every: float) -> int:
    """Probe /health for a while; 1 if fewer than 70 % of the checks were ok."""
    deadline = time.monotonic() + seconds
    good = checks = 0
    while not checks or time.monotonic() < deadline:
        answer = log_check(environment, log)
        checks += 1
        good += answer.status == 200
        sys.stdout.write(f"{answer.status or '---'}  {answer.ms:.0f} ms\n")
        sys.stdout.flush()
        time.sleep(max(0.0, min(every, deadline - time.monotonic())))
    sys.stdout.write(f"{good} of {checks} checks ok; logged to {log}\n")
    return 0 if good >= 0.70 * checks else 1


def traffic() -> None:
    """Send requests as users do, five a second; of a kind site, keep a monitor's log.

    Users do not wait for each other: a slow answer keeps no other request back.
    """
    site = json.loads((SITE / "site.json").read_text())
    environment, log = site["environment"], SITE / site["monitor_log"]
    paths = ("/", "/api/version", "/api/assets")
    at_once = threading.BoundedSemaphore(USERS)
    for n in count():
        if not (SITE / "run").is_dir():
            os._exit(0)  # the site was removed: nothing is left to ask
        if at_once.acquire(blocking=False):
            words = (environment, paths[n % len(paths)], at_once)
            threading.Thread(target=_use, args=words, daemon=True).start()
        if n % 10 == 0 and site["kind"] == "kind":
            with contextlib.suppress(OSError, ValueError):  # the site is being changed
                log_check(environment, log)
        time.sleep(0.2)


def _use(environment: str, path: str, at_once: threading.Semaphore) -> None:
    """One request of a user, who has patience."""
    with contextlib.suppress(OSError, ValueError):
        get(environment, path, timeout=15)
    at_once.release()


def main(arguments: list[str]) -> int:
    """Do what the first argument names."""
    verb, *rest = arguments
    if verb == "wait":
        return wait(rest[0], float(rest[1]))
    if verb == "monitor":
        every = float(os.environ.get("MONITOR_INTERVAL", "5"))
        return monitor(rest[0], Path(rest[1]), float(rest[2]), every)
    traffic()
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(main(sys.argv[1:]))
