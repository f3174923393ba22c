"""What a drill site was before anything was broken: what a repair is measured by."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from mobius_tui.errors import RunError


@dataclass(frozen=True, kw_only=True, slots=True)
class Truth:
    """A sound site."""

    live: str
    """The release that served before the drill: the one of the newest backup."""
    releases: Mapping[str, str]
    """The digest of `node_modules/` for each release that ever was good, by its
    version."""
    source: str
    """The digest of `src/`, which the good releases share."""
    backups: Mapping[str, str]
    """The version in each backup, by the zip's name."""
    config: str
    """The digest of the configuration that is served."""
    schema: int
    """The version of the database's schema."""
    assets: int
    """How many assets the database held when the backups were made."""


def digest(folder: Path) -> str:
    """SHA-256 over the names and bytes of a folder's files, in hexadecimal.

    What npm notes for itself in a folder is no part of a release.
    """
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        ours = "__pycache__" in path.parts or path.name == ".package-lock.json"
        if path.is_file() and not ours:
            data = path.read_bytes()
            found.update(f"{path.relative_to(folder)}\0{len(data)}\0".encode())
            found.update(data)
    return found.hexdigest()


def version(root: Path) -> str:
    """The version of the release that a site's `package.json` names.

    Raises:
        RunError: it names none.
    """
    try:
        return str(json.loads((root / "package.json").read_text())["version"])
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise RunError(f"{root / 'package.json'} names no version: {error}") from error


def write_truth(root: Path, truth: Truth) -> None:
    """Keep it in the site."""
    (root / "run" / "truth.json").write_text(json.dumps(asdict(truth), indent=1) + "\n")


def read_truth(root: Path) -> Truth:
    """What `write_truth` kept.

    Raises:
        RunError: it is not there, or is none.
    """
    path = root / "run" / "truth.json"
    try:
        return Truth(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise RunError(f"{path} does not say what the site was: {error}") from error
