"""Finds the hosts of a target, now; nothing else makes a list of hosts of a target."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from mobius_tui import sanitize
from mobius_tui.errors import UsageError
from mobius_tui.run.targets.ansible_inventory import read_inventory
from mobius_tui.run.targets.resolved_hosts import ResolvedHosts, TargetHost
from mobius_tui.runbook.model.targets import Target, hosts_in_order, named_hosts
from mobius_tui.runbook.text.host_patterns import (
    BadHostError,
    first_duplicate,
    host_name_problem,
    select_hosts,
)

ADDRESSES_ASKED_AT_ONCE = 8
"""Names whose addresses ssh is asked for at the same time: each takes 8 ms."""
_ASKING_LIMIT = 10.0
"""Seconds that ssh may take to read its configuration."""


async def resolve_target(
    target: Target, folder: Path, env: Mapping[str, str], *, limit: str = ""
) -> ResolvedHosts:
    """The hosts of a target, in the order in which they go.

    Args:
        target: which.
        folder: the folder of the runbook, which an inventory lies in.
        env: the whole environment of what reads an inventory.
        limit: a pattern that leaves only some; empty for all.

    Raises:
        UsageError: no host is found, or too many are, or one twice, or a name is
            invalid.
    """
    if not target.inventory:
        return resolve_names(target, limit=limit)
    try:
        return _resolved(target, await _hosts_of_inventory(target, folder, env), limit)
    except BadHostError as error:
        raise _refusal(target, error) from error


def resolve_names(target: Target, *, limit: str = "") -> ResolvedHosts:
    """The hosts of a target without an inventory; nothing is executed.

    Args:
        target: which.
        limit: a pattern that leaves only some; empty for all.

    Raises:
        UsageError: no host is found, or too many are, or one twice, or a name is
            invalid.
    """
    try:
        names = named_hosts(target)
        found = tuple(TargetHost(name=name, address=name) for name in names)
        return _resolved(target, found, limit)
    except BadHostError as error:
        raise _refusal(target, error) from error


def _resolved(
    target: Target, hosts: tuple[TargetHost, ...], limit: str
) -> ResolvedHosts:
    found = ResolvedHosts(target=target.name, hosts=hosts, first=target.first)
    return found.limited(limit) if limit else found


def _refusal(target: Target, error: BadHostError) -> UsageError:
    return UsageError(f"the target {target.name}: {sanitize.line(str(error))}")


async def _hosts_of_inventory(
    target: Target, folder: Path, env: Mapping[str, str]
) -> tuple[TargetHost, ...]:
    """The hosts of an inventory that the patterns of a target name."""
    found = await read_inventory(target.inventory, folder, env)
    names = select_hosts(target.hosts, found.names, found.groups)
    if twice := first_duplicate(names):
        raise BadHostError(f"`{twice}` is there twice, in other letters")
    return tuple(found.hosts(hosts_in_order(target, names)))


async def with_ssh_addresses(found: ResolvedHosts) -> ResolvedHosts:
    """The hosts with the addresses that ssh would go to, by its configuration.

    Only for steps with `${host.address}`: no other program knows the names that are in
    ~/.ssh/config. A host whose address is in an inventory keeps that one.
    """
    places = asyncio.Semaphore(ADDRESSES_ASKED_AT_ONCE)

    async def asked(host: TargetHost) -> TargetHost:
        if host.address != host.name:
            return host
        async with places:
            address = await asyncio.to_thread(_ssh_address, host.name)
        return replace(host, address=address or host.address)

    hosts = await asyncio.gather(*map(asked, found.hosts))
    return replace(found, hosts=tuple(hosts))


def _ssh_address(name: str) -> str:
    """The host name that ssh has for a name; empty if it does not say."""
    try:
        done = subprocess.run(
            ("ssh", "-G", "--", name),
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
