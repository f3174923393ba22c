"""What went wrong on the way to a server, in words, and whether we could look at all.

Libraries wrap an operating system's error several times over; the words and the verdict
come from the error at the bottom.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

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
class Trouble:
    """Why there is no answer."""

    words: str
    blind: bool = False
    """Whether it is we who could not look, so that nothing is known."""
    refused: bool = False
    """Whether the machine answered that nobody listens there: the network works."""


def trouble(error: BaseException) -> Trouble | None:
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


def _one(error: OSError) -> Trouble:
    if isinstance(error, ssl.SSLCertVerificationError):
        return Trouble(words=f"TLS: {error.verify_message}")
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return Trouble(words="closed in the middle of TLS")
    if isinstance(error, ssl.SSLError):
        reason = (error.reason or str(error)).replace("_", " ").lower()
        return Trouble(words=f"TLS: {reason}")
    if isinstance(error, socket.gaierror):
        if error.errno == socket.EAI_AGAIN:
            return Trouble(words="no name server answers", blind=True)
        return Trouble(words="unknown host")
    assert error.errno is not None
    words = _WORDS.get(error.errno) or error.strerror or errno.errorcode[error.errno]
    return Trouble(
        words=words,
        blind=error.errno in _BLIND,
        refused=error.errno == errno.ECONNREFUSED,
    )
