"""What stands in for curl: one GET of this drill site's own services.

`localhost:3000` is where production answers and `localhost:3001` where staging does, as
on a real machine: here each has a port that nobody else had, and is asked there.
"""

from __future__ import annotations

import json
import sys
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

SITE = Path(__file__).resolve().parents[1]
REFUSED, FAILED, TOO_LATE = 7, 22, 28
"""The exit codes of curl."""


def ports() -> dict[int, int]:
    """The port that is asked, by the one that is named."""
    own = json.loads((SITE / "site.json").read_text())["ports"]
    usual = {3000: own["production"], 3001: own["staging"]}
    return {**usual, **{port: port for port in own.values()}}


def options(words: list[str]) -> tuple[dict[str, str], str]:
    """What was asked for: options by their short names, and the address."""
    long = {
        "fail": "f",
        "silent": "s",
        "max-time": "m",
        "output": "o",
        "write-out": "w",
    }
    found: dict[str, str] = {}
    url, rest = "", iter(words)
    for word in rest:
        if word.startswith("--"):
            name = long.get(word[2:], "")
            found[name] = next(rest, "") if name in ("m", "o", "w") else "yes"
        elif word.startswith("-"):
            for letter in word[1:]:
                found[letter] = next(rest, "") if letter in "mow" else "yes"
        else:
            url = word
    return found, url


def main(words: list[str]) -> int:
    """Ask, and print the answer as curl does."""
    if words == ["--help"]:
        sys.stderr.write("curl: a stand-in: curl [-fsSL] [-m S] [-o F] [-w F] URL\n")
        return 0
    said, url = options(words)
    place = urlsplit(url if "//" in url else f"http://{url}")
    port = ports().get(place.port or 80)
    if place.hostname not in ("localhost", "127.0.0.1") or port is None:
        sys.stderr.write(f"curl: a stand-in, for this drill site alone: not {url}\n")
        return REFUSED
    connection = HTTPConnection("127.0.0.1", port, timeout=float(said.get("m", "60")))
    began, status, body, code = time.monotonic(), 0, b"", 0
    try:
        connection.request("GET", place.path or "/", headers={"User-Agent": "curl"})
        answer = connection.getresponse()
        status, body = answer.status, answer.read()
    except TimeoutError:
        code = TOO_LATE
    except (OSError, HTTPException):
        code = REFUSED
    finally:
        connection.close()
    if "f" in said and status >= 400:
        code, body = FAILED, b""
    if code and "s" not in said:
        sys.stderr.write(f"curl: ({code}) {url}: {status or 'no answer'}\n")
    if "o" in said:
        Path(said["o"]).write_bytes(body)
    else:
        sys.stdout.write(body.decode(errors="replace"))
    took = f"{time.monotonic() - began:.3f}"
    told = said.get("w", "").replace("%{http_code}", f"{status:03}")
    sys.stdout.write(told.replace("%{time_total}", took).replace("\\n", "\n"))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
