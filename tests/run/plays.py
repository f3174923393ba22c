"""Plays of a real Ansible on hosts that are this machine, in tests."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mobius_tui.run.attempts.play_run import PlaybookClient
from mobius_tui.run.attempts.stopping import ATTEMPT_MARK
from mobius_tui.run.fleet.fleet_lines import (
    AttachHosts,
    BeginHosts,
    HostReport,
    OrderedHost,
    ReportedState,
    StopHosts,
)
from mobius_tui.run.playbooks.playbook_order import PlaybookOrder
from mobius_tui.run.storage.play_files import PlayFiles
from mobius_tui.run.targets.ansible_inventory import find_ansible
from mobius_tui.run.targets.resolved_hosts import TargetHost
from mobius_tui.structs import replace
from tests.waiting import until


def ansible_playbook() -> str:
    """The real program."""
    program = find_ansible("ansible-playbook", os.environ.get("PATH", os.defpath))
    assert program is not None
    return program


_PRETENDED = """\
import json, os, signal, subprocess, sys, time
with open(os.environ["MOBIUS_ORDERS"]) as file:
    orders = json.load(file)
os.unlink(os.environ["MOBIUS_ORDERS"])
for path in orders["remove"]:
    os.unlink(path)

def say(event, host="", **more):
    line = json.dumps({"event": event, "host": host, "task": "t", **more})
    with open(orders["events"], "a") as file:
        file.write(line + "\\n")

def until(path):
    while not os.path.exists(path):
        time.sleep(0.01)

with open(sys.argv[-1]) as file:
    exec(file.read())
"""


def pretended_ansible(folder: Path) -> str:
    """A program in the place of `ansible-playbook`: its playbooks are Python.

    They `say` the events of Ansible, and wait `until` a file is there.
    """
    program = folder / "ansible-playbook"
    program.write_text(f"#!{sys.executable} -IS\n{_PRETENDED}")
    program.chmod(0o755)
    return str(program)


def pretended_order(folder: Path, playbook: str, **more: Any) -> PlaybookOrder:
    """An order for the hosts a, b and c by a program in the place of Ansible."""
    order = local_order(folder, ("a", "b", "c"), pretended_ansible(folder), **more)
    (folder / "book.py").write_text(playbook)
    return replace(order, playbook="book.py")


def local_order(
    folder: Path, names: tuple[str, ...], program: str, tasks: str = "", **more: Any
) -> PlaybookOrder:
    """An order for hosts that an inventory says are this machine.

    Args:
        folder: the runbook's; the attempt's is in it.
        names: of the hosts.
        program: what is run as `ansible-playbook`.
        tasks: of a playbook with one play, indented by four; or empty for a script.
        more: fields of the order.
    """
    own = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    hosts = {"all": {"hosts": dict.fromkeys(names, own)}}
    (folder / "hosts.json").write_text(json.dumps(hosts))
    if tasks:
        head = "- hosts: all\n  gather_facts: false\n  tasks:\n"
        (folder / "book.yml").write_text(head + tasks)
        more["playbook"] = "book.yml"
    attempt = folder / "attempt"
    attempt.mkdir(mode=0o700, exist_ok=True)
    mark = {ATTEMPT_MARK: f"{folder}/s.1", "HOME": str(folder)}
    return PlaybookOrder(
        **{
            "folder": str(attempt),
            "hosts": tuple(TargetHost(name=name, address=name) for name in names),
            "program": program,
            "workdir": str(folder),
            "inventory": "hosts.json",
            "env": {**os.environ, **mark},
            **more,
        }
    )


class Plays:
    """A client, and what it reported."""

    def __init__(self, client: PlaybookClient, order: PlaybookOrder) -> None:
        self.client, self.order = client, order
        self.reports: list[HostReport] = []
        self._reading = asyncio.ensure_future(self._read())

    @classmethod
    async def open(cls, order: PlaybookOrder) -> Plays:
        """A client of an order."""
        return cls(await PlaybookClient.start(order), order)

    @property
    def play(self) -> PlayFiles:
        """The first play."""
        return PlayFiles(Path(self.order.folder) / "plays" / "1")

    async def begin(self, *names: str, attempt: int = 1) -> None:
        """Begin these hosts; all if none is named."""
        await self.client.send(BeginHosts(hosts=self._hosts(names, attempt)))

    async def attach(self, *names: str, attempt: int = 1) -> None:
        """Attach to these hosts; to all if none is named."""
        await self.client.send(AttachHosts(hosts=self._hosts(names, attempt)))

    async def stop(self, *names: str) -> None:
        """Stop these hosts, or all."""
        await self.client.send(StopHosts(names=names or None))

    def _hosts(self, names: tuple[str, ...], attempt: int) -> tuple[OrderedHost, ...]:
        chosen = names or tuple(each.name for each in self.order.hosts)
        return tuple(OrderedHost(name=name, attempt=attempt) for name in chosen)

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until something is so, by a report or without one."""
        await until(condition)

    async def ends(self) -> dict[str, HostReport]:
        """The end of each host, once all have one."""
        await self.until(lambda: len(self.ended()) == len(self.order.hosts))
        return self.ended()

    def ended(self) -> dict[str, HostReport]:
        running = ReportedState.RUNNING
        return {each.host: each for each in self.reports if each.state is not running}

    def is_over(self) -> bool:
        """Whether no report comes any more."""
        return self._reading.done()

    def output(self, name: str) -> str:
        """The output of a host."""
        path = Path(self.order.folder) / "hosts" / name / "output"
        return path.read_bytes().decode()

    def events(self) -> str:
        """What Ansible said in the first play."""
        path = self.play.events
        return path.read_text() if path.exists() else ""

    async def close(self) -> None:
        """Follow nothing any more."""
        await self.client.close()
        await self._reading

    async def _read(self) -> None:
        async for report in self.client.reports():
            self.reports.append(report)


def states(ends: dict[str, HostReport]) -> dict[str, str]:
    """What each host has come to."""
    return {name: str(each.state) for name, each in sorted(ends.items())}
