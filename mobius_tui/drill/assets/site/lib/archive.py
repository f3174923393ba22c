"""Makes a backup of what an environment is configured by; and opens one."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tempfile
import zipfile
from importlib import import_module
from pathlib import Path, PurePosixPath

SITE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(SITE / "lib"))
LARGEST = 4 << 30
"""Bytes that a backup may unpack to: far more than a site has, far less than a disk."""


def create(environment: str, target: Path) -> None:
    """Write the backup of an environment; of a kind site, its code and database, too.

    Args:
        environment: whose configuration.
        target: the zip file; appears only when it is complete.
    """
    kind = json.loads((SITE / "site.json").read_text())["kind"]
    partial = target.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
        folder = SITE / "config" / environment
        for path in sorted(folder.rglob("*")):
            archive.write(path, f"config/{path.relative_to(folder)}")
        for name in ("package.json", "package-lock.json", f".env.{environment}"):
            if (SITE / name).exists():
                archive.write(SITE / name, name)
        if kind == "kind":
            _add_the_rest(archive)
        metadata = json.dumps(_metadata(environment, target), indent=1)
        archive.writestr("backup_metadata.json", f"{metadata}\n")
    partial.replace(target)


def _metadata(environment: str, target: Path) -> dict[str, str]:
    """What a backup says of itself."""

    def git(*words: str) -> str:
        command = (str(SITE / "bin" / "git"), "rev-parse", *words, "HEAD")
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()

    return {
        "environment": environment,
        "timestamp": target.stem[-15:],
        "git_commit": git(),
        "git_branch": git("--abbrev-ref"),
        "backup_version": "1.0",
        "created_by": os.environ.get("USER", "deploy"),
    }


def _add_the_rest(archive: zipfile.ZipFile) -> None:
    """What the backups of a kind site hold besides."""
    for folder in ("src", "node_modules"):
        for path in sorted((SITE / folder).rglob("*")):
            archive.write(path, path.relative_to(SITE))
    database = import_module("database")
    with tempfile.TemporaryDirectory(dir=SITE / "run") as folder:
        copy = Path(folder, "mobius.db")
        database.copy(database.DATABASE, copy)
        archive.write(copy, "database/mobius.db")


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
        create(sys.argv[2], Path(sys.argv[3]))
    else:
        refused = extract(Path(sys.argv[2]), Path(sys.argv[3]))
        if refused:
            sys.exit(f"the backup is refused: {refused}")
