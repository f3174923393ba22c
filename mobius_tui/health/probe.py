"""Probes: what is asked at every beat, and what an answer means.

The beat lives in an event loop of the host; nothing that a terminal does delays it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import httpx

from mobius_tui.health import response_body
from mobius_tui.health.connection import try_connect
from mobius_tui.health.health_record import ProbeResult, State
from mobius_tui.health.http_client import HttpAnswer, new_http_client, send_request
from mobius_tui.health.probe_target import ProbeTarget
from mobius_tui.health.ticker import Ticker, boot_clock
from mobius_tui.runbook.text.units import duration_in_words

WITNESS_TIMEOUT = 1.0
"""Seconds that a witness has to accept a connection, or to refuse it."""

_LONGEST_P95 = 1e9
"""In the figure's own unit; more is a fault of the service's own counting."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbeVerdict:
    """What an answer means for a probe."""

    state: State
    reason: str = ""
    """Why it is not ok, in words."""
    error_rate: float | None = None
    """What the service reports: a fraction from 0 to 1."""
    p95_ms: float | None = None
    """What the service reports, in milliseconds."""


def judge_answer(answer: HttpAnswer, target: ProbeTarget) -> ProbeVerdict:
    """What an answer means: a pure function of it and of what is healthy."""
    if answer.problem:
        return ProbeVerdict(
            state="no data" if answer.blind else "failed", reason=answer.problem
        )
    reports = target.error_rate is not None or target.p95 is not None
    document = (
        response_body.parse(answer.body)
        if target.json or reports
        else response_body.MISSING
    )
    reason = wrong_status(answer, target.status) or response_body.mismatch(
        answer.body, document, target.json, target.contains
    )
    return ProbeVerdict(
        state="failed" if reason else "ok",
        reason=reason,
        error_rate=response_body.figure(document, target.error_rate, highest=1.0),
        p95_ms=response_body.figure(document, target.p95, highest=_LONGEST_P95),
    )


def wrong_status(answer: HttpAnswer, wanted: int) -> str:
    """How an answer's status differs from the wanted one; empty if it does not."""
    if answer.status == wanted:
        return ""
    leads = f", a redirect to {answer.location}" if answer.location else ""
    return f"answered {answer.status}{leads}, wanted {wanted}"


class Prober:
    """Keeps the beat of a set of probes."""

    def __init__(
        self,
        targets: tuple[ProbeTarget, ...],
        *,
        every: float,
        witness: tuple[str, ...] = (),
        clock: Callable[[], float] = boot_clock,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Look at nothing yet.

        Args:
            targets: what is asked.
            every: seconds from one slot to the next.
            witness: `host:port` addresses; while none of them answers, be it that it
                refuses a connection, a failed check says nothing about the service.
            clock: seconds that pass while the machine sleeps, too.
            wall: gives seconds since 1970.
        """
        self._targets = targets
        self._every = every
        self._witness = witness
        self._clock = clock
        self._wall = wall

    async def run(self, on_check: Callable[[ProbeResult], None]) -> None:
        """Probe until cancelled.

        The k-th slot is at start + k · every. A slot that is due while its probe is
        still in flight is skipped.

        Args:
            on_check: is given every check, in this event loop; what it raises ends the
                watch, in an `ExceptionGroup`.
        """
        async with AsyncExitStack() as stack:
            clients: dict[str | None, httpx.AsyncClient | str] = {}
            for ca in {target.ca for target in self._targets}:
                try:
                    clients[ca] = await stack.enter_async_context(new_http_client(ca))
                except OSError as error:
                    clients[ca] = f"cannot read the certificates in {ca}: {error}"
            beat = Ticker(self._every, self._clock)
            async with asyncio.TaskGroup() as group:
                group.create_task(beat.watch())
                for target in self._targets:
                    through = clients[target.ca]
                    group.create_task(self._keep(beat, target, through, on_check))

    async def _keep(
        self,
        beat: Ticker,
        target: ProbeTarget,
        through: httpx.AsyncClient | str,
        on_check: Callable[[ProbeResult], None],
    ) -> None:
        """Check one target at each slot."""
        slot = 0
        while True:
            due = await beat.until(slot)
            on_check(await self._check(beat, due, target, through))
            slot = beat.after(slot)

    async def _check(
        self,
        beat: Ticker,
        due: float,
        target: ProbeTarget,
        through: httpx.AsyncClient | str,
    ) -> ProbeResult:
        at, began = self._wall(), self._clock()
        late = began - due
        answer = HttpAnswer(ms=0.0)
        if late <= self._every:
            answer = await _asked(target, through)
            late = beat.hole(began)
        if late > self._every:
            words = (
                f"the monitor was suspended or held up for {duration_in_words(late)}"
            )
            verdict = ProbeVerdict(state="no data", reason=words)
        else:
            verdict = judge_answer(answer, target)
            if verdict.state == "failed" and not await self._anyone_answers():
                words = f"no witness answers either ({verdict.reason})"
                verdict = ProbeVerdict(state="no data", reason=words)
        looked = verdict.state != "no data"
        return ProbeResult(
            at=round(at, 3),
            mono=round(began, 3),
            probe=target.id,
            state=verdict.state,
            status=answer.status if looked else None,
            ms=answer.ms if looked and not answer.problem else None,
            reason=verdict.reason,
            error_rate=verdict.error_rate,
            p95_ms=verdict.p95_ms,
        )

    async def _anyone_answers(self) -> bool:
        """Whether a witness answers, if only to refuse, or there is none to ask."""
        looks = [try_connect(at, WITNESS_TIMEOUT) for at in self._witness]
        found = await asyncio.gather(*looks)
        return not found or any(each is None or each.refused for each in found)


async def _asked(target: ProbeTarget, through: httpx.AsyncClient | str) -> HttpAnswer:
    if isinstance(through, str):
        return HttpAnswer(ms=0.0, problem=through, blind=True)
    return await send_request(
        through,
        url=target.url,
        method=target.method,
        headers=target.headers,
        within=target.timeout,
        redirects=target.redirects,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbeLook:
    """What one look at a probe saw."""

    id: str
    state: State
    words: str
    """Why it is not ok; the status and the time, where it is."""


async def probe_once(targets: tuple[ProbeTarget, ...]) -> tuple[ProbeLook, ...]:
    """Ask every target once, all at the same time."""
    return tuple(await asyncio.gather(*map(_look, targets)))


async def _look(target: ProbeTarget) -> ProbeLook:
    try:
        through = new_http_client(target.ca)
    except OSError as error:
        words = f"cannot read the certificates in {target.ca}: {error}"
        return ProbeLook(id=target.id, state="no data", words=words)
    async with through:
        answer = await send_request(
            through,
            url=target.url,
            method=target.method,
            headers=target.headers,
            within=target.timeout,
            redirects=target.redirects,
        )
    verdict = judge_answer(answer, target)
    words = verdict.reason or f"{answer.status} in {answer.ms:.0f} ms"
    return ProbeLook(id=target.id, state=verdict.state, words=words)
