"""Makes the `PlaybookOrder` of an attempt, from its step and the run."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from mobius_tui.errors import RunError
from mobius_tui.run.attempts import launcher
from mobius_tui.run.attempts.run_context import RunContext
from mobius_tui.run.attempts.survivors import ATTEMPT_MARK, attempt_mark
from mobius_tui.run.playbooks.play_order import PlaybookOrder
from mobius_tui.run.targets.ansible_inventory import MISSING, find_ansible
from mobius_tui.run.targets.resolved_hosts import TargetHost
from mobius_tui.runbook.model.actions import Run
from mobius_tui.runbook.model.runbook import Step


def playbook_order(
    context: RunContext,
    step: Step,
    number: int,
    hosts: Iterable[TargetHost],
    *,
    timeout: float | None,
    max_output: int,
) -> PlaybookOrder:
    """The order of an attempt at a step by Ansible.

    A script's values differ by host, so they are in each `HostOrder` instead.

    Args:
        context: the run's.
        step: one with a rollout.
        number: of the attempt.
        hosts: all of the attempt, as they were resolved.
        timeout: seconds; see `PlaybookOrder`.
        max_output: bytes, for each host.

    Raises:
        RunError: there is no Ansible.
        NoValueError: a variable that the playbook is given has no value.
    """
    action, rollout, began = step.action, step.rollout, context.state.began
    assert isinstance(action, Run)
    assert rollout is not None
    assert began is not None
    program = find_ansible("ansible-playbook", context.env.get("PATH", os.defpath))
    if program is None:
        raise RunError(f"ansible-playbook is not on PATH; {MISSING}")
    values = context.values(step)
    target = context.plan.runbook.targets[rollout.target]
    mark = attempt_mark(context.directory, step.id, number)
    return PlaybookOrder(
        folder=str(context.directory.attempt(step.id, number).path),
        hosts=tuple(hosts),
        program=program,
        workdir=str(Path(began.path).parent),
        env={**context.env, ATTEMPT_MARK: mark},
        playbook=action.playbook,
        variables={name: values.lookup(name) for name in action.playbook_vars},
        script=action.script,
        shell=action.shell or launcher.BASH,
        inventory=target.inventory,
        become=rollout.become,
        forks=rollout.parallel,
        timeout=timeout,
        max_output=max_output,
        secrets=tuple(context.secrets.values()),
        umask=int(began.setting.get("umask", "022"), 8),
    )
