"""What is asked before anything is sent, and what is sent then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.events import Key
from textual.pilot import Pilot
from textual.widgets import Button, Input, Static

from mobius_tui.health.health_record import ProbeResult
from mobius_tui.run.events.run_events import HostStarted, VariableSet
from mobius_tui.run.events.step_events import ChoiceMade, StepEnded, StepStarted
from mobius_tui.run.events.watch_events import TriggerFired
from mobius_tui.run.intents.run_intents import EndRun, EnterPhase
from mobius_tui.run.intents.step_intents import (
    LookFirst,
    OverrideStep,
    RetryStep,
    SkipStep,
    StopStep,
    TickStep,
)
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.model.actions import Run
from mobius_tui.structs import replace
from mobius_tui.tui.backend.key_queue import INPUT_GUARD_SECONDS, TimedInput
from mobius_tui.tui.commands.command import FlowId
from mobius_tui.tui.dialogs.answer_dialogs import AnswersDialog, DecisionDialog
from mobius_tui.tui.dialogs.confirm_dialogs import ConfirmDialog
from mobius_tui.tui.dialogs.dialog import CANCEL, Dialog
from mobius_tui.tui.dialogs.failure_dialogs import FailureDialog
from mobius_tui.tui.dialogs.help_dialog import HelpDialog
from mobius_tui.tui.dialogs.message_dialog import MessageDialog
from mobius_tui.tui.dialogs.question import as_question
from mobius_tui.tui.dialogs.rollback_dialog import RollbackDialog
from mobius_tui.tui.dialogs.script_dialog import ScriptDialog
from mobius_tui.tui.widgets.detail_pane import FieldList
from tests.tui import scenes
from tests.tui.dialog_cases import failed_check
from tests.tui.runs import (
    MadeRun,
    Time,
    hosted,
    is_quiet,
    opened,
    press,
    settled,
    until,
    view_of,
    words,
)


async def test_what_destroys_shows_its_exact_command_and_wants_the_name_typed(
    tmp_path: Path,
) -> None:
    run = scenes.assessed(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "enter")
        assert isinstance(pilot.app.screen, ConfirmDialog)
        shown = words(pilot)
        assert "rollback_dhash.sh --backup" in shown
        assert f"backup_file={scenes.BACKUP}" in shown
        assert "/srv/mobius" in shown
        await press(pilot, time, *"staging", "enter")
        assert isinstance(pilot.app.screen, ConfirmDialog)
        assert "That is not it" in words(pilot)
        # The next try replaces it.
        await press(pilot, time, "x")
        assert pilot.app.screen.query_one("#environment", Input).value == "x"
        assert host.intents == []
        await press(pilot, time, "backspace", *"production", "enter")
        await until(pilot, lambda: host.intents)
        assert host.intents[0].confirm == "production"
        assert host.intents[0].step == "execute"


async def test_what_destroys_where_no_environment_is_named_wants_its_number(
    tmp_path: Path,
) -> None:
    path = tmp_path / "unnamed.toml"
    path.write_text(
        'format = 1\n[runbook]\nid = "u"\ntitle = "U"\n[[phase]]\nid = "p"\n'
        'title = "P"\n[[phase.step]]\nid = "drop"\ntitle = "Drop"\n'
        'effect = "destroy"\nrun = "true"\n'
    )
    run = MadeRun(tmp_path / "runs", load(path), values={})
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "enter")
        assert "Type 1.1 to confirm" in words(pilot)
        await press(pilot, time, *"drop", "enter")
        assert "That is not it; type 1.1" in words(pilot)
        assert host.intents == []
        await press(pilot, time, *(["backspace"] * 4), *"1.1", "enter")
        await until(pilot, lambda: host.intents)
        assert host.intents[0].confirm == "1.1"


async def test_out_of_order_is_said_with_what_is_not_done_yet(tmp_path: Path) -> None:
    run = scenes.decided(tmp_path)
    async with hosted(run):
        view = view_of(run)
        step = view.plan.steps["execute"]
        assert view.proposal.step == "system-status"
        dialog = ConfirmDialog(view, step)
        [fields] = (w for w in dialog.compose_body() if isinstance(w, FieldList))
        said = {f.label: f.content.plain for f in fields.fields}
        assert said["order"].startswith(
            "out of order; not done before it: 2.1 System status, 2.2 "
        )
        assert said["order"].endswith(" more")
    run = scenes.assessed(tmp_path)
    async with hosted(run):
        view = view_of(run)
        dialog = ConfirmDialog(view, view.plan.steps["execute"])
        [fields] = (w for w in dialog.compose_body() if isinstance(w, FieldList))
        assert "order" not in {f.label for f in fields.fields}


async def test_a_dialog_takes_no_key_that_is_held_down_or_hammered(
    tmp_path: Path,
) -> None:
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: is_quiet(pilot))
        for _ in range(5):
            time.pass_(INPUT_GUARD_SECONDS / 2)
            await pilot.press("enter")
            await settled(pilot)
            assert isinstance(pilot.app.screen, FailureDialog)
        # Another key was pressed to answer.
        await pilot.press("r")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmDialog))
        assert host.intents == []
        await pilot.press("r")
        await until(pilot, lambda: is_quiet(pilot))
        time.pass_(INPUT_GUARD_SECONDS + 0.01)
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, ConfirmDialog))


async def test_a_dialog_that_has_just_opened_is_stopped_as_a_job_all_the_same(
    tmp_path: Path,
) -> None:
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (_, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, FailureDialog))
        dialog = pilot.app.screen
        assert isinstance(dialog, FailureDialog)
        taken = {
            key: dialog.accepts_input(
                TimedInput(Key(key, None), dialog.mono() - 1, is_repeat=False)
            )
            for key in ("ctrl+z", "enter")
        }
        assert taken == {"ctrl+z": True, "enter": False}


async def test_text_typed_on_and_on_is_not_lost_and_confirms_nothing(
    tmp_path: Path,
) -> None:
    run = scenes.assessed(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "enter")
        dialog = pilot.app.screen
        assert isinstance(dialog, ConfirmDialog)
        line = dialog.query_one("#environment", Input)
        await pilot.press(*"productiom", "backspace", "n")
        assert line.value == "production"
        assert host.intents == []
        await pilot.press("enter")
        await until(pilot, lambda: host.intents)


async def test_a_dialog_that_is_yet_to_be_seen_takes_text_and_esc(
    tmp_path: Path,
) -> None:
    run = scenes.decided(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (screen, pilot):
        await press(pilot, time, "n")
        dialog = pilot.app.screen
        assert isinstance(dialog, Dialog)
        dialog.restart_input_guard()
        await pilot.press(*"ab", "left", "enter", "tab", "space")
        assert dialog.query_one("#reason", Input).value == "ab"
        assert next(iter(dialog.buttons.values())).has_focus
        assert pilot.app.screen is dialog, "Enter and buttons answer what is seen"
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert host.intents == []


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_a_page_of_a_dialog_is_what_is_in_sight(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    run = scenes.assessed(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time, size=size) as (_, pilot):
        await press(pilot, time, "question_mark")
        dialog = pilot.app.screen
        assert isinstance(dialog, HelpDialog)
        body = dialog.query_one(".body")
        height = body.size.height
        assert body.max_scroll_y > height
        for focused in (dialog.query_one("#find"), dialog.buttons[CANCEL]):
            focused.focus()
            await press(pilot, time, "pagedown")
            assert body.scroll_y == height, focused
            await press(pilot, time, "pageup")
            assert body.scroll_y == 0, focused


async def test_a_failed_step_says_why_and_offers_the_ways_on(tmp_path: Path) -> None:
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        shown = words(pilot)
        assert "exit 1: the command says that it failed" in shown
        assert "No space left on device" in shown
        await press(pilot, time, "enter", "s")
        assert isinstance(pilot.app.screen, FailureDialog), "a gate cannot be skipped"
        await press(pilot, time, "o", *"seen", "enter")
        await until(pilot, lambda: host.intents)
        (intent,) = host.intents
        assert intent == OverrideStep(step="execute", reason="seen")


@pytest.mark.parametrize("columns", [60, 76, 80, 110])
async def test_every_way_on_from_a_failure_is_in_sight(
    tmp_path: Path, columns: int
) -> None:
    run = failed_check(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, size=(columns, 24), time=time) as (_, pilot):
        await press(pilot, time, "enter")
        assert isinstance(pilot.app.screen, FailureDialog)
        box = pilot.app.screen.query_one(".box").content_region
        buttons = list(pilot.app.screen.query(Button))
        assert len(buttons) == 6
        for button in buttons:
            assert box.contains_region(button.region), button.label


async def test_a_failure_leaves_out_what_its_buttons_and_the_pane_say(
    tmp_path: Path,
) -> None:
    run = scenes.failed(tmp_path)
    async with hosted(run):
        view = view_of(run)
        for step in view.plan.steps.values():
            body = FailureDialog(view, step).compose_body()
            (fields,) = (each for each in body if isinstance(each, FieldList))
            told = [field.label for field in fields.fields]
            assert not {"keys", "why", "role"} & set(told)
            lines = getattr(step.action, "script", "").strip().count("\n")
            assert ("run" in told) is (isinstance(step.action, Run) and not lines)
            assert step.id != "execute" or told == [
                *("now", "said", "health", "about", "run", "with", "", "in"),
                *("then", "call"),
            ]


async def test_a_button_of_a_failure_leads_where_it_says(tmp_path: Path) -> None:
    run = failed_check(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (screen, pilot):
        led = {}
        for flow in (FlowId.SKIP, FlowId.OVERRIDE, FlowId.ENTER_PHASE, FlowId.CONTACTS):
            await press(pilot, time, "enter")
            failure = pilot.app.screen
            assert isinstance(failure, FailureDialog)
            button = failure.buttons[flow]
            button.focus()
            await press(pilot, time, "enter")
            dialog = pilot.app.screen
            assert isinstance(dialog, Dialog)
            led[str(button.label)] = dialog.heading
            await press(pilot, time, "escape")
            await until(pilot, lambda: screen.is_current)
        assert led == {
            "s Skip": "Skip 2.1 System status?",
            "o Override": "Override 2.1 System status?",
            "f Turn aside": "Turn aside to another phase",
            "@ Contacts": "Whom to call",
        }
        await press(pilot, time, "enter", *["left"] * 5, "enter")
        await until(pilot, lambda: host.intents)
        assert host.intents == [RetryStep(step="system-status", attempt=2)]


async def test_the_failure_phase_is_entered_from_the_failed_step(
    tmp_path: Path,
) -> None:
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "f", "tab", "enter")
        await until(pilot, lambda: host.intents)
        (intent,) = host.intents
        assert isinstance(intent, EnterPhase)
        assert (intent.phase, intent.from_step) == ("failure-recovery", "execute")


async def test_answers_are_held_against_their_pattern_where_they_are_typed(
    tmp_path: Path,
) -> None:
    run = scenes.paging(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        assert "must match" not in words(pilot)
        await press(pilot, time, "space")
        assert "Acknowledged by  (such as @incident-commander)" in words(pilot)
        await press(pilot, time, *"Bob", "enter")
        said = str(pilot.app.screen.query_one("#problem", Static).content)
        assert said == (
            "Acknowledged by: “Bob” is not in the form that is wanted: @, then small "
            "letters or hyphens, such as @incident-commander (pattern @[a-z-]+)."
        )
        assert "“Bob” is not in the form" in words(pilot)
        assert host.intents == []
        await press(pilot, time, *(["backspace"] * 3), *"@bob", "enter")
        await until(pilot, lambda: host.intents)
        assert host.intents[0].answers == {"ic_ack": "@bob"}


async def test_a_decision_of_several_is_marked_and_sent(tmp_path: Path) -> None:
    run = scenes.fresh(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "enter", "enter")
        assert "at least one of them" in words(pilot)
        await press(pilot, time, "space", "down", "down", "space", "enter")
        await until(pilot, lambda: host.intents)
        assert host.intents[0].options == ("critical-functionality", "security")


@pytest.mark.parametrize("key", ["down", "space"])
async def test_a_decision_is_made_by_nobody_who_only_presses_enter(
    tmp_path: Path, key: str
) -> None:
    run = scenes.deciding(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "enter")
        assert "(•)" not in words(pilot)
        await press(pilot, time, "enter", "tab", "enter")
        assert "Choose one of them first" in words(pilot)
        assert host.intents == []
        await press(pilot, time, "shift+tab", key)
        assert "(•) Roll back" in words(pilot)
        await press(pilot, time, "enter")
        await until(pilot, lambda: host.intents)
        assert host.intents[0].options == ("roll-back",)


async def test_what_the_runbook_or_the_person_gave_before_is_marked(
    tmp_path: Path,
) -> None:
    run = scenes.deciding(tmp_path)
    run.write(VariableSet(name="decision", value="roll-back", source="begin"))
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "enter")
        assert "(•) Roll back" in words(pilot)
        await press(pilot, time, "enter")
        await until(pilot, lambda: host.intents)
        assert host.intents[0].options == ("roll-back",)


async def test_of_a_single_choice_what_enter_would_take_is_marked(
    tmp_path: Path,
) -> None:
    run = scenes.deciding(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "enter", "down")
        assert "(•) Roll back" in words(pilot)
        await press(pilot, time, "down")
        assert "( ) Roll back" in words(pilot)
        assert "(•) No rollback needed" in words(pilot)
        await press(pilot, time, "enter")
        assert "End the run with this decision?" in words(pilot)
        await press(pilot, time, "enter")
        await until(pilot, lambda: host.intents)
        assert host.intents[0].options == ("no-rollback",)


async def test_enter_copies_a_message_before_it_marks_it_as_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # no program that copies
    run = scenes.telling(tmp_path)
    time = Time(run.at)
    copied = run.directory.path / "copied.txt"
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "m")
        assert "Every page answers 500" in words(pilot)
        await press(pilot, time, "enter")
        await until(pilot, copied.exists)
        assert isinstance(pilot.app.screen, MessageDialog)
        assert host.intents == []
        assert "then Enter says that it was told" in words(pilot)
        await press(pilot, time, "enter")
        await until(pilot, lambda: host.intents)
        assert isinstance(host.intents[0], TickStep)
        assert "Environment: production" in host.intents[0].note


async def test_a_skip_wants_a_reason(tmp_path: Path) -> None:
    run = scenes.decided(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "s", "enter")
        assert "A reason is wanted" in words(pilot)
        await press(pilot, time, *"no", "enter")
        await until(pilot, lambda: host.intents)
        assert isinstance(host.intents[0], SkipStep)
        assert host.intents[0].reason == "no"


async def test_a_skip_says_how_many_steps_wait_for_what_is_skipped(
    tmp_path: Path,
) -> None:
    run = scenes.deciding(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (screen, pilot):
        assert screen.view is not None
        standings = screen.view.statuses.values()
        waits = [wait.text for each in standings for wait in each.waits]
        assert waits.count("no decision yet") == 1
        assert waits.count("no backup_file yet") == 5
        await press(pilot, time, "s")
        assert "1 step waits for it, and will go on waiting." in words(pilot)
        await press(pilot, time, "escape", "down", "s")
        assert "5 steps wait for it" in words(pilot)


async def test_a_run_with_steps_undone_ends_for_a_reason_alone(tmp_path: Path) -> None:
    run = scenes.decided(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "E", "enter")
        assert "A reason is wanted" in words(pilot)
        assert host.intents == []
        await press(pilot, time, *"mistake", "enter")
        await until(pilot, lambda: host.intents)
        assert host.intents[0] == EndRun(reason="mistake")


async def test_arrows_go_from_button_to_button(tmp_path: Path) -> None:
    run = scenes.running(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (screen, pilot):
        await press(pilot, time, "x", "right", "right", "enter")
        assert pilot.app.screen is screen, "the last button is not to do it"
        assert host.intents == []
        await press(pilot, time, "x", "right", "left", "enter")
        await until(pilot, lambda: host.intents)
        assert isinstance(host.intents[0], StopStep)


async def test_a_dialog_names_the_key_that_closes_it(tmp_path: Path) -> None:
    run = scenes.decided(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "E")
        assert "Esc Don't" in words(pilot)
        await press(pilot, time, "escape")
        assert not isinstance(pilot.app.screen, Dialog)
        assert host.intents == []


async def test_on_a_low_screen_what_is_confirmed_stays_in_sight(tmp_path: Path) -> None:
    run = scenes.assessed(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, size=(60, 15), time=time) as (_, pilot):
        await press(pilot, time, "enter")
        shown = words(pilot)
        for needed in (
            "DESTROYS in production",
            "about",
            "Type production",
            "Run it",
            "Don't",
        ):
            assert needed in shown


async def test_a_message_can_be_edited_and_copied_before_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # no program that copies
    run = scenes.telling(tmp_path)
    time = Time(run.at)
    copied = run.directory.path / "copied.txt"
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "m", "e", *"Hi", "tab", "c")
        await until(pilot, copied.exists)
        assert copied.read_text().endswith("Status updates will follow.Hi")
        assert isinstance(pilot.app.screen, MessageDialog)
        assert host.intents == []
        await press(pilot, time, "enter")
        await until(pilot, lambda: host.intents)
        assert host.intents[0].note.endswith("follow.Hi")


async def test_a_message_that_was_told_says_so_and_is_not_told_again_by_enter(
    tmp_path: Path,
) -> None:
    run = scenes.telling(tmp_path)
    run.write(StepStarted(step="alert-stakeholders", attempt=1))
    run.write(
        StepEnded(
            step="alert-stakeholders",
            attempt=1,
            result=Status.PASSED,
            note="As it was.",
        ),
        after=1,
    )
    time = Time(run.at + 60)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "up", "m")
        assert "Told 1 min ago by maria" in words(pilot)
        assert "As it was." in words(pilot)
        await press(pilot, time, "enter")
        assert host.intents == []


async def test_what_is_not_known_yet_is_pointed_out(tmp_path: Path) -> None:
    run = scenes.telling(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (screen, pilot):
        view = screen.view
        assert view is not None
        step = view.plan.steps["announce-failed"]
        pilot.app.push_screen(MessageDialog(view, step))
        await settled(pilot)
        assert "write it yourself: ${failure}" in words(pilot)


async def test_a_status_update_says_where_the_run_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    copied = run.directory.path / "copied.txt"
    async with hosted(run), opened(run, time=time) as (screen, pilot):
        await press(pilot, time, "y")
        await until(pilot, copied.exists)
        head = screen.feed.head[:12]
    assert copied.read_text().splitlines() == [
        "MOBIUS rollback (INCIDENT) in production",
        "T+3:06 · step 12 of 22, 11 done",
        "Failed: 3.2 Restore the backup: exit 1: the command says that it failed",
        "Health: API health is failing for 2:10",
        f"2026-11-24 13:48:11 UTC · run {run.directory.id} · journal {run.n}:{head}",
    ]


async def test_of_an_unknown_step_its_check_comes_before_a_retry(
    tmp_path: Path,
) -> None:
    run = scenes.unknown(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "enter")
        buttons = [str(button.label) for button in pilot.app.screen.query(Button)]
        assert buttons[:2] == ["v Check", "r Retry"]
        await press(pilot, time, "v")
        await until(pilot, lambda: host.intents)
        assert host.intents == [LookFirst(step="execute")]
        assert "Its checks are being made" in words(pilot)


async def test_coming_back_tells_why_the_watch_is_not_armed(tmp_path: Path) -> None:
    run = scenes.countdown(tmp_path)
    run.write(HostStarted(pid=4242), after=60, by="host")
    async with hosted(run), opened(run, is_new=False) as (_, pilot):
        shown = words(pilot)
        assert "Back in MOBIUS rollback" in shown
        assert "not armed: its host ended; arm it again" in shown


@pytest.mark.parametrize("words", ["Skip 2.4 Roll back what?", "Skip 2.5 Find it"])
def test_a_question_has_one_mark_at_its_end(words: str) -> None:
    assert as_question(words) == words.rstrip("?") + "?"


def listed(pilot: Pilot[Any]) -> list[str]:
    """What the fields of the dialog say, each in one line."""
    lists = pilot.app.screen.query(FieldList)
    return [field.content.plain for each in lists for field in each.fields]


def armable(tmp_path: Path, *, reported: bool) -> MadeRun:
    """A run whose service was looked at, and is not on this machine."""
    run = scenes.assessed(tmp_path)
    url = "https://mobius.example"
    run.write(VariableSet(name="base_url", value=url, source="set"))
    for check in scenes.checks(run, failing=0):
        if reported and isinstance(check, ProbeResult):
            check = replace(check, p95_ms=20.0, error_rate=0.0)
        run.health([check])
    return run


LIMIT = "P95 of api above 5s can't fire: the service reports no P95"
NETWORK = "a dead network looks like a dead service (api)"


@pytest.mark.parametrize("reported", [False, True])
async def test_arming_tells_what_a_trigger_mistakes_and_does_not_see(
    tmp_path: Path, *, reported: bool
) -> None:
    run = armable(tmp_path, reported=reported)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (_, pilot):
        await press(pilot, time, "a")
        shown = "\n".join(listed(pilot))
    assert NETWORK in shown
    assert (LIMIT in shown) is not reported
    assert ("P95 of our checks was above 5s" in shown) is not reported
    assert ("more than 5% errors of our checks at 5" in shown) is not reported
    assert ("P95 was above 5s at 5 checks in a row" in shown) is reported


GUARDED = """format = 1
[runbook]
id = "armed"
title = "Armed"
[var.size]
default = "7"
[health]
[[health.probe]]
id = "web"
url = "http://127.0.0.1:9/"
[health.trigger]
consecutive_failures = 3
then = "auto"
[[phase]]
id = "main"
title = "Main"
[[phase.step]]
id = "find"
title = "Find"
run = "./find.sh"
outputs = ["backup"]
[[phase]]
id = "auto"
title = "Auto"
aside = true
[[phase.step]]
id = "look"
title = "Look"
effect = "read"
run = "one\\ntwo\\nthree\\nfour"
when = { size = "> 5" }
[[phase.step]]
id = "restore"
title = "Restore"
run = './restore.sh "$backup"'
needs = ["look"]
[[phase.step]]
id = "is-up"
title = "Is up"
check.port = { at = "127.0.0.1:9" }
"""


@pytest.mark.parametrize("key", ["a", "B"])
async def test_before_a_rollback_each_step_is_told_and_where_it_would_stop(
    tmp_path: Path, key: str
) -> None:
    path = tmp_path / "armed.toml"
    path.write_text(GUARDED)
    run = MadeRun(tmp_path / "runs", load(path), values={"size": "7"})
    for probe, reason in (("web", "the first"), ("other", "the second")):
        fired = TriggerFired(
            probe=probe, rule="consecutive_failures", reason=reason, seen=run.at
        )
        run.write(fired, by="trigger")
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (_, pilot):
        await press(pilot, time, key)
        shown = listed(pilot)
        heads = words(pilot)
        await press(pilot, time, "f2")
        assert isinstance(pilot.app.screen, ScriptDialog)
        scripts = listed(pilot)
        await press(pilot, time, "escape")
        assert isinstance(pilot.app.screen, RollbackDialog)
    assert all(title in heads for title in ("A.1 Look", "A.2 Restore", "A.3 Is up"))
    stops = "at A.2 Restore: backup has no value: 1.1 Find, which gives it, is no part"
    assert any(each.startswith(stops) for each in shown)
    said = {"size > 5", "A.1 Look", './restore.sh "$backup"', "one\ntwo\nthree\nfour"}
    assert {*said, "127.0.0.1:9 open"} <= {*scripts}
    assert not said & {*shown}
    assert ("the first; 1 more" in shown) is (key == "B")


async def test_arming_does_not_tell_of_a_network_that_is_not_there(
    tmp_path: Path,
) -> None:
    run = scenes.assessed(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (_, pilot):
        await press(pilot, time, "a")
        shown = "\n".join(listed(pilot))
    assert "can fire only if the service reports its P95" in shown
    assert "P95 was above 5s at 5 checks in a row (of our checks where none" in shown
    assert "dead network" not in shown


WAYS = """format = 2
[runbook]
title = "Ways"
[[step]]
id = "way"
title = "Which way?"
choose = { var = "way", option = [{ value = "short" }, { value = "long" }] }
[[step]]
id = "go"
title = "Go"
run = "false"
effect = "read"
gate = true
when = { way = "short" }
[[step]]
id = "name"
title = "Name it"
manual = "Name it."
ask = { var = "name" }
check.run = "false"
"""


@pytest.mark.parametrize(
    ("failed", "label", "opened_dialog"),
    [
        ("go", "Decide 1.1 again", DecisionDialog),
        ("name", "Space Again", AnswersDialog),
    ],
)
async def test_a_failure_leads_back_to_what_can_be_answered_otherwise(
    tmp_path: Path, failed: str, label: str, opened_dialog: type[Dialog[Any]]
) -> None:
    path = tmp_path / "ways.toml"
    path.write_text(WAYS)
    run = MadeRun(tmp_path / "runs", load(path), values={})
    run.write(ChoiceMade(step="way", attempt=1, var="way", values=("short",)))
    if failed == "name":
        run.write(StepStarted(step="go", attempt=1))
        run.write(StepEnded(step="go", attempt=1, result=Status.PASSED, exit=0))
    run.write(StepStarted(step=failed, attempt=1))
    run.write(StepEnded(step=failed, attempt=1, result=Status.FAILED, exit=1))
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (_, pilot):
        await press(pilot, time, "enter")
        failure = pilot.app.screen
        assert isinstance(failure, FailureDialog)
        [button] = [b for b in failure.query(Button) if str(b.label) == label]
        button.focus()
        await press(pilot, time, "enter")
        assert isinstance(pilot.app.screen, opened_dialog)
