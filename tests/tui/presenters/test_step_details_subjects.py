"""What a step is about, and the files that it calls, before how it does it."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Static

from mobius_tui.run.events.run_events import VariableSet
from mobius_tui.runbook.library.loader import load
from mobius_tui.tui.dialogs.confirm_dialogs import ConfirmDialog
from mobius_tui.tui.dialogs.script_dialog import ScriptDialog
from mobius_tui.tui.presenters.step_details import detail_fields, subject_fields
from mobius_tui.tui.presenters.styled_text import Field
from mobius_tui.tui.screen_state import StepRow
from mobius_tui.tui.widgets.detail_pane import FieldList
from tests.tui.runs import (
    MadeRun,
    Time,
    hosted,
    opened,
    press,
    settled,
    view_of,
    words,
)

BOOK = """format = 2
[runbook]
title = "About"
environment = "place"
protected = ["production"]
files = ["find-backup"]
[var.place]
default = "production"
[var.reason]
default = "none"
[[step]]
id = "find"
title = "Find"
run = "find-backup"
outputs = ["backups", "release", "folder", "token"]
[[step]]
id = "pick"
title = "Pick"
choose = { var = "backup", from = "backups" }
[[step]]
id = "restore"
title = "Restore"
why = "It brings back what was there."
effect = "destroy"
run = '''
find-backup --check "$backup" "$place" "$reason"
echo "$release" "$token"
cd "$folder"
rm -rf "$backup"
'''
[[step]]
id = "only-a-path"
title = "Only a path"
effect = "destroy"
run = 'rm -rf "$folder"'
"""
PROGRAM = (
    "#!/bin/sh\n# Finds\x1b[2J one.\n#\n#   find-backup --check FILE\n#\nlast of it\n"
)
CHOSEN = "/srv/backups/mobius-1.zip"


def about(tmp_path: Path, *, chosen: bool = True) -> MadeRun:
    """A run in which a backup was found, and chosen."""
    (tmp_path / "find-backup").write_text(PROGRAM)
    path = tmp_path / "x.toml"
    path.write_text(BOOK)
    run = MadeRun(
        tmp_path / "runs",
        load(path),
        values={"place": "production", "reason": "none"},
        environment="production",
    )
    listed = f"{CHOSEN}\t1.4.2  11-30 20:04  2 min  oncall\n/srv/other.zip\t1.4.1  old"
    found = {"backups": listed, "release": "1.4.2", "folder": "/srv/backups"}
    found["token"] = "5f" * 32
    for name, value in found.items():
        run.write(VariableSet(name=name, value=value, source="output", step="find"))
    if chosen:
        run.write(
            VariableSet(name="backup", value=CHOSEN, source="answer", step="pick")
        )
    return run


def said(fields: tuple[Field, ...]) -> list[tuple[str, str]]:
    return [(each.label, each.content.plain + each.value) for each in fields]


async def test_what_was_chosen_is_told_by_the_title_of_its_row(tmp_path: Path) -> None:
    run = about(tmp_path)
    async with hosted(run):
        view = view_of(run)
        restore, path = (view.plan.steps[each] for each in ("restore", "only-a-path"))
        assert said(subject_fields(view, restore)) == [
            ("about", "1.4.2 11-30 20:04 2 min oncall"),
            ("", "release: 1.4.2"),
        ]
        assert said(subject_fields(view, path)) == [("about", "folder: /srv/backups")]
        assert subject_fields(view, view.plan.steps["find"]) == ()


async def test_before_it_was_chosen_nothing_is_told_of_it(tmp_path: Path) -> None:
    run = about(tmp_path, chosen=False)
    async with hosted(run):
        view = view_of(run)
        found = said(subject_fields(view, view.plan.steps["restore"]))
        assert found == [("about", "release: 1.4.2")]


async def test_the_pane_has_it_above_the_script_and_the_file_below(
    tmp_path: Path,
) -> None:
    run = about(tmp_path)
    async with hosted(run):
        view = view_of(run)
        for compact in (False, True):
            fields = detail_fields(view, StepRow("restore"), compact=compact)
            labels = [each.label for each in fields if each.label]
            wanted = ["about", "run", "calls"]
            assert [each for each in labels if each in wanted] == wanted
            (calls,) = (each for each in fields if each.label == "calls")
            shown = calls.content.plain.split("\n")
            assert shown[0].startswith("find-backup (6 lines, sha256 ")
            assert shown[2:] == [
                *("#", "#   find-backup --check FILE", "#", "F2 shows the whole")
            ]
            assert "Finds" in shown[1]
            assert "\x1b" not in calls.content.plain


@pytest.mark.parametrize("size", [(120, 36), (80, 24), (40, 10)])
async def test_a_typed_confirmation_says_what_it_is_about_and_folds_the_script(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    run = about(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, size=size, time=time) as (_, pilot):
        view = view_of(run)
        dialog = ConfirmDialog(view, view.plan.steps["restore"])
        dialog.mono = time.mono
        pilot.app.push_screen(dialog)
        await settled(pilot)
        shown = words(pilot)
        for needed in ("Run 1.3 Restore?", "1.4.2 11-30 20:04", "Type production"):
            assert needed in shown
        told = said(dialog.query_one(FieldList).fields)
        assert ("run", "a script of 4 lines; F2 shows it") in told
        assert not any("rm -rf" in each for _, each in told)
        await press(pilot, time, "f2")
        assert isinstance(pilot.app.screen, ScriptDialog)
        script = pilot.app.screen.query(Static)
        texts = "\n".join(str(each.render()) for each in script)
        told = said(pilot.app.screen.query_one(FieldList).fields)
        assert any('rm -rf "$backup"' in each for _, each in told)
        assert "last of it" in texts, "the file is whole there"
        assert "\x1b" not in texts
        await press(pilot, time, "escape")
        assert isinstance(pilot.app.screen, ConfirmDialog)


async def test_the_key_shows_what_the_step_under_the_cursor_runs(
    tmp_path: Path,
) -> None:
    run = about(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (_, pilot):
        assert "F2 Script" in words(pilot)
        await press(pilot, time, "V")
        assert isinstance(pilot.app.screen, ScriptDialog)
        assert pilot.app.screen.heading == "What 1.1 Find runs"
