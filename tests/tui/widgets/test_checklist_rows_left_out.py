"""What a decision leaves out stands in one row of its phase, until a key shows it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.step_events import ChoiceMade
from mobius_tui.runbook.library.loader import load
from mobius_tui.tui.presenters.run_presenter import RunPresenter
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.step_details import detail_fields, detail_title
from mobius_tui.tui.screen_state import LeftOutRow, PhaseRow, RowKey, StepRow
from mobius_tui.tui.widgets.checklist import ChecklistOutline, step_counts_text
from tests.tui.runs import MadeRun, Time, hosted, opened, press, words


def step(name: str, way: str = "") -> str:
    guard = f'when = {{ way = "{way}" }}\n' if way else ""
    return f'[[phase.step]]\nid = "{name}"\ntitle = "Do {name}"\nrun = "true"\n{guard}'


BOOK = (
    """format = 2
[runbook]
id = "ways"
title = "Ways"
[var.way]
[[phase]]
id = "one"
title = "One"
[[phase.step]]
id = "way"
title = "Which way"
choose = { var = "way", option = [{ value = "code" }, { value = "restart" }] }
"""
    + step("a", "restart")
    + step("b")
    + step("c", "restart")
    + step("d", "code")
    + '[[phase]]\nid = "two"\ntitle = "Two"\n'
    + step("e", "restart")
    + step("f", "restart")
    + '[[phase]]\nid = "three"\ntitle = "Three"\n'
    + step("g", "restart")
    + step("h")
)


@pytest.fixture
def run(tmp_path: Path) -> MadeRun:
    path = tmp_path / "ways.toml"
    path.write_text(BOOK)
    return MadeRun(tmp_path / "runs", load(path), values={})


@pytest.fixture
def outline() -> ChecklistOutline:
    return ChecklistOutline()


def chosen(run: MadeRun, value: str, attempt: int = 1) -> RunView:
    run.write(
        ChoiceMade(step="way", attempt=attempt, var="way", values=(value,), reads=())
    )
    return RunPresenter(Viewer(run.directory)).run_view_at(run.at, None)


def keys(outline: ChecklistOutline, view: RunView) -> list[RowKey]:
    outline.update(view)
    return list(outline.keys)


def of(*names: str) -> Iterator[RowKey]:
    return map(StepRow, names)


MINE = [
    *(PhaseRow("one"), *of("way", "b", "d"), LeftOutRow("one")),
    PhaseRow("two"),
    *(PhaseRow("three"), *of("g", "h")),
]
ALL = [
    *(PhaseRow("one"), *of("way", "a", "b", "c", "d")),
    *(PhaseRow("two"), *of("e", "f")),
    *(PhaseRow("three"), *of("g", "h")),
]


def test_only_what_is_mine_is_listed(run: MadeRun, outline: ChecklistOutline) -> None:
    undecided = RunPresenter(Viewer(run.directory)).run_view_at(run.at, None)
    assert keys(outline, undecided) == ALL, "nothing is left out yet"
    assert not outline.has_left_out
    view = chosen(run, "code")
    assert keys(outline, view) == MINE
    row = outline.row(LeftOutRow("one"))
    assert (row.title, row.is_dim) == ("2 steps: not for code", True)
    assert outline.row(PhaseRow("two")).right == "not for code"
    assert outline.row(StepRow("g")).right == "not for code", "one alone keeps its row"
    assert step_counts_text(view) == "1 of 4 done"
    assert view.counts.progress == (1, 4)
    # A key of what is out of sight is shown by what stands for it.
    assert outline.visible_row(StepRow("a")) == LeftOutRow("one")
    assert outline.visible_row(StepRow("f")) == PhaseRow("two")
    shown = [
        str(field.content)
        for field in detail_fields(view, LeftOutRow("one"), compact=False)
    ]
    assert "Do a" in shown[1]
    assert "way is code, and the step wants way = restart" in shown[1]
    assert detail_title(view, LeftOutRow("one")) == "1 One"


def test_a_key_shows_and_hides_it(run: MadeRun, outline: ChecklistOutline) -> None:
    view = chosen(run, "code")
    outline.update(view)
    for _ in range(2):
        assert outline.has_left_out
        outline.toggle_left_out()
        assert keys(outline, view) == ALL
        assert outline.has_left_out, "it can be hidden again"
        outline.toggle_left_out()
        assert keys(outline, view) == MINE
    outline.fold(LeftOutRow("one"))
    assert keys(outline, view) == [*ALL[:6], *MINE[5:]], "of one phase alone"


def test_what_is_decided_again_is_listed_again(
    run: MadeRun, outline: ChecklistOutline
) -> None:
    outline.update(chosen(run, "code"))
    outline.toggle_left_out()
    outline.toggle_left_out()
    view = chosen(run, "restart", 2)
    assert keys(outline, view) == ALL, "d alone is left out, and keeps its row"


def test_a_search_finds_what_is_out_of_sight(
    run: MadeRun, outline: ChecklistOutline
) -> None:
    view = chosen(run, "code")
    outline.query = "not for code"
    found = [key for key in keys(outline, view) if isinstance(key, StepRow)]
    assert found == [*of("a", "c", "e", "f", "g")]


async def test_on_the_screen_the_footer_has_the_key_while_it_is_of_use(
    run: MadeRun,
) -> None:
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (_, pilot):
        assert "All steps" not in words(pilot)
        await press(pilot, time, "asterisk")
        assert "each one applies" in words(pilot)
    chosen(run, "code")
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (_, pilot):
        assert "2 steps: not for code" in words(pilot)
        assert "Do c" not in words(pilot)
        assert "* All steps" in words(pilot)
        await press(pilot, time, "asterisk")
        assert "Do c" in words(pilot)
        assert "2 steps" not in words(pilot)
        await press(pilot, time, "asterisk", "j", "j", "j")
        assert "2 steps: not for code" in words(pilot)
