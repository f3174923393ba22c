"""Examines whether the host process of a run goes on after a log-out.

The host runs in a session of its own, which protects it from the terminal's signals,
but not from systemd-logind, which can kill all processes of a login when it ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from mobius_tui.doctor.finding import Finding

LOGIN_SUBJECT = "after log-out"
SYSTEMD_FOLDERS = (
    "usr/lib/systemd",
    "usr/local/lib/systemd",
    "run/systemd",
    "etc/systemd",
)
"""Where `logind.conf` and its drop-ins are, the strongest last."""
_SETTING = re.compile(r"(#?)\s*(\w+)\s*=\s*(.*?)\s*")
KILL_SETTING = "KillUserProcesses"
TRUE_VALUES = frozenset({"yes", "y", "true", "t", "on", "1"})
"""What systemd takes for true."""


def login_finding(root: Path, user: str) -> Finding:
    """Examine whether a host goes on when its starter logs out.

    Args:
        root: the folder that has `etc`, `proc`, `run` and `var`: `/`, or a copy.
        user: the account's name.
    """
    if not (root / "run/systemd/system").is_dir():
        return Finding(
            about=LOGIN_SUBJECT, verdict="ok", words="no systemd kills what is left"
        )
    own = _own_cgroup(root)
    settings = _settings(root)
    lingers = (root / "var/lib/systemd/linger" / user).exists()
    if own and "session-" not in own:
        return _finding_outside_login(own, lingers=lingers)
    if KILL_SETTING not in settings:
        words = (
            f"no file of systemd says what {KILL_SETTING} is; its own default is yes"
        )
        return Finding(
            about=LOGIN_SUBJECT,
            verdict="note",
            words=words,
            remedy=_remedy(lingers=lingers),
        )
    if not _is_killed(settings, user):
        words = "systemd leaves what runs: KillUserProcesses is off for this account"
        return Finding(about=LOGIN_SUBJECT, verdict="ok", words=words)
    words = (
        "systemd ends every process of this login at log-out (KillUserProcesses=yes): "
        "the host and its steps, too"
    )
    return Finding(
        about=LOGIN_SUBJECT,
        verdict="trouble",
        words=words,
        remedy=_remedy(lingers=lingers),
    )


def _remedy(*, lingers: bool) -> str:
    """How to start a run that outlives the login."""
    way = "start it by `systemd-run --user --scope mobius-tui …`"
    return way if lingers else f"`loginctl enable-linger`, once; then {way}"


def _finding_outside_login(own: str, *, lingers: bool) -> Finding:
    """The finding for a shell in no login's scope: a service, or the user's manager."""
    if "user@" not in own or lingers:
        words = "this shell is in no login's scope, so nothing ends with one"
        return Finding(about=LOGIN_SUBJECT, verdict="ok", words=words)
    words = "the user's own systemd ends with the last login, and the host with it"
    remedy = "`loginctl enable-linger`, once"
    return Finding(about=LOGIN_SUBJECT, verdict="trouble", words=words, remedy=remedy)


def _own_cgroup(root: Path) -> str:
    """The control group of this process; empty where that is not known."""
    text = _read(root / "proc/self/cgroup")
    named = [row.rpartition(":")[2] for row in text.splitlines() if "slice" in row]
    return named[0] if named else ""


def _is_killed(settings: dict[str, str], user: str) -> bool:
    if settings[KILL_SETTING].lower() not in TRUE_VALUES:
        return False
    only = settings.get("KillOnlyUsers", "").split()
    spared = settings.get("KillExcludeUsers", "root").split()
    return user not in spared and (not only or user in only)


def _settings(root: Path) -> dict[str, str]:
    """The settings from all files; one that is commented out shows its default."""
    settings: dict[str, str] = {}
    for is_comment in (True, False):
        for path in _files(root):
            for row in _read(path).splitlines():
                match = _SETTING.fullmatch(row.strip())
                if match and bool(match[1]) == is_comment:
                    settings[match[2]] = match[3]
    return settings


def _files(root: Path) -> Iterator[Path]:
    """The files of logind's configuration, weakest first: later ones override."""
    mains = [root / folder / "logind.conf" for folder in SYSTEMD_FOLDERS]
    yield from [path for path in mains if path.is_file()][-1:]
    drops: dict[str, Path] = {}
    for folder in SYSTEMD_FOLDERS:
        for path in sorted((root / folder / "logind.conf.d").glob("*.conf")):
            drops[path.name] = path  # one of the same name stands for it
    yield from (drops[name] for name in sorted(drops))


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
