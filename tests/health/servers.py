"""Small servers on 127.0.0.1, each on a free port, that answer well or badly."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

from tests.paths import DATA

TLS = DATA / "tls"
"""A test authority (`ca.pem`), and certificates that it signed, for localhost."""

Reply = Callable[[asyncio.StreamWriter, bytes], Awaitable[None]]
"""Writes an answer to a request's head."""


def whole(
    body: bytes = b'{"status": "ok"}', *, status: str = "200 OK", head: str = ""
) -> Reply:
    """A whole, ordinary answer."""

    async def reply(writer: asyncio.StreamWriter, _request: bytes) -> None:
        lines = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{head}\r\n"
        writer.write(lines.encode() + body)

    return reply


@asynccontextmanager
async def serve(
    reply: Reply, *, certificate: str | None = None
) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Serve a reply to each request; gives the port and the requests that came."""
    requests: list[bytes] = []
    talking: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talking.add(task)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                requests.append(await reader.readuntil(b"\r\n\r\n"))
                await reply(writer, requests[-1])
                await writer.drain()
        finally:
            talking.discard(task)
            writer.close()

    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(TLS / certificate)
    server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1], requests
    finally:
        server.close()
        for task in tuple(talking):
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)
        await server.wait_closed()


@contextmanager
def silence(port: int = 0) -> Iterator[int]:
    """A port at which nothing answers, not even by a refusal: a dead network's.

    Args:
        port: which; any that is free without it.
    """
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(0)
        address = listener.getsockname()
        # One waits to be accepted, and nobody does: whoever comes next hears nothing.
        with socket.create_connection(address):
            yield address[1]


def closed_port() -> int:
    """A port of 127.0.0.1 on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
