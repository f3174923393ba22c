"""What the system says went wrong, in words, and whether we were blind."""

from __future__ import annotations

import errno
import socket
import ssl

import httpx
import pytest

from mobius_tui.health.trouble import trouble


def wrapped(*errors: OSError) -> Exception:
    """As the libraries wrap what the system says."""
    try:
        try:
            raise OSError("All connection attempts failed") from ExceptionGroup(
                "several", errors
            )
        except OSError as inner:
            raise httpx.ConnectError("failed") from inner
    except httpx.ConnectError as outer:
        return outer


@pytest.mark.parametrize(
    "number", [errno.ENETDOWN, errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EMFILE]
)
def test_what_is_wrong_with_this_machine_is_blindness(number: int) -> None:
    found = trouble(wrapped(OSError(number, "words")))
    assert found is not None
    assert found.blind


def test_names() -> None:
    again = trouble(wrapped(socket.gaierror(socket.EAI_AGAIN, "again")))
    unknown = trouble(wrapped(socket.gaierror(socket.EAI_NONAME, "unknown")))
    assert again is not None
    assert again.blind
    assert unknown is not None
    assert (unknown.words, unknown.blind) == ("unknown host", False)


def test_one_address_that_says_something_is_enough() -> None:
    errors = (
        OSError(errno.ENETUNREACH, "no route"),
        ConnectionRefusedError(errno.ECONNREFUSED, "refused"),
    )
    for several in (errors, errors[::-1]):
        found = trouble(wrapped(*several))
        assert found is not None
        assert (found.words, found.blind) == ("refused", False)


def test_what_is_no_system_error_is_no_trouble() -> None:
    assert trouble(ValueError("x")) is None
    assert trouble(ssl.SSLWantReadError(2, "waiting")) is None
