"""A rollout in memory: moves are journaled and folded as a run's are."""

from __future__ import annotations

from dataclasses import dataclass, field

from mobius_tui.run.events.fleet_events import (
    BatchEnded,
    BatchHeld,
    BatchReleased,
    BatchStarted,
    FleetEvent,
    FleetHostEnded,
    FleetHostSettled,
    FleetHostStarted,
    HostKeyProblem,
    HostResult,
    HostsResolved,
    Settlement,
)
from mobius_tui.run.rollout.rollout import (
    RolloutHealth,
    RolloutMove,
    RolloutPlan,
    next_move,
)
from mobius_tui.run.state.fleet_state import (
    AttemptFleet,
    StepFleet,
    apply_fleet_event,
    validate_fleet_event,
)
from mobius_tui.run.state.step_state import NO_ATTEMPTS, Attempt, Status, StepState

STEP = "go"
RUNNING_STEP = StepState(
    status=Status.RUNNING,
    attempts=NO_ATTEMPTS.appended(Attempt(number=1, by="ops", started=0.0)),
)


@dataclass
class Rollout:
    """One attempt over hosts, by the code of the run's state."""

    plan: RolloutPlan
    health: RolloutHealth = field(default_factory=RolloutHealth)
    now: float = 0.0
    stopped: bool = False
    fleets: dict[str, StepFleet] = field(default_factory=dict)
    begun: list[str] = field(default_factory=list)
    """Every host that ever began, in order."""

    def __post_init__(self) -> None:
        hosts = self.plan.hosts
        self.write(
            HostsResolved(step=STEP, attempt=1, target="t", hosts=hosts, sha256="x")
        )

    @property
    def fleet(self) -> AttemptFleet:
        return self.fleets[STEP].attempts[1]

    def write(self, event: FleetEvent) -> None:
        """Journal an event; one that may not follow raises."""
        validate_fleet_event(self.fleets, {STEP: RUNNING_STEP}, event)
        apply_fleet_event(self.fleets, event, at=self.now)

    def look(self) -> RolloutMove:
        """What is next, and nothing is done."""
        return next_move(
            self.plan, self.fleet, self.health, now=self.now, stopped=self.stopped
        )

    def move(self) -> RolloutMove:
        """What is next, journaled."""
        move = self.look()
        if move.end_batch is not None:
            self.write(BatchEnded(step=STEP, attempt=1, batch=move.end_batch))
        if move.start_batch is not None:
            hosts = self.plan.batches[move.start_batch - 1]
            self.write(
                BatchStarted(step=STEP, attempt=1, batch=move.start_batch, hosts=hosts)
            )
        for host in move.begin:
            self.write(FleetHostStarted(step=STEP, attempt=1, host=host))
            self.begun.append(host)
        held, hold = self.fleet.held, move.hold
        if hold is not None and (held is None or held.why is not hold.why):
            self.write(BatchHeld(step=STEP, attempt=1, batch=hold.batch, why=hold.why))
        return move

    def end(
        self, host: str, status: HostResult, host_key: HostKeyProblem | None = None
    ) -> None:
        """A host ends."""
        self.write(
            FleetHostEnded(
                step=STEP, attempt=1, host=host, status=status, host_key=host_key
            )
        )

    def settle(self, host: str, settled: Settlement) -> None:
        """A person settles a host."""
        self.write(
            FleetHostSettled(
                step=STEP, attempt=1, host=host, settled=settled, reason="looked"
            )
        )

    def release(self) -> None:
        """A person lets it go on."""
        assert self.fleet.held is not None
        batch = self.fleet.held.batch
        self.write(BatchReleased(step=STEP, attempt=1, batch=batch))
