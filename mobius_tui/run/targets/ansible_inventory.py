"""Reads an Ansible inventory by `ansible-inventory --list`: hosts, and their groups.

Ansible reads the inventory, be it a file, a directory, a script or a plugin. We match
patterns of hosts ourselves (`host_patterns`): one program is run instead of two,
`--limit` is the same for names without an inventory, and a pattern that names nothing
is an error, where Ansible warns and goes on with fewer hosts, or with none.

The answer is hostile: names become arguments of ssh and names of folders.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from mobius_tui import sanitize
from mobius_tui.errors import UsageError
from mobius_tui.run.checks.subprocesses import ProgramEnd, run_program
from mobius_tui.run.targets.resolved_hosts import TargetHost
from mobius_tui.runbook.text.host_patterns import (
    USER_NAME,
    BadHostError,
    host_name_problem,
)

INVENTORY_PROGRAM = "ansible-inventory"
ANSIBLE_MISSING_REMEDY = (
    "ansible-core 2.16 or newer brings it, and so does "
    "`pip install 'mobius-tui[ansible]'`"
)
"""The remedy in an error where a program of Ansible is missing."""
INVENTORY_TIME_LIMIT = 30.0
"""Seconds that it may take: a plugin asks a cloud, page by page."""
MAX_INVENTORY_ANSWER_BYTES = 32 << 20
"""Bytes of its answer that are read: it has all variables of all hosts."""
MAX_INVENTORY_HOSTS = 20_000
"""Hosts of a whole inventory at most; a target has some of them."""
_GROUP_LENGTH = 80
_ENVIRONMENT: Mapping[str, str] = {
    "ANSIBLE_NOCOLOR": "1",
    "ANSIBLE_FORCE_COLOR": "0",
    "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "True",
    "ANSIBLE_DEPRECATION_WARNINGS": "False",
}
"""A part of an inventory that cannot be read is an error: hosts would be missing."""


def find_ansible(program: str, path: str) -> str | None:
    """The path of a program of ansible-core; `None` if it is not installed.

    It is looked for on PATH first, then beside this program, where the extra puts it.

    Args:
        program: its name.
        path: PATH to look in.
    """
    beside = Path(sys.executable).with_name(program)
    own = str(beside) if os.access(beside, os.X_OK) else None
    return shutil.which(program, path=path) or own


class Inventory(Struct, frozen=True, kw_only=True):
    """The content of an inventory; names are hostile until `hosts` has checked them."""

    groups: Mapping[str, Sequence[str]]
    """The hosts of each group, with those of the groups in it, in their order."""
    variables: Mapping[str, Any]
    """The variables of each host."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all hosts, in order."""
        found = dict.fromkeys(n for hosts in self.groups.values() for n in hosts)
        return tuple(found)

    def variables_of(self, names: Iterable[str]) -> Mapping[str, Mapping[str, Any]]:
        """The variables of some of its hosts, by host."""
        found = ((name, self.variables.get(name)) for name in names)
        return {name: own for name, own in found if isinstance(own, dict)}

    def hosts(self, names: Iterable[str]) -> Iterator[TargetHost]:
        """Some of its hosts.

        Raises:
            BadHostError: the name, address, user or port of a host is invalid.
        """
        of_host: dict[str, list[str]] = {}
        for group, members in self.groups.items():
            for name in members if group != "all" else ():
                of_host.setdefault(name, []).append(group)
        for name in names:
            own = self.variables.get(name)
            groups = tuple(each for each in of_host.get(name, ()))
            yield _host(name, groups, own if isinstance(own, dict) else {})


async def read_inventory(
    inventory: str, folder: Path, env: Mapping[str, str]
) -> Inventory:
    """Read an inventory by `ansible-inventory --list`.

    Args:
        inventory: its path, from the folder.
        folder: the folder of the runbook.
        env: the whole environment; its `PATH` says where Ansible is.

    Raises:
        UsageError: it cannot be read.
    """
    place = folder / inventory
    name = f"the inventory {sanitize.line(inventory)}"
    try:
        is_there = place.exists()
    except OSError as error:
        raise UsageError(f"{name}: {error.strerror}") from error
    if not is_there:
        raise UsageError(f"{name}: there is no {sanitize.line(str(place))}")
    program = find_ansible(INVENTORY_PROGRAM, env.get("PATH", os.defpath))
    if program is None:
        raise UsageError(
            f"{name}: {INVENTORY_PROGRAM} is not on PATH; {ANSIBLE_MISSING_REMEDY}"
        )
    argv = (program, "--list", "-i", str(place.absolute()))
    try:
        async with asyncio.timeout(INVENTORY_TIME_LIMIT):
            ended = await run_program(
                argv,
                workdir=folder,
                env={**env, **_ENVIRONMENT},
                keep=MAX_INVENTORY_ANSWER_BYTES,
            )
    except TimeoutError:
        limit = f"{INVENTORY_TIME_LIMIT:g} s"
        words = f"{INVENTORY_PROGRAM} took longer than {limit}, and was stopped"
        raise UsageError(f"{name}: {words}") from None
    except OSError as error:
        raise UsageError(f"{name}: {INVENTORY_PROGRAM}: {error.strerror}") from error
    return _decode_inventory(name, ended)


def _decode_inventory(name: str, ended: ProgramEnd) -> Inventory:
    """Decode the answer of `ansible-inventory`.

    Raises:
        UsageError: the program failed, or its answer is not an inventory.
    """
    if ended.code:
        why = sanitize.line(ended.error_line)[:300]
        raise UsageError(f"{name}: {INVENTORY_PROGRAM}: {ended.exit_text}: {why}")
    if ended.is_cut:
        words = f"printed more than {MAX_INVENTORY_ANSWER_BYTES >> 20} MiB"
        raise UsageError(f"{name}: {INVENTORY_PROGRAM} {words}")
    try:
        answer = json.loads(ended.printed.decode())
    except (ValueError, RecursionError):
        raise UsageError(f"{name}: {INVENTORY_PROGRAM} printed no JSON") from None
    if not isinstance(answer, dict):
        raise UsageError(f"{name}: {INVENTORY_PROGRAM} printed no inventory")
    meta = answer.get("_meta")
    values = meta.get("hostvars") if isinstance(meta, dict) else None
    found = Inventory(
        groups=_members(answer), variables=values if isinstance(values, dict) else {}
    )
    if len(found.names) > MAX_INVENTORY_HOSTS:
        words = f"{len(found.names)} hosts; {MAX_INVENTORY_HOSTS} are the most"
        raise UsageError(f"{name} has {words}")
    return found


def _host(name: str, groups: tuple[str, ...], own: Mapping[str, Any]) -> TargetHost:
    """A host, by its variables.

    Raises:
        BadHostError: its name, its address, its user or its port is invalid.
    """
    if problem := host_name_problem(name):
        raise BadHostError(problem)
    address = own.get("ansible_host", own.get("ansible_ssh_host", name))
    if not isinstance(address, str) or (problem := host_name_problem(address)):
        raise BadHostError(f"the address of {name}: {problem or 'is no text'}")
    user = own.get("ansible_user", own.get("ansible_ssh_user")) or ""
    if user and not (isinstance(user, str) and USER_NAME.fullmatch(user)):
        raise BadHostError(f"the user of {name} is no name of a user")
    port = own.get("ansible_port", own.get("ansible_ssh_port"))
    where = _port(name, port)
    return TargetHost(name=name, address=address, groups=groups, user=user, port=where)


def _port(name: str, value: object) -> int | None:
    if value is None:
        return None
    text = str(value)
    if not re.fullmatch(r"\d{1,5}", text) or not 0 < int(text) < 65536:
        raise BadHostError(f"the port of {name} is no number from 1 to 65535")
    return int(text)


def _members(answer: Mapping[str, Any]) -> Mapping[str, list[str]]:
    """The hosts of each group, with those of the groups in it, in their order."""
    own: dict[str, list[str]] = {}
    below: dict[str, list[str]] = {}
    for group, value in answer.items():
        if group == "_meta" or not isinstance(value, dict):
            continue
        own[group] = _texts(value.get("hosts"))
        below[group] = _texts(value.get("children"))
    found: dict[str, list[str]] = {}
    for group in own:
        hosts: dict[str, None] = {}
        seen: set[str] = set()
        waiting = [group]
        while waiting:
            each = waiting.pop()
            if each not in seen:
                seen.add(each)
                hosts.update(dict.fromkeys(own.get(each, ())))
                waiting += reversed(below.get(each, ()))
        found[sanitize.line(group)[:_GROUP_LENGTH]] = list(hosts)
    return found


def _texts(value: object) -> list[str]:
    found = value if isinstance(value, list) else []
    return [each for each in found if isinstance(each, str)]
