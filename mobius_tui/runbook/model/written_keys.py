"""The parts of a runbook as the keys of its file, with their values. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import TYPE_CHECKING, Any, cast

from mobius_tui.runbook.model.actions import Choose, Manual, Run, Watch
from mobius_tui.runbook.model.check_kinds import CHECK_KINDS, kind_of
from mobius_tui.runbook.model.probes import Health
from mobius_tui.runbook.model.runbook import (
    ForEach,
    Phase,
    Profile,
    Runbook,
    Step,
    Variable,
)
from mobius_tui.runbook.model.targets import Between, HostRollout, Target

if TYPE_CHECKING:
    from mobius_tui.runbook.model.check_kinds import Check

_NOWHERE = None
_HERE = ""
"""The key of a field whose own fields are keys of the same table."""

_KEYS: Mapping[type, Mapping[str, str | None]] = {
    Runbook: dict.fromkeys(("path", "sources", "blocking"), _NOWHERE),
    Variable: {"name": _NOWHERE, "least": "min", "most": "max", "pattern": "match"},
    Profile: {"name": _NOWHERE, "values": _HERE},
    Phase: dict.fromkeys(("steps", "include"), _NOWHERE),
    Step: {
        **dict.fromkeys(("undo_of", "improvised_by", "same_as", "line"), _NOWHERE),
        "action": _HERE,
        "checks": "check",
        "when_checks": "when.check",
        "no_undo": "undo",
        "for_each": _HERE,
        "rollout": _HERE,
    },
    ForEach: {
        **dict.fromkeys(("items", "variable", "command"), "for_each"),
        "row": _NOWHERE,
    },
    Run: {"script": "run", "is_judged": _NOWHERE, "playbook_vars": "vars"},
    Manual: {"text": "manual"},
    Choose: {
        "var": "choose.var",
        "options": "choose.option",
        "from_": "choose.from",
        "from_run": "choose.from.run",
        "multi": "choose.multi",
    },
    Watch: {"for_": "watch.for"},
    Health: {"probes": "probe"},
    Target: {"name": _NOWHERE},
    HostRollout: {"target": "hosts"},
    Between: {"person": _HERE},
}
"""By class, the keys of fields that are called otherwise in a file, or not there."""
_COMMON_KEYS: Mapping[str, str] = {
    "for_": "for",
    "from_": "from",
    "is_": "is",
    "on_host": "on",
    "not_": "not",
    "deadline": "for",
    "pointers": "json",
    "repeat": _HERE,
    "server_name": "name",
}
"""The same for fields of every class."""
_CHECKS = frozenset(CHECK_KINDS.values())


def written_key(part: type, field: str) -> str | None:
    """The key of a field of the model in the table of its part.

    Returns:
        The key, or several with dots between; empty if the field's own fields stand in
        the same table, and None if no file has it.
    """
    own = _KEYS.get(part, {})
    return own[field] if field in own else _COMMON_KEYS.get(field, field)


def written_values(part: object, path: str = "") -> Iterator[tuple[str, object]]:
    """The keys of a part with their values, as dotted paths; defaults are left out.

    The second table of a list has a 2 in its path, and so on.

    Args:
        part: a part of the model, a mapping, a tuple, or a value.
        path: its own key.
    """
    if is_dataclass(part) and not isinstance(part, type):
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
    for each in fields(part):
        key, value = written_key(type(part), each.name), getattr(part, each.name)
        if key is None or value is None or value == _default(each):
            continue
        if isinstance(part, Choose) and part.from_run and each.name == "from_":
            continue  # the name of what the command lists
        if isinstance(part, ForEach) and isinstance(value, Run):
            value = Run(script=value.script, shell=value.shell, timeout=value.timeout)
        if isinstance(part, Between) and each.name == "person":
            value = each.name
        yield _joined(key, _kind(value)), value


def _kind(value: object) -> str:
    """The kind of a check, which is its key; empty for others."""
    return kind_of(cast("Check", value)) if type(value) in _CHECKS else ""


def _is_table(value: object) -> bool:
    return is_dataclass(value) or isinstance(value, Mapping)


def _joined(path: str, key: str) -> str:
    return f"{path}.{key}" if path and key else path or key


def _default(field: Any) -> Any:
    if field.default is not MISSING:
        return field.default
    if field.default_factory is not MISSING:
        return field.default_factory()
    return MISSING
