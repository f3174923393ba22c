"""Events of the whole run and of a drill's facilitator; none has a time. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from msgspec import field

from mobius_tui.json_border import Integer, JsonObject, Number, OmittedIfNone
from mobius_tui.run.events.event import Event, MomentKind, Telling, WhenReopened
from mobius_tui.run.events.mode_and_outcome import Mode, Outcome
from mobius_tui.runbook.text.units import duration_in_words, local_time

HOST_AUTHOR = "host"
"""The author of what the host does by itself."""
AUTO_AUTHOR = "auto"
"""The author of what the host does in place of a person."""
DRILL_APPROVER = "drill"
"""The author of the simulated approvals of a drill."""
FACILITATOR = "facilitator"
"""The author of `HintGiven` and `SiteTouched`; no member of the team."""

FacilitatorAct = Literal["inject", "worsen", "heal"]


class HintGiven(Event, frozen=True, kw_only=True):
    """The facilitator gave the team a hint."""

    text: str
    who: str
    """The account that gave it."""

    def sentence(self, _run: Telling) -> str:
        """What it says in a line."""
        return f"hint by {self.who}: {self.text}"


class SiteTouched(Event, frozen=True, kw_only=True):
    """The facilitator changed the site; the team learns at the end what it was."""

    act: FacilitatorAct
    seal: str
    """SHA-256 of the line in the site's notes that says what it was, so that it cannot
    be claimed to be another one afterwards."""
    who: str

    def sentence(self, _run: Telling) -> None:
        """Nothing that is of interest to a reader."""


class Hint(JsonObject, frozen=True, kw_only=True):
    """A hint that the team was given."""

    text: str
    who: str
    at: Number
    """Seconds since 1970."""


class RunBegan(Event, frozen=True, kw_only=True):
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

    def sentence(self, _run: Telling) -> str:
        """What it says in a line."""
        where = f" in {self.environment}" if self.environment else ""
        return f"{self.mode.upper()} {self.title}{where}, run {self.run}"


class HostStarted(Event, frozen=True, kw_only=True):
    """A host took over the run."""

    when_reopened: ClassVar[WhenReopened] = "always"
    may_follow_end: ClassVar[bool] = True
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

    def sentence(self, run: Telling) -> str | None:
        """What it says in a line."""
        parts = ["a host took the run on"]
        if self.left_over:
            parts.append(f"left over: {run.attempts(self.left_over)}")
        if self.without:
            parts.append(f"not known any more: {', '.join(self.without)}")
        return "; ".join(parts) if parts[1:] else None


class TakenOver(Event, frozen=True, kw_only=True):
    """A person goes on with the run in another place than that of its last host.

    The `HostStarted` of that place follows.
    """

    when_reopened: ClassVar[WhenReopened] = "always"
    may_follow_end: ClassVar[bool] = True
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

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        where = run.place_before(self.taken_from, self.place)
        heard = local_time(self.heard, run.at, seconds=True)
        text = (
            f"taken over by {run.by}, from {where}, whose host was last heard {heard}"
        )
        if self.in_flight:
            text += f"; unknown since then: {run.attempts(self.in_flight)}"
        return text


class HostStopped(Event, frozen=True, kw_only=True):
    """A host shut down by itself: it did not crash, and was not killed."""

    when_reopened: ClassVar[WhenReopened] = "always"
    may_follow_end: ClassVar[bool] = True
    reason: str

    def sentence(self, run: Telling) -> str | None:
        """What it says in a line."""
        return None if run.is_over else f"the host let go: {self.reason}"


class AutoStarted(Event, frozen=True, kw_only=True):
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

    def sentence(self, _run: Telling) -> None:
        """Nothing that is of interest to a reader."""


class AutoStopped(Event, frozen=True, kw_only=True):
    """The automatic run stopped: a person is needed."""

    reason: str
    code: Integer
    """The exit code of the command that waits for the automatic run."""

    def sentence(self, _run: Telling) -> str:
        """What it says in a line."""
        return f"stopped: {self.reason}"


class VariableSet(Event, frozen=True, kw_only=True):
    """A variable was set; the value of a secret is `None`, as it is never written."""

    moment_kind: ClassVar[MomentKind] = "steps"
    name: str
    value: str | None
    source: Literal["begin", "default", "answer", "output", "set", "secret"]
    step: str | None = None
    """The step that set it; a retry of the step withdraws the value."""

    def sentence(self, _run: Telling) -> str | None:
        """What it says in a line."""
        if self.source not in ("output", "answer", "set"):
            return None
        first, *more = (self.value or "").split("\n")
        short = f" and {len(more)} lines more" if more else ""
        return f"value: {self.name}={' '.join(first.split())}{short}"


class WentOnWithout(Event, frozen=True, kw_only=True):
    """A person goes on without secrets that the host does not know any more.

    What is printed from here on is not searched for them.
    """

    when_reopened: ClassVar[WhenReopened] = "always"
    secrets: tuple[str, ...]
    """Their names."""

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        names = ", ".join(self.secrets)
        return f"goes on without {names}, by {run.by}; it is not redacted any more"


class PhaseEntered(Event, frozen=True, kw_only=True):
    """The run entered an aside, or went to another phase."""

    phase: str
    from_step: str | None = None
    reason: str = ""
    undoes: tuple[str, ...] = ()
    """For the phase Undo: ids of the steps that undo others, in the order to run
    them."""

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        why = f"; {self.reason}" if self.reason else ""
        return f"phase begins: {run.phase(self.phase)}{why}"


class PhaseLeft(Event, frozen=True, kw_only=True):
    """An aside phase ended."""

    when_reopened: ClassVar[WhenReopened] = "always"
    phase: str
    passed: bool
    to: str | None = None
    """The phase that follows; back to where it was entered from without one."""
    recovered: tuple[str, ...] = ()
    """Steps that this repaired."""

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        how = "passed" if self.passed else "did not pass"
        return f"phase {how}: {run.phase(self.phase)}"


class NoteAdded(Event, frozen=True, kw_only=True):
    """A note, on a step or on the run."""

    when_reopened: ClassVar[WhenReopened] = "always"
    may_follow_end: ClassVar[bool] = True
    moment_kind: ClassVar[MomentKind] = "notes"
    text: str
    step: str | None = None

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        return f"note by {run.by}: {self.text}"


class HealthSealed(Event, frozen=True, kw_only=True):
    """The digest of `health.jsonl` up to here."""

    when_reopened: ClassVar[WhenReopened] = "always"
    may_follow_end: ClassVar[bool] = True
    bytes: Integer
    sha256: str

    def sentence(self, _run: Telling) -> None:
        """Nothing that is of interest to a reader."""


HEALTH_IS_WELL = "health is well"
"""`RunEnded.health` where every probe is ok."""


class RunEnded(Event, frozen=True, kw_only=True):
    """The run ended."""

    when_reopened: ClassVar[WhenReopened] = "always"
    moment_mark: ClassVar[str] = "■"
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

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        open_for = run.open_for if self.took is None else self.took
        return (
            f"{self.outcome.upper()} after {duration_in_words(open_for)}: {self.text}"
        )


class RunReopened(Event, frozen=True, kw_only=True):
    """The ended run was opened again, only for the purpose in `reason`."""

    may_follow_end: ClassVar[bool] = True
    moment_mark: ClassVar[str] = "○"
    reason: Literal["undo"] = "undo"

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        return f"the run is open again, to be undone, by {run.by}"
