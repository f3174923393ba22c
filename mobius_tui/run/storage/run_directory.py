"""The paths in a run's directory, and how it is made and locked.

Folders are 0700 and files 0600, those of a shared run 02750 and 0640; nothing is opened
through a link.
"""

from __future__ import annotations

import fcntl
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from mobius_tui.errors import RunError
from mobius_tui.folders import sync_folder
from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.run.storage.kept_files import write_files
from mobius_tui.run.storage.safe_open import regular_descriptor
from mobius_tui.run.storage.state_folders import (
    TAKEOVER_NOTE,
    file_mode,
    make_folder,
    make_private_folder,
    runs_root,
    state_home,
)

if TYPE_CHECKING:
    from mobius_tui.runbook.model.runbook import Runbook


def create_file(path: Path, data: bytes = b"") -> None:
    """Write a new file durably; private, or readable for its group as its folder is.

    Raises:
        FileExistsError: the name is taken.
        OSError: it could not be written.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    mode = file_mode(path.parent)
    handle = os.open(path, flags, 0o600)
    with os.fdopen(handle, "wb") as file:
        if mode != 0o600:
            os.fchmod(handle, mode)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


_ATTEMPT_FOLDER = re.compile(r"(.+)\.([1-9][0-9]{0,8})", re.DOTALL)


def attempt_in_folder(name: str) -> AttemptId | None:
    """The attempt of a folder's name, `STEP.NUMBER`; `None` for other names."""
    found = _ATTEMPT_FOLDER.fullmatch(name)
    return AttemptId(found[1], int(found[2])) if found is not None else None


class AttemptDirectory(Struct, frozen=True):
    """`steps/ID.N`: the files of one attempt."""

    path: Path

    @property
    def script(self) -> Path:
        """The script that ran."""
        return self.path / "script"

    @property
    def output(self) -> Path:
        """Standard output and error as they came."""
        return self.path / "output"

    @property
    def spans(self) -> Path:
        """Which bytes of the output came from which stream, and when."""
        return self.path / "spans"

    @property
    def outputs(self) -> Path:
        """The KEY=VALUE lines that the script wrote to `$RUNBOOK_OUTPUT`."""
        return self.path / "outputs"

    @property
    def log_marks(self) -> Path:
        """Where the logs of its checks ended when the attempt began."""
        return self.path / "logs"

    @property
    def hosts(self) -> Path:
        """The list of a step's hosts; their outputs are in the folder `hosts`."""
        return self.path / "hosts.json"

    @property
    def pid(self) -> Path:
        """Exists if and only if the script may have run; has its process id."""
        return self.path / "pid"

    @property
    def lock(self) -> Path:
        """Locked by the keeper, with its process id in it."""
        return self.path / "lock"

    @property
    def tree(self) -> Path:
        """A lock that the step's processes inherit: held until all end or close it."""
        return self.path / "tree"

    @property
    def told_secrets(self) -> Path:
        """The socket on which what runs is told of secrets that are learnt later."""
        return self.path / "secrets.sock"

    @property
    def unfinished_exit(self) -> Path:
        """Space reserved for `exit`; says when the keeper waits for a full disk."""
        return self.path / "exit.new"

    @property
    def exit(self) -> Path:
        """The script's end, renamed into place by the keeper."""
        return self.path / "exit"


class RunDirectory(Struct, frozen=True):
    """One run's directory."""

    path: Path

    @property
    def id(self) -> str:
        """The run's name."""
        return self.path.name

    @property
    def runbook(self) -> Path:
        """The folder of the exact text that is being run."""
        return self.path / "runbook"

    @property
    def files(self) -> Path:
        """The folder of the runbook's `files`; only there if it has any."""
        return self.path / "files"

    def source_files(self) -> tuple[Path, ...]:
        """The files of what is being run: its text, and its `files`.

        Raises:
            OSError: a folder cannot be read.
        """
        folders = (self.runbook, self.files) if self.files.exists() else (self.runbook,)
        return tuple(path for each in folders for path in sorted(each.iterdir()))

    @property
    def journal(self) -> Path:
        """`journal.jsonl`: every event of the run."""
        return self.path / "journal.jsonl"

    @property
    def health(self) -> Path:
        """`health.jsonl`: every result of a probe, and samples of the machine."""
        return self.path / "health.jsonl"

    @property
    def socket(self) -> Path:
        """The Unix socket on which the host listens for viewers."""
        return self.path / "control.sock"

    @property
    def lock(self) -> Path:
        """Locked by the host for as long as it lives, with its process id in it."""
        return self.path / "lock"

    @property
    def host_log(self) -> Path:
        """The host's own stdout and stderr."""
        return self.path / "host.log"

    @property
    def record(self) -> Path:
        """`record.toml`, which is written when the run ends."""
        return self.path / "record.toml"

    @property
    def stats(self) -> Path:
        """Figures of the ended run for statistics over many runs.

        See `records.past_run`.
        """
        return self.path / "stats.json"

    @property
    def refused(self) -> Path:
        """`refused.jsonl`: what a confined drill was refused; only there for one."""
        return self.path / "refused.jsonl"

    @property
    def imported(self) -> Path:
        """Where the run came from; only there for one that ran elsewhere."""
        return self.path / "imported.toml"

    @property
    def takeover_note(self) -> Path:
        """Where a colleague went on with the run; only there where one may."""
        return self.path / TAKEOVER_NOTE

    @property
    def last_view(self) -> Path:
        """When a screen last showed the run; see `last_viewed`."""
        return self.path / "glance.json"

    @property
    def table_of_contents(self) -> Path:
        """The title of the run and of its steps; see `table_of_contents`."""
        return self.path / "contents"

    @property
    def steps(self) -> Path:
        """The folder of all attempts."""
        return self.path / "steps"

    def attempt(self, step: str, number: int) -> AttemptDirectory:
        """The directory of one attempt."""
        return AttemptDirectory(self.steps / str(AttemptId(step, number)))

    def attempts(self) -> tuple[AttemptId, ...]:
        """The attempts that have a folder; other files beside those are ignored."""
        names = sorted(path.name for path in self.steps.glob("*.*"))
        found = (attempt_in_folder(name) for name in names)
        return tuple(each for each in found if each is not None)

    def folder_number(self) -> tuple[int, int] | None:
        """The device and the inode of the folder; `None` where it is not there."""
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino

    def host_pid(self) -> int | None:
        """The process id of the living host, by its lock; `None` if there is none.

        It is 0 where the host has not written its id yet.
        """
        return lock_holder(self.lock)


def lock_holder(path: Path) -> int | None:
    """The process id in a lock file that is locked; `None` when it is free.

    It is 0 where the process that has the lock has not written its id yet.
    """
    try:
        handle = regular_descriptor(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RunError(f"{path}: {error.strerror}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        text = os.read(handle, 32).decode("ascii", "replace").strip()
        return int(text) if text.isdigit() else 0
    else:
        return None
    finally:
        os.close(handle)


def try_lock(handle: int) -> bool:
    """Lock an open file or folder exclusively; returns whether it was free."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def replace_sources(run: RunDirectory, runbook: Runbook) -> None:
    """Put other bytes of a runbook into the directory of a run that has not begun.

    Raises:
        RunError: they cannot be written.
    """
    try:
        for old in run.source_files():
            old.unlink()
        if run.files.exists():
            run.files.rmdir()
        _write_sources(run, runbook)
        sync_folder(run.path)
    except OSError as error:
        raise RunError(f"{run.path}: {error.strerror}; free some space") from error


def _write_sources(run: RunDirectory, runbook: Runbook) -> None:
    for source in runbook.texts:
        create_file(run.runbook / source.name, source.data)
    if runbook.files:
        write_files(run.files, runbook.files)


def make_run_directory(
    root: Path,
    runbook: Runbook,
    at: float,
    *,
    shared: bool = False,
) -> RunDirectory:
    """Make the directory of a new run, with the runbook's bytes in it.

    Args:
        root: the folder of runs.
        runbook: what is run; its id is a part of the run's name.
        at: when it begins, in seconds since 1970.
        shared: whether `root` is one that `state_folders.make_shared_folder` made.

    Raises:
        RunError: it cannot be made.
    """
    if root == runs_root():
        make_private_folder(state_home())
    if not shared:
        make_private_folder(root)
    when = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H-%M-%S")
    for suffix in ("", *(f"-{n}" for n in range(2, 100))):
        path = root / f"{when}-{runbook.id}{suffix}"
        try:
            make_folder(path)
        except FileExistsError:
            continue
        except OSError as error:
            raise RunError(f"{path}: {error.strerror}") from error
        break
    else:
        raise RunError(f"{root}: a hundred runs began in this second")
    run = RunDirectory(path)
    try:
        for folder in (run.runbook, run.steps):
            make_folder(folder)
        _write_sources(run, runbook)
        for empty in (run.journal, run.health, run.host_log, run.lock):
            create_file(empty)
        sync_folder(run.path)
        sync_folder(root)
    except OSError as error:
        raise RunError(f"{path}: {error.strerror}; free some space") from error
    return run
