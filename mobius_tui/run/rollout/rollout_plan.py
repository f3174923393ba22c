"""The plan of a rollout: its batches and its limits, in hosts and seconds. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from mobius_tui.dataclass import dataclass
from mobius_tui.runbook.model.targets import (
    HostRollout,
    OnUnreachable,
    cut_into_batches,
    share_or_count,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class RolloutPlan:
    """The batches and limits of one attempt."""

    batches: tuple[tuple[str, ...], ...]
    """All hosts of the attempt in their order, each in one batch."""
    parallel: int
    """How many hosts run at the same time at most."""
    max_failed: int
    """How many hosts may fail before no further host begins; the step ends warned."""
    on_unreachable: OnUnreachable = "fail"
    person: bool = False
    """Whether a person lets each batch after the first begin."""
    healthy: float | None = None
    """Seconds for which health must have been well between two batches."""
    within: float = 0.0
    """Seconds to wait for that before the next batch is held for a person."""

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
    """The batches and limits of an attempt.

    Args:
        rollout: the step's settings.
        hosts: those of this attempt in their order, `first` at the beginning.
        first: the hosts that go before all others.
        seconds: converts a duration and its key, as `Values.seconds` does.
        of: how many hosts the step has, with those that have passed before; a
            percentage in `max_failed` is of these. Without it, those of this attempt.
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
