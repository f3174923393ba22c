"""Tells what runs already of a secret that the host has just learnt.

Each keeper, and Ansible's plugin, has a socket of datagrams in its folder: who opens
the file reads nothing, nothing of it is on the disk, and the next host finds it, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from mobius_tui.run.attempts.run_context import RunContext
from mobius_tui.run.keeper.told_secrets import TOLD_SEPARATOR
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.storage.play_files import plays_of_attempt
from mobius_tui.run.storage.redaction import secret_literals
from mobius_tui.run.storage.socket_path import short_socket_path

MAX_DATAGRAM_BYTES = 1 << 16
"""Bytes of texts that are told at once; a longer text is told alone."""
TELL_INTERVAL = 0.01
"""Seconds between two tries where a queue is full."""
TELL_TIMEOUT = 2.0
"""Seconds for which whoever needs the secret waits for a queue that stays full: what
does not read does not write either."""


async def tell_secret(context: RunContext, value: str) -> None:
    """Tell all that runs of a secret; what has ended meanwhile is passed over."""
    texts = [os.fsencode(each) for each in secret_literals((value,))]
    paths = await asyncio.to_thread(lambda: tuple(_sockets(context)))
    telling = [
        context.tasks.create_task(_tell(path, datagram))
        for path in paths
        for datagram in _datagrams(texts)
    ]
    telling += [context.tasks.create_task(tell()) for tell in context.told_fleets]
    if telling:
        await asyncio.wait(telling, timeout=TELL_TIMEOUT)


def _sockets(context: RunContext) -> Iterator[Path]:
    """The sockets of what may run; blocking."""
    for step_id, own in tuple(context.state.steps.items()):
        if own.status is not Status.RUNNING or own.last_attempt is None:
            continue
        attempt = context.directory.attempt(step_id, own.last_attempt.number)
        yield attempt.told_secrets
        for play in plays_of_attempt(attempt.path):
            yield play.keeper_directory.told_secrets
            yield play.told_secrets


def _datagrams(texts: list[bytes]) -> Iterator[bytes]:
    held: list[bytes] = []
    for text in texts:
        if held and sum(map(len, held)) + len(text) > MAX_DATAGRAM_BYTES:
            yield TOLD_SEPARATOR.join(held)
            held = []
        held.append(text)
    if held:
        yield TOLD_SEPARATOR.join(held)


async def _tell(path: Path, datagram: bytes) -> None:
    """Send a datagram, once its reader has room, or until it has gone."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as way_out:
        way_out.settimeout(0)
        with contextlib.suppress(OSError):
            way_out.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        while True:
            try:
                with short_socket_path(path) as way:
                    way_out.sendto(datagram, str(way))
            except BlockingIOError:
                await asyncio.sleep(TELL_INTERVAL)
                continue
            except OSError:
                pass  # it has ended, or is no such attempt
            return
