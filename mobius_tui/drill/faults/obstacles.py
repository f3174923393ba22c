"""Faults in the way of whoever rolls back: backups, and the script that restores."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from mobius_tui.drill.faults.fault import Fault, dice
from mobius_tui.drill.furnish import ASSETS, ENVIRONMENT
from mobius_tui.drill.site import Site
from mobius_tui.drill.truth import read_truth

SCRIPT = "scripts/deploy/rollback_dhash.sh"
HALF_WAY = 'begin "Restoring application code"\n'
"""Where the script dies: the services are stopped, the configuration is restored."""


def backups(site: Site) -> tuple[Path, ...]:
    """The backups of what is served, newest first."""
    found = (site.root / "backups").glob(f"dhash_{ENVIRONMENT}_*.zip")
    return tuple(sorted(found, reverse=True))


def _sums(backup: Path) -> Path:
    return backup.with_name(f"{backup.name}.sha256")


def is_intact(backup: Path) -> bool:
    """Whether a backup is what its .sha256 says."""
    try:
        want = _sums(backup).read_text().split()[0]
    except (OSError, IndexError):
        return False
    return hashlib.sha256(backup.read_bytes()).hexdigest() == want


def _flip(site: Site) -> None:
    """Flip some bytes of the newest backup; the same ones each time."""
    newest = backups(site)[0]
    data = bytearray(newest.read_bytes())
    for place in dice(site, "corrupt-backup").sample(range(len(data)), 64):
        data[place] ^= 0xFF
    newest.write_bytes(data)


def _corrupt(site: Site) -> None:
    if is_intact(backups(site)[0]):
        _flip(site)


def _mend(site: Site) -> None:
    if not is_intact(backups(site)[0]):
        _flip(site)


def _is_corrupt(site: Site) -> str:
    newest = backups(site)[0]
    wrong = _sums(newest).exists() and not is_intact(newest)
    return f"{newest.name} is not what its .sha256 says" if wrong else ""


def _lose_sums(site: Site) -> None:
    _sums(backups(site)[0]).unlink(missing_ok=True)


def _sum_again(site: Site) -> None:
    newest = backups(site)[0]
    found = hashlib.sha256(newest.read_bytes()).hexdigest()
    _sums(newest).write_text(f"{found}  {newest.name}\n")


def _has_no_sums(site: Site) -> str:
    newest = backups(site)[0]
    return "" if _sums(newest).exists() else f"{newest.name} has no .sha256"


def _from_a_trusted_one(site: Site) -> tuple[str, ...]:
    """The release must be that of the newest backup that can be trusted."""
    truth = read_truth(site.root)
    version = (site.root / "app" / "VERSION").read_text().strip()
    for backup in backups(site):
        if is_intact(backup):
            wanted = truth.backups.get(backup.name, "")
            if version == wanted:
                return ()
            return (f"app/ holds {version}; the newest good backup has {wanted}",)
    return ("no backup can be trusted",)


def _break_script(site: Site) -> None:
    """Give the script a line that calls a program which this machine lacks."""
    script = site.root / SCRIPT
    text = script.read_text()
    if "purge-edge-cache" not in text:
        script.write_text(text.replace(HALF_WAY, f"{HALF_WAY}purge-edge-cache --all\n"))


def _mend_script(site: Site) -> None:
    shutil.copyfile(ASSETS / "site" / SCRIPT, site.root / SCRIPT)


def _dies(site: Site) -> str:
    good = (ASSETS / "site" / SCRIPT).read_bytes()
    same = (site.root / SCRIPT).read_bytes() == good
    return "" if same else f"{SCRIPT} calls a program that is not there"


OBSTACLES = (
    Fault(
        name="corrupt-backup",
        title="Every page fails, and last night's disk alert was never explained.",
        handled_by="an older backup, which its checksum vouches for",
        role="obstacle",
        inject=_corrupt,
        heal=_mend,
        symptom=_is_corrupt,
        proof=_from_a_trusted_one,
    ),
    Fault(
        name="missing-checksum",
        title="Every page fails, on the day on which a job was interrupted.",
        handled_by="an older backup, which its checksum vouches for",
        role="obstacle",
        inject=_lose_sums,
        heal=_sum_again,
        symptom=_has_no_sums,
        proof=_from_a_trusted_one,
    ),
    Fault(
        name="rollback-fails",
        title="Every page fails, and the tools were updated, too.",
        handled_by="failure recovery: a restoration by hand",
        role="obstacle",
        inject=_break_script,
        heal=_mend_script,
        reddens=("execute", "auto-execute"),
        symptom=_dies,
    ),
)
"""Those that are no reason to act, and show only to who does."""
