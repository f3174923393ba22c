"""Makes an enclosure by namespaces of the user's own, without any other program.

`python -P -m mobius_tui.confinement.enter ENCLOSURE STATUS`: what it is, as
`Enclosure.encode` writes it, and a descriptor for the exit code of its command.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from mobius_tui.confinement import syscalls
from mobius_tui.confinement.enclosure import Enclosure
from mobius_tui.confinement.syscalls import mount, set_read_only
from mobius_tui.confinement.warden import keep_watch, write_owner
from mobius_tui.folders import make_folders

_NODES = ("null", "zero", "full", "random", "urandom", "tty")
_LINKS = {
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
    "ptmx": "pts/ptmx",
}
_HIDDEN = "/dev/.hidden"
"""The file that lies over a socket which is hidden: nobody listens there."""
_NAMESERVERS = "/dev/.resolv.conf"
_RESOLVER_FILE = "/etc/resolv.conf"


def main(arguments: list[str]) -> int:
    """Make the enclosure, and run its command in it.

    Returns:
        0 once it runs; 1 where the system does not allow it, which is on stderr.
    """
    enclosure, status = Enclosure.decode(arguments[0]), int(arguments[1])
    for number in (signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    try:
        _leave_namespaces()
        _restrict_files(enclosure)
        syscalls.set_loopback_up()
        ready_in, ready_out = os.pipe()
        warden = os.fork()
        if warden == 0:
            os.close(ready_out)
            os.read(ready_in, 1)
            os.close(ready_in)
            _finish_files(enclosure)
            keep_watch(enclosure, status, answers_names=True)
            os._exit(0)
    except OSError as error:
        sys.stderr.write(f"{error.filename or 'namespaces'}: {error.strerror}\n")
        return 1
    # Only this side knows its pid as others see it; /proc is still theirs, too.
    write_owner(enclosure, warden)
    os.write(ready_out, b"1")
    return 0


def _leave_namespaces() -> None:
    uid, gid = os.getuid(), os.getgid()
    syscalls.unshare(
        syscalls.CLONE_NEWUSER
        | syscalls.CLONE_NEWNS
        | syscalls.CLONE_NEWNET
        | syscalls.CLONE_NEWIPC
        | syscalls.CLONE_NEWPID
    )
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")


def _restrict_files(enclosure: Enclosure) -> None:
    """Make all that is mounted read-only, but for the folders of the enclosure."""
    mount("", "/", flags=syscalls.MS_REC | syscalls.MS_PRIVATE)
    set_read_only("/", read_only=True, below=True)
    for folder in enclosure.writable:
        mount(folder, folder, flags=syscalls.MS_BIND)
        set_read_only(folder, read_only=False)


def _finish_files(enclosure: Enclosure) -> None:
    """Mount what belongs to the enclosure alone: /proc, /dev, an empty /run.

    Its process is the first of the enclosure, else /proc would be another's.
    """
    safe = syscalls.MS_NOSUID | syscalls.MS_NODEV | syscalls.MS_NOEXEC
    mount("proc", "/proc", "proc", safe | syscalls.MS_RDONLY)
    # The old devices are held by their descriptors while the new folder covers them.
    nodes = {name: os.open(f"/dev/{name}", os.O_PATH) for name in _NODES}
    mount("tmpfs", "/dev", "tmpfs", syscalls.MS_NOSUID, "mode=755")
    for name, node in nodes.items():
        Path("/dev", name).touch()
        mount(f"/proc/self/fd/{node}", f"/dev/{name}", flags=syscalls.MS_BIND)
        os.close(node)
    for name in ("shm", "pts"):
        Path("/dev", name).mkdir(mode=0o755)
    mount("devpts", "/dev/pts", "devpts", data="newinstance,ptmxmode=0666,mode=620")
    mount("tmpfs", "/dev/shm", "tmpfs", syscalls.MS_NOSUID, "mode=1777")  # noqa: S108
    for name, target in _LINKS.items():
        Path("/dev", name).symlink_to(target)
    Path(_HIDDEN).touch(mode=0)
    Path(_NAMESERVERS).write_text(
        "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"
    )
    if enclosure.hides_run and Path("/run").is_dir():
        mount("tmpfs", "/run", "tmpfs", safe, "mode=755")
    _answer_names_here()
    for path in enclosure.masked:
        with suppress(OSError):  # it has gone, or cannot be reached anyway
            mount(_HIDDEN, path, flags=syscalls.MS_BIND)
    for folder in ("/dev", "/run") if enclosure.hides_run else ("/dev",):
        with suppress(OSError):
            set_read_only(folder, read_only=True)


def _answer_names_here() -> None:
    """Have names of hosts asked of the warden, which notes them."""
    real = Path(_RESOLVER_FILE).resolve()
    with suppress(OSError):  # none is asked then, and no name resolved
        if not real.exists():
            make_folders(real.parent, 0o755)
            real.touch()
        mount(_NAMESERVERS, str(real), flags=syscalls.MS_BIND)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
