"""`mobius-tui new`: a runbook that works as it stands."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from mobius_tui.cli import main
from mobius_tui.runbook.library.loader import decode_runbook, examine
from mobius_tui.runbook.library.own_runbooks import new_runbook_text


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_it_is_valid_and_says_what_to_try(
    here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", "restore-search"]) == 0
    said = capfd.readouterr().out
    for words in ("check ./X", "run ./X --dry-run", "run ./X"):
        assert f"  mobius-tui {words.replace('X', 'restore-search.toml')}\n" in said
    runbook, problems = examine(here / "restore-search.toml")
    assert runbook is not None
    assert problems == ()
    assert (runbook.id, runbook.title) == ("restore-search", "Restore search")
    assert main(["check", "restore-search.toml"]) == 0
    assert "warning" not in capfd.readouterr().out
    assert main(["run", "./restore-search.toml", "--dry-run"]) == 0


def test_an_editor_finds_the_schema_beside_it(
    here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", "first"]) == 0
    assert capfd.readouterr().err == ""
    line = (here / "first.toml").read_text().splitlines()[0]
    assert line.startswith("#:schema ./")
    schema = here / line.removeprefix("#:schema ")
    assert main(["schema"]) == 0
    assert capfd.readouterr().out == schema.read_text()
    schema.write_text("old")
    assert main(["new", "second"]) == 0
    assert "`mobius-tui schema -o" in capfd.readouterr().err
    assert schema.read_text() == "old"
    assert main(["schema", "-o", str(schema)]) == 0
    assert json.loads(schema.read_text())["title"] == "mobius-tui runbook"


def test_a_folder_without_room_for_the_schema_is_no_failure(
    here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (here / "mobius-runbook.schema.json").mkdir()
    assert main(["new", "first"]) == 0
    assert "is not what this version writes" in capfd.readouterr().err
    assert main(["check", "./first.toml"]) == 0


@pytest.mark.usefixtures("here")
def test_it_runs_by_itself(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "first"]) == 0
    assert main(["run", "./first.toml", "--auto", "--plain"]) == 0
    assert "COMPLETED" in capfd.readouterr().out


def test_it_refuses_to_overwrite(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (here / "mine.toml").write_text("mine")
    assert main(["new", "mine"]) == 2
    assert "mine.toml is there already" in capfd.readouterr().err
    assert (here / "mine.toml").read_text() == "mine"
    assert [path.name for path in here.iterdir()] == ["mine.toml"]


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("My Book!", "; try my-book"),
        ("book.toml", "; try book"),
        ("../x", "; try x"),
        ("a-", "; try a"),
        ("x" * 65, "; try " + "x" * 40),
        ("\x1b[31m", "; try 31m"),
        ("名", "at most 64 of them\n"),
    ],
)
def test_a_name_that_is_none(
    here: Path, capfd: pytest.CaptureFixture[str], name: str, near: str
) -> None:
    assert main(["new", name]) == 2
    err = capfd.readouterr().err
    assert "is no name for a runbook" in err
    assert near in err
    assert "\x1b" not in err
    assert list(here.iterdir()) == []


def test_the_other_ways_in_its_comments_are_right_too() -> None:
    text, count = re.subn(r"(?m)^# (?=\[|[a-z_]+ = )", "", new_runbook_text("x"))
    assert count > 20
    runbook, problems = decode_runbook(
        Path("x.toml"), text.encode(), lambda _: ("", b"")
    )
    assert runbook is not None, [each.render() for each in problems]
    assert runbook.health is not None
    assert runbook.channels
