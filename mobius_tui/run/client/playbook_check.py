"""Plays the playbooks of a runbook without changing anything: `--check --diff`.

It runs only on request, because it connects to the hosts. Nothing of it is stored.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from mobius_tui.errors import MobiusError, RunError
from mobius_tui.run.attempts.play_run import PlaybookClient
from mobius_tui.run.attempts.stopping import ATTEMPT_MARK
from mobius_tui.run.client.run_briefing import Briefing, initial_run_state
from mobius_tui.run.fleet.fleet_lines import (
    BeginHosts,
    HostReport,
    OrderedHost,
    ReportedState,
)
from mobius_tui.run.fleet.host_output import output_path
from mobius_tui.run.planning.variables import Values
from mobius_tui.run.playbooks.playbook_order import PlaybookOrder
from mobius_tui.run.targets.ansible_inventory import (
    ANSIBLE_MISSING_REMEDY,
    find_ansible,
)
from mobius_tui.runbook.model.actions import Run
from mobius_tui.runbook.model.runbook import Step

MAX_OUTPUT_BYTES_PER_HOST = 64 << 10
"""Bytes that are shown of each host."""
UNTRIED_MODULES_TEXT = (
    "shell, command, raw and script are not tried, nor what builds on them"
)


async def check_playbooks(briefing: Briefing, *, now: float) -> AsyncIterator[str]:
    """The lines of a check of each playbook, as its steps come.

    Args:
        briefing: with the hosts of its inventories.
        now: seconds since 1970.
    """
    plan = briefing.plan
    values = Values(
        initial_run_state(briefing),
        now=now,
        secrets=briefing.secrets,
        name_of=plan.name,
    )
    for step in briefing.runbook.steps():
        if not isinstance(step.action, Run) or not step.action.playbook:
            continue
        yield ""
        yield f"{plan.name(step.id)}: ansible-playbook --check --diff"
        yield f"  {UNTRIED_MODULES_TEXT}"
        with tempfile.TemporaryDirectory(prefix="mobius-tui-check-") as folder:
            try:
                order = _check_mode_order(briefing, step, step.action, values, folder)
            except MobiusError as error:
                yield f"  not played: {error}"
                continue
            for name, report in (await _reports_in_check_mode(order)).items():
                reason = f": {report.reason}" if report.reason else ""
                yield f"  {name} {_STATE_WORDS.get(report.state, report.state)}{reason}"
                for line in _output_lines(order, name):
                    yield f"    | {line}"


_STATE_WORDS: Mapping[ReportedState, str] = {
    ReportedState.OK: "would stay as it is",
    ReportedState.CHANGED: "would be changed",
}


def _check_mode_order(
    briefing: Briefing, step: Step, action: Run, values: Values, folder: str
) -> PlaybookOrder:
    """The order of a check.

    Raises:
        MobiusError: something of it is not known, or not there.
    """
    assert step.rollout is not None
    program = find_ansible("ansible-playbook", briefing.search_path)
    if program is None:
        raise RunError(f"ansible-playbook is not on PATH; {ANSIBLE_MISSING_REMEDY}")
    found = briefing.hosts.get(step.rollout.target)
    if found is None:
        raise RunError("its hosts are not known")
    target = briefing.runbook.targets[step.rollout.target]
    limit = action.timeout
    env = {**os.environ, "PATH": briefing.search_path, **briefing.home_and_tmpdir}
    return PlaybookOrder(
        folder=folder,
        hosts=found.hosts,
        program=program,
        workdir=str(briefing.runbook.path.parent.absolute()),
        env={**env, ATTEMPT_MARK: f"{folder}/{step.id}"},
        playbook=action.playbook,
        variables={name: values.lookup(name) for name in action.playbook_vars},
        inventory=target.inventory,
        become=step.rollout.become,
        forks=values.count(step.rollout.parallel, "parallel"),
        timeout=None if limit is None else values.seconds(limit, "timeout"),
        max_output=MAX_OUTPUT_BYTES_PER_HOST,
        secrets=tuple(briefing.secrets.values()),
        check_mode=True,
    )


async def _reports_in_check_mode(order: PlaybookOrder) -> Mapping[str, HostReport]:
    """Play a playbook in check mode; returns what each host reported."""
    client = await PlaybookClient.start(order)
    ends: dict[str, HostReport] = {}
    try:
        hosts = tuple(OrderedHost(name=host.name) for host in order.hosts)
        await client.send(BeginHosts(hosts=hosts))
        async for report in client.reports():
            if report.state is not ReportedState.RUNNING:
                ends[report.host] = report
            if len(ends) == len(order.hosts):
                break
    finally:
        await client.close()
    return {host.name: ends[host.name] for host in order.hosts if host.name in ends}


def _output_lines(order: PlaybookOrder, name: str) -> list[str]:
    """The lines of a host's output; none where it has none."""
    try:
        data = output_path(Path(order.folder), name).read_bytes()
    except OSError:
        return []
    return data.decode("utf-8", "replace").splitlines()
