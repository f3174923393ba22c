"""The folders that runs are kept in, private or shared, and the ids of runs in them.

Light, since a shell asks for them at every TAB.

A run is in its owner's home, which nobody else can read. One that is shared is in
`BASE/mobius-tui-UID/GROUP/`: folders 02750 and files 0640, all of the group's. Only
folders of the user whose number is in the name are trusted: anyone may make folders in
the base.
"""

from __future__ import annotations

import grp
import os
import pwd
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from mobius_tui.errors import RunError, UsageError
from mobius_tui.folders import make_folders


def state_home() -> Path:
    """The folder of everything that the program stores: runs and drill sites."""
    base = os.environ.get("XDG_STATE_HOME", "")
    home = Path(base) if base.startswith("/") else Path.home() / ".local" / "state"
    return home / "mobius-tui"


def runs_root() -> Path:
    """The folder of all runs."""
    return state_home() / "runs"


def make_private_folder(path: Path) -> None:
    """Make a folder that only its owner may enter, and its parents.

    Raises:
        RunError: something else stands there, or it belongs to someone else.
    """
    try:
        make_folders(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
        status = path.lstat()
    except OSError as error:
        raise RunError(f"{path}: {error.strerror}; set XDG_STATE_HOME") from error
    if not stat.S_ISDIR(status.st_mode):
        raise RunError(f"{path} is no folder; move it away")
    if status.st_uid != os.getuid():
        raise RunError(f"{path} belongs to another user; set XDG_STATE_HOME")
    if status.st_mode & 0o077:
        path.chmod(0o700)


RUN_ID = re.compile(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\S+")
"""The moment at which a run began, then its runbook."""


def run_ids(folder: Path) -> list[str]:
    """The ids of the runs in a folder, in no order; none where it is not there."""
    try:
        with os.scandir(folder) as entries:
            return [
                entry.name
                for entry in entries
                if RUN_ID.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False)
            ]
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return []


SHARED_FOLDER_MODE = 0o2750
"""The mode of a shared folder, with setgid: what is made in it is the group's, too."""
_FOLDER = re.compile(r"mobius-tui-(\d+)")


def shared_base() -> Path:
    """The folder of shared runs; `MOBIUS_TUI_SHARED` names another."""
    given = os.environ.get("MOBIUS_TUI_SHARED", "")
    return Path(given) if given.startswith("/") else Path("/var/tmp")  # noqa: S108


def make_shared_folder(group: str) -> Path:
    """The folder of this user's runs that a group may read; made where it is not.

    Raises:
        UsageError: there is no such group, or this user is not in it.
        RunError: something else stands there, or it belongs to someone else.
    """
    try:
        gid = grp.getgrnam(group).gr_gid
    except KeyError:
        raise UsageError(f"--share {group}: there is no such group") from None
    outer = shared_base() / f"mobius-tui-{os.getuid()}"
    folder = outer / group
    try:
        for path, mode in ((outer, 0o711), (folder, 0o700)):
            with suppress(FileExistsError):
                path.mkdir(mode=mode)
            _require_own_folder(path)
        outer.chmod(0o711)
        _give_to_group(folder, gid)
    except PermissionError as error:
        raise UsageError(
            f"--share {group}: {error.filename}: {error.strerror}; are you in that "
            "group?"
        ) from error
    except OSError as error:
        raise RunError(
            f"{error.filename}: {error.strerror}; set MOBIUS_TUI_SHARED"
        ) from error
    return folder


def _require_own_folder(path: Path) -> None:
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode):
        raise RunError(f"{path} is no folder; move it away, or set MOBIUS_TUI_SHARED")
    if status.st_uid != os.getuid():
        raise RunError(f"{path} belongs to another user; set MOBIUS_TUI_SHARED")


def _give_to_group(folder: Path, gid: int) -> None:
    """Share a folder with a group; fails for a user who is not in it."""
    os.chown(folder, -1, gid, follow_symlinks=False)
    folder.chmod(SHARED_FOLDER_MODE)


def is_group_readable_folder(folder: Path) -> bool:
    """Whether new files in a folder are for its group to read."""
    return stat.S_IMODE(folder.lstat().st_mode) == SHARED_FOLDER_MODE


def file_mode(folder: Path) -> int:
    """The mode of a new file in a run's folder."""
    return 0o640 if is_group_readable_folder(folder) else 0o600


def make_folder(path: Path) -> None:
    """Make a folder as private as the one that it is in.

    Raises:
        OSError: it cannot be made.
    """
    path.mkdir(mode=0o700)
    if is_group_readable_folder(path.parent):
        path.chmod(SHARED_FOLDER_MODE)


def own_shared_folders() -> Iterator[Path]:
    """The folders of this user's own shared runs."""
    outer = shared_base() / f"mobius-tui-{os.getuid()}"
    with suppress(OSError):
        if _is_folder_of_user(outer, os.getuid()):
            yield from (
                each
                for each in outer.iterdir()
                if _is_folder_of_user(each, os.getuid())
            )


def shared_folders_of_others() -> Iterator[Path]:
    """The folders of runs that others share with a group of this user's."""
    groups: list[str] | None = None
    with suppress(OSError):
        for outer in shared_base().iterdir():
            match = _FOLDER.fullmatch(outer.name)
            owner = int(match[1]) if match else os.getuid()
            if owner != os.getuid() and _is_folder_of_user(outer, owner):
                groups = _own_groups() if groups is None else groups
                yield from (
                    outer / name
                    for name in groups
                    if _is_folder_of_user(outer / name, owner)
                )


def _own_groups() -> list[str]:
    """The names of this user's groups; a directory far away may have to be asked."""
    groups = []
    for gid in {os.getegid(), *os.getgroups()}:
        with suppress(KeyError):
            groups.append(grp.getgrgid(gid).gr_name)
    return groups


def _is_folder_of_user(path: Path, uid: int) -> bool:
    """Whether a path is a folder of a user's, in which nobody else can write."""
    try:
        status = path.lstat()
    except OSError:
        return False
    is_folder = stat.S_ISDIR(status.st_mode)
    return is_folder and status.st_uid == uid and not status.st_mode & 0o022


def is_of_another_user(path: Path) -> bool:
    """Whether a run's folder belongs to another account, by the kernel's word."""
    with suppress(OSError):
        return path.lstat().st_uid != os.getuid()
    return False


TAKEOVER_NOTE = "taken"
"""A run's file in which a colleague notes where they went on with it."""


def require_may_host(path: Path) -> None:
    """Refuse to host a run that another user owns or could change.

    Its scripts would be run in the name of whoever resumes it.

    Raises:
        RunError: it is, or it could be changed.
    """
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode):
        raise RunError(f"{path} is no folder, so no run that can go on")
    if status.st_uid != os.getuid():
        remedy = (
            f"; once it has no host, `mobius-tui takeover {path.name}` goes on with it"
            if (path / TAKEOVER_NOTE).exists()
            else ", and run by its owner alone"
        )
        raise RunError(f"{path.name} is another user's run: it is read here{remedy}")
    if status.st_mode & 0o022:
        raise RunError(
            f"others may write in {path}: what is in it is not run; look at it, and "
            f"`chmod go-w` it"
        )


def account_name(uid: int) -> str:
    """A user's name, or its number."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
