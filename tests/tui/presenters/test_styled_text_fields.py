"""Texts of a runbook on the screens: lines are lines, and nothing in them is obeyed."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.content import Content

from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.model.actions import Manual
from mobius_tui.runbook.prose.prose_model import Prose
from mobius_tui.structs import replace
from mobius_tui.tui.dialogs.dialog import Dialog
from mobius_tui.tui.presenters.briefing_fields import summary_fields
from mobius_tui.tui.presenters.styled_text import ROLE_STYLES, Field
from mobius_tui.tui.widgets.detail_pane import LABEL_CELLS, FieldList, lay_out_fields
from tests.paths import CASES, TESTS
from tests.tui.briefings import drill
from tests.tui.runs import MadeRun, Time, hosted, opened, pictured, press, settled

LINES = CASES / "authoring" / "lines.toml"
WRITTEN = TESTS / "tui" / "data" / "written.toml"


def begun(root: Path, book: Path) -> MadeRun:
    runbook = load(book)
    declared = runbook.variables.values()
    return MadeRun(
        root, runbook, values={each.name: each.default or "" for each in declared}
    )


def beside(rows: list[Content]) -> str:
    """What stands beside the labels."""
    return "\n".join(row.plain[LABEL_CELLS:].rstrip() for row in rows)


def said(fields: FieldList) -> str:
    return beside(lay_out_fields(fields.fields, fields.size.width))


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
async def test_lines_are_lines_in_the_pane_and_in_a_dialog(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    run = begun(tmp_path, LINES)
    (phase,) = run.runbook.phases
    (step,) = phase.steps
    assert isinstance(step.action, Manual)
    texts = (step.why.rstrip(), step.action.text.rstrip())
    time = Time(run.at + 1)
    async with hosted(run), opened(run, size=size, time=time) as (screen, pilot):
        (pane,) = screen.query("DetailPane FieldList").results(FieldList)
        assert all(text in said(pane) for text in texts)
        await press(pilot, time, "up")
        await settled(pilot)
        assert phase.why.rstrip() in said(pane)
        await press(pilot, time, "down", "space")
        await settled(pilot)
        dialog = pilot.app.screen
        assert isinstance(dialog, Dialog)
        (told,) = dialog.query(FieldList)
        assert said(told) == "\n".join(texts)


async def test_pictures_of_texts(tmp_path: Path) -> None:
    """Whoever opens a long text sees how it begins."""
    run = begun(tmp_path, WRITTEN)
    time = Time(run.at + 1)
    async with hosted(run), opened(run, size=(160, 45), time=time) as (_, pilot):
        await press(pilot, time, "space")
        await settled(pilot)
        await pictured(pilot, "dialog-written")


def test_the_briefing_has_the_lines_of_the_summary() -> None:
    briefing = replace(drill(), runbook=load(LINES))
    what = next(each for each in summary_fields(briefing) if each.label == "what")
    assert beside(lay_out_fields((what,), 60)) == (
        "Do this:\n\n1. first\n2. second\n\na  b\n─  ─\n1  2"
    )


def test_nothing_in_a_text_can_be_clicked() -> None:
    text = (
        "[a](javascript:alert(1)) [b](@click=app.quit) [c](https://d) "
        "[@click=app.quit]e[/] [bold]f[/bold] `[@click=app.quit]`\n\n| [g](h) |\n|--|"
    )
    rows = lay_out_fields((Field("do", prose=Prose(text)),), 200)
    styles = {span.style for row in rows for span in row.spans}
    assert styles <= set(ROLE_STYLES.values())
    assert "a (javascript:alert(1)) b (@click=app.quit) c (https://d)" in beside(rows)
    assert "[@click=app.quit]e[/] [bold]f[/bold] [@click=app.quit]" in beside(rows)
