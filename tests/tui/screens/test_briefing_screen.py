"""The briefing and the library, against a real host."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Mapping
from pathlib import Path

import pytest
from textual.widgets import Button, Input, OptionList, Select, Static

from mobius_tui.drill.library_listing import LibraryListing, list_library
from mobius_tui.health.probe import ProbePreview
from mobius_tui.run.client.run_briefing import (
    Briefing,
    answer_briefing,
    prepare_briefing,
)
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.mode_and_outcome import Mode, Outcome
from mobius_tui.run.events.run_events import RunEnded
from mobius_tui.run.intents.run_intents import EndRun
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.run_index import all_runs
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.library.loader import load
from mobius_tui.tui.commands.command import FlowId
from mobius_tui.tui.dialogs.end_card import EndCard
from mobius_tui.tui.dialogs.return_card import ReturnCard
from mobius_tui.tui.navigation import Navigator
from mobius_tui.tui.presenters.next_action import StartFlow
from mobius_tui.tui.screens.briefing_screen import BriefingScreen
from mobius_tui.tui.screens.library_screen import LibraryScreen
from mobius_tui.tui.screens.review_screen import ReviewScreen
from mobius_tui.tui.screens.run_screen import RunScreen
from tests.conftest import MakeRunbook
from tests.health.servers import serve, whole
from tests.tui import scenes
from tests.tui.runs import (
    ROLLBACK,
    MadeRun,
    press_until,
    running,
    settled,
    until,
    words,
)
from tests.waiting import PATIENCE


def starts(screen: RunScreen, flow: FlowId) -> bool:
    """Whether Enter starts a flow now."""
    return isinstance(screen.offer, StartFlow) and screen.offer.flow is flow


ASKING = """
format = 1
[runbook]
id = "asking"
title = "Asking"
[var.reason]
title = "Why?"
ask = true
[var.shop]
title = "Which shop?"
default = "main"
ask = true
[var.region]
choices = ["eu", "us"]
default = "eu"
ask = true
[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "look"
title = "Look"
effect = "read"
run = 'echo "because $reason in $shop, $region"'
"""


TYPED = """
format = 2
[runbook]
title = "Typed"
[var.count]
title = "How many?"
kind = "int"
max = 12
default = 3
ask = true
[var.hosts]
title = "Which hosts?"
kind = "host"
many = true
default = ["a", "b"]
ask = true
[var.really]
kind = "bool"
ask = true
[[step]]
run = 'echo "$count $hosts $really"'
"""


async def test_typed_variables_say_their_form_and_refuse_the_rest(
    make_runbook: MakeRunbook,
) -> None:
    begun: list[Mapping[str, tuple[str, str]]] = []

    async def begin(briefing: Briefing, given: Mapping[str, str]) -> RunDirectory:
        begun.append(answer_briefing(briefing, given).values)
        return RunDirectory(Path("/nonexistent"))

    screen = BriefingScreen(
        prepare_briefing(make_runbook(TYPED), given={}),
        begin=begin,
        open_run=lambda _: None,
        answers={},
        probe=no_probes,
        coverage_reader=lambda: None,
    )
    async with running(screen, size=(100, 30)) as pilot:
        seen = words(pilot)
        assert "How many?  (a whole number, such as 3; at most 12)" in seen
        assert "several with commas between" in seen
        count, hosts = screen.query(Input)
        assert (count.value, hosts.value) == ("3", "a, b")
        choice = screen.query_one(Select)
        choice.value = "true"
        count.value = "13"
        await pilot.press("ctrl+g")
        problem = screen.query_one("#problem", Static)
        await until(pilot, lambda: "more than the most" in str(problem.content))
        count.value, hosts.value = "12", "a, c"
        await pilot.press("ctrl+g")
        await until(pilot, lambda: begun)
        assert begun[0]["hosts"][0] == "a\nc"
        assert begun[0]["really"][0] == "true"


LISTED = """
format = 2
[runbook]
title = "Listed"
[var.namespace]
title = "Which namespace?"
from_run = "cat namespaces"
[var.pods]
title = "Which pods?"
many = true
from_run = 'sed "s/^/$namespace-/" pods'
[var.other]
title = "What else?"
default = "x"
from_run = "touch touched; echo y"
[[step]]
run = 'echo "$namespace $pods $other"'
"""


async def test_commands_propose_values_and_a_key_lists_again(
    make_runbook: MakeRunbook, tmp_path: Path
) -> None:
    (tmp_path / "namespaces").write_text("web\tThe shop\n\x1b[31mbad\ndb\n")
    (tmp_path / "pods").write_text("1\n2\n")
    begun: list[Mapping[str, tuple[str, str]]] = []

    async def begin(briefing: Briefing, given: Mapping[str, str]) -> RunDirectory:
        begun.append(answer_briefing(briefing, given).values)
        return RunDirectory(Path("/nonexistent"))

    screen = BriefingScreen(
        prepare_briefing(make_runbook(LISTED), given={}),
        begin=begin,
        open_run=lambda _: None,
        answers={},
        probe=no_probes,
        coverage_reader=lambda: None,
    )
    async with running(screen, size=(120, 40)) as pilot:
        namespace, pods, other = screen.query(Input)
        await until(pilot, lambda: pods.value == "web-1, web-2")
        seen = words(pilot)
        assert namespace.value == "web"
        assert "▸ web  The shop" in seen
        assert "2 listed: ↑ ↓ choose, or type another" in seen
        assert "listed what is no value" in seen
        assert "before Begin only commands that list values are run" in seen
        assert "`touch touched` may do more than read" in seen
        assert not (tmp_path / "touched").exists(), "what changes is not run unasked"
        await pilot.press("down")
        assert namespace.value == "db"
        await until(pilot, lambda: pods.value == "")
        assert "not listed for this namespace yet" in words(pilot)
        await pilot.press("f5")
        await until(pilot, lambda: pods.value == "db-1, db-2")
        await until(pilot, lambda: other.value == "y")
        namespace.value = "typed"
        (tmp_path / "pods").write_text("")
        await pilot.press("f5")
        assert (tmp_path / "touched").exists()
        await until(pilot, lambda: "listed nothing" in words(pilot))
        assert namespace.value == "typed", "what a person typed stays"
        assert pods.value == "", "what was listed for another is not proposed"
        pods.value = "typed-1, typed-2"
        await pilot.press("ctrl+g")
        await until(pilot, lambda: begun)
        assert begun[0]["namespace"] == ("typed", "answer")
        assert begun[0]["pods"] == ("typed-1\ntyped-2", "answer")


async def no_probes(*_: object) -> tuple[ProbePreview, ...]:
    """Nothing is asked."""
    return ()


async def over(directory: RunDirectory) -> None:
    """End a run and wait until its host has gone."""
    viewer = Viewer(directory)
    await viewer.send_intent(EndRun())
    await viewer.close()
    async with asyncio.timeout(PATIENCE):
        while directory.host_pid() is not None:
            await asyncio.sleep(0.02)


async def test_a_briefing_asks_begins_and_leads_to_the_run(
    make_runbook: MakeRunbook,
) -> None:
    briefing = prepare_briefing(make_runbook(ASKING), given={})
    screen = Navigator(repaints=100).briefing(briefing, auto=None, answers={})
    async with running(screen, size=(100, 30)) as pilot:
        await pilot.press("ctrl+g")
        await settled(pilot)
        assert "Still wanted: Why?" in str(screen.query_one("#problem", Static).content)
        assert all_runs(runs_root()) == (), "nothing is left behind before Begin"
        assert "Ctrl+G Begin" in words(pilot)
        reason, shop = screen.query(Input)
        assert shop.value == "main", "a default stands in its line"
        assert screen.query_one(Select).value == "eu"
        assert "shop=" not in words(pilot), "what is asked is not listed, too"
        reason.value = "[/x] $(touch x)"
        await settled(pilot)
        assert "Enter Begin" in words(pilot)
        await pilot.press("tab", "end", "2", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))
        (directory,) = all_runs(runs_root())
        try:
            run = pilot.app.screen
            assert isinstance(run, RunScreen)
            await until(pilot, lambda: starts(run, FlowId.START))
            await press_until(pilot, "enter", lambda: starts(run, FlowId.END_RUN))
            (recent,) = list_library(runs_root(), ()).own_and_recent
            assert recent.title == "Asking"
            said = directory.attempt("look", 1).output.read_text()
            assert said == "because [/x] $(touch x) in main2, eu\n"
        finally:
            await over(directory)


async def test_the_library_lists_and_opens(state_home: Path) -> None:
    scenes.failed(state_home / "mobius-tui")
    screen = Navigator(repaints=100).library()
    assert isinstance(screen, LibraryScreen)
    async with running(screen, size=(100, 30)) as pilot:
        options = screen.query_one(OptionList)
        await until(pilot, lambda: options.option_count)
        rows = [str(option.prompt) for option in options.options]
        assert rows[0].startswith("Open runs  began  mode  title")
        assert "unwatched since " in rows[1]
        assert any(row.startswith("Runbooks  id  steps  last run") for row in rows)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen_stack[-2], RunScreen))
        card = pilot.app.screen
        assert isinstance(card, ReturnCard)
        await until(pilot, lambda: not card.is_opening)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))


async def test_the_library_opens_a_briefing_and_comes_back() -> None:
    screen = Navigator(repaints=100).library()
    async with running(screen, size=(100, 30)) as pilot:
        options = screen.query_one(OptionList)
        await until(pilot, lambda: options.option_count)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, BriefingScreen))
        await press_until(pilot, "escape", lambda: pilot.app.screen is screen)


async def test_the_library_finds_and_opens_by_mouse(state_home: Path) -> None:
    scenes.ended(state_home / "mobius-tui")
    screen = Navigator(repaints=100).library()
    async with running(screen, size=(100, 30)) as pilot:
        options = screen.query_one(OptionList)
        await until(pilot, lambda: options.option_count)
        await pilot.press("slash", *"failed prod", "enter")
        await settled(pilot)
        rows = [str(option.prompt) for option in options.options]
        assert rows[0].startswith("Past runs  began  took")
        assert "✖ failed" in rows[1]
        assert len(rows) == 2
        await pilot.press("escape")
        await settled(pilot)
        assert options.option_count > 2
        rows = [str(option.prompt) for option in options.options]
        (past,) = (n for n, row in enumerate(rows) if row.startswith("Past runs"))
        await pilot.click(OptionList, offset=(5, 1 + past + 1))
        await until(pilot, lambda: isinstance(pilot.app.screen, ReviewScreen))
        await settled(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, EndCard))


async def test_the_library_copies_where_a_run_stands(
    state_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(state_home))
    run = scenes.ended(state_home / "mobius-tui")
    screen = Navigator(repaints=100).library()
    async with running(screen, size=(100, 30)) as pilot:
        options = screen.query_one(OptionList)
        await until(pilot, lambda: options.option_count)
        await pilot.press("slash", *"failed prod", "enter")
        await settled(pilot)
        await pilot.press("y")
        copied = state_home / "mobius-tui" / "copied.txt"
        await until(pilot, copied.exists)
    said = copied.read_text()
    assert "Ended: failed: failed: 3.2 Restore the backup" in said
    assert f"run {run.directory.id}" in said


async def test_a_word_that_finds_nothing_says_how_to_go_on(state_home: Path) -> None:
    scenes.ended(state_home / "mobius-tui")
    screen = Navigator(repaints=100).library()
    async with running(screen, size=(80, 24)) as pilot:
        options = screen.query_one(OptionList)
        await until(pilot, lambda: options.option_count)
        before = options.option_count
        await pilot.press("slash", *"zzz", "enter")
        await settled(pilot)
        assert "Nothing here matches: Esc lists everything again" in words(pilot)
        assert "0 found" in words(pilot)
        await pilot.press("escape")
        await settled(pilot)
        assert options.option_count == before
        assert pilot.app.screen is screen


async def test_an_empty_library_says_what_to_do() -> None:
    screen = Navigator(repaints=100).library()
    async with running(screen, size=(100, 30)) as pilot:
        await until(pilot, lambda: "mobius-tui demo" in words(pilot))
        assert "mobius-tui run FILE.toml" in words(pilot)


PROBED = """
format = 1
[runbook]
id = "probed"
title = "Probed"
[var.port]
title = "Which port?"
ask = true
[health]
[[health.probe]]
id = "api"
url = "http://127.0.0.1:${port}/health"
[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "look"
title = "Look"
effect = "read"
run = "true"
"""


async def test_nothing_goes_over_the_network_before_begin_but_what_is_asked_for(
    make_runbook: MakeRunbook,
) -> None:
    briefing = prepare_briefing(make_runbook(PROBED), given={})
    screen = Navigator(repaints=100).briefing(briefing, auto=None, answers={})
    async with (
        serve(whole()) as (port, requests),
        running(screen, size=(100, 30)) as pilot,
    ):
        await until(pilot, lambda: "never drilled here" in words(pilot))
        assert "1 not asked yet" in words(pilot)
        await pilot.press("p", "ctrl+t")
        await until(pilot, lambda: "answered" in words(pilot) or "port" in words(pilot))
        screen.query_one(Input).value = str(port)
        await settled(pilot)
        assert requests == []
        await pilot.click("#probe")
        await until(pilot, lambda: "● ok api  200 in" in words(pilot))
        assert len(requests) == 1
        assert all_runs(runs_root()) == ()


async def test_the_briefing_tells_of_the_last_drill_and_of_edits_since(
    state_home: Path, make_runbook: MakeRunbook
) -> None:
    root = state_home / "mobius-tui" / "runs"
    run = MadeRun(root, make_runbook(ASKING), values={}, mode=Mode.DRILL)
    run.write(RunEnded(outcome=Outcome.COMPLETED, reason="so"), after=5)
    edited = make_runbook(ASKING.replace("Why?", "Why not?"))
    briefing = prepare_briefing(edited, given={})
    screen = Navigator(repaints=100).briefing(briefing, auto=None, answers={})
    said = "✔ completed  by maria  edited since"
    async with running(screen, size=(100, 30)) as pilot:
        await until(pilot, lambda: said in words(pilot))
        assert "Tab Next line" in words(pilot)
        assert "F1 Help" in words(pilot)


async def test_a_low_briefing_shows_its_head_and_the_first_line_to_fill_in() -> None:
    briefing = prepare_briefing(load(ROLLBACK), given={})
    screen = Navigator(repaints=100).briefing(briefing, auto=None, answers={})
    async with running(screen, size=(80, 24)) as pilot:
        await until(pilot, lambda: "never drilled here" in words(pilot))
        assert "real commands, in a real environment" in words(pilot)
        assert "Why are we rolling back?" in words(pilot)


async def test_a_shelf_that_cannot_be_looked_at_is_told() -> None:
    def look() -> LibraryListing:
        raise OSError(errno.EIO, "Input/output error", "runs")

    async def look_back(_run: RunDirectory) -> None:
        """Nothing is opened."""

    screen = LibraryScreen(
        look, open_briefing=print, attach=print, open_review=look_back
    )
    async with running(screen, size=(100, 30)) as pilot:
        await until(pilot, lambda: "Input/output error" in words(pilot))


async def test_a_run_that_cannot_begin_says_why_and_may_be_begun_again(
    make_runbook: MakeRunbook,
) -> None:
    async def begin(_briefing: Briefing, _given: Mapping[str, str]) -> RunDirectory:
        raise OSError(errno.ENOSPC, "No space left on device", "runs")

    briefing = prepare_briefing(make_runbook(ASKING), given={})

    async def probe(_briefing: Briefing, _given: Mapping[str, str]) -> tuple[()]:
        return ()

    screen = BriefingScreen(
        briefing,
        begin=begin,
        open_run=print,
        answers={"reason": "why not"},
        probe=probe,
        coverage_reader=lambda: None,
    )
    async with running(screen, size=(100, 30)) as pilot:
        await pilot.press("ctrl+g")
        problem = screen.query_one("#problem", Static)
        await until(pilot, lambda: "No space left" in str(problem.content))
        assert not screen.query_one("#begin", Button).disabled
