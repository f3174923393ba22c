"""The checklist: its rows, and what it draws."""

from __future__ import annotations

import json
from pathlib import Path

import pyte
import pytest

from mobius_tui import sanitize
from mobius_tui.run.events.step_events import StepEnded, StepStarted
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.tui.commands.command import FlowId
from mobius_tui.tui.presenters.glyphs import STATUS_MARKS, UNENTERED_ASIDE_MARK
from mobius_tui.tui.presenters.next_action import StartFlow
from mobius_tui.tui.screen_state import PhaseRow, StepRow
from mobius_tui.tui.widgets.checklist import Checklist
from mobius_tui.tui.widgets.list_controls import ListScrollbar
from tests.textual_private import rows_of
from tests.tui import scenes
from tests.tui.runs import (
    MadeRun,
    Time,
    hosted,
    opened,
    press,
    settled,
    until,
    words,
)
from tests.tui.widgets.long_runbooks import long_runbook


def texts(checklist: Checklist) -> list[str]:
    return [checklist.render_line(y).text for y in range(checklist.size.height)]


def test_every_state_has_a_glyph_of_one_cell_and_a_word() -> None:
    for mark in (*(STATUS_MARKS[status] for status in Status), UNENTERED_ASIDE_MARK):
        assert len(mark.glyph) == 1
        assert sanitize.cells(mark.glyph) == 1
        assert mark.word
    words = [STATUS_MARKS[status].word for status in Status]
    assert len(set(words)) == len(words)


async def test_ten_thousand_steps_draw_only_the_rows_in_sight(tmp_path: Path) -> None:
    run = MadeRun(tmp_path / "runs", long_runbook(tmp_path, 10_000), values={})
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (screen, pilot):
        checklist = screen.query_one(Checklist)
        height = checklist.size.height
        rows: list[int] = []
        draw = checklist.render_line

        def counted(y: int):  # type: ignore[no-untyped-def]
            rows.append(y)
            return draw(y)

        checklist.render_line = counted  # type: ignore[method-assign]
        await pilot.press("G")
        await until(pilot, lambda: screen.key == StepRow("s9999"))
        assert 0 < len(rows) <= 3 * height
        assert "Step 9999" in texts(checklist)[-1]
        rows.clear()
        await pilot.press("up")
        await until(pilot, lambda: screen.key == StepRow("s9998"))
        assert set(rows) == {height - 2, height - 1}


async def test_rows_say_state_duration_and_who(tmp_path: Path) -> None:
    run = scenes.failed(tmp_path)
    async with hosted(run), opened(run) as (screen, _):
        rows = texts(screen.query_one(Checklist))

        def row(title: str) -> str:
            return next(row for row in rows if title in row)

        assert row("System status").startswith(" ▲")
        assert row("System status").rstrip().endswith("warned")
        assert row("Find a good backup").rstrip().endswith("0:02")
        assert row("Document decision").rstrip().endswith("@ops")
        assert row("Update status page").rstrip().endswith("skipped")
        assert row("Restore the backup").startswith("»✖")
        assert row("Services are active").rstrip().endswith("gate 3.2")
        assert row("Failure recovery").rstrip().endswith("aside")


async def test_at_80_columns_a_title_is_not_cut_for_the_word_of_its_state(
    tmp_path: Path,
) -> None:
    run = scenes.failed(tmp_path)
    async with hosted(run), opened(run, size=(80, 24)) as (screen, pilot):
        rows = [row.rstrip() for row in texts(screen.query_one(Checklist))]
        assert "»✖   3.2 Restore the backup" in rows
        assert " –   2.8 Update status page" in rows
        assert " ▲   2.3 User impact   warned" in rows, "there is room for both"
        shown = words(pilot)
        assert "✖ failed" in shown, "the detail pane"
        assert "1 failed" in shown, "the border"


async def test_the_steps_of_an_aside_are_listed_once_it_is_entered(
    tmp_path: Path,
) -> None:
    run = scenes.recovering(tmp_path)
    async with hosted(run), opened(run, size=(120, 60)) as (screen, _):
        rows = texts(screen.query_one(Checklist))
        assert any("What went wrong?" in row for row in rows)
        assert not any("A.1" in row for row in rows)
        assert screen.key == StepRow("describe-failure")


async def test_a_phase_folds_by_key_and_by_a_click_on_its_sign(tmp_path: Path) -> None:
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (screen, pilot):
        checklist = screen.query_one(Checklist)
        await press(pilot, time, "minus")
        rows = texts(checklist)
        (row,) = [row for row in rows if "Manual rollback" in row]
        assert row.startswith("»✖ ▸ 3 Manual rollback"), "it stands for its step"
        assert not any("3.2" in row for row in rows if "gate" not in row)
        assert screen.key == StepRow("execute"), "the cursor still follows the run"
        y = rows.index(row)
        await pilot.click(Checklist, offset=(4, y + 1))
        await settled(pilot)
        assert any("»✖   3.2 Restore" in row for row in texts(checklist))
        await pilot.click(Checklist, offset=(12, y + 1))
        # elsewhere a click puts the cursor there
        await until(pilot, lambda: screen.key == PhaseRow("rollback"))


async def test_what_is_done_is_folded_and_unfolded_at_once(tmp_path: Path) -> None:
    run = scenes.assessed(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (screen, pilot):
        checklist = screen.query_one(Checklist)
        before = texts(checklist)
        await press(pilot, time, "underscore")
        rows = "\n".join(texts(checklist))
        assert "▸ 1 When" in rows
        assert "▸ 2 Pre-rollback" in rows
        assert "▾ 3 Manual" in rows
        await press(pilot, time, "underscore")
        assert texts(checklist) == before


async def test_an_aside_can_be_looked_into_but_nothing_in_it_begins(
    tmp_path: Path,
) -> None:
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (screen, pilot):
        checklist = screen.query_one(Checklist)
        await press(pilot, time, "G", "minus", "down")
        assert screen.key == StepRow("describe-failure")
        assert "┄   B.1" in texts(checklist)[checklist.cursor_index - checklist.top]
        assert isinstance(screen.offer, StartFlow)
        assert screen.offer.flow is FlowId.ENTER_THIS_PHASE
        await press(pilot, time, "o")
        assert "B.1 What went wrong? is in Failure" in words(pilot)
        assert host.intents == []


async def test_steps_are_found_by_title_and_by_state(tmp_path: Path) -> None:
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (screen, pilot):
        checklist = screen.query_one(Checklist)
        before = texts(checklist)
        await press(pilot, time, "slash", *"warned")
        found = [row.rstrip() for row in texts(checklist)]
        assert [row[5:9].strip() for row in found[:4]] == ["2 Pr", "2.1", "2.3", ""]
        assert "2 of 36 found" in words(pilot)
        assert screen.key == StepRow("system-status")
        await press(pilot, time, "down")
        assert screen.key == StepRow("user-impact"), "arrows move in what was found"
        await press(pilot, time, "enter")
        assert screen.focused is checklist
        assert "2 of 36 found" in words(pilot), "what was found stays listed"
        await press(pilot, time, "escape")
        assert "2 of 36 found" not in words(pilot)
        assert screen.key == StepRow("user-impact"), "the cursor stays on it"
        await press(pilot, time, "escape")
        assert screen.key == StepRow("execute")
        assert texts(checklist) == before


async def test_a_click_into_the_line_to_search_in_moves_no_cursor(
    tmp_path: Path,
) -> None:
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (screen, pilot):
        checklist = screen.query_one(Checklist)
        await press(pilot, time, "slash")
        before = texts(checklist)
        for x in (1, 12):
            await pilot.click("Checklist #filter", offset=(x, 0))
            await settled(pilot)
            assert screen.key == StepRow("execute")
            assert texts(checklist) == before


async def test_escape_from_a_search_goes_back_to_where_one_was(tmp_path: Path) -> None:
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (screen, pilot):
        await press(pilot, time, "slash", *"no such step")
        assert "0 of 36 found" in words(pilot)
        assert screen.key != StepRow("execute")
        await press(pilot, time, "escape")
        assert screen.key == StepRow("execute")
        assert screen.focused is screen.query_one(Checklist)


async def test_what_is_found_follows_the_run(tmp_path: Path) -> None:
    run = scenes.decided(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (screen, pilot):
        await press(pilot, time, "slash", *"timed", "enter")
        assert "0 of 36 found" in words(pilot)
        run.write(StepStarted(step="system-status", attempt=1))
        run.write(StepEnded(step="system-status", attempt=1, result=Status.TIMED_OUT))
        await until(pilot, lambda: "1 of 36 found" in words(pilot))
        assert any("2.1" in row for row in texts(screen.query_one(Checklist)))


async def test_a_long_list_has_a_mark_of_place_that_can_be_dragged(
    tmp_path: Path,
) -> None:
    run = MadeRun(tmp_path / "runs", long_runbook(tmp_path, 1000), values={})
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (screen, pilot):
        checklist = screen.query_one(Checklist)
        mark = screen.query_one(ListScrollbar)
        assert mark.display
        await pilot.click(ListScrollbar, offset=(0, mark.size.height - 1))
        await settled(pilot)
        assert "Step 999" in texts(checklist)[-1]
        assert screen.key == StepRow("s0"), "the cursor stays"
        await press(pilot, time, "down")
        assert checklist.top <= checklist.cursor_index, (
            "a key brings it back into sight"
        )
        assert checklist.cursor_index == 2


async def test_all_that_fits_has_no_mark(tmp_path: Path) -> None:
    run = MadeRun(tmp_path / "runs", long_runbook(tmp_path, 3), values={})
    async with hosted(run), opened(run) as (screen, _):
        assert not screen.query_one(ListScrollbar).display


async def test_a_phase_says_once_what_all_its_steps_wait_for(tmp_path: Path) -> None:
    run = scenes.failed(tmp_path)
    async with hosted(run), opened(run, size=(80, 40)) as (screen, _):
        rows = [row.rstrip() for row in texts(screen.query_one(Checklist))]
        (head,) = [row for row in rows if "4 Verification" in row]
        assert head.endswith("gate 3.2")
        assert any(row.endswith("4.1 Services are active") for row in rows)


WIDE = [
    "数据库恢复步骤很长很长很长很长很长很长",
    "\N{WOMAN}\u200d\N{GIRL} \U0001f44d\U0001f3fd \u2764\ufe0f \U0001f1e9\U0001f1ea",
    "e\u0301" * 60,
    "שלום עולם مرحبا",
]


@pytest.mark.parametrize("size", [(120, 36), (80, 24), (60, 15), (44, 12)])
async def test_no_width_of_a_title_moves_a_border(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    run = MadeRun(tmp_path / "runs", wide(tmp_path), values={"v": WIDE[0]})
    run.write(StepStarted(step="s0", attempt=1))
    run.output("s0", 1, "\n".join(WIDE) + "\n")
    run.write(
        StepEnded(step="s0", attempt=1, result=Status.FAILED, reason=" ".join(WIDE)),
        after=1,
    )
    async with hosted(run), opened(run, size=size) as (_, pilot):
        for pane in "123":
            await pilot.press(pane)
            await settled(pilot)
            strips = rows_of(pilot.app.screen)
            for strip in strips:
                assert columns_of(strip.text) == size[0]


def columns_of(text: str) -> int:
    """The columns that a terminal, which knows nothing of us, takes to draw a text."""
    screen = pyte.Screen(1000, 1)
    screen.draw(text)
    return int(screen.cursor.x)


def quoted(words: str) -> str:
    return json.dumps(words, ensure_ascii=False)


def wide(tmp_path: Path) -> Runbook:
    path = tmp_path / "wide.toml"
    steps = "".join(
        f"[[phase.step]]\nid = 's{n}'\ntitle = {quoted(title)}\n"
        f"why = {quoted(title)}\neffect = 'read'\nrun = 'echo $v'\n"
        for n, title in enumerate(WIDE)
    )
    path.write_text(
        "format = 1\n[runbook]\nid = 'wide'\n"
        f"title = {quoted(WIDE[0])}\n[var.v]\ndefault = 'x'\n"
        f"[[phase]]\nid = 'p'\ntitle = {quoted(WIDE[1])}\n{steps}"
    )
    return load(path)
