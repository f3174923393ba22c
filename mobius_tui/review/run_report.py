"""The report of a run: one frozen value from which each format is rendered. Pure.

Its texts are redacted and have no control characters. A renderer only has to escape
them, so that they are no markup of its format.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from msgspec import Struct

from mobius_tui.run.events.event import Event
from mobius_tui.run.events.fleet_events import HostStatus
from mobius_tui.run.events.mode_and_outcome import ListingState, Mode, Outcome
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.prose.prose_model import Prose

EpochSeconds: TypeAlias = Annotated[float, "since 1970"]
"""Seconds since 1970; JSON has it as a UTC time."""

DeviationKind = (
    Status
    | Literal[
        "out of order", "retried", "improvised", "without a secret", "hosts", "message"
    ]
)
"""The status of an attempt that ended badly, or of a step that was skipped or undone;
that hosts of a step did not pass, or a message did not arrive; or what else differed
from the runbook."""


class Deviation(Struct, frozen=True, kw_only=True):
    """Something that did not go as the runbook has it."""

    kind: DeviationKind
    step: str
    """The step's id; empty for the run as a whole."""
    name: str
    """Its number and title; of the run as a whole, that it is."""
    at: EpochSeconds
    by: str
    text: str
    """Why, in words."""


class Measure(Struct, frozen=True, kw_only=True):
    """One of the times by which a run is judged."""

    name: str
    """For programs: `detected`, `acknowledged`, `decided`, `rollback`, `restored`,
    `steady` or `total`."""
    title: str
    at: EpochSeconds | None
    """When the milestone was reached; `None` if it was not."""
    after: float | None
    """Seconds since the trigger fired, or since the run began where none led to the
    rollback; below 0 for what came before the trigger; of a whole run, its length."""
    last: float | None = None
    """The same of the last drill before it, in seconds."""
    best: float | None = None
    """The shortest of the drills before it, in seconds."""


class ReportOutage(Struct, frozen=True, kw_only=True):
    """One of the run's outages: from a trigger to three healthy checks in a row."""

    probe: str
    reason: str
    """Why its trigger fired."""
    fired: EpochSeconds
    restored: EpochSeconds | None
    """The first of the three; `None` if they never came."""
    during: str
    """The step that was changing something when the probe began to fail; or empty."""


class TimelineEntry(Struct, frozen=True, kw_only=True):
    """A line of the timeline."""

    n: int
    """The journal's entry."""
    at: EpochSeconds
    after: float
    """Seconds since the run began."""
    by: str
    event: type[Event]
    """The kind of event; JSON has it by the journal's name for it."""
    text: str


class VariableValue(Struct, frozen=True, kw_only=True):
    """A variable and its value at some moment."""

    name: str
    value: str
    """`[secret]` for a secret's."""
    source: str


class ReportLook(Struct, frozen=True, kw_only=True):
    """One look of a check."""

    at: EpochSeconds
    check: str
    """The condition of the check, in words."""
    held: bool
    detail: str


class ReportHost(Struct, frozen=True, kw_only=True):
    """One host of an attempt at a step on many."""

    name: str
    status: HostStatus
    batch: int
    """The number of its batch; 0 for one that never began."""
    started: EpochSeconds | None
    took: float | None
    """Seconds."""
    exit: int | None
    reason: str
    said: str
    """The line of its output that says what went wrong, or the last one.

    Empty unless the host is failed, unreachable or unknown.
    """


class ReportAttempt(Struct, frozen=True, kw_only=True):
    """One attempt at a step."""

    number: int
    by: str
    started: EpochSeconds
    ended: EpochSeconds | None
    took: float | None
    """Seconds, by the monotonic clock where that is known."""
    status: Status
    reason: str
    exit: int | None
    """The exit status of the script; negative for a signal."""
    exit_words: str
    """What it means; empty without one."""
    note: str
    given: tuple[VariableValue, ...]
    """The variables that it read, as they were."""
    looks: tuple[ReportLook, ...]
    """The last looks of its checks."""
    output: tuple[str, ...]
    """The last lines of what it printed."""
    output_bytes: int
    output_sha256: str | None
    left: tuple[str, ...]
    """Processes that outlived it."""
    ended_with: tuple[str, ...]
    """Processes that were ended when its script had ended."""
    hosts: tuple[ReportHost, ...] = ()
    """Those of a step on many hosts, the worst first."""


class ReportStep(Struct, frozen=True, kw_only=True):
    """A step, and what became of it."""

    id: str
    number: str
    title: str
    kind: str
    effect: str
    """`read`, `change` or `destroy`."""
    gate: bool
    optional: bool
    status: Status
    reason: str
    by: str
    """Who began, skipped or overrode it last."""
    program: str
    """What ran the script; empty for a step without one."""
    why: Prose
    command: str | Prose
    """The script, or what a person was to do or to say."""
    checks: tuple[str, ...]
    tries: tuple[ReportAttempt, ...]
    notes: tuple[str, ...]


class ReportPhase(Struct, frozen=True, kw_only=True):
    """A phase, and its steps."""

    id: str
    number: str
    title: str
    aside: bool
    entered: bool
    """Whether the run was in it: always, but for an aside."""
    why: Prose
    steps: tuple[ReportStep, ...]


class ReportCheckSlice(Struct, frozen=True, kw_only=True):
    """The checks of a probe in one slice of the run's time."""

    at: EpochSeconds
    """Where the slice begins."""
    ok: int
    failed: int
    no_data: int
    ms: float | None
    """The longest answer in it, in milliseconds."""


class ReportProbe(Struct, frozen=True, kw_only=True):
    """A probe, and what all of its checks amount to."""

    id: str
    title: str
    checks: int
    ok: int
    failed: int
    no_data: int
    success_rate: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    """`p50_ms`, `p95_ms` and `p99_ms` are latencies that our own checks measured."""
    reported_p95_ms: float | None
    """The highest P95 that the service reported of itself."""
    reported_error_rate: float | None
    """The highest error rate that it reported, from 0 to 1."""
    outage_began: EpochSeconds | None
    """Where the longest outage began."""
    outage: float | None
    """How long it was, in seconds."""
    limit_ms: float | None
    """The latency at which a trigger fires, where one does."""
    beats: tuple[ReportCheckSlice, ...]
    """Slices of equal length, oldest first."""


class ReportMessage(Struct, frozen=True, kw_only=True):
    """A message that the program or a person sent."""

    at: EpochSeconds
    by: str
    title: str
    channel: str
    """The channel to which it was sent; empty if a person sent it by hand."""
    state: str
    text: str


class ReportDecision(Struct, frozen=True, kw_only=True):
    """A decision."""

    at: EpochSeconds
    by: str
    step: str
    name: str
    chosen: tuple[str, ...]
    reason: str


class ReportNote(Struct, frozen=True, kw_only=True):
    """A note that was made during the run."""

    at: EpochSeconds
    by: str
    name: str
    """The step that it is on; empty for the run."""
    text: str


class Annotation(Struct, frozen=True, kw_only=True):
    """A note that was made afterwards, on a moment, a step, a range, or the run."""

    written: EpochSeconds
    by: str
    text: str
    step: str = ""
    """A step's id."""
    since: EpochSeconds | None = None
    """The moment, or where the range begins."""
    until: EpochSeconds | None = None
    """Where the range ends."""


class StepItemId(Struct, frozen=True):
    """The id of an action item that is a step of the review runbook."""

    step: str

    def __str__(self) -> str:
        """The text in `record.toml`: the step's id."""
        return self.step


class AddedItemId(Struct, frozen=True):
    """The id of an action item that a person has added; differs from any step's id."""

    number: int

    def __str__(self) -> str:
        """The text in `record.toml`: `own:1`."""
        return f"own:{self.number}"


ActionItemId = StepItemId | AddedItemId


class ActionItem(Struct, frozen=True, kw_only=True):
    """Something left to do after the run, with an owner and a day."""

    id: ActionItemId
    title: str
    owner: str = ""
    due: str = ""
    """A day, such as `2026-11-30`."""
    note: str = ""
    done: bool = False
    by: str = ""
    """Who changed it last."""


class RunReport(Struct, frozen=True, kw_only=True):
    """The whole content of a report, independent of its format."""

    run: str
    """Its id."""
    runbook: str
    title: str
    summary: Prose
    sha256: str
    """Of all that the runbook consists of."""
    files: Mapping[str, str]
    """The digest of each of its `files`, by its path."""
    mode: Mode | Literal[""]
    """Empty for one that never began."""
    environment: str
    protected: bool
    profile: str
    workdir: str
    operator: str
    began: EpochSeconds | None
    """`None` for one that never began."""
    ended: EpochSeconds | None
    """`None` for one that is open."""
    until: EpochSeconds | None
    """Its end; of an open run, its last entry or health check."""
    outcome: Outcome | ListingState
    reason: str
    drill: tuple[str, ...]
    """The result of a drill as lines of text: its score, and what is still broken."""
    done: int
    """How many of the steps that apply are done."""
    applicable: int
    events: int
    head: str
    """The digest of the journal's last line."""
    places: tuple[str, ...]
    """On which machines its hosts were, as lines of text; empty where none said it."""
    damage: tuple[str, ...]
    """How its files differ from what was written, in words; empty if they do not."""
    deviations: tuple[Deviation, ...]
    measures: tuple[Measure, ...]
    since_trigger: bool
    """Whether the measures count from the trigger, not from the beginning."""
    drills: int
    """How many drills of this runbook ended before it began."""
    outages: tuple[ReportOutage, ...]
    timeline: tuple[TimelineEntry, ...]
    left_out: int
    """How many lines were cut out of the middle of a timeline that was too long."""
    phases: tuple[ReportPhase, ...]
    variables: tuple[VariableValue, ...]
    """As they were at the end."""
    health: tuple[ReportProbe, ...]
    messages: tuple[ReportMessage, ...]
    decisions: tuple[ReportDecision, ...]
    notes: tuple[ReportNote, ...]
    annotations: tuple[Annotation, ...]
    action_items: tuple[ActionItem, ...]
    """Those that a person has changed or added."""
    said_head: str
    """The digest of the last seal on annotations and action items; empty without."""

    def steps(self) -> tuple[ReportStep, ...]:
        """All steps, in the order of the runbook."""
        return tuple(step for phase in self.phases for step in phase.steps)
