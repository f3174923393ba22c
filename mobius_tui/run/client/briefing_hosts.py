"""Reads the hosts of inventories for the briefing, by running a program if need be."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from mobius_tui import sanitize
from mobius_tui.errors import UsageError
from mobius_tui.run.client.host_preflight import (
    hosts_without_site,
    probes_of_too_many_hosts,
    steps_following_too_many_hosts,
    used_targets,
)
from mobius_tui.run.client.run_briefing import Briefing
from mobius_tui.run.targets.resolve_targets import resolve_target
from mobius_tui.runbook.model.targets import Target


def has_unread_inventory(briefing: Briefing) -> bool:
    """Whether hosts are still to be read from an inventory."""
    targets = used_targets(briefing.runbook)
    return any(name not in briefing.hosts for name in targets)


async def with_inventories(briefing: Briefing, *, executes: bool) -> Briefing:
    """The briefing with the hosts of the inventories that its steps run on.

    What cannot be read is one of its problems.

    Args:
        briefing: what is known.
        executes: whether an inventory that is a program may be run.
    """
    folder = briefing.runbook.path.parent
    env = {**os.environ, "PATH": briefing.path, **briefing.home_and_tmpdir}
    hosts, problems, notices = dict(briefing.hosts), [], []
    read = {}
    for name, target in used_targets(briefing.runbook).items():
        if name in hosts:
            continue
        if not executes and is_executable_inventory(target, folder):
            shown = sanitize.line(target.inventory)
            notices.append(f"the inventory {shown} is a program, which is not run")
            continue
        try:
            limit = briefing.runbook.limit_of(name, briefing.limit)
            read[name] = await resolve_target(target, folder, env, limit=limit)
        except UsageError as error:
            problems.append(str(error))
    problems += hosts_without_site(read, briefing.host_sites)
    hosts |= read
    problems += steps_following_too_many_hosts(briefing.runbook, hosts)
    problems += probes_of_too_many_hosts(briefing.runbook, hosts)
    return replace(
        briefing,
        hosts=hosts,
        problems=(*briefing.problems, *problems),
        notices=(*briefing.notices, *notices),
    )


def host_counts_by_target(briefing: Briefing) -> Iterator[tuple[str, str]]:
    """Each target that steps run on, by its title, and how many hosts it has now."""
    for name, target in used_targets(briefing.runbook).items():
        found = briefing.hosts.get(name)
        words = f"of {target.inventory}" if found is None else found.in_words()
        yield sanitize.line(target.title_or_name), sanitize.line(words)


def is_executable_inventory(target: Target, folder: Path) -> bool:
    """Whether an inventory is a program, or a folder in which there is one."""
    place = folder / target.inventory
    files = sorted(place.iterdir()) if place.is_dir() else [place]
    return any(each.is_file() and os.access(each, os.X_OK) for each in files)
