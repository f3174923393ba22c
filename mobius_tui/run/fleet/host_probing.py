"""Asks hosts whether a run would be possible on them, the way a run goes there.

It is the request of a claim, without a script: the same options of ssh, the same shell,
a claim's folder that is made and removed again. So who answers here can be run on, and
who does not says why. No key is accepted that is not known, no password is asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from msgspec import Struct

from mobius_tui.errors import MobiusError
from mobius_tui.run.fleet.claim_request import ClaimRequest
from mobius_tui.run.fleet.conversation import ConversationEnd, HostConversation
from mobius_tui.run.fleet.transport import Destination, Route, transport_to
from mobius_tui.run.fleet.unreached import UnreachedKind

HOSTS_ASKED_AT_ONCE = 25
"""Hosts that are asked at the same time at most; sshd drops those that are too many."""
ANSWERS = "answers"
"""What a host on which a run would be possible says, in a word."""


class ProbedHost(Struct, frozen=True, kw_only=True):
    """A host and its answer."""

    name: str
    answer: str
    """`ANSWERS`, or one of `UnreachedKind`: it was not reached, or is unfit."""
    detail: str = ""
    """Why no run is possible, on one line: ssh's, the host's or ours; empty if it is.
    """


async def probe_hosts(
    hosts: Sequence[Destination], routes: Sequence[Route]
) -> AsyncIterator[ProbedHost]:
    """Ask each host; yields the answers in the order of the hosts.

    Args:
        hosts: in the order in which they are asked.
        routes: all ways in which steps reach them, as by `become`; a host answers if it
            does by each of them.
    """
    places = asyncio.Semaphore(HOSTS_ASKED_AT_ONCE)

    async def ask(host: Destination) -> ProbedHost:
        async with places:
            found = ProbedHost(name=host.name, answer=ANSWERS)
            for route in routes:
                found = await _probe(host, route)
                if found.answer != ANSWERS:
                    break
            return found

    tasks = [asyncio.ensure_future(ask(host)) for host in hosts]
    try:
        for task in tasks:
            yield await task
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _probe(host: Destination, route: Route) -> ProbedHost:
    try:
        transport = transport_to(host, route, None)
        request = ClaimRequest.probe(host.name, route.claims_in)
        answer = await HostConversation(transport, request, None).exchange()
    except MobiusError as error:
        answer = ConversationEnd(reason=str(error))
    except OSError as error:
        answer = ConversationEnd(reason=error.strerror or str(error))
    if answer.verdict == "can":
        return ProbedHost(name=host.name, answer=ANSWERS)
    kind = answer.unreached.kind if answer.unreached else UnreachedKind.REFUSED
    return ProbedHost(name=host.name, answer=kind, detail=answer.reason)
