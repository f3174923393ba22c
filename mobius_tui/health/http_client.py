"""One bounded HTTP request, and its answer.

Probes and `http` checks use it. Nothing is taken from the environment (no
proxies), no cookie is kept, and no redirect is followed unless the caller says so.
"""

from __future__ import annotations

import asyncio
import errno
import functools
import ssl
import stat
import time
from collections.abc import Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from msgspec import Struct

from mobius_tui import __version__
from mobius_tui.health.connection import connection_failure
from mobius_tui.runbook.text.units import duration_in_words, size_in_words

if TYPE_CHECKING:
    from httpcore import AsyncNetworkStream

MAX_BODY = 1 << 20
"""Bytes of a body that are read at most."""

_HEADERS = {
    "User-Agent": f"mobius-tui/{__version__}",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Connection": "close",
}


class HttpAnswer(Struct, frozen=True, kw_only=True):
    """The answer to one request."""

    status: int | None = None
    """The HTTP status; `None` if no answer began."""
    body: bytes = b""
    """Empty if there is a problem."""
    ms: float
    """Milliseconds from the request to the end of the body, or to the problem."""
    location: str = ""
    """The target of a redirect that was not followed, without secrets."""
    problem: str = ""
    """Why there is no complete answer; empty if there is one."""
    failed_locally: bool = False
    """Whether this machine failed, and not the service."""


def new_http_client(ca: str | None = None) -> httpx.AsyncClient:
    """A client for any number of requests that trust the same certificates.

    Each request makes a connection of its own: a kept one may be served by a process
    that no longer accepts new ones, and would look healthy.

    Args:
        ca: a file of certificates to trust in place of the system's.

    Raises:
        OSError: `ca` cannot be read, or holds no certificates.
    """
    return httpx.AsyncClient(
        verify=trust_store(ca),
        trust_env=False,
        timeout=None,  # noqa: S113 - `send_request` bounds the whole answer, not each read
        headers=_HEADERS,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
    )


def trust_store(ca: str | None) -> ssl.SSLContext:
    """The certificates to trust.

    Args:
        ca: a file of certificates to trust in place of the system's.

    Raises:
        OSError: it cannot be read, or holds no certificates.
    """
    return _cached_trust_store(ca, _file_stamp(ca) if ca is not None else 0)


def _file_stamp(ca: str) -> int:
    """When a file of certificates was changed. Anything but a regular file is refused.

    Raises:
        OSError: it cannot be read, or is no regular file.
    """
    try:
        found = Path(ca).stat()
    except ValueError as error:
        raise OSError(errno.EINVAL, "it is no file's name") from error
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is no regular file", ca)
    return found.st_mtime_ns


@functools.lru_cache(maxsize=8)
def _cached_trust_store(ca: str | None, _stamp: int) -> ssl.SSLContext:
    """The certificates to trust; made once, since reading the system's takes 7 ms.

    Args:
        ca: a file of certificates to trust in place of the system's.
        _stamp: changes when that file does, so that it is read anew.

    Raises:
        OSError: `ca` cannot be read, or holds no certificates.
    """
    return ssl.create_default_context(cafile=ca)


async def send_request(
    client: httpx.AsyncClient,
    *,
    url: str,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    within: float,
    max_body: int = MAX_BODY,
    redirects: int = 0,
) -> HttpAnswer:
    """Make one request; never raises for what a server does.

    Args:
        client: from `new_http_client`.
        url: the address.
        method: the HTTP method.
        headers: further headers.
        within: seconds for everything, from connecting to the last byte of the body.
        max_body: bytes of the body at most; a longer one is a problem.
        redirects: how many redirects are followed.
    """
    started = time.perf_counter()

    def ms() -> float:
        return round((time.perf_counter() - started) * 1000, 3)

    wrong = _url_problem(url)
    if wrong:
        return HttpAnswer(ms=ms(), problem=wrong)
    partial = _PartialAnswer()
    problem, is_local = "", False
    try:
        async with asyncio.timeout(within):
            request = client.build_request(
                method.encode("ascii", "replace").decode(),
                url,
                headers={
                    name.encode(): value.encode()
                    for name, value in (headers or {}).items()
                },
                extensions={"trace": partial.trace},
            )
            await _follow(client, request, redirects, max_body, partial)
    except TimeoutError:
        problem = f"timed out after {duration_in_words(within)}"
    except _TooLong:
        problem = f"body over {size_in_words(max_body)}"
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        problem, is_local = _describe_failure(error)
    finally:
        await partial.close_connections()
    return HttpAnswer(
        status=partial.status,
        body=b"" if problem else bytes(partial.body),
        ms=ms(),
        location=partial.location,
        problem=problem,
        failed_locally=is_local,
    )


class _TooLong(Exception):  # noqa: N818 - a signal between two functions
    """The body is longer than allowed."""


class _PartialAnswer:
    """The part of an answer that was received so far."""

    def __init__(self) -> None:
        self.status: int | None = None
        self.location = ""
        self.body = bytearray()
        self._connections: list[AsyncNetworkStream] = []

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Record each connection: a trace hook of httpx."""
        if event == "connection.connect_tcp.complete":
            self._connections.append(info["return_value"])

    async def close_connections(self) -> None:
        """Close the connections: httpx leaves one open if cancelled during TLS."""
        for connection in self._connections:
            await connection.aclose()


async def _follow(
    client: httpx.AsyncClient,
    request: httpx.Request,
    redirects: int,
    max_body: int,
    partial: _PartialAnswer,
) -> None:
    while True:
        response = await client.send(request, stream=True, follow_redirects=False)
        try:
            partial.status = response.status_code
            following = response.next_request
            partial.location = (
                url_without_secrets(str(following.url)) if following else ""
            )
            if following is None or redirects <= 0:
                async for chunk in response.aiter_bytes():
                    partial.body += chunk
                    if len(partial.body) > max_body:
                        raise _TooLong
                return
        finally:
            await response.aclose()
        redirects -= 1
        request = following


def url_without_secrets(url: str) -> str:
    """A URL without the parts that may hold a secret: user, password and query."""
    try:
        parsed = httpx.URL(url)
        bare = parsed.copy_with(username=None, password=None, query=None, fragment=None)
    except (httpx.InvalidURL, ValueError):
        return "an unreadable URL"
    return f"{bare}?…" if parsed.query else str(bare)


def _url_problem(url: str) -> str:
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        return "this is no URL that can be asked"
    if parsed.scheme not in ("http", "https") or not parsed.host:
        return "a URL to ask begins with http:// or https:// and a host"
    if parsed.port is not None and not 0 < parsed.port <= 65535:
        return f"{parsed.port} is no port; ports go from 1 to 65535"
    return ""


def _describe_failure(error: Exception) -> tuple[str, bool]:
    """Why a request got no complete answer, and whether this machine failed."""
    found = connection_failure(error)
    if found is not None:
        return found.words, found.is_local
    match error:
        case httpx.RemoteProtocolError() if "Server disconnected" in str(error):
            return "closed without an answer", False
        case httpx.RemoteProtocolError() if "peer closed" in str(error):
            return "answer cut short", False
        case httpx.RemoteProtocolError():
            return "no HTTP answer", False
        case httpx.ReadError() | httpx.WriteError():
            return "answer cut short", False
        case httpx.DecodingError():
            return "its body cannot be decoded", False
        case httpx.UnsupportedProtocol():
            return "redirected to something other than HTTP", False
        case httpx.LocalProtocolError() | UnicodeError():
            # Their own words quote the header, which may carry a secret.
            return "its method or a header is not what HTTP allows", False
        case _:
            return f"{type(error).__name__}: {error}"[:120], False
