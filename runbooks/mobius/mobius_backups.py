"""What the programs beside it know of MOBIUS backups, and of the rollbacks on record.

A backup is `backups/dhash_ENV_YYYYMMDD_HHMMSS.zip` with its `.sha256`; it holds
`config/…` (the contents of `config/ENV`), the lists of packages, `.env.ENV` and
`backup_metadata.json`. `backups/rollbacks.log` is the runbooks' own: a line
`TIME|made|NAME` for what a rollback has backed up, `TIME|restored|NAME` for what it
restored, `TIME|undone|NAME` where that was taken back, and `TIME|replaced|NAME|SUM` for
the content that NAME took the place of: it is known when no backup of it is left.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import fcntl
import hashlib
import json
import os
import re
import select
import signal
import stat
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import IO, NoReturn

RECORD = Path("backups", "rollbacks.log")
"""Seen from the site's folder, in which all programs run."""
CONFIGURES = ("config/", "package", ".env")
"""How the names begin of what a backup restores."""
LARGEST = 1 << 30
"""Bytes that a backup may unpack to: far more than configuration and lists ever are."""
WARNED = 3
"""Exit code: done, and something is worth a look."""


def end(words: str, code: int = 1) -> NoReturn:
    """Say on stderr why it goes no further, and end."""
    sys.stderr.write(f"{Path(sys.argv[0]).name}: {words}\n")
    raise SystemExit(code)


def say(words: str) -> None:
    """A line for whoever reads the step's output, at once."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def warn(words: str) -> None:
    """A line on stderr that stops nothing."""
    sys.stdout.flush()
    sys.stderr.write(f"warning: {words}\n")


def plain_output() -> None:
    """Let nothing that a name holds stop a program from printing it."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(  # type: ignore[union-attr]
            encoding="utf-8", errors="backslashreplace"
        )


def environment(name: str) -> str:
    """The name of an environment; an empty one would mean the folder of all of them.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name) is None:
        raise argparse.ArgumentTypeError(f"{name!r} is no name of an environment")
    return name


def moment(stamp: str) -> float:
    """The time that `YYYYMMDD_HHMMSS` says, in seconds; 0 for what is no time.

    In the night in which clocks go back, one stamp is of two times: it is of the later
    one that is past.
    """
    try:
        said = time.strptime(stamp, "%Y%m%d_%H%M%S")
        known = {time.mktime((*said[:8], saving)) for saving in (0, 1)}
        known = {at for at in known if time.localtime(at)[:6] == said[:6]}
        past = [at for at in known if at <= time.time()]
        return max(past) if past else min(known or {time.mktime(said)})
    except (ValueError, OverflowError):
        return 0.0


def stamp_now() -> str:
    """Now, as the deployment's scripts stamp it."""
    return time.strftime("%Y%m%d_%H%M%S")


def unused_stamp(*names: Path) -> str:
    """Now, once none of the names is there with it: one second may see two of them."""
    stamp = stamp_now()
    while any(Path(f"{name}.{stamp}").exists() for name in names):
        time.sleep(0.1)
        stamp = stamp_now()
    return stamp


def stamp_of(name: str) -> str:
    """The time in a backup's name, `dhash_ENV_TIME.zip`."""
    return name[-19:-4]


def age(at: float) -> str:
    """How long ago that was: `4 min`, `3 h`, `5 d`; `-3 h` for what is yet to come."""
    since = int(time.time() - at)
    sign, minutes = "-" if since <= -60 else "", abs(since) // 60
    hours, days = minutes // 60, minutes // 1440
    if hours < 1:
        return f"{sign}{minutes} min"
    return f"{sign}{hours} h" if hours < 72 else f"{sign}{days} d"


def open_file(path: Path) -> IO[bytes]:
    """Open a file to be read: a regular one, since of others there may be no end.

    Raises:
        OSError: it cannot be read, or is none.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    return os.fdopen(descriptor, "rb")


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal.

    Raises:
        OSError: it cannot be read.
    """
    with open_file(path) as file:
        return sha256_in(file)


def sha256_in(file: IO[bytes]) -> str:
    """The SHA-256 of what is left of an open file, without holding all of it.

    Raises:
        OSError: it cannot be read.
    """
    found = hashlib.sha256()
    for part in iter(lambda: file.read(1 << 20), b""):
        found.update(part)
    return found.hexdigest()


def expected_sum(path: Path) -> str:
    """The sum in a backup's `.sha256`, whatever name stands beside it; or empty."""
    try:
        with open_file(Path(f"{path}.sha256")) as file:
            words = file.read(1024).decode(errors="replace").split()
    except OSError:
        return ""
    return words[0].lower() if words else ""


def metadata(archive: zipfile.ZipFile, name: str) -> dict[str, object]:
    """A file of JSON in an archive; empty where it is not there.

    Raises:
        ValueError, TypeError: it is there, and no table of JSON.
    """
    if name not in archive.namelist():
        return {}
    return dict(json.loads(archive.read(name)))


def why_not_unpacked(archive: zipfile.ZipFile) -> str:
    """Why an archive may not be unpacked; empty where it may."""
    members = archive.infolist()
    if sum(member.file_size for member in members) > LARGEST:
        return f"it would unpack to more than {LARGEST >> 20} MiB"
    for member in members:
        name, mode = member.filename, member.external_attr >> 16
        outside = name.startswith("/") or ".." in PurePosixPath(name).parts
        if outside or "\\" in name or "\0" in member.orig_filename:
            return f"{name!r} in it would land outside of its folder"
        if mode & 0o170000 not in (0, 0o100000, 0o040000):
            return f"{name!r} in it is neither a file nor a folder"
    return ""


def site_file(env: str, name: str) -> str:
    """Where a file of a backup belongs in the site."""
    return f"config/{env}/{name[7:]}" if name.startswith("config/") else name


def digest(parts: list[tuple[str, str]]) -> str:
    """A sum over names, as a backup has them, and the sums of contents."""
    return hashlib.sha256(repr(sorted(parts)).encode()).hexdigest()


def content_here(env: str) -> str:
    """The sum that a backup of what is here now would have; empty where none can be."""
    config = Path("config", env)
    files = [(p, f"config/{p.relative_to(config)}") for p in config.rglob("*")]
    files += [(Path(n), n) for n in ("package.json", "package-lock.json")]
    files.append((Path(f".env.{env}"), f".env.{env}"))
    try:
        return digest([(name, sha256_of(p)) for p, name in files if p.is_file()])
    except OSError:
        return ""


def is_backup_of(env: str, name: str) -> bool:
    """Whether a file is called as a backup of an environment is."""
    return name == f"dhash_{env}_{stamp_of(name)}.zip" and moment(stamp_of(name)) > 0


class Rollbacks:
    """The rollbacks on record here, of one environment: a folder may serve several."""

    def __init__(self, env: str) -> None:
        self.made: set[str] = set()
        """Backups that a rollback has made, of what was there before."""
        self.restored: dict[str, float] = {}
        """When each backup was restored last, in seconds."""
        self.replaced: set[str] = set()
        """The contents of what rollbacks have replaced."""
        self.last = ""
        """What was restored last, and not taken back since."""
        try:
            with open_file(RECORD) as file:
                lines = file.read().decode(errors="replace").splitlines()
        except FileNotFoundError:
            lines = []
        except OSError as error:
            lines = []
            warn(
                f"{RECORD} cannot be read: {error.strerror}: which backups rollbacks"
                " have made of what was bad is not known by it"
            )
        for line in lines:
            when, what, name, content = map(str.strip, f"{line}|||".split("|")[:4])
            if not is_backup_of(env, name):
                continue
            if what == "made":
                self.made.add(name)
            elif what == "replaced" and content:
                self.replaced.add(content)
            elif what == "restored" and moment(when):
                self.restored[name], self.last = moment(when), name
            elif what == "undone":
                self.restored.pop(name, None)
                self.last = ""


def note(what: str, *names: str, content: str = "") -> bool:
    """Put a line for each backup on record; where that cannot be written, only warn.

    What was restored is restored, whether or not anybody could write it down.

    Args:
        what: `made`, `restored`, `replaced` or `undone`.
        names: of backups.
        content: the sum of what was replaced.

    Returns:
        Whether it was written.
    """
    end_of_line = f"|{content}" if content else ""
    try:
        RECORD.parent.mkdir(exist_ok=True)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK
        with os.fdopen(os.open(RECORD, flags, 0o666), "a") as record:
            record.writelines(
                f"{stamp_now()}|{what}|{name}{end_of_line}\n" for name in names
            )
    except OSError as error:
        said = f"{', '.join(names)} was {what}"
        warn(f"{said}, and {RECORD} cannot be written: {error.strerror}")
        return False
    return True


def write_outputs(path: str, lines: list[str]) -> None:
    """Write a step's outputs; without a path, none."""
    if not path:
        return
    try:
        with Path(path).open("a", errors="replace") as output:
            output.writelines(f"{line}\n" for line in lines)
    except OSError as error:
        end(f"{path} cannot be written: {error.strerror}: make room, then once more")


def need_site(*folders: str) -> None:
    """End where this is not the folder of a site."""
    for folder in folders:
        if not Path(folder).is_dir():
            end(f"there is no {folder} in {os.getcwd()}: is --workdir the site's root?")


def lock_site() -> int:
    """Hold the site's folder, which wants no room on a disk; the descriptor."""
    descriptor = os.open(".", os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        end(
            f"another rollback is at work in {os.getcwd()}: wait for its end, and look"
            " at health before you begin another. Nothing has been changed"
        )
    return descriptor


def hold_for_script() -> tuple[int, Callable[[], object]]:
    """Begin a process of its own that holds what this one holds until a script ends.

    The script itself gets no descriptor: a service that it starts would hold the site
    for ever. And where this program is killed, the script is at work all the same.

    Returns:
        Its pid, to be waited for; and what tells it whom to wait for: the process that
        becomes the script calls it before it does.
    """
    reading, writing = os.pipe()
    holder = os.fork()
    if holder != 0:
        return holder, lambda: os.write(writing, str(os.getpid()).encode())
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    try:
        os.close(writing)  # of nobody who begins: the end of the pipe
        _wait_for(int(os.read(reading, 20)))
    finally:
        os._exit(0)


def _wait_for(pid: int) -> None:
    """Wait until a process has ended, which need not be a child of this one."""
    try:
        select.select([os.pidfd_open(pid)], [], [])
    except (AttributeError, OSError):  # only Linux has it
        with contextlib.suppress(OSError):
            while True:
                os.kill(pid, 0)
                time.sleep(0.1)
