"""One look at each probe, when a person asks for it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from mobius_tui.health.ask import ask, client
from mobius_tui.health.probe import judge
from mobius_tui.health.record import State
from mobius_tui.health.target import Target


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What one look at a probe saw."""

    id: str
    state: State
    words: str
    """Why it is not ok; the status and the time, where it is."""


async def look_once(targets: tuple[Target, ...]) -> tuple[Seen, ...]:
    """Ask every target once, all at the same time."""
    return tuple(await asyncio.gather(*map(_look, targets)))


async def _look(target: Target) -> Seen:
    try:
        through = client(target.ca)
    except OSError as error:
        words = f"cannot read the certificates in {target.ca}: {error}"
        return Seen(id=target.id, state="no data", words=words)
    async with through:
        answer = await ask(
            through,
            url=target.url,
            method=target.method,
            headers=target.headers,
            within=target.timeout,
            redirects=target.redirects,
        )
    verdict = judge(answer, target)
    words = verdict.reason or f"{answer.status} in {answer.ms:.0f} ms"
    return Seen(id=target.id, state=verdict.state, words=words)
