"""How a host is reached: names that are safe, and the command for a shell there."""

from __future__ import annotations

import hashlib
import math
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from mobius_tui.errors import RunError
from mobius_tui.json_border import JsonObject
from mobius_tui.run.targets.resolved_hosts import TargetHost
from mobius_tui.runbook.model.limits import bounded_duration
from mobius_tui.runbook.model.targets import HOME_ONLY, Target
from mobius_tui.runbook.text.host_patterns import USER_NAME, host_name_problem
from mobius_tui.sanitize import line

MAX_PATH_PART_LENGTH = 120
"""Characters of one part of a path: some file systems take 143 bytes."""
_UNSAFE = re.compile(r"[^A-Za-z0-9_@.-]|^\.")


def check_host_name(name: str) -> str:
    """Return a name that can be given to ssh, as `host_name_problem` has it.

    Raises:
        RunError: it is not a valid name of a host.
    """
    if problem := host_name_problem(name):
        raise RunError(line(problem))
    return name


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
_SSH_OPTIONS = (
    *("BatchMode=yes", "ServerAliveInterval=5", "ServerAliveCountMax=2"),
    *("ForwardAgent=no", "ForwardX11=no"),
    *("ClearAllForwardings=yes", "PermitLocalCommand=no"),
    *("RequestTTY=no", "RemoteCommand=none"),
    *("StdinNull=no", "ForkAfterAuthentication=no"),
    # Who asks says how often, and pauses in between; ssh's own tries would multiply it.
    "ConnectionAttempts=1",
    # Also against the person's configuration: no unknown host key is accepted or saved.
    *("StrictHostKeyChecking=yes", "UpdateHostKeys=no"),
    "LogLevel=ERROR",
)
"""The options of every ssh, whether it runs a step, looks, or only asks who answers.

They override the person's own configuration.
"""


_LOCAL_LOGIN = 'cd && { [ ! -r .profile ] || . ./.profile; } && exec "$@"'
"""What a shell runs first where a folder of this machine stands in for a host."""


class Transport(Struct, frozen=True, kw_only=True):
    """The way to one host."""

    argv: tuple[str, ...]
    """The command that runs `sh -s` on the host, connected by standard streams."""
    description: str
    """For a person: `ssh web-1`."""
    connect_timeout: int = 0
    """Seconds that a connection may take before anything can be heard."""


class Destination(JsonObject, frozen=True, kw_only=True):
    """One host, and where it is."""

    name: str
    """What people and claims call it."""
    address: str = ""
    """Where ssh goes; empty for the name, which ssh's configuration may know."""
    user: str = ""
    """Who logs in; empty for what ssh finds by itself."""
    port: int | None = None
    """`None` for what ssh finds by itself."""


def destination_fields(host: TargetHost) -> dict[str, Any]:
    """A host's name, address, user and port, as the fields of an order."""
    return {
        "name": host.name,
        "address": "" if host.address == host.name else host.address,
        "user": host.user,
        "port": host.port,
    }


class SshRoute(JsonObject, frozen=True, kw_only=True, tag_field="kind", tag="ssh"):
    """Hosts are reached by the system's OpenSSH, and by the person's configuration."""

    config: str = ""
    """A configuration file instead of the person's; empty for that."""
    become: str = ""
    """The user that scripts run as, by `sudo -n`; empty for the one who logs in."""
    connect_timeout: int = 5
    """Seconds in which a connection to a host must be made."""
    claims_in: tuple[str, ...] = HOME_ONLY
    """Folders on the hosts for claims, in the order in which they are tried."""


def ssh_route(target: Target, folder: Path, become: str = "") -> SshRoute:
    """How the hosts of a target are reached by ssh.

    Args:
        target: which.
        folder: the runbook's.
        become: the user that scripts run as; empty for the one who logs in.

    Raises:
        RunError: its configuration for ssh is not there.
    """
    config = folder.absolute() / target.ssh_config if target.ssh_config else None
    if config is not None and not config.is_file():
        shown = line(str(config))
        raise RunError(f"the target {target.name}: `ssh_config`: no file {shown}")
    seconds = bounded_duration(target.connect_timeout, "connect_timeout")
    return SshRoute(
        config="" if config is None else str(config),
        become=become,
        connect_timeout=math.ceil(seconds),
        claims_in=target.claims_in,
    )


class LocalRoute(JsonObject, frozen=True, kw_only=True, tag_field="kind", tag="local"):
    """Each host is a folder of this machine, which is its home: for drills.

    A `.profile` there is read first: it plays the login, and may refuse one.
    """

    sites: Mapping[str, str] = field(default_factory=dict)
    """Folders by the names of hosts."""
    shell: tuple[str, ...] = ("sh", "-s")
    claims_in: tuple[str, ...] = HOME_ONLY
    """As `SshRoute` has it; a drill leaves nothing outside of its sites."""


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
    sharing: tuple[str, ...] = ("ControlMaster=no",)
    if control_socket is not None:
        path = f"ControlPath={control_socket}"
        sharing = ("ControlMaster=auto", path, "ControlPersist=10")
    options = (*_SSH_OPTIONS, f"ConnectTimeout={route.connect_timeout}", *sharing)
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
        argv=(
            *("ssh", "-T", "-x", "-a"),
            *(word for option in options for word in ("-o", option)),
            *(*config, *login, *port, "--", address, command),
        ),
        description=" ".join(("ssh", *config, host.name)),
        connect_timeout=route.connect_timeout,
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
