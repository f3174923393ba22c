"""The hosts of an attempt: their list, the way to them, and the order for Ansible."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from mobius_tui.errors import RunError
from mobius_tui.run.attempts import launcher
from mobius_tui.run.attempts.looks import kept_log_marks, mark_logs
from mobius_tui.run.attempts.run_context import RunContext
from mobius_tui.run.attempts.stopping import ATTEMPT_MARK, attempt_mark
from mobius_tui.run.checks.log_marks import LogMark, encode_marks
from mobius_tui.run.events.fleet_events import (
    HostsResolved,
    HostStatus,
)
from mobius_tui.run.fleet.claim_request import files_to_send
from mobius_tui.run.fleet.fleet_lines import (
    OrderedHost,
    StepOrder,
)
from mobius_tui.run.fleet.transport import (
    LocalRoute,
    Route,
    SshRoute,
    destination_fields,
    ssh_route,
)
from mobius_tui.run.journal.journal import JournalWriter
from mobius_tui.run.planning.variables import UnfitValueError, Values, script_env
from mobius_tui.run.playbooks.playbook_digests import (
    changed_paths_text,
    playbook_digests,
)
from mobius_tui.run.playbooks.playbook_order import PlaybookOrder
from mobius_tui.run.rollout.rollout import RolloutPlan, plan_rollout
from mobius_tui.run.state.fleet_state import (
    AttemptFleet,
    HostState,
    StepFleet,
    hosts_to_do,
)
from mobius_tui.run.storage.run_directory import create_file
from mobius_tui.run.storage.state_folders import make_folder
from mobius_tui.run.targets.ansible_inventory import (
    ANSIBLE_MISSING_REMEDY,
    find_ansible,
)
from mobius_tui.run.targets.resolve_targets import (
    read_host_list,
    resolve_target,
    with_ssh_addresses,
)
from mobius_tui.run.targets.resolved_hosts import (
    ResolvedHosts,
    TargetHost,
    encode_host_list,
)
from mobius_tui.runbook.model.actions import Run
from mobius_tui.runbook.model.limits import (
    bounded_count,
    bounded_host_share,
    bounded_size,
)
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.runbook.model.targets import HostRollout, Target
from mobius_tui.runbook.model.templates import uses_host_fields
from mobius_tui.structs import replace


def playbook_order(
    context: RunContext,
    step: Step,
    number: int,
    hosts: Iterable[TargetHost],
    *,
    forks: int,
    timeout: float | None,
    max_output: int,
) -> PlaybookOrder:
    """The order of an attempt at a step by Ansible.

    A script's values differ by host, so they are in each `OrderedHost` instead.

    Args:
        context: the run's.
        step: one with a rollout.
        number: of the attempt.
        hosts: all of the attempt, as they were resolved.
        forks: at how many of them Ansible is at the same time.
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
        raise RunError(f"ansible-playbook is not on PATH; {ANSIBLE_MISSING_REMEDY}")
    values = context.values(step)
    target = context.plan.runbook.targets[rollout.target]
    mark = attempt_mark(context, step.id, number)
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
        forks=forks,
        timeout=timeout,
        max_output=max_output,
        secrets=tuple(context.secrets.values()),
        umask=int(began.setting.get("umask", "022"), 8),
    )


MAX_CLAIMS_PER_ATTEMPT = 1000
"""Claim numbers that each attempt has; a host that is begun again takes the next."""
MAX_ATTEMPTS_PER_EPOCH = 1_000_000
"""Attempts that have claim numbers of their own in each epoch."""


class AttemptHosts:
    """The hosts of one attempt."""

    def __init__(
        self, context: RunContext, writer: JournalWriter, step: Step, number: int
    ) -> None:
        """Prepare; `find` resolves the hosts.

        Args:
            context: the run's.
            writer: of its journal.
            step: one with a rollout, whose attempt has started.
            number: of the attempt.
        """
        assert step.rollout is not None
        assert isinstance(step.action, Run)
        self._context, self._writer, self._step = context, writer, step
        self._number, self._rollout, self._action = number, step.rollout, step.action
        self._target = context.plan.runbook.targets[step.rollout.target]
        self._directory = context.directory.attempt(step.id, number)

    async def find(self) -> None:
        """Resolve the target's hosts, or read the list that the attempt began with.

        Raises:
            MobiusError: they cannot be found, or are others than were shown.
            OSError: the list cannot be written or read.
        """
        self._listed = await self._list()
        self._hosts = {host.name: host for host in self._listed.hosts}
        self._template_hosts = await self._hosts_for_templates(self._listed)

    @property
    def is_by_ansible(self) -> bool:
        """Whether Ansible does it, and no claims on the hosts."""
        return self._rollout.engine == "ansible"

    @property
    def step_fleet(self) -> StepFleet:
        """The step's hosts over all attempts."""
        return self._context.state.fleets.get(self._step.id) or StepFleet()

    @property
    def fleet(self) -> AttemptFleet:
        """The states of the hosts in this attempt."""
        return self.step_fleet.attempts[self._number]

    async def _list(self) -> ResolvedHosts:
        """Read the list of hosts that the attempt has, or else resolve and journal it.

        Raises:
            MobiusError: the hosts cannot be found, none of them is left to do, or they
                or the playbook are not what was shown; in the last case, once it is
                journaled.
            OSError: the list cannot be written or read.
        """
        if self._number in self.step_fleet.attempts:
            found = read_host_list(self._directory)
            if found.names != tuple(self.fleet.hosts):
                raise RunError(f"{self._directory.hosts} is not the list on record")
            return found
        context, began = self._context, self._context.state.began
        assert began is not None
        whole = await resolve_target(
            self._target,
            Path(began.path).parent,
            context.env,
            limit=began.limit,
            by_ssh=self._rollout.engine == "ssh",
        )
        todo = hosts_to_do(whole.names, self.step_fleet.newest_states())
        if not todo:
            raise RunError("no host is left for it: each has passed, or is unknown")
        chosen = tuple(host for host in whole.hosts if host.name in set(todo))
        first = tuple(name for name in whole.first if name in set(todo))
        listed = replace(whole, hosts=chosen, first=first)
        shown, playbook = self._shown_digest(), await self._playbook_now()
        other_names = self._changed_hosts_text(whole)
        changed = changed_paths_text(self._shown_playbook(), playbook)
        with suppress(FileExistsError):
            make_folder(self._directory.path)
        # A list whose event was never journaled, as the run's host died, is replaced.
        self._directory.hosts.unlink(missing_ok=True)
        create_file(self._directory.hosts, encode_host_list(listed))
        event = HostsResolved(
            step=self._step.id,
            attempt=self._number,
            target=whole.target,
            hosts=listed.names,
            sha256=whole.sha256,
            groups=len(whole.groups),
            limit=whole.limit,
            playbook=playbook,
        )
        await self._writer.write_in_turn(event)
        others = []
        if shown and shown != whole.sha256:
            name = self._target.title_or_name
            words = f"the hosts of {name} are not those that were shown"
            others.append(f"{words}: now {whole.in_words()}{other_names}")
        if changed:
            others.append(f"{self._action.playbook} is not what was shown: {changed}")
        if others:
            words = "; ".join(others)
            raise RunError(f"{words}. Nothing ran; it may be tried again")
        return listed

    def _changed_hosts_text(self, whole: ResolvedHosts) -> str:
        """Which hosts of the target are new or gone, where its list is on record."""
        target, fleets = self._rollout.target, self._context.state.fleets.values()
        lists = (own for each in fleets for own in each.attempts.values())
        known = {host for own in lists if own.target == target for host in own.hosts}
        known |= self.step_fleet.earlier_states.keys()
        new = [name for name in whole.names if name not in known] if known else []
        gone = sorted(known.difference(whole.names))
        words = f", new {_names_of_changed_hosts(new)}" if new else ""
        return f"{words}, gone {_names_of_changed_hosts(gone)}" if gone else words

    async def _playbook_now(self) -> Mapping[str, str]:
        """The digests of the playbook's files now, by path; none for a script."""
        began = self._context.state.began
        assert began is not None
        if not self._action.playbook:
            return {}
        return await asyncio.to_thread(
            playbook_digests,
            Path(began.path).parent,
            self._action.playbook,
            self._target.inventory,
        )

    def _shown_playbook(self) -> Mapping[str, str]:
        """The digests of the playbook's files when a person last saw them, by path."""
        last, began = self.step_fleet.last_attempt, self._context.state.began
        assert began is not None
        return last.playbook if last else began.playbooks.get(self._step.id, {})

    async def playbook_changes(self) -> str | None:
        """How the playbook has changed since the attempt began; None if it has not."""
        changed = changed_paths_text(self.fleet.playbook, await self._playbook_now())
        return f"{self._action.playbook} has changed: {changed}" if changed else None

    def _shown_digest(self) -> str:
        """The digest of the target's list as a person saw it last; empty for never."""
        state, target = self._context.state, self._rollout.target
        assert state.began is not None
        found = [(0.0, state.began.targets.get(target, ""))]
        seen = (own for each in state.fleets.values() for own in each.attempts.values())
        found += [(o.resolved_at, o.sha256) for o in seen if o.target == target]
        return max(found)[1]

    async def _hosts_for_templates(
        self, listed: ResolvedHosts
    ) -> Mapping[str, TargetHost]:
        """The hosts by name, with ssh's addresses if the step uses `${host.…}`."""
        if uses_host_fields(self._step):
            route = self.route()
            config = route.config if isinstance(route, SshRoute) else ""
            listed = await with_ssh_addresses(listed, config)
        return {host.name: host for host in listed.hosts}

    def rollout_plan(self) -> RolloutPlan:
        """The attempt's batches and limits.

        Raises:
            MobiusError: a duration or a count is invalid.
        """
        values = self._context.values(self._step)
        plan = plan_rollout(
            self._fixed_rollout(),
            self._listed.names,
            self._listed.first,
            values.seconds,
            step_host_count=len(self.step_fleet.newest_states()),
        )
        if self.is_by_ansible:
            # Ansible itself holds a batch to so many at a time.
            plan = replace(plan, parallel=len(plan.hosts))
        return plan

    def _fixed_rollout(self) -> HostRollout:
        """The rollout with the counts that the attempt began with.

        Raises:
            UnfitValueError: what a variable gives is none, or out of its bounds.
        """
        rollout = self._rollout
        own = self._context.state.steps[self._step.id].attempts[self._number - 1]
        try:
            return replace(
                rollout,
                parallel=bounded_count(own.fill(str(rollout.parallel)), "parallel"),
                max_failed=bounded_host_share(
                    own.fill(rollout.max_failed), "max_failed"
                ),
            )
        except ValueError as error:
            raise UnfitValueError(str(error)) from error

    def order(self) -> StepOrder | PlaybookOrder:
        """The order for all hosts: to the fleet process, or to Ansible.

        Raises:
            MobiusError: a duration, a size or a value is invalid, or there is no
                Ansible.
        """
        order = self.step_order()
        if not self.is_by_ansible:
            return order
        return playbook_order(
            self._context,
            self._step,
            self._number,
            self._listed.hosts,
            forks=order.width,
            timeout=order.timeout,
            max_output=order.max_output,
        )

    def route(self) -> Route:
        """How the hosts are reached."""
        return route_to_hosts(self._context, self._target, self._rollout.become)

    def step_order(self) -> StepOrder:
        """The fields that are the same for all hosts.

        Raises:
            MobiusError: a duration, a size or a count is invalid.
        """
        context, action = self._context, self._action
        values = context.values(self._step)
        limit = action.timeout
        try:
            size = values.fill(action.max_output)
            max_output = bounded_size(size, "max_output")
        except ValueError as error:
            raise RunError(str(error)) from error
        return StepOrder(
            run=context.run_key,
            step=self._step.id,
            folder=str(self._directory.path),
            route=self.route(),
            host_count=len(self._hosts),
            script=action.script,
            files=files_to_send(action.script, context.plan.runbook.files),
            shell=action.shell or launcher.BASH,
            secrets=tuple(context.secrets.values()),
            timeout=None if limit is None else values.seconds(limit, "timeout"),
            max_output=max_output,
            width=bounded_count(self._fixed_rollout().parallel, "parallel"),
            tries=self._target.tries,
        )

    def values_of(self, host: str) -> Values:
        """The values of variables for one host."""
        return self._values(host, self.fleet.hosts[host].batch)

    def _values(self, host: str, batch: int) -> Values:
        provided = self._template_hosts[host].provided(batch)
        return self._context.values(self._step, host=provided)

    async def log_marks(self, plan: RolloutPlan) -> Mapping[str, LogMark]:
        """Where the logs that are looked at for each host ended when the attempt began.

        They are marked before the first batch begins, and durable: whoever takes the
        run over looks at what was written since.

        Args:
            plan: the attempt's.

        Raises:
            OSError: they cannot be written.
        """
        if self.fleet.batches:
            return await asyncio.to_thread(kept_log_marks, self._directory)
        values = (
            self._values(host, number)
            for number, hosts in enumerate(plan.batches, 1)
            for host in hosts
        )
        marks = await mark_logs(self._context, self._step, values)
        if marks:
            self._directory.log_marks.unlink(missing_ok=True)
            create_file(self._directory.log_marks, encode_marks(marks))
        return marks

    def host_order(self, name: str) -> OrderedHost:
        """The order for one host whose start in this attempt is journaled."""
        host, state = self._hosts[name], self.fleet.hosts[name]
        runbook = self._context.plan.runbook
        env = script_env(self._step, runbook, self.values_of(name))
        return OrderedHost(
            **destination_fields(host),
            attempt=self.claim_of(state),
            earlier=self._unanswered_claims(name),
            values={**env, "RUNBOOK_HOST": name, "TERM": "dumb"},
        )

    def claim_of(self, host: HostState) -> int:
        """The number of a host's claim.

        It has the epoch in which the attempt began: after a takeover, an attempt of
        that number which is begun where the run was before is another one.
        """
        own = self._context.state.steps[self._step.id].attempts[host.attempt - 1]
        return claim_number(own.number, host.tries, own.epoch)

    def _unanswered_claims(self, host: str) -> tuple[int, ...]:
        """A host's claims in earlier attempts of which it is not known if they began.

        `OrderedHost.earlier` gives them up on the host.
        """
        unanswered = unanswered_attempts(self.step_fleet, host, self._number)
        return tuple(map(self.claim_of, unanswered))


def route_to_hosts(context: RunContext, target: Target, become: str = "") -> Route:
    """How the hosts of a target are reached: by ssh, or in a drill as folders.

    Args:
        context: the run's.
        target: which.
        become: the user that scripts run as; empty for the one who logs in.
    """
    began = context.state.began
    assert began is not None
    if began.host_sites:
        return LocalRoute(sites=began.host_sites)
    return ssh_route(target, Path(began.path).parent, become)


def claim_number(attempt: int, tries: int, epoch: int = 1) -> int:
    """The number of a host's claim, which is new each time that the host is begun.

    Args:
        attempt: the number of the attempt at the step, from 1.
        tries: how often the host was begun in it, this time included.
        epoch: the run's when the attempt began.
    """
    own = (epoch - 1) * MAX_ATTEMPTS_PER_EPOCH + attempt
    return own * MAX_CLAIMS_PER_ATTEMPT + tries


def attempt_of_claim(number: int) -> int:
    """The number of the attempt that a claim is of."""
    return number // MAX_CLAIMS_PER_ATTEMPT % MAX_ATTEMPTS_PER_EPOCH


def unanswered_attempts(
    fleet: StepFleet, host: str, attempt: int
) -> tuple[HostState, ...]:
    """A host's states in earlier attempts that ended unreachable.

    Args:
        fleet: the step's hosts.
        host: the host's name.
        attempt: only attempts before this one count.
    """
    found = {number: each.hosts.get(host) for number, each in fleet.attempts.items()}
    last = fleet.earlier_states.get(host)
    if last is not None:
        found.setdefault(last.attempt, last)
    return tuple(
        state
        for number, state in sorted(found.items())
        if number < attempt
        and state is not None
        and state.tries
        and state.status is HostStatus.UNREACHABLE
    )


MAX_HOSTS_NAMED = 5
"""Hosts that a message names; of the others it gives the number."""


def _names_of_changed_hosts(hosts: Sequence[str]) -> str:
    """Some hosts, and how many more there are."""
    more = (
        f" and {len(hosts) - MAX_HOSTS_NAMED} more"
        if len(hosts) > MAX_HOSTS_NAMED
        else ""
    )
    return ", ".join(hosts[:MAX_HOSTS_NAMED]) + more
