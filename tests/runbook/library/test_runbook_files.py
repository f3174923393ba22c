"""Finding runbooks by name and by path."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.errors import UsageError
from mobius_tui.runbook.library.loader import examine, load
from mobius_tui.runbook.library.runbook_files import (
    bundled_runbooks,
    find_runbook,
    is_runbook,
    own_folder,
    own_runbook_files,
)
from mobius_tui.runbook.toml.runbook_source import MAX_BYTES
from tests.growth import UNEVEN, growth


def test_every_bundled_runbook_is_valid_and_named_after_its_file() -> None:
    assert "mobius-rollback" in [path.stem for path in bundled_runbooks()]
    for path in bundled_runbooks():
        runbook, problems = examine(path)
        assert runbook is not None, [problem.render() for problem in problems]
        assert runbook.id == path.stem


def test_a_name_finds_a_bundled_runbook_and_a_path_itself() -> None:
    assert find_runbook("mobius-rollback") in bundled_runbooks()
    assert find_runbook("./x") == Path("x")
    assert find_runbook("mine.toml") == Path("mine.toml")


@pytest.mark.parametrize(
    "head",
    [
        "[runbook]\nid = 'x'\ntitle = 'X'",
        "  [ runbook ] # mine\nid = 'x'\ntitle = 'X'",
        "['runbook']\r\nid = 'x'\r\ntitle = 'X'",
        "runbook = { id = 'x', title = 'X' }",
        "runbook.id = 'x'\n\"runbook\".title = 'X'",
    ],
)
def test_a_name_finds_an_own_runbook_however_its_head_is_written(head: str) -> None:
    own_folder().mkdir(parents=True)
    path, part = own_folder() / "mine.toml", own_folder() / "part.toml"
    phase = "[[phase]]\nid = 'p'\ntitle = 'P'\n[[phase.step]]\nid = 's'\ntitle = 'S'\n"
    path.write_text(f"format = 1\n{head}\n{phase}run = 'ls'\n")
    part.write_text(f"format = 1\n{phase}run = '''\nrunbook=$1\n'''\n")
    assert load(path).id == "x"
    assert own_runbook_files() == (path,), "a part is no runbook"
    assert find_runbook("mine") == path
    assert is_runbook(path)


@pytest.mark.parametrize("text", ["\n", " \n", " ", "[", "[ ", "runbook\n", "a\n"])
def test_a_hostile_file_is_told_from_a_runbook_soon(text: str) -> None:
    own_folder().mkdir(parents=True)

    def looked_at(length: int) -> None:
        (own_folder() / "x.toml").write_text(text * (length // len(text)))
        assert own_runbook_files() == ()

    assert growth(looked_at, MAX_BYTES // 8) < UNEVEN


def test_an_unknown_name_is_told_what_there_is() -> None:
    with pytest.raises(UsageError) as caught:
        find_runbook("mobius-rolback")
    said = str(caught.value)
    assert "did you mean `mobius-rollback`?" in said
    assert "There are: " in said
    assert "./mobius-rolback.toml" in said
