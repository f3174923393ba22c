"""Every bundled runbook, gone through by itself on a site that is truly broken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mobius_tui.drill.drill_verdict import site_problems
from mobius_tui.drill.faults import FAULTS
from mobius_tui.drill.site.drill_site import (
    Site,
    build_site,
    drill_variables,
    environment_variables,
    tear_down,
)
from mobius_tui.run.client.run_briefing import Briefing, prepare_briefing
from mobius_tui.run.client.start_run import start_new_run
from mobius_tui.run.events.mode_and_outcome import Mode, Outcome
from mobius_tui.run.events.run_events import RunEnded
from mobius_tui.run.intents.unattended_answers import (
    UnattendedAnswers,
    automatic_action,
    read_answers_file,
)
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.library.loader import examine, load
from mobius_tui.runbook.library.runbook_files import bundled_runbooks, find_runbook
from mobius_tui.runbook.model.actions import Manual
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.structs import replace
from tests.tui.runs import MadeRun
from tests.waiting import wait_for

BOOKS = {
    "mobius-rollback": ("bad-release", "bad-migration"),
    "mobius-config-rollback": ("no-config-backup",),
    "mobius-failure-recovery": ("bad-release",),
    "mobius-quick": ("bad-release",),
}
"""What breaks the site before a runbook mends it."""
LISTS = ("mobius-post-incident", "mobius-prevention")
"""What is for people, and touches no site."""
DEMO = ("mobius-rollback", "bad-release")
"""It is gone through by the demo, too."""
CASES = [
    pytest.param(name, fault, marks=pytest.mark.drills)
    if (name, fault) == DEMO
    else (name, fault)
    for name, faults in BOOKS.items()
    for fault in faults
]

SHORT = {"check_every": "0.2s", "probe_every": "0.25s", "monitor_for": "2s"}
"""The triggers count anew from a change on, and want five checks to be off again."""


@pytest.fixture(
    scope="module",
    params=["production", pytest.param("staging", marks=pytest.mark.drills)],
)
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """One site of each environment for all: whatever one leaves, the next one finds."""
    folder = tmp_path_factory.mktemp("books") / "site"
    built = build_site(folder, started=datetime.now(UTC), environment=request.param)
    yield built
    tear_down(built)


def briefing_of(runbook: Runbook, site: Site) -> Briefing:
    known = {**drill_variables(site), **SHORT}
    around = environment_variables(site)
    return prepare_briefing(
        runbook,
        given={k: v for k, v in known.items() if k in runbook.variables},
        workdir=site.root,
        mode=Mode.DRILL,
        site=str(site.root),
        sink=site.sink,
        search_path=around.pop("PATH"),
        home_and_tmpdir=around,
    )


def answers_to(runbook: Runbook, fault: str | None) -> UnattendedAnswers:
    """What a person would say; what breaks decides which way it goes.

    Where a site has a value already, it holds.
    """
    usual = read_answers_file(FAULTS["rollback-fails"].answers)
    own = usual if fault is None else read_answers_file(FAULTS[fault].answers)
    found = {**usual.values, **own.values}
    for step in runbook.steps():
        for ask in step.action.ask if isinstance(step.action, Manual) else ():
            tries = ("@ops", "2026-11-30", "it was so")
            fits = [t for t in tries if re.fullmatch(ask.match or ".+", t)]
            if fits:
                found.setdefault(ask.var, fits[0])
    return UnattendedAnswers(
        values=found,
        attended=own.attended or usual.attended,
        trigger_within=own.trigger_within,
    )


def incident() -> str:
    """A run that has ended, for the one that looks back on it."""
    run = MadeRun(runs_root(), load(find_runbook("mobius-rollback")), values={})
    run.write(
        RunEnded(outcome=Outcome.COMPLETED, reason="every step that applies is done")
    )
    return run.directory.id


async def gone_through(
    runbook: Runbook, briefing: Briefing, answers: UnattendedAnswers
) -> Follower:
    """A run that has ended well, by itself."""
    wanted = {v.name: answers.values[v.name] for v in briefing.missing}
    directory = await start_new_run(
        briefing, wanted, automatic_action(answers, manual="tick", yes=True)
    )
    wait_for(lambda: re.search("RunEnded|AutoStopped", directory.journal.read_text()))
    follower = Follower(directory)
    ended = follower.state.ended
    assert ended is not None, follower.initial_entries[-1]
    assert ended.outcome == "completed", ended.reason
    wants = {step.id for step in runbook.steps() if step.approve is not None}
    tried = {name for name in wants if follower.state.steps[name].attempts}
    assert set(follower.state.approvals) == tried, "the drill approved all it began"
    wait_for(lambda: directory.host_pid() is None)
    return follower


@pytest.mark.parametrize(("name", "fault"), CASES)
async def test_it_is_gone_through_and_the_site_is_well(
    name: str, fault: str, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And once more within the hour, when what is newest is of the broken state."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    runbook = load(find_runbook(name))
    answers = answers_to(runbook, fault)
    try:
        for time in ("the first time", "once more"):
            FAULTS[fault].inject(site)
            assert site_problems(site) != ()
            await gone_through(runbook, briefing_of(runbook, site), answers)
            assert site_problems(site) == (), time
    finally:
        if site_problems(site):
            FAULTS[fault].heal(site)  # the next one is to fail by itself alone


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_for_people_is_gone_through(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    runbook = load(find_runbook(name))
    answers = answers_to(runbook, None)
    values = {**answers.values, "incident": incident()}
    briefing = prepare_briefing(runbook, given={}, workdir=tmp_path)
    await gone_through(runbook, briefing, replace(answers, values=values))


def test_every_bundled_runbook_is_drilled_and_nothing_is_wrong_with_it() -> None:
    assert {path.stem for path in bundled_runbooks()} == {*BOOKS, *LISTS}
    for path in bundled_runbooks():
        assert examine(path)[1] == ()


def test_what_they_share_is_no_runbook() -> None:
    assert find_runbook("mobius-rollback").with_name("mobius-common.toml").exists()
    assert "mobius-common" not in {path.stem for path in bundled_runbooks()}


def test_no_text_is_written_in_two_files() -> None:
    folder = find_runbook("mobius-rollback").parent
    texts: dict[str, str] = {}
    for path in sorted(folder.glob("mobius-*.toml")):
        for line in path.read_text().splitlines():
            key, _, value = line.partition(" = ")
            if key in ("why", "manual", "run", "script") and len(value) > 12:
                assert texts.setdefault(value, path.name) == path.name, value
