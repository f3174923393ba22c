"""`dns` checks: what a file may say."""

from __future__ import annotations

import pytest

from mobius_tui.runbook.model.check_kinds import DnsCheck
from tests.runbook.runbook_texts import Decoded, Pointed

HEAD = "format = 2\n[runbook]\ntitle = 'X'\n[[step]]\ntitle = 'S'\n"


@pytest.mark.parametrize(
    ("text", "check", "claim"),
    [
        ("'x.y'", DnsCheck(name="x.y"), "A of x.y exists"),
        (
            "{name='x.y', records='::1', type='AAAA', at='ns:53', ttl='< 1m'}",
            DnsCheck(
                name="x.y", records=("::1",), type="AAAA", at="ns:53", ttl=("< 1m",)
            ),
            "AAAA of x.y is ::1 at ns:53, TTL < 1m",
        ),
        (
            "{ name = 'x', contains = ['a', 'b'], type = 'TXT' }",
            DnsCheck(name="x", contains=("a", "b"), type="TXT"),
            "TXT of x has a and b",
        ),
        (
            "{ name = 'x', absent = true }",
            DnsCheck(name="x", absent=True),
            "A of x is absent",
        ),
    ],
)
def test_a_check(decoded: Decoded, text: str, check: DnsCheck, claim: str) -> None:
    (found,) = decoded(f"{HEAD}check.dns = {text}").steps()[0].checks
    assert found == check
    assert found.condition == claim


@pytest.mark.parametrize(
    ("dns", "words"),
    [
        ("«dns = { type = 'A' }", "`name` is missing"),
        ("«dns = 'a..b'", "`name` is a name such as"),
        ("dns = { name = 'x', «type = 'PTR' }", "`type` is one of A, AAAA, CNAME"),
        ("dns = { name = 'x', «at = '10.0.0.1' }", '`at` is "host:port"'),
        ("dns = { name = 'x', «records = [] }", "`records` is empty"),
        (
            "dns = { name = 'x', records = 'a', «absent = true }",
            "`absent` says something else than `records`",
        ),
        ("dns = { name = 'x', «server = 'a:53' }", "here that is `at ="),
        ("dns = { name = 'x', «is = 'a' }", "here that is `records`"),
    ],
)
def test_a_mistake_is_shown_at_its_place(
    pointed: Pointed, dns: str, words: str
) -> None:
    (_, said), *_ = pointed(f"{HEAD}check = {{ {dns} }}")
    assert words in said
