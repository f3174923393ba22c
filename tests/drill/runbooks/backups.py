"""Backups of a site as a test wants them, and a walk that leaves them as they were."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from mobius_tui.drill.site.drill_site import Site
from mobius_tui.runbook.library.loader import load
from tests.drill.walking import ROLLBACK_RUNBOOK, Walk

Run = Callable[..., "CompletedProcess[str]"]
Newest = Callable[[Site], Path]


@pytest.fixture
def walk(site: Site, tmp_path: Path) -> Iterator[Walk]:
    """Whatever a test does to the backups, the next one finds them as they were."""
    config, backups = site.root / "config", site.root / "backups"
    shutil.copytree(backups, tmp_path / "backups")
    kept = set(config.iterdir())
    yield Walk(load(ROLLBACK_RUNBOOK), site, tmp_path)
    shutil.rmtree(backups)
    shutil.copytree(tmp_path / "backups", backups)
    for folder in set(config.iterdir()) - kept:
        shutil.rmtree(folder)


def write_sum(backup: Path) -> None:
    found = hashlib.sha256(backup.read_bytes()).hexdigest()
    Path(f"{backup}.sha256").write_text(f"{found}  {backup.name}\n")


def rewrite(backup: Path, **texts: str | None) -> None:
    """Give some files of a backup another text, or take them out; its sum is right."""
    names = {"about": "backup_metadata.json", "package": "package.json"}
    with zipfile.ZipFile(backup) as old:
        files = {name: old.read(name) for name in old.namelist()}
    for key, text in texts.items():
        files.pop(names.get(key, key), None)
        if text is not None:
            files[names.get(key, key)] = text.encode()
    with zipfile.ZipFile(backup, "w") as new:
        for name, data in files.items():
            new.writestr(name, data)
    write_sum(backup)


def stamped(site: Site, ago: timedelta, environment: str = "production") -> Path:
    """Where a backup would be that was made so long ago."""
    at = datetime.now() - ago  # noqa: DTZ005 - as scripts stamp it
    return site.root / "backups" / f"dhash_{environment}_{at:%Y%m%d_%H%M%S}.zip"
