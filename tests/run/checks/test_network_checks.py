"""`port` and `tls` checks against real servers."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

import pytest

from mobius_tui.run.checks.context import CheckContext
from mobius_tui.runbook.model.check_kinds import PortCheck, Repeat, TlsCheck
from tests.health.servers import TLS, closed_port, serve, whole
from tests.run.checks.conftest import sight

CA = str(TLS / "ca.pem")


async def test_an_open_port(ctx: CheckContext) -> None:
    async with serve(whole()) as (port, _):
        at = f"127.0.0.1:{port}"
        seen = await sight(PortCheck(at=at), ctx)
        unwanted = await sight(PortCheck(at=at, closed=True), ctx)
    assert seen.held
    assert seen.detail == f"{at} accepts connections"
    assert not unwanted.held
    assert unwanted.detail == f"{at} accepts connections, wanted it closed"


async def test_a_closed_port(ctx: CheckContext) -> None:
    at = f"127.0.0.1:{closed_port()}"
    seen = await sight(PortCheck(at=at, closed=True), ctx)
    unwanted = await sight(PortCheck(at=at), ctx)
    assert seen.held
    assert seen.detail == f"{at} refuses connections"
    assert not unwanted.held
    assert unwanted.detail == f"{at}: refused"


async def test_a_host_that_there_is_not_is_no_closed_port(ctx: CheckContext) -> None:
    seen = await sight(PortCheck(at="a..b:80", closed=True), ctx)
    assert not seen.held
    assert "does not show that it is closed" in seen.detail


@pytest.mark.parametrize("check", [PortCheck(at="${word}"), TlsCheck(at="${word}")])
async def test_what_is_no_address(
    check: PortCheck | TlsCheck, ctx: CheckContext
) -> None:
    seen = await sight(check, ctx)
    assert not seen.held
    assert "'well' is no address" in seen.detail


async def test_a_certificate_that_is_valid_for_long(ctx: CheckContext) -> None:
    async with serve(whole(), certificate="server.pem") as (port, _):
        at = f"localhost:{port}"
        seen = await sight(TlsCheck(at=at, min_days=30, ca=CA), ctx)
        longer = await sight(TlsCheck(at=at, min_days=99_999, ca=CA), ctx)
    assert seen.held
    assert "until 2126-01-01" in seen.detail
    assert not longer.held
    assert longer.detail.endswith("wanted 99999")


async def test_a_certificate_for_a_name_of_its_own(ctx: CheckContext) -> None:
    async with serve(whole(), certificate="server.pem") as (port, _):
        at = f"127.0.0.1:{port}"
        seen = await sight(TlsCheck(at=at, server_name="localhost", ca=CA), ctx)
        other = await sight(TlsCheck(at=at, server_name="x.example", ca=CA), ctx)
    assert seen.held
    assert seen.detail.startswith(f"the certificate of {at} for localhost is valid")
    assert not other.held
    assert "not valid for 'x.example'" in other.detail


async def test_a_certificate_that_has_expired(ctx: CheckContext) -> None:
    async with serve(whole(), certificate="expired.pem") as (port, _):
        seen = await sight(TlsCheck(at=f"127.0.0.1:{port}", ca=CA), ctx)
    assert not seen.held
    assert seen.detail.endswith("TLS: certificate has expired")


async def test_a_certificate_that_nobody_trusts(ctx: CheckContext) -> None:
    async with serve(whole(), certificate="server.pem") as (port, _):
        seen = await sight(TlsCheck(at=f"127.0.0.1:{port}"), ctx)
    assert not seen.held
    assert "TLS: unable to get local issuer certificate" in seen.detail


async def test_certificates_that_cannot_be_read(ctx: CheckContext) -> None:
    seen = await sight(TlsCheck(at=f"127.0.0.1:{closed_port()}", ca="gone.pem"), ctx)
    assert (seen.held, seen.could_not_look) == (False, True)
    path = ctx.path("gone.pem")
    words = f"cannot read the certificates in {path}: No such file or directory"
    assert seen.detail == words


async def test_a_port_without_tls_refused_or_silent(ctx: CheckContext) -> None:
    at = f"localhost:{closed_port()}"
    assert (await sight(TlsCheck(at=at), ctx)).detail == f"{at}: refused"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        at = f"127.0.0.1:{silent.getsockname()[1]}"
        seen = await sight(TlsCheck(at=at, repeat=Repeat(timeout="200ms")), ctx)
    assert not seen.held
    assert seen.detail == f"{at}: timed out after 0.2 s"


async def test_a_server_that_hangs_up_before_tls(ctx: CheckContext) -> None:
    closed = asyncio.Event()

    async def hang_up(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            writer.write_eof()
            await reader.read()
            writer.close()
            await writer.wait_closed()
        closed.set()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        at = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        seen = await sight(TlsCheck(at=at), ctx)
        await closed.wait()
    assert not seen.held
    assert seen.detail == f"{at}: answer cut short"
