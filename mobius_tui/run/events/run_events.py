"""Events of the whole run and of a drill's facilitator; none has a time. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from msgspec import field

from mobius_tui.json_border import Integer, JsonObject, Number, OmittedIfNone
from mobius_tui.run.events.fleet_events import FleetEvent
from mobius_tui.run.events.message_events import MessageEvent
from mobius_tui.run.events.mode_and_outcome import Mode, Outcome
from mobius_tui.run.events.step_events import (
    ApprovalEvent,
    StepAdditionEvent,
    StepEvent,
)
from mobius_tui.run.events.watch_events import WatchEvent

HOST_AUTHOR = "host"
"""The author of what the host does by itself."""
AUTO_AUTHOR = "auto"
"""The author of what the host does in place of a person."""
DRILL_APPROVER = "drill"
"""The author of the simulated approvals of a drill."""
FACILITATOR = "facilitator"
"""The author of `HintGiven` and `SiteTouched`; no member of the team."""

FacilitatorAct = Literal["inject", "worsen", "heal"]


class HintGiven(JsonObject, frozen=True, kw_only=True):
    """The facilitator gave the team a hint."""

    text: str
    who: str
    """The account that gave it."""


class SiteTouched(JsonObject, frozen=True, kw_only=True):
    """The facilitator changed the site; the team learns at the end what it was."""

    act: FacilitatorAct
    seal: str
    """SHA-256 of the line in the site's notes that says what it was, so that it cannot
    be claimed to be another one afterwards."""
    who: str


DrillEvent = HintGiven | SiteTouched


class Hint(JsonObject, frozen=True, kw_only=True):
    """A hint that the team was given."""

    text: str
    who: str
    at: Number
    """Seconds since 1970."""


class RunBegan(JsonObject, frozen=True, kw_only=True):
    """A person began the run."""

    run: str
    runbook: str
    file: str
    """The main file's name in the run's `runbook/` folder."""
    sha256: str
    """Digest over all files of the runbook; see `runbook.runbook_digest`."""
    title: str
    mode: Mode
    profile: str | None = None
    environment: str | None = None
    """The environment's name, which is the value of the variable that the runbook
    names."""
    protected: bool = False
    workdir: str
    operator: str
    setting: Mapping[str, str]
    """PATH, HOME, LANG, umask and a drill's TMPDIR, which a resumed host restores."""
    site: str | None = None
    """The drill site's folder."""
    path: str = ""
    """Where the main file lay when the run began."""
    sink: str | None = None
    """Where a drill's messages go, each to this address and its channel's id."""
    pages: bool = False
    """Whether a drill's messages go to the channels' own addresses: `--send`."""
    share: str | None = None
    """The group that may read and approve the run; `None` where none may.

    Such a run lies in a folder that the group can read.
    """
    share_control: bool = False
    """Whether the group may act on it, too."""
    limit: str = ""
    """The pattern that leaves only some of the hosts; empty for all."""
    targets: Mapping[str, str] = field(default_factory=dict)
    """By target, the digest of the hosts that the briefing showed."""
    host_sites: Mapping[str, str] = field(default_factory=dict)
    """In a drill, the folders of this machine that play hosts, by their names."""
    playbooks: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By step, what its playbook is made of as the briefing had it; see
    `playbook_digests`."""
    as_written: OmittedIfNone[bool] = None
    """Whether it is a drill whose runbook can reach beyond the site; `None` for no."""
    confined: OmittedIfNone[bool] = None
    """Whether it is a drill that can write to nothing but its site and its own folder,
    and reach no other machine; `None` for no."""
    key: OmittedIfNone[str] = None
    """128 random bits, as 32 hexadecimal digits; runs of earlier versions have none."""

    files: OmittedIfNone[Mapping[str, str]] = None
    """By the path of each of the runbook's `files` from its folder, the digest."""
    limits: OmittedIfNone[Mapping[str, Integer]] = None
    """What `[limits]` holds the run to: see `run_limits.encode_things`."""

    @property
    def run_key(self) -> str:
        """What no other run has: what outside of its folder is this run's goes by it.

        `run` is for people: two runs that began in one second may have one of it. A run
        of an earlier version has nothing else.
        """
        return self.key or self.run

    @property
    def is_drill(self) -> bool:
        """Whether it is a rehearsal."""
        return self.mode == Mode.DRILL

    @property
    def is_harmless_drill(self) -> bool:
        """Whether it is a rehearsal that reaches nothing real."""
        return self.is_drill and not self.as_written


class HostStarted(JsonObject, frozen=True, kw_only=True):
    """A host took over the run."""

    pid: Integer
    left_over: tuple[str, ...] = ()
    """Attempts (`step.N`) that an earlier host left behind."""
    cut: Integer = 0
    """Bytes of a torn last line that were cut off."""
    without: tuple[str, ...] = ()
    """Secrets that the run had, and that this host neither was given nor got."""
    place: OmittedIfNone[Mapping[str, str]] = None
    """The machine and the folder that it is in, as `Place`; hosts of earlier versions
    say nothing of it."""
    epoch: OmittedIfNone[Integer] = None
    """How often the run was taken over, and one."""


class TakenOver(JsonObject, frozen=True, kw_only=True):
    """A person goes on with the run in another place than that of its last host.

    The `HostStarted` of that place follows.
    """

    epoch: Integer
    place: Mapping[str, str]
    """The machine and the folder in which it goes on, as `Place`."""
    taken_from: Mapping[str, str]
    """Those in which it was before; empty where that is not known."""
    heard: Number
    """When its last host was last heard, as far as this folder knows: seconds since
    1970."""
    in_flight: tuple[str, ...] = ()
    """Attempts (`step.N`) that had no end by then."""


class HostStopped(JsonObject, frozen=True, kw_only=True):
    """A host shut down by itself: it did not crash, and was not killed."""

    reason: str


class AutoStarted(JsonObject, frozen=True, kw_only=True):
    """The host runs the main line automatically from here on."""

    manual: Literal["stop", "skip", "tick"] = "stop"
    confirmed: bool = False
    """Whether `--yes` confirmed the destroy steps beforehand."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """Answers for `ask` and `choose`, by variable."""
    attended: tuple[str, ...] = ()
    """Ids of attended phases in which the answers stand for a person."""
    trigger: Number | None = None
    """Seconds in which a trigger must begin the rollback before anything else is done;
    `None` where the main line is begun at once."""
    rehearse_undo: bool = False
    """Whether each step with an undo is undone once it has passed, and then run
    again."""


class AutoStopped(JsonObject, frozen=True, kw_only=True):
    """The automatic run stopped: a person is needed."""

    reason: str
    code: Integer
    """The exit code of the command that waits for the automatic run."""


class VariableSet(JsonObject, frozen=True, kw_only=True):
    """A variable was set; the value of a secret is `None`, as it is never written."""

    name: str
    value: str | None
    source: Literal["begin", "default", "answer", "output", "set", "secret"]
    step: str | None = None
    """The step that set it; a retry of the step withdraws the value."""


class WentOnWithout(JsonObject, frozen=True, kw_only=True):
    """A person goes on without secrets that the host does not know any more.

    What is printed from here on is not searched for them.
    """

    secrets: tuple[str, ...]
    """Their names."""


class PhaseEntered(JsonObject, frozen=True, kw_only=True):
    """The run entered an aside, or went to another phase."""

    phase: str
    from_step: str | None = None
    reason: str = ""
    undoes: tuple[str, ...] = ()
    """For the phase Undo: ids of the steps that undo others, in the order to run
    them."""


class PhaseLeft(JsonObject, frozen=True, kw_only=True):
    """An aside phase ended."""

    phase: str
    passed: bool
    to: str | None = None
    """The phase that follows; back to where it was entered from without one."""
    recovered: tuple[str, ...] = ()
    """Steps that this repaired."""


class NoteAdded(JsonObject, frozen=True, kw_only=True):
    """A note, on a step or on the run."""

    text: str
    step: str | None = None


class HealthSealed(JsonObject, frozen=True, kw_only=True):
    """The digest of `health.jsonl` up to here."""

    bytes: Integer
    sha256: str


HEALTH_IS_WELL = "health is well"
"""`RunEnded.health` where every probe is ok."""


class RunEnded(JsonObject, frozen=True, kw_only=True):
    """The run ended."""

    outcome: Outcome
    reason: str = ""
    seals: bool = False
    """Whether annotations and action items in the record are sealed; older journals
    lack it."""
    took: OmittedIfNone[Number] = None
    """Seconds for which the run was open in all, where it was opened again; else it was
    open from its beginning on."""
    health: OmittedIfNone[str] = None
    """How the service's health was then, in words; `None` in a run without probes, in
    one that only watches, whose reason says it, and in older journals."""

    @property
    def text(self) -> str:
        """Why, and how health was, in words."""
        return "; ".join(part for part in (self.reason, self.health) if part)


class RunReopened(JsonObject, frozen=True, kw_only=True):
    """The ended run was opened again, only for the purpose in `reason`."""

    reason: Literal["undo"] = "undo"


Event = (
    RunBegan
    | HostStarted
    | HostStopped
    | TakenOver
    | AutoStarted
    | AutoStopped
    | VariableSet
    | WentOnWithout
    | PhaseEntered
    | PhaseLeft
    | StepEvent
    | StepAdditionEvent
    | FleetEvent
    | NoteAdded
    | HealthSealed
    | ApprovalEvent
    | MessageEvent
    | DrillEvent
    | WatchEvent
    | RunEnded
    | RunReopened
)

EVENTS: Mapping[str, type[Event]] = {kind.__name__: kind for kind in get_args(Event)}
"""Each kind of event by its name, which is that of the journal."""
