"""Hosts for a run to be killed over, and what of that run may be killed.

The hosts are sshd's of our own, or folders behind a program that is called ssh. A
victim is a process that we, or those whom we started, began: never one by its name.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.acceptance.loopback_sshd import LoopbackHosts, loopback_hosts

WAY = "ssh"
"""Kind of victim: ssh here, whether it has the connection or shares another's."""
SESSION = "session"
KEEPER = "keeper"
CLAIMS, HOME, ANSWERS, CLOCK = "claims", "home", "answers", "clock"
LOSSES = (CLAIMS, HOME, ANSWERS, CLOCK)
"""Kinds of what is lost or moved, and is no process."""
_STAND_IN = """#!/bin/sh
[ ! -e {deaf} ] || exec >/dev/null 2>&1
{clock}
while [ "$1" != -- ]; do shift; done
cd "{homes}/$2" && HOME=$PWD exec sh -c "$3"
"""
"""What plays ssh where there is no sshd: each host is a folder."""
_WITH_CONFIGURATION = """#!/bin/sh
[ ! -e {deaf} ] || exec >/dev/null 2>&1
exec {ssh} -F {config} "$@"
"""


@dataclass(frozen=True, slots=True)
class Victim:
    """A process, and which host is hit by its end."""

    kind: str
    process: psutil.Process
    host: str = ""
    """Empty where it is of no host, or of all."""
    claim: int = 0
    """The number of the claim that a keeper keeps."""


@dataclass(slots=True)
class Place:
    """Hosts, and an environment in which `ssh HOST` reaches them."""

    folder: Path
    """For all files; a short absolute path."""
    homes: Mapping[str, Path]
    sshds: LoopbackHosts | None = None
    _fleets: set[psutil.Process] = field(default_factory=set)
    """Fleet processes that were ever seen: they outlive a host process by a while."""

    @property
    def counts(self) -> Path:
        """The folder in which each host's script counts how often it ran."""
        return self.folder / "counts"

    def drop_answers(self, drops: bool) -> bool:
        """Whether all that hosts say to who asks them from now on is lost."""
        if drops:
            _deaf(self.folder).touch()
        else:
            _deaf(self.folder).unlink(missing_ok=True)
        return drops

    def move_clocks(self, days: int) -> bool:
        """Move the clocks of what runs on the hosts, where there is libfaketime."""
        if not fake_clock(self.folder):
            return False
        _clock_file(self.folder).write_text(f"{days:+}d\n")
        return True

    def lose(self, kind: str, host: str) -> bool:
        """Let a host lose its claims or its whole home; false where there are none."""
        home = self.homes[host]
        gone = home if kind == HOME else home / ".mobius-tui"
        was_there = (home / ".mobius-tui").exists()
        shutil.rmtree(gone, ignore_errors=True)
        home.mkdir(exist_ok=True)
        return was_there

    @property
    def environment(self) -> dict[str, str]:
        """What a command is started in; every process below it is known by that."""
        return {
            **os.environ,
            "PATH": f"{self.folder}/bin:{os.environ['PATH']}",
            "XDG_STATE_HOME": f"{self.folder}/state",
            "XDG_CONFIG_HOME": f"{self.folder}/configuration",
            "TMPDIR": str(self.folder),  # what is killed leaves its sockets
        }

    def fleets(self, host_process: int | None) -> list[Victim]:
        """The fleet processes of a run."""
        if host_process:
            with contextlib.suppress(psutil.Error):
                for each in psutil.Process(host_process).children():
                    with contextlib.suppress(psutil.Error):
                        if "fleet_process" in " ".join(each.cmdline()):
                            self._fleets.add(each)
        self._fleets = {each for each in self._fleets if lives(each)}
        return [Victim("fleet", each) for each in self._fleets]

    def ways(self) -> list[Victim]:
        """What fleet processes reach hosts by, but for those in a handshake.

        An sshd holds it against everybody when a connection breaks off before it is
        let in.
        """
        if self.sshds is None:
            found = []
            for fleet in self._fleets:
                with contextlib.suppress(psutil.Error):
                    found += [Victim(WAY, each) for each in fleet.children()]
            return found
        here = _connections()
        let_in = {here[pid][1] for pid in self.sshds.sessions() if pid in here}
        found = []
        for each in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                words = each.cmdline()
                if not self._is_way(words):
                    continue
                if each.pid not in here:  # it shares another's connection
                    host = words[words.index("--") + 1] if "--" in words else ""
                    found.append(Victim(WAY, each, host))
                elif here[each.pid][0] in let_in:
                    found.append(Victim(WAY, each, self._host_at(here[each.pid][2])))
        return found

    def sessions(self) -> list[Victim]:
        """The processes of sshd's that serve somebody who has been let in."""
        if self.sshds is None:
            return []
        found = []
        for pid, number in self.sshds.sessions().items():
            with contextlib.suppress(psutil.Error):
                name = self.sshds.names[number]
                found.append(Victim(SESSION, psutil.Process(pid), name))
        return found

    def keepers(self) -> list[Victim]:
        """The keepers of claims that have not ended."""
        found = []
        for host, home in self.homes.items():
            claims = home / ".mobius-tui" / "claims"
            for file in claims.glob(f"*/{host}/*/*/keeper"):
                if file.with_name("exit").exists():
                    continue
                with contextlib.suppress(OSError, ValueError, psutil.Error):
                    pid, started = file.read_text().split()
                    process = psutil.Process(int(pid))
                    # Its number may be another's by now.
                    if _started(int(pid)) == started:
                        claim = int(file.parent.name)
                        found.append(Victim(KEEPER, process, host, claim))
        return found

    def left(self) -> list[psutil.Process]:
        """All processes that were started in this place, but for the sshd's."""
        sshds = {each.pid for each in self.sshds.sshds} if self.sshds else set()
        mark, found = str(self.folder), []
        for each in psutil.process_iter():
            if each.pid in sshds or each.pid == os.getpid() or not lives(each):
                continue
            with contextlib.suppress(psutil.Error):
                title = " ".join(each.cmdline())
                values = each.environ().values()
                # A master of connections has written its title over its environment.
                if title.startswith(f"ssh: {mark}/") or mark in " ".join(values):
                    found.append(each)
        return found

    def _is_way(self, words: Sequence[str]) -> bool:
        """Whether it is an ssh of ours, by its configuration or its title."""
        assert self.sshds is not None
        is_master = " ".join(words).startswith(f"ssh: {self.folder}/")
        return is_master or ("-F" in words and self.sshds.config in words)

    def _host_at(self, address: str) -> str:
        assert self.sshds is not None
        found = {at: name for name, at in self.sshds.addresses.items()}
        return found.get(address, "")


@contextlib.contextmanager
def place_of_folders(folder: Path, count: int) -> Iterator[Place]:
    """Hosts that are folders: nothing but a shell is needed."""
    homes = {f"w{n:03}": folder / "homes" / f"w{n:03}" for n in range(count)}
    for home in homes.values():
        home.mkdir(parents=True)
    clock = "".join(f"export {each}\n" for each in fake_clock(folder))
    text = _STAND_IN.format(homes=folder / "homes", deaf=_deaf(folder), clock=clock)
    _write_ssh(folder, text)
    place = Place(folder, homes)
    try:
        yield place
    finally:
        end_all_of(place)


@contextlib.contextmanager
def place_of_sshds(folder: Path, count: int) -> Iterator[Place]:
    """Hosts of an sshd each."""
    with loopback_hosts(folder, count, settings=fake_clock(folder)) as hosts:
        ssh = shutil.which("ssh")
        text = _WITH_CONFIGURATION.format(
            ssh=ssh, config=hosts.config, deaf=_deaf(folder)
        )
        _write_ssh(folder, text)
        place = Place(folder, hosts.homes, hosts)
        try:
            yield place
        finally:
            end_all_of(place)


def end_all_of(place: Place) -> None:
    """End every process that was started in a place, whatever it is about."""
    for _ in range(100):
        left = place.left()
        if not left:
            return
        for each in left:
            with contextlib.suppress(psutil.Error):
                each.kill()
        psutil.wait_procs(left, timeout=0.1)


def lives(process: psutil.Process) -> bool:
    """Whether a process is there, and no zombie."""
    with contextlib.suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def fake_clock(folder: Path) -> tuple[str, ...]:
    """What a host's environment has for a clock that can be moved; empty without one.

    libfaketime (Debian: `faketime`) moves it, for the processes below alone.
    """
    faketime = shutil.which("faketime")
    if faketime is None:
        return ()
    found = [*Path(faketime).parents[1].glob("lib/*/faketime/libfaketime.so.1")]
    _clock_file(folder).write_text("+0d\n")
    return (
        *(f"LD_PRELOAD={each}" for each in found[:1]),
        f"FAKETIME_TIMESTAMP_FILE={_clock_file(folder)}",
        "FAKETIME_NO_CACHE=1",
        "FAKETIME_DONT_FAKE_MONOTONIC=1",
        "FAKETIME_DISABLE_SHM=1",  # who is killed leaves nothing in /dev/shm
    )


def _clock_file(folder: Path) -> Path:
    return folder / "clock"


def _deaf(folder: Path) -> Path:
    return folder / "deaf"


def _write_ssh(folder: Path, text: str) -> None:
    (folder / "counts").mkdir()
    program = folder / "bin" / "ssh"
    program.parent.mkdir()
    program.write_text(text)
    program.chmod(0o755)


def _started(pid: int) -> str:
    """When a process began, as claims have it."""
    text = Path(f"/proc/{pid}/stat").read_text()
    return text.rpartition(") ")[2].split()[19]


def _connections() -> Mapping[int, tuple[int, int, str]]:
    """Of each process with one: its port, its peer's port, and where the peer is."""
    found = {}
    for each in psutil.net_connections("tcp4"):
        if each.pid and each.laddr and each.raddr:
            here, there = each.laddr, each.raddr
            found[each.pid] = (here.port, there.port, there.ip)
    return found
