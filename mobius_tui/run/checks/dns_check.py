"""The `dns` check: asks a name server, and reads what it answers.

The messages themselves (RFC 1035) are dnspython's, which reads none for long, whatever
whoever answers sends.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

from dns.exception import DNSException
from dns.flags import TC
from dns.message import Message, from_wire, make_query
from dns.name import IDNA_2003, from_text, root
from dns.rcode import to_text
from dns.rdata import Rdata
from dns.rdataclass import IN
from msgspec import Struct

from mobius_tui.health.connection import connect, connection_failure, split_address
from mobius_tui.run.checks.context import (
    CannotLookError,
    CheckContext,
    CheckResult,
    check_result,
)
from mobius_tui.runbook.model.check_kinds import RECORD_TYPES, DnsCheck
from mobius_tui.runbook.model.guard_comparison import unmet_in_words

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

    code: str
    """`NOERROR`, or what is wrong."""
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
    with suppress(ValueError):  # what cannot be encoded is in no answer
        return (
            make_question(name, "A")
            .question[0]
            .name.to_text(omit_final_dot=True)
            .lower()
        )
    return name.removesuffix(".").lower()


def make_question(name: str, kind: str) -> Message:
    """A question with a random number.

    Args:
        name: the name that is asked about.
        kind: the type of record, such as `MX`.

    Raises:
        ValueError: the name is not a valid DNS name.
    """
    try:
        asked = from_text(name, idna_codec=IDNA_2003)
    except (DNSException, UnicodeError) as error:
        raise ValueError(f"{name!r} can be no name: {error}") from error
    if asked == root:
        raise ValueError(f"{name!r} can be no name")
    return make_query(asked, kind)


def decode_dns_answer(data: bytes, asked: Message) -> DnsAnswer:
    """Decode the answer to a question.

    Raises:
        UnrelatedAnswerError: it answers another question.
        DnsFormatError: it is cut short, or is no answer at all.
    """
    if struct.unpack_from("!H", data.ljust(2, b"\0"))[0] != asked.id:
        raise UnrelatedAnswerError("another question is answered")
    try:
        found = from_wire(data, question_only=True)
        if not asked.is_response(found):
            raise UnrelatedAnswerError("another question is answered")
        is_truncated = bool(found.flags & TC)
        if not is_truncated:
            found = from_wire(data, one_rr_per_rrset=True, ignore_trailing=True)
    except DNSException as error:
        raise DnsFormatError("it is cut short, or no message of DNS") from error
    records = tuple(
        DnsRecord(
            name=each.name.to_text(omit_final_dot=True).lower(),
            type=each.rdtype.name,
            ttl=each.ttl,
            text=_text_of(each[0]),
        )
        for each in found.answer
        if each.rdclass == IN and each.rdtype.name in RECORD_TYPES
    )
    return DnsAnswer(
        code=to_text(found.rcode()),
        is_truncated=is_truncated,
        records=records,
    )


def _text_of(value: Rdata) -> str:
    """The value of a record: of a TXT its texts as one, else its words."""
    if strings := getattr(value, "strings", None):
        return b"".join(strings).decode("utf-8", "replace")
    words = value.to_text().lower().split(" ")
    return " ".join(word if word == "." else word.removesuffix(".") for word in words)


_RESOLV_CONF = Path("/etc/resolv.conf")
_RESEND_INTERVAL = 1.0
"""Seconds after which a question is sent again: packets get lost."""
_ANSWER_CODE_TEXTS: Mapping[str, str] = {
    "FORMERR": "did not understand",
    "SERVFAIL": "failed",
    "NOTIMP": "does not do that",
    "REFUSED": "refused",
}
_MAX_PACKET = 65535


async def check_dns(check: DnsCheck, ctx: CheckContext) -> CheckResult:  # noqa: ARG001
    """Make a `dns` check once.

    Raises:
        CannotLookError: `/etc/resolv.conf` names no server.
        ValueError: the name or the server's address is invalid.
    """
    asked = make_question(check.name, check.type)
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
    if answer.code not in ("NOERROR", "NXDOMAIN"):
        words = _ANSWER_CODE_TEXTS.get(answer.code, "did not answer")
        words += f" ({answer.code})"
        return check_result(held=False, detail=f"{check.subject}: {at} {words}")
    held, words = _judge(check, answer)
    return check_result(held=held, detail=f"{check.subject} at {at}: {words}")


def _judge(check: DnsCheck, answer: DnsAnswer) -> tuple[bool, str]:
    """Whether an answer is as wanted, and its records in words."""
    records = answer.records_of(check.name, check.type)
    if not records:
        missing = "no such name" if answer.code == "NXDOMAIN" else "no such record"
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


async def _ask(asked: Message, host: str, port: int) -> DnsAnswer:
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


async def _ask_until_answered(asked: Message, connection: socket.socket) -> DnsAnswer:
    """Send a question until there is an answer to it; the caller limits the time."""
    loop = asyncio.get_running_loop()
    while True:
        await loop.sock_sendall(connection, asked.to_wire())
        with suppress(TimeoutError):
            async with asyncio.timeout(_RESEND_INTERVAL):
                while True:
                    data = await loop.sock_recv(connection, _MAX_PACKET)
                    with suppress(UnrelatedAnswerError):
                        return decode_dns_answer(data, asked)


async def _ask_over_tcp(asked: Message, host: str, port: int) -> DnsAnswer:
    """Ask for an answer of any length.

    Raises:
        EOFError: the server closes the connection before its answer ends.
        OSError: there is no connection; also as an `ExceptionGroup`.
        DnsFormatError: the answer is broken.
    """
    reader, writer = await asyncio.open_connection(sock=await connect(host, port))
    try:
        question = asked.to_wire()
        writer.write(struct.pack("!H", len(question)) + question)
        await writer.drain()
        (length,) = struct.unpack("!H", await reader.readexactly(2))
        answer = decode_dns_answer(await reader.readexactly(length), asked)
    finally:
        writer.transport.abort()
    if answer.is_truncated:
        raise DnsFormatError("it is truncated over TCP, too")
    return answer
