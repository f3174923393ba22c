"""Probes: asking each target at regular intervals, and judging its answers.

This runs in the event loop of the host, so that no terminal can delay it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack

import httpx
from msgspec import Struct

from mobius_tui.health import response_body
from mobius_tui.health.connection import try_connect
from mobius_tui.health.health_record import (
    CheckState,
    ProbeResult,
    ProbeVerdict,
)
from mobius_tui.health.http_client import HttpAnswer, new_http_client, send_request
from mobius_tui.health.probe_target import LookAtCheck, ProbeTarget
from mobius_tui.health.ticker import Ticker, boot_clock
from mobius_tui.runbook.model.check_kinds import HttpStatus, status_in_words
from mobius_tui.runbook.text.units import duration_in_words

WITNESS_TIMEOUT = 1.0
"""Seconds in which a witness must accept or refuse a connection."""

_LONGEST_P95 = 1e9
"""In the figure's own unit; a service that reports more is counting wrongly."""


def judge_answer(answer: HttpAnswer, target: ProbeTarget) -> ProbeVerdict:
    """Judge an answer by what the target counts as healthy. Pure."""
    if answer.problem:
        return ProbeVerdict(
            state="no data" if answer.failed_locally else "failed",
            reason=answer.problem,
        )
    reports = target.error_rate is not None or target.p95 is not None
    document = (
        response_body.parse_json(answer.body)
        if target.json or target.pointers or reports
        else response_body.MISSING
    )
    reason = wrong_status(answer, target.status) or response_body.body_mismatch(
        answer.body, document, target.json, target.contains, target.pointers
    )
    return ProbeVerdict(
        state="failed" if reason else "ok",
        reason=reason or "",
        error_rate=response_body.reported_figure(
            document, target.error_rate, highest=1.0
        ),
        p95_ms=response_body.reported_figure(
            document, target.p95, highest=_LONGEST_P95
        ),
    )


def wrong_status(answer: HttpAnswer, wanted: HttpStatus) -> str | None:
    """How the status of an answer differs from the expected one; None if equal."""
    if answer.status in (wanted if isinstance(wanted, tuple) else (wanted,)):
        return None
    redirect = f", a redirect to {answer.location}" if answer.location else ""
    return f"answered {answer.status}{redirect}, wanted {status_in_words(wanted)}"


class Prober:
    """Checks a set of probes at regular intervals."""

    def __init__(
        self,
        targets: tuple[ProbeTarget, ...],
        *,
        every: float,
        witness: tuple[str, ...] = (),
        look: LookAtCheck | None = None,
        clock: Callable[[], float] = boot_clock,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Prepare; nothing is asked before `run`.

        Args:
            targets: the probes.
            every: seconds from one slot to the next.
            witness: `host:port` addresses of other machines. While none of them accepts
                or refuses a connection, a failed check counts as no data.
            look: makes the checks of probes that have one.
            clock: gives seconds, which also pass while the machine sleeps.
            wall: gives seconds since 1970.
        """
        self._targets = targets
        self._every = every
        self._witness = witness
        self._look = look
        self._clock = clock
        self._wall = wall

    async def run(self, on_check: Callable[[ProbeResult], None]) -> None:
        """Probe until cancelled.

        The k-th slot is at start + k · every. A slot that is due while its probe is
        still in flight is skipped.

        Args:
            on_check: called with every check, in this event loop; an exception of it
                ends the run, in an `ExceptionGroup`.
        """
        async with AsyncExitStack() as stack:
            clients: dict[str | None, httpx.AsyncClient | str] = {}
            for ca in {target.ca for target in self._targets}:
                try:
                    clients[ca] = await stack.enter_async_context(new_http_client(ca))
                except OSError as error:
                    clients[ca] = f"cannot read the certificates in {ca}: {error}"
            ticker = Ticker(self._every, self._clock)
            async with asyncio.TaskGroup() as group:
                group.create_task(ticker.watch())
                for target in self._targets:
                    client = clients[target.ca]
                    group.create_task(self._run_probe(ticker, target, client, on_check))

    async def _run_probe(
        self,
        ticker: Ticker,
        target: ProbeTarget,
        client: httpx.AsyncClient | str,
        on_check: Callable[[ProbeResult], None],
    ) -> None:
        """Check one target at each slot."""
        slot = 0
        while True:
            due = await ticker.wait_for_slot(slot)
            result, ended = await self._check(ticker, due, target, client)
            on_check(result)
            slot = ticker.next_slot(slot, ended)

    async def _check(
        self,
        ticker: Ticker,
        due: float,
        target: ProbeTarget,
        client: httpx.AsyncClient | str,
    ) -> tuple[ProbeResult, float]:
        """What a check found, and when it ended, by the clock of the slots.

        Slots that pass after it ended were not in its way: the monitor missed them.
        """
        at, began = self._wall(), self._clock()
        late = began - due
        answer, verdict = HttpAnswer(ms=0.0), _NOT_LOOKED
        if late <= self._every:
            answer, verdict = await self._ask(target, client)
            if verdict.state == "failed" and not await self._any_witness_answers():
                words = f"no witness answers either ({verdict.reason})"
                verdict = ProbeVerdict(state="no data", reason=words)
        ended = self._clock()
        late = max(late, ticker.latest_stall(began))
        if late > self._every:
            words = (
                f"the monitor was suspended or held up for {duration_in_words(late)}"
            )
            verdict = ProbeVerdict(state="no data", reason=words)
        has_data = verdict.state != "no data"
        result = ProbeResult(
            at=round(at, 3),
            mono=round(began, 3),
            probe=target.id,
            state=verdict.state,
            status=answer.status if has_data else None,
            ms=answer.ms if has_data and not answer.problem else None,
            reason=verdict.reason,
            error_rate=verdict.error_rate,
            p95_ms=verdict.p95_ms,
        )
        return result, ended

    async def _ask(
        self, target: ProbeTarget, client: httpx.AsyncClient | str
    ) -> tuple[HttpAnswer, ProbeVerdict]:
        """Ask a URL, or make a check, whose answer has no status."""
        if target.check is None:
            answer = await _request(target, client)
            return answer, judge_answer(answer, target)
        began = self._clock()
        verdict = _NOT_LOOKED
        if self._look is not None:
            verdict = await self._look(target.check)
        ms = round((self._clock() - began) * 1000, 1)
        return HttpAnswer(ms=ms, problem=verdict.reason), verdict

    async def _any_witness_answers(self) -> bool:
        """Whether a witness accepts or refuses a connection, or there is no witness."""
        attempts = [try_connect(at, WITNESS_TIMEOUT) for at in self._witness]
        results = await asyncio.gather(*attempts)
        return not results or any(each is None or each.is_refused for each in results)


_NOT_LOOKED = ProbeVerdict(state="no data", reason="it was not looked at")


async def _request(target: ProbeTarget, client: httpx.AsyncClient | str) -> HttpAnswer:
    if isinstance(client, str):
        return HttpAnswer(ms=0.0, problem=client, failed_locally=True)
    return await send_request(
        client,
        url=target.url,
        method=target.method,
        headers=target.headers,
        within=target.timeout,
        redirects=target.redirects,
    )


class ProbePreview(Struct, frozen=True, kw_only=True):
    """The result of asking a probe once, before a run."""

    id: str
    state: CheckState
    words: str
    """Why it is not ok; if it is, the status and the time taken.

    For a probe with a check that is ok, what the check wants.
    """


async def probe_once(
    targets: tuple[ProbeTarget, ...], look: LookAtCheck | None = None
) -> tuple[ProbePreview, ...]:
    """Ask every target once, all at the same time.

    Args:
        targets: the probes.
        look: makes the checks of those that have one.
    """
    asked = (_probe_target_once(target, look) for target in targets)
    return tuple(await asyncio.gather(*asked))


async def _probe_target_once(
    target: ProbeTarget, look: LookAtCheck | None
) -> ProbePreview:
    if target.check is not None:
        verdict = _NOT_LOOKED if look is None else await look(target.check)
        words = verdict.reason or target.check.condition
        return ProbePreview(id=target.id, state=verdict.state, words=words)
    try:
        client = new_http_client(target.ca)
    except OSError as error:
        words = f"cannot read the certificates in {target.ca}: {error}"
        return ProbePreview(id=target.id, state="no data", words=words)
    async with client:
        answer = await send_request(
            client,
            url=target.url,
            method=target.method,
            headers=target.headers,
            within=target.timeout,
            redirects=target.redirects,
        )
    verdict = judge_answer(answer, target)
    words = verdict.reason or f"{answer.status} in {answer.ms:.0f} ms"
    return ProbePreview(id=target.id, state=verdict.state, words=words)
