"""Finding runbooks by name and by path."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.errors import UsageError
from mobius_tui.runbook.library.loader import examine
from mobius_tui.runbook.library.runbook_files import bundled_runbooks, find_runbook


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


def test_an_unknown_name_is_told_what_there_is() -> None:
    with pytest.raises(UsageError) as caught:
        find_runbook("mobius-rolback")
    said = str(caught.value)
    assert "did you mean `mobius-rollback`?" in said
    assert "There are: " in said
    assert "./mobius-rolback.toml" in said
