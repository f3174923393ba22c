"""The model of a runbook: the content of its TOML as immutable values.

Texts in which `${name}` is filled in during a run have that form here, and so have
durations and sizes with a `${name}`. `mobius_tui.run.planning.variables` fills them in.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, get_args

from msgspec import Struct, field

from mobius_tui.runbook.model.actions import Choose, Run, StepAction
from mobius_tui.runbook.model.check_kinds import Check
from mobius_tui.runbook.model.guards import Guard
from mobius_tui.runbook.model.probes import Health, Probe
from mobius_tui.runbook.model.targets import HostRollout, RunsAtOnce, Target

RunbookMode = Literal["incident", "maintenance"]
"""The modes that a runbook may state for its runs; only `drill` makes a run a drill."""
RUNBOOK_MODES: tuple[RunbookMode, ...] = get_args(RunbookMode)

ValueKind = Literal["", "int", "duration", "date", "url", "host", "path", "bool"]
"""What a variable's value is; empty for any text. See `value_kinds`."""


class Variable(Struct, frozen=True, kw_only=True):
    """A `[var.NAME]` table, or a name that a step's answer or output declares."""

    name: str
    """An environment variable's name: letters, digits and `_`."""
    title: str = ""
    """The question for a person; if empty, the name."""
    default: str | None = None
    choices: tuple[str, ...] = ()
    """The only allowed values; empty for any."""
    ask: bool = False
    """Whether the briefing asks for it before the run begins."""
    from_env: str | None = None
    """The environment variable from which it is read when the run begins."""
    secret: bool = False
    """Whether it is never shown, journaled or passed on unless a step names it."""
    run: bool = False
    """Whether its value is the id of a run; variables `NAME_FACT` have facts of it."""
    kind: ValueKind = ""
    least: str = ""
    """`min` in TOML: the least that a value may be; empty for no bound."""
    most: str = ""
    """`max` in TOML."""
    pattern: str = ""
    """`match` in TOML: what a whole value must match."""
    hint: str = ""
    """The form of a value in words, for a person: a pattern is for programs."""
    many: bool = False
    """Whether it has several values: a line for each."""
    from_run: str = ""
    """A script: its lines are proposed as values, or its output is a secret's value."""
    from_file: str = ""
    """The file that holds a secret's value; only its owner may read it."""
    record: bool = False
    """Whether it is for the record alone: no step needs to use it."""

    @property
    def is_given_from_outside(self) -> bool:
        """Whether it may have a value though no step gives it one."""
        found = self.from_env or self.from_run or self.from_file
        return self.ask or self.default is not None or bool(found)

    @property
    def is_listed(self) -> bool:
        """Whether a command lists what is proposed for it before the run begins."""
        return bool(self.from_run) and not self.secret

    @property
    def is_fetched(self) -> bool:
        """Whether it is a secret that the host gets when a step first needs it."""
        return self.secret and bool(self.from_run or self.from_file)


class Profile(Struct, frozen=True, kw_only=True):
    """A `[profile.NAME]` table: other values for the same variables."""

    name: str
    values: Mapping[str, str]


class Contact(Struct, frozen=True, kw_only=True):
    """A `[[contact]]`: whom to call, and when."""

    role: str
    handle: str
    for_: str = ""
    """When to call them; `for` in TOML."""


class Message(Struct, frozen=True, kw_only=True):
    """A `[[message]]`: a text that is filled in from the run."""

    id: str
    title: str
    body: str


class Channel(Struct, frozen=True, kw_only=True):
    """A `[[channel]]`: a target of messages."""

    id: str
    kind: Literal["slack", "teams", "webhook"]
    url: str


class Retry(Struct, frozen=True, kw_only=True):
    """How often `--auto` repeats a failed step."""

    attempts: int
    """The number of attempts, including the first."""
    every: str = "5s"


class Approve(Struct, frozen=True, kw_only=True):
    """The approval that a step needs before it begins."""

    role: str
    count: int = 1
    within: str = "15m"
    """The duration after which a request is denied, and an approval expires."""


class Link(Struct, frozen=True, kw_only=True):
    """A link to a page."""

    title: str
    url: str


class ForEach(Struct, frozen=True, kw_only=True):
    """`for_each` of a step: its items, each of which gets a row (a step of its own)."""

    items: tuple[str, ...] = ()
    """The items, where the runbook names them."""
    variable: str | None = None
    """The variable with a line for each item."""
    command: Run | None = None
    """The command that prints a line for each item."""
    item: str = "item"
    """The name of the variable that has the row's item in scripts and texts."""
    parallel: int = 0
    """How many rows may run side by side; 0 for one after the other."""
    max_failed: int = 0
    """How many rows may have failed while others still begin."""
    row: Step | None = None
    """The step of which its rows are copies; None in a runbook as read, where it is the
    step that has this `for_each`."""


class Step(Struct, frozen=True, kw_only=True):
    """One step: an action, checks, or both."""

    id: str
    title: str
    action: StepAction | None = None
    checks: tuple[Check, ...] = ()
    why: str = ""
    when: Guard = field(default_factory=dict)
    """The step applies only while this holds; if empty, always."""
    when_checks: tuple[Check, ...] = ()
    """Checks that must hold, too, for the step to apply; made once, as it begins."""
    needs: tuple[str, ...] = ()
    """Ids of steps that must be done first."""
    uses: tuple[str, ...] = ()
    """Variables that the script reads, besides those whose names occur in it."""
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
    independent: bool = False
    """Whether it runs beside others of a parallel phase although it changes something.
    """
    confirmed_with: tuple[str, ...] = ()
    """Ids of steps that destroy: what was typed to confirm one of them holds for this
    one, too."""
    for_each: ForEach | None = None
    """The items for each of which it runs; see `model/runtime_steps.py`."""
    rollout: HostRollout | None = None
    """Its target and how it is rolled out over the hosts; None for this machine."""
    role: str | None = None
    approve: Approve | None = None
    undo_of: str = ""
    """The id of the step that it undoes; empty for all steps of the file itself."""
    no_undo: str = ""
    """Why it cannot be undone, as `undo = "none: …"` says; empty without that."""
    links: tuple[Link, ...] = ()
    same_as: str | None = None
    """The id of the step that it inherited from by `use`."""
    improvised_by: str = ""
    """Who ran it although the runbook has no such step; empty for a runbook's own."""
    line: int = 0
    """Its line in its file, from 1."""


def step_of_probe(probe: Probe) -> Step:
    """A step with the check of a probe, for rules that apply to both."""
    checks = () if probe.check is None else (probe.check,)
    return Step(id=probe.id, title=probe.title or probe.id, checks=checks)


class Phase(Struct, frozen=True, kw_only=True):
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
    """Of an aside, the phase that it leads to; if None, where it was entered from."""
    attended: bool = False
    """Whether only a person starts its steps."""
    parallel: int = 0
    """How many of its steps may run side by side; 0 for one after the other."""
    include: str | None = None
    """`FILE#PHASE` that it came from."""


class SourceFile(Struct, frozen=True, kw_only=True):
    """One file of a runbook, as read."""

    name: str
    """Its path from the runbook's folder; of a runbook's own text the bare name."""
    data: bytes

    @property
    def base_name(self) -> str:
        """Its name without folders: what steps call it."""
        return self.name.rpartition("/")[2]

    @property
    def is_program(self) -> bool:
        """Whether the system can run it, by its first bytes: copies lose modes."""
        return self.data.startswith(_PROGRAM_STARTS)

    @property
    def shell_script(self) -> str | None:
        """Its text, where a shell runs it; `None` for all others."""
        first, _, _ = self.data.partition(b"\n")
        if _SHELL_LINE.fullmatch(first) is None:
            return None
        try:
            return self.data.decode()
        except UnicodeDecodeError:
            return None

    @property
    def text(self) -> str:
        """Its text; of what is no text, how large it is and its digest."""
        try:
            if b"\0" not in self.data:
                return self.data.decode()
        except UnicodeDecodeError:
            pass
        return f"{len(self.data)} bytes, sha256 {self.sha256}"

    @property
    def in_words(self) -> str:
        """Its name, length and digest, in a line."""
        lines = self.data.count(b"\n") + (not self.data.endswith(b"\n"))
        count = "1 line" if lines == 1 else f"{lines} lines"
        return f"{self.base_name} ({count}, sha256 {self.sha256[:16]})"

    @property
    def sha256(self) -> str:
        """The digest of its bytes, in hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()


_PROGRAM_STARTS = (b"#!", b"\x7fELF", b"\xcf\xfa\xed\xfe")
_SHELL_LINE = re.compile(
    rb"#! *(?:/usr/bin/env (?:-S )?)?[\w./-]*?\b(?:ba|da|k|z)?sh\b(?: [^\n]*)?"
)


def runbook_digest(sources: Iterable[SourceFile]) -> str:
    """SHA-256 over the names and bytes of a runbook's files, in hexadecimal."""
    digest = hashlib.sha256()
    for source in sources:
        digest.update(f"{source.name}\0{len(source.data)}\0".encode())
        digest.update(source.data)
    return digest.hexdigest()


class Runbook(Struct, frozen=True, kw_only=True):
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
    mode: RunbookMode = "incident"
    """What a run of it is for, where `--mode` does not say it and it is no drill."""
    owners: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    """Programs that must exist before a run begins."""
    workdir: str = "."
    """Where commands run; relative to the runbook's own folder."""
    environment: str | None = None
    """The variable that names the environment."""
    protected: tuple[str, ...] = ()
    """Values of `environment` for which a typed confirmation is required."""
    variables: Mapping[str, Variable] = field(default_factory=dict)
    """Every declared variable: by `[var]`, `outputs`, `ask.var` or `choose.var`."""
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    contacts: tuple[Contact, ...] = ()
    commands: Mapping[str, object] = field(default_factory=dict)
    """Lines that it adds to the table of commands, in the syntax of `commands.toml`."""
    targets: Mapping[str, Target] = field(default_factory=dict)
    limits: RunsAtOnce = RunsAtOnce()
    health: Health | None = None
    messages: Mapping[str, Message] = field(default_factory=dict)
    channels: Mapping[str, Channel] = field(default_factory=dict)
    path: Path
    """The file that it was read from."""
    sources: tuple[SourceFile, ...] = ()
    """Its own file first, then each included one, then `files`."""
    files: tuple[SourceFile, ...] = ()
    """What its steps call that is no runbook: programs, and what they read."""
    blocking: tuple[str, ...] = ()
    """Why `--auto` refuses it: messages with file and line."""

    @property
    def texts(self) -> tuple[SourceFile, ...]:
        """Its own file and each included one: `sources` without `files`.

        A file may be both, where a step reads the text of its runbook.
        """
        return self.sources[: len(self.sources) - len(self.files)]

    def target_of(self, step: Step) -> Target | None:
        """The hosts that a step runs on; None for this machine."""
        return None if step.rollout is None else self.targets.get(step.rollout.target)

    def is_reached_by_ssh(self, target: str) -> bool:
        """Whether ssh goes to the hosts of a target: for a step, or for a probe.

        Where nothing uses the target, ssh would.

        Args:
            target: its name.
        """
        engines = {
            step.rollout.engine
            for step in self.steps()
            if step.rollout is not None and step.rollout.target == target
        }
        is_probed = any(probe.hosts == target for probe in self.probes())
        return is_probed or "ssh" in engines or not engines

    def limit_of(self, target: str, limit: str) -> str:
        """The pattern that leaves only some hosts of a target; empty for all of them.

        Hosts that only probes look at are not limited: nothing is done there.

        Args:
            target: its name.
            limit: the pattern that a run is limited to; empty without one.
        """
        runs = any(s.rollout and s.rollout.target == target for s in self.steps())
        return limit if runs else ""

    def probes(self) -> tuple[Probe, ...]:
        """All probes, in the order of the file."""
        return () if self.health is None else self.health.probes

    def steps(self) -> tuple[Step, ...]:
        """All steps, in the order of the file."""
        return tuple(step for phase in self.phases for step in phase.steps)

    @property
    def undo_phase(self) -> Phase | None:
        """The phase of the steps that undo others; `None` if there are none."""
        return next((p for p in self.phases if p.steps and p.steps[0].undo_of), None)

    @property
    def written_phases(self) -> tuple[Phase, ...]:
        """The phases of the file: all but the one that undoes, which is derived."""
        return tuple(phase for phase in self.phases if phase is not self.undo_phase)

    def possible_values(self, name: str) -> tuple[str, ...]:
        """The only possible values of a variable; empty for any."""
        variable = self.variables.get(name)
        if variable is not None and variable.choices:
            return variable.choices
        return tuple(
            option.value
            for step in self.steps()
            if isinstance(step.action, Choose) and step.action.var == name
            for option in step.action.options
        )

    def phase(self, phase_id: str) -> Phase:
        """The phase of that id.

        Raises:
            KeyError: there is none.
        """
        for phase in self.phases:
            if phase.id == phase_id:
                return phase
        raise KeyError(phase_id)
