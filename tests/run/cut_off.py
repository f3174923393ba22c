"""A run whose machine loses its network: run in a network namespace of its own."""

from __future__ import annotations

import asyncio
import fcntl
import os
import socket
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mobius_tui.run.planning.variables import Values
from mobius_tui.runbook.library.loader import load
from mobius_tui.tui.presenters.health_view import build_health_view
from tests.run.running import Running
from tests.run.sites import SEED, Site, firings, no_sockets, seen

_SET_ADDRESS = 0x8916
_SET_FLAGS = 0x8914
_IS_UP = 1


def network(address: str) -> None:
    """Give the only interface an address; with 0.0.0.0 it has none, and no route."""
    place = struct.pack(
        "16sHH4s8x", b"lo", socket.AF_INET, 0, socket.inet_aton(address)
    )
    flags = struct.pack("16sh14x", b"lo", _IS_UP)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SET_FLAGS, flags)
        fcntl.ioctl(any_socket, _SET_ADDRESS, place)


@contextmanager
def cut_off(run: Running, *, alone: bool) -> Iterator[None]:
    """The monitor cannot look.

    Args:
        run: whose monitor.
        alone: whether this process is in a network namespace of its own.
    """
    if not alone:
        with no_sockets(run):
            yield
        return
    network("0.0.0.0")
    yield
    network("127.0.0.1")


async def scene(run: Running, site: Site, *, alone: bool) -> None:
    """Lose the network for a while, and say what was seen."""
    await run.did("arm")
    await seen(run, "ok", 3)
    with cut_off(run, alone=alone):
        found = await seen(run, "no data", 20)
        print(f"fired: {len(firings(run))}")
        print(f"no data: {found[-1].reason}")
        say_what_is_shown(run)
    found = await seen(run, "ok", 3)
    assert firings(run) == []
    print(f"and then: {found[-1].state}")
    print(f"armed: {run.state.watch.armed}")
    print(f"invoked: {site.invoked()}")


def say_what_is_shown(run: Running) -> None:
    """The panel's news, and the first trigger's meter."""
    assert run.viewer is not None
    follower = run.viewer.follower
    follower.poll()
    now = time.time()
    health = build_health_view(
        follower.health,
        follower.runbook,
        Values(follower.state, now=now, name_of=str),
        now=now,
        is_watched=True,
        has_ended=False,
    )
    print(f"panel: {health.news}")
    assert follower.trigger_rules.evaluator is not None
    meter = follower.trigger_rules.evaluator.meters()[0]
    print(f"meter: {meter.state}, {meter.words}")


async def main(folder: Path, *, alone: bool) -> None:
    """Begin a run that watches a site of its own, and end both."""
    os.environ["XDG_STATE_HOME"] = str(folder / "state")
    if alone:
        network("127.0.0.1")
    site = Site(folder)
    path = folder / "test.toml"
    path.write_text(site.book(triggers=SEED))
    run = await Running(load(path)).begin()
    try:
        await scene(run, site, alone=alone)
    finally:
        await run.close()
        site.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), alone="alone" in sys.argv))
