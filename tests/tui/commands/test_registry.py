"""One registry of commands: keys, footer, help and palette agree with it."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from mobius_tui.run.intents.intent_actions import ACTIONS_BY_NAME
from mobius_tui.tui import dialogs
from mobius_tui.tui.app import MobiusApp
from mobius_tui.tui.commands.command import COMMANDS_IN_DIALOGS, Command, FlowId
from mobius_tui.tui.commands.registry import (
    COMMANDS,
    bindings,
    commands_for_footer,
    commands_of_places,
)
from mobius_tui.tui.dialogs.dialog import Dialog
from mobius_tui.tui.dialogs.palette import SYNONYMS, CommandProvider
from mobius_tui.tui.flows.step_flows import FLOWS
from mobius_tui.tui.screens.run_screen import RunScreen
from tests.pictures import words_of
from tests.table import each_row
from tests.tui import scenes
from tests.tui.runs import Time, hosted, opened, settled, until

ALIASES = {"ctrl+m", "ctrl+i", "ctrl+h", "ctrl+j"}
"""Keys that terminals send for Enter, Tab and Backspace."""


def test_ids_are_unique_and_no_key_has_two_meanings_in_one_place() -> None:
    ids = [command.id for command in COMMANDS]
    assert len(set(ids)) == len(ids)
    for place in ("run", "briefing", "library"):
        keys = [
            key for command in commands_of_places(place, "app") for key in command.keys
        ]
        assert len(set(keys)) == len(keys)
        assert not ALIASES & set(keys)


def test_what_a_command_starts_is_called_as_it_is() -> None:
    flows = {each.id: each.flow for each in COMMANDS if each.flow is not None}
    assert flows == {each.name.lower(): each for each in flows.values()}
    assert {"skip", "undo", "end_run"} <= flows.keys()


def test_what_a_command_asks_the_host_for_is_an_action() -> None:
    named = {each.intent for each in COMMANDS if each.intent}
    assert {"HoldRollback", "SkipStep"} <= named <= ACTIONS_BY_NAME.keys()


def test_every_flow_does_what_its_name_says() -> None:
    does = {each: flow.__name__ for each, flow in FLOWS.items()}
    assert does == {each: each.name.lower() for each in FlowId}


def test_the_footer_has_what_applies_and_a_label() -> None:
    shown = commands_for_footer(("run", "app"), {"retry"})
    assert [command.id for command in shown] == [
        "retry",
        "status",
        "zoom",
        "help",
        "leave",
    ]


@each_row("command", commands_of_places("run"))
def test_the_run_screen_carries_out_every_command(command: Command) -> None:
    action = command.action.partition("(")[0]
    assert callable(getattr(RunScreen, f"action_{action}"))
    assert any(binding.id == command.id for binding in bindings("run"))


def test_every_command_that_a_dialog_binds_is_known_to_work_there() -> None:
    for module in pkgutil.iter_modules(dialogs.__path__):
        import_module(f"{dialogs.__name__}.{module.name}")
    bound = [each for kind in subclasses(Dialog) for each in kind.BINDINGS]
    bound += [each for each in MobiusApp.BINDINGS if getattr(each, "priority", False)]
    ids = {getattr(each, "id", None) for each in bound}
    without_flow = {each.id for each in COMMANDS if each.flow is None}
    assert without_flow & ids == COMMANDS_IN_DIALOGS


def subclasses(kind: type[Dialog[Any]]) -> Iterator[type[Dialog[Any]]]:
    """A kind of dialog, and all that are made of it."""
    yield kind
    for each in kind.__subclasses__():
        yield from subclasses(each)


async def test_help_lists_every_command_of_the_screen(tmp_path: Path) -> None:
    run = scenes.fresh(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time, size=(120, 180)) as (_, pilot):
        await pilot.press("question_mark")
        await settled(pilot)
        shown = words_of(pilot.app)
        for command in commands_of_places(
            "run", "checklist", "output", "detail", "app"
        ):
            assert (command.help or command.title)[:40] in shown, command.id


async def test_the_palette_finds_what_applies(tmp_path: Path) -> None:
    run = scenes.failed(tmp_path)
    async with hosted(run), opened(run) as (screen, pilot):
        provider = CommandProvider(screen)
        assert [hit async for hit in provider.search("no such thing")] == []
        for words in ("run the step again", "retry"):
            hits = [hit async for hit in provider.search(words)]
            assert [hit.text for hit in hits] == ["Run the step again  (r)"], words
        titles = [str(hit.prompt) async for hit in provider.discover()]
        assert "Skip the step  (s)" not in titles, "3.2 is a gate"
        assert "Override the step  (o)" in titles
        await hits[0].command()
        await until(pilot, lambda: pilot.app.screen is not screen)


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("theme", "Choose other colours"),
        ("quit", "Leave"),
        ("exit", "Leave"),
        (":q", "Leave"),
        ("search", "Find steps"),
        ("Logs", "Go to the output"),
        ("describe", "Go to the step's details"),
        ("refresh", "Draw the screen anew"),
        ("rerun", "Run the step again"),
    ],
)
async def test_the_palette_knows_what_other_programs_call_it(
    tmp_path: Path, typed: str, title: str
) -> None:
    run = scenes.failed(tmp_path)
    async with hosted(run), opened(run) as (screen, _):
        provider = CommandProvider(screen)
        hits = sorted([hit async for hit in provider.search(typed)], reverse=True)
        assert str(hits[0].text).startswith(title)


def test_other_names_are_of_commands_that_there_are() -> None:
    assert set(SYNONYMS) <= {command.id for command in COMMANDS}


def test_the_app_takes_no_control_key_that_means_another() -> None:
    keys = {
        key
        for binding in MobiusApp.BINDINGS
        for key in getattr(binding, "key", "").split(",")
    }
    assert not ALIASES & keys
