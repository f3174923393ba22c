"""Connecting to `host:port`."""

from __future__ import annotations

import pytest

from mobius_tui.health.reach import reach, split_address
from tests.health.servers import closed_port, serve, whole


async def test_accepted() -> None:
    async with serve(whole()) as (port, _):
        assert await reach(f"127.0.0.1:{port}", 5) is None


async def test_a_name_with_several_addresses_accepts_if_one_does() -> None:
    async with serve(whole()) as (port, _):
        assert await reach(f"localhost:{port}", 5) is None


async def test_refused() -> None:
    found = await reach(f"127.0.0.1:{closed_port()}", 5)
    assert found is not None
    assert (found.words, found.blind) == ("refused", False)


async def test_no_time_at_all() -> None:
    found = await reach("127.0.0.1:9", 0.0)
    assert found is not None
    assert "timed out" in found.words


@pytest.mark.parametrize("at", ["", "host", ":80", "host:", "host:http", "host:70000"])
async def test_what_is_no_address_is_said(at: str) -> None:
    with pytest.raises(ValueError, match=r"is no address|ports go from"):
        split_address(at)
    found = await reach(at, 1)
    assert found is not None
    assert "address" in found.words or "ports" in found.words


def test_addresses() -> None:
    assert split_address("host:80") == ("host", 80)
    assert split_address("[::1]:443") == ("::1", 443)
