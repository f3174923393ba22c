"""The database of a drill site: its migrations, and copies of it."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

SITE = Path(__file__).resolve().parents[1]
DATABASE = SITE / "data" / "mobius.db"
MIGRATIONS = SITE / "node_modules" / "mobius-core" / "migrations"


def version(path: Path) -> int:
    """The version of a database's schema; 0 for an empty one."""
    with closing(sqlite3.connect(path)) as database:
        return int(database.execute("PRAGMA user_version").fetchone()[0])


def migrate(path: Path) -> int:
    """Bring the schema to the version of the deployed release."""
    done = version(path)
    for script in sorted(MIGRATIONS.glob("*.up.sql"))[done:]:
        _apply(path, script, int(script.name[:3]))
    return version(path)


def roll_back(path: Path) -> int:
    """Take the schema back by one version.

    Raises:
        SystemExit: there is no version to go back to.
    """
    done = version(path)
    scripts = sorted(MIGRATIONS.glob(f"{done:03}_*.down.sql"))
    if not scripts:
        raise SystemExit(f"no migration leads back from schema version {done}")
    _apply(path, scripts[0], done - 1)
    return version(path)


def _apply(path: Path, script: Path, reached: int) -> None:
    """Run a migration and note the version that it reaches, both or neither."""
    statements = f"BEGIN;{script.read_text()};PRAGMA user_version = {reached};COMMIT;"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(statements)
    sys.stdout.write(f"{script.name}: the schema is at version {reached}\n")


def copy(source: Path, target: Path) -> None:
    """Copy a database, consistent even while it is written to."""
    with (
        closing(sqlite3.connect(source)) as old,
        closing(sqlite3.connect(target)) as new,
    ):
        old.backup(new)


if __name__ == "__main__":
    if sys.argv[1:] == ["migrate"]:
        migrate(DATABASE)
    elif sys.argv[1:] == ["rollback"]:
        roll_back(DATABASE)
    else:
        raise SystemExit("database.py migrate|rollback")
