"""The services of a drill site: starting, stopping and knowing them.

Each site gets a copy of this file, by which the programs that stand in for systemctl
and pkill act there, so it imports the standard library alone. A service is known by
its pid file, which holds the pid and the instant at which that process began: a pid
that was given to another process since is never taken for the service. And nothing is
signalled whose command line does not begin with a program of this very site, whatever
the pid files say.

A service whose file `systemd/UNIT.conf` says `SendSIGKILL=no` is not killed when it
ignores SIGTERM: its unit fails then, and the process is left over, as with systemd.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

UNITS = {
    "mobius-api": ("lib/node", "src/api/index.py", "production"),
    "mobius-worker": ("lib/node", "src/worker/index.py", "production"),
    "mobius-staging-api": ("lib/node", "src/api/index.py", "staging"),
    "mobius-staging-worker": ("lib/node", "src/worker/index.py", "staging"),
    "mobius-traffic": ("lib/python", "lib/client.py", "traffic"),
    "mobius-balancer": ("lib/python", "lib/balancer.py"),
    "mobius-sink": ("lib/python", "lib/sink.py"),
}
"""Each service, and its command, relative to the site. Staging is served beside
production only where a drill is about it, and a balancer stands before a fleet. What
node runs is named as the real package names it: by a path from the site's folder, in
which the word mobius need not be."""

GRACE = 3.0
"""Seconds between SIGTERM and SIGKILL."""


def identity(pid: int) -> str:
    """A text that differs for a later process with the same pid; empty if it is gone.

    A zombie is gone: nobody may be there to reap it.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        if Path("/proc/self/stat").exists():
            return ""
        return _identity_by_ps(pid)
    fields = stat[stat.rindex(")") + 2 :].split()
    return "" if fields[0] in "ZX" else fields[19]  # proc(5): state, starttime


def _identity_by_ps(pid: int) -> str:
    """As `identity`, by `ps`, for systems without /proc."""
    columns = ("-o", "stat=", "-o", "lstart=", "-p", str(pid))
    listed = subprocess.run(("ps", *columns), capture_output=True, text=True).stdout
    state, _, began = listed.strip().partition(" ")
    return "" if state.startswith("Z") else "-".join(began.split())


def read_pid_file(path: Path) -> int | None:
    """The pid that a pid file names, if that very process is still alive."""
    try:
        pid, _, began = path.read_text().strip().partition(" ")
        return int(pid) if began and identity(int(pid)) == began else None
    except (OSError, ValueError):
        return None


def write_pid_file(path: Path, pid: int) -> None:
    """Write the pid file of a live process."""
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_text(f"{pid} {identity(pid)}\n")
    fresh.replace(path)


def command_line(pid: int) -> tuple[str, ...]:
    """The command line of a process; empty if it is gone, or may not be read.

    Empty too of one that the system does not say anything about: it is a zombie, or
    it was started just now.
    """
    try:
        data = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        if Path("/proc/self/cmdline").exists():
            return ()
        columns = ("ps", "-ww", "-o", "command=", "-p", str(pid))
        listed = subprocess.run(columns, capture_output=True, text=True).stdout
        # Each of its programs is given an option first; a folder may have a space.
        program, dash, options = listed.strip().partition(" -")
        return (program, *f"{dash}{options}".split())
    words = data.split(b"\0") if data else []
    return tuple(word.decode(errors="replace") for word in words)


def is_ours(root: Path, pid: int) -> bool:
    """Whether a process runs a program of this site: only such a one is signalled."""
    argv = command_line(pid)
    return runs_own_program(root, argv) and argv[1].startswith("-")


def runs_own_program(root: Path, argv: tuple[str, ...]) -> bool:
    """Whether a command line begins with a program of this site and has an argument."""
    return len(argv) > 1 and argv[0] in (f"{root}/lib/node", f"{root}/lib/python")


def pid_file(root: Path, unit: str) -> Path:
    """Where a service's pid is written."""
    return root / "run" / f"{unit}.pid"


def _left_file(root: Path, unit: str, pid: int) -> Path:
    """The file that names a process which its unit could not stop."""
    return root / "run" / f"{unit}.{pid}.left"


def processes(root: Path, unit: str) -> tuple[int, ...]:
    """The living processes of a service, then those that its unit lost track of."""
    left = sorted((root / "run").glob(f"{unit}.*.left"))
    found = (read_pid_file(path) for path in (pid_file(root, unit), *left))
    return tuple(pid for pid in found if pid is not None and is_ours(root, pid))


def log_file(root: Path, unit: str) -> Path:
    """Where a service's output goes."""
    return root / "run" / f"{unit}.log"


def state(root: Path, unit: str) -> str:
    """`active`, `inactive`, or `failed`: it ended unasked, or cannot be stopped."""
    mark = pid_file(root, unit)
    if read_pid_file(mark) is not None:
        return "active"
    return "failed" if mark.exists() else "inactive"


def command(root: Path, unit: str) -> tuple[str, ...]:
    """A service's command line."""
    program, script, *arguments = UNITS[unit]
    path = script if program.endswith("/node") else str(root / script)
    return (str(root / program), "-ISB", path, *arguments)


@contextmanager
def _locked(root: Path) -> Iterator[None]:
    """One change of the services at a time."""
    with (root / "run" / "services.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _record(root: Path, unit: str, text: str) -> None:
    """Add a line to a service's log, as a service manager does."""
    with log_file(root, unit).open("a") as log:
        log.write(f"{time.strftime('%H:%M:%S')} systemd: {text} {unit}\n")


def start(root: Path, unit: str) -> None:
    """Start a service in a session of its own, unless it is running."""
    with _locked(root):
        if state(root, unit) == "active":
            return
        _record(root, unit, "Started")
        with log_file(root, unit).open("ab") as log:
            service = subprocess.Popen(
                command(root, unit),
                cwd=root,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                close_fds=True,
                start_new_session=True,
            )
        write_pid_file(pid_file(root, unit), service.pid)
        # It is started before the system says what it runs, and who is not known to be
        # of this site is neither stopped nor found.
        while identity(service.pid) and not command_line(service.pid):
            time.sleep(0.001)


def _may_kill(root: Path, unit: str) -> bool:
    """Whether a service that ignores SIGTERM is killed."""
    try:
        return "SendSIGKILL=no" not in (root / "systemd" / f"{unit}.conf").read_text()
    except OSError:
        return True


def stop(root: Path, unit: str, *, grace: float = GRACE) -> bool:
    """Stop a service: SIGTERM, `grace` seconds, SIGKILL where the unit allows it.

    Returns:
        Whether it is gone; else its unit has failed, and lost track of it.

    Raises:
        TimeoutError: it is there even after SIGKILL.
    """
    with _locked(root):
        mark = pid_file(root, unit)
        pid = read_pid_file(mark)
        if pid is not None and is_ours(root, pid):
            try:
                end(pid, grace=grace, kill=_may_kill(root, unit))
            except TimeoutError:
                if _may_kill(root, unit):
                    raise
                _record(root, unit, f"Timed out, skipped SIGKILL; {pid} is left of")
                write_pid_file(_left_file(root, unit, pid), pid)
                mark.write_text("left\n")
                return False
            _record(root, unit, "Stopped")
        mark.unlink(missing_ok=True)
        return True


def end(pid: int, *, grace: float = GRACE, kill: bool = True) -> None:
    """End one process: SIGTERM, `grace` seconds, SIGKILL.

    Raises:
        TimeoutError: it is there even after that.
    """
    began = identity(pid)
    ways = ((signal.SIGTERM, grace), (signal.SIGKILL, GRACE))
    for number, patience in ways if kill else ways[:1]:
        deadline = time.monotonic() + patience
        with suppress(ProcessLookupError):
            if began and identity(pid) == began:
                os.kill(pid, number)
        while identity(pid) == began != "":
            if time.monotonic() > deadline:
                break
            time.sleep(0.01)
        else:
            return
    last = "SIGKILL" if kill else "SIGTERM"
    raise TimeoutError(f"process {pid} is there even after {last}")
