"""The table of contents that a screen shows before it has read the run."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.table_of_contents import (
    read_table_of_contents,
    write_table_of_contents,
)
from mobius_tui.runbook.library.loader import load

HEAD = """format = 1
[runbook]
id = "book"
title = "Book [/x]"
[[phase]]
id = "p"
title = "Ready"
"""


def made(tmp_path: Path, steps: int) -> RunDirectory:
    book = tmp_path / "book.toml"
    book.write_text(
        HEAD
        + "".join(
            f'[[phase.step]]\nid = "s{n}"\ntitle = "Title {n}"\nrun = "true"\n'
            f'effect = "read"\n'
            for n in range(1, steps + 1)
        )
    )
    directory = RunDirectory(tmp_path)
    directory.journal.touch()
    write_table_of_contents(
        directory, Plan(load(book)), mode=Mode.DRILL, environment="staging"
    )
    return directory


def test_it_holds_the_name_and_the_numbered_steps(tmp_path: Path) -> None:
    directory = made(tmp_path, 2)
    found = read_table_of_contents(directory, 10)
    assert found is not None
    assert (found.title, found.mode) == ("Book [/x]", "drill")
    assert found.environment == "staging"
    assert found.rows == (
        (True, "1 Ready"),
        (False, "1.1 Title 1"),
        (False, "1.2 Title 2"),
    )
    assert directory.table_of_contents.stat().st_mode & 0o777 == 0o600


def test_an_odd_mode_is_taken_for_the_gravest(tmp_path: Path) -> None:
    directory = made(tmp_path, 1)
    text = directory.table_of_contents.read_text()
    directory.table_of_contents.write_text(text.replace("\tdrill\t", "\tx y\t", 1))
    found = read_table_of_contents(directory, 10)
    assert found is not None
    assert (found.title, found.mode) == ("Book [/x]", Mode.INCIDENT)


@pytest.mark.parametrize(
    ("step", "first"), [(None, "1 Ready"), (3, "1 Ready"), (50, "1.45 ")]
)
def test_it_shows_the_rows_around_the_last_step(
    tmp_path: Path, step: int | None, first: str
) -> None:
    directory = made(tmp_path, 100)
    if step is not None:
        line = f'{{"event":"StepStarted","step":"s{step}","attempt":1}}\n'
        directory.journal.write_text(line)
    found = read_table_of_contents(directory, 10)
    assert found is not None
    assert len(found.rows) == 10
    assert found.rows[0][1].startswith(first)
    assert step is None or any(f"1.{step} " in title for _, title in found.rows)


def test_near_the_end_it_shows_what_is_left(tmp_path: Path) -> None:
    directory = made(tmp_path, 30)
    # What is said last is of no step, whatever its values are called; the end is torn.
    directory.journal.write_text(
        '{"step":"s30"}\n{"values":{"step":"s1"}}\n[]\n{"step":"s2'
    )
    found = read_table_of_contents(directory, 10)
    assert found is not None
    assert found.rows[-1] == (False, "1.30 Title 30")


@pytest.mark.parametrize("data", [b"", b"one\n", b"\xff\n", b"a\tb\tc\td\n"])
def test_a_file_that_is_none_says_nothing(tmp_path: Path, data: bytes) -> None:
    directory = RunDirectory(tmp_path)
    directory.journal.touch()
    directory.table_of_contents.write_bytes(data)
    assert read_table_of_contents(directory, 10) is None


def test_rows_that_were_tampered_with_are_harmless(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path)
    directory.journal.write_bytes(b'{"step":"\xff"}')
    directory.table_of_contents.write_bytes(
        b"T\x1b]0;x\x07\tm\t\nid\t\x1b[2J\n\nnothing"
    )
    found = read_table_of_contents(directory, 10)
    assert found is not None
    assert "\x1b" not in repr(found.rows) + found.title + found.environment


def test_without_a_file_nothing_is_known(tmp_path: Path) -> None:
    assert read_table_of_contents(RunDirectory(tmp_path), 10) is None


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    directory = made(tmp_path, 1)
    assert read_table_of_contents(directory, 10) is not None
    directory.table_of_contents.rename(tmp_path / "elsewhere")
    directory.table_of_contents.symlink_to(tmp_path / "elsewhere")
    assert read_table_of_contents(directory, 10) is None
