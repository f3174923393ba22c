"""Leading a drill: what is done to the site, what is on record, and who learns it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from textual.widgets import OptionList

from mobius_tui.cli import main
from mobius_tui.drill import injection_log
from mobius_tui.drill.drill_facilitator import Facilitator, drill_under_way
from mobius_tui.drill.faults import FAULTS
from mobius_tui.drill.site.drill_site import Site
from mobius_tui.drill.site.site_files import run_site_program
from mobius_tui.errors import RunError, UsageError
from mobius_tui.run.client.run_briefing import prepare_briefing
from mobius_tui.run.client.start_run import start_new_run
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.events.run_events import FacilitatorAct, SiteTouched
from mobius_tui.run.intents.drill_intents import GiveHint, TouchSite
from mobius_tui.run.intents.run_intents import EndRun
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.run_index import all_runs
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.library.loader import load
from mobius_tui.tui.screens.facilitator_screen import FacilitatorPage
from tests.tui.runs import Time, press, running, settled, until, words
from tests.waiting import wait_for

BOOK = """format = 1
[runbook]
id = "led"
title = "Led"
[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "s"
title = "S"
effect = "read"
run = "true"
"""
FAULT = FAULTS["missing-checksum"]


async def begun(tmp_path: Path, site: Site | None) -> RunDirectory:
    path = tmp_path / "led.toml"
    path.write_text(BOOK)
    if site is None:
        return await start_new_run(prepare_briefing(load(path), given={}))
    folder = str(site.root)
    return await start_new_run(
        prepare_briefing(
            load(path), given={}, workdir=site.root, mode=Mode.DRILL, site=folder
        )
    )


async def end(directory: RunDirectory) -> None:
    viewer = Viewer(directory)
    await viewer.send_intent(EndRun())
    await viewer.close()


@pytest_asyncio.fixture
async def drill(tmp_path: Path, site: Site) -> AsyncIterator[RunDirectory]:
    directory = await begun(tmp_path, site)
    yield directory
    await end(directory)
    FAULT.heal(site)
    (site.root / "run" / "injected.jsonl").unlink(missing_ok=True)


async def test_what_is_done_is_on_record_and_its_name_is_not(
    drill: RunDirectory, site: Site
) -> None:
    viewer = Viewer(drill)
    leads = Facilitator(viewer)
    assert drill_under_way().id == drill.id
    await leads.act("inject", FAULT)
    assert FAULT.symptom(site)
    await leads.act("heal", FAULT)
    assert not FAULT.symptom(site)
    await leads.hint("look at the backups")
    follower = Follower(drill)
    touched = [e for e in follower.initial_entries if isinstance(e.event, SiteTouched)]
    notes = (site.root / "run" / "injected.jsonl").read_text().splitlines()
    assert [e.event.seal for e in touched if isinstance(e.event, SiteTouched)] == [
        injection_log.seal(note) for note in notes
    ]
    assert {e.by for e in touched} == {"facilitator"}
    assert FAULT.name not in drill.journal.read_text()
    assert [each.act for each in injection_log.read_acts(site.root)] == [
        "inject",
        "heal",
    ]
    assert [each.fault for each in injection_log.injected_faults(site.root)] == [
        FAULT.name
    ]
    assert leads.last_acts() == {FAULT.name: "heal"}
    viewer.follower.poll()
    assert leads.score().hints == 1
    assert leads.score().unsaid == (), "the team said nothing"
    [hint] = follower.state.hints
    assert hint.text == "look at the backups"
    await viewer.close()


async def test_the_screen_injects_hints_and_shows_the_score(
    drill: RunDirectory, site: Site
) -> None:
    page, clock = FacilitatorPage(Viewer(drill)), Time(time.time())
    page.mono = clock.mono
    async with running(page, size=(110, 34)) as pilot:
        await settled(pilot)
        shown = words(pilot)
        assert "DRILL" in shown
        assert "FACILITATOR · the team does not see this screen" in shown
        assert "about to begin 1.1 S" in shown
        faults = page.query_one(OptionList)
        faults.highlighted = tuple(FAULTS).index(FAULT.name)
        await pilot.press("i")
        await until(pilot, lambda: "● missing-checksum injected" in words(pilot))
        assert FAULT.symptom(site)
        await until(pilot, lambda: "has no .sha256" in words(pilot))
        await pilot.press("y")
        copied = drill.path.parent.parent / "copied.txt"
        await until(pilot, copied.exists)
        assert copied.read_text().startswith("Led (DRILL)")
        await press(pilot, clock, "t", "enter")
        assert "A hint wants a text." in words(pilot)
        await press(pilot, clock, *"look", "enter")
        await until(pilot, lambda: "just now: look" in words(pilot))
        await pilot.press("h")
        await until(pilot, lambda: "✔ missing-checksum healed" in words(pilot))


async def test_an_incident_has_no_facilitator(tmp_path: Path) -> None:
    directory = await begun(tmp_path, None)
    viewer = Viewer(directory)
    try:
        with pytest.raises(UsageError, match="is no drill on a site"):
            Facilitator(viewer)
        with pytest.raises(UsageError, match="no drill is under way"):
            drill_under_way()
        touch = TouchSite(act="inject", seal="0" * 64)
        for action in (GiveHint(text="x"), touch):
            reply = await viewer.send_intent(action)
            assert "only a drill has a facilitator" in reply.text
    finally:
        await viewer.close()
        await end(directory)


async def test_what_cannot_be_is_refused_in_words(
    drill: RunDirectory, site: Site
) -> None:
    viewer = Viewer(drill)
    leads = Facilitator(viewer)
    with pytest.raises(RunError, match="a hint says something"):
        await leads.hint("  ")
    with pytest.raises(RunError, match="at most 500"):
        await leads.hint("x" * 501)
    reply = await viewer.send_intent(TouchSite(act="inject", seal="x"))
    assert "injects, worsens or heals" in reply.text
    with pytest.raises(UsageError, match="did you mean `flapping`"):
        leads.fault("flaping")
    await end(drill)
    viewer.follower.poll()
    with pytest.raises(UsageError, match="is over"):
        Facilitator(viewer)
    assert not (site.root / "run" / "injected.jsonl").exists()
    await viewer.close()


@pytest.mark.parametrize("option", ["--worsen", "--heal", "--hint"])
def test_what_a_facilitator_does_begins_no_drill_of_its_own(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["drill", "--auto", "--plain", option, FAULT.name]) == 2
    said = "--worsen, --heal and --hint: only with --inject"
    assert said in capsys.readouterr().err
    assert all_runs(runs_root()) == ()


@pytest.mark.parametrize(
    ("act", "name", "left"),
    [
        ("heal", "config-drift", "{"),
        ("heal", "config-drift", "[]"),
        ("inject", "config-drift", "\udcff"),
        ("heal", "no-config-backup", "{}"),
    ],
)
async def test_settings_that_the_team_has_broken_are_named(
    drill: RunDirectory, site: Site, act: FacilitatorAct, name: str, left: str
) -> None:
    viewer = Viewer(drill)
    file = site.config / "api.json"
    was = file.read_bytes()
    file.write_text(left, errors="surrogateescape")
    try:
        with pytest.raises(RunError, match=r"api.json .* no .*; put it right first"):
            await Facilitator(viewer).act(act, FAULTS[name])
    finally:
        file.write_bytes(was)
        await viewer.close()


@pytest.mark.parametrize("name", ["corrupt-backup", "missing-checksum"])
async def test_where_no_backup_is_left_none_is_broken(
    drill: RunDirectory, site: Site, name: str
) -> None:
    viewer = Viewer(drill)
    backups, away = site.root / "backups", site.root / "away"
    backups.rename(away)
    try:
        with pytest.raises(
            RunError, match=f"{site.root} has no backup of production: run"
        ):
            await Facilitator(viewer).act("inject", FAULTS[name])
    finally:
        away.rename(backups)
        await viewer.close()


async def test_source_that_is_no_text_is_refused_in_words(
    drill: RunDirectory, site: Site
) -> None:
    viewer = Viewer(drill)
    file = site.root / "src" / "api" / "index.py"
    was = file.read_bytes()
    file.write_bytes(b"\xff")
    try:
        with pytest.raises(RunError, match=r"^thin-backup: .*can't decode"):
            await Facilitator(viewer).act("inject", FAULTS["thin-backup"])
    finally:
        file.write_bytes(was)
        await viewer.close()


async def test_a_damaged_database_is_refused_in_words(
    drill: RunDirectory, site: Site
) -> None:
    viewer = Viewer(drill)
    file = site.root / "data" / "mobius.db"
    was = file.read_bytes()
    file.write_text("this was a database\n" * 100)
    try:
        with pytest.raises(
            RunError, match=r"mobius.db: file is not a database; restore"
        ):
            await Facilitator(viewer).act("heal", FAULTS["bad-migration"])
    finally:
        file.write_bytes(was)
        run_site_program(site.root, "bin/systemctl", "start", *site.units)
        await viewer.close()


async def test_on_the_command_line_a_host_that_stands_still_is_told_of(
    drill: RunDirectory, tmp_path: Path
) -> None:
    host = drill.host_pid()
    assert host is not None
    words = ("drill", "--inject", drill.id, "--hint", "look at the backups")
    command = [sys.executable, "-m", "mobius_tui", *words]
    said = tmp_path / "said.txt"
    os.kill(host, signal.SIGSTOP)
    try:
        with said.open("w") as file:
            child = subprocess.Popen(command, stderr=file)
        wait_for(said.read_text)
    finally:
        os.kill(host, signal.SIGCONT)
        code = child.wait()
    first, second = said.read_text().splitlines()
    assert f"the host, process {host}, does not answer" in first
    assert f"`kill -CONT {host}`" in first
    assert second == "mobius-tui: the team sees the hint now"
    assert code == 0
    [hint] = Follower(drill).state.hints
    assert hint.text == "look at the backups"
