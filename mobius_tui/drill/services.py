"""The services of a drill site, and the programs that stand in to act on them.

Each site gets a copy of this file and runs it by its own interpreter, so it imports
the standard library alone. A service is known by its pid file, which holds the pid and
the instant at which that process began: a pid that was given to another process since
is never taken for the service.
"""

from __future__ import annotations

import fcntl
import os
import re
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

UNITS = {
    "mobius-api": ("lib/node", "app/mobius/api.py"),
    "mobius-worker": ("lib/node", "app/mobius/worker.py"),
    "mobius-traffic": ("lib/python", "lib/client.py", "traffic"),
    "mobius-sink": ("lib/python", "lib/sink.py"),
}
"""Each service, and its command, relative to the site."""

GRACE = 3.0
"""Seconds between SIGTERM and SIGKILL."""


def identity(pid: int) -> str:
    """What tells this process from a later one of the same pid; empty if it is gone.

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
    """The same where there is no /proc."""
    columns = ("-o", "stat=", "-o", "lstart=", "-p", str(pid))
    listed = subprocess.run(("ps", *columns), capture_output=True, text=True).stdout
    state, _, began = listed.strip().partition(" ")
    return "" if state.startswith("Z") else "-".join(began.split())


def read_mark(path: Path) -> int | None:
    """The pid that a pid file names, if that very process is still alive."""
    try:
        pid, _, began = path.read_text().strip().partition(" ")
        return int(pid) if began and identity(int(pid)) == began else None
    except (OSError, ValueError):
        return None


def write_mark(path: Path, pid: int) -> None:
    """Write the pid file of a live process."""
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_text(f"{pid} {identity(pid)}\n")
    fresh.replace(path)


def pid_file(root: Path, unit: str) -> Path:
    """Where a service's pid is written."""
    return root / "run" / f"{unit}.pid"


def log_file(root: Path, unit: str) -> Path:
    """Where a service's output goes."""
    return root / "run" / f"{unit}.log"


def state(root: Path, unit: str) -> str:
    """`active`, `inactive`, or `failed` for a service that ended unasked."""
    mark = pid_file(root, unit)
    if read_mark(mark) is not None:
        return "active"
    return "failed" if mark.exists() else "inactive"


def command(root: Path, unit: str) -> tuple[str, ...]:
    """A service's command line."""
    program, script, *arguments = UNITS[unit]
    return (str(root / program), "-ISB", str(root / script), *arguments)


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
        write_mark(pid_file(root, unit), service.pid)


def stop(root: Path, unit: str, *, grace: float = GRACE) -> None:
    """Stop a service: SIGTERM, `grace` seconds, SIGKILL.

    Raises:
        TimeoutError: it is there even after SIGKILL.
    """
    with _locked(root):
        mark = pid_file(root, unit)
        pid = read_mark(mark)
        if pid is not None:
            end(pid, grace=grace)
            _record(root, unit, "Stopped")
        mark.unlink(missing_ok=True)


def end(pid: int, *, grace: float = GRACE) -> None:
    """End one process: SIGTERM, `grace` seconds, SIGKILL.

    Raises:
        TimeoutError: it is there even after SIGKILL.
    """
    began = identity(pid)
    for number, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, GRACE)):
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
    raise TimeoutError(f"process {pid} is there even after SIGKILL")


def systemctl(root: Path, arguments: list[str]) -> int:
    """`systemctl start|stop|restart|status|is-active UNIT...`, for this site alone."""
    words = [word for word in arguments if not word.startswith("-")]
    verb, units = (words[0], words[1:]) if words else ("", [])
    names = [unit.removesuffix(".service") for unit in units]
    if verb not in ("start", "stop", "restart", "status", "is-active") or not names:
        sys.stderr.write("systemctl start|stop|restart|status|is-active UNIT...\n")
        return 0 if "--help" in arguments else 1
    unknown = [name for name in names if name not in UNITS]
    if verb == "is-active":
        states = [state(root, n) if n in UNITS else "inactive" for n in names]
        sys.stdout.write("".join(f"{word}\n" for word in states))
        return 0 if "active" in states else 4 if len(unknown) == len(names) else 3
    if unknown:
        sys.stderr.write(f"Unit {unknown[0]}.service not found.\n")
        return 4 if verb == "status" else 5
    if verb == "status":
        return max(_status(root, name) for name in names)
    for name in names:
        if verb in ("stop", "restart"):
            stop(root, name)
        if verb in ("start", "restart"):
            start(root, name)
    return 0


def _status(root: Path, unit: str) -> int:
    """Print how a service is; 0 if it is active, else 3, as systemd has it."""
    word, pid = state(root, unit), read_mark(pid_file(root, unit))
    lines = [f"● {unit}.service", f"     Active: {word}"]
    if pid is not None:
        lines += [
            f"   Main PID: {pid}",
            f"    Command: {' '.join(command(root, unit))}",
        ]
    lines += ["", *_tail(log_file(root, unit), 5)]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if word == "active" else 3


def _tail(path: Path, count: int | None) -> list[str]:
    """The last lines of a file; all of them without a count."""
    if not path.exists():
        return []
    with path.open(errors="replace") as lines:
        return [line.rstrip("\n") for line in deque(lines, maxlen=count)]


def journalctl(root: Path, arguments: list[str]) -> int:
    """`journalctl -u UNIT [-f] [-n N]`: a service's log."""
    unit, follow, count = "", False, None
    words = iter(arguments)
    for word in words:
        if word in ("-u", "--unit"):
            unit = next(words, "").removesuffix(".service")
        elif word in ("-n", "--lines"):
            count = int(next(words, "10"))
        elif word in ("-f", "--follow"):
            follow = True
    if unit not in UNITS:
        sys.stderr.write("journalctl -u UNIT [-f] [-n N]\n")
        return 0 if "--help" in arguments else 1
    path = log_file(root, unit)
    path.touch()
    with path.open(errors="replace") as log:
        lines = deque(log, maxlen=10 if follow and count is None else count)
        sys.stdout.writelines(lines)
        while follow and root.is_dir():
            sys.stdout.write(log.read())
            sys.stdout.flush()
            time.sleep(0.1)
    return 0


def pkill(root: Path, arguments: list[str]) -> int:
    """`pkill [-SIGNAL] [-f] PATTERN`: signals this site's services alone."""
    number, pattern, whole = int(signal.SIGTERM), "", False
    for word in arguments:
        name = word.lstrip("-").removeprefix("SIG")
        if word in ("-f", "--full"):
            whole = True
        elif word.startswith("-") and name.isdigit():
            number = int(name)
        elif word.startswith("-") and f"SIG{name}" in signal.Signals.__members__:
            number = signal.Signals[f"SIG{name}"]
        elif word != "--":
            pattern = word
    if not pattern or "--help" in arguments:
        sys.stderr.write("pkill [-SIGNAL] [-f] PATTERN\n")
        return 0 if "--help" in arguments else 2
    hits = 0
    for unit in UNITS:
        line = command(root, unit)
        name = " ".join(line) if whole else Path(line[0]).name
        pid = read_mark(pid_file(root, unit))
        if pid is not None and re.search(pattern, name):
            os.kill(pid, number)
            hits += 1
    return 0 if hits else 1


def main(arguments: list[str]) -> int:
    """Stand in for the program that the first argument names."""
    program, *rest = arguments
    root = Path(__file__).resolve().parents[1]
    if "is-active" not in rest:
        sys.stderr.write(f"{program}: a stand-in, for this drill site alone\n")
    act = {"systemctl": systemctl, "journalctl": journalctl, "pkill": pkill}[program]
    return act(root, rest)


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(main(sys.argv[1:]))
