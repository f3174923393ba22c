"""What a host does before it runs a run: takes the lock, finds left-over attempts."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping

from msgspec import Struct, field, to_builtins

from mobius_tui.errors import RunError
from mobius_tui.json_border import json_as
from mobius_tui.run.events.run_events import RunBegan
from mobius_tui.run.events.watch_events import WatchBegan
from mobius_tui.run.host.copies import HeldKey, hold_key
from mobius_tui.run.records.record_file import refuse_cut_journal
from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.storage.kept_files import files_environment
from mobius_tui.run.storage.run_directory import (
    RunDirectory,
    attempt_in_folder,
    lock_holder,
    try_lock,
)
from mobius_tui.run.storage.state_folders import account_name, require_may_host
from mobius_tui.run.storage.taken_run import refuse_taken

RESTORED_VARIABLES = ("PATH", "HOME", "LANG", "TMPDIR")
"""Environment variables that steps get as they were when the run began."""
UNWATCHED_DRILL_LIMIT = 600.0
"""Seconds after which a drill without viewers ends."""


class HostSpec(Struct, frozen=True, kw_only=True):
    """What the process that runs a run is started with."""

    began: RunBegan | None = None
    """How the run begins; `None` to resume it."""
    values: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """First values: name → (value, source)."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    first_intent: str | None = None
    """An encoded envelope that the host acts on first: to automate, arm or reopen."""
    watch: WatchBegan | None = None
    """What makes the run a watch; it begins with it, and is armed by `first_intent`."""
    unwatched_limit: float = UNWATCHED_DRILL_LIMIT
    """Seconds after which a drill that nobody watches ends."""
    taken_epoch: int | None = None
    """The epoch of those from whom a person takes the run over; `None` to begin where
    its last host was."""

    def encode(self) -> bytes:
        """Encode it as the host's standard input."""
        return json.dumps(to_builtins(self, enc_hook=dict)).encode()

    @classmethod
    def decode(cls, data: bytes) -> HostSpec:
        """Decode what `encode` wrote.

        Raises:
            ValueError: it is something else.
        """
        return json_as(cls, data)


def refuse_imported(directory: RunDirectory) -> None:
    """Refuse to run a run that was imported.

    Raises:
        RunError: it was.
    """
    if directory.imported.exists():
        raise RunError(
            f"{directory.id} was imported: it is read here, and never run; "
            f"`mobius-tui report {directory.id}` tells it"
        )


def refuse_unhostable(directory: RunDirectory) -> None:
    """Refuse to host a run that is damaged, imported, another's, or taken by another.

    Raises:
        RunError: the run is one of these.
    """
    refuse_imported(directory)
    require_may_host(directory.path)
    refuse_taken(directory)
    refuse_cut_journal(directory)


class HeldRun(Struct, frozen=True, kw_only=True):
    """A run that this process alone may run."""

    lock: int
    """A descriptor; it holds the lock of the run's folder while it is open."""
    key: HeldKey

    def close(self) -> None:
        """Let go of the run."""
        self.key.close()
        os.close(self.lock)


def take_run(directory: RunDirectory, spec: HostSpec) -> HeldRun:
    """Take a run: the lock of its folder, and its key on this machine.

    Raises:
        RunError: another host has one of them, or no host may run it here: it was
            imported, is another user's or open to others, its journal was cut, or the
            folder is a copy of it; says which.
    """
    refuse_unhostable(directory)
    lock = _take_lock(directory)
    new_key = None if spec.began is None else spec.began.key
    try:
        key = hold_key(directory, new_key, spec.taken_epoch)
    except RunError:
        os.close(lock)
        raise
    return HeldRun(lock=lock, key=key)


def _take_lock(directory: RunDirectory) -> int:
    """Take the lock of a run's folder; the descriptor holds it while it is open.

    Raises:
        RunError: another host has it, or it was replaced.
    """
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        handle = os.open(directory.lock, flags)
    except OSError as error:
        raise RunError(f"{directory.lock}: {error.strerror}") from error
    deadline = time.monotonic() + 1.0
    while not try_lock(handle):
        # Whoever only looks at the lock holds it for a moment, without a pid in it.
        pid = lock_holder(directory.lock)
        if pid or time.monotonic() > deadline:
            os.close(handle)
            raise RunError(
                f"{directory.id} is run by host process {pid} already; "
                f"`mobius-tui resume {directory.id}` shows it"
            )
        time.sleep(0.01)
    if os.fstat(handle).st_ino != directory.lock.stat().st_ino:
        os.close(handle)
        raise RunError(f"{directory.lock} was replaced; put the old one back")
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    return handle


def left_over_attempts(
    directory: RunDirectory, state: RunState
) -> tuple[AttemptId, ...]:
    """Attempts that are running according to the journal.

    Other files beside the folders of attempts are ignored.

    Raises:
        RunError: there is an attempt that is not in the journal: it was cut.
    """
    journaled = {
        str(AttemptId(step_id, number))
        for step_id, step in state.steps.items()
        for number in range(1, len(step.attempts) + 1)
    }
    for path in sorted(directory.steps.iterdir()):
        if attempt_in_folder(path.name) is not None and path.name not in journaled:
            raise RunError(
                f"{directory.id}: there is an attempt {path.name} that the journal "
                "does not know: lines were cut from its end, and it cannot go on"
            )
    return tuple(
        AttemptId(step_id, len(step.attempts))
        for step_id, step in state.steps.items()
        if step.status is Status.RUNNING
    )


def step_environment(directory: RunDirectory, began: RunBegan) -> dict[str, str]:
    """The environment of steps: this process's, with the run's own values restored.

    Whoever goes on with a run of another's keeps their own HOME and TMPDIR: those of
    the other are not theirs to use. The runbook's `files` are found in it first.
    """
    env = dict(os.environ)
    is_own = began.operator == current_operator()
    for name in RESTORED_VARIABLES if is_own else ("PATH", "LANG"):
        if name in began.setting:
            env[name] = began.setting[name]
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    return files_environment(directory.files, env) if began.files else env


def current_operator() -> str:
    """The name of the account that starts a run or a host."""
    return account_name(os.getuid())
