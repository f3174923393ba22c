"""Steps that watch health for a while, under real hosts."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from mobius_tui.health.probe_window import stale_after
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.planning.watch_progress import HealthSnapshot, watch_step_verdict
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.state.watch_state import Alarm, WatchState
from mobius_tui.run.storage.last_viewed import last_check_times
from mobius_tui.structs import replace
from tests.health.servers import silence
from tests.run.conftest import Begin
from tests.run.copied import copied, taken_over
from tests.run.journals import rewritten
from tests.run.running import Running
from tests.run.watched_service import Service

BOOK = """format = 1
[runbook]
id = "watched"
title = "Watched"
workdir = "."
[var.monitor_for]
default = "0.4s"
[health]
every = "100ms"
[[health.probe]]
id = "api"
title = "API"
url = "http://127.0.0.1:PORT/health"
timeout = "1s"
[[health.probe]]
id = "shown"
title = "Only shown"
url = "http://127.0.0.1:1/"
timeout = "1s"
trigger = false
[health.trigger]
consecutive_failures = 3
[[phase]]
id = "after"
title = "Afterwards"
[[phase.step]]
id = "watch-it"
title = "Watch it"
watch = { for = "${monitor_for}" }
"""
CHECKED = """[[phase.step.check.run]]
script = "test -e well"
"""
LONG = "10m"


def book(site: Service, more: str = "") -> str:
    return BOOK.replace("PORT", str(site.port)) + more


def of(state: RunState) -> tuple[Status, str]:
    own = state.steps["watch-it"]
    return own.status, own.reason


async def test_in_auto_it_passes_when_its_time_is_over_and_its_checks_follow(
    begin: Begin, site: Service
) -> None:
    run = await begin(book(site, CHECKED))
    await run.auto()
    state = await run.over()
    status, reason = of(state)
    assert (status, reason) == (Status.PASSED, "watched for 0.4 s; no trigger fired")
    last = state.steps["watch-it"].last_attempt
    assert last is not None
    assert (last.duration or 0) >= 0.4
    assert [look.held for look in last.check_tries] == [True]
    assert not run.directory.attempt("watch-it", 1).path.exists(), "no keeper is needed"


async def test_it_fails_the_moment_a_trigger_fires(
    begin: Begin, tmp_path: Path, site: Service
) -> None:
    run = await begin(book(site), monitor_for=LONG)
    await run.did("start", "watch-it")
    assert not (await run.intend("start", "watch-it")).ok, "it is running"
    (tmp_path / "well").unlink()
    state = await run.status("watch-it", "failed")
    assert of(state)[1] == "a trigger fired: 3 checks of api failed in a row"
    # What fired while it watched is over with, once it is watched anew and well.
    (tmp_path / "well").touch()
    await run.until(lambda state: not state.watch.alarms)
    await run.did("set", None, values={"monitor_for": "200ms"})
    await run.did("retry", "watch-it")
    await run.status("watch-it", "passed")


async def test_a_trigger_that_stands_when_it_begins_has_until_the_end_to_go(
    begin: Begin, tmp_path: Path, site: Service
) -> None:
    run = await begin(book(site))
    (tmp_path / "well").unlink()
    await run.until(lambda state: state.watch.alarms)
    await run.did("start", "watch-it")
    state = await run.status("watch-it", "failed")
    assert of(state)[1].startswith("a trigger had fired before, and stands: 3 checks")
    assert (state.steps["watch-it"].attempts[-1].duration or 0) >= 0.4


async def test_it_can_be_stopped(begin: Begin, site: Service) -> None:
    run = await begin(book(site), monitor_for=LONG)
    await run.did("start", "watch-it")
    await run.did("stop", "watch-it")
    _, reason = of(await run.status("watch-it", "stopped"))
    assert reason.startswith("stopped after 0:")
    assert reason.endswith(" of 10:00")


@pytest.fixture
def dead_network() -> Iterator[int]:
    with silence() as port:
        yield port


@pytest.mark.parametrize("seen", ["unasked", "blind"])
async def test_what_nobody_saw_is_unknown(
    begin: Begin, tmp_path: Path, site: Service, dead_network: int, seen: str
) -> None:
    body = book(site)
    if seen == "blind":
        address = f"127.0.0.1:{dead_network}"
        body = body.replace("[health]", f'[health]\nwitness = ["{address}"]')
        (tmp_path / "well").unlink()
    else:
        body = body.replace("/health", "/${later}").replace(
            "[var.monitor_for]", "[var.later]\n[var.monitor_for]"
        )
    run = await begin(body.replace('timeout = "1s"', 'timeout = "100ms"'))
    await run.auto()
    state = await run.until(lambda state: state.auto_stopped)
    status, reason = of(state)
    assert status is Status.UNKNOWN
    assert "api" in reason
    assert state.auto_stopped is not None
    assert "Someone must look" in state.auto_stopped.reason


async def test_what_was_unknown_when_its_time_was_over_is_looked_at_again(
    begin: Begin, tmp_path: Path, site: Service, dead_network: int
) -> None:
    """This machine may have been busy, or its network away, at that moment only."""
    (tmp_path / "well").unlink()
    witness = f'[health]\nwitness = ["127.0.0.1:{dead_network}"]'
    run = await begin(book(site).replace("[health]", witness))
    await run.did("start", "watch-it")
    records = run.directory.health
    await run.until(lambda _: records.read_bytes().count(b'"no data"') >= 8)
    assert of(run.state)[0] is Status.RUNNING
    (tmp_path / "well").touch()
    await run.status("watch-it", "passed")


async def test_another_host_goes_on_where_nothing_was_missed(
    begin: Begin, site: Service
) -> None:
    # So long as this a machine with much to do may take for another host.
    seldom = book(site).replace('every = "100ms"', 'every = "15s"', 1)
    run = await begin(seldom, monitor_for="2s")
    await run.did("start", "watch-it")
    health = run.directory.health
    await run.until(lambda _: "api" in last_check_times(health))
    run.kill_host()
    await run.resume()
    state = await run.status("watch-it", "passed")
    last = state.steps["watch-it"].last_attempt
    assert last is not None
    assert last.number == 1
    assert (last.duration or 0) >= 2.0


async def test_another_host_says_that_nobody_watched(
    begin: Begin, site: Service
) -> None:
    run = await begin(book(site), monitor_for=LONG)
    await run.did("start", "watch-it")
    health = run.directory.health
    await run.until(lambda _: "api" in last_check_times(health))
    run.kill_host()
    await run.drop()
    make_older(run, by=60)
    await run.resume()
    _, reason = of(await run.status("watch-it", "unknown"))
    assert reason.startswith("its host had ended: nobody watched for 1 min")
    await run.did("retry", "watch-it")
    await run.did("stop", "watch-it")


async def test_a_copy_that_is_gone_on_with_says_no_word_of_a_restart(
    begin: Begin, tmp_path: Path, site: Service
) -> None:
    run = await begin(book(site), monitor_for=LONG)
    await run.did("start", "watch-it")
    run.kill_host()
    copy = copied(run, tmp_path / "copy")
    await taken_over(copy)
    _, reason = of(await copy.status("watch-it", "unknown"))
    assert reason == "the run was taken over meanwhile; nobody watched"
    await copy.close()


def make_older(run: Running, by: float) -> None:
    """All on record is so many seconds older, as if the run were resumed then."""

    def earlier(entry: Entry) -> Entry:
        return replace(entry, at=entry.at - by, mono=entry.mono - by)

    rewritten(run.directory, earlier)
    rows = [json.loads(row) for row in run.directory.health.read_text().splitlines()]
    older = [json.dumps({**row, "at": row["at"] - by}) + "\n" for row in rows]
    run.directory.health.write_text("".join(older))


def test_what_a_watch_comes_to() -> None:
    alarm = Alarm(probe="api", rule="consecutive_failures", reason="it failed", at=50.0)
    calm, standing = WatchState(), WatchState(alarms=(alarm,), latest_alarm=alarm)
    known = HealthSnapshot()

    def ends(
        watch: WatchState, known: HealthSnapshot, since: float, took: float
    ) -> str | None:
        found = watch_step_verdict(
            watch, known, since=since, duration=30.0, elapsed=took
        )
        return found.result if found is not None else None

    assert ends(calm, known, 0.0, 29.9) is None
    assert ends(calm, known, 0.0, 30.0) == "passed"
    assert ends(standing, known, 50.0, 1.0) == "failed"
    assert ends(standing, known, 50.1, 29.9) is None
    assert ends(standing, known, 50.1, 30.0) == "failed"
    for bad, result in (
        (HealthSnapshot(unchecked=("api",)), "unknown"),
        (HealthSnapshot(unknown=("api",)), "unknown"),
        (HealthSnapshot(failing=("api",)), "failed"),
    ):
        assert ends(calm, bad, 0.0, 29.9) is None
        assert ends(calm, bad, 0.0, 30.0) == result
    cleared = WatchState(latest_alarm=alarm)
    assert ends(cleared, known, 49.0, 1.0) == "failed", "it fired meanwhile"
    assert ends(cleared, known, 51.0, 30.0) == "passed"


async def test_a_host_that_slept_does_not_know(begin: Begin, site: Service) -> None:
    body = book(site).replace('timeout = "1s"', 'timeout = "100ms"')
    run = await begin(body, monitor_for=LONG)
    await run.did("start", "watch-it")
    health = run.directory.health
    # A check of after its beginning: by then it has looked for the first time.
    began = (await run.status("watch-it", "running")).steps["watch-it"].attempts[0]
    await run.until(lambda _: last_check_times(health).get("api", 0) > began.started)
    host = run.host()
    os.kill(host, signal.SIGSTOP)
    await asyncio.sleep(stale_after(0.1) + 1)  # what is timed here is the hole itself
    os.kill(host, signal.SIGCONT)
    _, reason = of(await run.status("watch-it", "unknown"))
    assert reason.startswith("nobody looked for ")


ALL_RULES = """error_rate = { at = "/requests/error_rate" }
p95 = { at = "/requests/p95_ms", unit = "ms" }
"""
SEED = """consecutive_failures = 3
success_rate = { below = 0.70, min_checks = 5 }
p95_latency = { above = "5s", for_checks = 5 }
error_rate = { above = 0.05, for_checks = 5 }
"""
PLAIN = b'{"status":"ok"}'
FIGURES = b'{"status":"ok","requests":{"error_rate":0.0,"p95_ms":20}}'


def seed_book(site: Service) -> str:
    """The rules and the probe of the bundled runbooks."""
    text = book(site).replace("consecutive_failures = 3\n", SEED, 1)
    return text.replace('title = "API"\n', f'title = "API"\n{ALL_RULES}', 1)


@pytest.mark.parametrize("body", [PLAIN, FIGURES], ids=["plain", "figures"])
async def test_it_passes_on_a_healthy_service_of_either_kind(
    begin: Begin, tmp_path: Path, site: Service, body: bytes
) -> None:
    (tmp_path / "body").write_bytes(body)
    run = await begin(seed_book(site))
    await run.auto()
    status, reason = of(await run.over())
    assert (status, reason) == (Status.PASSED, "watched for 0.4 s; no trigger fired")


@pytest.mark.parametrize("body", [PLAIN, FIGURES], ids=["plain", "figures"])
async def test_it_passes_after_an_outage_that_is_over(
    begin: Begin, tmp_path: Path, site: Service, body: bytes
) -> None:
    """All rules fire in it, and none stands for ever."""
    (tmp_path / "body").write_bytes(body)
    run = await begin(seed_book(site))
    await run.until(lambda _: "api" in last_check_times(run.directory.health))
    (tmp_path / "well").unlink()
    state = await run.until(lambda state: len(state.watch.alarms) == 3)
    rules = {alarm.rule for alarm in state.watch.alarms}
    assert rules == {"consecutive_failures", "success_rate", "error_rate"}
    (tmp_path / "body").write_bytes(PLAIN)  # what it was before reports nothing
    (tmp_path / "well").touch()
    await run.until(lambda state: not state.watch.alarms)
    await run.did("start", "watch-it")
    await run.status("watch-it", "passed")


async def test_it_fails_on_a_slow_service_that_reports_nothing(
    begin: Begin, tmp_path: Path, site: Service
) -> None:
    (tmp_path / "body").write_bytes(PLAIN)
    text = seed_book(site).replace('above = "5s"', 'above = "100ms"')
    run = await begin(text, monitor_for=LONG)
    await run.did("start", "watch-it")
    (tmp_path / "slow").write_text("0.2")
    _, reason = of(await run.status("watch-it", "failed"))
    assert reason.startswith(
        "a trigger fired: P95 of our checks of api above 100 ms at 5 checks in a row: "
    )
    (tmp_path / "slow").unlink()
    await run.until(lambda state: not state.watch.alarms)


async def test_it_fails_by_what_a_service_reports(
    begin: Begin, tmp_path: Path, site: Service
) -> None:
    (tmp_path / "body").write_bytes(FIGURES)
    run = await begin(seed_book(site), monitor_for=LONG)
    await run.did("start", "watch-it")
    (tmp_path / "body").write_bytes(FIGURES.replace(b"0.0", b"0.12"))
    _, reason = of(await run.status("watch-it", "failed"))
    assert reason == (
        "a trigger fired: error rate of api above 5 % at 5 checks in a row: 12 %"
    )
