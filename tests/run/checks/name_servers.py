"""Servers of DNS on loopback, and the bytes that they answer."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

from dns.rdatatype import RdataType

Reply = Callable[[bytes], bytes | None]
"""What is answered to a question; None for nothing."""


def name(text: str) -> bytes:
    """A name without pointers."""
    labels = [label.encode() for label in text.split(".") if label]
    return b"".join(bytes((len(each),)) + each for each in labels) + b"\0"


def record(owner: bytes, kind: str, data: bytes, ttl: int = 60) -> bytes:
    """One record; `b"\\xc0\\x0c"` as the owner is the name that was asked for."""
    return owner + struct.pack("!2HIH", RdataType[kind], 1, ttl, len(data)) + data


ASKED = b"\xc0\x0c"


def answer(asked: bytes, *records: bytes, code: int = 0, flags: int = 0) -> bytes:
    """An answer to a question."""
    head = struct.pack("!5H", 0x8180 | flags | code, 1, len(records), 0, 0)
    return asked[:2] + head + asked[12:] + b"".join(records)


@asynccontextmanager
async def name_server(
    over_udp: Reply, over_tcp: Reply | None = None
) -> AsyncIterator[str]:
    """A server; yields its address."""

    class Udp(asyncio.DatagramProtocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = cast("asyncio.DatagramTransport", transport)

        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            reply = over_udp(data)
            if reply is not None:
                self.transport.sendto(reply, addr)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        (length,) = struct.unpack("!H", await reader.readexactly(2))
        reply = (over_tcp or over_udp)(await reader.readexactly(length))
        if reply is not None:
            writer.write(struct.pack("!H", len(reply)) + reply)
            await writer.drain()
        writer.close()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        loop = asyncio.get_running_loop()
        udp, _ = await loop.create_datagram_endpoint(Udp, ("127.0.0.1", port))
        server = await asyncio.start_server(talk, sock=listening)
        try:
            yield f"127.0.0.1:{port}"
        finally:
            udp.close()
            server.close()
