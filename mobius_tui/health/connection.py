"""Connecting to `host:port`; what went wrong on the way to a server, in words."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

from mobius_tui.runbook.text.units import duration_in_words

_BLIND = frozenset(
    {errno.ENETDOWN, errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EMFILE, errno.ENFILE}
)
"""Errors that say something about this machine, and nothing about the service."""

_WORDS = {
    errno.ECONNREFUSED: "refused",
    errno.EHOSTUNREACH: "unreachable host",
    errno.EHOSTDOWN: "unreachable host",
    errno.ETIMEDOUT: "timed out while connecting",
    errno.ECONNRESET: "answer cut short",
    errno.EPIPE: "answer cut short",
    errno.ENETDOWN: "this machine's network is down",
    errno.ENETUNREACH: "this machine has no route to that network",
    errno.EADDRNOTAVAIL: "this machine has no free address or port for it",
    errno.EMFILE: "this program has too many files open",
    errno.ENFILE: "this machine has too many files open",
}

_WAITING = (ssl.SSLWantReadError, ssl.SSLWantWriteError)
"""No errors: TLS was waiting when something else ended it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ConnectionFailure:
    """Why there is no answer."""

    words: str
    blind: bool = False
    """Whether it is we who could not look, so that nothing is known."""
    refused: bool = False
    """Whether the machine answered that nobody listens there: the network works."""


def connection_failure(error: BaseException) -> ConnectionFailure | None:
    """The trouble at the bottom of an error; `None` where no such error is in it.

    Of the errors of several addresses, one that says something about the service comes
    before one that says that we could not look.
    """
    found = [
        _one(each)
        for each in _chain(error)
        if isinstance(each, OSError) and each.errno and not isinstance(each, _WAITING)
    ]
    for each in found:
        if not each.blind:
            return each
    return found[0] if found else None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error, all that it was raised from, and the members of groups."""
    todo: list[BaseException] = [error]
    seen: set[int] = set()
    while todo:
        each = todo.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        if isinstance(each, BaseExceptionGroup):
            todo.extend(each.exceptions)
        todo.extend(
            link for link in (each.__cause__, each.__context__) if link is not None
        )


def _one(error: OSError) -> ConnectionFailure:
    if isinstance(error, ssl.SSLCertVerificationError):
        return ConnectionFailure(words=f"TLS: {error.verify_message}")
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return ConnectionFailure(words="closed in the middle of TLS")
    if isinstance(error, ssl.SSLError):
        reason = (error.reason or str(error)).replace("_", " ").lower()
        return ConnectionFailure(words=f"TLS: {reason}")
    if isinstance(error, socket.gaierror):
        if error.errno == socket.EAI_AGAIN:
            return ConnectionFailure(words="no name server answers", blind=True)
        return ConnectionFailure(words="unknown host")
    assert error.errno is not None
    words = _WORDS.get(error.errno) or error.strerror or errno.errorcode[error.errno]
    return ConnectionFailure(
        words=words,
        blind=error.errno in _BLIND,
        refused=error.errno == errno.ECONNREFUSED,
    )


def split_address(at: str) -> tuple[str, int]:
    """The host and the port of `host:port` or `[::1]:port`.

    Raises:
        ValueError: it is no such address; the message says what one looks like.
    """
    host, _, port = at.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not (port.isascii() and port.isdigit() and len(port) < 6):
        raise ValueError(f'{at!r} is no address; write "host:port"')
    if not 0 < int(port) <= 65535:
        raise ValueError(f"{at!r}: ports go from 1 to 65535")
    return host, int(port)


async def try_connect(at: str, within: float) -> ConnectionFailure | None:
    """Connect once; `None` if any address of the host accepts.

    Args:
        at: `host:port`.
        within: seconds, the name's look-up included.
    """
    try:
        async with asyncio.timeout(within):
            host, port = split_address(at)
            (await connect(host, port)).close()
    except TimeoutError:
        return ConnectionFailure(words=f"timed out after {duration_in_words(within)}")
    except (OSError, ExceptionGroup) as error:
        return connection_failure(error) or ConnectionFailure(words=str(error))
    except UnicodeError:
        return ConnectionFailure(words="unknown host")
    except ValueError as error:
        return ConnectionFailure(words=str(error))
    return None


async def connect(host: str, port: int) -> socket.socket:
    """Connect to the first address of a host that accepts.

    Raises:
        OSError: the host's name leads nowhere.
        ExceptionGroup: no address accepts; it holds each one's error.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    errors: list[OSError] = []
    for family, kind, protocol, _, address in found:
        try:
            connection = socket.socket(family, kind, protocol)
        except OSError as error:
            errors.append(error)
            continue
        connection.settimeout(0)
        try:
            await loop.sock_connect(connection, address)
        except OSError as error:
            connection.close()
            errors.append(error)
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise ExceptionGroup("no address accepts", errors)
