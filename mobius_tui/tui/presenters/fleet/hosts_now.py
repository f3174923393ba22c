"""The hosts of a step at one moment, over all its attempts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from mobius_tui.run.events.fleet_events import HostStatus
from mobius_tui.run.state.fleet_state import SETTLEMENTS, FleetState, Held, HostState
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.model.runbook import Step


@dataclass(frozen=True, kw_only=True, slots=True)
class StepHosts:
    """The hosts of a step that has begun on some."""

    step: Step
    last: FleetState
    """Of the newest attempt."""
    newest: Mapping[str, HostState]
    """Each host as it was last, over all attempts."""
    counts: Counter[HostStatus]
    """The number of hosts in each status."""
    is_running: bool
    """Whether the step runs."""

    @property
    def held(self) -> Held | None:
        """Why no further host begins, while the step runs."""
        return self.last.held if self.is_running else None

    @property
    def to_settle(self) -> tuple[str, ...]:
        """The hosts of which a person is asked what they count for, unknown first."""
        asks = self.step.rollout is not None and (
            self.step.rollout.on_unreachable == "ask"
        )
        unknown = HostStatus.UNKNOWN
        asked = {status for status in SETTLEMENTS if asks or status is unknown}
        if not any(self.counts[status] for status in asked):
            return ()  # as a rule: the commands on offer are found at every look
        open_ = [
            name
            for name, own in self.newest.items()
            if own.settled is None and own.status in asked
        ]
        return tuple(sorted(open_, key=lambda n: self.newest[n].status is not unknown))


def hosts_now(state: RunState, step: Step) -> StepHosts | None:
    """The hosts of a step; `None` where it has begun on none."""
    fleet = state.fleets.get(step.id)
    last = fleet.last if fleet is not None else None
    if fleet is None or last is None:
        return None
    newest = {**fleet.newest()}
    return StepHosts(
        step=step,
        last=last,
        newest=newest,
        counts=Counter(own.status for own in newest.values()),
        is_running=state.steps[step.id].status is Status.RUNNING,
    )
