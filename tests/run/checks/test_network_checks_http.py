"""`http` checks against real servers."""

from __future__ import annotations

import asyncio
import resource
import socket
from pathlib import Path

from mobius_tui.run.checks.context import CheckContext
from mobius_tui.runbook.model.check_kinds import HttpCheck, Repeat
from mobius_tui.structs import replace
from tests.health.servers import TLS, closed_port, serve, whole
from tests.run.checks.conftest import sight


async def test_held(ctx: CheckContext) -> None:
    async with serve(whole(b'{"status": "well", "more": 1}')) as (port, requests):
        seen = await sight(
            HttpCheck(
                url=f"http://127.0.0.1:{port}/${{app}}",
                method="POST",
                headers={"X-App": "${app}"},
                json={"status": "${word}"},
                contains="more",
                faster_than="10s",
            ),
            ctx,
        )
    assert seen.held
    assert seen.detail.startswith(
        f"POST http://127.0.0.1:{port}/mobius answered 200 in "
    )
    assert requests[0].startswith(b"POST /mobius ")
    assert b"mobius" in requests[0].split(b"\r\n", 1)[1]


async def test_a_wrong_status(ctx: CheckContext) -> None:
    async with serve(whole(b"", status="503 Service Unavailable")) as (port, _):
        check = HttpCheck(url=f"http://127.0.0.1:{port}/health")
        seen = await sight(check, ctx)
        assert (await sight(replace(check, status=(200, 503)), ctx)).held
        wanted = await sight(replace(check, status=(200, 204)), ctx)
    assert "answered 503, wanted 200 or 204 (in " in wanted.detail
    assert not seen.held
    assert "/health answered 503, wanted 200 (in " in seen.detail


async def test_a_wrong_body(ctx: CheckContext) -> None:
    async with serve(whole(b'{"status": "degraded"}')) as (port, _):
        url = f"http://127.0.0.1:{port}/"
        for check in (
            HttpCheck(url=url, json={"status": "ok"}),
            HttpCheck(url=url, contains="ok"),
        ):
            seen = await sight(check, ctx)
            assert not seen.held
            assert ", but " in seen.detail


async def test_comparisons_in_a_body(ctx: CheckContext) -> None:
    async with serve(whole(b'{"queue": {"depth": 7}, "state": "ok"}')) as (port, _):
        check = HttpCheck(
            url=f"http://127.0.0.1:{port}/",
            json={"state": "ok"},
            pointers={"/queue/depth": ("< 100",)},
        )
        seen = await sight(check, ctx)
        fewer = replace(check, pointers={"/queue/depth": ("< ${count}",)})
        unseen = await sight(replace(fewer, json={}), ctx)
    assert seen.held
    assert seen.detail.endswith(" ms, /queue/depth is 7")
    assert not unseen.held
    assert unseen.detail.endswith(" ms, but /queue/depth is 7, wanted < 5")


async def test_slower_than_wanted(ctx: CheckContext) -> None:
    async def slow(writer: asyncio.StreamWriter, request: bytes) -> None:
        await asyncio.sleep(0.1)
        await whole()(writer, request)

    async with serve(slow) as (port, _):
        url = f"http://127.0.0.1:{port}/"
        seen = await sight(HttpCheck(url=url, faster_than="50ms"), ctx)
    assert not seen.held
    assert "answered 200 in 1" in seen.detail
    assert seen.detail.endswith("ms, wanted faster than 0.1 s")


async def test_timed_out(ctx: CheckContext) -> None:
    async def never(_writer: asyncio.StreamWriter, _request: bytes) -> None:
        await asyncio.sleep(60)

    async with serve(never) as (port, _):
        url = f"http://127.0.0.1:{port}/?token=x"
        seen = await sight(HttpCheck(url=url, repeat=Repeat(timeout="300ms")), ctx)
    assert seen.detail == f"GET http://127.0.0.1:{port}/?…: timed out after 0.3 s"


async def test_refused(ctx: CheckContext) -> None:
    seen = await sight(HttpCheck(url=f"http://127.0.0.1:{closed_port()}/"), ctx)
    assert not seen.held
    assert seen.detail.endswith("/: refused")


async def test_a_certificate_file_is_found_from_the_working_directory(
    ctx: CheckContext, tmp_path: Path
) -> None:
    (tmp_path / "ca.pem").write_bytes((TLS / "ca.pem").read_bytes())
    async with serve(whole(), certificate="server.pem") as (port, _):
        url = f"https://localhost:{port}/"
        assert (await sight(HttpCheck(url=url, ca="ca.pem"), ctx)).held
        missing = await sight(HttpCheck(url=url, ca="gone.pem"), ctx)
    assert not missing.held
    assert missing.could_not_look
    assert "cannot read the certificates in" in missing.detail


async def test_where_this_machine_fails_nothing_is_known(ctx: CheckContext) -> None:
    """A guard that cannot look must not pass its step over."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    async with serve(whole()) as (port, _):
        check = HttpCheck(url=f"http://127.0.0.1:{port}/")
        with socket.socket() as highest:
            # The client itself takes the last ones.
            most = highest.fileno() + 1
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, limits[1]))
            try:
                seen = await sight(check, ctx)
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        refused = await sight(HttpCheck(url=f"http://127.0.0.1:{closed_port()}"), ctx)
    assert (seen.held, seen.could_not_look) == (False, True), seen.detail
    assert (refused.held, refused.could_not_look) == (False, False)
