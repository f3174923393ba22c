"""Faults in the way of whoever rolls back: backups, and the script that restores."""

from __future__ import annotations

import hashlib
import shutil
from datetime import datetime, timedelta
from pathlib import Path

from mobius_tui.drill.faults.fault import Fault, fault_random
from mobius_tui.drill.site.drill_site import Site
from mobius_tui.drill.site.site_files import (
    ASSETS,
    RELEASES_FOLDER,
    SiteKind,
    installed_version,
    read_baseline,
    run_site_program,
)
from mobius_tui.errors import RunError

ROLLBACK_SCRIPT = "scripts/deploy/rollback_dhash.sh"
_EARLY_BREAKS = {
    SiteKind.REAL: 'begin "Extracting the backup"\n',
    SiteKind.RICH: 'begin "Extracting the backup"\n',
    SiteKind.LENIENT: 'begin "Restoring configuration"\n',
}
"""Where the script dies by kind of site: before anything is restored; on a lenient site
the services are stopped then."""
_HALF_WAY_BREAK = 'begin "Restoring packages"\n'
"""Where it dies half-way: the configuration is restored, and no package."""
_BACKUPS_KEPT = 10
"""Backups that a script keeps: as many may be of the broken state."""
_FLIPPED_BYTES = 64
"""Bytes of a damaged backup that are flipped."""


def backups(site: Site) -> tuple[Path, ...]:
    """The backups of what is served, newest first."""
    found = (site.root / "backups").glob(f"dhash_{site.environment}_*.zip")
    return tuple(sorted(found, reverse=True))


def _newest_backup(site: Site) -> Path:
    """The newest backup of what is served.

    Raises:
        RunError: there is none.
    """
    found = backups(site)
    if not found:
        raise RunError(
            f"{site.root} has no backup of {site.environment}: run "
            f"scripts/deploy/backup.sh --env {site.environment} there first"
        )
    return found[0]


def _checksum_file(backup: Path) -> Path:
    return backup.with_name(f"{backup.name}.sha256")


def is_intact(backup: Path) -> bool:
    """Whether a backup is what its .sha256 says."""
    try:
        want = _checksum_file(backup).read_text().split()[0]
    except (OSError, IndexError):
        return False
    return hashlib.sha256(backup.read_bytes()).hexdigest() == want


def _flip_bytes(site: Site, backup: Path) -> None:
    """Flip some bytes of a backup; the same ones each time."""
    data = bytearray(backup.read_bytes())
    places = range(len(data))
    for place in fault_random(site, "corrupt-backup").sample(
        places, min(_FLIPPED_BYTES, len(data))
    ):
        data[place] ^= 0xFF
    backup.write_bytes(data)


def _corrupt(site: Site) -> None:
    newest = _newest_backup(site)
    if is_intact(newest):
        _flip_bytes(site, newest)


def _damaged_backups(site: Site) -> tuple[Path, ...]:
    """The backups that have a .sha256 and are not what it says, newest first."""
    return tuple(
        each
        for each in backups(site)
        if _checksum_file(each).exists() and not is_intact(each)
    )


def _restore_backup(site: Site) -> None:
    """Flip the bytes back, in whichever backup was the newest when it was broken."""
    for backup in _damaged_backups(site):
        _flip_bytes(site, backup)
        if not is_intact(backup):
            _flip_bytes(site, backup)  # something else has damaged it


def _corrupt_symptom(site: Site) -> str:
    damaged = _damaged_backups(site)
    return f"{damaged[0].name} is not what its .sha256 says" if damaged else ""


def _remove_checksum(site: Site) -> None:
    _checksum_file(_newest_backup(site)).unlink(missing_ok=True)


def _unsummed_backups(site: Site) -> tuple[Path, ...]:
    """The backups that have no .sha256, newest first."""
    return tuple(each for each in backups(site) if not _checksum_file(each).exists())


def _restore_checksum(site: Site) -> None:
    for backup in _unsummed_backups(site):
        _write_checksum(backup)


def _write_checksum(backup: Path) -> None:
    found = hashlib.sha256(backup.read_bytes()).hexdigest()
    _checksum_file(backup).write_text(f"{found}  {backup.name}\n")


def _checksum_symptom(site: Site) -> str:
    unsummed = _unsummed_backups(site)
    return f"{unsummed[0].name} has no .sha256" if unsummed else ""


def good_backups(site: Site) -> tuple[Path, ...]:
    """The backups that were made before anything was broken, newest first."""
    known = read_baseline(site.root).backups
    return tuple(each for each in backups(site) if each.name in known)


def _untrusted_release(site: Site) -> tuple[str, ...]:
    """Check that the release is that of the newest good backup that can be trusted.

    Or that of its own archive, where one has taken the place of what was installed.
    """
    baseline = read_baseline(site.root)
    archives = {path.name for path in (site.root / RELEASES_FOLDER).iterdir()}
    replaced = list(site.root.glob("src.failed.*"))
    if replaced and f"mobius-{installed_version(site.root)}.tar.gz" in archives:
        return ()
    for backup in good_backups(site):
        if is_intact(backup):
            wanted, found = baseline.backups[backup.name], installed_version(site.root)
            if found == wanted:
                return ()
            return (f"{found} is installed; the newest good backup has {wanted}",)
    return ("no backup can be trusted",)


def _script(site: Site) -> Path:
    """The original of the rollback script."""
    overlay = ASSETS / site.kind / ROLLBACK_SCRIPT
    return overlay if overlay.exists() else ASSETS / "site" / ROLLBACK_SCRIPT


def _insert(site: Site, place: str, line: str) -> None:
    """Insert a line into the script."""
    text = _script(site).read_text()
    if place not in text:
        raise RunError(
            f"{ROLLBACK_SCRIPT} has no line {place.strip()!r} to break it at"
        )
    (site.root / ROLLBACK_SCRIPT).write_text(text.replace(place, f"{place}{line}\n"))


def _break_script(site: Site) -> None:
    """Give the script a line that calls a program which this machine lacks."""
    _insert(site, _EARLY_BREAKS[site.kind], "purge-edge-cache --all")


def _break_half_way(site: Site) -> None:
    _insert(site, _HALF_WAY_BREAK, "kill -9 $$")


def _prompt(site: Site) -> None:
    """The script asks, whatever it was told, and nobody is there to answer."""
    _insert(site, "need_environment\n", f"{_PROMPT_LINES}")


_PROMPT_LINES = """printf 'Ticket number: ' >&2
read -r ticket
say "for $ticket"
"""


def _restore_script(site: Site) -> None:
    shutil.copyfile(_script(site), site.root / ROLLBACK_SCRIPT)


def _script_symptom(site: Site) -> str:
    same = (site.root / ROLLBACK_SCRIPT).read_bytes() == _script(site).read_bytes()
    return "" if same else f"{ROLLBACK_SCRIPT} is not what it was"


def _roll_back_first(site: Site) -> None:
    """An hour ago somebody rolled back from a bad release; it was deployed again since.

    That rollback has kept a backup of the broken state, as the real script does.
    """
    at = datetime.now() - timedelta(hours=1)  # noqa: DTZ005 - as scripts stamp it
    _back_up(site, at)
    kept = f"{site.environment}.backup.{at + timedelta(seconds=1):%Y%m%d_%H%M%S}"
    shutil.copytree(site.config, site.root / "config" / kept)


def _remove_rollback_traces(site: Site) -> None:
    for kept in site.root.glob(f"config/{site.environment}.backup.*"):
        shutil.rmtree(kept)
    _remove_bad_backups(site)


def _remove_bad_backups(site: Site) -> None:
    """Remove the backups that were made of the broken state."""
    for backup in set(backups(site)) - set(good_backups(site)):
        backup.unlink()
        _checksum_file(backup).unlink(missing_ok=True)


def _newest_bad_symptom(site: Site) -> str:
    newest = _newest_backup(site)
    bad = newest not in good_backups(site)
    return f"{newest.name} is of the broken state" if bad else ""


def _back_up(site: Site, at: datetime) -> None:
    """Let the site's script make a backup of the current state with another date."""
    words = ("scripts/deploy/backup.sh", "--env", site.environment)
    run_site_program(site.root, *words, MOBIUS_STAMP=f"{at:%Y%m%d_%H%M%S}")


def _crowd_out_good_backups(site: Site) -> None:
    """Of ten backups nine are of the broken state; the next removes the good one."""
    _remove_bad_backups(site)
    now = datetime.now()  # noqa: DTZ005 - as scripts stamp it
    for older in good_backups(site)[1:]:
        older.unlink()
        _checksum_file(older).unlink()
    for n in range(_BACKUPS_KEPT - 1, 0, -1):
        _back_up(site, now - timedelta(minutes=10 * n))


def _foreign_backup(site: Site) -> None:
    """The newest backup has this environment's name, and another's content."""
    other = "production" if site.environment == "staging" else "staging"
    at = datetime.now() - timedelta(minutes=30)  # noqa: DTZ005 - as scripts stamp it
    stamp = f"{at:%Y%m%d_%H%M%S}"
    folder = site.root / "tmp" / "foreign"
    words = ("scripts/deploy/backup.sh", "--env", other, "--backup-dir", str(folder))
    run_site_program(site.root, *words, MOBIUS_STAMP=stamp)
    made = folder / f"dhash_{other}_{stamp}.zip"
    target = site.root / "backups" / f"dhash_{site.environment}_{stamp}.zip"
    shutil.move(made, target)
    shutil.rmtree(folder)
    _write_checksum(target)


def _hide_npm(site: Site) -> None:
    """Programs find no npm, as where only a shell of one's own has it."""
    (site.bin / "npm").write_text(
        "#!/usr/bin/env bash\n"
        'echo "npm: a stand-in for none: npm: command not found" >&2\nexit 127\n'
    )


def _restore_npm(site: Site) -> None:
    shutil.copyfile(ASSETS / "site" / "bin" / "npm", site.bin / "npm")


def _npm_symptom(site: Site) -> str:
    found = "command not found" in (site.bin / "npm").read_text()
    return "npm is not there" if found else ""


OBSTACLES = (
    Fault(
        name="corrupt-backup",
        title="Every page fails, and last night's disk alert was never explained.",
        handled_by="an older backup, which its checksum vouches for",
        role="obstacle",
        inject=_corrupt,
        heal=_restore_backup,
        symptom=_corrupt_symptom,
        unrepaired=_untrusted_release,
    ),
    Fault(
        name="missing-checksum",
        title="Every page fails, on the day on which a job was interrupted.",
        handled_by="an older backup, which its checksum vouches for",
        role="obstacle",
        inject=_remove_checksum,
        heal=_restore_checksum,
        symptom=_checksum_symptom,
        unrepaired=_untrusted_release,
    ),
    Fault(
        name="rollback-fails",
        title="Every page fails, and the tools were updated, too.",
        handled_by="failure recovery: a restoration by hand",
        role="obstacle",
        inject=_break_script,
        heal=_restore_script,
        failing_steps=("execute", "auto-execute"),
        symptom=_script_symptom,
    ),
    Fault(
        name="half-restored",
        title="Every page fails, and the machine is short of memory.",
        handled_by="failure recovery: a restoration by hand",
        role="obstacle",
        inject=_break_half_way,
        heal=_restore_script,
        failing_steps=("execute", "auto-execute"),
        symptom=_script_symptom,
    ),
    Fault(
        name="prompting-script",
        title="Every page fails, and there is a new policy since Monday.",
        handled_by="failure recovery: a restoration by hand",
        role="obstacle",
        inject=_prompt,
        heal=_restore_script,
        failing_steps=("execute", "auto-execute"),
        symptom=_script_symptom,
    ),
    Fault(
        name="npm-missing",
        title="Every page fails, and the machine was set up anew last week.",
        handled_by="failure recovery, with the archive of the release",
        role="obstacle",
        inject=_hide_npm,
        heal=_restore_npm,
        failing_steps=("inspect-backup", "auto-inspect-backup"),
        symptom=_npm_symptom,
    ),
    Fault(
        name="second-rollback",
        title="Every page fails again, an hour after it was rolled back.",
        handled_by="the newest backup that no rollback has made",
        role="obstacle",
        inject=_roll_back_first,
        heal=_remove_rollback_traces,
        symptom=_newest_bad_symptom,
        unrepaired=_untrusted_release,
    ),
    Fault(
        name="pruned-backups",
        title="Every page fails since the morning, and many have had a go at it.",
        handled_by="the one backup of before, of which a copy is kept",
        role="obstacle",
        inject=_crowd_out_good_backups,
        heal=_remove_bad_backups,
        symptom=_newest_bad_symptom,
        unrepaired=_untrusted_release,
    ),
    Fault(
        name="wrong-environment",
        title="Every page of staging fails. Production is as well as ever.",
        handled_by="the newest backup that is of this environment",
        role="obstacle",
        environment="staging",
        inject=_foreign_backup,
        heal=_remove_bad_backups,
        symptom=_newest_bad_symptom,
        unrepaired=_untrusted_release,
    ),
)
"""Faults that are in the way of a rollback, and show only during one."""
