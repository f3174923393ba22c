"""What backups do not hold is listed, and can be chosen: dumps, and releases."""

from __future__ import annotations

import os
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from tests.drill.runbooks.programs import run_program


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """The folder of a site that has a database, and nothing else."""
    site = tmp_path / "a site"
    (site / "data").mkdir(parents=True)
    database(site / "data" / "mobius.db")
    return site


def database(path: Path, age: float = 0.0) -> Path:
    """Make a database of SQLite, so many hours old."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE assets (id)")
    then = path.stat().st_mtime - 3600 * age
    os.utime(path, (then, then))
    return path


def release(path: Path, name: str = "src/index.js") -> Path:
    """Make an archive with one file in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        archive.addfile(tarfile.TarInfo(name))
    return path


def listed(here: Path, *words: object) -> list[list[str]]:
    """The rows that it lists: path, title, why."""
    code, output = run_program("find-elsewhere", *words, where=here)
    assert code == 0, output
    return [line.split("\t") for line in output.splitlines()]


def dumps(here: Path, *words: object) -> list[list[str]]:
    return listed(here, "dumps", "--database", "data/mobius.db", *words)


def test_dumps_stand_newest_first_with_their_age(here: Path) -> None:
    old = database(here / "dumps" / "a.db", age=30)
    new = database(here / "backups" / "b.sqlite", age=2)
    rows = dumps(here, "--named", "")
    assert [row[0] for row in rows] == [str(new), str(old)]
    assert "  2 h  0.0 MB  in " in rows[0][1]
    assert rows[0][2] == "a SQLite database"


def test_the_database_itself_is_no_dump_and_neither_is_what_was_replaced(
    here: Path,
) -> None:
    database(here / "data" / "mobius.db.failed.20261201_020000.db")
    (here / "dumps").mkdir()
    (here / "dumps" / "now.db").symlink_to(here / "data" / "mobius.db")
    assert dumps(here) == []


def test_what_cannot_be_one_is_shown_with_the_reason(here: Path) -> None:
    (here / "dumps").mkdir()
    (here / "dumps" / "text.db").write_text("CREATE TABLE assets;")
    [row] = dumps(here)
    assert (row[0], row[2]) == ("", "it is no SQLite database")


def test_what_is_named_comes_first_and_its_folder_is_looked_at(
    here: Path, tmp_path: Path
) -> None:
    database(here / "dumps" / "new.db")
    named = database(tmp_path / "elsewhere" / "old.db", age=50)
    beside = database(tmp_path / "elsewhere" / "older.db", age=60)
    rows = dumps(here, "--named", named)
    assert [row[0] for row in rows] == [
        str(named),
        str(here / "dumps" / "new.db"),
        str(beside),
    ]
    assert rows[0][2].startswith("named already")


@pytest.mark.parametrize("what", ["gone", "pipe", "loop"])
def test_one_that_is_named_and_is_no_file_cannot_be_chosen(
    here: Path, tmp_path: Path, what: str
) -> None:
    named = tmp_path / "named.db"
    if what == "pipe":
        os.mkfifo(named)
    elif what == "loop":
        named.symlink_to(named)
    [row] = dumps(here, "--named", named)
    assert row[0] == ""


def test_releases_are_archives_and_folders_that_hold_code(here: Path) -> None:
    good = release(here / "releases" / "mobius-2.4.9.tar.gz")
    folder = here / "releases" / "unpacked"
    (folder / "src").mkdir(parents=True)
    release(here / "releases" / "docs.tgz", "docs/x")
    (here / "releases" / "torn.tgz").write_bytes(good.read_bytes()[:20])
    found = {Path(row[1].split("  ")[0]).name: row for row in listed(here, "releases")}
    assert found["mobius-2.4.9.tar.gz"][0] == str(good)
    assert found["unpacked"][0] == str(folder)
    assert found["docs.tgz"][::2] == ["", "it holds no src/"]
    assert found["torn.tgz"][0] == ""


def test_a_name_cannot_write_a_row_of_its_own(here: Path) -> None:
    database(here / "dumps" / "a\tb\n/etc/passwd\tgood.db".replace("/", "_"))
    [row] = dumps(here)
    assert row[1].startswith("a?b?_etc_passwd?good.db")


def test_nothing_there_is_an_empty_list(here: Path) -> None:
    assert listed(here, "releases") == []
