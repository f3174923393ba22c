"""A step over many hosts on the run screen: its pane, what is held, what Enter does."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.geometry import Offset
from textual.pilot import Pilot

from mobius_tui.run.events.fleet_events import FleetHostEnded, HoldReason, HostStatus
from mobius_tui.run.fleet.host_output import HostOutput
from mobius_tui.run.intents.fleet_intents import ReleaseBatch, SettleHost
from mobius_tui.run.intents.step_intents import RetryStep
from mobius_tui.tui.dialogs.palette import CommandProvider
from mobius_tui.tui.screens.run_screen import RunScreen
from mobius_tui.tui.widgets.footer import KeyBar
from tests.tui import fleets
from tests.tui.fleets import Fleet
from tests.tui.reviews import go, reviewed
from tests.tui.runs import Time, hosted, opened, pictured, press, settled, until, words

LARGE, SMALL, TINY = (120, 36), (80, 24), (60, 15)


async def with_tails(pilot: Pilot[Any], screen: RunScreen) -> None:
    """Wait until the last lines of all rows in sight are read."""
    pane = screen.outputs.hosts.pane
    await until(pilot, lambda: not pane.display or pane.has_tails or not pane.in_sight)
    await settled(pilot)


def shows(pilot: Pilot[Any], said: str) -> bool:
    return said in words(pilot)


async def click_in_footer(pilot: Pilot[Any], label: str) -> None:
    """Click a command of the footer."""
    bar = pilot.app.screen.query_one(KeyBar)
    column = str(bar.render()).index(label)
    await pilot.click(offset=bar.content_region.offset + Offset(column, 0))
    await settled(pilot)


@pytest.mark.parametrize(
    ("name", "scene", "keys", "size"),
    [
        ("one", fleets.one, (), SMALL),
        ("twelve", fleets.twelve, ("2",), LARGE),
        ("twelve", fleets.twelve, (), SMALL),
        ("held", fleets.twelve_held, (), SMALL),
        ("many", fleets.many, (), LARGE),
        ("unknown", fleets.many_unknown, (), LARGE),
        ("unknown", fleets.many_unknown, ("2",), SMALL),
        ("unknown", fleets.many_unknown, ("2",), TINY),
        ("again", fleets.many_failed, ("r",), SMALL),
    ],
    ids=lambda each: each if isinstance(each, str) else None,
)
async def test_pictures(
    tmp_path: Path,
    name: str,
    scene: Callable[[Path], Fleet],
    keys: tuple[str, ...],
    size: tuple[int, int],
) -> None:
    made = scene(tmp_path)
    time = Time(made.run.at)
    page = opened(made.run, time=time, size=size)
    async with hosted(made.run), page as (screen, pilot):
        await press(pilot, time, *keys)
        await with_tails(pilot, screen)
        await pictured(pilot, f"hosts-{name}", (size,))


async def test_a_host_is_opened_followed_and_left_again(tmp_path: Path) -> None:
    made = fleets.many(tmp_path)
    time = Time(made.run.at)
    page = opened(made.run, time=time, size=SMALL)
    async with hosted(made.run), page as (screen, pilot):
        await press(pilot, time, "2")
        pane = screen.outputs.hosts.pane
        assert pane.has_focus
        await press(pilot, time, "slash", *"web-136", "enter")
        assert pane.in_sight == ("web-136",)
        assert "Show the output of web-136: running" in words(pilot)
        await press(pilot, time, "enter")
        assert screen.outputs.pane.has_focus
        assert "test is successful" in words(pilot)
        assert "Esc Hosts" in words(pilot)
        made.say("web-136", "and one line more\n")
        await until(pilot, lambda: "one line more" in words(pilot))
        await press(pilot, time, "escape")
        assert pane.has_focus
        await press(pilot, time, "escape")
        assert len(pane.in_sight) > 1, "all are listed again"


async def test_what_hosts_said_the_same_once(tmp_path: Path) -> None:
    made = fleets.twelve(tmp_path)
    time = Time(made.run.at)
    page = opened(made.run, time=time, size=LARGE)
    async with hosted(made.run), page as (screen, pilot):
        await press(pilot, time, "2", "equals_sign")
        await until(pilot, lambda: "each output once" in words(pilot))
        assert screen.outputs.shown is not None
        path = screen.outputs.shown.path
        assert path is not None
        text = path.read_text()
        assert "──── 1 host · failed 1: web-004\n" in text
        assert "──── 3 hosts · ok: web-001, web-002, web-003\n" in text
        assert text.count("test is successful") == 3, "running, changed and ok"
        folder = path.parent
    assert not folder.exists(), "what was gathered does not stay"


async def test_all_hosts_by_time_followed_to_their_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # what is copied is kept in a file
    made = fleets.twelve(tmp_path)
    time = Time(made.run.at)
    page = opened(made.run, time=time, size=LARGE)
    async with hosted(made.run), page as (screen, pilot):
        pane = screen.outputs.pane
        await press(pilot, time, "2", "a")
        await until(pilot, lambda: "all hosts, by time" in words(pilot))
        choice = screen.outputs.shown
        assert choice is not None
        assert choice.running
        assert pane.path is not None
        every = pane.path.read_text()
        hosts = [line.partition(" │ ")[0] for line in every.splitlines()]
        assert [*dict.fromkeys(hosts[:6])] == ["web-001", "web-002", "web-003"]
        assert hosts.count("web-009") == 2
        assert hosts[-1] == "web-005", "the last one that said anything"
        assert "web-004 │ nginx: [emerg] bind() to 0.0.0.0:443 failed" in every
        made.say("web-007", "begun ")
        made.run.at += 1
        made.say("web-009", "reloaded\n")
        await until(pilot, lambda: "web-009 │ reloaded" in words(pilot))
        assert "begun" not in words(pilot), "a line is shown when it is whole"
        await press(pilot, time, "slash", *"emerg", "enter")
        await until(pilot, lambda: "1 of 1" in words(pilot))
        await press(pilot, time, "escape", "C", "G")
        copied = made.run.directory.path / "copied.txt"
        await until(pilot, copied.exists)
        assert "web-009 │ reloaded" in copied.read_text()
        for host in ("web-006", "web-007", "web-009"):
            made.end(host, text="at last\n", exit=0)
        for host in ("web-010", "web-011", "web-012"):
            made.start(host)
            made.end(host, text="")
        made.over(3)
        made.finish("failed", "1 failed")
        await press(pilot, time, "1")
        screen.feed.refresh()
        await until(pilot, lambda: "web-007 │ begun at last" in words(pilot))
        await until(pilot, lambda: not (screen.outputs.shown or choice).running)
        assert "web-009 │ at last" in words(pilot)
        assert screen.checklist.has_focus, "what ends takes no focus"
        await press(pilot, time, "2")
        await press(pilot, time, "escape")
        assert screen.outputs.hosts.pane.has_focus


async def test_without_times_one_host_stands_after_the_other(tmp_path: Path) -> None:
    made = fleets.twelve(tmp_path, has_times=False)
    time = Time(made.run.at)
    page = opened(made.run, time=time, size=LARGE)
    async with hosted(made.run), page as (screen, pilot):
        await press(pilot, time, "2", "a")
        await until(pilot, lambda: "all hosts, one after the other" in words(pilot))
        path = screen.outputs.pane.path
        assert path is not None
        every = path.read_text()
        heads = re.findall(r"──── (\S+) · (\S+)", every)
        assert heads[:2] == [("web-004", "failed"), ("web-006", "running")]
        assert every.startswith("(when these came was not kept")


async def test_a_review_shows_what_hosts_had_printed_by_then(tmp_path: Path) -> None:
    made = fleets.fleet(tmp_path, 12)
    made.begin()
    made.batch(1)
    made.say("web-001", "early\n")
    made.hold(2, HoldReason.PERSON)
    made.run.at += 3600
    made.say("web-001", "late\n")
    async with reviewed(made.run) as (screen, pilot):
        screen.outputs.hosts.pane.focus()
        for key in ("enter", "a", "equals_sign"):
            await go(pilot, key)
            await until(pilot, lambda: "early" in words(pilot))
            assert "late" not in words(pilot)
            assert screen.outputs.shown is not None
            assert not screen.outputs.shown.running
            await go(pilot, "escape")


async def test_a_review_shows_what_ansible_had_printed_by_then(tmp_path: Path) -> None:
    made = fleets.played(tmp_path)
    made.hold(3, HoldReason.PERSON)
    folder = made.output_of("x").parents[2] / "plays" / "2" / "process"
    (folder / "output").unlink()
    output = HostOutput(folder / "output", (), 1 << 30, lambda: int(made.run.at * 1e9))
    output.write(b"early\n")
    made.run.at += 3600
    output.write(b"late\n")
    output.close()
    async with reviewed(made.run) as (screen, pilot):
        screen.outputs.hosts.pane.focus()
        await go(pilot, "g", "b")
        await until(pilot, lambda: "early" in words(pilot))
        assert "Ansible, batch 2" in words(pilot)
        assert "late" not in words(pilot)


async def test_what_ansible_printed_for_a_batch(tmp_path: Path) -> None:
    made = fleets.played(tmp_path)
    time = Time(made.run.at)
    page = opened(made.run, time=time, size=LARGE)
    async with hosted(made.run), page as (screen, pilot):
        assert "2m of health (a person after 9m)" in words(pilot)
        await press(pilot, time, "2")
        assert "b Batch" in words(pilot)
        await press(pilot, time, "G", "g", "b")
        await until(pilot, lambda: "[WARNING]: of batch 1" in words(pilot))
        assert "Output · 1.3 · Ansible, batch 1" in words(pilot)
        # Rows that were left for a while may have other places.
        await press(pilot, time, "escape", "slash", *"web-002", "enter", "b")
        await until(pilot, lambda: "[WARNING]: of batch 2" in words(pilot))
        path = screen.outputs.pane.path
        assert path is not None
        with path.open("a") as file:
            file.write("[WARNING]: [bold]more\x1b]0;x\x07\n")
        await until(pilot, lambda: "[WARNING]: [bold]more" in words(pilot))
        await press(pilot, time, "escape", "escape", "G", "b")
        await until(
            pilot,
            lambda: "Ansible has not begun with web-012" in words(pilot),
        )
        assert screen.outputs.hosts.pane.has_focus


async def test_without_ansible_there_is_no_key_for_what_it_printed(
    tmp_path: Path,
) -> None:
    made = fleets.twelve(tmp_path)
    time = Time(made.run.at)
    page = opened(made.run, time=time, size=LARGE)
    async with hosted(made.run), page as (screen, pilot):
        await press(pilot, time, "2", "b")
        assert "b Batch" not in words(pilot)
        assert screen.outputs.hosts.is_listed


async def test_keys_of_the_hosts_in_the_footer_can_be_clicked(tmp_path: Path) -> None:
    made = fleets.played(tmp_path)
    time = Time(made.run.at)
    page = opened(made.run, time=time, size=LARGE)
    async with hosted(made.run), page as (screen, pilot):
        pane = screen.outputs.hosts.pane
        await press(pilot, time, "2")
        for label, said in (
            ("All", "all hosts, by time"),
            ("Same once", "each output once"),
            ("Batch", "[WARNING]: of batch"),
        ):
            await click_in_footer(pilot, label)
            await until(pilot, partial(shows, pilot, said))
            await press(pilot, time, "escape")
            assert pane.has_focus
        await click_in_footer(pilot, "Find")
        await press(pilot, time, *"web-002", "enter")
        assert pane.in_sight == ("web-002",)


async def test_a_click_leads_from_a_host_s_output_back_to_the_hosts(
    tmp_path: Path,
) -> None:
    made = fleets.twelve(tmp_path)
    time = Time(made.run.at)
    page = opened(made.run, time=time, size=LARGE)
    async with hosted(made.run), page as (screen, pilot):
        await press(pilot, time, "2", "enter")
        assert screen.outputs.pane.has_focus
        await click_in_footer(pilot, "Hosts")
        assert screen.outputs.hosts.pane.has_focus
        assert screen.outputs.hosts.is_listed
    async with reviewed(made.run) as (review, pilot):
        review.outputs.hosts.pane.focus()
        await go(pilot, "enter")
        await until(pilot, lambda: review.outputs.pane.has_focus)
        await click_in_footer(pilot, "Hosts")
        assert review.outputs.hosts.pane.has_focus


async def test_the_palette_lists_the_other_hosts_again(tmp_path: Path) -> None:
    made = fleets.twelve(tmp_path)
    time = Time(made.run.at)
    page = opened(made.run, time=time, size=LARGE)
    async with hosted(made.run), page as (screen, pilot):
        pane, provider = screen.outputs.hosts.pane, CommandProvider(screen)
        await press(pilot, time, "2", "slash", *"web-002", "enter")
        assert pane.in_sight == ("web-002",)
        hits = [hit async for hit in provider.search("List the others again")]
        await hits[0].command()
        await settled(pilot)
        assert pilot.app.screen is screen
        assert len(pane.in_sight) > 1


async def test_the_palette_has_the_keys_of_hosts_while_they_are_shown(
    tmp_path: Path,
) -> None:
    made = fleets.twelve(tmp_path)
    time = Time(made.run.at)
    page = opened(made.run, time=time, size=LARGE)
    async with hosted(made.run), page as (screen, pilot):
        assert any(each.place == "hosts" for each in screen.palette_commands())
        await press(pilot, time, "2", "enter")
        assert not any(each.place == "hosts" for each in screen.palette_commands())


async def test_rows_keep_their_places_while_the_cursor_is_there(tmp_path: Path) -> None:
    made = fleets.many(tmp_path)
    time = Time(made.run.at)
    page = opened(made.run, time=time, size=LARGE)
    async with hosted(made.run), page as (screen, pilot):
        pane = screen.outputs.hosts.pane
        await press(pilot, time, "2", "down", "down")
        before, cursor = pane.in_sight, pane.cursor
        event = FleetHostEnded(
            **made.at, host="web-140", status=HostStatus.FAILED, exit=9
        )
        made.run.write(event, by="host")
        screen.feed.refresh()
        await until(pilot, lambda: "exit 9" in words(pilot))
        assert (pane.in_sight, pane.cursor) == (before, cursor)
        await press(pilot, time, "1")
        pane.update_hosts()
        assert pane.in_sight.index("web-140") < before.index("web-140")


async def test_a_person_lets_a_batch_begin(tmp_path: Path) -> None:
    made = fleets.twelve_held(tmp_path)
    time = Time(made.run.at)
    page = opened(made.run, time=time, size=SMALL)
    async with hosted(made.run) as host, page as (_, pilot):
        assert "Let batch 2 of 1.3 Restart nginx begin" in words(pilot)
        await press(pilot, time, "enter")
        assert "1/12 hosts are done" in words(pilot)
        await press(pilot, time, "enter")
        await until(pilot, lambda: host.intents)
    assert host.intents == [
        ReleaseBatch(step="restart-twelve", attempt=1, batch=2, reason="")
    ]


async def test_past_a_trigger_enter_leads_to_health(tmp_path: Path) -> None:
    made = fleets.twelve_held(tmp_path)
    made.hold(2, HoldReason.TRIGGER, "API failed 3 times")
    time = Time(made.run.at)
    page = opened(made.run, time=time, size=LARGE)
    async with hosted(made.run) as host, page as (screen, pilot):
        assert "held at batch 2: a trigger fired: API failed 3 times" in words(pilot)
        await press(pilot, time, "enter")
        assert screen.focused is not None
        assert screen.focused.id == "health"
        await press(pilot, time, "L", "enter")
        assert "A reason is wanted" in words(pilot)
        await press(pilot, time, *"seen", "enter")
        await until(pilot, lambda: host.intents)
    assert host.intents == [
        ReleaseBatch(step="restart-twelve", attempt=1, batch=2, reason="seen")
    ]


async def test_an_unknown_host_is_settled_by_name(tmp_path: Path) -> None:
    made = fleets.many_unknown(tmp_path)
    time = Time(made.run.at)
    page = opened(made.run, time=time, size=SMALL)
    async with hosted(made.run) as host, page as (_, pilot):
        await press(pilot, time, "enter", *"seen", "enter")
        assert "What became of web-129?" in words(pilot), "Enter alone says nothing"
        await press(pilot, time, "tab", "enter")
        await until(pilot, lambda: host.intents)
    assert host.intents == [
        SettleHost(
            step="restart", attempt=1, host="web-129", settled="ran", reason="seen"
        )
    ]


async def test_again_says_which_hosts_and_wants_their_number(tmp_path: Path) -> None:
    made = fleets.many_failed(tmp_path)
    time = Time(made.run.at)
    page = opened(made.run, time=time, size=LARGE)
    async with hosted(made.run) as host, page as (_, pilot):
        await press(pilot, time, "r")
        shown = words(pilot)
        assert "406 of 500: web-002, web-006" in shown
        assert "94 have passed and are left alone" in shown
        await press(pilot, time, *"production 406", "enter")
        await until(pilot, lambda: host.intents)
    assert host.intents == [
        RetryStep(step="restart", attempt=2, confirm="production 406")
    ]


async def test_hostile_names_and_outputs_are_harmless(tmp_path: Path) -> None:
    made = fleets.fleet(tmp_path, 12)
    evil = "web\x1b[2J\u202e[b]x"
    made.names = (*made.names[:11], evil)
    made.begin()
    made.batch(1)
    made.end("web-001")
    made.over(1)
    made.batch(2)
    for each in made.batches[1]:
        made.end(each)
    made.over(2)
    made.batch(3)
    text = "\x1b]0;owned\x07\x1b[31m[bold]boo\u202e\n"
    made.end(evil, HostStatus.FAILED, exit=1, reason="\x1b[5m[/]", text=text)
    page = opened(made.run, time=Time(made.run.at), size=LARGE)
    async with hosted(made.run), page as (screen, pilot):
        await with_tails(pilot, screen)
        shown = words(pilot)
        assert "[bold]boo" in shown
        assert not {"\x1b", "\u202e", "\x07"} & {*shown}


async def test_a_narrow_checklist_has_the_figures_of_what_failed(
    tmp_path: Path,
) -> None:
    made = fleets.many_failed(tmp_path)
    page = opened(made.run, time=Time(made.run.at), size=SMALL)
    async with hosted(made.run), page as (_, pilot):
        assert re.search(r"✖\s+1\.2 Re\S*.*126/500 ✖32 ", words(pilot))


async def test_last_lines_are_read_of_the_step_that_they_were_last_wanted_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = fleets.many(tmp_path)
    page = opened(made.run, time=Time(made.run.at), size=LARGE)
    async with hosted(made.run), page as (screen, pilot):
        await with_tails(pilot, screen)
        part, shown = screen.outputs.hosts, list[str]()
        monkeypatch.setattr(part.pane, "show_tails", lambda step, _: shown.append(step))
        part.read_tails(made.at["step"], {"web-001": 1})
        part.read_tails("another", {"web-001": 1})
        await until(pilot, lambda: shown)
        assert shown == ["another"]
