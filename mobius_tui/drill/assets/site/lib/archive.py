"""Makes a backup of configuration, code and database, with a note; and opens one."""

from __future__ import annotations

import json
import stat
import sys
import tempfile
import zipfile
from importlib import import_module
from pathlib import Path, PurePosixPath

SITE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(SITE / "lib"))
LARGEST = 4 << 30
"""Bytes that a backup may unpack to: far more than a site has, far less than a disk."""


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


def extract(source: Path, target: Path) -> str:
    """Unpack a backup, all of it or nothing.

    Args:
        source: the zip file.
        target: the folder to unpack into.

    Returns:
        Why it was refused, with nothing written; empty where it was unpacked.
    """
    with zipfile.ZipFile(source) as archive:
        members = archive.infolist()
        if sum(member.file_size for member in members) > LARGEST:
            return f"it would unpack to more than {LARGEST >> 30} GiB"
        for member in members:
            wrong = misplaced(member)
            if wrong:
                return f"{member.filename!r} {wrong}"
        archive.extractall(target)
    return ""


def misplaced(member: zipfile.ZipInfo) -> str:
    """Why a member may not be unpacked; empty where it may."""
    name = member.filename
    if (
        name.startswith("/")
        or "\\" in name
        or ":" in name
        or "\0" in member.orig_filename
    ):
        return "is no path below the folder"
    if ".." in PurePosixPath(name).parts:
        return "would land outside the folder"
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is neither a file nor a folder"
    return ""


if __name__ == "__main__":
    if sys.argv[1] == "create":
        create(sys.argv[2], sys.argv[3], Path(sys.argv[4]))
    else:
        refused = extract(Path(sys.argv[2]), Path(sys.argv[3]))
        if refused:
            sys.exit(f"the backup is refused: {refused}")
