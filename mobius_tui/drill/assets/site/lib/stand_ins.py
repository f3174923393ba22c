"""The programs that stand in to act on a drill site's services, and on nothing else."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections import deque
from contextlib import suppress
from importlib import import_module
from pathlib import Path

SITE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(SITE / "lib"))
services = import_module("services")


def systemctl(root: Path, arguments: list[str]) -> int:
    """`systemctl start|stop|restart|status|show|is-active UNIT...`, for this site."""
    words = [word for word in arguments if not word.startswith("-")]
    verb, units = (words[0], words[1:]) if words else ("", [])
    names = [unit.removesuffix(".service") for unit in units]
    verbs = ("start", "stop", "restart", "status", "show", "is-active")
    if verb not in verbs or not names:
        sys.stderr.write(f"systemctl {'|'.join(verbs)} UNIT...\n")
        return 0 if "--help" in arguments else 1
    unknown = [name for name in names if name not in services.UNITS]
    if verb == "is-active":
        states = [
            services.state(root, n) if n in services.UNITS else "inactive"
            for n in names
        ]
        sys.stdout.write("".join(f"{word}\n" for word in states))
        return 0 if "active" in states else 4 if len(unknown) == len(names) else 3
    if verb == "show":
        sys.stdout.write("\n".join(_shown(root, name) for name in names))
        return 0
    if unknown:
        sys.stderr.write(f"Unit {unknown[0]}.service not found.\n")
        return 4 if verb == "status" else 5
    if verb == "status":
        return max(_status(root, name) for name in names)
    for name in names:
        if verb in ("stop", "restart") and not services.stop(root, name):
            sys.stderr.write(f"{name}.service: a process is left over\n")
        if verb in ("start", "restart"):
            services.start(root, name)
    return 0


def _shown(root: Path, unit: str) -> str:
    """What `show` says of a unit: all that is asked for, and perhaps more."""
    known = unit in services.UNITS
    pid = services.read_pid_file(services.pid_file(root, unit)) if known else None
    shown = {
        "LoadState": "loaded" if known else "not-found",
        "MainPID": str(pid or 0),
        "WorkingDirectory": str(root) if known else "",
    }
    return "".join(f"{name}={value}\n" for name, value in shown.items())


def _status(root: Path, unit: str) -> int:
    """Print how a service is; 0 if it is active, else 3, as systemd has it."""
    word, pid = (
        services.state(root, unit),
        services.read_pid_file(services.pid_file(root, unit)),
    )
    lines = [f"● {unit}.service", f"     Active: {word}"]
    if pid is not None:
        lines += [
            f"   Main PID: {pid}",
            f"    Command: {' '.join(services.command(root, unit))}",
        ]
    lines += ["", *_tail(services.log_file(root, unit), 5)]
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
            word = next(words, "10")
            count = int(word) if word.isascii() and word.isdigit() else 10
        elif word in ("-f", "--follow"):
            follow = True
    if unit not in services.UNITS:
        sys.stderr.write("journalctl -u UNIT [-f] [-n N]\n")
        return 0 if "--help" in arguments else 1
    path = services.log_file(root, unit)
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
        elif word.startswith("-") and name.isascii() and name.isdigit():
            number = int(name)
        elif word.startswith("-") and f"SIG{name}" in signal.Signals.__members__:
            number = signal.Signals[f"SIG{name}"]
        elif word != "--":
            pattern = word
    if not pattern or number not in (0, *signal.valid_signals()):
        sys.stderr.write("pkill [-SIGNAL] [-f] PATTERN\n")
        return 0 if "--help" in arguments else 2
    try:
        wanted = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        sys.stderr.write(f"pkill: {pattern!r} is no pattern: {error}\n")
        return 2
    hits = 0
    for unit in services.UNITS:
        line = services.command(root, unit)
        if not wanted.search(" ".join(line) if whole else Path(line[0]).name):
            continue
        for pid in services.processes(root, unit):
            with suppress(ProcessLookupError):
                os.kill(pid, number)
                hits += 1
    return 0 if hits else 1


def main(arguments: list[str]) -> int:
    """Stand in for the program that the first argument names."""
    program, *rest = arguments
    if not {"is-active", "show"} & set(rest):
        sys.stderr.write(f"{program}: a stand-in, for this drill site alone\n")
    act = {"systemctl": systemctl, "journalctl": journalctl, "pkill": pkill}[program]
    return act(SITE, rest)


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(main(sys.argv[1:]))
