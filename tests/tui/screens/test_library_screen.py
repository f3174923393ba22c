"""The library's columns, and what it says of the line at the cursor."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.widgets import OptionList

from mobius_tui.drill.library_listing import ListedRunbook, list_library
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.events.run_events import RunEnded
from mobius_tui.runbook.library.loader import load
from mobius_tui.sanitize import cells
from mobius_tui.tui.presenters.columns import ColumnTable, TableColumn
from mobius_tui.tui.presenters.library_lines import phase_rows, runbook_fields
from mobius_tui.tui.screens.library_screen import LibraryScreen
from tests.tui.looks import text
from tests.tui.runs import (
    BEGAN,
    ROLLBACK,
    MadeRun,
    Time,
    running,
    settled,
    until,
)

HOSTILE = "[/x] [@click=app.quit] \u6f22\u6f22" + "x" * 5000
BOOK = """format = 1
[runbook]
id = "ID"
title = "TITLE"
summary = "SUMMARY"
environment = "where"
[var.where]
default = "staging"
[[phase]]
id = "p"
title = "PHASE"
[[phase.step]]
id = "s"
title = "S"
effect = "destroy"
run = "true"
"""


def library(root: Path, *bundled: Path) -> LibraryScreen:
    async def look_back(_run: object) -> None:
        """Nothing is opened."""

    return LibraryScreen(
        partial(list_library, root, bundled),
        open_briefing=print,
        attach=print,
        open_review=look_back,
        wall=Time(BEGAN + 7200).wall,
    )


def book(path: Path, **told: str) -> Path:
    body = BOOK
    for name, value in {"ID": path.stem, "TITLE": path.stem, **told}.items():
        body = body.replace(name, "".join(f"\\U{ord(c):08X}" for c in value))
    path.write_text(body.replace(f'id = "{escaped(path.stem)}"', f'id = "{path.stem}"'))
    return path


def escaped(words: str) -> str:
    return "".join(f"\\U{ord(c):08X}" for c in words)


def made(root: Path, path: Path, *, at: float = 0) -> MadeRun:
    run = MadeRun(root, load(path), values={"where": "staging"})
    run.write(RunEnded(outcome=Outcome.FAILED, reason="no space left"), after=5 + at)
    return run


TABLE = (
    TableColumn(caption="", least=12, most=20),
    TableColumn(caption="id", rank=1, has_ends=True),
    TableColumn(caption="steps", rank=2, is_right=True),
    TableColumn(caption="last", rank=3),
)


def drawn(width: int) -> list[str]:
    table = ColumnTable(*TABLE)
    rows = [
        table.row(("A title of some length", "plain"), ("mobius-rollback", "muted"))
        if more is None
        else table.row(
            ("Short", "plain"), ("id", "muted"), (str(more), "muted"), ("now", "muted")
        )
        for more in (7, 112)
    ]
    return [
        row.content_at(width).plain.rstrip() for row in (table.heading("Books"), *rows)
    ]


def test_columns_line_up_under_their_captions() -> None:
    assert drawn(60) == [
        "Books    id  steps  last",
        "  Short  id      7  now",
        "  Short  id    112  now",
    ]


@pytest.mark.parametrize(
    ("width", "wanted"),
    [
        (60, "  A title of some leng  mobius-rollback     12  now"),
        (50, "  A title of some l…  mobius-rollback     12  now"),
        (44, "  A title of …  mobius-rollback     12  now"),
        (38, "  A title of …  mobius-rollback     12"),
        (31, "  A title of …  mobius-rollback"),
        (28, "  A title of some leng"),
        (20, "  A title of some l…"),
        (9, "  A titl…"),
    ],
)
def test_what_has_no_room_is_cut_and_then_left_out(width: int, wanted: str) -> None:
    table = ColumnTable(*TABLE)
    row = table.row(
        ("A title of some leng", "plain"),
        ("mobius-rollback", "muted"),
        ("12", "muted"),
        ("now", "muted"),
    )
    assert row.content_at(width).plain.rstrip() == wanted


@given(st.lists(st.text(max_size=60), min_size=4, max_size=4), st.integers(1, 90))
@settings(deadline=None, max_examples=60)
def test_a_row_is_never_wider_than_its_room(texts: list[str], width: int) -> None:
    row = ColumnTable(*TABLE).row(*((each, "plain") for each in texts))
    assert cells(row.content_at(width).plain) <= width
    assert not set(row.content_at(width).plain) & set("\x1b\n\t\x00\u202e")


async def test_what_is_at_the_cursor_is_told_beside_the_list(tmp_path: Path) -> None:
    root = tmp_path / "runs"
    own = book(tmp_path / "own.toml", SUMMARY="What it is **for**", PHASE="Mend it")
    made(root, own)
    screen = library(root, ROLLBACK)
    async with running(screen, size=(120, 36)) as pilot:
        await until(pilot, lambda: "Past runs" in text(pilot))
        shown = text(pilot)
        assert "Emergency rollback of a MOBIUS deployment" in shown
        assert "phases steps read change destroy" in " ".join(shown.split())
        await pilot.press("j")
        await settled(pilot)
        shown = text(pilot)
        assert "What it is for" in shown
        assert "1 Mend it" in shown
        assert "✖ failed  2 h ago  incident" in shown
        assert f"{own.name} ━┛" in shown
        await pilot.press("j")
        await settled(pilot)
        shown = text(pilot)
        assert "why     no space left" in shown
        assert "began   24 Nov 13:45 by maria" in shown
        await pilot.resize_terminal(80, 24)
        await settled(pilot)
        assert "no space left" not in text(pilot)
        assert "2026-11-24T13-45-05-own ━┛" in text(pilot)


async def test_the_order_stays_as_it_is_when_one_is_run(tmp_path: Path) -> None:
    root = tmp_path / "runs"
    paths = [book(tmp_path / f"{name}.toml") for name in ("beta", "alpha", "gamma")]
    for number, path in enumerate(paths):
        made(root, path, at=number)
    before = [each.id for each in list_library(root, ()).own_and_recent]
    made(root, paths[0], at=60)
    assert [each.id for each in list_library(root, ()).own_and_recent] == before
    assert before == ["alpha", "beta", "gamma"]


async def test_it_comes_back_with_its_cursor_where_that_was(tmp_path: Path) -> None:
    first, second = book(tmp_path / "a.toml"), book(tmp_path / "b.toml")
    screen = library(tmp_path / "runs", first, second)
    async with running(screen, size=(120, 36)) as pilot:
        await until(pilot, lambda: screen.cursor_key == str(first))
        await pilot.press("down")
        await settled(pilot)
        assert screen.cursor_key == str(second)


async def test_a_hostile_runbook_harms_no_list(tmp_path: Path) -> None:
    root = tmp_path / "runs"
    told = dict.fromkeys(("TITLE", "SUMMARY", "PHASE"), HOSTILE)
    path = book(tmp_path / "evil.toml", **told)
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("format = 7 # [/x]\n[runbook]\n")
    made(root, path)
    screen = library(root, path, wrong)
    async with running(screen, size=(120, 36)) as pilot:
        await until(pilot, lambda: "Past runs" in text(pilot))
        options = screen.query_one(OptionList)
        for _ in range(3):
            shown = text(pilot)
            assert all(cells(row) <= 120 for row in shown.split("\n"))
            assert shown.replace("\n", "").isprintable()
            assert "evil" in shown
            await pilot.press("j")
            await settled(pilot)
        assert "✖ wrong.toml: cannot be read" in text(pilot)
        assert all(len(str(option.prompt)) < 2000 for option in options.options)


def test_a_runbook_of_many_phases_and_a_long_summary_is_told_in_short(
    tmp_path: Path,
) -> None:
    path = book(tmp_path / "long.toml", SUMMARY="word " * 5000)
    runbook = load(path)
    shelved = ListedRunbook(path=path, title="Long", id="long", runbook=runbook)
    told = "".join(field.content.plain for field in runbook_fields(shelved, BEGAN))
    assert len(told) < 400
    assert told.startswith("word word ")
    assert " word…" in told
    assert [str(row) for row in phase_rows(runbook)] == [
        "phases  steps  read  change  destroy",
        "1 PHASE  1  1",
    ]
