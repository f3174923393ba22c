"""Makes one try at a webhook: resolves its address, posts, and judges the answer."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Literal, TypeAlias

import httpx
from msgspec import Struct

from mobius_tui import __version__, sanitize
from mobius_tui.health.connection import connection_failure
from mobius_tui.run.storage.redaction import redact, secret_url_parts
from mobius_tui.runbook.text.units import duration_in_words

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

PRIVATE_NAME_SUFFIXES = (".internal", ".local", ".localhost", ".home.arpa")
"""Suffixes of names that no public name server answers for (RFC 6761, 6762 and 8375,
and ICANN's reservation of 2024): such names may lead to private addresses."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
MAX_ADDRESSES_TRIED = 4
"""Addresses of a name that are tried at most, one after the other."""


class PrivateAddressError(ValueError):
    """A public name leads to private addresses alone."""


def is_private_name(host: str) -> bool:
    """Whether a URL's host has the form of one that may lead to a private address."""
    name = host.rstrip(".").lower()
    return (
        literal_address(name) is not None
        or "." not in name
        or name.endswith(PRIVATE_NAME_SUFFIXES)
    )


def literal_address(host: str) -> Address | None:
    """The IP address that a URL's host is; `None` where it is a name."""
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def is_public_address(address: Address) -> bool:
    """Whether an address, or the IPv4 address embedded in it, is public."""
    inner: Address | None = None
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if inner is not None:
        return is_public_address(inner)
    return address.is_global and not address.is_multicast


async def addresses_of(host: str, port: int) -> tuple[str, ...]:
    """Resolve a host to the addresses that a webhook may be sent to.

    Raises:
        PrivateAddressError: a name resolves to private addresses alone.
        OSError: the name is not known, or nobody answers for it.
    """
    own = literal_address(host)
    if own is not None:
        return (str(own),)
    resolved = await asyncio.get_running_loop().getaddrinfo(
        host, port, type=socket.SOCK_STREAM
    )
    every = tuple(dict.fromkeys(str(each[4][0]) for each in resolved))
    if not is_private_name(host):
        every = tuple(
            text
            for text in every
            if (one := literal_address(text.partition("%")[0]))
            and is_public_address(one)
        )
        if not every:
            raise PrivateAddressError(host)
    return every[:MAX_ADDRESSES_TRIED]


MAX_ANSWER = 4_096
"""Bytes of an answer that are read at most."""
MAX_EXCERPT_CHARS = 200
"""Characters of an answer that are recorded."""
TOO_MANY_REQUESTS = 429
_REFUSED_WITH_200 = re.compile(
    r"delivery failed.*?HTTP error (?P<status>\d{3})", re.IGNORECASE | re.DOTALL
)
"""The older connectors of Teams answer 200, and say in the body that it failed."""


class WebhookResult(Struct, frozen=True, kw_only=True):
    """The result of one try to send."""

    outcome: Literal["sent", "not sent", "unknown"]
    reason: str = ""
    """In words, without the URL; empty where it was sent."""
    status: int | None = None
    answer: str = ""
    is_temporary: bool = False
    """Whether the failure is temporary, so that another try may succeed."""
    retry_after: float | None = None
    """Seconds that the channel asks to wait."""


def url_problem(url: str) -> str | None:
    """Why nothing is sent to a URL; None where it can be. Never holds the URL."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        return "its URL is none that can be asked"
    if parsed.scheme not in ("http", "https") or not parsed.host:
        return "its URL must begin with https:// and a host"
    if parsed.port is not None and not 0 < parsed.port <= 65535:
        return "its URL has a port that is none; ports go from 1 to 65535"
    if parsed.scheme == "http" and not _is_this_machine(parsed.host):
        return "its URL must begin with https://; http:// is for this machine alone"
    return None


def _is_this_machine(host: str) -> bool:
    """Whether a host's name or address says that it is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _RequestTrace:
    """How far a request has come."""

    def __init__(self) -> None:
        self.began = False
        """Whether a byte of the request may have been written."""
        self.status: int | None = None
        self.headers: Mapping[str, str] = {}
        self.body = bytearray()
        self._connections: list[Any] = []

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Note how far it has come; called by httpx."""
        if event == "connection.connect_tcp.complete":
            self._connections.append(info["return_value"])
        if event.endswith("send_request_headers.started"):
            self.began = True

    async def close_connections(self) -> None:
        """Close connections: httpx leaves one open that is cut off during TLS."""
        for connection in self._connections:
            await connection.aclose()


async def post_webhook(url: str, body: bytes, *, within: float) -> WebhookResult:
    """Make one try; never raises for what a server does.

    Args:
        url: where to.
        body: JSON.
        within: seconds for everything, from the name's look-up to the answer's end.
    """
    wrong = url_problem(url)
    if wrong:
        return WebhookResult(outcome="not sent", reason=wrong)
    seen = _RequestTrace()
    problem = ""
    try:
        async with asyncio.timeout(within), _client() as client:
            await _send(client, url, body, seen)
    except TimeoutError:
        problem = f"no answer in {duration_in_words(within)}"
    except PrivateAddressError:
        return WebhookResult(
            outcome="not sent",
            reason="its host's name leads to a private address; if that is meant, the "
            "URL names the address itself",
        )
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        problem = _error_text(error)
    finally:
        await seen.close_connections()
    return _result_of(url, seen, problem)


def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(
        trust_env=False,
        timeout=None,  # noqa: S113 - `post_webhook` bounds the whole try, not each read
        follow_redirects=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        headers={
            "User-Agent": f"mobius-tui/{__version__}",
            "Accept-Encoding": "identity",
            "Connection": "close",
        },
    )


async def _send(
    client: httpx.AsyncClient, url: str, body: bytes, seen: _RequestTrace
) -> None:
    """Send to the first of the host's addresses that accepts a connection."""
    parsed = httpx.URL(url)
    port = parsed.port or (443 if parsed.scheme == "https" else 80)
    addresses = await addresses_of(parsed.host, port)
    for address in addresses:
        try:
            await _send_to_address(client, parsed, address, body, seen)
        except httpx.ConnectError:
            if seen.began or address == addresses[-1]:
                raise
        else:
            return


async def _send_to_address(
    client: httpx.AsyncClient,
    parsed: httpx.URL,
    address: str,
    body: bytes,
    seen: _RequestTrace,
) -> None:
    request = client.build_request(
        "POST",
        parsed.copy_with(host=address),
        content=body,
        headers={
            "Host": parsed.netloc.decode("ascii"),
            # Without the charset, the connectors of Teams count two bytes a character.
            "Content-Type": "application/json; charset=utf-8",
        },
        # The certificate is to be that of the name, not of the address.
        extensions={"trace": seen.trace, "sni_hostname": parsed.raw_host.decode()},
    )
    response = await client.send(request, stream=True)
    try:
        seen.status, seen.headers = response.status_code, response.headers
        async for chunk in response.aiter_raw():
            seen.body += chunk
            if len(seen.body) >= MAX_ANSWER:
                return
    finally:
        await response.aclose()


def _result_of(url: str, seen: _RequestTrace, problem: str) -> WebhookResult:
    status = seen.status
    if status is None:
        outcome: Literal["unknown", "not sent"] = (
            "unknown" if seen.began else "not sent"
        )
        return WebhookResult(
            outcome=outcome, reason=problem, is_temporary=not seen.began
        )
    answer = answer_excerpt(url, bytes(seen.body[:MAX_ANSWER]))
    inner = _REFUSED_WITH_200.search(answer)
    if 200 <= status < 300 and inner is None:
        return WebhookResult(outcome="sent", status=status, answer=answer)
    if 300 <= status < 400:
        words = f"it answers {status}: it leads elsewhere, and that is not followed"
    else:
        words = f"it answers {status}"
    status_meant = int(inner["status"]) if inner is not None else status
    return WebhookResult(
        outcome="not sent",
        reason=words,
        status=status,
        answer=answer,
        is_temporary=status_meant == TOO_MANY_REQUESTS or status_meant >= 500,
        retry_after=_retry_after(seen.headers.get("retry-after", ""))
        if status_meant == TOO_MANY_REQUESTS
        else None,
    )


def answer_excerpt(url: str, body: bytes) -> str:
    """The first characters of an answer, sanitized, without parts of the URL."""
    text = body.decode("utf-8", "replace")
    parts = sorted(secret_url_parts(url, str(httpx.URL(url))))
    return sanitize.line(redact(text, parts).strip())[:MAX_EXCERPT_CHARS]


def _retry_after(text: str) -> float | None:
    """The seconds that a Retry-After asks for; `None` where it says nothing."""
    text = text.strip()
    if re.fullmatch(r"\d{1,9}", text):
        return float(text)
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())


def _error_text(error: Exception) -> str:
    """Why no answer came; httpx's own message may hold the URL."""
    failure = connection_failure(error)
    if failure is not None:
        return failure.words
    match error:
        case httpx.RemoteProtocolError() if "Server disconnected" in str(error):
            return "it closed the connection without an answer"
        case httpx.RemoteProtocolError():
            return "what it answers is no HTTP"
        case httpx.ReadError() | httpx.WriteError():
            return "the connection broke"
        case _:
            return f"it failed: {type(error).__name__}"
