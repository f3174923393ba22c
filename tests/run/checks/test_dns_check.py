"""`dns` checks against real servers on loopback."""

from __future__ import annotations

import pytest

from mobius_tui.run.checks.context import CheckContext
from mobius_tui.runbook.model.check_kinds import DnsCheck, Repeat
from mobius_tui.structs import replace
from tests.health.servers import closed_port
from tests.run.checks.conftest import sight
from tests.run.checks.name_servers import ASKED, answer, name, name_server, record


def zone(asked: bytes) -> bytes:
    """Two addresses, a mail server, and nothing of any other name."""
    kind = asked[-3]
    if b"\x04gone" in asked:
        return answer(asked, code=3)
    if b"\x06broken" in asked:
        return answer(asked, code=2)
    if kind == 15:
        return answer(asked, record(ASKED, "MX", b"\0\x0a" + name("MX.x")))
    if kind == 2:
        return answer(asked, record(ASKED, "NS", name("ns.xn--bcher-kva.x")))
    if kind == 28:
        return answer(asked, record(ASKED, "AAAA", bytes(15) + b"\x01"))
    if kind != 1:
        return answer(asked)
    found = [record(ASKED, "A", bytes((10, 0, 0, n)), ttl=30 * n) for n in (1, 2)]
    return answer(asked, *found)


CHECK = DnsCheck(name="www.x", records=("10.0.0.2", "10.0.0.1"))
SOME = replace(CHECK, records=(), contains=("10.0.0.1",))
OTHER = replace(CHECK, records=(), contains=("10.0.0.9",))
TXT = DnsCheck(name="www.x", type="TXT")
NS = DnsCheck(name="www.x", type="NS")
NS_FOUND = "ns.xn--bcher-kva.x (TTL 60 s)"
FOUND = "10.0.0.1, 10.0.0.2 (TTL 60 s)"


@pytest.mark.parametrize(
    ("check", "held", "words"),
    [
        (CHECK, True, FOUND),
        (replace(CHECK, records=("::1",)), False, f"{FOUND}, wanted ::1 alone"),
        (SOME, True, FOUND),
        (OTHER, False, f"{FOUND}, wanted 10.0.0.9"),
        (replace(CHECK, records=()), True, FOUND),
        (replace(CHECK, ttl=("<= 1m",)), True, FOUND),
        (replace(CHECK, ttl=("<= 30s",)), False, f"{FOUND}, wanted <= 30s"),
        (replace(CHECK, ttl=("< 300",)), True, FOUND),
        (DnsCheck(name="gone.x", absent=True), True, "no such name"),
        (DnsCheck(name="gone.x"), False, "no such name"),
        (replace(TXT, absent=True), True, "no such record"),
        (replace(TXT, contains=("a",)), False, "no such record, wanted a"),
        (DnsCheck(name="www.x", absent=True), False, f"{FOUND}, wanted none"),
        (replace(CHECK, type="MX", records=("10 mx.X.",)), True, "10 mx.x (TTL 60 s)"),
        (replace(CHECK, name="Bücher.x."), True, FOUND),
        (DnsCheck(name="bücher.x", absent=True), False, f"{FOUND}, wanted none"),
        (replace(NS, records=("NS.Bücher.x.",)), True, NS_FOUND),
        (replace(NS, contains=("ns.xn--bcher-kva.x",)), True, NS_FOUND),
        (
            replace(NS, contains=("ns.buecher.x", "\udc80.x")),
            False,
            f"{NS_FOUND}, wanted ns.buecher.x, \udc80.x",
        ),
        (replace(CHECK, type="AAAA", records=("0:0::1",)), True, "::1 (TTL 60 s)"),
    ],
)  # fmt: skip
async def test_records(
    ctx: CheckContext, check: DnsCheck, held: bool, words: str
) -> None:
    async with name_server(zone) as at:
        seen = await sight(replace(check, at=at), ctx)
    assert seen.held is held
    assert seen.detail == f"{check.type} of {check.name} at {at}: {words}"


async def test_what_does_not_fit_is_asked_for_over_tcp(ctx: CheckContext) -> None:
    async with name_server(lambda asked: answer(asked, flags=0x0200), zone) as at:
        seen = await sight(replace(CHECK, at=at), ctx)
    assert seen.held
    async with name_server(lambda asked: answer(asked, flags=0x0200)) as at:
        seen = await sight(replace(CHECK, at=at), ctx)
    assert seen.detail.endswith("a broken answer: it is truncated over TCP, too")


# Nobody asks again before a second is over.
async def test_a_forged_answer_is_passed_over_and_a_lost_one_asked_again(
    ctx: CheckContext,
) -> None:
    asked_before: list[bytes] = []

    def forge(asked: bytes) -> bytes:
        asked_before.append(asked)
        if len(asked_before) > 1:
            return zone(asked)
        other = bytes((asked[0] ^ 1,)) + asked[1:]
        return answer(other, record(ASKED, "A", bytes((6, 6, 6, 6))))

    async with name_server(forge) as at:
        seen = await sight(replace(CHECK, at=at), ctx)
    assert seen.held
    assert len(asked_before) == 2


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (lambda asked: answer(asked, code=2), "failed (SERVFAIL)"),
        (lambda asked: answer(asked, code=5), "refused (REFUSED)"),
        (lambda asked: answer(asked, code=9), "did not answer (NOTAUTH)"),
        (lambda asked: answer(asked, b"x"), "a broken answer: "),
        (lambda _: None, "timed out after 0.3 s"),
    ],
)
async def test_servers_that_do_not_help(
    ctx: CheckContext, reply: object, words: str
) -> None:
    check = replace(CHECK, repeat=Repeat(timeout="300ms"))
    async with name_server(reply) as at:  # type: ignore[arg-type]
        seen = await sight(replace(check, at=at), ctx)
    assert not seen.held
    assert words in seen.detail


async def test_nobody_is_there(ctx: CheckContext) -> None:
    at = f"127.0.0.1:{closed_port()}"
    seen = await sight(replace(CHECK, at=at), ctx)
    assert seen.detail == f"A of www.x at {at}: refused"
    seen = await sight(replace(CHECK, at="${word}"), ctx)
    assert "'well' is no address" in seen.detail
    seen = await sight(replace(CHECK, name="a..b", at=at), ctx)
    assert "can be no name" in seen.detail
