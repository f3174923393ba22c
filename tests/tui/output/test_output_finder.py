"""Finding in the pane: as it is typed, from hit to hit, counted, in growing files."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from mobius_tui.tui.commands import registry
from mobius_tui.tui.output.output_document import MAX_SHOWN_LINE_BYTES
from mobius_tui.tui.output.output_finder import NOT_SEARCHED_NOTE, FindLine
from mobius_tui.tui.output.output_pane import OutputPane
from tests.tui.output.panes import (
    Recording,
    copied,
    reversed_text,
    sees,
    showing,
    shown,
    texts,
    until,
)


def count(pane: OutputPane) -> str:
    words = str(pane.query_one(FindLine).query_one(".count", Static).content)
    return words.partition("  ")[0]


def lines(recording: Recording, number: int) -> None:
    recording.write("".join(f"line {n}\n" for n in range(number)))


async def finds(pilot: Pilot[None], *keys: str) -> None:
    """Open the line to find by, and press keys once it has the focus."""
    await pilot.press("slash")
    await until(pilot, lambda: isinstance(pilot.app.focused, Input))
    await pilot.press(*keys)


async def test_it_finds_as_it_is_typed_and_marks_all_in_sight(
    recording: Recording,
) -> None:
    lines(recording, 100)
    async with showing(recording) as (pane, pilot):
        await finds(pilot)
        await pilot.press(*"ine", "space", "9")
        await until(pilot, lambda: count(pane) == "11 of 11")
        assert set(reversed_text(pane)) == {"ine 9"}
        assert texts(pane)[-1] == "line 99"
        await pilot.press("up", "up")
        await until(pilot, lambda: count(pane) == "9 of 11")
        await pilot.press("down")
        await until(pilot, lambda: count(pane) == "10 of 11")
        await pilot.press(*["up"] * 9)
        await until(pilot, lambda: count(pane) == "1 of 11")
        assert "line 9" in texts(pane)
        await pilot.press("up")
        await until(pilot, lambda: count(pane) == "11 of 11")


async def test_capitals_matter_only_if_there_are_some(recording: Recording) -> None:
    recording.write("Error one\nerror two\nERROR three\n")
    async with showing(recording) as (pane, pilot):
        await finds(pilot, *"error")
        await until(pilot, lambda: count(pane) == "3 of 3")
        pane.query_one(Input).value = "Error"
        await until(pilot, lambda: count(pane) == "1 of 1")
        pane.query_one(Input).value = "[/x]"
        await until(pilot, lambda: count(pane) == "not found")


async def test_enter_goes_back_to_the_output_and_esc_ends_it(
    recording: Recording,
) -> None:
    lines(recording, 100)
    async with showing(recording) as (pane, pilot):
        await finds(pilot, *"line", "space", "5")
        await until(pilot, lambda: count(pane) == "11 of 11")
        await pilot.press("enter")
        assert pane.has_focus
        await pilot.press("k")
        await until(pilot, lambda: count(pane) == "10 of 11")
        assert await copied(pane, pilot) == "line 58"
        await pilot.press("escape")
        assert not pane.is_finding
        assert pane.has_selection
        await pilot.press("escape")
        assert reversed_text(pane) == []
        before = shown(pane)
        await pilot.press("up")
        assert shown(pane) != before, "up scrolls again"
        await finds(pilot)
        assert pane.query_one(Input).value == "line 5"
        await pilot.press("escape")
        assert pane.has_focus


async def test_what_comes_meanwhile_is_found(recording: Recording) -> None:
    recording.write("a hit\n")
    async with showing(recording) as (pane, pilot):
        await finds(pilot, *"hit")
        await until(pilot, lambda: count(pane) == "1 of 1")
        recording.write("another hit\n")
        await sees(pane, pilot, lambda: count(pane) == "1 of 2")


async def test_a_long_line_is_shown_where_the_hit_is(recording: Recording) -> None:
    recording.write("-" * 5000 + "needle" + "-" * 5000 + "\nend\n")
    async with showing(recording) as (pane, pilot):
        await finds(pilot, *"needle")
        await until(pilot, lambda: reversed_text(pane) == ["needle"])
        await pilot.press("enter", "escape", "w", "slash")
        await pilot.press(*"needle")
        await until(pilot, lambda: reversed_text(pane) == ["needle"])


async def test_ten_gigabytes_are_searched_without_making_anyone_wait(
    recording: Recording,
) -> None:
    with recording.output.open("wb") as file:
        file.write(b"the needle\n")
        file.truncate(10 << 30)
        file.seek(0, 2)
        file.write(b"\n" + b"hay\n" * 1000 + b"the end\n")
    async with showing(recording) as (pane, pilot):
        assert texts(pane)[-1] == "the end"
        await finds(pilot)
        pane.query_one(Input).value = "needle"
        await pilot.press("escape", "g")
        assert texts(pane)[0] == "the needle"
        await finds(pilot)
        pane.query_one(Input).value = "the"
        await until(pilot, lambda: reversed_text(pane) == ["the"])
        words = count(pane)
        assert "≥" in words or "searching" in words, "it waited for the whole file"
        await pilot.press("escape", "end")
        assert texts(pane)[-1] == "the end"


async def test_another_file_is_searched_for_the_same(
    recording: Recording,
) -> None:
    recording.write("one hit\n")
    other = recording.output.with_name("other")
    other.write_text("hit hit hit\n")
    async with showing(recording) as (pane, pilot):
        await finds(pilot, *"hit")
        await until(pilot, lambda: count(pane) == "1 of 1")
        pane.show(other, spans=None, title="", running=False, placeholder="")
        await until(pilot, lambda: count(pane).endswith("of 3"))


def says_so(pane: OutputPane) -> bool:
    """Whether it is said that something is not searched, where it can be read."""
    note = pane.query_one(FindLine).query_one(".note", Static)
    said = str(note.content) == NOT_SEARCHED_NOTE
    return said and note.is_on_screen


async def test_it_says_that_the_rest_of_a_long_line_is_not_searched(
    recording: Recording,
) -> None:
    recording.write("ab\n" * 50)
    async with showing(recording) as (pane, pilot):
        await finds(pilot, *"needle")
        await until(pilot, lambda: count(pane) == "not found")
        assert not says_so(pane)
        _, height = pane.room()
        recording.write("x" * (MAX_SHOWN_LINE_BYTES + 10) + "needle\nneedle\n")
        await sees(pane, pilot, lambda: says_so(pane))
        await until(pilot, lambda: count(pane) == "1 found")
        assert pane.room()[1] == height - 1
        await pilot.press("down")
        await until(pilot, lambda: count(pane) == "1 of 1")
        assert texts(pane)[-1] == "needle", "it is not under the note"
        await pilot.press("escape")
        assert not says_so(pane)
        assert pane.room()[1] == height + 1


async def test_of_a_long_line_that_rewrites_itself_all_that_is_shown_is_searched(
    recording: Recording,
) -> None:
    recording.write("50 %\r" * MAX_SHOWN_LINE_BYTES + "needle\n")
    async with showing(recording) as (pane, pilot):
        await finds(pilot, *"needle")
        await until(pilot, lambda: count(pane) == "1 of 1")
        assert not says_so(pane)


async def test_n_goes_on_as_in_less_while_something_is_looked_for(
    recording: Recording,
) -> None:
    recording.write("".join(f"{n} hit\n" for n in range(200)))
    async with showing(recording) as (pane, pilot):
        await pilot.press("g", "slash", *"hit", "enter")
        await until(pilot, lambda: count(pane) == "1 of 200")
        await pilot.press("n", "n")
        await until(pilot, lambda: count(pane) == "3 of 200")
        await pilot.press("N")
        await until(pilot, lambda: count(pane) == "2 of 200")


@pytest.mark.parametrize(
    ("keys", "hint"),
    [
        ({}, "1 of 1  n N Esc"),
        ({"output.next_hit": ("f3",), "output.dismiss": ("f9",)}, "1 of 1  F3 N F9"),
        ({"output.hit_before": ()}, "1 of 1  n Esc"),
    ],
)
async def test_the_hint_names_the_keys_that_the_commands_have(
    recording: Recording, ours: None, keys: Mapping[str, tuple[str, ...]], hint: str
) -> None:
    assert ours is None
    registry.set_keys(keys)
    recording.write("text\n")
    async with showing(recording) as (pane, pilot):
        await finds(pilot, *"text")
        await until(pilot, lambda: count(pane) == "1 of 1")
        await pilot.press("enter")
        shown_count = pane.query_one(FindLine).query_one(".count", Static)
        assert str(shown_count.content) == hint
