"""What the system says went wrong, in words, and whether we were blind."""

from __future__ import annotations

import errno
import socket
import ssl

import httpx
import pytest

from mobius_tui.health.connection import connection_failure, split_address, try_connect
from tests.health.servers import closed_port, serve, whole


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
    found = connection_failure(wrapped(OSError(number, "words")))
    assert found is not None
    assert found.is_local


def test_names() -> None:
    again = connection_failure(wrapped(socket.gaierror(socket.EAI_AGAIN, "again")))
    unknown = connection_failure(wrapped(socket.gaierror(socket.EAI_NONAME, "unknown")))
    assert again is not None
    assert again.is_local
    assert unknown is not None
    assert (unknown.words, unknown.is_local) == ("unknown host", False)


def test_one_address_that_says_something_is_enough() -> None:
    errors = (
        OSError(errno.ENETUNREACH, "no route"),
        ConnectionRefusedError(errno.ECONNREFUSED, "refused"),
    )
    for several in (errors, errors[::-1]):
        found = connection_failure(wrapped(*several))
        assert found is not None
        assert (found.words, found.is_local) == ("refused", False)


def test_what_is_no_system_error_is_no_trouble() -> None:
    assert connection_failure(ValueError("x")) is None
    assert connection_failure(ssl.SSLWantReadError(2, "waiting")) is None


async def test_accepted() -> None:
    async with serve(whole()) as (port, _):
        assert await try_connect(f"127.0.0.1:{port}", 5) is None


async def test_a_name_with_several_addresses_accepts_if_one_does() -> None:
    async with serve(whole()) as (port, _):
        assert await try_connect(f"localhost:{port}", 5) is None


async def test_refused() -> None:
    found = await try_connect(f"127.0.0.1:{closed_port()}", 5)
    assert found is not None
    assert (found.words, found.is_local) == ("refused", False)


async def test_no_time_at_all() -> None:
    found = await try_connect("127.0.0.1:9", 0.0)
    assert found is not None
    assert "timed out" in found.words


@pytest.mark.parametrize("at", ["", "host", ":80", "host:", "host:http", "host:70000"])
async def test_what_is_no_address_is_said(at: str) -> None:
    with pytest.raises(ValueError, match=r"is no address|ports go from"):
        split_address(at)
    found = await try_connect(at, 1)
    assert found is not None
    assert "address" in found.words or "ports" in found.words


def test_addresses() -> None:
    assert split_address("host:80") == ("host", 80)
    assert split_address("[::1]:443") == ("::1", 443)
