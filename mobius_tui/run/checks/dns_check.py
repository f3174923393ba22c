"""`dns`: the records of a name, asked of one server.

Only the server is asked: no `/etc/hosts`, no search domains, no cache. So the answer is
what other machines will get, with the TTL for which they may cache it.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import struct
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

from mobius_tui.health.connection import connect, connection_failure, split_address
from mobius_tui.run.checks.context import (
    CannotLookError,
    CheckContext,
    CheckResult,
    check_result,
)
from mobius_tui.run.checks.dns_message import (
    NO_SUCH_NAME,
    DnsAnswer,
    DnsFormatError,
    DnsRecord,
    OtherAnswerError,
    question,
    read_answer,
    same_name,
)
from mobius_tui.runbook.model.check_kinds import DnsCheck
from mobius_tui.runbook.model.guard_comparison import unmet

_RESOLVERS = Path("/etc/resolv.conf")
_AGAIN = 1.0
"""Seconds after which a question is sent again: packets get lost."""
_CODES = {
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
    asked = question(check.name, check.type, secrets.randbelow(1 << 16))
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
            is_local=failure is not None and failure.is_local,
        )
    if answer.code not in (0, NO_SUCH_NAME):
        words = _CODES.get(answer.code, f"answered with the code {answer.code}")
        return check_result(held=False, detail=f"{check.subject}: {at} {words}")
    held, words = _judge(check, answer)
    return check_result(held=held, detail=f"{check.subject} at {at}: {words}")


def _judge(check: DnsCheck, answer: DnsAnswer) -> tuple[bool, str]:
    """Whether an answer is as wanted, and its records in words."""
    records = answer.of(check.name, check.type)
    if not records:
        missing = "no such name" if answer.code else "no such record"
        return check.absent, missing + _wanted_words(check) * (not check.absent)
    found = {_compared(check.type, each.text) for each in records}
    words = ", ".join(sorted(each.text for each in records))
    words += f" (TTL {max(each.ttl for each in records)} s)"
    if check.absent:
        return False, f"{words}, wanted none"
    wanted = {_compared(check.type, each) for each in check.records or check.contains}
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
        lacking = unmet(f"{each.ttl}s", check.ttl)
        if lacking and unmet(str(each.ttl), check.ttl):
            return f", {lacking}"
    return ""


def _compared(kind: str, text: str) -> str:
    """A record's text in the one form in which records are compared."""
    if kind == "TXT":
        return text
    with suppress(ValueError):
        return str(ip_address(text))
    return " ".join(map(same_name, text.split()))


def _system_server() -> str:
    """The first server in this machine's `/etc/resolv.conf`.

    Raises:
        CannotLookError: there is none.
    """
    with suppress(OSError):
        for line in _RESOLVERS.read_text(errors="replace").splitlines():
            words = line.split()
            if len(words) > 1 and words[0] == "nameserver":
                return f"[{words[1]}]:53" if ":" in words[1] else f"{words[1]}:53"
    raise CannotLookError(f"{_RESOLVERS} names no server; give `at`")


async def _ask(asked: bytes, host: str, port: int) -> DnsAnswer:
    """Ask one server over UDP, and over TCP for what does not fit."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as connection:
        connection.settimeout(0)
        await loop.sock_connect(connection, address)
        answer = await _ask_again_and_again(asked, connection)
    if answer.is_truncated:
        return await _ask_over_tcp(asked, host, port)
    return answer


async def _ask_again_and_again(asked: bytes, connection: socket.socket) -> DnsAnswer:
    """Send a question until there is an answer to it; the caller limits the time."""
    loop = asyncio.get_running_loop()
    while True:
        await loop.sock_sendall(connection, asked)
        with suppress(TimeoutError):
            async with asyncio.timeout(_AGAIN):
                while True:
                    data = await loop.sock_recv(connection, _MAX_PACKET)
                    with suppress(OtherAnswerError):
                        return read_answer(data, asked)


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
        answer = read_answer(await reader.readexactly(length), asked)
    finally:
        writer.transport.abort()
    if answer.is_truncated:
        raise DnsFormatError("it is truncated over TCP, too")
    return answer
