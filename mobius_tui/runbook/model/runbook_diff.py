"""What differs between two runbooks, part by part, as keys of their files. Pure."""

from __future__ import annotations

import datetime
import difflib
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from msgspec import Struct

from mobius_tui.runbook.model.actions import Choose, Run, Watch
from mobius_tui.runbook.model.check_kinds import CHECK_KINDS, kind_of
from mobius_tui.runbook.model.files_in_scripts import files_of_step
from mobius_tui.runbook.model.keys import keys_of
from mobius_tui.runbook.model.probes import Figure, Probe, Triggers
from mobius_tui.runbook.model.runbook import (
    Contact,
    ForEach,
    Profile,
    Runbook,
    Step,
)
from mobius_tui.runbook.model.targets import Between
from mobius_tui.structs import defaults_of, replace

if TYPE_CHECKING:
    from mobius_tui.runbook.model.check_kinds import Check


_HERE = ""
"""The key of a field whose own fields are keys of the same table."""

_KEYS: Mapping[type, Mapping[str, str]] = {
    Profile: {"values": _HERE},
    Step: {
        "action": _HERE,
        "when_checks": "when.check",
        "no_undo": "undo",
        "for_each": _HERE,
        "rollout": _HERE,
    },
    ForEach: dict.fromkeys(("items", "variable", "command"), "for_each"),
    Choose: {"from_run": "from.run"},
    Between: {"person": _HERE},
    Figure: {"unit": "unit"},
}
"""By class, the keys of fields that declare none."""
_TABLES: Mapping[type, str] = {Choose: "choose", Watch: "watch"}
"""The classes whose keys stand in a table of their own, within that of the part."""
_CHECKS = frozenset(CHECK_KINDS.values())


def written_key(part: type, field: str) -> str | None:
    """The key of a field of the model in the table of its part.

    Returns:
        The key, or several with dots between; empty if the field's own fields stand in
        the same table, and None if no file has it.
    """
    if field == "repeat":
        return _HERE
    own, key = _KEYS.get(part, {}), keys_of(part).get(field)
    if field not in own and key is None:
        return None
    name = own[field] if key is None else key.name
    return _joined(_TABLES.get(part, ""), name)


def written_values(part: object, path: str = "") -> Iterator[tuple[str, object]]:
    """The keys of a part with their values, as dotted paths; defaults are left out.

    The second table of a list has a 2 in its path, and so on.

    Args:
        part: a part of the model, a mapping, a tuple, or a value.
        path: its own key.
    """
    if isinstance(part, Struct):
        for key, value in _fields(part):
            yield from written_values(value, _joined(path, key))
    elif isinstance(part, Mapping):
        for name, value in part.items():
            yield from written_values(value, _joined(path, str(name)))
    elif isinstance(part, tuple) and any(map(_is_table, part)):
        counts: Counter[type] = Counter()
        for each in part:
            counts[type(each)] += 1
            number = str(counts[type(each)]) if counts[type(each)] > 1 else ""
            own = _joined(_joined(path, _kind(each)), number)
            yield from written_values(each, own)
    else:
        yield path, part


def _fields(part: Any) -> Iterator[tuple[str, object]]:
    """The keys of a part of the model, with the values that are no defaults."""
    defaults = defaults_of(type(part))
    for name in part.__struct_fields__:
        key, value = written_key(type(part), name), getattr(part, name)
        if key is None or value is None:
            continue
        if name in defaults and value == defaults[name]:
            continue
        if isinstance(part, Choose) and part.from_run and name == "from_":
            continue  # the name of what the command lists
        if isinstance(part, ForEach) and isinstance(value, Run):
            value = Run(script=value.script, shell=value.shell, timeout=value.timeout)
        if isinstance(part, Between) and name == "person":
            value = name
        yield _joined(key, _kind(value)), value


def _kind(value: object) -> str:
    """The kind of a check, which is its key; empty for others."""
    return kind_of(cast("Check", value)) if type(value) in _CHECKS else ""


def _is_table(value: object) -> bool:
    return isinstance(value, Struct | Mapping)


def _joined(path: str, key: str) -> str:
    return f"{path}.{key}" if path and key else path or key


DIGEST_LENGTH = 16
"""Hexadecimal digits: 64 bits tell a few thousand texts apart."""
_NO_CONTENT = frozenset({"line", "is_judged"})
"""Fields that are not in a part's digest: its position, and who stated its effect."""
_LATER_FIELDS = frozenset(
    {
        *("hint", "independent", "parallel", "deadline", "server_name", "pointers"),
        *("is_", "check", "for_each", "improvised_by", "no_undo", "undo_of"),
        *("when_checks", "confirmed_with"),
        *("kind", "least", "most", "pattern", "many", "from_run", "from_file"),
        *("targets", "rollout", "playbook", "playbook_vars", "on_host"),
        "hosts",
    }
)
"""Fields that older versions lacked. They are left out of digests while they are empty,
so that these equal digests of older versions."""


def part_digest(part: object) -> str:
    """The digest of a part of a runbook."""
    text = json.dumps(_plain(part), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[
        :DIGEST_LENGTH
    ]


def step_digests(runbook: Runbook) -> Mapping[str, str]:
    """The digest of each step and of the `files` that it calls, by its id."""
    return {
        step.id: part_digest((step, {each.name: each.sha256 for each in files}))
        if (files := files_of_step(step, runbook.files))
        else part_digest(step)
        for step in runbook.steps()
    }


def rule_digest(triggers: Triggers, rule: str, probe: Probe) -> str:
    """The digest of one trigger's rule over one probe."""
    return part_digest((rule, getattr(triggers, rule), probe))


def _is_empty_later(part: object, name: str) -> bool:
    return name in _LATER_FIELDS and not getattr(part, name)


def _plain(part: object) -> Any:
    """A value for JSON, with the class name of each part of the model."""
    if isinstance(part, Struct):
        values = {
            name: _plain(getattr(part, name))
            for name in part.__struct_fields__
            if name not in _NO_CONTENT and not _is_empty_later(part, name)
        }
        return {"": type(part).__name__, **values}
    if isinstance(part, Mapping):
        return {str(key): _plain(value) for key, value in part.items()}
    if isinstance(part, datetime.date):
        return part.isoformat()
    if isinstance(part, tuple):
        return [_plain(value) for value in part]
    return part


ChangeKind = Literal["added", "removed", "moved", "edited"]

_PARTS = frozenset(
    {
        *("phases", "variables", "profiles", "contacts", "messages", "channels"),
        *("health", "targets"),
    }
)
"""Fields of a runbook whose parts are compared separately."""


class RunbookChange(Struct, frozen=True, kw_only=True):
    """One part that was changed or moved."""

    kind: ChangeKind
    part: str
    """The kind of part: `step`, `phase`, `variable`, `probe` …"""
    name: str
    """Its id or name."""
    title: str = ""
    words: str = ""
    """For a moved part: from where to where."""
    lines: tuple[str, ...] = ()
    """For an edited part: a unified diff of its lines, without the head."""


PartKey = tuple[str, str]
"""A kind of part, and the name of one."""


def diff_runbooks(old: Runbook, new: Runbook) -> tuple[RunbookChange, ...]:
    """The changes: what was added or edited, what was moved, what was removed.

    Added and edited parts are in the order of the new runbook, removed ones in that of
    the old one.
    """
    before, after = dict(_parts(old)), dict(_parts(new))
    titles = {**_titles(old), **_titles(new)}
    found: list[RunbookChange] = []
    for key, part in after.items():
        kind, name = key
        if key not in before:
            found.append(_change("added", key, titles))
        elif part_digest(before[key]) != part_digest(part):
            lines = tuple(_diff(before[key], part))
            if lines:
                found.append(
                    RunbookChange(
                        kind="edited",
                        part=kind,
                        name=name,
                        title=titles.get(key, ""),
                        lines=lines,
                    )
                )
    found += _moved(old, new, titles)
    found += [_change("removed", key, titles) for key in before if key not in after]
    return tuple(found)


def _change(
    kind: ChangeKind, key: PartKey, titles: Mapping[PartKey, str]
) -> RunbookChange:
    return RunbookChange(kind=kind, part=key[0], name=key[1], title=titles.get(key, ""))


def _parts(runbook: Runbook) -> Iterator[tuple[PartKey, Any]]:
    """Every part that can be compared with one of the same name.

    The contacts of one role are one part.
    """
    head = {
        name: getattr(runbook, name)
        for name in runbook.__struct_fields__
        if name not in _PARTS and written_key(Runbook, name) is not None
    }
    yield ("runbook", runbook.id), head
    for variable in runbook.variables.values():
        yield ("variable", variable.name), variable
    for profile in runbook.profiles.values():
        yield ("profile", profile.name), profile
    contacts: dict[str, list[Contact]] = {}
    for contact in runbook.contacts:
        contacts.setdefault(contact.role, []).append(contact)
    for role, of_role in contacts.items():
        yield ("contact", role), tuple(of_role)
    for message in runbook.messages.values():
        yield ("message", message.id), message
    for target in runbook.targets.values():
        yield ("target", target.name), target
    for channel in runbook.channels.values():
        yield ("channel", channel.id), channel
    for file in runbook.files:
        yield ("file", file.name), {"text": file.text}
    if runbook.health is not None:
        beat = {"every": runbook.health.every, "witness": runbook.health.witness}
        if runbook.health.unwell:
            beat["unwell"] = runbook.health.unwell
        if runbook.health.host_probes:
            beat["hosts_every"] = runbook.health.hosts_every
        yield ("health", "beat"), beat
        yield ("health", "triggers"), runbook.health.trigger
        for probe in runbook.health.probes:
            yield ("probe", probe.id), probe
    for phase in runbook.written_phases:
        yield ("phase", phase.id), replace(phase, steps=())
        for step in phase.steps:
            yield ("step", step.id), step
    undo_phase = runbook.undo_phase
    undone = {step.id: step for step in runbook.steps()}
    for step in undo_phase.steps if undo_phase is not None else ():
        yield ("undo", step.undo_of), _own_of_undo(step, undone[step.undo_of])


def _own_of_undo(undo: Step, undone: Step) -> dict[str, Any]:
    """The fields that `undo` sets itself; the others come from the step it undoes."""
    action, other = undo.action, undone.action
    assert isinstance(action, Run)
    assert isinstance(other, Run)
    default = Run(script="")
    if action.timeout == other.timeout:
        action = replace(action, timeout=default.timeout)
    if action.shell == other.shell:
        action = replace(action, shell=default.shell)
    own = {"": action, "check": undo.checks, "uses": undo.uses[len(undone.uses) :]}
    return {key: value for key, value in own.items() if value}


def _titles(runbook: Runbook) -> dict[PartKey, str]:
    steps = {("step", step.id): step.title for step in runbook.steps()}
    undone = {("undo", name): title for (_, name), title in steps.items()}
    phases = {("phase", phase.id): phase.title for phase in runbook.phases}
    return {**phases, **undone, **steps}


def _moved(
    old: Runbook, new: Runbook, titles: Mapping[PartKey, str]
) -> Iterator[RunbookChange]:
    """Steps and phases with another position among those in both runbooks."""
    before = {step.id: phase for phase in old.written_phases for step in phase.steps}
    for phase in new.written_phases:
        for step in phase.steps:
            old_phase = before.get(step.id)
            if old_phase is not None and old_phase.id != phase.id:
                words = f"from {old_phase.title!r} to {phase.title!r}"
                yield _with_words(_change("moved", ("step", step.id), titles), words)
    for old_phase in old.written_phases:
        new_phase = next((p for p in new.written_phases if p.id == old_phase.id), None)
        if new_phase is not None:
            ids = [s.id for s in old_phase.steps], [s.id for s in new_phase.steps]
            yield from _reordered("step", *ids, titles)
    phases = [p.id for p in old.written_phases], [p.id for p in new.written_phases]
    yield from _reordered("phase", *phases, titles)


def _reordered(
    part: str, old: Sequence[str], new: Sequence[str], titles: Mapping[PartKey, str]
) -> Iterator[RunbookChange]:
    """The fewest parts whose moves explain the new order.

    Parts in only one runbook are ignored.
    """
    both = set(old) & set(new)
    before, after = ([e for e in each if e in both] for each in (old, new))
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    in_order = {
        before[place]
        for block in matcher.get_matching_blocks()
        for place in range(block.a, block.a + block.size)
    }
    for name in after:
        if name not in in_order:
            place = after.index(name)
            follows = f"after {after[place - 1]!r}" if place else "to the beginning"
            yield _with_words(_change("moved", (part, name), titles), follows)


def _with_words(change: RunbookChange, words: str) -> RunbookChange:
    return RunbookChange(
        kind=change.kind,
        part=change.part,
        name=change.name,
        title=change.title,
        words=words,
    )


def _diff(old: Any, new: Any) -> Iterator[str]:
    """The lines of a unified diff, without its head."""
    rows = difflib.unified_diff(
        list(_part_lines(old)), list(_part_lines(new)), lineterm="", n=2
    )
    for place, row in enumerate(rows):
        if place > 1:  # two lines of file names
            yield row


def _part_lines(part: object) -> Iterator[str]:
    """The lines of a part: the keys that the file has, with their values."""
    for key, value in written_values(part):
        if isinstance(value, tuple):
            yield f"{key} = {', '.join(map(str, value))}"
        elif isinstance(value, str) and "\n" in value.strip("\n"):
            yield f"{key}:"
            yield from (f"    {row}" for row in value.strip("\n").split("\n"))
        else:
            words = str(value).lower() if isinstance(value, bool) else str(value)
            yield f"{key} = {words}".replace("\n", " ").rstrip()
