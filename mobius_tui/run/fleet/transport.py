"""How a host is reached: names that are safe, and the command for a shell there."""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from mobius_tui.dataclass import dataclass
from mobius_tui.errors import RunError
from mobius_tui.runbook.text.host_patterns import USER_NAME
from mobius_tui.sanitize import line

MAX_HOST_NAME_LENGTH = 253
"""Characters of a name in DNS."""

_USER = r"(?:[A-Za-z0-9_][A-Za-z0-9_.-]*@)?"
_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"
_IPV6 = r"[0-9A-Fa-f]*:[0-9A-Fa-f:.]*(?:%[A-Za-z0-9]+)?"
_HOST = re.compile(rf"{_USER}(?:{_NAME}|{_IPV6})")

MAX_PATH_PART_LENGTH = 120
"""Characters of one part of a path: some file systems take 143 bytes."""
_UNSAFE = re.compile(r"[^A-Za-z0-9_@.-]|^\.")


def check_host_name(name: str) -> str:
    """Return a name that can be given to ssh: `[USER@]NAME`, or an IPv6 address.

    A name that begins with `-` would be an option: `-oProxyCommand=…` runs a program.

    Raises:
        RunError: it is not a valid name of a host.
    """
    if len(name) <= MAX_HOST_NAME_LENGTH and _HOST.fullmatch(name):
        return name
    shown = line(name[:80])
    raise RunError(
        f"{shown!r} is no name of a host: letters, digits, '.', '-' and '_', at most "
        f"{MAX_HOST_NAME_LENGTH}, with USER@ before it if need be; or an address"
    )


def name_as_path_part(name: str) -> str:
    """A name as one part of a path, here and on a host; different names stay different.

    Args:
        name: of a run, a step or a host; anything.
    """
    part = _UNSAFE.sub(_percent_encoded, name) or "%"
    if len(part) <= MAX_PATH_PART_LENGTH:
        return part
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
    return f"{part[:80]}%{digest[:32]}"


def _percent_encoded(found: re.Match[str]) -> str:
    data = found[0].encode("utf-8", "surrogateescape")
    return "".join(f"%{byte:02X}" for byte in data)


MULTIPLEXED_HOSTS = 50
"""Hosts of a step up to which connections are shared; a master holds 3 MB."""
CONNECT_TIMEOUT = 5
"""Seconds in which a connection to a host must be made (ssh's `ConnectTimeout`)."""
_SSH_COMMAND = (
    *("ssh", "-T", "-x", "-a"),
    *("-o", "BatchMode=yes"),
    *("-o", f"ConnectTimeout={CONNECT_TIMEOUT}"),
    *("-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=2"),
    *("-o", "ForwardAgent=no", "-o", "ForwardX11=no"),
    *("-o", "ClearAllForwardings=yes", "-o", "PermitLocalCommand=no"),
    *("-o", "RequestTTY=no", "-o", "RemoteCommand=none"),
    *("-o", "StdinNull=no", "-o", "ForkAfterAuthentication=no"),
    # Also against the person's configuration: no unknown host key is accepted or saved.
    *("-o", "StrictHostKeyChecking=yes", "-o", "UpdateHostKeys=no"),
    *("-o", "LogLevel=ERROR"),
)


_LOCAL_LOGIN = 'cd && { [ ! -r .profile ] || . ./.profile; } && exec "$@"'
"""What a shell runs first where a folder of this machine stands in for a host."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Transport:
    """The way to one host."""

    argv: tuple[str, ...]
    """The command that runs `sh -s` on the host, connected by standard streams."""
    description: str
    """For a person: `ssh web-1`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Destination:
    """One host, and where it is."""

    name: str
    """What people and claims call it."""
    address: str = ""
    """Where ssh goes; empty for the name, which ssh's configuration may know."""
    user: str = ""
    """Who logs in; empty for what ssh finds by itself."""
    port: int | None = None
    """`None` for what ssh finds by itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SshRoute:
    """Hosts are reached by the system's OpenSSH, and by the person's configuration."""

    config: str = ""
    """A configuration file instead of the person's; empty for that."""
    become: str = ""
    """The user that scripts run as, by `sudo -n`; empty for the one who logs in."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalRoute:
    """Each host is a folder of this machine, which is its home: for drills.

    A `.profile` there is read first: it plays the login, and may refuse one.
    """

    sites: Mapping[str, str] = field(default_factory=dict)
    """Folders by the names of hosts."""
    shell: tuple[str, ...] = ("sh", "-s")


Route = SshRoute | LocalRoute


def transport_to(
    host: Destination, route: Route, control_socket: Path | None
) -> Transport:
    """The way to one host.

    Args:
        host: which.
        route: how hosts are reached.
        control_socket: where connections to this host are shared, in a folder of ours
            alone; `None` where they are not. A path of at most some 80 bytes.

    Raises:
        RunError: the name is not valid, or the route has no such host.
    """
    check_host_name(host.name)
    if isinstance(route, LocalRoute):
        return _local_transport(host.name, route)
    return _ssh_transport(host, route, control_socket)


def _ssh_transport(
    host: Destination, route: SshRoute, control_socket: Path | None
) -> Transport:
    sharing: tuple[str, ...] = ("-o", "ControlMaster=no")
    if control_socket is not None:
        sharing = (
            *("-o", "ControlMaster=auto", "-o", f"ControlPath={control_socket}"),
            *("-o", "ControlPersist=10"),
        )
    config = ("-F", route.config) if route.config else ()
    login = ("-l", _check_user_name(host.user)) if host.user else ()
    port = () if host.port is None else ("-p", str(host.port))
    address = check_host_name(host.address) if host.address else host.name
    command = "exec sh -s"
    if route.become:
        # All of the claim is below sudo, or it could not signal what it started.
        user = shlex.quote(_check_user_name(route.become))
        command = f"exec sudo -n -H -u {user} -- sh -s"
    return Transport(
        argv=(*_SSH_COMMAND, *sharing, *config, *login, *port, "--", address, command),
        description=f"ssh {host.name}",
    )


def _check_user_name(name: str) -> str:
    if USER_NAME.fullmatch(name):
        return name
    raise RunError(f"{line(name[:80])!r} is no name of a user")


def _local_transport(name: str, route: LocalRoute) -> Transport:
    site = route.sites.get(name)
    if site is None:
        known = ", ".join(sorted(route.sites)[:5])
        raise RunError(f"there is no site for the host {name}; there are {known}")
    login = ("sh", "-c", _LOCAL_LOGIN, "sh", *route.shell)
    return Transport(argv=("env", f"HOME={site}", *login), description=f"sh in {site}")
