"""The end of a run says whether the service is well, whatever the run came to."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.review.report_builder import build_report
from mobius_tui.run.events.run_events import HEALTH_IS_WELL, RunEnded
from mobius_tui.run.journal.describe_entry import journal_entry_text
from mobius_tui.run.watch.health_monitor import UNWELL_REMEDY
from tests.run.conftest import Begin
from tests.run.running import Running
from tests.run.watched_service import Service

BOOK = """format = 2
[runbook]
title = "X"
[health]
every = "100ms"
{more}
[[health.probe]]
id = "api"
url = "http://127.0.0.1:{port}/health"
[[step]]
title = "Look"
run = "true"
[[step]]
title = "Wait"
manual = "Wait"
"""


async def ended(run: Running, state: str) -> RunEnded:
    """The end of a run, made once a probe has found the service in a state."""
    looked = f'"state":"{state}"'
    await run.until(lambda _: looked in run.directory.health.read_text())
    await run.auto(manual="tick")
    end = (await run.over()).ended
    assert end is not None
    return end


async def test_a_run_whose_work_is_done_says_that_the_service_is_not_well(
    begin: Begin, site: Service, tmp_path: Path
) -> None:
    (tmp_path / "well").unlink()
    run = await begin(BOOK.format(port=site.port, more=""))
    end = await ended(run, "failed")
    assert end.outcome == "completed"
    assert end.health is not None
    assert end.health.startswith("health is not well: api answered 500 ")
    assert end.health.endswith(UNWELL_REMEDY)
    assert run.viewer is not None
    follower = run.viewer.follower
    lines = [
        journal_entry_text(entry, follower.plan, follower.state)
        for entry in run.entries()
    ]
    assert any(line and end.health in line for line in lines)
    assert build_report(run.directory).reason.endswith(end.health)


async def test_an_answer_of_200_that_is_not_well_says_what_is_wrong_with_it(
    begin: Begin, site: Service
) -> None:
    wanted = 'json = { status = "ok" }\n[[step]]'
    text = BOOK.format(port=site.port, more="").replace("[[step]]", wanted, 1)
    told = (await ended(await begin(text), "failed")).health
    assert told is not None
    assert told.startswith("health is not well: api answered 200 ")
    assert ": its body is no JSON; " in told


async def test_the_runbook_says_what_to_do_where_it_is_not_well(
    begin: Begin, site: Service, tmp_path: Path
) -> None:
    (tmp_path / "well").unlink()
    unwell = 'unwell = "a restart may be enough"'
    run = await begin(BOOK.format(port=site.port, more=unwell))
    told = (await ended(run, "failed")).health
    assert told is not None
    assert told.endswith("; a restart may be enough")


async def test_a_service_that_is_well_is_said_to_be(
    begin: Begin, site: Service
) -> None:
    run = await begin(BOOK.format(port=site.port, more=""))
    end = await ended(run, "ok")
    assert end.text == f"every step that applies is done; {HEALTH_IS_WELL}"


async def test_a_run_without_probes_says_nothing_of_health(begin: Begin) -> None:
    run = await begin('format = 2\n[runbook]\ntitle = "X"\n[[step]]\nrun = "true"\n')
    await run.auto()
    end = (await run.over()).ended
    assert end is not None
    assert end.health is None
    assert '"health"' not in run.directory.journal.read_text().splitlines()[-1]
