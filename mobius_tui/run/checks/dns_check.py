"""The `dns` check: asks a name server, and reads what it answers (RFC 1035).

Whoever answers may send anything: each length is checked, and a name's pointers lead
back only, so that no answer takes long to read.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import struct
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

from msgspec import Struct

from mobius_tui.health.connection import connect, connection_failure, split_address
from mobius_tui.run.checks.context import (
    CannotLookError,
    CheckContext,
    CheckResult,
    check_result,
)
from mobius_tui.runbook.model.check_kinds import DnsCheck
from mobius_tui.runbook.model.guard_comparison import unmet_in_words

RECORD_TYPE_NUMBERS: Mapping[str, int] = {
    "A": 1,
    "NS": 2,
    "CNAME": 5,
    "SOA": 6,
    "MX": 15,
    "TXT": 16,
    "AAAA": 28,
    "SRV": 33,
}
"""The number of each type of record that can be asked for."""
NXDOMAIN_CODE = 3
"""The code NXDOMAIN: there is no such name."""
_RECORD_TYPE_NAMES = {number: name for name, number in RECORD_TYPE_NUMBERS.items()}
_INTERNET = 1
_IS_ANSWER, _IS_TRUNCATED, _RECURSION_DESIRED = 0x8000, 0x0200, 0x0100
_MAX_NAME = 255
"""Bytes of a name at most, with the length of each label."""
_MAX_JUMPS = 32
"""Pointers in a name at most; a server needs one or two."""
_MAX_ALIASES = 16
"""Aliases that are followed; a real name has a few."""


class DnsFormatError(ValueError):
    """The bytes are no answer."""


class UnrelatedAnswerError(DnsFormatError):
    """The bytes answer another question."""


class DnsRecord(Struct, frozen=True, kw_only=True):
    """One record of an answer."""

    name: str
    type: str
    ttl: int
    """Seconds for which it may be cached."""
    text: str
    """Its value as text; names in it without their last dot."""


class DnsAnswer(Struct, frozen=True, kw_only=True):
    """The decoded answer of a server."""

    code: int
    """0 for success."""
    is_truncated: bool
    """Whether it did not fit, and is to be asked for over TCP."""
    records: tuple[DnsRecord, ...]

    def records_of(self, name: str, kind: str) -> tuple[DnsRecord, ...]:
        """The records of a type that a name has, itself or by its aliases."""
        names = [normalized_dns_name(name)]
        aliases = {
            each.name: each.text
            for each in self.records
            if each.type == "CNAME" and kind != "CNAME"
        }
        while names[-1] in aliases and len(names) < _MAX_ALIASES:
            names.append(aliases[names[-1]])
        return tuple(
            each for each in self.records if each.type == kind and each.name in names
        )


def normalized_dns_name(name: str) -> str:
    """A name in the form in which names are compared: IDNA, lower case, no last dot."""
    labels = name.removesuffix(".").split(".")
    return ".".join(map(_normalized_label, labels))


def _normalized_label(label: str) -> str:
    with suppress(UnicodeError):  # what cannot be encoded is in no answer
        label = _encoded_label(label).decode("ascii")
    return label.lower()


def _encoded_label(label: str) -> bytes:
    """The bytes of a label as they are in a message.

    Raises:
        UnicodeError: it has none.
    """
    return label.encode("ascii" if label.isascii() else "idna")


def encode_question(name: str, kind: str, number: int) -> bytes:
    """Encode a question.

    Args:
        name: the name that is asked about.
        kind: the type of record, such as `MX`.
        number: the message's id, from 0 to 65535, which its answer repeats.

    Raises:
        ValueError: the name is not a valid DNS name.
    """
    head = struct.pack("!6H", number, _RECURSION_DESIRED, 1, 0, 0, 0)
    return (
        head + _encoded(name) + struct.pack("!2H", RECORD_TYPE_NUMBERS[kind], _INTERNET)
    )


def _encoded(name: str) -> bytes:
    found = b""
    for label in name.removesuffix(".").split("."):
        try:
            data = _encoded_label(label)
        except UnicodeError as error:
            raise ValueError(f"{name!r} can be no name") from error
        if not 0 < len(data) < 64:
            raise ValueError(f"{name!r} can be no name: a label has 1 to 63 letters")
        found += bytes((len(data),)) + data
    if len(found) >= _MAX_NAME:
        raise ValueError(f"{name!r} can be no name: it is too long")
    return found + b"\0"


def decode_dns_answer(data: bytes, asked: bytes) -> DnsAnswer:
    """Decode the answer to a question.

    Raises:
        UnrelatedAnswerError: it answers another question.
        DnsFormatError: it is cut short, or is no answer at all.
    """
    number, flags, questions, answers, _, _ = _unpack("!6H", data, 0)
    if number != struct.unpack_from("!H", asked)[0] or not flags & _IS_ANSWER:
        raise UnrelatedAnswerError("another question is answered")
    code, is_truncated = flags & 0xF, bool(flags & _IS_TRUNCATED)
    if questions > 1 or (questions and not _repeats(data, asked)):
        raise UnrelatedAnswerError("another question is answered")
    if is_truncated or not questions:
        return DnsAnswer(code=code, is_truncated=is_truncated, records=())
    at, records = len(asked), []
    for _ in range(answers):
        name, at = _read_name(data, at)
        kind, family, ttl, length = _unpack("!2HIH", data, at)
        at += 10
        if at + length > len(data):
            raise DnsFormatError("it is cut short")
        if family == _INTERNET and kind in _RECORD_TYPE_NAMES:
            text = _read_value(data, at, at + length, _RECORD_TYPE_NAMES[kind])
            ttl = 0 if ttl >> 31 else ttl  # RFC 2181: it has 31 bits
            records.append(
                DnsRecord(name=name, type=_RECORD_TYPE_NAMES[kind], ttl=ttl, text=text)
            )
        at += length
    return DnsAnswer(code=code, is_truncated=False, records=tuple(records))


def _repeats(data: bytes, asked: bytes) -> bool:
    """Whether an answer repeats the question; servers may change its case."""
    return data[12 : len(asked)].lower() == asked[12:].lower()


def _unpack(form: str, data: bytes, at: int) -> tuple[int, ...]:
    try:
        return struct.unpack_from(form, data, at)
    except struct.error as error:
        raise DnsFormatError("it is cut short") from error


def _read_name(data: bytes, at: int) -> tuple[str, int]:
    """A name, in small letters, and where what follows it begins."""
    labels: list[str] = []
    after, earliest, length, jumps = 0, at, 0, 0
    while True:
        (size,) = _unpack("!B", data, at)
        if size >= 0xC0:
            (pointer,) = _unpack("!H", data, at)
            after = after or at + 2
            at = pointer & 0x3FFF
            jumps += 1
            if at >= earliest or jumps > _MAX_JUMPS:
                raise DnsFormatError("a name leads in a circle")
            earliest = at
            continue
        if size == 0:
            return ".".join(labels), after or at + 1
        label = data[at + 1 : at + 1 + size]
        length += size + 1
        if size > 63 or len(label) < size or length >= _MAX_NAME:
            raise DnsFormatError("a name is too long")
        labels.append(_label(label))
        at += size + 1


def _label(data: bytes) -> str:
    r"""A label as text; what is no letter is written as `\DDD`."""
    return "".join(
        chr(byte) if 0x20 < byte < 0x7F and byte not in b".\\" else f"\\{byte:03}"
        for byte in data.lower()
    )


_NUMBERS_BEFORE_NAME = {"MX": "!H", "SRV": "!3H"}


def _read_value(data: bytes, at: int, end: int, kind: str) -> str:
    """The value of a record, as text."""
    match kind:
        case "A" if end - at == 4:
            return str(IPv4Address(data[at:end]))
        case "AAAA" if end - at == 16:
            return str(IPv6Address(data[at:end]))
        case "A" | "AAAA":
            raise DnsFormatError("an address has a wrong length")
        case "TXT":
            return _read_texts(data[at:end])
        case "SOA":
            owner, at = _read_name(data, at)
            person, at = _read_name(data, at)
            numbers = _unpack("!5I", data[:end], at)
            return " ".join((owner, person, *map(str, numbers)))
    form = _NUMBERS_BEFORE_NAME.get(kind, "!")
    numbers = _unpack(form, data[:end], at)
    name, _ = _read_name(data[:end], at + struct.calcsize(form))
    return " ".join((*map(str, numbers), name or "."))


def _read_texts(data: bytes) -> str:
    """The texts of a TXT record, as one."""
    found, at = b"", 0
    while at < len(data):
        size = data[at]
        found += data[at + 1 : at + 1 + size]
        at += size + 1
    if at != len(data):
        raise DnsFormatError("a text is cut short")
    return found.decode("utf-8", "replace")


_RESOLV_CONF = Path("/etc/resolv.conf")
_RESEND_INTERVAL = 1.0
"""Seconds after which a question is sent again: packets get lost."""
_ANSWER_CODE_TEXTS = {
    1: "did not understand (FORMERR)",
    2: "failed (SERVFAIL)",
    4: "does not do that (NOTIMP)",
    5: "refused (REFUSED)",
}
_MAX_PACKET = 65535


async def check_dns(check: DnsCheck, ctx: CheckContext) -> CheckResult:  # noqa: ARG001
    """Make a `dns` check once.

    Raises:
        CannotLookError: `/etc/resolv.conf` names no server.
        ValueError: the name or the server's address is invalid.
    """
    asked = encode_question(check.name, check.type, secrets.randbelow(1 << 16))
    at = check.at or _system_server()
    try:
        answer = await _ask(asked, *split_address(at))
    except DnsFormatError as error:
        detail = f"{check.subject} at {at}: a broken answer: {error}"
        return check_result(held=False, detail=detail)
    except (OSError, ExceptionGroup, EOFError) as error:
        failure = connection_failure(error)
        words = failure.words if failure is not None else "closed without an answer"
        return check_result(
            held=False,
            detail=f"{check.subject} at {at}: {words}",
            could_not_look=failure is not None and failure.is_local,
        )
    if answer.code not in (0, NXDOMAIN_CODE):
        words = _ANSWER_CODE_TEXTS.get(
            answer.code, f"answered with the code {answer.code}"
        )
        return check_result(held=False, detail=f"{check.subject}: {at} {words}")
    held, words = _judge(check, answer)
    return check_result(held=held, detail=f"{check.subject} at {at}: {words}")


def _judge(check: DnsCheck, answer: DnsAnswer) -> tuple[bool, str]:
    """Whether an answer is as wanted, and its records in words."""
    records = answer.records_of(check.name, check.type)
    if not records:
        missing = "no such name" if answer.code else "no such record"
        return check.absent, missing + _wanted_words(check) * (not check.absent)
    found = {_normalized_record_text(check.type, each.text) for each in records}
    words = ", ".join(sorted(each.text for each in records))
    words += f" (TTL {max(each.ttl for each in records)} s)"
    if check.absent:
        return False, f"{words}, wanted none"
    wanted = {
        _normalized_record_text(check.type, each)
        for each in check.records or check.contains
    }
    if not (found == wanted if check.records else found >= wanted):
        return False, words + _wanted_words(check)
    late = _wrong_ttl(check, records)
    return not late, f"{words}{late}"


def _wanted_words(check: DnsCheck) -> str:
    alone = " alone" if check.records else ""
    texts = ", ".join(check.records or check.contains)
    return f", wanted {texts}{alone}" if texts else ""


def _wrong_ttl(check: DnsCheck, records: tuple[DnsRecord, ...]) -> str:
    for each in records if check.ttl else ():
        # A bare number in the runbook means seconds, too.
        lacking = unmet_in_words(f"{each.ttl}s", check.ttl)
        if lacking and unmet_in_words(str(each.ttl), check.ttl):
            return f", {lacking}"
    return ""


def _normalized_record_text(kind: str, text: str) -> str:
    """A record's text in the one form in which records are compared."""
    if kind == "TXT":
        return text
    with suppress(ValueError):
        return str(ip_address(text))
    return " ".join(map(normalized_dns_name, text.split()))


def _system_server() -> str:
    """The first server in this machine's `/etc/resolv.conf`.

    Raises:
        CannotLookError: there is none.
    """
    with suppress(OSError):
        for line in _RESOLV_CONF.read_text(errors="replace").splitlines():
            words = line.split()
            if len(words) > 1 and words[0] == "nameserver":
                return f"[{words[1]}]:53" if ":" in words[1] else f"{words[1]}:53"
    raise CannotLookError(f"{_RESOLV_CONF} names no server; give `at`")


async def _ask(asked: bytes, host: str, port: int) -> DnsAnswer:
    """Ask one server over UDP, and over TCP for what does not fit."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as connection:
        connection.settimeout(0)
        await loop.sock_connect(connection, address)
        answer = await _ask_until_answered(asked, connection)
    if answer.is_truncated:
        return await _ask_over_tcp(asked, host, port)
    return answer


async def _ask_until_answered(asked: bytes, connection: socket.socket) -> DnsAnswer:
    """Send a question until there is an answer to it; the caller limits the time."""
    loop = asyncio.get_running_loop()
    while True:
        await loop.sock_sendall(connection, asked)
        with suppress(TimeoutError):
            async with asyncio.timeout(_RESEND_INTERVAL):
                while True:
                    data = await loop.sock_recv(connection, _MAX_PACKET)
                    with suppress(UnrelatedAnswerError):
                        return decode_dns_answer(data, asked)


async def _ask_over_tcp(asked: bytes, host: str, port: int) -> DnsAnswer:
    """Ask for an answer of any length.

    Raises:
        EOFError: the server closes the connection before its answer ends.
        OSError: there is no connection; also as an `ExceptionGroup`.
        DnsFormatError: the answer is broken.
    """
    reader, writer = await asyncio.open_connection(sock=await connect(host, port))
    try:
        writer.write(struct.pack("!H", len(asked)) + asked)
        await writer.drain()
        (length,) = struct.unpack("!H", await reader.readexactly(2))
        answer = decode_dns_answer(await reader.readexactly(length), asked)
    finally:
        writer.transport.abort()
    if answer.is_truncated:
        raise DnsFormatError("it is truncated over TCP, too")
    return answer
