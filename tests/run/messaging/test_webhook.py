"""One try at a webhook, against servers that answer in every way."""

from __future__ import annotations

import ipaddress
import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from mobius_tui.run.messaging.webhook import (
    MAX_EXCERPT_CHARS,
    answer_excerpt,
    is_public_address,
    post_webhook,
    url_problem,
)
from tests.health.servers import closed_port, serve, whole
from tests.run.webhooks import PATH, Answer, answer, raw, webhook

LONG = 30.0
"""Seconds of a try in which the server is to be heard, however slow the machine."""


async def test_what_is_taken_is_sent_with_what_was_answered() -> None:
    with webhook(answer(200, b"ok")) as hook:
        tried = await post_webhook(hook.url, b'{"text": "hello"}', within=LONG)
        assert (tried.outcome, tried.status, tried.answer) == ("sent", 200, "ok")
        assert hook.texts == ["hello"]
        assert hook.paths == [PATH]


@pytest.mark.parametrize(
    ("reply", "reason", "passing"),
    [
        (answer(500, b"oops"), "it answers 500", True),
        (answer(503), "it answers 503", True),
        (answer(429, b"rate_limited"), "it answers 429", True),
        (answer(404, b"no_service"), "it answers 404", False),
        (answer(410, b"channel_is_archived"), "it answers 410", False),
        (
            answer(302, headers={"Location": "http://127.0.0.1:9/"}),
            "it answers 302: it leads elsewhere, and that is not followed",
            False,
        ),
        (
            answer(200, b"Webhook message delivery failed with error: Microsoft Teams "
                   b"endpoint returned HTTP error 413 with ContextId"),
            "it answers 200",
            False,
        ),
        (
            answer(200, b"Webhook message delivery failed with error: Microsoft Teams "
                   b"endpoint returned HTTP error 429 with ContextId"),
            "it answers 200",
            True,
        ),
    ],
)  # fmt: skip
async def test_an_answer_that_says_no_is_known_not_to_be_sent(
    reply: Answer, reason: str, passing: bool
) -> None:
    with webhook(reply) as hook:
        tried = await post_webhook(hook.url, b"{}", within=LONG)
        assert (tried.outcome, tried.reason) == ("not sent", reason)
        assert tried.is_temporary is passing
        assert len(hook.came) == 1, "a redirect is not followed"


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (raw(b""), "it closed the connection without an answer"),
        (raw(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), "what it answers is no HTTP"),
        (raw(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000), "what it answers is no HTTP"),
    ],
)
async def test_without_an_answer_to_what_was_sent_nobody_knows(
    reply: Answer, reason: str
) -> None:
    with webhook(reply) as hook:
        tried = await post_webhook(hook.url, b"{}", within=LONG)
        assert (tried.outcome, tried.reason) == ("unknown", reason)


async def test_no_answer_in_time_is_not_known_and_is_bounded_as_a_whole() -> None:
    with webhook() as hook:
        hook.answers = [hook.never]
        tried = await post_webhook(hook.url, b"{}", within=0.5)
        assert (tried.outcome, tried.reason) == ("unknown", "no answer in 0.5 s")


async def test_a_status_counts_though_the_body_never_ends() -> None:
    with webhook() as hook:
        hook.answers = [hook.drip]
        tried = await post_webhook(hook.url, b"{}", within=1.5)
        assert (tried.outcome, tried.status) == ("sent", 200)
        assert tried.answer == "ok so far"


async def test_of_a_huge_answer_the_beginning_is_read() -> None:
    with webhook(answer(200, b"y" * 5_000_000)) as hook:
        tried = await post_webhook(hook.url, b"{}", within=LONG)
        assert (tried.outcome, tried.answer) == ("sent", "y" * MAX_EXCERPT_CHARS)


async def test_where_nobody_listens_nothing_was_sent() -> None:
    url = f"http://127.0.0.1:{closed_port()}/"
    tried = await post_webhook(url, b"{}", within=LONG)
    assert (tried.outcome, tried.reason, tried.is_temporary) == (
        "not sent",
        "refused",
        True,
    )


async def test_a_certificate_that_nobody_trusts_gets_no_message() -> None:
    async with serve(whole(), certificate="server.pem") as (port, requests):
        tried = await post_webhook(f"https://localhost:{port}/", b"{}", within=LONG)
        assert tried.outcome == "not sent"
        assert tried.reason.startswith("TLS: "), tried.reason
        assert requests == []


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://hooks.example/x", "must begin with https://"),
        ("http://10.0.0.1/x", "must begin with https://"),
        ("http://127.0.0.1.example/x", "must begin with https://"),
        ("ftp://127.0.0.1/", "must begin with https:// and a host"),
        ("file:///etc/passwd", "must begin with https:// and a host"),
        ("https:///services/x", "must begin with https:// and a host"),
        ("https://hooks.example:0/", "a port that is none"),
        ("not a url", "must begin with https:// and a host"),
        ("https://[::1", "none that can be asked"),
    ],
)
async def test_a_url_that_is_not_asked_is_not_named(url: str, words: str) -> None:
    tried = await post_webhook(url, b"{}", within=LONG)
    assert tried.outcome == "not sent"
    assert words in tried.reason
    assert url not in tried.reason


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "http://[::1]:8080/", "http://localhost/x"]
)
def test_this_machine_is_asked_without_tls(url: str) -> None:
    assert url_problem(url) is None


async def test_retry_after_is_read_as_seconds_and_as_a_date() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=3000), usegmt=True)
    replies = [
        answer(429, headers={"Retry-After": text}) for text in ("7", soon, "soonish")
    ]
    with webhook(*replies) as hook:
        waits = [
            (await post_webhook(hook.url, b"{}", within=LONG)).retry_after
            for _ in range(3)
        ]
    assert waits[0] == 7.0
    assert waits[1] is not None
    assert 1000 < waits[1] <= 3000
    assert waits[2] is None


def test_an_answer_is_harmless_and_holds_no_part_of_the_url() -> None:
    url = f"https://hooks.example{PATH}?signature=abcdefghijkl%2Fmnop"
    body = f"no {url} nor {PATH.split('/')[-1]}\x1b[31m\r\n<b>".encode()
    said = answer_excerpt(url, body)
    assert "s3cr3t" not in said
    assert "abcdefghijkl" not in said
    assert "\x1b" not in said
    assert said.startswith("no [redacted]")
    own = "https://who:pass@hooks.example/T0abcd/B0efgh"
    said = answer_excerpt(own, b"no T0abcd, B0efgh, pass, who; is there a B0?")
    assert said == "no [redacted], [redacted], [redacted], who; is there a B0?"


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.7", "169.254.169.254", "192.168.1.1", "100.64.0.1", "0.0.0.0",
     "::1", "fe80::1", "fd00::1", "::ffff:10.0.0.7", "2002:0a00:0007::", "224.0.0.1",
     "64:ff9b::a00:7"],
)  # fmt: skip
def test_an_address_that_others_cannot_reach_is_private(address: str) -> None:
    assert not is_public_address(ipaddress.ip_address(address))


async def test_a_name_that_leads_into_the_network_is_not_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with webhook() as hook:

        def leads(_host: str, port: int, *_: object, **__: object) -> list[Any]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

        monkeypatch.setattr(socket, "getaddrinfo", leads)
        for host in ("hooks.example.com", "127.0.0.1.nip.io", "localhost.example"):
            url = f"https://{host}:{hook.port}{PATH}"
            tried = await post_webhook(url, b"{}", within=LONG)
            assert tried.outcome == "not sent"
            assert "leads to a private address" in tried.reason
            assert not tried.is_temporary
        assert hook.came == []
        tried = await post_webhook(f"http://localhost:{hook.port}/", b"{}", within=LONG)
        assert tried.outcome == "sent", "it says that it is private"


async def test_what_was_looked_up_is_what_is_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name that leads elsewhere at the second look is not looked up again."""
    asked: list[str] = []

    def leads(host: str, port: int, *_: object, **__: object) -> list[Any]:
        asked.append(host)
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*kind, ("192.0.2.1" if asked[1:] else "127.0.0.1", port))]

    with webhook() as hook:
        monkeypatch.setattr(socket, "getaddrinfo", leads)
        tried = await post_webhook(f"http://localhost:{hook.port}/", b"{}", within=LONG)
        assert tried.outcome == "sent"
        assert [host for host in asked if host == "localhost"] == ["localhost"]
