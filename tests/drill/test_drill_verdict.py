"""The end of a drill: the site is asked how it is, whatever the run claims."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from mobius_tui.drill import drill_record, injection_log
from mobius_tui.drill.drill_verdict import (
    HEALTH_REQUESTS,
    await_score,
    injected_fault_facts,
    judge_drill,
    proven_repair_steps,
    site_problems,
)
from mobius_tui.drill.faults import FAULTS
from mobius_tui.drill.site import site_services
from mobius_tui.drill.site.drill_site import Site
from mobius_tui.run.events.mode_and_outcome import Mode, Outcome
from mobius_tui.run.events.run_events import RunEnded
from mobius_tui.run.records import past_run
from mobius_tui.run.records.run_record import past_run_from_files
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_files import find_runbook
from mobius_tui.structs import replace
from tests.drill.drills import HANDLED, directory_of, drill
from tests.tui.runs import BEGAN, ROLLBACK, MadeRun


def ended(site: Site) -> MadeRun:
    run = MadeRun(
        runs_root(), load(ROLLBACK), values={}, mode=Mode.DRILL, site=str(site.root)
    )
    run.write(RunEnded(outcome=Outcome.COMPLETED, reason="so it claims"), after=60)
    return run


FIGURES = "/health gives figures of its requests that are no numbers"


@contextmanager
def answered(site: Site, health: str, *, requests: int | None = None) -> Iterator[Site]:
    """A site whose API answers this to /health, and an empty object to all else.

    Args:
        site: whose files and services it has.
        health: the body of the answer.
        requests: how many requests for /health it answers like that; all without it.
    """
    left = [health] * (1000 if requests is None else requests)

    class Api(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = left if self.path == "/health" else ["{}"]
            body = found.pop() if found else ""
            self.send_response(200 if body else 500)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Writes no log."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield replace(site, port=server.server_port)
        finally:
            server.shutdown()


@pytest.mark.parametrize("health", ["[]", "null", '"ok"', "7", "[" * 100_000])
def test_an_api_may_answer_anything(site: Site, health: str) -> None:
    with answered(site, health) as odd:
        [wrong] = site_problems(odd)
    assert wrong.startswith("/health does not answer ")


@pytest.mark.parametrize(
    "requests",
    [["x"], "x", {"error_rate": "many"}, {"p95_ms": [1]}, {"p95_ms": 9**999}],
)
def test_figures_that_are_none_are_a_problem(site: Site, requests: object) -> None:
    with answered(site, json.dumps({"status": "ok", "requests": requests})) as odd:
        assert FIGURES in site_problems(odd)


def test_an_api_may_end_at_any_request(site: Site) -> None:
    health = '{"status": "ok"}'
    with answered(site, health, requests=HEALTH_REQUESTS) as ends:
        assert site_problems(ends) == ("/health answers 500",)


def test_the_site_has_the_last_word(site: Site) -> None:
    injection_log.log_injection(site.root, "bad-release", BEGAN + 1.5)
    run = ended(site)
    found = judge_drill(run.directory, site.root)
    assert (found.score.handled, found.score.left) == (True, ())
    assert found.score.faults == ("bad-release",)
    assert (found.outcome, found.operator) == ("completed", "maria")
    assert drill_record.read_drill_record(run.directory) == found
    summed_up = past_run.read_stats(run.directory)
    assert summed_up == past_run_from_files(run.directory) is not None
    FAULTS["bad-release"].inject(site)
    site_services.stop(site.root, "mobius-worker")
    twice = site_services.command(site.root, "mobius-traffic")
    with subprocess.Popen(twice, cwd=site.root, stderr=subprocess.DEVNULL) as second:
        score = judge_drill(run.directory, site.root).score
        second.kill()
    assert score.handled is False
    assert "2 processes of mobius-traffic are left" in score.left
    assert any("500" in each for each in score.left)
    assert any("mobius-worker" in each for each in score.left)


def test_a_site_that_is_gone_is_not_handled(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()
    gone = Site(root=nowhere, port=1, base_url="", bin=nowhere)
    score = judge_drill(ended(gone).directory, nowhere).score
    assert score.handled is False
    assert "there is no drill site" in score.left[0]


def test_what_was_injected_is_known_in_order(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    assert injected_fault_facts(tmp_path).faults == ()
    for fault, at in (("slow-release", 12.0), ("bad-release", 9.0), ("x", 13.0)):
        injection_log.log_injection(tmp_path, fault, at)
    facts = injected_fault_facts(tmp_path)
    assert facts.faults == ("bad-release", "slow-release", "x")
    assert facts.injected == 9.0


def test_drills_without_a_person_show_which_steps_repair_a_fault() -> None:
    auto = replace(HANDLED, automatic=True)
    drills = (
        drill(replace(auto, changed=("execute",)), days=1),
        drill(replace(auto, changed=("execute", "restart")), days=2),
        drill(replace(auto, changed=("moon",), handled=False), days=3),
        drill(replace(auto, changed=("moon",), faults=("other",)), days=4),
        drill(replace(HANDLED, changed=("moon",)), days=5),
    )
    shown = proven_repair_steps(drills, ("bad-release",), own_staging=False)
    assert shown == frozenset({"execute", "restart"})
    assert proven_repair_steps(drills, ("flapping",), own_staging=False) is None


def test_a_fault_of_an_own_staging_shows_nothing_of_ours_of_the_same_name() -> None:
    auto = replace(HANDLED, automatic=True)
    ours = drill(replace(auto, changed=("execute",)), days=1)
    own = replace(drill(replace(auto, changed=("moon",)), days=2), own_staging=True)
    for is_own, step in ((False, "execute"), (True, "moon")):
        shown = proven_repair_steps((ours, own), ("bad-release",), own_staging=is_own)
        assert shown == frozenset({step})


def test_what_a_fault_makes_fail_is_not_held_against_the_team(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    assert not injected_fault_facts(tmp_path).failing_steps
    injection_log.log_injection(tmp_path, "rollback-fails", 9.0)
    assert "execute" in injected_fault_facts(tmp_path).failing_steps
    steps = {step.id for step in load(find_runbook("mobius-rollback")).steps()}
    for fault in FAULTS.values():
        assert set(fault.failing_steps) <= steps, fault.name


async def test_whoever_shows_the_drill_waits_as_long_as_there_is_a_guard(
    tmp_path: Path,
) -> None:
    made = drill(HANDLED)
    directory = directory_of(made)
    drill_record.drill_record_path(directory).unlink()
    assert await await_score(directory, tmp_path) is None, "there is no guard"
    (tmp_path / "run").mkdir()
    site_services.write_pid_file(tmp_path / "run" / "owner", os.getpid())
    waiting = asyncio.create_task(await_score(directory, tmp_path))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    drill_record.write_drill_record(directory, made)
    assert await waiting == made
