"""The checklist: its rows, and what it draws."""

from __future__ import annotations

from pathlib import Path

from mobius_tui import sanitize
from mobius_tui.run.steps import Status
from mobius_tui.runbook.decode import load
from mobius_tui.runbook.model import Runbook
from mobius_tui.tui.glyphs import ASIDE, MARKS
from mobius_tui.tui.widgets.checklist import Checklist
from tests.tui import scenes
from tests.tui.runs import MadeRun, Time, hosted, opened, until


def long(tmp_path: Path, steps: int) -> Runbook:
    path = tmp_path / "long.toml"
    head = 'format = 1\n[runbook]\nid = "long"\ntitle = "Long"\n'
    body = []
    for number in range(steps):
        if number % 100 == 0:
            body.append(f'[[phase]]\nid = "p{number}"\ntitle = "Phase {number}"\n')
        body.append(
            f'[[phase.step]]\nid = "s{number}"\ntitle = "Step {number}"\n'
            'effect = "read"\nrun = "true"\n'
        )
    path.write_text(head + "".join(body))
    return load(path)


def texts(checklist: Checklist) -> list[str]:
    return [checklist.render_line(y).text for y in range(checklist.size.height)]


def test_every_state_has_a_glyph_of_one_cell_and_a_word() -> None:
    for mark in (*(MARKS[status] for status in Status), ASIDE):
        assert len(mark.glyph) == 1
        assert sanitize.cells(mark.glyph) == 1
        assert mark.word
    words = [MARKS[status].word for status in Status]
    assert len(set(words)) == len(words)


async def test_ten_thousand_steps_draw_only_the_rows_in_sight(tmp_path: Path) -> None:
    run = MadeRun(tmp_path / "runs", long(tmp_path, 10_000), values={})
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
        await until(pilot, lambda: screen.key == "s9999")
        assert 0 < len(rows) <= 3 * height
        assert "Step 9999" in texts(checklist)[-1]
        rows.clear()
        await pilot.press("up")
        await until(pilot, lambda: screen.key == "s9998")
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


async def test_the_steps_of_an_aside_are_listed_once_it_is_entered(
    tmp_path: Path,
) -> None:
    run = scenes.recovering(tmp_path)
    async with hosted(run), opened(run, size=(120, 60)) as (screen, _):
        rows = texts(screen.query_one(Checklist))
        assert any("What went wrong?" in row for row in rows)
        assert not any("A.1" in row for row in rows)
        assert screen.key == "describe-failure"
