"""`mobius-tui hosts`: which hosts the steps of a runbook run on, and who answers."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from mobius_tui.commands.support.command_output import narrate, print_data
from mobius_tui.errors import EXIT_FAILED, EXIT_OK, UsageError
from mobius_tui.run.fleet.host_probing import ANSWERS, ProbedHost, probe_hosts
from mobius_tui.run.fleet.transport import (
    Destination,
    SshRoute,
    destination_fields,
    ssh_route,
)
from mobius_tui.run.fleet.unreached import UnreachedKind
from mobius_tui.run.targets.resolve_targets import resolve_target
from mobius_tui.run.targets.resolved_hosts import ResolvedHosts, TargetHost
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_files import find_runbook
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.runbook.model.targets import Target
from mobius_tui.runbook.text.names import did_you_mean
from mobius_tui.sanitize import line


def do(options: argparse.Namespace) -> int:
    """List the hosts of targets; with `--probe-hosts`, also who answers."""
    runbook = load(find_runbook(options.runbook))
    targets = _targets(runbook, options)
    return asyncio.run(_list(runbook, targets, options))


def _targets(runbook: Runbook, options: argparse.Namespace) -> Sequence[Target]:
    """The targets to list: that of a step, the named ones, or all.

    Raises:
        UsageError: there is none.
    """
    if options.step is not None:
        steps = {step.id: step for step in runbook.steps()}
        step = steps.get(options.step)
        if step is None:
            near = did_you_mean(options.step, steps)
            raise UsageError(f"hosts: no step `{options.step}`{near}")
        target = runbook.target_of(step)
        if target is None:
            raise UsageError(f"hosts: `{options.step}` runs on this machine")
        return (target,)
    if options.target is not None and options.target not in runbook.targets:
        near = did_you_mean(options.target, runbook.targets)
        raise UsageError(f"hosts: no target `{options.target}`{near}")
    chosen = [options.target] if options.target else list(runbook.targets)
    if not chosen:
        raise UsageError(f"hosts: all steps of {runbook.id} run on this machine")
    return [runbook.targets[name] for name in chosen]


async def _list(
    runbook: Runbook, targets: Sequence[Target], options: argparse.Namespace
) -> int:
    """Print the hosts of each target."""
    items: list[Mapping[str, Any]] = []
    code = EXIT_OK
    for target in targets:
        if target.inventory:
            narrate(f"the inventory {target.inventory} is read")
        found = await resolve_target(
            target,
            runbook.path.parent,
            os.environ,
            limit=options.limit or "",
            by_ssh=options.probe_hosts or runbook.is_reached_by_ssh(target.name),
        )
        if not options.json:
            words = f"{target.title_or_name} ({target.name}): {found.in_words()}"
            if target.claims_in_words:
                words += f"; claims in {target.claims_in_words}"
            print_data(line(words))
        probed: Mapping[str, ProbedHost] = {}
        if options.probe_hosts:
            probed = await _probed(found, _routes(runbook, target, options), options)
        if any(each.answer != ANSWERS for each in probed.values()):
            code = EXIT_FAILED
        if options.json:
            items.append(_as_item(found, probed))
        elif not options.probe_hosts:
            for host in found.hosts:
                print_data(line(_host_line(host, target)))
    if options.json:
        print_data(json.dumps(items, indent=2))
    return code


def _routes(
    runbook: Runbook, target: Target, options: argparse.Namespace
) -> Sequence[SshRoute]:
    """The ways in which the steps of a target reach its hosts by ssh, or one step."""
    users = {
        step.rollout.become: None
        for step in runbook.steps()
        if step.rollout is not None
        and step.rollout.target == target.name
        and step.rollout.engine == "ssh"
        and options.step in (None, step.id)
    }
    folder = runbook.path.parent
    return [ssh_route(target, folder, user) for user in users or ("",)]


async def _probed(
    found: ResolvedHosts, routes: Sequence[SshRoute], options: argparse.Namespace
) -> Mapping[str, ProbedHost]:
    """The result of probing each host, by name; printed in the order of the hosts."""
    probed: dict[str, ProbedHost] = {}
    width = max(len(name) for name in found.names)
    hosts = [Destination(**destination_fields(host)) for host in found.hosts]
    async for each in probe_hosts(hosts, routes):
        probed[each.name] = each
        if not options.json:
            detail = f"  {each.detail}" if each.detail else ""
            print_data(line(f"  {each.name:{width}}  {each.answer}{detail}"))
    counts = Counter(str(each.answer) for each in probed.values())
    words = ", ".join(
        f"{counts[each]} {each}" for each in (ANSWERS, *UnreachedKind) if counts[each]
    )
    narrate(f"{found.target}: {words}")
    return probed


def _host_line(host: TargetHost, target: Target) -> str:
    """A host as text: its name, its address if that differs, and its groups."""
    user = f"{host.user}@" if host.user else ""
    port = f":{host.port}" if host.port is not None else ""
    where = f"{user}{host.address}{port}"
    words = f"  {host.name}"
    words += f"  {where}" if where != host.name else ""
    words += f"  [{' '.join(host.groups)}]" if host.groups else ""
    return f"{words}  first" if host.name in target.first else words


def _as_item(
    found: ResolvedHosts, probed: Mapping[str, ProbedHost]
) -> Mapping[str, Any]:
    hosts = []
    for host in found.hosts:
        item: dict[str, Any] = {"name": host.name, "address": host.address}
        item |= {"groups": host.groups, "user": host.user, "port": host.port}
        item["first"] = host.name in found.first
        if host.name in probed:
            own = probed[host.name]
            item |= {"answer": own.answer, "detail": own.detail}
        hosts.append(item)
    return {
        "target": found.target,
        "count": len(found.hosts),
        "groups": found.groups,
        "limit": found.limit,
        "sha256": found.sha256,
        "hosts": hosts,
    }
