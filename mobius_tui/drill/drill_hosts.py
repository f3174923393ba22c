"""The hosts of a runbook that a drill simulates, each by a site of its own."""

from __future__ import annotations

from dataclasses import dataclass

from mobius_tui.errors import UsageError
from mobius_tui.run.client.host_preflight import used_targets
from mobius_tui.run.targets.resolve_targets import resolve_names
from mobius_tui.runbook.model.runbook import Runbook

USUAL_HOSTS = 5
"""Hosts of a drill of a runbook with hosts, where nobody says how many."""
MOST_HOSTS = 20
"""Hosts that a drill can have: each is some processes of this machine."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DrillHosts:
    """The hosts of a drill."""

    names: tuple[str, ...] = ()
    """In the order in which they go; empty for a drill on one site."""
    limit: str = ""
    """The pattern that leaves only these of the runbook's; empty for all."""


def choose_drill_hosts(runbook: Runbook, count: int | None) -> DrillHosts:
    """The hosts that a drill simulates: the first ones of the runbook's target.

    Args:
        runbook: which is drilled.
        count: how many; `None` for the default, if the runbook has hosts.

    Raises:
        UsageError: the runbook has fewer, or an inventory lists them, so that they
            are not known before the run.
    """
    targets = used_targets(runbook)
    if not targets:
        if count is None:
            return DrillHosts()
        raise UsageError(
            f"--hosts {count}: all steps of {runbook.id} run on this machine; "
            "only a runbook with [targets] has hosts"
        )
    for step in runbook.steps():
        if step.rollout is not None and step.rollout.engine == "ansible":
            raise UsageError(
                f"{step.title} goes to its hosts by Ansible, which no drill plays: "
                "give it `run` in place of a playbook, or drill a staging of your own"
            )
    for name, target in targets.items():
        if target.inventory:
            raise UsageError(
                f"the target {name} reads its hosts from {target.inventory}: a drill "
                "plays hosts that the runbook names itself; give it such a target"
            )
    found = {name: resolve_names(target).names for name, target in targets.items()}
    names = tuple(dict.fromkeys(host for hosts in found.values() for host in hosts))
    wanted = count or min(len(names), USUAL_HOSTS)
    if wanted > len(names):
        raise UsageError(f"--hosts {wanted}: {runbook.id} has {len(names)} of them")
    chosen = names[:wanted]
    if any(not set(hosts) >= set(chosen) for hosts in found.values()):
        # Of targets that differ, a limit could leave one without a host.
        if len(names) > MOST_HOSTS or (count and wanted < len(names)):
            raise UsageError(
                f"{runbook.id} has targets that differ, of {len(names)} hosts: a "
                f"drill plays all of them, or none, and {MOST_HOSTS} at most"
            )
        chosen = names
    limit = "" if len(chosen) == len(names) else ",".join(chosen)
    return DrillHosts(names=chosen, limit=limit)
