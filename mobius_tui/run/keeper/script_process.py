"""Starts the script's process, and ends its process group."""

import _signal
import errno
import fcntl
import os
import time

from mobius_tui.run.keeper.process_table import (
    has_other_children,
    is_locked,
    living_processes,
    process_age,
    process_arguments,
    reap_orphans,
)
from mobius_tui.run.keeper.stream_redactor import StreamRedactor
from mobius_tui.run.keeper.told_secrets import ToldSecrets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


PIPE_BYTES = 1 << 20
F_SETPIPE_SZ = 1031
"""Linux's own number; `fcntl` names it only from Python 3.10 on Linux."""
HIGHEST_FD = 252
"""The descriptor that a script is read from where the limit of open files is above it:
a high number, out of the way of the descriptors that scripts open by number."""
STARTUP_TIME = 1.0
"""Seconds that a process has to execute what it was forked for: a command that was sent
to the background last may not have begun when the shell ends."""
PROCESSES_RECORDED = 8
"""Processes that the record of the end has room for, with their names."""
NAME_BYTES = 80
"""Bytes of a recorded process name at most."""


class ScriptProcess:
    """The script's process group, from its start to its end."""

    def __init__(
        self, spec: "dict[str, Any]", lock: int, tree: int, secrets: ToldSecrets
    ) -> None:
        self.spec, self.lock, self.tree, self.secrets = spec, lock, tree, secrets
        limit = os.sysconf("SC_OPEN_MAX")  # -1 for none
        self.script_fd = min(HIGHEST_FD, limit - 1) if limit > 0 else HIGHEST_FD
        self.cause = "exited"
        self.deadline: float | None = None
        """When `enforce_deadline` acts, in monotonic seconds: at the time-out, or after
        a stop with SIGKILL; `None` for never."""
        self.pid = 0
        self.status: int | None = None
        self.start_failure: tuple[str, int] | None = None
        """What failed before the script ran (`chdir`, `exec`, …), and errno; `None` if
        it ran."""
        self.output_error = 0
        """The number of the error that stopped its output from being written; 0 for
        none."""
        self.killed_processes: list[tuple[int, bytes]] = []
        """Processes that were killed with it: the process id and arguments of each."""

    def start(self) -> "tuple[int, ...]":
        """Fork and execute; returns the descriptors that its output comes from."""
        ours, theirs = self.open_streams()
        trouble_r, trouble_w = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            self._execute(theirs, trouble_w)
        for end in (*theirs, trouble_w, self.tree):
            os.close(end)
        failure = os.read(trouble_r, 64)
        os.close(trouble_r)
        if failure:
            what, number = failure.decode().split(" ")
            self.start_failure = (what, int(number))
        if self.spec["timeout"] is not None:
            self.deadline = time.monotonic() + self.spec["timeout"]
        return ours

    def open_streams(self) -> "tuple[tuple[int, ...], tuple[int, ...]]":
        """Open its pipes; returns our reading ends, and the script's writing ends."""
        out_r, out_w = os.pipe()
        err_r, err_w = os.pipe()
        for end in (out_w, err_w):
            try:
                fcntl.fcntl(end, F_SETPIPE_SZ, PIPE_BYTES)
            except OSError:
                break  # another system, or its limit: the default size works too
        return (out_r, err_r), (out_w, err_w)

    def take_streams(self, theirs: "tuple[int, ...]") -> None:
        """In the child: make what `open_streams` opened its standard streams."""
        os.dup2(theirs[0], 1)
        os.dup2(theirs[1], 2)

    def _execute(self, theirs: "tuple[int, ...]", error_pipe: int) -> None:
        """In the child: take a session, write `pid`, execute. Never returns."""
        spec, what = self.spec, "setup"
        try:
            os.setsid()
            for name in ("SIGPIPE", "SIGXFSZ", "SIGTERM", "SIGCHLD"):
                _signal.signal(getattr(_signal, name), _signal.SIG_DFL)
            script = os.open(spec["dir"] + "/script", os.O_RDONLY)
            self.take_streams(theirs)
            lowest = self.script_fd - 3
            if lowest <= max(script, error_pipe, self.tree, self.lock):
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
            os.dup2(self.tree, self.script_fd - 1)
            os.dup2(script, self.script_fd)
            os.dup2(error_pipe, self.script_fd - 2, inheritable=False)
            # Held until it is executed: who finds the lock free must not miss the `pid`
            # of a script that is about to run.
            os.dup2(self.lock, lowest, inheritable=False)
            os.closerange(3, lowest)
            error_pipe = self.script_fd - 2
            what = "chdir"
            os.chdir(spec["cwd"])
            os.umask(spec["umask"])
            what = "pid"
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            file = os.open(spec["dir"] + "/pid", flags, 0o600)
            os.write(file, b"%d\n" % os.getpid())
            os.close(file)
            what = "exec"
            argv = [*spec["argv"], f"/dev/fd/{self.script_fd}"]
            os.execvpe(argv[0], argv, spec["env"])
        except OSError as error:
            os.write(error_pipe, f"{what} {error.errno or 0}".encode())
        os._exit(127)

    def stop(self, cause: str) -> None:
        """Ask the group to end; `enforce_deadline` kills it where it does not."""
        if self.cause == "exited":
            self.cause = cause
            self.signal(_signal.SIGTERM)
            self.deadline = time.monotonic() + self.spec["grace"]

    def fail_output(self, number: int) -> None:
        """Stop it as its output cannot be written, which is then its recorded end."""
        self.stop("output lost")
        self.cause, self.output_error = "output lost", number

    def enforce_deadline(self) -> None:
        """Do what is due at the deadline: stop for a time-out first, then SIGKILL."""
        if self.deadline is None or time.monotonic() < self.deadline:
            return
        if self.cause == "exited":
            self.stop("timed out")
        else:
            self.signal(_signal.SIGKILL)
            self.deadline = None

    def signal(self, number: int) -> None:
        """Send a signal to the whole group."""
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):
            return

    def has_ended(self) -> bool:
        """Whether the script's own process has ended; it stays unreaped."""
        if self.status is not None:
            return True
        if not hasattr(os, "waitid"):
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.status = status if pid else None
            return pid != 0
        reap_orphans(self.pid)
        flags = os.WEXITED | os.WNOWAIT | os.WNOHANG
        return os.waitid(os.P_PID, self.pid, flags) is not None

    def reap(self) -> int:
        """Reap the script's process; returns its wait status."""
        if self.status is None:
            self.status = os.waitpid(self.pid, 0)[1]
        return self.status

    def end_group(self) -> None:
        """Kill the rest of the group; the unreaped leader keeps its id reserved.

        Processes that left it by `setsid` are not killed, nor are those about to leave
        it: whether one has done so yet when the shell ends is a matter of chance.
        """
        if self._is_tree_locked() or has_other_children(self.pid):
            while any(self._is_starting(pid) for pid in self._group_members()):
                time.sleep(0.005)
            if self.cause == "exited":
                self.killed_processes = [
                    (pid, self._process_name(pid)) for pid in self._group_members()
                ]
        self.signal(_signal.SIGTERM)
        until = time.monotonic() + (self.spec["grace"] if self._is_tree_locked() else 0)
        while time.monotonic() < until and self._group_members():
            time.sleep(0.01)
        self.signal(_signal.SIGKILL)
        until = time.monotonic() + 1.0
        while (
            self._is_tree_locked()
            and self._group_members()
            and time.monotonic() < until
        ):
            time.sleep(0.005)

    def _is_tree_locked(self) -> bool:
        handle = os.open(self.spec["dir"] + "/tree", os.O_RDONLY | os.O_CLOEXEC)
        try:
            return is_locked(handle)
        finally:
            os.close(handle)

    def _group_members(self) -> "list[int]":
        """The living processes of the group, but for the leader."""
        return [pid for pid, group, _ in living_processes() if group == self.pid != pid]

    def _is_starting(self, pid: int) -> bool:
        """Whether a process is about to execute something else or to leave the group.

        That is the shell itself, forked and not yet executing what it was forked for,
        and a program whose purpose is to execute another.
        """
        words = process_arguments(pid)
        own = [*self.spec["argv"], f"/dev/fd/{self.script_fd}"]
        forked = words == [os.fsencode(word) for word in own]
        starts = words[:1] and words[0].rpartition(b"/")[2] in (b"setsid", b"nohup")
        return bool(forked or starts) and process_age(pid) < STARTUP_TIME

    def _process_name(self, pid: int) -> bytes:
        """The arguments of a process, without secrets."""
        self.secrets.take()
        redactor = StreamRedactor(self.spec["secrets"])
        name = (
            bytes(redactor.feed(b" ".join(process_arguments(pid)))) + redactor.flush()
        )
        return name[:NAME_BYTES]
