"""The model of a runbook: what the TOML says, as immutable values.

Texts in which `${name}` is filled in during a run keep that form here; so do durations
and sizes that hold one. `mobius_tui.run.variables` fills them in.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Effect = Literal["read", "change", "destroy"]
"""What a command does to the world; decides how it is confirmed."""

Json = str | int | float | bool | None | tuple["Json", ...] | Mapping[str, "Json"]
"""A JSON value, as a body assertion names it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Variable:
    """A `[var.NAME]` table, or a name that a step's answer or output declares."""

    name: str
    """An environment variable's name: letters, digits and `_`."""
    title: str = ""
    """What a person is asked; the name, where it is empty."""
    default: str | None = None
    choices: tuple[str, ...] = ()
    """The only values that it may have; empty for any."""
    ask: bool = False
    """Whether the briefing asks for it before the run begins."""
    from_env: str | None = None
    """The environment variable of whoever starts the run that it is read from."""
    secret: bool = False
    """Whether it is never shown, journaled or passed on unless a step names it."""
    run: bool = False
    """Whether its value is the id of a run, whose facts `NAME_FACT` then are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """A `[profile.NAME]` table: other values for the same variables."""

    name: str
    values: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Contact:
    """Whom to call, and when."""

    role: str
    handle: str
    for_: str = ""
    """When to call them; `for` in TOML."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """A `[[message]]`: a text that is filled in from the run."""

    id: str
    title: str
    body: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Channel:
    """A `[[channel]]`: where messages can go."""

    id: str
    kind: Literal["slack", "teams", "webhook"]
    url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """A figure that a service reports about itself, by JSON pointer."""

    at: str
    """RFC 6901 pointer into the probe's answer."""
    unit: Literal["ms", "s", "fraction"] = "fraction"


@dataclass(frozen=True, kw_only=True, slots=True)
class Probe:
    """A `[[health.probe]]`: what is asked, again and again, and what is healthy."""

    id: str
    url: str
    title: str = ""
    timeout: str = "4s"
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    json: Mapping[str, Json] = field(default_factory=dict)
    contains: str | None = None
    ca: str | None = None
    """A file of certificates to trust in place of the system's."""
    redirects: int = 0
    """How many redirects are followed."""
    trigger: bool = True
    """Whether its checks count toward the triggers."""
    error_rate: Figure | None = None
    p95: Figure | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SuccessRate:
    """Fires when fewer than `below` of the last `window` checks were ok."""

    below: float = 0.70
    min_checks: int = 5
    window: int = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class P95Latency:
    """Fires when P95 was above the limit at `for_checks` checks in a row."""

    above: str = "5s"
    for_checks: int = 5
    window: int = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class ErrorRate:
    """Fires when the error rate was above the limit at `for_checks` in a row."""

    above: float = 0.05
    for_checks: int = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Triggers:
    """`[health.trigger]`: only the rules that it names are on."""

    consecutive_failures: int | None = None
    success_rate: SuccessRate | None = None
    p95_latency: P95Latency | None = None
    error_rate: ErrorRate | None = None
    then: str | None = None
    """The phase that an armed trigger begins."""
    grace: str = "10s"
    """The countdown in which a person can hold it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    """`[health]`: the probes, their beat and the triggers."""

    every: str = "5s"
    witness: tuple[str, ...] = ()
    """`host:port` addresses; if none answers, the monitor is blind."""
    probes: tuple[Probe, ...] = ()
    trigger: Triggers = field(default_factory=Triggers)


@dataclass(frozen=True, kw_only=True, slots=True)
class Repeat:
    """How often a check looks; inside each kind of check."""

    attempts: int | None = None
    """Looks in all; `consecutive` where it is not given."""
    consecutive: int = 1
    """Looks in a row that must hold; a failure restarts the count."""
    every: str = "5s"
    timeout: str = "10s"
    """The limit of one look."""

    @property
    def limit(self) -> int:
        """How many looks are allowed in all."""
        return self.consecutive if self.attempts is None else self.attempts


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpCheck:
    """`http`: a URL answers as it should."""

    url: str
    status: int = 200
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Mapping[str, Json] = field(default_factory=dict)
    contains: str | None = None
    faster_than: str | None = None
    ca: str | None = None
    repeat: Repeat = field(default_factory=Repeat)


@dataclass(frozen=True, kw_only=True, slots=True)
class ProcessCheck:
    """`process`: the count of matching processes satisfies `count`."""

    match: str
    count: str = ">=1"
    """A comparison such as `>=1`, `==2`, `<3`, or a bare number, which means `==`."""
    repeat: Repeat = field(default_factory=Repeat)


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceCheck:
    """`service`: every unit in `names` is in one of `state`."""

    names: tuple[str, ...]
    state: tuple[str, ...] = ("active",)
    repeat: Repeat = field(default_factory=Repeat)


@dataclass(frozen=True, kw_only=True, slots=True)
class ChecksumCheck:
    """`checksum`: `file` has the SHA-256 that `sums` or `sha256` says."""

    file: str
    sums: str | None = None
    """A file whose first word is the hash, whatever name stands beside it."""
    sha256: str | None = None
    repeat: Repeat = field(default_factory=Repeat)


@dataclass(frozen=True, kw_only=True, slots=True)
class FileCheck:
    """`file`: a path exists, or is absent, and is as it should be."""

    path: str
    absent: bool = False
    same_as: str | None = None
    """A path with equal content; for folders, every file below it."""
    mode: str | None = None
    """Octal permissions, such as `0755`."""
    newer_than: str | None = None
    """A path, or a duration before now."""
    min_size: str | None = None
    repeat: Repeat = field(default_factory=Repeat)


@dataclass(frozen=True, kw_only=True, slots=True)
class PortCheck:
    """`port`: `at` accepts a connection, or refuses it when `closed`."""

    at: str
    """`host:port`."""
    closed: bool = False
    repeat: Repeat = field(default_factory=Repeat)


@dataclass(frozen=True, kw_only=True, slots=True)
class TlsCheck:
    """`tls`: the certificate at `at` is valid for `min_days` more."""

    at: str
    min_days: int = 0
    ca: str | None = None
    repeat: Repeat = field(default_factory=Repeat)


@dataclass(frozen=True, kw_only=True, slots=True)
class DiskCheck:
    """`disk`: at least `free` is free where `path` is."""

    free: str
    """A size, or a percentage such as `10%`."""
    path: str = "."
    repeat: Repeat = field(default_factory=Repeat)


@dataclass(frozen=True, kw_only=True, slots=True)
class MemoryCheck:
    """`memory`: at least `free` is available."""

    free: str
    repeat: Repeat = field(default_factory=Repeat)


@dataclass(frozen=True, kw_only=True, slots=True)
class RunCheck:
    """`run`: a shell predicate, read-only by promise."""

    script: str
    shell: tuple[str, ...] = ()
    """The program and its arguments; empty for bash with the strict flags."""
    success: tuple[int, ...] = (0,)
    repeat: Repeat = field(default_factory=Repeat)


@dataclass(frozen=True, kw_only=True, slots=True)
class OutputCheck:
    """`output`: a line of the action's output matches; or none does, with `not`."""

    match: str | None = None
    not_: str | None = None
    """A pattern that no line may match; `not` in TOML."""
    repeat: Repeat = field(default_factory=Repeat)


Check = (
    HttpCheck
    | ProcessCheck
    | ServiceCheck
    | ChecksumCheck
    | FileCheck
    | PortCheck
    | TlsCheck
    | DiskCheck
    | MemoryCheck
    | RunCheck
    | OutputCheck
)

CHECK_KINDS: Mapping[str, type[Check]] = {
    "http": HttpCheck,
    "process": ProcessCheck,
    "service": ServiceCheck,
    "checksum": ChecksumCheck,
    "file": FileCheck,
    "port": PortCheck,
    "tls": TlsCheck,
    "disk": DiskCheck,
    "memory": MemoryCheck,
    "run": RunCheck,
    "output": OutputCheck,
}
"""The name of each kind in TOML, and its model."""


def kind_of(check: Check) -> str:
    """The name of a check's kind, as TOML spells it."""
    return next(name for name, kind in CHECK_KINDS.items() if isinstance(check, kind))


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """A typed answer that a `manual` step wants."""

    var: str
    title: str = ""
    match: str | None = None
    """A pattern that the whole answer must match."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """A script, for bash with strict flags or another program."""

    script: str
    shell: tuple[str, ...] = ()
    """The program and its arguments; empty for bash with the strict flags."""
    effect: Effect = "change"
    success: tuple[int, ...] = (0,)
    warning: tuple[int, ...] = ()
    timeout: str | None = "10m"
    """A duration; `None` for no limit, as `follow` and `tty` steps have."""
    follow: bool = False
    """Whether it goes on until stopped, beside the others."""
    tty: bool = False
    """Whether it has a terminal, and a person at it; nothing of it is recorded."""
    max_output: str = "1GiB"
    """A size; reached, the step is stopped."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Manual:
    """A thing that a person does, and ticks."""

    text: str
    ask: tuple[Ask, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class SendMessage:
    """A message to show, edit, copy or send."""

    message: str
    """The id of a `[[message]]`."""
    to: tuple[str, ...] = ()
    """Ids of channels; without one `--auto` sends nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """One way out of a decision."""

    value: str
    title: str = ""
    why: str = ""
    go: str | None = None
    """The phase that it enters."""
    end: bool = False
    """Whether it ends the run."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Choose:
    """A decision, recorded."""

    var: str
    options: tuple[Option, ...]
    multi: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Watch:
    """Watching health for a while; `for` in TOML."""

    for_: str


Action = Run | Manual | SendMessage | Choose | Watch


@dataclass(frozen=True, kw_only=True, slots=True)
class Retry:
    """How often `--auto` tries a failed step again by itself."""

    attempts: int
    """Attempts in all, the first included."""
    every: str = "5s"


@dataclass(frozen=True, kw_only=True, slots=True)
class Approve:
    """Whose approval a step wants, before it begins."""

    role: str
    count: int = 1
    within: str = "15m"
    """A duration: asked for, it is denied after it; given, it lapses after it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """A page to read."""

    title: str
    url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One thing to do, and perhaps to verify."""

    id: str
    title: str
    action: Action | None = None
    checks: tuple[Check, ...] = ()
    why: str = ""
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """It applies only while each of these variables has one of its values."""
    needs: tuple[str, ...] = ()
    """Ids of steps that must be done first."""
    uses: tuple[str, ...] = ()
    """Variables that the script reads, beside those that it is seen to read."""
    outputs: tuple[str, ...] = ()
    """Variables that the script must write to `$RUNBOOK_OUTPUT`."""
    env: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Environment variable → the secret variable that it carries."""
    expect: str | None = None
    """How long it usually takes."""
    retry: Retry | None = None
    on_failure: str = "stop"
    """`stop`, `continue`, or the id of a phase."""
    gate: bool = False
    """Whether nothing after it on the main line starts until it opens."""
    optional: bool = False
    """Whether a run that skipped it may still be complete."""
    role: str | None = None
    approve: Approve | None = None
    links: tuple[Link, ...] = ()
    same_as: str | None = None
    """The id of the step that it inherited from by `use`."""
    line: int = 0
    """The line of its file that it stands on, from 1."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Phase:
    """A titled list of steps."""

    id: str
    title: str
    steps: tuple[Step, ...]
    why: str = ""
    aside: bool = False
    """Whether it is off the main line."""
    instead_of: tuple[str, ...] = ()
    """Phases whose pending steps do not apply once this one begins."""
    next: str | None = None
    """The phase that it leads to; back to where it was entered from without one."""
    attended: bool = False
    """Whether only a person starts its steps."""
    include: str | None = None
    """`FILE#PHASE` that it came from."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """One file of a runbook, as read."""

    name: str
    """The bare file name."""
    data: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Runbook:
    """A whole runbook."""

    id: str
    title: str
    phases: tuple[Phase, ...]
    summary: str = ""
    """Markdown."""
    version: str = ""
    updated: datetime.date | None = None
    review_cycle: str = ""
    review: str | None = None
    """The runbook that the end of a run proposes: a bundled one's id, or a file beside
    this one."""
    owners: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    """Programs looked for before a run begins."""
    workdir: str = "."
    """Where commands run; relative to the runbook's own folder."""
    environment: str | None = None
    """The variable that names the environment."""
    protected: tuple[str, ...] = ()
    """Values of `environment` that want typed confirmation."""
    variables: Mapping[str, Variable] = field(default_factory=dict)
    """Every declared variable: by `[var]`, `outputs`, `ask.var` or `choose.var`."""
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    contacts: tuple[Contact, ...] = ()
    health: Health | None = None
    messages: Mapping[str, Message] = field(default_factory=dict)
    channels: Mapping[str, Channel] = field(default_factory=dict)
    path: Path
    """The file that it was read from."""
    sources: tuple[Source, ...] = ()
    """Its own file first, then each included one."""
    blocking: tuple[str, ...] = ()
    """Why `--auto` refuses it, in words, each with its place."""

    def steps(self) -> tuple[Step, ...]:
        """All steps, in the order of the file."""
        return tuple(step for phase in self.phases for step in phase.steps)

    def phase(self, phase_id: str) -> Phase:
        """The phase of that id.

        Raises:
            KeyError: there is none.
        """
        for phase in self.phases:
            if phase.id == phase_id:
                return phase
        raise KeyError(phase_id)
