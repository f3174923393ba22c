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
UNKNOWN, MALFORMED, REFUSED, FAILED, NOT_WRITTEN, TOO_LATE = 2, 3, 7, 22, 23, 28
"""The exit codes of curl."""
USAGE = "curl: a stand-in: curl [-fsSL] [-m S] [-o F] [-w F] URL\n"
LONG = {"fail": "f", "silent": "s", "max-time": "m", "output": "o", "write-out": "w"}
LONGEST = 3600.0
"""Seconds that a request may be given."""


def ports() -> dict[int, int]:
    """The port that is asked, by the one that is named."""
    own = json.loads((SITE / "site.json").read_text())["ports"]
    usual = {3000: own["production"], 3001: own["staging"]}
    return {**usual, **{port: port for port in own.values()}}


def options(words: list[str]) -> tuple[dict[str, str], str]:
    """What was asked for: options by their short names, and the address.

    Raises:
        SystemExit: one of them is not known here.
    """
    found: dict[str, str] = {}
    url, rest = "", iter(words)
    for word in rest:
        if word.startswith("-"):
            letters = LONG.get(word[2:], "?") if word.startswith("--") else word[1:]
            for letter in letters or "?":
                if letter not in "fsSLmow":
                    sys.stderr.write(f"curl: {word} is not known. {USAGE}")
                    raise SystemExit(UNKNOWN)
                found[letter] = next(rest, "") if letter in "mow" else "yes"
        else:
            url = word
    return found, url


def limit_of(said: dict[str, str]) -> float:
    """The seconds that `-m` allows.

    Raises:
        SystemExit: it is no such number.
    """
    try:
        limit = float(said.get("m", "60"))
    except ValueError:
        limit = 0.0
    if 0 < limit <= LONGEST:
        return limit
    sys.stderr.write(f"curl: -m {said.get('m')} is no number of seconds\n")
    raise SystemExit(UNKNOWN)


def place_of(url: str) -> tuple[int, str]:
    """The port of this site that an address names, and what is asked for there.

    Raises:
        SystemExit: it is no address, or one of somebody else.
    """
    try:
        place = urlsplit(url if "//" in url else f"http://{url}")
        host, named = place.hostname, place.port or 80
    except ValueError as error:
        sys.stderr.write(f"curl: {url} is no address: {error}\n")
        raise SystemExit(MALFORMED) from error
    port = ports().get(named)
    if place.scheme != "http" or host not in ("localhost", "127.0.0.1") or port is None:
        sys.stderr.write(f"curl: a stand-in, for this drill site alone: not {url}\n")
        raise SystemExit(REFUSED)
    return port, (place.path or "/") + (f"?{place.query}" if place.query else "")


def ask(port: int, path: str, limit: float) -> tuple[int, int, bytes]:
    """The exit code, the status and the body of a GET."""
    connection = HTTPConnection("127.0.0.1", port, timeout=limit)
    try:
        connection.request("GET", path, headers={"User-Agent": "curl"})
        answer = connection.getresponse()
        return 0, answer.status, answer.read()
    except TimeoutError:
        return TOO_LATE, 0, b""
    except (OSError, HTTPException):
        return REFUSED, 0, b""
    except ValueError:
        return MALFORMED, 0, b""  # letters that no request may hold
    finally:
        connection.close()


def main(words: list[str]) -> int:
    """Ask, and print the answer as curl does."""
    if words == ["--help"]:
        sys.stderr.write(USAGE)
        return 0
    said, url = options(words)
    limit, (port, path) = limit_of(said), place_of(url)
    began = time.monotonic()
    code, status, body = ask(port, path, limit)
    if "f" in said and status >= 400:
        code, body = FAILED, b""
    if code and "s" not in said:
        sys.stderr.write(f"curl: ({code}) {url}: {status or 'no answer'}\n")
    if "o" in said:
        try:
            Path(said["o"]).write_bytes(body)
        except (OSError, ValueError) as error:
            sys.stderr.write(f"curl: {said['o']} cannot be written: {error}\n")
            code = code or NOT_WRITTEN
    else:
        sys.stdout.write(body.decode(errors="replace"))
    took = f"{time.monotonic() - began:.3f}"
    told = said.get("w", "").replace("%{http_code}", f"{status:03}")
    sys.stdout.write(told.replace("%{time_total}", took).replace("\\n", "\n"))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
