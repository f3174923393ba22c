"""The hosts of a target as they were found: a list with a digest. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from mobius_tui.errors import RunError
from mobius_tui.json_border import json_as, malformed_text
from mobius_tui.runbook.model.targets import MAX_HOSTS
from mobius_tui.runbook.text.host_patterns import (
    BadHostError,
    host_name_problem,
    select_hosts,
)
from mobius_tui.runbook.text.provided_names import HostField
from mobius_tui.structs import replace


class TargetHost(Struct, frozen=True, kw_only=True):
    """One host."""

    name: str
    """What people and folders call it, and what ssh is given without an address."""
    address: str
    """Where it is: a name or an address, `${host.address}` in texts."""
    groups: tuple[str, ...] = ()
    """The groups of an inventory that it is in, without `all`."""
    user: str = ""
    """Who logs in; empty for what ssh finds by itself."""
    port: int | None = None
    """`None` for what ssh finds by itself."""

    def provided(self, batch: int) -> Mapping[HostField, str]:
        """The values of `${host.…}` in a step's texts.

        Args:
            batch: the number of its batch, from 1.
        """
        return {
            HostField.NAME: self.name,
            HostField.ADDRESS: self.address,
            HostField.BATCH: str(batch),
        }


class ResolvedHosts(Struct, frozen=True, kw_only=True):
    """The hosts of a target, in the order in which they go."""

    target: str
    """The target's name."""
    hosts: tuple[TargetHost, ...]
    first: tuple[str, ...] = ()
    """The names of those that go before all others."""
    limit: str = ""
    """The pattern that left only these; empty without one."""
    ssh_config: str = ""
    """SHA-256 of the target's own configuration for ssh; empty where it has none."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all, in order."""
        return tuple(host.name for host in self.hosts)

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups that any of them is in, by name."""
        return tuple(sorted({group for host in self.hosts for group in host.groups}))

    @property
    def sha256(self) -> str:
        """SHA-256 of the hosts' names, addresses, users and ports, in their order.

        Where the target has a configuration for ssh of its own, that is part of it: it
        says where names lead. Lists with the same digest are the same to a person;
        groups are not part of it.
        """
        who: list[object] = [
            [each.name, each.address, each.user, each.port] for each in self.hosts
        ]
        if self.ssh_config:
            who.append({"ssh_config": self.ssh_config})
        text = json.dumps(who, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def limited(self, pattern: str) -> ResolvedHosts:
        """Only the hosts that a pattern names.

        Raises:
            BadHostError: a part of the pattern names no host, or no host is left.
        """
        members: dict[str, list[str]] = {}
        for host in self.hosts:
            for group in host.groups:
                members.setdefault(group, []).append(host.name)
        chosen = set(select_hosts((pattern,), self.names, members))
        if not chosen:
            raise BadHostError(f"`{pattern[:80]}` leaves no host")
        return replace(
            self,
            hosts=tuple(host for host in self.hosts if host.name in chosen),
            first=tuple(name for name in self.first if name in chosen),
            limit=pattern,
        )

    def in_words(self) -> str:
        """How many they are: `120 hosts, of 3 groups`."""
        count = len(self.hosts)
        words = "1 host" if count == 1 else f"{count} hosts"
        groups = len(self.groups)
        if groups:
            words += f", of {groups} group{'s' if groups > 1 else ''}"
        return f"{words}, limited to {self.limit}" if self.limit else words

    def named_in_words(self) -> str:
        """How many they are, and which: `120 hosts: web-1, web-2 … and 110 more`."""
        more = len(self.hosts) - MAX_HOSTS_NAMED
        named = ", ".join(self.names[:MAX_HOSTS_NAMED])
        return f"{self.in_words()}: {named}" + (f" and {more} more" if more > 0 else "")


MAX_HOSTS_NAMED = 10
"""Hosts that are named before anything runs on them; of the others the number is."""


def encode_host_list(found: ResolvedHosts) -> bytes:
    """Encode the list as an attempt's file `hosts.json`."""
    return (
        json.dumps(
            {
                "target": found.target,
                "limit": found.limit,
                **({"ssh_config": found.ssh_config} if found.ssh_config else {}),
                "first": list(found.first),
                "sha256": found.sha256,
                "hosts": [_as_item(host) for host in found.hosts],
            },
            indent=1,
        )
        + "\n"
    ).encode()


def _as_item(host: TargetHost) -> Mapping[str, Any]:
    found: dict[str, Any] = {"name": host.name, "address": host.address}
    if host.groups:
        found["groups"] = list(host.groups)
    if host.user:
        found["user"] = host.user
    return found if host.port is None else {**found, "port": host.port}


class _HostList(Struct, frozen=True, kw_only=True):
    """What `hosts.json` holds."""

    target: str
    limit: str
    first: tuple[str, ...]
    sha256: str
    hosts: tuple[TargetHost, ...]
    ssh_config: str = ""


def decode_host_list(data: bytes) -> ResolvedHosts:
    """Decode the list of an attempt's file `hosts.json`; checks each host's name.

    Raises:
        RunError: it is not a valid list of hosts, or was edited.
    """
    try:
        said = json_as(_HostList, data)
        for name in (text for each in said.hosts for text in (each.name, each.address)):
            if problem := host_name_problem(name):
                raise ValueError(problem)
    except ValueError as error:
        raise RunError(
            f"hosts.json is no list of hosts: {malformed_text(error)}"
        ) from error
    found = ResolvedHosts(
        target=said.target,
        limit=said.limit,
        ssh_config=said.ssh_config,
        first=said.first,
        hosts=said.hosts,
    )
    if found.sha256 != said.sha256 or not 0 < len(found.hosts) <= MAX_HOSTS:
        raise RunError("hosts.json was edited: it is not the list that it was")
    return found
