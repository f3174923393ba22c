"""Connecting to `host:port`, and connection errors as text."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import ssl
from collections.abc import Iterator, Mapping

from msgspec import Struct

from mobius_tui.runbook.text.units import duration_in_words

_LOCAL_ERRORS = frozenset(
    {errno.ENETDOWN, errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EMFILE, errno.ENFILE}
)
"""Errors that say something about this machine, and nothing about the service."""

_WORDS = {
    errno.ECONNREFUSED: "refused",
    errno.EHOSTUNREACH: "unreachable host",
    errno.EHOSTDOWN: "unreachable host",
    errno.ETIMEDOUT: "timed out while connecting",
    errno.ECONNRESET: "answer cut short",
    errno.ECONNABORTED: "answer cut short",
    errno.EPIPE: "answer cut short",
    errno.ENETDOWN: "this machine's network is down",
    errno.ENETUNREACH: "this machine has no route to that network",
    errno.EADDRNOTAVAIL: "this machine has no free address or port for it",
    errno.EMFILE: "this program has too many files open",
    errno.ENFILE: "this machine has too many files open",
}

_NUMBERS: Mapping[type[OSError], int] = {
    ConnectionRefusedError: errno.ECONNREFUSED,
    ConnectionResetError: errno.ECONNRESET,
    ConnectionAbortedError: errno.ECONNABORTED,
    BrokenPipeError: errno.EPIPE,
}
"""Of errors that asyncio raises by itself, without a number and without a word."""

_TLS_PENDING = (ssl.SSLWantReadError, ssl.SSLWantWriteError)
"""Not failures: TLS was waiting for data when something else ended it."""


class ConnectionFailure(Struct, frozen=True, kw_only=True):
    """Why a connection or a request failed."""

    words: str
    is_local: bool = False
    """Whether this machine failed: nothing is known about the service then."""
    is_refused: bool = False
    """Whether the other machine refused the connection: so the network works."""


def connection_failure(error: BaseException) -> ConnectionFailure | None:
    """The network error that caused an exception; `None` if none did.

    Of the errors of several addresses, one about the service comes before one about
    this machine.
    """
    found = [
        _describe_error(each)
        for each in _chain(error)
        if isinstance(each, OSError)
        and _number(each)
        and not isinstance(each, _TLS_PENDING)
    ]
    for each in found:
        if not each.is_local:
            return each
    return found[0] if found else None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An exception, its causes and contexts, and the members of groups."""
    pending: list[BaseException] = [error]
    seen: set[int] = set()
    while pending:
        each = pending.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        if isinstance(each, BaseExceptionGroup):
            pending.extend(each.exceptions)
        pending.extend(
            link for link in (each.__cause__, each.__context__) if link is not None
        )


def _describe_error(error: OSError) -> ConnectionFailure:
    if isinstance(error, ssl.SSLCertVerificationError):
        return ConnectionFailure(words=f"TLS: {error.verify_message}")
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return ConnectionFailure(words="closed in the middle of TLS")
    if isinstance(error, ssl.SSLError):
        reason = (error.reason or str(error)).replace("_", " ").lower()
        return ConnectionFailure(words=f"TLS: {reason}")
    if isinstance(error, socket.gaierror):
        if error.errno == socket.EAI_AGAIN:
            return ConnectionFailure(words="no name server answers", is_local=True)
        return ConnectionFailure(words="unknown host")
    number = _number(error)
    words = _WORDS.get(number) or error.strerror or os.strerror(number)
    return ConnectionFailure(
        words=words,
        is_local=number in _LOCAL_ERRORS,
        is_refused=number == errno.ECONNREFUSED,
    )


def _number(error: OSError) -> int:
    """The system's number of an error; 0 where it is none of the system's."""
    return error.errno or _NUMBERS.get(type(error), 0)


def split_address(at: str) -> tuple[str, int]:
    """The host and the port of `host:port` or `[::1]:port`.

    Raises:
        ValueError: it is no such address; the message shows the form of one.
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
        within: seconds, including the resolution of the name.
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
        OSError: the host's name cannot be resolved.
        ExceptionGroup: no address accepts; it holds the error of each.
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
