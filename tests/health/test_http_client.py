"""One bounded request: every way in which a server can answer, or not."""

from __future__ import annotations

import asyncio
import gzip
import os
import resource
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from mobius_tui.health.http_client import (
    HttpAnswer,
    new_http_client,
    send_request,
    url_without_secrets,
)
from tests.health.servers import TLS, closed_port, serve, whole
from tests.waiting import PATIENCE


async def asked(
    url: str,
    *,
    ca: str | None = None,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    within: float = PATIENCE,
    max_body: int = 1 << 20,
    redirects: int = 0,
) -> HttpAnswer:
    async with new_http_client(ca) as through:
        return await send_request(
            through,
            url=url,
            method=method,
            headers=headers,
            within=within,
            max_body=max_body,
            redirects=redirects,
        )


async def test_a_whole_answer() -> None:
    async with serve(whole(b"hello")) as (port, _):
        answer = await asked(f"http://127.0.0.1:{port}/")
    assert (answer.status, answer.body, answer.problem) == (200, b"hello", "")
    assert answer.ms > 0


async def test_nothing_is_put_in_the_place_of_a_module() -> None:
    async with serve(whole(b"hello")) as (port, _):
        await asked(f"http://127.0.0.1:{port}/")
    assert None not in sys.modules.values()


async def test_an_error_page_is_an_answer() -> None:
    async with serve(whole(b"no", status="503 Service Unavailable")) as (port, _):
        answer = await asked(f"http://127.0.0.1:{port}/")
    assert (answer.status, answer.body, answer.problem) == (503, b"no", "")


async def test_method_and_headers_are_sent_and_the_environment_is_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
    async with serve(whole()) as (port, requests):
        answer = await asked(
            f"http://127.0.0.1:{port}/x?y=1", method="POST", headers={"X-Who": "mé"}
        )
    assert answer.status == 200
    assert requests[0].startswith(b"POST /x?y=1 HTTP/1.1\r\n")
    assert "x-who: mé" in requests[0].decode().lower()


async def test_no_cookie_is_kept() -> None:
    async with (
        serve(whole(head="Set-Cookie: a=b; Path=/\r\n")) as (port, requests),
        new_http_client() as through,
    ):
        for _ in range(2):
            await send_request(
                through, url=f"http://127.0.0.1:{port}/", within=PATIENCE
            )
    assert len(requests) == 2
    assert b"cookie" not in requests[1].lower()


async def test_each_request_makes_a_connection_of_its_own() -> None:
    peers: list[object] = []

    async def reply(writer: asyncio.StreamWriter, request: bytes) -> None:
        peers.append(writer.get_extra_info("peername"))
        await whole()(writer, request)
        await writer.drain()
        await asyncio.sleep(30)

    async with serve(reply) as (port, _), new_http_client() as through:
        for _ in range(2):
            answer = await send_request(
                through, url=f"http://127.0.0.1:{port}/", within=PATIENCE
            )
            assert answer.status == 200
    assert peers[0] != peers[1]


async def test_a_slow_drip_is_cut_at_the_limit() -> None:
    async def drip(writer: asyncio.StreamWriter, _request: bytes) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with serve(drip) as (port, _):
        async with asyncio.timeout(PATIENCE):
            answer = await asked(f"http://127.0.0.1:{port}/", within=0.3)
    assert answer.problem == "timed out after 0.3 s"
    assert (answer.status, answer.body, answer.failed_locally) == (200, b"", False)
    assert answer.ms >= 300


async def test_a_server_that_never_answers_is_cut_at_the_limit() -> None:
    async def silence(_writer: asyncio.StreamWriter, _request: bytes) -> None:
        await asyncio.sleep(60)

    async with serve(silence) as (port, _):
        answer = await asked(f"http://127.0.0.1:{port}/", within=0.2)
    assert (answer.status, answer.problem) == (None, "timed out after 0.2 s")


async def test_an_endless_body_is_cut() -> None:
    async def flood(writer: asyncio.StreamWriter, _request: bytes) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(bytes(65536))
            await writer.drain()

    async with serve(flood) as (port, _):
        answer = await asked(f"http://127.0.0.1:{port}/")
    assert (answer.problem, answer.body) == ("body over 1 MiB", b"")


async def test_a_body_of_just_the_limit_is_whole() -> None:
    async with serve(whole(bytes(1000))) as (port, _):
        url = f"http://127.0.0.1:{port}/"
        assert (await asked(url, max_body=1000)).problem == ""
        assert (await asked(url, max_body=999)).problem == "body over 999 B"


async def test_a_packed_body_counts_unpacked() -> None:
    packed = gzip.compress(bytes(2_000_000))
    async with serve(whole(packed, head="Content-Encoding: gzip\r\n")) as (port, _):
        answer = await asked(f"http://127.0.0.1:{port}/")
    assert answer.problem == "body over 1 MiB"


async def test_a_body_that_cannot_be_unpacked() -> None:
    async with serve(whole(b"junk", head="Content-Encoding: gzip\r\n")) as (port, _):
        answer = await asked(f"http://127.0.0.1:{port}/")
    assert answer.problem == "its body cannot be decoded"


async def test_a_redirect_is_not_followed_unless_asked() -> None:
    async with serve(whole(b"there")) as (there, arrived):
        head = f"Location: http://127.0.0.1:{there}/new?token=x\r\n"
        async with serve(whole(b"", status="302 Found", head=head)) as (port, _):
            url = f"http://127.0.0.1:{port}/"
            stayed = await asked(url)
            assert not arrived
            followed = await asked(url, redirects=1)
    assert (stayed.status, stayed.problem) == (302, "")
    assert stayed.location == f"http://127.0.0.1:{there}/new?…"
    assert (followed.status, followed.body, followed.location) == (200, b"there", "")


async def test_only_so_many_redirects_are_followed() -> None:
    reply = whole(b"", status="307 Temporary Redirect", head="Location: /again\r\n")
    async with serve(reply) as (port, requests):
        answer = await asked(f"http://127.0.0.1:{port}/", redirects=3)
    assert (answer.status, len(requests)) == (307, 4)
    assert answer.location.endswith("/again")


async def test_a_redirect_to_a_file_is_refused() -> None:
    reply = whole(b"", status="302 Found", head="Location: file:///etc/passwd\r\n")
    async with serve(reply) as (port, _):
        answer = await asked(f"http://127.0.0.1:{port}/", redirects=5)
    assert answer.problem == "redirected to something other than HTTP"


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nabc", "answer cut short"),
        (b"", "closed without an answer"),
        (b"SSH-2.0-x\r\n\r\n", "no HTTP answer"),
    ],
)
async def test_broken_answers(answer: bytes, problem: str) -> None:
    async def reply(writer: asyncio.StreamWriter, _request: bytes) -> None:
        writer.write(answer)

    async with serve(reply) as (port, _):
        seen = await asked(f"http://127.0.0.1:{port}/")
    assert (seen.problem, seen.failed_locally, seen.body) == (problem, False, b"")


async def test_refused() -> None:
    answer = await asked(f"http://127.0.0.1:{closed_port()}/")
    assert (answer.status, answer.problem, answer.failed_locally) == (
        None,
        "refused",
        False,
    )


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("file:///etc/passwd", "begins with http:// or https://"),
        ("http://", "begins with http:// or https://"),
        ("127.0.0.1/health", "begins with http:// or https://"),
        ("http://127.0.0.1:99999/", "99999 is no port"),
        ("http://[::1/", "no URL"),
        ("http://127.0.0.1\n/", "no URL"),
    ],
)
async def test_what_is_no_url_is_said(url: str, problem: str) -> None:
    assert problem in (await asked(url)).problem


async def test_a_bad_header_is_refused_without_quoting_it() -> None:
    url = f"http://127.0.0.1:{closed_port()}/"
    async with serve(whole()) as (port, requests):
        url = f"http://127.0.0.1:{port}/"
        answer = await asked(url, headers={"Authorization": "secret\r\nX: y"})
    assert answer.problem == "its method or a header is not what HTTP allows"
    assert not requests


async def test_tls_with_a_trusted_certificate() -> None:
    async with serve(whole(b"safe"), certificate="server.pem") as (port, _):
        answer = await asked(f"https://127.0.0.1:{port}/", ca=str(TLS / "ca.pem"))
    assert (answer.status, answer.body) == (200, b"safe")


@pytest.mark.parametrize(
    ("certificate", "ca", "problem"),
    [
        ("expired.pem", "ca.pem", "TLS: certificate has expired"),
        ("server.pem", None, "TLS: unable to get local issuer certificate"),
    ],
)
async def test_tls_that_cannot_be_trusted(
    certificate: str, ca: str | None, problem: str
) -> None:
    async with serve(whole(), certificate=certificate) as (port, _):
        answer = await asked(
            f"https://127.0.0.1:{port}/", ca=str(TLS / ca) if ca else None
        )
    assert (answer.problem, answer.failed_locally) == (problem, False)


async def test_tls_to_a_server_without_it() -> None:
    async def reply(writer: asyncio.StreamWriter, _request: bytes) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with serve(reply) as (port, _):
        answer = await asked(f"https://127.0.0.1:{port}/", within=0.5)
    assert answer.problem


def test_a_file_without_certificates_is_no_ca() -> None:
    with pytest.raises(OSError, match="No such file"):
        new_http_client("/nonexistent/ca.pem")


def test_what_is_no_file_is_no_ca_and_hangs_nothing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, "/dev/zero", "a\0b", "a\ud800"):
        with pytest.raises(OSError, match="it is no"):
            new_http_client(str(path))


async def test_out_of_files_is_our_own_fault() -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    async with serve(whole()) as (port, _), new_http_client() as through:
        with socket.socket() as highest:
            resource.setrlimit(resource.RLIMIT_NOFILE, (highest.fileno(), limits[1]))
            try:
                answer = await send_request(
                    through, url=f"http://127.0.0.1:{port}/", within=PATIENCE
                )
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert answer.failed_locally
    assert answer.problem == "this program has too many files open"


def test_a_url_is_shown_without_secrets() -> None:
    assert (
        url_without_secrets("http://u:p@h.example:81/a?token=x#f")
        == "http://h.example:81/a?…"
    )
    assert url_without_secrets("http://h/") == "http://h/"
    assert url_without_secrets("http://[::1/") == "an unreadable URL"
