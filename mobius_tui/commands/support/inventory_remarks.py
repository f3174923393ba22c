"""What `check` says of the files beside runbooks that have hosts a run would refuse.

An inventory is read by `ansible-inventory`, where that is installed. One that is a
program is not run: a check changes nothing.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct

from mobius_tui.errors import UsageError
from mobius_tui.run.client.host_preflight import used_targets
from mobius_tui.run.client.run_briefing import is_executable_inventory
from mobius_tui.run.targets.ansible_inventory import INVENTORY_PROGRAM, find_ansible
from mobius_tui.run.targets.resolve_targets import resolve_target
from mobius_tui.runbook.library.loader import load


class InventoryRemark(Struct, frozen=True, kw_only=True):
    """A target of a runbook whose hosts a run would refuse."""

    file: str
    problem: str
    """In words, with the target and the cure."""

    def line(self) -> str:
        """For a person."""
        return f"{self.file}: error: {self.problem}"

    def item(self) -> dict[str, str | int]:
        """For programs, in the form of problems."""
        where: dict[str, str | int] = {"file": self.file, "line": 0, "column": 0}
        return {**where, "severity": "error", "message": self.problem}


def inventory_remarks(paths: Iterable[Path]) -> tuple[InventoryRemark, ...]:
    """Read inventories and configurations for ssh, of runbooks that can be read.

    Args:
        paths: the files of the runbooks.
    """
    return tuple(each for path in paths for each in _remarks_on(path))


def _remarks_on(path: Path) -> Iterator[InventoryRemark]:
    runbook = load(path)
    folder = path.parent
    has_ansible = find_ansible(INVENTORY_PROGRAM, os.environ.get("PATH", os.defpath))
    for name, target in used_targets(runbook).items():
        if not (target.inventory or target.ssh_config):
            continue
        if target.inventory and not has_ansible:
            continue  # who only checks need not have it
        try:
            if not target.inventory or not is_executable_inventory(target, folder):
                by_ssh = runbook.is_reached_by_ssh(name)
                asyncio.run(resolve_target(target, folder, os.environ, by_ssh=by_ssh))
        except UsageError as error:
            yield InventoryRemark(file=str(path), problem=str(error))
