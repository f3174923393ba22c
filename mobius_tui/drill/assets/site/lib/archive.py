"""Makes a backup: configuration, code, database and a note of what it holds."""

from __future__ import annotations

import json
import sys
import tempfile
import zipfile
from importlib import import_module
from pathlib import Path

SITE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(SITE / "lib"))


def create(environment: str, created: str, target: Path) -> None:
    """Write the backup of an environment.

    Args:
        environment: whose configuration.
        created: when, UTC, as the name of the backup says it.
        target: the zip file; appears only when it is complete.
    """
    database = import_module("database")
    partial = target.with_suffix(".partial")
    with tempfile.TemporaryDirectory(dir=SITE / "run") as folder:
        copy = Path(folder, "mobius.db")
        database.copy(database.DATABASE, copy)
        metadata = {
            "environment": environment,
            "version": (SITE / "app" / "VERSION").read_text().strip(),
            "schema": database.version(copy),
            "created": created,
        }
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted((SITE / "config" / environment).iterdir()):
                archive.write(path, f"config/{environment}/{path.name}")
                archive.write(path, f"config/backup/{path.name}")
            for path in sorted((SITE / "app").rglob("*")):
                archive.write(path, path.relative_to(SITE))
            archive.write(copy, "database/mobius.db")
            archive.writestr("metadata.json", json.dumps(metadata, indent=1) + "\n")
    partial.replace(target)


if __name__ == "__main__":
    create(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
