"""What a rollout is held to: its batches and its limits, in hosts and seconds. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from mobius_tui.runbook.model.targets import (
    HostRollout,
    OnUnreachable,
    cut_into_batches,
    share_or_count,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class RolloutPlan:
    """What one attempt is held to."""

    batches: tuple[tuple[str, ...], ...]
    """All hosts of the attempt in their order, each in one batch."""
    parallel: int
    """How many hosts run at the same time at most."""
    max_failed: int
    """How many hosts may have failed: others still begin, and the step is warned."""
    on_unreachable: OnUnreachable = "fail"
    person: bool = False
    """Whether a person lets each batch after the first begin."""
    healthy: float | None = None
    """Seconds for which health must have been well between two batches."""
    within: float = 0.0
    """Seconds for which that is waited for until a person is wanted."""

    @property
    def hosts(self) -> tuple[str, ...]:
        """All hosts, in their order."""
        return tuple(host for batch in self.batches for host in batch)


def plan_rollout(
    rollout: HostRollout,
    hosts: Sequence[str],
    first: Iterable[str],
    seconds: Callable[[str, str], float],
    *,
    of: int | None = None,
) -> RolloutPlan:
    """What an attempt is held to.

    Args:
        rollout: what the step says.
        hosts: those of this attempt in their order, `first` at the beginning.
        first: the hosts that go before all others.
        seconds: of a duration and its key, as `Values.seconds` fills them in.
        of: how many hosts the step has, with those that have passed before; a share
            that may have failed is one of these. Without it, those of this attempt.
    """
    between = rollout.between
    healthy = seconds(between.healthy, "healthy") if between.healthy else None
    return RolloutPlan(
        batches=cut_into_batches(rollout.batch, hosts, first),
        parallel=rollout.parallel,
        max_failed=share_or_count(rollout.max_failed, of or len(hosts)),
        on_unreachable=rollout.on_unreachable,
        person=between.person,
        healthy=healthy,
        within=seconds(between.within, "within") if between.healthy else 0.0,
    )
