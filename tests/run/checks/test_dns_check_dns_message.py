"""Messages of DNS, also from whoever means ill."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobius_tui.run.checks.dns_check import (
    RECORD_TYPE_NUMBERS,
    DnsFormatError,
    UnrelatedAnswerError,
    decode_dns_answer,
    encode_question,
)
from tests.run.checks.name_servers import ASKED, answer, name, record

QUESTION = encode_question("www.example.com", "A", 0x1234)


def test_a_question() -> None:
    assert QUESTION == (
        b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
        b"\x03www\x07example\x03com\x00\x00\x01\x00\x01"
    )
    assert b"\x0bxn--bcher-kva\x02de\x00" not in encode_question("x.de", "A", 1)
    assert b"\x0dxn--bcher-kva\x02de\x00" in encode_question("b\u00fccher.de.", "A", 1)
    assert b"\x04_sip\x04_tcp\x01x\x00" in encode_question("_sip._tcp.x", "SRV", 1)


@pytest.mark.parametrize(
    "text", ["", ".", "a..b", "a" * 64, "\udc80.x", ".".join(["a" * 63] * 4)]
)
def test_what_can_be_no_name(text: str) -> None:
    with pytest.raises(ValueError, match="can be no name"):
        encode_question(text, "A", 1)


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        ("A", bytes((10, 0, 0, 7)), "10.0.0.7"),
        ("AAAA", bytes(15) + b"\x01", "::1"),
        ("CNAME", name("Web.example.com"), "web.example.com"),
        ("NS", b"\x02ns\xc0\x10", "ns.example.com"),
        ("TXT", b"\x02v=\x03spf", "v=spf"),
        ("TXT", b"", ""),
        ("MX", b"\x00\x0a" + name("mx.x"), "10 mx.x"),
        ("MX", b"\x00\x00\x00", "0 ."),
        ("SRV", struct.pack("!3H", 0, 5, 443) + name("h.x"), "0 5 443 h.x"),
        ("SOA", name("a.x") + name("b.x") + bytes(20), "a.x b.x 0 0 0 0 0"),
        ("NS", b"\x03a.b\x02\x00\xff\x00", "a\\046b.\\000\\255"),
    ],
)  # fmt: skip
def test_each_type(kind: str, data: bytes, text: str) -> None:
    asked = encode_question("www.example.com", kind, 7)
    found = decode_dns_answer(answer(asked, record(ASKED, kind, data)), asked)
    (seen,) = found.records_of("WWW.example.com.", kind)
    assert (seen.text, seen.ttl) == (text, 60)


def test_aliases_are_followed_and_others_are_not() -> None:
    records = (
        record(ASKED, "CNAME", name("a.x")),
        record(name("A.x"), "CNAME", name("b.x")),
        record(name("b.x"), "A", bytes((1, 1, 1, 1))),
        record(name("evil.x"), "A", bytes((6, 6, 6, 6))),
    )
    found = decode_dns_answer(answer(QUESTION, *records), QUESTION)
    assert [each.text for each in found.records_of("www.example.com", "A")] == [
        "1.1.1.1"
    ]
    assert [each.text for each in found.records_of("www.example.com", "CNAME")] == [
        "a.x"
    ]


def test_aliases_in_a_circle() -> None:
    circle = (record(ASKED, "CNAME", name("a.x")), record(name("a.x"), "CNAME", ASKED))
    found = decode_dns_answer(answer(QUESTION, *circle), QUESTION)
    assert found.records_of("www.example.com", "A") == ()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (answer(QUESTION, record(b"\xc0\x23", "A", b"1234")), "in a circle"),
        (answer(QUESTION, record(b"\xc0\x21", "A", b"1234")), "in a circle"),
        (answer(QUESTION, record(ASKED, "A", b"123")), "wrong length"),
        (answer(QUESTION, record(ASKED, "TXT", b"\x09x")), "a text is cut short"),
        (answer(QUESTION, record(b"\x80x", "A", b"1234")), "a name is too long"),
        (answer(QUESTION, record(b"\x3f" * 257, "A", b"")), "a name is too long"),
        (answer(QUESTION, record(ASKED, "A", b"1234"))[:-1], "cut short"),
        (answer(QUESTION, record(ASKED, "MX", b"\0")), "cut short"),
        (answer(QUESTION)[:11], "cut short"),
    ],
)  # fmt: skip
def test_a_broken_answer(data: bytes, words: str) -> None:
    with pytest.raises(DnsFormatError, match=words):
        decode_dns_answer(data, QUESTION)


@pytest.mark.parametrize(
    "data",
    [
        answer(encode_question("www.example.com", "A", 0x1235)),
        answer(encode_question("www.example.org", "A", 0x1234)),
        answer(encode_question("www.example.com", "AAAA", 0x1234)),
        QUESTION,
    ],
)
def test_the_answer_to_another_question(data: bytes) -> None:
    with pytest.raises(UnrelatedAnswerError):
        decode_dns_answer(data, QUESTION)


def test_a_long_chain_of_pointers_is_not_followed() -> None:
    """A packet has room for some thousand names that each lead through thousands."""
    begin, zero = len(QUESTION) + 11, len(QUESTION) - 5
    places = [zero, *range(begin, 16000, 2)]
    chain = b"".join(struct.pack("!H", 0xC000 | at) for at in places[:-1])
    # In a record of a type that nobody reads.
    junk = b"\0" + struct.pack("!2HIH", 99, 1, 0, len(chain)) + chain
    few = record(struct.pack("!H", 0xC000 | places[20]), "A", b"1234")
    assert len(decode_dns_answer(answer(QUESTION, junk, few), QUESTION).records) == 1
    many = record(struct.pack("!H", 0xC000 | places[-1]), "A", b"1234")
    with pytest.raises(DnsFormatError, match="in a circle"):
        decode_dns_answer(answer(QUESTION, junk, many), QUESTION)


def _read(data: bytes) -> None:
    """Read an answer to any question; nothing else than its own error may come."""
    try:
        found = decode_dns_answer(data, QUESTION)
    except DnsFormatError:
        return
    for kind in RECORD_TYPE_NUMBERS:
        for each in found.records_of("www.example.com", kind):
            assert each.text.isprintable() or kind == "TXT"


@given(st.binary(max_size=200), st.integers(0, 9))
def test_any_bytes(data: bytes, count: int) -> None:
    _read(data)
    head = struct.pack("!6H", 0x1234, 0x8180, 1, count, 0, 0)
    _read(head + QUESTION[12:] + data)


OWNERS = st.sampled_from((ASKED, b"\xc0\x10", b"\0", b"\xc0\x21", name("a.b")))
RECORDS = st.builds(
    record, OWNERS, st.sampled_from(tuple(RECORD_TYPE_NUMBERS)), st.binary(max_size=40)
)


@given(st.lists(RECORDS, max_size=4), st.data())
def test_answers_with_a_byte_changed(records: list[bytes], data: st.DataObject) -> None:
    whole = bytearray(answer(QUESTION, *records))
    _read(bytes(whole))
    at = data.draw(st.integers(2, len(whole) - 1))
    whole[at] = data.draw(st.integers(0, 255))
    _read(bytes(whole))
    _read(bytes(whole[:at]))
