"""A copy of this machine in which anything may be changed, and what was changed there.

`python -m tests.drill.whole_disk STATE COMMAND…` lays an empty folder over the whole
disk, so that every write goes there; puts a shop's files and programs into it; runs the
command, without a network; and prints, as JSON, its exit code, what it said, and each
path that is not as it was, but for those in the state folder. It wants root.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from mobius_tui.confinement import syscalls
from mobius_tui.confinement.syscalls import mount

_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_OLD = ".old-root"
_PROGRAM = """#!/bin/sh
# Stands for a program that acts on what is real: each call is seen.
echo "$0 $*" >> /var/log/calls
"""
_PROGRAMS = (
    *("docker", "git", "helm", "kubectl", "pg_dump", "psql", "rsync", "ssh"),
    "systemctl",
)
SHOP = {
    "/srv/shop/cache/1": "one",
    "/srv/shop/cache/2": "two",
    "/srv/shop/compose.yaml": "tag: v1\n",
    "/srv/shop/target": "/srv/shop/cache",
    "/var/log/shop/access.log": "GET /\n",
    "/var/log/shop/access.log.1": "GET /\n",
    "/var/log/calls": "",
    "/etc/cron.d/shop-nightly": "0 3 * * * root true\n",
    "/var/backups/keep": "",
}
_SCRIPTS = {
    "/srv/shop/build.sh": "date > built",
    "/usr/local/lib/shop/versions.sh": "echo v2; echo listed >> /var/log/calls",
    "/usr/local/lib/shop/release.sh": 'echo "$1" > /srv/shop/released',
}


def enter_copy() -> Path:
    """Make the copy the root of this process; gives the folder that holds changes."""
    place = Path(tempfile.mkdtemp())
    syscalls.unshare(syscalls.CLONE_NEWNS | syscalls.CLONE_NEWNET)
    mount("", "/", flags=syscalls.MS_REC | syscalls.MS_PRIVATE)
    mount("tmpfs", str(place), "tmpfs")
    changed, work, root = (place / name for name in ("changed", "work", "root"))
    for folder in (changed, work, root):
        folder.mkdir()
    layers = f"lowerdir=/,upperdir={changed},workdir={work}"
    mount("overlay", str(root), "overlay", data=layers)
    for name in ("proc", "dev", "sys"):
        both = syscalls.MS_BIND | syscalls.MS_REC
        mount(f"/{name}", f"{root}/{name}", flags=both)
    (root / _OLD).mkdir()
    old = f"{root}/{_OLD}".encode()
    syscalls.raw_call(_PIVOT_ROOT[os.uname().machine], str(root).encode(), old)
    os.chdir("/")
    syscalls.set_loopback_up()
    return Path(f"/{_OLD}{changed}")


def furnish() -> None:
    """Put the shop's files, its scripts, and programs that note their calls."""
    for name, text in SHOP.items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    programs = {f"/usr/local/bin/{name}": _PROGRAM for name in _PROGRAMS}
    scripts = {name: f"#!/bin/sh\n{text}\n" for name, text in _SCRIPTS.items()}
    for name, text in {**programs, **scripts}.items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)


def listing(changed: Path, state: str) -> Mapping[str, str]:
    """Each path that differs from the disk's, and what it is; the state's left out."""
    return dict(_entries(changed, state))


def _entries(changed: Path, state: str) -> Iterator[tuple[str, str]]:
    for folder, folders, files in os.walk(changed):
        here = "/" + str(Path(folder).relative_to(changed)).removeprefix(".")
        for name in (*folders, *files):
            path = Path(here, name)
            if not f"{state}/".startswith(f"{path}/"):  # which were made for it
                yield str(path), _what(Path(folder, name))
        # What is in there changes while it is walked.
        folders[:] = [each for each in folders if str(Path(here, each)) != state]


def _what(path: Path) -> str:
    status = path.lstat()
    what = f"{status.st_mode:o} {status.st_uid} "
    if stat.S_ISREG(status.st_mode):
        return what + hashlib.sha256(path.read_bytes()).hexdigest()
    if stat.S_ISLNK(status.st_mode):
        return what + str(path.readlink())
    # What was removed is a device 0:0.
    return what if stat.S_ISDIR(status.st_mode) else f"{what}{status.st_rdev}"


def main(arguments: list[str]) -> int:
    """Run a command in a copy, and print what it changed."""
    state, *command = arguments
    changed = enter_copy()
    Path(state).mkdir(parents=True, exist_ok=True)
    furnish()
    before = listing(changed, state)
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    after = listing(changed, state)
    differing = {*before.items()} ^ {*after.items()}
    print(
        json.dumps(
            {
                "code": done.returncode,
                "said": done.stdout + done.stderr,
                "changed": sorted({name for name, _ in differing}),
            }
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
