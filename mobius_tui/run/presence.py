"""Being there for a host, where no viewer is connected for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from mobius_tui.run.directory import RunDirectory
from mobius_tui.run.intents import SIGN_WANTED
from mobius_tui.run.socket_path import connect

PATIENCE = 2.0
"""Seconds in which a host takes a connection in, or stands still and goes nowhere."""


@contextmanager
def present(directory: RunDirectory) -> Iterator[None]:
    """Count as one who looks, for as long as the block lasts.

    A screen lets go of the host while a pager or an editor is open, or a shell has
    stopped it; whoever began a watch is there all the same.
    """
    try:
        connection = connect(directory.socket)
    except OSError:
        yield  # the host has gone already, and its viewers say so
        return
    with connection:
        connection.settimeout(PATIENCE)
        with suppress(OSError):
            connection.sendall(SIGN_WANTED)
            connection.recv(1)  # until then it would not count
        yield
