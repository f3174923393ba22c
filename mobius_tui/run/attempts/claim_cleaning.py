"""Removes the claims that a run has left on hosts, once the run is over."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from mobius_tui.errors import MobiusError
from mobius_tui.run.attempts.attempt_hosts import (
    route_to_hosts,
)
from mobius_tui.run.attempts.run_context import RunContext
from mobius_tui.run.events.fleet_events import HostStatus
from mobius_tui.run.fleet.fleet_client import FleetClient
from mobius_tui.run.fleet.fleet_lines import CleanHosts, OrderedHost, StepOrder
from mobius_tui.run.fleet.transport import destination_fields
from mobius_tui.run.targets.resolve_targets import read_host_list
from mobius_tui.run.targets.resolved_hosts import TargetHost
from mobius_tui.runbook.model.runbook import Step

CLEANING_TIME_LIMIT = 20.0
"""Seconds that it may take; what is left then stays until a person removes it."""
HOSTS_CLEANED_AT_ONCE = 25
"""Hosts that are asked at the same time."""


async def clean_claims(context: RunContext) -> None:
    """Remove the claims of a run that is over; failures go into the run host's log.

    A host whose status is unknown keeps its claims: they show how far it got.
    """
    with_hosts = [
        step
        for step in context.plan.steps.values()
        if step.rollout is not None and step.rollout.engine == "ssh"
    ]
    # All claims of a run on a host are removed at once, whatever step they are of.
    kept = {
        name
        for fleet in context.state.fleets.values()
        for name, state in fleet.newest_states().items()
        if state.status is HostStatus.UNKNOWN
    }
    try:
        async with asyncio.timeout(CLEANING_TIME_LIMIT):
            for step in with_hosts:
                await _clean_step(context, step, kept)
    except (MobiusError, OSError, TimeoutError) as error:
        words = str(error) or "it took too long"
        print(f"claims are left on hosts: {words}", flush=True)  # noqa: T201


async def _clean_step(context: RunContext, step: Step, kept: set[str]) -> None:
    """Remove the run's claims on the hosts of one step, but for some."""
    fleet = context.state.fleets.get(step.id)
    last = fleet.last_attempt if fleet is not None else None
    if fleet is None or last is None or step.rollout is None:
        return
    began = {
        name
        for states in (
            fleet.earlier_states,
            *(a.hosts for a in fleet.attempts.values()),
        )
        for name, state in states.items()
        if state.tries and name not in kept
    }
    # An attempt lists only the hosts that were to do.
    known: dict[str, TargetHost] = {}
    for number in range(last.attempt, 0, -1):
        if began <= known.keys():
            break
        with suppress(FileNotFoundError):  # it has ended before it had a list
            listed = read_host_list(context.directory.attempt(step.id, number)).hosts
            known = {**{host.name: host for host in listed}, **known}
    hosts = tuple(
        OrderedHost(**destination_fields(known[n])) for n in known if n in began
    )
    if not hosts:
        return
    order = StepOrder(
        run=context.run_key,
        step=step.id,
        folder=str(context.directory.attempt(step.id, last.attempt).path),
        route=route_to_hosts(
            context,
            context.plan.runbook.targets[step.rollout.target],
            step.rollout.become,
        ),
        host_count=len(hosts),
        script="",
        width=HOSTS_CLEANED_AT_ONCE,
    )
    client = await FleetClient.start(order, context.keeper_log)
    try:
        await client.send(CleanHosts(hosts=hosts))
        left = {host.name for host in hosts}
        async for report in client.reports():
            left.discard(report.host)
            if not left:
                return
    finally:
        await client.close()
