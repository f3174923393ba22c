"""Digests of a runbook's parts, and what changed from one runbook to another. Pure."""

from __future__ import annotations

import datetime
import difflib
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from typing import Any, Literal

from mobius_tui.runbook.model.probes import Probe, Triggers
from mobius_tui.runbook.model.runbook import Phase, Runbook

LENGTH = 16
"""Hexadecimal digits: 64 bits tell a few thousand texts apart."""
_PLACE = "line"
"""The field that says where something stands, and nothing of what it is."""
_LATER = frozenset({"hint"})
"""Fields that older versions lacked: left out where they say nothing, so that what was
digested then is the same still."""


def part_digest(part: object) -> str:
    """The digest of a part of a runbook."""
    text = json.dumps(_plain(part), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:LENGTH]


def step_digests(runbook: Runbook) -> Mapping[str, str]:
    """The digest of each step, by its id."""
    return {step.id: part_digest(step) for step in runbook.steps()}


def rule_digest(triggers: Triggers, rule: str, probe: Probe) -> str:
    """The digest of one trigger's rule over one probe."""
    return part_digest((rule, getattr(triggers, rule), probe))


def _lacks(part: object, name: str) -> bool:
    return name in _LATER and not getattr(part, name)


def _plain(part: object) -> Any:
    """A value that JSON can hold; the kind of each model stays in it."""
    if is_dataclass(part) and not isinstance(part, type):
        values = {
            each.name: _plain(getattr(part, each.name))
            for each in fields(part)
            if each.name != _PLACE and not _lacks(part, each.name)
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

_UNSAID = frozenset({"line", "path", "sources", "same_as", "include"})
"""Fields that say where something stands, and nothing of what it is."""
_PARTS = frozenset(
    {"phases", "variables", "profiles", "contacts", "messages", "channels", "health"}
)
"""Fields of a runbook that are parts of their own."""
_SPELT = {"for_": "for", "not_": "not", "script": "run"}
"""Names of the model that TOML spells otherwise."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunbookChange:
    """One part that is not what, or where, it was."""

    kind: ChangeKind
    part: str
    """What it is: `step`, `phase`, `variable`, `probe` …"""
    name: str
    """Its id or name."""
    title: str = ""
    words: str = ""
    """For one that moved: from where to where."""
    lines: tuple[str, ...] = ()
    """For one that was edited: a unified diff of what it says, without its head."""


Key = tuple[str, str]
"""A kind of part, and the name of one."""


def diff_runbooks(old: Runbook, new: Runbook) -> tuple[RunbookChange, ...]:
    """What changed, in the order of the newer runbook, what is gone at the end."""
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


def _change(kind: ChangeKind, key: Key, titles: Mapping[Key, str]) -> RunbookChange:
    return RunbookChange(kind=kind, part=key[0], name=key[1], title=titles.get(key, ""))


def _parts(book: Runbook) -> Iterator[tuple[Key, Any]]:
    """Every part that can be compared with one of the same name."""
    head = {
        each.name: getattr(book, each.name)
        for each in fields(book)
        if each.name not in _PARTS | _UNSAID
    }
    yield ("runbook", book.id), head
    for variable in book.variables.values():
        yield ("variable", variable.name), variable
    for profile in book.profiles.values():
        yield ("profile", profile.name), profile
    for contact in book.contacts:
        yield ("contact", contact.role), contact
    for message in book.messages.values():
        yield ("message", message.id), message
    for channel in book.channels.values():
        yield ("channel", channel.id), channel
    if book.health is not None:
        yield ("health", "beat"), {"every": book.health.every}
        yield ("health", "triggers"), book.health.trigger
        for probe in book.health.probes:
            yield ("probe", probe.id), probe
    for phase in book.phases:
        yield ("phase", phase.id), _head_of(phase)
        for step in phase.steps:
            yield ("step", step.id), step


def _head_of(phase: Phase) -> dict[str, Any]:
    return {
        each.name: getattr(phase, each.name)
        for each in fields(phase)
        if each.name not in _UNSAID | {"steps"}
    }


def _titles(book: Runbook) -> dict[Key, str]:
    steps = {("step", step.id): step.title for step in book.steps()}
    return {**{("phase", p.id): p.title for p in book.phases}, **steps}


def _moved(
    old: Runbook, new: Runbook, titles: Mapping[Key, str]
) -> Iterator[RunbookChange]:
    """Steps and phases that stand elsewhere among those that both have."""
    before = {step.id: phase for phase in old.phases for step in phase.steps}
    for phase in new.phases:
        for step in phase.steps:
            was = before.get(step.id)
            if was is not None and was.id != phase.id:
                words = f"from {was.title!r} to {phase.title!r}"
                yield _with(_change("moved", ("step", step.id), titles), words)
    for was in old.phases:
        now = next((p for p in new.phases if p.id == was.id), None)
        if now is not None:
            ids = [s.id for s in was.steps], [s.id for s in now.steps]
            yield from _reordered("step", *ids, titles)
    phases = [p.id for p in old.phases], [p.id for p in new.phases]
    yield from _reordered("phase", *phases, titles)


def _reordered(
    part: str, old: Sequence[str], new: Sequence[str], titles: Mapping[Key, str]
) -> Iterator[RunbookChange]:
    """The fewest that must have moved, of those that are in both."""
    both = set(old) & set(new)
    before, after = ([e for e in each if e in both] for each in (old, new))
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    kept = {
        before[place]
        for block in matcher.get_matching_blocks()
        for place in range(block.a, block.a + block.size)
    }
    for name in after:
        if name not in kept:
            place = after.index(name)
            follows = f"after {after[place - 1]!r}" if place else "to the beginning"
            yield _with(_change("moved", (part, name), titles), follows)


def _with(change: RunbookChange, words: str) -> RunbookChange:
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
        list(_said(old, "")), list(_said(new, "")), lineterm="", n=2
    )
    for place, row in enumerate(rows):
        if place > 1:  # two lines of file names
            yield row


def _said(part: Any, name: str) -> Iterator[str]:
    """What a part says, a line for each value; what is left out in TOML is left out."""
    if is_dataclass(part) and not isinstance(part, type):
        for each in fields(part):
            value = getattr(part, each.name)
            if each.name not in _UNSAID and value != _default(each):
                yield from _said(value, _joined(name, each.name))
    elif isinstance(part, Mapping):
        for key, value in part.items():
            yield from _said(value, _joined(name, str(key)))
    elif isinstance(part, tuple) and any(is_dataclass(each) for each in part):
        for place, each in enumerate(part, 1):
            yield from _said(each, f"{name}.{_kind(each)}{place}")
    elif isinstance(part, tuple) and any(isinstance(each, Mapping) for each in part):
        for place, each in enumerate(part, 1):
            yield from _said(each, f"{name}.{place}")
    elif isinstance(part, tuple):
        yield f"{name} = {', '.join(map(str, part))}"
    elif isinstance(part, str) and "\n" in part.strip("\n"):
        yield f"{name}:"
        yield from (f"    {row}" for row in part.strip("\n").split("\n"))
    else:
        yield f"{name} = {part}".replace("\n", " ").rstrip()


def _kind(part: object) -> str:
    """`http check` of an `HttpCheck`: which kind of several it is."""
    return type(part).__name__.removesuffix("Check").lower()


def _joined(name: str, field: str) -> str:
    spelt = _SPELT.get(field, field)
    if name in ("", "action"):
        return spelt
    return f"{name}.{spelt}"


def _default(field: Any) -> Any:
    if field.default is not MISSING:
        return field.default
    if field.default_factory is not MISSING:
        return field.default_factory()
    return MISSING
