"""Messages of DNS, also from whoever means ill."""

from __future__ import annotations

import struct

import pytest
from dns.message import from_wire
from hypothesis import given
from hypothesis import strategies as st

from mobius_tui.run.checks.dns_check import (
    DnsAnswer,
    DnsFormatError,
    UnrelatedAnswerError,
    decode_dns_answer,
    make_question,
)
from mobius_tui.runbook.model.check_kinds import RECORD_TYPES
from tests.run.checks.name_servers import ASKED, answer, name, record


def question(of: str, kind: str, number: int) -> bytes:
    """The bytes of a question."""
    made = make_question(of, kind)
    made.id = number
    return made.to_wire()


QUESTION = question("www.example.com", "A", 0x1234)


def decoded(data: bytes, asked: bytes = QUESTION) -> DnsAnswer:
    """What the bytes answer to the bytes of a question."""
    return decode_dns_answer(data, from_wire(asked))


def test_a_question() -> None:
    assert QUESTION == (
        b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
        b"\x03www\x07example\x03com\x00\x00\x01\x00\x01"
    )
    assert b"\x0dxn--bcher-kva\x02de\x00" in question("b\u00fccher.de.", "A", 1)
    assert b"\x04_sip\x04_tcp\x01x\x00" in question("_sip._tcp.x", "SRV", 1)
    assert len({make_question("x", "A").id for _ in range(20)}) > 10


@pytest.mark.parametrize(
    "text", ["", ".", "a..b", "a" * 64, "\udc80.x", ".".join(["a" * 63] * 4)]
)
def test_what_can_be_no_name(text: str) -> None:
    with pytest.raises(ValueError, match="can be no name"):
        question(text, "A", 1)


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        ("A", bytes((10, 0, 0, 7)), "10.0.0.7"),
        ("AAAA", bytes(15) + b"\x01", "::1"),
        ("CNAME", name("Web.example.com"), "web.example.com"),
        ("NS", b"\x02ns\xc0\x10", "ns.example.com"),
        ("TXT", b"\x02v=\x03spf", "v=spf"),
        ("TXT", b"\x00", ""),
        ("MX", b"\x00\x0a" + name("mx.x"), "10 mx.x"),
        ("MX", b"\x00\x00\x00", "0 ."),
        ("SRV", struct.pack("!3H", 0, 5, 443) + name("h.x"), "0 5 443 h.x"),
        ("SOA", name("a.x") + name("b.x") + bytes(20), "a.x b.x 0 0 0 0 0"),
        ("NS", b"\x03a.b\x02\x00\xff\x00", "a\\.b.\\000\\255"),
    ],
)  # fmt: skip
def test_each_type(kind: str, data: bytes, text: str) -> None:
    asked = question("www.example.com", kind, 7)
    found = decoded(answer(asked, record(ASKED, kind, data)), asked)
    (seen,) = found.records_of("WWW.example.com.", kind)
    assert (seen.text, seen.ttl) == (text, 60)


def test_aliases_are_followed_and_others_are_not() -> None:
    records = (
        record(ASKED, "CNAME", name("a.x")),
        record(name("A.x"), "CNAME", name("b.x")),
        record(name("b.x"), "A", bytes((1, 1, 1, 1))),
        record(name("evil.x"), "A", bytes((6, 6, 6, 6))),
    )
    found = decoded(answer(QUESTION, *records))
    assert [each.text for each in found.records_of("www.example.com", "A")] == [
        "1.1.1.1"
    ]
    assert [each.text for each in found.records_of("www.example.com", "CNAME")] == [
        "a.x"
    ]


def test_aliases_in_a_circle() -> None:
    circle = (record(ASKED, "CNAME", name("a.x")), record(name("a.x"), "CNAME", ASKED))
    found = decoded(answer(QUESTION, *circle))
    assert found.records_of("www.example.com", "A") == ()


@pytest.mark.parametrize(
    "data",
    [
        answer(QUESTION, record(b"\xc0\x23", "A", b"1234")),
        answer(QUESTION, record(b"\xc0\x21", "A", b"1234")),
        answer(QUESTION, record(ASKED, "A", b"123")),
        answer(QUESTION, record(ASKED, "TXT", b"\x09x")),
        answer(QUESTION, record(b"\x80x", "A", b"1234")),
        answer(QUESTION, record(b"\x3f" * 257, "A", b"")),
        answer(QUESTION, record(ASKED, "A", b"1234"))[:-1],
        answer(QUESTION, record(ASKED, "MX", b"\0")),
        answer(QUESTION)[:11],
    ],
)
def test_a_broken_answer(data: bytes) -> None:
    with pytest.raises(DnsFormatError, match="cut short, or no message of DNS"):
        decoded(data)


@pytest.mark.parametrize(
    "data",
    [
        answer(question("www.example.com", "A", 0x1235)),
        answer(question("www.example.org", "A", 0x1234)),
        answer(question("www.example.com", "AAAA", 0x1234)),
        QUESTION,
    ],
)
def test_the_answer_to_another_question(data: bytes) -> None:
    with pytest.raises(UnrelatedAnswerError):
        decoded(data)


def test_a_long_chain_of_pointers_is_not_followed() -> None:
    """A packet has room for some thousand names that each lead through thousands."""
    begin, zero = len(QUESTION) + 11, len(QUESTION) - 5
    places = [zero, *range(begin, 16000, 2)]
    chain = b"".join(struct.pack("!H", 0xC000 | at) for at in places[:-1])
    # In a record of a type that nobody reads.
    junk = b"\0" + struct.pack("!2HIH", 65280, 1, 0, len(chain)) + chain
    few = record(struct.pack("!H", 0xC000 | places[5]), "A", b"1234")
    assert len(decoded(answer(QUESTION, junk, few)).records) == 1
    many = record(struct.pack("!H", 0xC000 | places[-1]), "A", b"1234")
    with pytest.raises(DnsFormatError, match="cut short, or no message"):
        decoded(answer(QUESTION, junk, many))


def _read(data: bytes) -> None:
    """Read an answer to any question; nothing else than its own error may come."""
    try:
        found = decoded(data)
    except DnsFormatError:
        return
    for kind in RECORD_TYPES:
        for each in found.records_of("www.example.com", kind):
            assert each.text.isprintable() or kind == "TXT"


@given(st.binary(max_size=200), st.integers(0, 9))
def test_any_bytes(data: bytes, count: int) -> None:
    _read(data)
    head = struct.pack("!6H", 0x1234, 0x8180, 1, count, 0, 0)
    _read(head + QUESTION[12:] + data)


OWNERS = st.sampled_from((ASKED, b"\xc0\x10", b"\0", b"\xc0\x21", name("a.b")))
RECORDS = st.builds(
    record, OWNERS, st.sampled_from(RECORD_TYPES), st.binary(max_size=40)
)


@given(st.lists(RECORDS, max_size=4), st.data())
def test_answers_with_a_byte_changed(records: list[bytes], data: st.DataObject) -> None:
    whole = bytearray(answer(QUESTION, *records))
    _read(bytes(whole))
    at = data.draw(st.integers(2, len(whole) - 1))
    whole[at] = data.draw(st.integers(0, 255))
    _read(bytes(whole))
    _read(bytes(whole[:at]))
