"""Examines the folder of runs: its owner, rights, disk and file system.

It creates and changes nothing.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from mobius_tui.doctor.finding import Finding, FindingVerdict

STATE_FOLDER_SUBJECT = "state folder"
ELSEWHERE_REMEDY = "set XDG_STATE_HOME to a folder of a disk of this machine"
NETWORK_FILE_SYSTEMS = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "9p",
        "afs",
        "ceph",
        "fuse.sshfs",
        "lustre",
    }
)
"""File systems that another machine may have mounted, too: a lock there may not exclude
anybody, and a socket does not work."""
MIN_FREE_BYTES = 100 << 20
"""Bytes of free space below which a run may not reach its end."""
AMPLE_FREE_BYTES = 2 << 30
"""Bytes that two steps may print by default, 1 GiB each."""


def state_folder_findings(state: Path, mounts: str) -> Iterator[Finding]:
    """Examine the state folder; if it is missing, the nearest parent that exists.

    Args:
        state: the folder.
        mounts: the system's list of mounts, as `/proc/mounts` has it.
    """
    existing = next(p for p in (state, *state.parents) if p.exists())
    yield _rights_finding(state, existing)
    yield _file_system_finding(existing.resolve(), mounts)
    yield _free_space_finding(existing)


def _rights_finding(state: Path, existing: Path) -> Finding:
    status = existing.stat()
    words, remedy = f"{state}", ""
    if not stat.S_ISDIR(status.st_mode):
        words, remedy = f"{existing} is no folder", "move it away"
    elif not os.access(existing, os.W_OK | os.X_OK):
        words, remedy = f"{existing} cannot be written to", ELSEWHERE_REMEDY
    elif existing == state and status.st_uid != os.getuid():
        words, remedy = f"{state} belongs to another user", ELSEWHERE_REMEDY
    elif existing == state and status.st_mode & 0o022:
        words, remedy = f"others may write to {state}", f"chmod 700 {state}"
    elif existing != state:
        words += ", which the first run makes"
    verdict: FindingVerdict = "trouble" if remedy else "ok"
    return Finding(
        about=STATE_FOLDER_SUBJECT, verdict=verdict, words=words, remedy=remedy
    )


def _file_system_finding(existing: Path, mounts: str) -> Finding:
    """The finding on the kind of the file system that a folder is on."""
    kind, longest = "", -1
    for row in mounts.splitlines():
        fields = row.split(" ")
        if len(fields) < 3:
            continue
        point = Path(_unescaped(fields[1]))
        if existing.is_relative_to(point) and len(point.parts) >= longest:
            kind, longest = fields[2], len(point.parts)
    if kind in NETWORK_FILE_SYSTEMS:
        words = (
            f"{existing} is on {kind}: two hosts on two machines could run one run, "
            "for locks may not hold there"
        )
        return Finding(
            about="its disk", verdict="trouble", words=words, remedy=ELSEWHERE_REMEDY
        )
    if not kind:
        words = "its kind is not known; on a network's disk locks may not hold"
        return Finding(about="its disk", verdict="note", words=words)
    return Finding(about="its disk", verdict="ok", words=f"{kind}, of this machine")


def _unescaped(text: str) -> str:
    """A path from the list of mounts, with its octal escapes decoded."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)


def _free_space_finding(existing: Path) -> Finding:
    free = shutil.disk_usage(existing).free
    words = f"{free / (1 << 30):.1f} GiB free"
    if free < MIN_FREE_BYTES:
        words = f"{free >> 20} MiB free: a run may not get to its end"
        return Finding(
            about="space", verdict="trouble", words=words, remedy="free some space"
        )
    if free < AMPLE_FREE_BYTES:
        words += "; a step may print 1 GiB, unless its `max_output` says less"
        return Finding(about="space", verdict="note", words=words)
    return Finding(about="space", verdict="ok", words=words)
