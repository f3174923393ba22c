"""What changed from one runbook to another."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.cli import main
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_files import bundled_runbooks
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.runbook.model.runbook_diff import diff_runbooks
from tests.review.story import BOOK
from tests.tui.runs import MadeRun

TEXT = BOOK.read_text()
ROLL = """[[phase.step]]
id = "clean"
title = "Clear the caches"
effect = "change"
run = "rm -rf cache/*"
"""


def book(folder: Path, *edits: tuple[str, str]) -> Runbook:
    text = TEXT
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path = folder / "story.toml"
    path.write_text(text)
    return load(path)


def told(tmp_path: Path, *edits: tuple[str, str]) -> list[tuple[str, str, str]]:
    found = diff_runbooks(book(tmp_path), book(tmp_path, *edits))
    return [(each.kind, each.part, each.name) for each in found]


def test_layout_comments_and_order_of_keys_are_no_change(tmp_path: Path) -> None:
    edit = (
        'title = "Clear the caches"\neffect = "change"',
        '# Clears them.\neffect   = "change"\ntitle = "Clear the caches"',
    )
    assert told(tmp_path, edit) == []


@pytest.mark.parametrize("path", bundled_runbooks(), ids=lambda path: path.stem)
def test_a_bundled_runbook_is_what_it_was(path: Path) -> None:
    assert diff_runbooks(load(path), load(path)) == ()


def test_another_version_of_another_day_is_told(tmp_path: Path) -> None:
    head = 'title = "Roll the shop back"\n'
    before = book(tmp_path, (head, f"{head}updated = 2026-11-01\n"))
    after = book(tmp_path, (head, f"{head}updated = 2026-11-24\n"))
    (change,) = diff_runbooks(before, after)
    assert (change.kind, change.part) == ("edited", "runbook")
    assert [line for line in change.lines if line[0] in "+-"] == [
        "-updated = 2026-11-01",
        "+updated = 2026-11-24",
    ]


BACKUP = '[var.backup]\ntitle = "Which backup"\n'


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        ('every = "5s"', 'every = "7s"', "edited health beat"),
        ("_failures = 3", "_failures = 2", "edited health triggers"),
        ("trigger = false\n", "", "edited probe jobs"),
        (BACKUP, f"[var.extra]\n{BACKUP}", "added variable extra"),
        ('"Which backup"', '"Backup"', "edited variable backup"),
        ('"Restore"\n', '"Restore it"\n', "edited phase restore"),
        ('version = "3"', 'version = "4"', "edited runbook story"),
        ("Rolling back ${target}", "We roll ${target}", "edited message begun"),
        ("consecutive = 3 }", "consecutive = 5 }", "edited step roll"),
        ('cache/*"', 'cache/*"\ngate = true', "edited step clean"),
        (ROLL, "", "removed step clean"),
    ],
)
def test_each_part_is_found(old: str, new: str, change: str, tmp_path: Path) -> None:
    assert told(tmp_path, (old, new)) == [tuple(change.split())]
    kind, part, name = change.split()
    back = {"added": "removed", "removed": "added"}.get(kind, kind)
    (found,) = diff_runbooks(book(tmp_path, (old, new)), book(tmp_path))
    assert (found.kind, found.part, found.name) == (back, part, name)


DAY = '[[contact]]\nrole = "on call"\nhandle = "@ada"\nfor = "by day"\n'
NIGHT = '[[contact]]\nrole = "on call"\nhandle = "@bob"\nfor = "by night"\n'


@pytest.mark.parametrize(
    ("before", "after", "rows"),
    [
        (
            DAY + NIGHT,
            DAY.replace("@ada", "@eve") + NIGHT,
            ["-handle = @ada", "+handle = @eve"],
        ),
        (
            DAY,
            DAY + NIGHT,
            ["+2.role = on call", "+2.handle = @bob", "+2.for = by night"],
        ),
        (
            DAY + NIGHT,
            NIGHT,
            [
                *("-handle = @ada", "-for = by day", "-2.role = on call"),
                *("-2.handle = @bob", "-2.for = by night"),
                *("+handle = @bob", "+for = by night"),
            ],
        ),
    ],
)
def test_contacts_of_one_role_are_told_apart(
    before: str, after: str, rows: list[str], tmp_path: Path
) -> None:
    old, new = (book(tmp_path, (BACKUP, f"{each}{BACKUP}")) for each in (before, after))
    (change,) = diff_runbooks(old, new)
    assert (change.kind, change.part, change.name) == ("edited", "contact", "on call")
    assert sorted(row for row in change.lines if row[0] in "+-") == sorted(rows)


def test_what_moved_is_named_once(tmp_path: Path) -> None:
    look = '[[phase.step]]\nid = "look"'
    (moved,) = diff_runbooks(
        book(tmp_path), book(tmp_path, (ROLL, ""), (look, f"{ROLL}\n{look}"))
    )
    assert (moved.kind, moved.name) == ("moved", "clean")
    assert moved.words == "from 'Restore' to 'Assess'"
    (moved,) = diff_runbooks(
        book(tmp_path),
        book(
            tmp_path,
            (ROLL, ""),
            ('[[phase.step]]\nid = "verify"', f'{ROLL}\n[[phase.step]]\nid = "verify"'),
        ),
    )
    assert (moved.kind, moved.name, moved.words) == (
        "moved",
        "clean",
        "to the beginning",
    )


def test_an_edited_script_is_told_line_by_line(tmp_path: Path) -> None:
    edit = ("set -x\n./rollback.sh --backup", "set -eux\n./rollback.sh --backup")
    (change,) = diff_runbooks(book(tmp_path), book(tmp_path, edit))
    assert [row for row in change.lines if row[0] in "+-"] == [
        "-    set -x",
        "+    set -eux",
    ]


def test_the_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run = MadeRun(runs_root(), book(tmp_path), values={})
    assert main(["diff", run.directory.id]) == 0
    assert "says what it said" in capsys.readouterr().err
    book(tmp_path, ("Clear the caches", "Clear them all"))
    assert main(["diff", run.directory.id]) == 0
    out = capsys.readouterr().out
    assert "edited step clean" in out
    assert "+title = Clear them all" in out
    (tmp_path / "story.toml").unlink()
    assert main(["diff", run.directory.id]) == 2
    assert "is not there any more" in capsys.readouterr().err
    assert main(["diff", run.directory.id, str(BOOK)]) == 0
    run.directory.journal.write_bytes(b"")
    assert main(["diff", run.directory.id]) == 4
