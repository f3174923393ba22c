"""The checks before a run with hosts: of names, ssh, Ansible and playbooks.

Nothing is executed for it.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from mobius_tui import sanitize
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.playbooks.playbook_digests import playbook_digests
from mobius_tui.run.targets.ansible_inventory import (
    ANSIBLE_MISSING_REMEDY,
    find_ansible,
)
from mobius_tui.run.targets.resolve_targets import resolve_names
from mobius_tui.run.targets.resolved_hosts import ResolvedHosts
from mobius_tui.runbook.model.actions import Run
from mobius_tui.runbook.model.runbook import Runbook, Step
from mobius_tui.runbook.model.targets import MAX_FOLLOWED, MAX_WATCHED_HOSTS, Target

_MAX_PLAYBOOK_BYTES = 1 << 20
"""Bytes of a playbook that are examined at most."""
_SERIAL_KEY = re.compile(r"^\s*(?:-\s+)?serial\s*:", re.MULTILINE)
_RAW_TASK = re.compile(r"^\s*(?:-\s+)?(?:ansible\.builtin\.)?raw\s*:", re.MULTILINE)


def used_targets(runbook: Runbook) -> Mapping[str, Target]:
    """The targets that steps run on and that probes look at, by their names."""
    names = dict.fromkeys(s.rollout.target for s in runbook.steps() if s.rollout)
    names |= dict.fromkeys(probe.hosts for probe in runbook.probes() if probe.hosts)
    return {name: runbook.targets[name] for name in names}


def named_hosts_by_target(runbook: Runbook, limit: str) -> Mapping[str, ResolvedHosts]:
    """The hosts of each used target that names its hosts itself, without an inventory.

    Args:
        runbook: which.
        limit: a pattern that leaves only some; empty for all.

    Raises:
        UsageError: the pattern leaves no host.
    """
    return {
        name: resolve_names(
            target, runbook.path.parent, limit=runbook.limit_of(name, limit)
        )
        for name, target in used_targets(runbook).items()
        if not target.inventory
    }


def playbooks_of(runbook: Runbook) -> Mapping[str, Mapping[str, str]]:
    """By step, the digests of its playbook's files now; see `playbook_digests`."""
    folder = runbook.path.parent
    return {
        step.id: playbook_digests(
            folder, playbook, runbook.targets[step.rollout.target].inventory
        )
        for step in runbook.steps()
        if step.rollout is not None and (playbook := _playbook_of(step))
    }


def host_problems(runbook: Runbook, path: str) -> Iterator[str]:
    """What is missing: ssh, Ansible, or a playbook.

    Args:
        runbook: what is to be run.
        path: PATH for it.
    """
    plan = Plan(runbook)
    by_engine: dict[str, list[str]] = {}
    for step in runbook.steps():
        if step.rollout is not None:
            by_engine.setdefault(step.rollout.engine, []).append(plan.numbers[step.id])
        playbook = _playbook_of(step)
        if playbook and not (runbook.path.parent / playbook).is_file():
            shown = sanitize.line(playbook)
            yield f"{shown} is not there ({plan.numbers[step.id]} would play it)"
    if "ansible" in by_engine and not find_ansible("ansible-playbook", path):
        numbers = ", ".join(by_engine["ansible"])
        remedy = f"{ANSIBLE_MISSING_REMEDY} ({numbers} would run it)"
        yield f"ansible-playbook is not on PATH; {remedy}"
    if "ssh" in by_engine and not shutil.which("ssh", path=path):
        numbers = ", ".join(by_engine["ssh"])
        yield f"ssh is not on PATH; install it ({numbers} would run it)"
    elif not shutil.which("ssh", path=path):
        for probe in runbook.probes():
            if probe.hosts:
                words = f"the probe {probe.id} looks by it"
                yield f"ssh is not on PATH; install it ({words})"
                return


def host_notices(runbook: Runbook) -> Iterator[str]:
    """Notices about playbooks and engines that change how a rollout behaves."""
    yield from _engine_notices(runbook)
    for step in runbook.steps():
        playbook = _playbook_of(step)
        text = _text_of(runbook.path.parent / playbook) if playbook else ""
        shown = sanitize.line(playbook)
        if step.rollout and step.rollout.has_batches and _SERIAL_KEY.search(text):
            words = "has `serial`, too, which cuts each `batch` into others"
            yield f"{shown} {words}"
        if _RAW_TASK.search(text):
            words = "has `raw`, whose exit 255 is called unreachable"
            yield f"{shown} {words}"


def _engine_notices(runbook: Runbook) -> Iterator[str]:
    """Notices about scripts run by Ansible, where they differ from those by ssh."""
    plan = Plan(runbook)
    for step in runbook.steps():
        by_ansible = step.rollout is not None and step.rollout.engine == "ansible"
        if by_ansible and not _playbook_of(step):
            words = "is run by Ansible: what it prints comes at its end, a batch is "
            words += "stopped as a whole, and a host that runs when Ansible is killed "
            yield f"{plan.name(step.id)} {words}is unknown"


def steps_following_too_many_hosts(
    runbook: Runbook, hosts: Mapping[str, ResolvedHosts]
) -> Iterator[str]:
    """A problem, in words, for each step that follows too many hosts.

    Steps whose hosts are not known yet are left out.
    """
    plan = Plan(runbook)
    for step in runbook.steps():
        found = hosts.get(step.rollout.target) if step.rollout else None
        follows = isinstance(step.action, Run) and step.action.follow
        if follows and found is not None and len(found.hosts) > MAX_FOLLOWED:
            words = f"follows {len(found.hosts)} hosts; {MAX_FOLLOWED} are the most"
            yield f"{plan.name(step.id)} {words}"


def probes_of_too_many_hosts(
    runbook: Runbook, hosts: Mapping[str, ResolvedHosts]
) -> Iterator[str]:
    """A problem, in words, if all probes together look at too many hosts.

    Targets whose hosts are not known yet are not counted.
    """
    names = dict.fromkeys(probe.hosts for probe in runbook.probes() if probe.hosts)
    count = sum(len(hosts[name].hosts) for name in names if name in hosts)
    if count > MAX_WATCHED_HOSTS:
        words = f"probes look at {count} hosts; {MAX_WATCHED_HOSTS} are the most"
        yield f"{words}: give them a target that is smaller"


def hosts_without_site(
    hosts: Mapping[str, ResolvedHosts], sites: Mapping[str, str]
) -> Iterator[str]:
    """Problems of a drill: targets with hosts that no local folder stands in for.

    Args:
        hosts: of each target, as far as they are known.
        sites: the folder that stands in for a host, by its name; empty where hosts are
            real.
    """
    for name, found in hosts.items():
        missing = [host for host in found.names if host not in sites] if sites else []
        if missing:
            more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
            shown = f"{', '.join(missing[:3])}{more}"
            yield f"no site plays {shown} of the target {name}: limit it to others"


def _playbook_of(step: Step) -> str:
    """The playbook that a step plays; empty if it plays none."""
    return step.action.playbook if isinstance(step.action, Run) else ""


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_PLAYBOOK_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
