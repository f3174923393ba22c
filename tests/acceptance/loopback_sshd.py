"""Hosts on loopback: sshd's of our own, with keys and a configuration of their own.

Nothing of the system's service is used or touched; they listen on 127.0.0.0/8 alone.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.waiting import PATIENCE

ADDRESSES_PER_SSHD = 16
"""That one listens on, at most."""


@dataclass(slots=True)
class LoopbackHosts:
    """Hosts, by the names in `config`."""

    folder: Path
    names: list[str] = field(default_factory=list)
    homes: dict[str, Path] = field(default_factory=dict)
    """By name; hosts of one sshd share one."""
    addresses: dict[str, str] = field(default_factory=dict)
    """By name."""
    sshds: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def config(self) -> str:
        """The file for `ssh -F`."""
        return str(self.folder / "config")

    def config_text(self) -> str:
        """What is in it."""
        return Path(self.config).read_text()

    def sessions(self) -> dict[int, int]:
        """The processes that serve somebody who has been let in.

        With each the index of its sshd.
        """
        listening = {sshd.pid: n for n, sshd in enumerate(self.sshds)}
        found = {}
        for each in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if "@notty" in " ".join(each.cmdline()):
                    above = {parent.pid for parent in each.parents()}
                    for pid in above & listening.keys():
                        found[each.pid] = listening[pid]
        return found


def sshd_program() -> str:
    """Where sshd is, by its whole path, as it wants to be called."""
    found = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    assert found is not None, "there is no sshd: apt-get install openssh-server"
    return found


@contextlib.contextmanager
def loopback_hosts(
    folder: Path,
    count: int,
    sshds: int | None = None,
    settings: Sequence[str] = (),
) -> Iterator[LoopbackHosts]:
    """So many hosts, of so many sshd's, until the block ends.

    Args:
        folder: for all files; a short absolute path.
        count: of hosts.
        sshds: how many serve them; one each if not given.
        settings: `NAME=value`, for the environment of all that runs there.
    """
    hosts = LoopbackHosts(folder)
    sshds = sshds or count
    assert count <= sshds * ADDRESSES_PER_SSHD
    Path("/run/sshd").mkdir(exist_ok=True)  # each sshd that root starts wants it
    for key in ("id", "hostkey"):
        make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{folder}/{key}"]
        subprocess.run(make, check=True)
    shutil.copy(folder / "id.pub", folder / "authorized_keys")
    port = free_port()
    addresses = {f"w{n:03}": f"127.1.{n // 250}.{n % 250 + 1}" for n in range(count)}
    hosts.names, hosts.addresses = list(addresses), addresses
    write_client_files(folder, addresses, port)
    try:
        for n in range(sshds):
            mine = hosts.names[n::sshds]
            home = folder / f"home{n}"
            home.mkdir()
            hosts.homes |= dict.fromkeys(mine, home)
            listens = [f"ListenAddress {addresses[name]}:{port}" for name in mine]
            hosts.sshds.append(start_sshd(folder, n, home, listens, settings))
        for address in addresses.values():
            wait_for_port(address, port)
        yield hosts
    finally:
        for sshd in hosts.sshds:
            end_with_sessions(sshd)


def start_sshd(
    folder: Path,
    number: int,
    home: Path,
    listens: Sequence[str],
    settings: Sequence[str] = (),
) -> subprocess.Popen[bytes]:
    """One sshd, in the foreground of a process of ours."""
    file = folder / f"sshd{number}.conf"
    file.write_text(
        "\n".join(listens)
        + f"""
HostKey {folder}/hostkey
PidFile none
AuthorizedKeysFile {folder}/authorized_keys
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
PrintMotd no
MaxStartups 200
MaxSessions 100
PerSourcePenalties no
SetEnv HOME={home} {" ".join(settings)}
"""
    )
    log = folder / f"sshd{number}.log"
    return subprocess.Popen(
        [sshd_program(), "-D", "-f", str(file), "-E", str(log)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def write_client_files(folder: Path, addresses: dict[str, str], port: int) -> None:
    """What ssh reads: `config` and `known_hosts`."""
    kind, key = (folder / "hostkey.pub").read_text().split()[:2]
    known = [f"[{each}]:{port} {kind} {key}\n" for each in addresses.values()]
    (folder / "known_hosts").write_text("".join(known))
    names = [f"Host {name}\n  HostName {at}\n" for name, at in addresses.items()]
    common = f"""Host *
  User root
  Port {port}
  IdentityFile {folder}/id
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile {folder}/known_hosts
  GlobalKnownHostsFile /dev/null
  PreferredAuthentications publickey
"""
    (folder / "config").write_text("".join(names) + common)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def wait_for_port(address: str, port: int) -> None:
    """Wait until somebody listens there."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection((address, port), timeout=1).close()
            return
        except OSError:
            assert time.monotonic() < deadline, f"no sshd at {address}:{port}"
            time.sleep(0.02)


def end_with_sessions(sshd: subprocess.Popen[bytes]) -> None:
    """End an sshd of ours, and whom it serves."""
    below: list[psutil.Process] = []
    with contextlib.suppress(psutil.Error):
        below = psutil.Process(sshd.pid).children(recursive=True)
    sshd.send_signal(signal.SIGTERM)
    sshd.wait(PATIENCE)
    for each in below:
        with contextlib.suppress(psutil.Error):
            each.kill()
