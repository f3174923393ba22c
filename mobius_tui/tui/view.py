"""A run as the screen shows it at one moment: what goes down to the widgets."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from mobius_tui.health.past import Past
from mobius_tui.run.arming import Reports
from mobius_tui.run.milestones import Course, Milestones
from mobius_tui.run.plan import Plan, Proposal
from mobius_tui.run.said import Said
from mobius_tui.run.standings import Standing
from mobius_tui.run.state import RunState
from mobius_tui.run.steps import StepState
from mobius_tui.run.variables import Values
from mobius_tui.run.watch_clock import progress
from mobius_tui.runbook.model import Phase, Runbook, Step
from mobius_tui.tui.counts import Counts

PHASE = "#"
"""What a checklist's key of a phase begins with; no step's id does."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RunView:
    """A run at one moment; two of them are equal only if they are the same."""

    plan: Plan
    state: RunState
    standings: Mapping[str, Standing]
    proposal: Proposal
    counts: Counts
    now: float
    """Seconds since 1970."""
    host: int | None
    """The living host's pid."""
    said: Mapping[str, Said] = field(default_factory=dict)
    """By `STEP.ATTEMPT`: its last words, where it ended badly."""
    verifying: str | None = None
    """The step whose script has ended and whose checks are being made."""
    health: Mapping[str, str] = field(default_factory=dict)
    """Each probe's state, in words."""
    reports: Mapping[str, Reports] = field(default_factory=dict)
    """Which figures the services report, of the probes that were looked at."""
    past: Past = field(default_factory=Past)
    """What health was at any moment; it grows in place."""
    course: Course | None = None
    """The times of an outage, but for those that health tells; it grows in place."""
    lost: str = ""
    """Why the run's files are followed no longer; empty while they are."""
    stalled: str = ""
    """Why the host can write nothing for now, in words; empty if it can."""
    silent: float = 0.0
    """Seconds for which a living host has given no sign; 0 while that is not long."""
    uid: int = field(default_factory=os.getuid)
    """Whose viewer this is."""
    reviewed: float | None = None
    """Where it is looked back on, the seconds of the whole run; else `None`."""
    damage: tuple[str, ...] | None = None
    """What is not as it was written, in words; `None` while that is not known."""
    last_n: int = 0
    """The journal's entry up to which it was judged."""

    def shows_what(self, before: RunView | None) -> bool:
        """Whether nothing is to be seen in it that the one before does not show."""
        return before is not None and self.seen == before.seen

    @property
    def seen(self) -> tuple[object, ...]:
        """What of it changes by itself."""
        unwell = self.lost, self.stalled, self.silent > 0
        return self.last_n, int(self.now), self.host, *unwell

    @property
    def runbook(self) -> Runbook:
        """What is being run."""
        return self.plan.runbook

    @property
    def environment(self) -> str:
        """The environment's name; empty where the runbook names none."""
        began = self.state.began
        return (began.environment or "") if began else ""

    @property
    def mode(self) -> str:
        """`incident` or `drill`."""
        return self.state.began.mode if self.state.began else "incident"

    @property
    def is_protected(self) -> bool:
        """Whether what destroys wants the environment's name typed."""
        return self.state.began is not None and self.state.began.protected

    @property
    def workdir(self) -> str:
        """Where commands run."""
        return self.state.began.workdir if self.state.began else ""

    @property
    def elapsed(self) -> float:
        """Seconds since the run began, until it ended."""
        end = self.state.ended_at if self.state.ended_at is not None else self.now
        return max(0.0, end - self.state.began_at)

    @property
    def values(self) -> Values:
        """What `${name}` means now; a secret shows as `[secret]`."""
        name = self.plan.name
        return Values(self.state, now=self.now, health=self.health, name=name)

    @property
    def milestones(self) -> Milestones | None:
        """The times of the run's outage; `None` where no trigger has fired."""
        return self.course.milestones(self.past) if self.course is not None else None

    def step(self, key: str | None) -> Step | None:
        """The step of a checklist's key; `None` for a phase's."""
        return self.plan.steps.get(key or "")

    def phase(self, key: str | None) -> Phase | None:
        """The phase of a checklist's key; `None` for a step's."""
        if key is None or not key.startswith(PHASE):
            return None
        return self.runbook.phase(key.removeprefix(PHASE))

    def own(self, step_id: str) -> StepState:
        """What the journal says of a step."""
        return self.state.steps[step_id]

    def next_attempt(self, step_id: str) -> int:
        """The number that a new attempt at a step must have."""
        return len(self.own(step_id).attempts) + 1

    def latest(self, *, scripts_only: bool = False) -> str | None:
        """The step that was tried last; with `scripts_only`, the script."""
        return self.counts.latest_script if scripts_only else self.counts.latest

    def runtime(self, step_id: str) -> float | None:
        """Seconds that the last attempt took, or has been running."""
        last = self.own(step_id).last
        if last is None:
            return None
        return last.took if last.took is not None else max(0.0, self.now - last.started)

    def progress(self, step: Step) -> str:
        """`2:10 of 30:00`, of a step that watches health now; else nothing."""
        return progress(step, self.state, self.values, self.now)


def look(
    plan: Plan,
    state: RunState,
    *,
    now: float,
    host: int | None,
    said: Mapping[str, Said],
    health: Mapping[str, str],
    before: RunView | None = None,
) -> RunView:
    """Judge a run at one moment.

    Args:
        plan: the runbook's.
        state: the run's; it changes in place as the journal grows.
        now: seconds since 1970.
        host: the living host's pid.
        said: by `STEP.ATTEMPT`, its last words.
        health: each probe's state, in words.
        before: the view before, whose standings hold where the journal has not grown.
    """
    if before is not None and before.state is state and before.last_n == state.n:
        standings, proposal = before.standings, before.proposal
        counts = before.counts
    else:
        standings = plan.standings(state)
        proposal = plan.proposal(state, standings)
        counts = Counts(plan, state, standings)
    return RunView(
        plan=plan,
        state=state,
        standings=standings,
        proposal=proposal,
        counts=counts,
        now=now,
        host=host,
        said=said,
        health=health,
        last_n=state.n,
    )
