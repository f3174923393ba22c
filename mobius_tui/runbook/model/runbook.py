"""The model of a runbook: the content of its TOML as immutable values.

Texts in which `${name}` is filled in during a run have that form here, and so have
durations and sizes with a `${name}`. `mobius_tui.run.planning.variables` fills them in.
"""

import datetime
import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Literal, get_args

from msgspec import Struct, field

from mobius_tui.runbook.model.actions import Choose, Run, StepAction
from mobius_tui.runbook.model.check_kinds import CHECK_TABLE, Check, Count
from mobius_tui.runbook.model.guards import Guard
from mobius_tui.runbook.model.keys import (
    ANY_VALUE,
    DESCRIBED,
    EVERY,
    FOR_PEOPLE,
    GUARD,
    ID,
    NAMED,
    URL,
    VARIABLE_NAME,
    WHILE,
    Counted,
    Flag,
    Inner,
    Key,
    NamedTexts,
    OneOf,
    Other,
    Pattern,
    Text,
    Texts,
    Whole,
    whole_number,
)
from mobius_tui.runbook.model.probes import Health, Probe
from mobius_tui.runbook.model.targets import (
    MAX_FAILED,
    MAX_PARALLEL,
    PARALLEL,
    HostRollout,
    RunsAtOnce,
    Target,
)
from mobius_tui.structs import replace

RunbookMode = Literal["incident", "maintenance"]
"""The modes that a runbook may state for its runs; only `drill` makes a run a drill."""
RUNBOOK_MODES: tuple[RunbookMode, ...] = get_args(RunbookMode)

ValueKind = Literal["", "int", "duration", "date", "url", "host", "path", "bool"]
"""What a variable's value is; empty for any text. See `value_kinds`."""
VALUE_KINDS: tuple[ValueKind, ...] = tuple(kind for kind in get_args(ValueKind) if kind)


MAX_FILES = 16
"""Files of a runbook, with those of the files that it includes; each may be 1 MiB."""
_FILE_PART = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}"
FILE_PATTERN = re.compile(rf"(?:{_FILE_PART}/){{0,8}}{_FILE_PART}")
"""A path in `files`, from the runbook's folder."""
DATE = Other({"type": "string", "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$"})


class Variable(Struct, frozen=True, kw_only=True):
    """A `[var.NAME]` table, or a name that a step's answer or output declares."""

    name: str
    """An environment variable's name: letters, digits and `_`."""
    title: Annotated[
        str,
        Key(
            Text(),
            "what people call it: where it is asked for, and where a step says why it "
            "does not apply",
            like="description desc name label prompt question",
        ),
    ] = ""
    """The question for a person; if empty, the name."""
    default: Annotated[
        str | None,
        Key(
            ANY_VALUE,
            "its value where nothing else gives it one; nothing is filled in",
            like="value initial",
        ),
    ] = None
    choices: Annotated[
        tuple[str, ...],
        Key(
            Texts(),
            "the only values that it may have",
            like="options values enum allowed one_of",
        ),
    ] = ()
    ask: Annotated[
        bool,
        Key(
            Flag(),
            "it is asked in the briefing, before the run begins",
            like="required input",
            write="`ask = true`",
        ),
    ] = False
    from_env: Annotated[
        str | None,
        Key(
            Text(),
            "the environment variable that it is read from, of whoever starts the run",
            like="env environment env_var",
        ),
    ] = None
    secret: Annotated[
        bool,
        Key(
            Flag(),
            "it is never shown, journaled or passed on, unless `secrets` "
            "of a step names it",
            like="sensitive masked password hidden private",
            write="`secret = true`",
        ),
    ] = False
    run: Annotated[bool, Key(Flag(), "it names a run that has ended; see below")] = (
        False
    )
    """Whether its value is the id of a run; variables `NAME_FACT` have facts of it."""
    kind: Annotated[
        ValueKind,
        Key(
            Other({"enum": [*VALUE_KINDS]}),
            "`int`, `duration`, `date` (`2026-11-24`), `url`, `host` (a "
            "name or an address), `path` or `bool` (`true` or `false`); "
            "hosts, URLs and paths are looked at by their form alone",
            since=2,
        ),
    ] = ""
    least: Annotated[
        str,
        Key(
            ANY_VALUE,
            "the least of an `int`, a `duration` or a `date`",
            name="min",
            since=2,
        ),
    ] = ""
    """`min` in TOML: the least that a value may be; empty for no bound."""
    most: Annotated[str, Key(ANY_VALUE, "the most of one", name="max", since=2)] = ""
    pattern: Annotated[
        str,
        Key(
            Pattern(filled=False),
            "a pattern that the whole value matches, without a group that is repeated",
            name="match",
            since=2,
        ),
    ] = ""
    hint: Annotated[
        str,
        Key(
            Text(),
            "the form in words: it stands beside the question, and in the refusal",
            since=2,
        ),
    ] = ""
    many: Annotated[
        bool,
        Key(
            Flag(),
            "several values, a line for each, as with `choose` and "
            "`multi`; typed, or by `--var` and `from_env`, they have "
            "commas between. Each is held to `kind`, `choices` and the "
            "rest",
            since=2,
        ),
    ] = False
    from_run: Annotated[
        str,
        Key(
            Text(lines=True, some=True),
            "a command that lists values, or gives a secret; see below",
            since=2,
        ),
    ] = ""
    """A script: its lines are proposed as values, or its output is a secret's value."""
    from_file: Annotated[
        str,
        Key(Text(), "a file that only its owner reads, which has the secret", since=2),
    ] = ""
    record: Annotated[
        bool,
        Key(
            Flag(),
            "it is asked, or given, for the record alone: it is in the "
            "run's report, and no step needs to use it",
            since=2,
        ),
    ] = False

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

    role: Annotated[
        str,
        Key(Text(), "what they are called for", required=True, may_lack=True),
    ]
    handle: Annotated[
        str,
        Key(Text(), "how they are reached", required=True, may_lack=True),
    ]
    for_: Annotated[str, Key(Text(), "when to call them")] = ""


class Message(Struct, frozen=True, kw_only=True):
    """A `[[message]]`: a text that is filled in from the run."""

    id: Annotated[
        str, Key(ID, "the name by which steps call it; in format 2 the title makes it")
    ]
    title: Annotated[str, Key(Text(filled=True), "its first line", required=True)]
    body: Annotated[
        str,
        Key(
            Text(lines=True, filled=True),
            "its text, Markdown; `${}` is filled in",
            required=True,
        ),
    ]


class Channel(Struct, frozen=True, kw_only=True):
    """A `[[channel]]`: a target of messages."""

    id: Annotated[str, Key(ID, "the name by which `to` calls it")]
    kind: Annotated[
        Literal["slack", "teams", "webhook"],
        Key(
            OneOf(("slack", "teams", "webhook")),
            "`slack`, `teams` or `webhook`",
            required=True,
        ),
    ]
    url: Annotated[
        str,
        Key(
            replace(URL, shown=False),
            "where it is sent; a secret variable with `from_env` keeps it "
            "out of the file",
            required=True,
        ),
    ]


class Retry(Struct, frozen=True, kw_only=True):
    """How often `--auto` repeats a failed step."""

    attempts: Annotated[
        Count,
        Key(
            Counted(1, 1000),
            'attempts in all, the first included; or `"${name}"`',
            required=True,
            limited_as="retry.attempts",
        ),
    ]
    every: Annotated[str, Key(EVERY, "the time between two attempts")] = "5s"


class Approve(Struct, frozen=True, kw_only=True):
    """The approval that a step needs before it begins."""

    role: Annotated[
        str,
        Key(Text(), "whose approval it is", required=True, may_lack=True),
    ]
    count: Annotated[int, Key(Whole(1, 100), "how many others must approve")] = 1
    within: Annotated[
        str,
        Key(
            FOR_PEOPLE,
            "asked for, it is denied after this time; given, it lapses after it",
        ),
    ] = "15m"


class Link(Struct, frozen=True, kw_only=True):
    """A link to a page."""

    title: Annotated[str, Key(Text(filled=True), "what the page is", required=True)]
    url: Annotated[str, Key(URL, "its address", required=True)]


class ForEach(Struct, frozen=True, kw_only=True):
    """`for_each` of a step: its items, each of which gets a row (a step of its own)."""

    items: tuple[str, ...] = ()
    """The items, where the runbook names them."""
    variable: str | None = None
    """The variable with a line for each item."""
    command: Run | None = None
    """The command that prints a line for each item."""
    item: Annotated[
        str,
        Key(
            VARIABLE_NAME,
            "the variable that has the row's item, {usual} without it: "
            "`$item` in scripts, `${item}` in the title and other texts",
        ),
    ] = "item"
    parallel: Annotated[int, PARALLEL] = 0
    """How many rows may run side by side; 0 for one after the other."""
    max_failed: Annotated[int, MAX_FAILED] = 0
    """How many rows may have failed while others still begin."""
    row: "Step | None" = None
    """The step of which its rows are copies; None in a runbook as read, where it is the
    step that has this `for_each`."""


class Step(Struct, frozen=True, kw_only=True):
    """One step: an action, checks, or both."""

    id: Annotated[
        str,
        Key(
            ID, "required, unique in the whole runbook; in format 2 the title makes it"
        ),
    ]
    title: Annotated[
        str,
        Key(
            Text(filled=True),
            "required; in format 2 the script or the task makes it",
            like=NAMED,
        ),
    ]
    action: StepAction | None = None
    checks: Annotated[
        tuple[Check, ...],
        Key(
            Inner(CHECK_TABLE),
            "what must hold afterwards",
            name="check",
            see="checks",
            like="verify validate test assert healthcheck",
            write="[phase.step.check]",
        ),
    ] = ()
    why: Annotated[
        str, Key(Text(lines=True, filled=True), "why the step is there", like=DESCRIBED)
    ] = ""
    when: Annotated[
        Guard,
        Key(
            GUARD,
            '`{ variable = ["one", "other"] }`, `{ variable = "> 1000" '
            "}`: it applies only while this holds; `{ check = { … } }` "
            "looks when it begins; see [Guards](#guards)",
            like="if condition only_if unless rules",
            write="`when = { NAME = 'value' }`",
        ),
    ] = field(default_factory=dict)
    """The step applies only while this holds; if empty, always."""
    when_checks: tuple[Check, ...] = ()
    """Checks that must hold, too, for the step to apply; made once, as it begins."""
    needs: Annotated[
        tuple[str, ...],
        Key(
            Texts(),
            "ids of steps that must be done first",
            like="depends_on depends dependencies after requires wait_for",
        ),
    ] = ()
    uses: Annotated[
        tuple[str, ...],
        Key(
            Texts(),
            "variables that the script reads, beside those that it is seen to read",
        ),
    ] = ()
    outputs: Annotated[
        tuple[str, ...],
        Key(
            Texts(),
            "variables that it must write to `$RUNBOOK_OUTPUT` as "
            "`NAME=value` lines; a missing one fails the step. The last "
            "line of a name counts; `NAME+=value` adds a line to what it "
            "has",
            like="register output outputs_to save_as",
            write="`outputs`, which $RUNBOOK_OUTPUT takes",
        ),
    ] = ()
    env: Annotated[
        Mapping[str, str],
        Key(
            NamedTexts(),
            "environment variables for the script; `${}` is filled in",
            like="variables environment environ with inputs args",
        ),
    ] = field(default_factory=dict)
    secrets: Annotated[
        Mapping[str, str],
        Key(
            NamedTexts(filled=False),
            '`{ NAME = "secret-variable" }`: the only way in which a '
            "secret reaches a script",
        ),
    ] = field(default_factory=dict)
    """Environment variable → the secret variable that it carries."""
    expect: Annotated[
        str | None, Key(WHILE, "how long it usually takes, shown against the clock")
    ] = None
    retry: Annotated[
        Retry | None,
        Key(
            Inner((Retry,)),
            '`{ attempts = 3, every = "10s" }`: attempts in all, the first included',
            like="retries attempts",
            write='`retry = { attempts = 3, every = "10s" }`',
        ),
    ] = None
    on_failure: Annotated[
        str,
        Key(
            Text(),
            '{usual} (the default), `"continue"`, or the id of a phase to enter',
            see="when-a-step-fails",
            like="on_error rescue rollback on_fail",
            write="`on_failure`, and the phase to enter",
        ),
    ] = "stop"
    gate: Annotated[
        bool,
        Key(Flag(), "nothing after it on the main line starts until it has passed"),
    ] = False
    optional: Annotated[
        bool, Key(Flag(), "a run that skipped it may still be complete")
    ] = False
    independent: Annotated[
        bool,
        Key(
            Flag(),
            "it runs beside others in a phase with `parallel` although it "
            "changes something",
            since=2,
        ),
    ] = False
    confirmed_with: Annotated[
        tuple[str, ...],
        Key(
            Texts(),
            "ids of steps that destroy: where one of them has passed, and "
            "what this step reads is as it was then, the word that somebody "
            "typed for that one confirms this one, too, for nobody else and "
            "until the run is taken over",
            since=2,
        ),
    ] = ()
    for_each: ForEach | None = None
    """The items for each of which it runs; see `model/runtime_steps.py`."""
    rollout: HostRollout | None = None
    """Its target and how it is rolled out over the hosts; None for this machine."""
    role: Annotated[
        str | None,
        Key(Text(), "whose job it is", like="owner assignee responsible team"),
    ] = None
    approve: Annotated[
        Approve | None,
        Key(
            Inner((Approve,)),
            '`{ role = "lead", count = 1, within = "15m" }`: whose '
            "approval it wants before it begins",
            see="approval-by-a-second-person",
            like="confirm approval manual_approval approvers",
            write="`approve = { role = 'x' }`",
        ),
    ] = None
    undo_of: str = ""
    """The id of the step that it undoes; empty for all steps of the file itself."""
    no_undo: str = ""
    """Why it cannot be undone, as `undo = "none: …"` says; empty without that."""
    links: Annotated[
        tuple[Link, ...],
        Key(
            Inner((Link,), ("array",)),
            '`[{ title = "…", url = "https://…" }]`: pages that help',
            like="url urls references docs_url",
            write="`links = [{ title = 'x', url = 'https://…' }]`",
        ),
    ] = ()
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

    id: Annotated[str, Key(ID, "required; in format 2 the title makes it")]
    title: Annotated[
        str, Key(Text(filled=True), "required, unless `include` brings it", like=NAMED)
    ]
    steps: tuple[Step, ...]
    why: Annotated[
        str, Key(Text(lines=True, filled=True), "what the phase is for", like=DESCRIBED)
    ] = ""
    aside: Annotated[
        bool,
        Key(
            Flag(),
            "off the main line: entered by `on_failure`, a choice, a "
            "trigger or a person",
        ),
    ] = False
    instead_of: Annotated[
        tuple[str, ...],
        Key(
            Texts(),
            "of an aside: the phases whose pending steps do not apply once it begins",
        ),
    ] = ()
    next: Annotated[
        str | None,
        Key(
            Text(),
            "of an aside: the phase where it leads; without it, back to "
            "where it was entered from",
        ),
    ] = None
    """Of an aside, the phase that it leads to; if None, where it was entered from."""
    attended: Annotated[
        bool,
        Key(
            Flag(),
            "only a person starts its steps: `--auto` stops here with "
            "exit code 4. `import` says so of asides that it makes of "
            "failures and fold-outs",
        ),
    ] = False
    parallel: Annotated[
        int,
        Key(
            Other({"anyOf": [Flag().schema, whole_number(2, MAX_PARALLEL)]}),
            "its steps run side by side: `true`, or how many at most (2 to 64)",
            quiet=True,
            since=2,
        ),
    ] = 0
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

    id: Annotated[
        str,
        Key(ID, "its name, of `a-z`, `0-9` and `-`; in format 2 the title makes it"),
    ]
    title: Annotated[
        str, Key(Text(), "what it is called on every screen", required=True, like=NAMED)
    ]
    phases: tuple[Phase, ...]
    summary: Annotated[
        str,
        Key(
            Text(lines=True),
            "shown before a run begins; Markdown",
            like="description desc about overview",
        ),
    ] = ""
    version: Annotated[str, Key(Text(), "its version, a text of your own")] = ""
    updated: Annotated[
        datetime.date | None,
        Key(
            DATE,
            "when it was changed last: a date without quotes, `2026-11-24`",
            like="date last_updated modified",
        ),
    ] = None
    review_cycle: Annotated[
        str, Key(Text(), "when it is to be looked through again, in words")
    ] = ""
    review: Annotated[
        str | None,
        Key(
            Text(),
            "what the end of a run proposes: the id of a bundled runbook, "
            "or a file in the same folder",
        ),
    ] = None
    mode: Annotated[
        RunbookMode,
        Key(
            OneOf(RUNBOOK_MODES),
            'what a run of it is for: {usual}, or `"maintenance"`',
            since=2,
        ),
    ] = "incident"
    """What a run of it is for, where `--mode` does not say it and it is no drill."""
    owners: Annotated[
        tuple[str, ...],
        Key(
            Texts(),
            "who looks after it",
            like="author authors owner maintainer maintainers team",
        ),
    ] = ()
    requires: Annotated[
        tuple[str, ...],
        Key(
            Texts(),
            "programs that are looked for before the run begins",
            like="tools programs dependencies needs",
        ),
    ] = ()
    workdir: Annotated[
        str,
        Key(
            Text(filled=True),
            "the folder where commands run, seen from the runbook's own, "
            "or from the current one for a runbook of the library; "
            "without it, just that folder. `--workdir` overrides it, seen "
            "from the current folder",
            quiet=True,
            like="cwd dir directory working_directory",
        ),
    ] = "."
    """Where commands run; relative to the runbook's own folder."""
    environment: Annotated[
        str | None, Key(Text(), "the variable that names the environment")
    ] = None
    protected: Annotated[
        tuple[str, ...],
        Key(
            Texts(),
            "its values that want care: in these what destroys is "
            "confirmed by typing the environment's name, or by `--yes` "
            "with `--auto`; so is undoing past what stays, and `watch "
            "--auto-rollback` always wants `--yes`; `--manual tick` is "
            "refused, and so is `drill --inject-cmd`",
        ),
    ] = ()
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
