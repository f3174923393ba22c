"""The beat, what it skips, and when the monitor admits that it did not look."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise

import pytest

from mobius_tui.health.health_record import ProbeResult, ProbeVerdict
from mobius_tui.health.http_client import HttpAnswer
from mobius_tui.health.probe import Prober, judge_answer, probe_once
from mobius_tui.health.probe_target import ProbeTarget
from mobius_tui.health.ticker import boot_clock
from mobius_tui.runbook.model.check_kinds import Check, FileCheck
from mobius_tui.runbook.model.probes import Figure
from tests.health.servers import Reply, closed_port, serve, whole
from tests.waiting import PATIENCE


async def watched(
    prober: Prober, enough: Callable[[list[ProbeResult]], bool]
) -> list[ProbeResult]:
    """The checks that a prober made until there were enough."""
    seen: list[ProbeResult] = []
    done = asyncio.Event()

    def on_check(check: ProbeResult) -> None:
        seen.append(check)
        if enough(seen):
            done.set()

    task = asyncio.ensure_future(prober.run(on_check))
    async with asyncio.timeout(PATIENCE):
        await done.wait()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    return seen


def after(seconds: float) -> Reply:
    async def reply(writer: asyncio.StreamWriter, request: bytes) -> None:
        await asyncio.sleep(seconds)
        await whole()(writer, request)

    return reply


def aim(port: int, name: str = "api", timeout: float = 4.0) -> ProbeTarget:
    return ProbeTarget(id=name, url=f"http://127.0.0.1:{port}/health", timeout=timeout)


def slots(checks: list[ProbeResult], every: float) -> list[float]:
    """How far apart in slots the checks began."""
    pairs = pairwise(checks)
    return [(later.mono - sooner.mono) / every for sooner, later in pairs]


async def test_an_ok_check() -> None:
    async with serve(whole()) as (port, _):
        before = time.time()
        checks = await watched(
            Prober((aim(port),), every=0.2), lambda seen: len(seen) > 0
        )
    check = checks[0]
    assert (check.probe, check.state, check.status, check.reason) == (
        "api",
        "ok",
        200,
        "",
    )
    assert check.ms is not None
    assert before - 0.01 <= check.at <= time.time()
    assert check.mono <= boot_clock()


async def test_the_beat_does_not_drift() -> None:
    every = 0.2
    async with serve(after(0.1)) as (port, _):
        checks = await watched(
            Prober((aim(port),), every=every), lambda seen: len(seen) > 6
        )
    # A busy machine delays some; one that drifts has 1.5 slots between any two.
    assert any(abs(each - 1) < 0.2 for each in slots(checks, every))


async def test_a_slot_that_is_due_in_flight_is_skipped() -> None:
    every = 0.2
    async with serve(after(0.5)) as (port, requests):
        checks = await watched(
            Prober((aim(port),), every=every), lambda seen: len(seen) > 3
        )
    assert {check.state for check in checks} == {"ok"}
    assert any(abs(each - 3) < 0.3 for each in slots(checks, every))
    assert len(requests) <= len(checks) + 1


async def test_a_slow_probe_delays_no_other() -> None:
    async with serve(after(30)) as (slow, _), serve(whole()) as (fast, _):
        targets = (aim(slow, "slow", timeout=25.0), aim(fast, "fast"))
        checks = await watched(Prober(targets, every=0.1), lambda seen: len(seen) > 4)
    assert {check.probe for check in checks} == {"fast"}


async def test_a_time_out_failed_and_has_no_latency() -> None:
    async with serve(after(30)) as (port, _):
        prober = Prober((aim(port, timeout=0.1),), every=0.5)
        checks = await watched(prober, lambda seen: len(seen) > 0)
    assert (checks[0].state, checks[0].ms) == ("failed", None)
    assert checks[0].reason == "timed out after 0.1 s"


NOBODY = "127.0.0.1:0"
"""An address at which nothing can answer, not even by a refusal."""


async def test_refused_is_failed_while_a_witness_accepts() -> None:
    async with serve(whole()) as (witness, _):
        prober = Prober(
            (aim(closed_port()),),
            every=0.1,
            witness=(NOBODY, f"127.0.0.1:{witness}"),
        )
        checks = await watched(prober, lambda seen: len(seen) > 1)
    assert {(check.state, check.reason) for check in checks} == {("failed", "refused")}


async def test_a_witness_that_refuses_has_answered() -> None:
    """Its machine is there, and so is the network: the service alone is down."""
    refuses = f"127.0.0.1:{closed_port()}"
    prober = Prober((aim(closed_port()),), every=0.1, witness=(NOBODY, refuses))
    checks = await watched(prober, lambda seen: len(seen) > 0)
    assert (checks[0].state, checks[0].reason) == ("failed", "refused")


async def test_refused_is_no_data_while_no_witness_answers() -> None:
    prober = Prober((aim(closed_port()),), every=0.1, witness=(NOBODY,))
    checks = await watched(prober, lambda seen: len(seen) > 0)
    assert (checks[0].state, checks[0].status) == ("no data", None)
    assert checks[0].reason == "no witness answers either (refused)"


async def test_an_ok_check_needs_no_witness() -> None:
    async with serve(whole()) as (port, _):
        prober = Prober((aim(port),), every=0.1, witness=(NOBODY,))
        checks = await watched(prober, lambda seen: len(seen) > 0)
    assert checks[0].state == "ok"


async def test_a_loop_held_up_between_checks_is_no_data() -> None:
    async with serve(whole()) as (port, _):
        asyncio.get_running_loop().call_later(0.3, time.sleep, 0.7)
        checks = await watched(
            Prober((aim(port),), every=0.2),
            lambda seen: any(check.state == "no data" for check in seen),
        )
    assert "suspended or held up for" in checks[-1].reason


async def test_a_loop_held_up_during_a_check_is_no_data() -> None:
    async with serve(after(0.15)) as (port, _):
        asyncio.get_running_loop().call_later(0.1, time.sleep, 1.0)
        checks = await watched(
            Prober((aim(port, timeout=20.0),), every=0.3), lambda seen: len(seen) > 0
        )
    assert (checks[0].state, checks[0].ms) == ("no data", None)
    assert "suspended or held up for" in checks[0].reason


async def test_a_machine_that_slept_is_no_data_once_and_then_goes_on() -> None:
    slept = [0.0]

    def sleep_for_an_hour() -> None:
        slept[0] = 3600.0

    async with serve(whole()) as (port, _):
        asyncio.get_running_loop().call_later(0.3, sleep_for_an_hour)
        prober = Prober(
            (aim(port),), every=0.2, clock=lambda: time.monotonic() + slept[0]
        )
        checks = await watched(
            prober,
            lambda seen: (
                bool(slept[0]) and [c.state for c in seen[-2:]] == ["ok", "ok"]
            ),
        )
    states = [check.state for check in checks]
    assert states.count("no data") == 1
    reason = next(check.reason for check in checks if check.state == "no data")
    assert "59 min" in reason or "1 h" in reason


async def test_a_machine_that_slept_just_after_a_check_is_no_data() -> None:
    """The slots that passed were in no check's way: the monitor missed them."""
    slept = [0.0]

    def is_told(seen: list[ProbeResult]) -> bool:
        slept[0] = 3600.0
        return seen[-1].state == "no data"

    async with serve(whole()) as (port, _):
        prober = Prober(
            (aim(port),), every=0.2, clock=lambda: time.monotonic() + slept[0]
        )
        seen = await watched(prober, is_told)
    assert [check.state for check in seen[:2]] == ["ok", "no data"]
    assert "suspended or held up for" in seen[1].reason


async def test_certificates_that_cannot_be_read_are_no_data() -> None:
    target = ProbeTarget(id="api", url="https://127.0.0.1:1/", ca="/nonexistent.pem")
    checks = await watched(Prober((target,), every=0.1), lambda seen: len(seen) > 0)
    assert checks[0].state == "no data"
    assert "cannot read the certificates in /nonexistent.pem" in checks[0].reason


async def test_what_cannot_take_a_check_ends_the_watch() -> None:
    def broken(_check: ProbeResult) -> None:
        raise LookupError("no room")

    with pytest.raises(ExceptionGroup) as caught:
        await Prober((aim(closed_port()),), every=0.1).run(broken)
    assert caught.group_contains(LookupError, match="no room")


def answer(body: bytes) -> HttpAnswer:
    return HttpAnswer(status=200, body=body, ms=12.0)


REPORTS = ProbeTarget(
    id="api",
    url="http://h/",
    json={"status": "ok"},
    error_rate=Figure(at="/requests/error_rate"),
    p95=Figure(at="/requests/p95", unit="s"),
)


def test_a_200_with_an_error_page_failed() -> None:
    verdict = judge_answer(answer(b'{"status": "degraded"}'), REPORTS)
    assert verdict.state == "failed"
    assert verdict.reason == 'status is "degraded", wanted "ok"'
    assert judge_answer(answer(b"<html>"), REPORTS).reason == "its body is no JSON"


def test_what_is_at_a_pointer_is_compared() -> None:
    target = ProbeTarget(id="a", url="http://h/", pointers={"/n": ("< 5",)})
    assert judge_answer(answer(b'{"n": 4}'), target).state == "ok"
    verdict = judge_answer(answer(b'{"n": 7}'), target)
    assert (verdict.state, verdict.reason) == ("failed", "/n is 7, wanted < 5")


def test_figures_are_read_whether_ok_or_failed() -> None:
    figures = b'"requests": {"error_rate": 0.08, "p95": 6}'
    for status in (b"ok", b"bad"):
        verdict = judge_answer(
            answer(b'{"status": "%s", %s}' % (status, figures)), REPORTS
        )
        assert (verdict.error_rate, verdict.p95_ms) == (0.08, 6000.0)


def test_a_wrong_status_says_where_it_leads() -> None:
    moved = HttpAnswer(status=302, ms=1.0, location="http://h/login")
    assert judge_answer(moved, ProbeTarget(id="a", url="http://h/")).reason == (
        "answered 302, a redirect to http://h/login, wanted 200"
    )
    assert (
        judge_answer(moved, ProbeTarget(id="a", url="http://h/", status=302)).state
        == "ok"
    )


def test_a_problem_is_failed_unless_this_machine_failed() -> None:
    target = ProbeTarget(id="a", url="http://h/")
    assert judge_answer(HttpAnswer(ms=1.0, problem="refused"), target).state == "failed"
    unknown = judge_answer(
        HttpAnswer(ms=1.0, problem="no name server", failed_locally=True), target
    )
    assert (unknown.state, unknown.reason) == ("no data", "no name server")


async def test_a_beat_that_no_probe_can_keep_holds_up_nobody() -> None:
    prober, seen = Prober((aim(closed_port()),), every=1e-9), list[ProbeResult]()
    task = asyncio.ensure_future(prober.run(seen.append))
    async with asyncio.timeout(PATIENCE):
        while len(seen) < 3:
            await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_each_probe_is_asked_once_and_says_what_it_saw() -> None:
    async with (
        serve(whole()) as (port, requests),
        serve(whole(status="503 Service Unavailable")) as (bad, _),
    ):
        well, ill, gone, untrusted = await probe_once(
            (
                ProbeTarget(id="well", url=f"http://127.0.0.1:{port}/"),
                ProbeTarget(id="ill", url=f"http://127.0.0.1:{bad}/"),
                ProbeTarget(id="gone", url=f"http://127.0.0.1:{closed_port()}/"),
                ProbeTarget(
                    id="untrusted", url="https://127.0.0.1/", ca="/nowhere.pem"
                ),
            )
        )
    assert len(requests) == 1
    assert (well.id, well.state) == ("well", "ok")
    assert well.words.startswith("200 in ")
    assert (ill.state, ill.words) == ("failed", "answered 503, wanted 200")
    assert (gone.state, "refused" in gone.words) == ("failed", True)
    assert (untrusted.state, "/nowhere.pem" in untrusted.words) == ("no data", True)


async def test_a_probe_that_looks_by_a_check_has_no_status() -> None:
    verdicts = {
        "good": ProbeVerdict(state="ok"),
        "bad": ProbeVerdict(state="failed", reason="it is not so"),
        "lost": ProbeVerdict(state="no data", reason="no client"),
    }

    async def look(check: Check) -> ProbeVerdict:
        assert isinstance(check, FileCheck)
        return verdicts[check.path]

    targets = tuple(
        ProbeTarget(id=path, check=FileCheck(path=path)) for path in verdicts
    )
    prober = Prober(targets, every=0.2, look=look)
    checks = await watched(prober, lambda seen: len(seen) > 2)
    found = {each.probe: (each.state, each.status, each.reason) for each in checks}
    assert found == {
        "good": ("ok", None, ""),
        "bad": ("failed", None, "it is not so"),
        "lost": ("no data", None, "no client"),
    }
    assert {each.probe for each in checks if each.ms is not None} == {"good"}
    good, *_ = await probe_once(targets, look)
    assert (good.state, good.words) == ("ok", "good exists")
    nobody = await watched(Prober(targets, every=0.2), lambda seen: len(seen) > 0)
    assert nobody[0].state == "no data"
