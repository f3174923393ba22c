"""Finds the hosts of a target, now; nothing else makes a list of hosts of a target."""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
from collections.abc import Mapping
from pathlib import Path

from mobius_tui import sanitize
from mobius_tui.errors import MobiusError, UsageError
from mobius_tui.run.storage.run_directory import AttemptDirectory
from mobius_tui.run.storage.safe_open import open_regular
from mobius_tui.run.targets.ansible_inventory import Inventory, read_inventory
from mobius_tui.run.targets.inventory_variables import unfollowed_variables
from mobius_tui.run.targets.resolved_hosts import (
    ResolvedHosts,
    TargetHost,
    decode_host_list,
)
from mobius_tui.runbook.model.targets import Target, hosts_in_order, named_hosts
from mobius_tui.runbook.text.host_patterns import (
    BadHostError,
    first_duplicate,
    host_name_problem,
    select_hosts,
)
from mobius_tui.structs import replace

ADDRESSES_ASKED_AT_ONCE = 8
"""Names whose addresses ssh is asked for at the same time: each takes 8 ms."""
MAX_HOST_LIST_BYTES = 16 << 20
"""Bytes of a list of hosts that are read."""
MAX_SSH_CONFIG_BYTES = 1 << 20
"""Bytes of a target's configuration for ssh at most."""
_ASKING_LIMIT = 10.0
"""Seconds that ssh may take to read its configuration."""


async def resolve_target(
    target: Target,
    folder: Path,
    env: Mapping[str, str],
    *,
    limit: str = "",
    by_ssh: bool,
) -> ResolvedHosts:
    """The hosts of a target, in the order in which they go.

    Args:
        target: which.
        folder: the folder of the runbook, which an inventory lies in.
        env: the whole environment of what reads an inventory.
        limit: a pattern that leaves only some; empty for all.
        by_ssh: whether ssh goes to them: what it does not follow is an error then.

    Raises:
        UsageError: no host is found, or too many are, or one twice, or a name is
            invalid; or ssh does not follow what an inventory says of one.
    """
    if not target.inventory:
        return resolve_names(target, folder, limit=limit)
    try:
        inventory = await read_inventory(target.inventory, folder, env)
        found = _resolved(target, folder, _hosts_of_inventory(target, inventory), limit)
        if by_ssh:
            said = inventory.variables_of(found.names)
            if problem := unfollowed_variables(said, target.ignore_vars):
                raise BadHostError(problem)
        return found
    except BadHostError as error:
        raise _refusal(target, error) from error


def resolve_names(target: Target, folder: Path, *, limit: str = "") -> ResolvedHosts:
    """The hosts of a target without an inventory; nothing is executed.

    Args:
        target: which.
        folder: the folder of the runbook, which its configuration for ssh lies in.
        limit: a pattern that leaves only some; empty for all.

    Raises:
        UsageError: no host is found, or too many are, or one twice, or a name is
            invalid; or its configuration for ssh cannot be read.
    """
    try:
        names = named_hosts(target)
        found = tuple(TargetHost(name=name, address=name) for name in names)
        return _resolved(target, folder, found, limit)
    except BadHostError as error:
        raise _refusal(target, error) from error


def _resolved(
    target: Target, folder: Path, hosts: tuple[TargetHost, ...], limit: str
) -> ResolvedHosts:
    found = ResolvedHosts(
        target=target.name,
        hosts=hosts,
        first=target.first,
        ssh_config=_config_digest(target, folder),
    )
    return found.limited(limit) if limit else found


def _config_digest(target: Target, folder: Path) -> str:
    """SHA-256 of a target's own configuration for ssh; empty if it has none.

    Raises:
        BadHostError: it cannot be read.
    """
    if not target.ssh_config:
        return ""
    try:
        with open_regular(folder / target.ssh_config) as file:
            data = file.read(MAX_SSH_CONFIG_BYTES + 1)
    except (OSError, MobiusError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise BadHostError(f"`ssh_config`: {target.ssh_config}: {why}") from error
    if len(data) > MAX_SSH_CONFIG_BYTES:
        words = f"has more than {MAX_SSH_CONFIG_BYTES >> 20} MiB"
        raise BadHostError(f"`ssh_config`: {target.ssh_config} {words}")
    return hashlib.sha256(data).hexdigest()


def _refusal(target: Target, error: BadHostError) -> UsageError:
    return UsageError(f"the target {target.name}: {sanitize.line(str(error))}")


def _hosts_of_inventory(target: Target, found: Inventory) -> tuple[TargetHost, ...]:
    """The hosts of an inventory that the patterns of a target name."""
    names = select_hosts(target.hosts, found.names, found.groups)
    if twice := first_duplicate(names):
        raise BadHostError(f"`{twice}` is there twice, in other letters")
    return tuple(found.hosts(hosts_in_order(target, names)))


async def with_ssh_addresses(found: ResolvedHosts, config: str) -> ResolvedHosts:
    """The hosts with the addresses that ssh would go to, by its configuration.

    Only for steps with `${host.address}`: no other program knows the names that are in
    its configuration. A host whose address is in an inventory keeps that one.

    Args:
        found: the hosts.
        config: a configuration for ssh instead of the person's; empty for that.
    """
    places = asyncio.Semaphore(ADDRESSES_ASKED_AT_ONCE)

    async def asked(host: TargetHost) -> TargetHost:
        if host.address != host.name:
            return host
        async with places:
            address = await asyncio.to_thread(_ssh_address, host.name, config)
        return replace(host, address=address or host.address)

    hosts = await asyncio.gather(*map(asked, found.hosts))
    return replace(found, hosts=tuple(hosts))


def _ssh_address(name: str, config: str) -> str:
    """The host name that ssh has for a name; empty if it does not say."""
    try:
        done = subprocess.run(
            ("ssh", *(("-F", config) if config else ()), "-G", "--", name),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_ASKING_LIMIT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    for row in done.stdout.decode("utf-8", "replace").splitlines():
        key, _, value = row.partition(" ")
        if key == "hostname":
            return "" if host_name_problem(value) else value
    return ""


def read_host_list(directory: AttemptDirectory) -> ResolvedHosts:
    """The list of hosts that an attempt was begun with.

    Raises:
        RunError: it is not a valid list of hosts, or was edited.
        OSError: it cannot be read.
    """
    with open_regular(directory.hosts) as file:
        return decode_host_list(file.read(MAX_HOST_LIST_BYTES))
