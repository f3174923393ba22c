"""Every key of a runbook's file, table by table, as the model declares it.

What is no field of the model, or one of several classes, is declared here: tables, and
what the decoder makes fields of. See `docs/adding/key.md`.
"""

from __future__ import annotations

from collections.abc import Mapping

from mobius_tui.runbook.model.actions import (
    Choose,
    Manual,
    Run,
    SendMessage,
    Watch,
)
from mobius_tui.runbook.model.check_kinds import CHECK_TABLE
from mobius_tui.runbook.model.keys import (
    ANY_NAMES,
    ANY_VALUE,
    FORMATS,
    TIMEOUT,
    Inner,
    Interpreter,
    Key,
    OneOf,
    Other,
    Part,
    Text,
    Texts,
    keys_of,
    text_matching,
)
from mobius_tui.runbook.model.probes import Health
from mobius_tui.runbook.model.runbook import (
    FILE_PATTERN,
    MAX_FILES,
    Channel,
    Contact,
    ForEach,
    Message,
    Phase,
    Runbook,
    Step,
    Variable,
)
from mobius_tui.runbook.model.targets import (
    HOSTS,
    HostRollout,
    RunsAtOnce,
    Target,
)
from mobius_tui.structs import replace

_TABLES = ("array",)
_TABLE = ("object",)
_FILES = Other(
    {
        "type": "array",
        "items": text_matching(FILE_PATTERN.pattern),
        "maxItems": MAX_FILES,
    }
)
_SCRIPT = Text(lines=True, some=True)
_SHELL_SAYS = "the program that runs it, and its arguments"
_INCLUDE_SEE = "using-a-step-again-including-a-phase"

_UNDO: Mapping[str, Key] = {
    "run": Key(_SCRIPT, "the script that takes it back", required=True),
    "check": Key(Inner(CHECK_TABLE), "what must hold after that"),
    "until": Key(Inner(CHECK_TABLE), "a check that is waited for after that"),
    "effect": Key(
        OneOf(("change", "destroy")),
        "what the script does; it is judged where that is not said",
    ),
    "timeout": Key(TIMEOUT, "the limit of the script; without it, that of the step"),
    "shell": Key(Interpreter(), f"{_SHELL_SAYS}; without it, that of the step"),
    "uses": Key(
        Texts(),
        "variables that the script reads, besides those whose names are in it",
    ),
}
ITEMS_BY_COMMAND: Mapping[str, Key] = {
    "run": Key(
        _SCRIPT,
        "the command that prints a line for each item, which is that line with its "
        "blanks; it only reads",
        required=True,
    ),
    "timeout": Key(TIMEOUT, "how long that may take", usual="1m"),
    "shell": Key(Interpreter(), f"{_SHELL_SAYS}; bash"),
}
_STEP: Mapping[str, Key] = {
    "until": Key(
        Inner(CHECK_TABLE),
        "a check that is waited for, `for` so long",
        see="more-checks-format-2",
        since=2,
    ),
    "undo": Key(
        Inner((_UNDO,), ("string", "object")),
        "of a `run` that changes, in format 2: what takes it back, or why nothing does",
        see="undo",
    ),
    "use": Key(
        Text(),
        "the id of another step, whose keys it takes where it has none itself",
        see=_INCLUDE_SEE,
    ),
}
_CHOOSE: Mapping[str, Key] = {
    "choose": Key(Inner((Choose,)), "a decision between options, on record"),
}
_WATCH: Mapping[str, Key] = {
    "watch": Key(Inner((Watch,)), "watches health, and starts nothing"),
}
_ROWS: Mapping[str, Key] = {
    "for_each": Key(
        Inner((ITEMS_BY_COMMAND,), ("array", "string", "object")),
        '`["a", "b"]`; `"servers"`, a variable with a line for each item; or '
        '`{ run = "…", timeout = "1m", shell = […] }`, a command that prints one',
    ),
}
_PHASE: Mapping[str, Key] = {
    "include": Key(
        Text(),
        'takes a phase from another file, `"FILE.toml#PHASE"`',
        see=_INCLUDE_SEE,
    ),
    "step": Key(
        Inner((), _TABLES),
        "its steps, in their order",
        like="tasks task steps jobs actions",
        write="[[phase.step]]",
    ),
}
_CONTACT: Mapping[str, Key] = {
    "include": Key(Text(), "takes the contacts of another file", see=_INCLUDE_SEE),
}
_HEALTH: Mapping[str, Key] = {
    "include": Key(Text(), "takes the health of another file", see=_INCLUDE_SEE),
}
_RUNBOOK: Mapping[str, Key] = {
    "files": Key(
        _FILES,
        "programs that its steps call, and what they read, as a part of the runbook",
        see="files",
        since=2,
    ),
}
_FILE: Mapping[str, Key] = {
    "format": Key(
        Other({"enum": [*FORMATS]}),
        "the format of the file: `2`, or the older `1`",
        required=True,
    ),
    "runbook": Key(
        Inner(()), "the head: what the runbook is called, and what holds for all of it"
    ),
    "files": Key(
        _FILES,
        "in a file that others include, without `[runbook]`: what stands in "
        "`[runbook] files` elsewhere",
        see="files",
        since=2,
    ),
    "commands": Key(
        ANY_NAMES, "what commands of your own do, a line for each", see="effects"
    ),
    "var": Key(ANY_NAMES, "the variables, `[var.NAME]`", see="variables-and-names"),
    "profile": Key(
        Other(
            {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "additionalProperties": ANY_VALUE.schema,
                },
            }
        ),
        "`[profile.NAME]`: a value for each variable that it changes, taken by "
        "`--profile NAME`",
        like="environments profiles",
        write="[profile.NAME]",
    ),
    "targets": Key(
        ANY_NAMES,
        "hosts that steps run on, `[targets.NAME]`",
        see="many-hosts",
        since=2,
        like="host hosts target inventory",
        write=HOSTS,
    ),
    "limits": Key(
        Inner(()),
        "how many runs of it a machine has at once, `[limits]`",
        see="one-run-at-a-time",
        since=2,
    ),
    "contact": Key(
        Inner((), _TABLES),
        "who is called; `@` shows them",
        like="contacts oncall escalation",
        write="[[contact]]",
    ),
    "message": Key(
        Inner((), _TABLES),
        "a text for steps with `message`",
        like="notifications notify",
        write="[[message]] and [[channel]]",
    ),
    "channel": Key(Inner((), _TABLES), "where messages are sent"),
    "health": Key(
        Inner(()), "the probes and their triggers", see="health-and-triggers"
    ),
    "phase": Key(Inner((), _TABLES), "the phases, in their order"),
    "step": Key(
        Inner((), _TABLES), "format 2: the steps of a runbook that has no phases"
    ),
}

SECTIONS: Mapping[str, tuple[Part, ...]] = {
    "file": (_FILE,),
    "runbook": (Runbook, _RUNBOOK),
    "contact": (Contact, _CONTACT),
    "message": (Message,),
    "channel": (Channel,),
    "phase": (Phase, _PHASE),
    "phase.step": (Step, _STEP),
    "phase.step run": (Run,),
    "phase.step manual": (Manual,),
    "phase.step message": (SendMessage,),
    "phase.step choose": (_CHOOSE,),
    "phase.step watch": (_WATCH,),
    "phase.step for_each": (_ROWS, ForEach),
    "phase.step hosts": (HostRollout,),
    "targets.NAME": (Target,),
    "limits": (RunsAtOnce,),
    "health": (Health, _HEALTH),
    "var.NAME": (Variable,),
}
"""What has the keys of each table of the reference.

It is named by the table of the file that it is about, and of a large one by which part.
"""


DECLARED: list[Key] = []
"""Every key of the format, also the second of two that have a name in common."""


def _tables() -> Mapping[str, Mapping[str, Key]]:
    found: dict[str, dict[str, Key]] = {}

    def add(place: str, parts: tuple[Part, ...]) -> None:
        table = found.setdefault(place, {})
        for part in parts:
            for field, key in keys_of(part).items():
                named = key if key.name else replace(key, name=field)
                DECLARED.append(named)
                if named.name in table:
                    continue
                table[named.name] = named
                inner = f"{place}.{named.name}".lstrip(".")
                own = named.kind.parts if isinstance(named.kind, Inner) else ()
                if own and own != CHECK_TABLE:
                    add(inner, own)

    for section, parts in SECTIONS.items():
        add("" if section == "file" else section.partition(" ")[0], parts)
    add("phase.step.check", CHECK_TABLE)
    return found


KEYS: Mapping[str, Mapping[str, Key]] = _tables()
"""The keys of each table by its dotted name; `NAME` is any name."""

ALIASES: Mapping[str, str] = {
    "step": "phase.step",
    "phase.step.until": "phase.step.check",
    "health.probe.check": "phase.step.check",
    "phase.step.undo.check": "phase.step.check",
    "phase.step.undo.until": "phase.step.check",
    "phase.step.when.check": "phase.step.check",
}
"""Tables that have the keys of another."""


def place_of(path: tuple[str | int, ...]) -> str:
    """The name in `KEYS` of the table at a path of a runbook's file."""
    parts = [part for part in path if isinstance(part, str)]
    if parts[:1] in (["var"], ["profile"], ["targets"]):
        parts[1:2] = ["NAME"] * len(parts[1:2])
    dotted = ".".join(parts)
    for alias, place in ALIASES.items():
        if dotted == alias or dotted.startswith(f"{alias}."):
            dotted = f"{place}{dotted.removeprefix(alias)}"
    return dotted
