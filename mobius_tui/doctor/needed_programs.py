"""Examines the programs that runs need: Python and bash; ssh and Ansible for hosts."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from mobius_tui.doctor.finding import Finding
from mobius_tui.run.attempts.launcher import BASH
from mobius_tui.run.fleet.fleet_process import SSH_SOCKETS_PREFIX
from mobius_tui.run.fleet.transport import MULTIPLEXED_HOSTS
from mobius_tui.run.targets.ansible_inventory import find_ansible

OLDEST_PYTHON = (3, 11)
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)\s*([^;]*)")
_BOUND = re.compile(r"(<|>=)\s*([0-9.]+)")


def install_findings(path: str) -> Iterator[Finding]:
    """Examine Python, the required packages, and bash.

    Args:
        path: PATH.
    """
    version_text = sys.version.split(maxsplit=1)[0]
    good = sys.version_info >= OLDEST_PYTHON
    yield Finding(
        about="Python",
        verdict="ok" if good else "trouble",
        words=f"{version_text}, {sys.executable}",
        remedy="" if good else "install Python 3.11 or newer",
    )
    for need in requires("mobius-tui") or ():
        if ";" not in need:
            yield _package(need)
    bash = shutil.which(BASH[0], path=path)
    yield Finding(
        about=BASH[0],
        verdict="ok" if bash else "trouble",
        words=bash or "not on PATH: no step that names no `shell` can run",
        remedy="" if bash else "install it",
    )


def _package(need: str) -> Finding:
    match = _REQUIREMENT.match(need)
    assert match is not None
    name, bounds = match[1], match[2]
    remedy = f"pip install '{name}{bounds}'"
    try:
        have = version(name)
    except PackageNotFoundError:
        words = "is not installed"
        return Finding(about=name, verdict="trouble", words=words, remedy=remedy)
    if is_within_bounds(have, bounds):
        return Finding(about=name, verdict="ok", words=have)
    words = f"{have}, and {bounds} is wanted"
    return Finding(about=name, verdict="trouble", words=words, remedy=remedy)


def is_within_bounds(have: str, bounds: str) -> bool:
    """Whether a version is within bounds such as `<9,>=8.2`."""
    for sign, number in _BOUND.findall(bounds):
        if (_numbers(have) < _numbers(number)) != (sign == "<"):
            return False
    return True


def _numbers(text: str) -> tuple[int, ...]:
    """A version's leading numbers, so that 8.10 comes after 8.9."""
    match = re.match(r"\d+(\.\d+)*", text)
    return tuple(map(int, match[0].split("."))) if match else ()


OLDEST_SSH = "8.7"
"""The first OpenSSH with every option that it is called with, such as StdinNull."""
ANSIBLE_CORE = ">=2.16,<2.20"
"""The versions of ansible-core that the extra `ansible` asks for."""
SOCKET_PATH_BYTES = 104
"""Bytes of a socket's path that every system takes."""
SOCKET_NAME_BYTES = len("12345678/1000.1234567890123456")
"""Bytes that a socket's folder ends in, its name, and what ssh appends to that."""
KNOWN_HOSTS_FILES = ("known_hosts", "known_hosts2")
PROGRAM_SECONDS = 20.0
"""Seconds that a program may take to say its version: Ansible takes one."""
_SSH_VERSION = re.compile(r"OpenSSH\w*?_(\d+\.\d+)")
_ANSIBLE_VERSION = re.compile(r"core (\d[\w.]*)")


def many_hosts_findings(path: str, home: Path, etc: Path) -> Iterator[Finding]:
    """Examine ssh, its shared connections, known hosts, and Ansible.

    Args:
        path: PATH.
        home: the person's home.
        etc: `/etc`, or a copy of some of its files.
    """
    ssh = shutil.which("ssh", path=path)
    if ssh is None:
        words = "not on PATH: no step with `hosts` can run"
        yield Finding(
            about="ssh",
            verdict="note",
            words=words,
            remedy="install OpenSSH's client, where runbooks have such steps",
        )
    else:
        yield _ssh_finding(ssh)
        yield _sharing_finding(Path(tempfile.gettempdir()))
        yield _known_hosts_finding(home, etc)
        yield Finding(
            about="sshd's limits",
            verdict="note",
            words="a host with sshd 9.8 or newer refuses a machine for a while whose "
            "connections broke off (PerSourcePenalties); that is not seen from here, "
            "and an unreachable host is tried again over 20 s",
            remedy="if hosts do: PerSourcePenaltyExemptList in their sshd_config",
        )
    yield _ansible_finding(path)


def _ssh_finding(ssh: str) -> Finding:
    said = _output((ssh, "-V"))
    found = _SSH_VERSION.search(said)
    if found is None:
        words = f"{ssh} does not say that it is OpenSSH; steps with `hosts` want that"
        return Finding(about="ssh", verdict="note", words=words, remedy="install it")
    if is_within_bounds(found[1], f">={OLDEST_SSH}"):
        return Finding(about="ssh", verdict="ok", words=f"OpenSSH {found[1]}, {ssh}")
    return Finding(
        about="ssh",
        verdict="note",
        words=f"OpenSSH {found[1]}, and steps with `hosts` want {OLDEST_SSH}: it does "
        "not know the options that it would be given",
        remedy=f"install OpenSSH {OLDEST_SSH} or newer before PATH's other",
    )


def _sharing_finding(folder: Path) -> Finding:
    """Whether ssh can share connections by sockets in a folder."""
    about = "shared ssh"
    length = len(os.fsencode(folder / SSH_SOCKETS_PREFIX)) + SOCKET_NAME_BYTES
    remedy = "TMPDIR=/tmp, or another short path on a local disk"
    if length >= SOCKET_PATH_BYTES:
        words = f"{folder} is too long a path for the sockets of shared connections"
        return Finding(about=about, verdict="trouble", words=words, remedy=remedy)
    try:
        with (
            tempfile.TemporaryDirectory(prefix=SSH_SOCKETS_PREFIX, dir=folder) as own,
            socket.socket(socket.AF_UNIX) as made,
        ):
            made.bind(f"{own}/1")
    except OSError as error:
        words = f"no socket can be made in {folder}: {error.strerror}"
        return Finding(about=about, verdict="trouble", words=words, remedy=remedy)
    words = (
        f"connections can be shared (ControlMaster), up to {MULTIPLEXED_HOSTS} hosts"
    )
    return Finding(about=about, verdict="ok", words=words)


def _known_hosts_finding(home: Path, etc: Path) -> Finding:
    about = "known hosts"
    files = [home / ".ssh" / name for name in KNOWN_HOSTS_FILES]
    files += [etc / "ssh" / f"ssh_{name}" for name in KNOWN_HOSTS_FILES]
    there = [file for file in files if file.exists()]
    for file in there:
        if not os.access(file, os.R_OK):
            words = f"{file} cannot be read: every host's key is unknown"
            remedy = f"let this account read it: `chmod u+r {file}`"
            return Finding(about=about, verdict="trouble", words=words, remedy=remedy)
    if any(file.stat().st_size for file in there):
        words = f"keys are in {', '.join(map(str, there))}; no other is accepted"
        return Finding(about=about, verdict="ok", words=words)
    return Finding(
        about=about,
        verdict="note",
        words="no key of a host is known, and none is accepted unseen: unless ssh's "
        "configuration names other files, no host is reached",
        remedy="`ssh HOST` once by hand for each, or the company's ssh_known_hosts",
    )


def _ansible_finding(path: str) -> Finding:
    about = "ansible-core"
    program = find_ansible("ansible-playbook", path)
    remedy = "pip install 'mobius-tui[ansible]'"
    if program is None:
        words = "not there: no playbook can be played, and no inventory read"
        return Finding(about=about, verdict="note", words=words, remedy=remedy)
    found = _ANSIBLE_VERSION.search(_output((program, "--version")))
    if found is None:
        words = f"{program} does not say its version"
        return Finding(about=about, verdict="note", words=words, remedy=remedy)
    if is_within_bounds(found[1], ANSIBLE_CORE):
        return Finding(about=about, verdict="ok", words=f"{found[1]}, {program}")
    words = f"{found[1]}, and {ANSIBLE_CORE} is wanted"
    return Finding(about=about, verdict="note", words=words, remedy=remedy)


def _output(argv: tuple[str, ...]) -> str:
    """What a program prints on both of its outputs; empty if it cannot be run."""
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PROGRAM_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout[:4096].decode("utf-8", "replace")
