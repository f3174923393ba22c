"""What can happen in a run: past-tense events, and their form in the journal.

An event is a frozen value without a time; an `Entry` is an event with its place in
the journal. Both are pure: times and chain digests are given by whoever writes them.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Literal

from mobius_tui.errors import RunError
from mobius_tui.run.approval_events import APPROVAL_EVENTS, ApprovalEvent
from mobius_tui.run.drill_events import DRILL_EVENTS, DrillEvent
from mobius_tui.run.message_events import MESSAGE_EVENTS, MessageEvent
from mobius_tui.run.shapes import is_number, is_text, is_whole, misshapen
from mobius_tui.run.watch_events import WATCH_EVENTS, WatchEvent

Mode = Literal["incident", "drill"]

Result = Literal[
    "passed", "warned", "failed", "timed out", "stopped", "not started", "output lost"
]
"""How an attempt ended, where that is known."""

Outcome = Literal["completed", "failed", "abandoned", "incomplete"]


@dataclass(frozen=True, kw_only=True, slots=True)
class RunBegan:
    """A person said Begin."""

    run: str
    runbook: str
    file: str
    """The main file's name in the run's `runbook/` folder."""
    sha256: str
    """Of all its files: see `directory.runbook_digest`."""
    title: str
    mode: Mode
    profile: str | None = None
    environment: str | None = None
    """The value of the environment variable's variable, for the banner."""
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
    """The group that may read and approve it; it lies where that group can."""
    share_control: bool = False
    """Whether the group may act on it, too."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HostStarted:
    """A host took the run on."""

    pid: int
    left_over: tuple[str, ...] = ()
    """Attempts (`step.N`) that an earlier host left behind."""
    cut: int = 0
    """Bytes of a torn last line that were cut off."""
    without: tuple[str, ...] = ()
    """Secrets that the run had, and that this host was not given."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HostStopped:
    """A host let go of the run in good order."""

    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AutoStarted:
    """The host runs the main line by itself from here on."""

    manual: Literal["stop", "skip", "tick"] = "stop"
    confirmed: bool = False
    """Whether `--yes` confirmed the destroy steps beforehand."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """What `ask` and `choose` want, by variable."""
    attended: tuple[str, ...] = ()
    """Attended phases that the answers stand for."""
    trigger: float | None = None
    """Seconds in which a trigger must begin the rollback before anything else is done;
    `None` where the main line is begun at once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AutoStopped:
    """The host stopped running by itself: a person is needed."""

    reason: str
    code: int
    """The exit code that says so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class VariableSet:
    """A variable has a value; `None` for a secret's, which is never written."""

    name: str
    value: str | None
    source: Literal["begin", "default", "answer", "output", "set", "secret"]
    step: str | None = None
    """The step that it came from; retried, it takes the value back."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PhaseEntered:
    """The run turned aside, or went to a phase."""

    phase: str
    from_step: str | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PhaseLeft:
    """An aside phase came to its end."""

    phase: str
    passed: bool
    to: str | None = None
    """The phase that follows; back to where it was entered from without one."""
    recovered: tuple[str, ...] = ()
    """Steps that this repaired."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StepStarted:
    """An attempt is about to be made; durable before anything is done."""

    step: str
    attempt: int
    reads: tuple[str, ...] = ()
    """Names of the variables that it was given."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckTried:
    """A check looked once."""

    step: str
    attempt: int
    check: int
    """Which of the step's checks, from 0."""
    look: int
    """From 1."""
    held: bool
    detail: str
    ms: float
    row: int
    """How many looks in a row have held by now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StopAsked:
    """A person asked for a running step to be stopped."""

    step: str
    attempt: int


@dataclass(frozen=True, kw_only=True, slots=True)
class StepEnded:
    """An attempt came to a known end."""

    step: str
    attempt: int
    result: Result
    reason: str = ""
    """In words: the exit status, the check that failed, the missing output."""
    exit: int | None = None
    """The exit status of the script; negative for a signal."""
    output_bytes: int = 0
    output_sha256: str | None = None
    spans_sha256: str | None = None
    left: tuple[str, ...] = ()
    """Processes of the step that still live, named."""
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class StepUnknown:
    """What became of an attempt cannot be known."""

    step: str
    attempt: int
    reason: str
    left: tuple[str, ...] = ()
    output_bytes: int = 0
    output_sha256: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class StepSkipped:
    """A person, or `--manual skip`, passed a step over."""

    step: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class StepRestored:
    """A skipped step is pending again."""

    step: str


@dataclass(frozen=True, kw_only=True, slots=True)
class StepOverridden:
    """A person vouches for a step, with a reason."""

    step: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ChoiceMade:
    """A decision, recorded; it also ends its step as passed."""

    step: str
    attempt: int
    var: str
    values: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class NoteAdded:
    """A note, on a step or on the run."""

    text: str
    step: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class HealthSealed:
    """`health.jsonl` up to here is as it was written."""

    bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RunEnded:
    """The run is over."""

    outcome: Outcome
    reason: str = ""


Event = (
    RunBegan
    | HostStarted
    | HostStopped
    | AutoStarted
    | AutoStopped
    | VariableSet
    | PhaseEntered
    | PhaseLeft
    | StepStarted
    | CheckTried
    | StopAsked
    | StepEnded
    | StepUnknown
    | StepSkipped
    | StepRestored
    | StepOverridden
    | ChoiceMade
    | NoteAdded
    | HealthSealed
    | ApprovalEvent
    | MessageEvent
    | DrillEvent
    | WatchEvent
    | RunEnded
)

EVENTS: Mapping[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        RunBegan,
        HostStarted,
        HostStopped,
        AutoStarted,
        AutoStopped,
        VariableSet,
        PhaseEntered,
        PhaseLeft,
        StepStarted,
        CheckTried,
        StopAsked,
        StepEnded,
        StepUnknown,
        StepSkipped,
        StepRestored,
        StepOverridden,
        ChoiceMade,
        NoteAdded,
        HealthSealed,
        *APPROVAL_EVENTS,
        *MESSAGE_EVENTS,
        *DRILL_EVENTS,
        *WATCH_EVENTS,
        RunEnded,
    )
}

_TUPLES = {
    name: frozenset(f.name for f in fields(kind) if str(f.type).startswith("tuple"))
    for name, kind in EVENTS.items()
}
_FIELDS = {name: tuple(f.name for f in fields(kind)) for name, kind in EVENTS.items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """An event with its place in the journal."""

    n: int
    """1, 2, 3 …"""
    at: float
    """Seconds since 1970, UTC."""
    mono: float
    """Monotonic seconds of the machine, meaningful within one `boot`."""
    boot: str
    """The machine's boot id."""
    by: str
    """Who asked: an account name, `auto` or `host`."""
    event: Event
    intent: str | None = None
    """The id of the intent that it answers."""


@contextmanager
def uncollected() -> Iterator[None]:
    """Make many values that are in no cycle, without a look for cycles among them.

    Half of the time that 100,000 entries take would go into those looks.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def stamp(at: float) -> str:
    """A time as the journal writes it: `2026-11-24T13:45:05.123456Z`."""
    when = datetime.fromtimestamp(at, UTC)
    return when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def encode(entry: Entry, prev: str) -> bytes:
    """The journal's line for an entry, with its newline.

    Args:
        entry: the event and its place.
        prev: hexadecimal SHA-256 of the line before, without its newline; of nothing
            for the first line.
    """
    event = entry.event
    name = type(event).__name__
    line: dict[str, Any] = {
        "n": entry.n,
        "at": stamp(entry.at),
        "mono": round(entry.mono, 6),
        "boot": entry.boot,
        "by": entry.by,
        "event": name,
    }
    if entry.intent is not None:
        line["intent"] = entry.intent
    for key in _FIELDS[name]:
        line[key] = getattr(event, key)
    line["prev"] = prev
    text = json.dumps(line, ensure_ascii=False, separators=(",", ":"), default=dict)
    return text.encode("utf-8", "surrogatepass") + b"\n"


def decode(line: bytes) -> tuple[Entry, str]:
    """An entry and its `prev`, from a line of the journal.

    Raises:
        RunError: the line is no entry; the message says why.
    """
    try:
        data = json.loads(line.decode("utf-8", "surrogatepass"))
        name = data.pop("event")
        prev = data.pop("prev")
        kind: Callable[..., Event] = EVENTS[name]
        n, at, mono = data.pop("n"), data.pop("at"), data.pop("mono")
        boot, by, intent = data.pop("boot"), data.pop("by"), data.pop("intent", None)
        for key in _TUPLES[name] & data.keys():  # an older journal may lack one
            data[key] = tuple(data[key]) if type(data[key]) is list else None
        entry = Entry(
            n=n,
            at=datetime.fromisoformat(at).timestamp(),
            mono=mono,
            boot=boot,
            by=by,
            intent=intent,
            event=kind(**data),
        )
    except _NO_EVENT as error:
        raise RunError(f"this line of the journal is no event: {error!r}") from error
    wrong = _misplaced(entry, prev) or misshapen(entry.event)
    if wrong is not None:
        raise RunError(
            f"this line of the journal is no event: {wrong!r} cannot be that"
        )
    return entry, prev


_NO_EVENT = (
    *(ValueError, KeyError, TypeError, AttributeError),
    *(RecursionError, ArithmeticError),
)


def _misplaced(entry: Entry, prev: object) -> str | None:
    """The first of what stands around every event that cannot be so."""
    if not (is_text(prev) and is_whole(entry.n)):
        return "n or prev"
    if not (is_number(entry.mono) and is_text(entry.boot)):
        return "mono or boot"
    if not (is_text(entry.by) and isinstance(entry.intent, str | None)):
        return "by or intent"
    return None
