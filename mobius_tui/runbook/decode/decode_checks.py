"""`[phase.step.check]` and `until`: what is verified after a step's action."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from mobius_tui.runbook.decode.value_readers import (
    read_fields,
    read_http_status,
    read_json_body,
    read_one_of,
    read_pointers,
    warn_of_backslash,
)
from mobius_tui.runbook.model.check_kinds import (
    CHECK_KEYS,
    CHECK_KINDS,
    Check,
    ChecksumCheck,
    DnsCheck,
    FileCheck,
    HttpCheck,
    LogCheck,
    OutputCheck,
    Repeat,
    RunCheck,
    ServiceCheck,
    SqlCheck,
    database_url_problem,
)
from mobius_tui.runbook.model.keys import WHILE, keys_of
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.runbook.text.template_text import is_template
from mobius_tui.runbook.text.units import parse_duration
from mobius_tui.runbook.toml.positions import KeyPath
from mobius_tui.runbook.toml.table_reader import TomlTable
from mobius_tui.structs import replace


def read_step_checks(step: TomlTable) -> tuple[Check, ...]:
    """The checks of a step: those of `until`, then those of `check`."""
    until = step.table("until") if step.has_since(2, "until") else None
    return (*read_checks(until), *read_checks(step.table("check")))


def read_checks(table: TomlTable | None) -> list[Check]:
    """The checks of a table, in the order of the file."""
    if table is None:
        return []
    found: list[Check] = []
    if not table.node:
        table.report(f"a check names a kind: {', '.join(CHECK_KINDS)}")
    table.present_keys(*CHECK_KINDS)
    if table.format >= 2 and table.present_keys(*_REPEAT_KEYS):
        _repeat(table)  # only to report mistakes, also where each kind has its own
    for kind in table.node:
        if kind not in CHECK_KINDS:
            continue
        since = CHECK_KEYS[kind].since
        if since == 1 or table.has_since(since, kind):
            found += _checks_of_kind(table, kind)
    if _is_until(table) and any(each.repeat.limit == 1 for each in found):
        table.report('`until` wants `for`, such as `for = "10m"`, or `attempts`')
    return found


_MAIN_KEYS: Mapping[str, str] = {
    kind: next(iter(keys_of(CHECK_KINDS[kind]).values())).name
    for kind, key in CHECK_KEYS.items()
    if "string" in key.kind.schema["type"]
}
"""The key that a text stands for: `http = "…"` is short for `http = { url = "…" }`."""
_REPEAT_KEYS = tuple(key.name for key in keys_of(Repeat).values())
_TABLES = ("until", "check")  # the keys of a step that have checks


def _checks_of_kind(table: TomlTable, kind: str) -> list[Check]:
    """The checks of one kind; `run = "…"` is short for `run = { script = "…" }`.

    In format 2 each kind has such a short form, and a list may have several.
    """
    value = table.node[kind]
    if table.format < 2 and kind == "run" and isinstance(value, str):
        _report_script(table, kind)
        return [RunCheck(script=table.text(kind, lines=True))]
    entries = _entries(kind, value, table.format)
    if entries is None:
        return [_check(kind, inner) for inner in table.tables(kind, single=True)]
    return [_check(kind, table.child(node, *path)) for path, node in entries]


def _entries(
    kind: str, value: object, version: int
) -> list[tuple[KeyPath, Mapping[str, Any]]] | None:
    """The checks of a kind as tables with their paths; None for a wrong type.

    Args:
        kind: the kind of check, such as `http`.
        value: the value of that key.
        version: the format of the file, 1 or 2.
    """
    key = _MAIN_KEYS.get(kind) if version >= 2 else None
    if key == "names" and _is_of_texts(value):
        value = {key: value}
    found: list[tuple[KeyPath, Mapping[str, Any]]] = []
    for index, each in enumerate(value if isinstance(value, list) else [value]):
        path = (kind, index) if isinstance(value, list) else (kind,)
        if isinstance(each, dict):
            found.append((path, each))
        elif isinstance(each, str) and key is not None:
            found.append((path, {key: [each] if key == "names" else each}))
        else:
            return None
    return found


def checks_with_paths(step: Step, table: TomlTable) -> list[tuple[Check, KeyPath]]:
    """Each check of a step, and of its guard, with its path below the step's table."""
    if not step.checks and not step.when_checks:
        return []
    guard = table.owner("when").node.get("when")
    before = guard.get("check") if isinstance(guard, dict) else None
    version = table.owner("when").format
    return [
        *zip(step.checks, check_paths(table), strict=False),
        *zip(
            step.when_checks,
            _paths_below(before, ("when", "check"), version),
            strict=False,
        ),
    ]


def check_paths(step: TomlTable) -> list[KeyPath]:
    """The key path of each check below the table of its step, in the model's order."""
    return [
        path
        for key in _TABLES
        for owner in (step.owner(key),)
        for path in _paths_below(owner.node.get(key), (key,), owner.format)
    ]


def _paths_below(checks: object, place: KeyPath, version: int) -> list[KeyPath]:
    """The key path of each check in one table of a step."""
    found: list[KeyPath] = []
    for kind, value in checks.items() if isinstance(checks, dict) else ():
        if kind not in CHECK_KINDS:
            continue
        entries = _entries(kind, value, version)
        if entries is not None:
            found += [(*place, *path) for path, _ in entries]
        elif isinstance(value, list):
            dicts = [n for n, each in enumerate(value) if isinstance(each, dict)]
            found += [(*place, kind, index) for index in dicts]
        elif isinstance(value, str):
            found.append((*place, kind))
    return found


def _is_of_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_until(table: TomlTable) -> bool:
    return table.path[-1:] == ("until",)


def _repeat(table: TomlTable) -> Repeat:
    """The keys that every kind of check has.

    In format 2 they may stand beside the kinds, for all of a check.
    """
    outer = table.parent
    in_check = outer is not None and outer.path[-1:] in (("check",), ("until",))
    if outer is None or table.format < 2 or not in_check:
        outer = table
    table.present_keys(*_REPEAT_KEYS)
    given: dict[str, Any] = {}
    for name, key in keys_of(Repeat).items():
        owner = table if key.name in table.node else outer
        given |= read_fields(owner, Repeat, only=(name,))
    is_given = "for" in table.node or "for" in outer.node
    if is_given and table.format >= 2 and given["deadline"] is None:
        given["deadline"] = WHILE.missing  # what is wrong is no reason to ask for it
    found = Repeat(**given)
    looks, in_row = found.limit, found.consecutive
    if isinstance(looks, int) and isinstance(in_row, int) and looks < in_row:
        table.report("`attempts` is less than `consecutive`: it can never hold")
    if found.deadline is not None and _is_too_short(found, found.deadline):
        words = "`for` ends before `consecutive` looks: it can never hold"
        (table if "for" in table.node else outer).report(words, "for")
    return found


def _is_too_short(repeat: Repeat, deadline: str) -> bool:
    """Whether a deadline comes before as many looks as must hold in a row."""
    looks = repeat.consecutive
    if isinstance(looks, str) or is_template(deadline) or is_template(repeat.every):
        return False
    pauses = (looks - 1) * parse_duration(repeat.every)
    return parse_duration(deadline) < pauses


def _kind(table: TomlTable, kind: type[Check]) -> dict[str, Any]:
    """The fields of a check whose keys are read by their kinds."""
    return {**read_fields(table, kind), "repeat": _repeat(table)}


def _http(table: TomlTable) -> HttpCheck:
    equal, compared = read_json_body(table, "json")
    return HttpCheck(
        **_kind(table, HttpCheck),
        status=read_http_status(table),
        json=equal,
        pointers=compared,
    )


def _service(table: TomlTable) -> ServiceCheck:
    found = ServiceCheck(**_kind(table, ServiceCheck))
    if table.has("names") and table.node["names"] == []:
        table.report("`names` is empty: nothing would be verified", "names")
    return found if found.state else replace(found, state=("active",))


def _checksum(table: TomlTable) -> ChecksumCheck:
    if len(table.present_keys("sums", "sha256")) != 1:
        table.report("`checksum` wants one of `sums` and `sha256`")
    return ChecksumCheck(**_kind(table, ChecksumCheck))


def _file(table: TomlTable) -> FileCheck:
    found = FileCheck(**_kind(table, FileCheck))
    others = table.present_keys("same_as", "mode", "newer_than", "min_size")
    if found.absent and others:
        table.report(f"an absent file has no `{others[0]}`", others[0])
    return found


_DOMAIN = re.compile(r"[^\s.]{1,63}(?:\.[^\s.]{1,63})*\.?")


def _dns(table: TomlTable) -> DnsCheck:
    found = DnsCheck(
        **_kind(table, DnsCheck),
        records=_texts(table, "records"),
        contains=_texts(table, "contains"),
    )
    name = found.name
    if name and not is_template(name) and not _DOMAIN.fullmatch(name):
        table.report("`name` is a name such as www.example.com", "name")
    wants = table.present_keys("records", "contains", "absent")
    if len(wants) > 1:
        table.report(f"`{wants[1]}` says something else than `{wants[0]}`", wants[1])
    return found


def _texts(table: TomlTable, key: str) -> tuple[str, ...]:
    """A text, or several as a list."""
    if isinstance(table.owner(key).node.get(key), str):
        return (table.text(key, filled=True),)
    found = table.text_list(key, filled=True)
    if table.has(key) and table.owner(key).node[key] == []:
        table.report(f"`{key}` is empty: nothing would be compared", key)
    return found


def _run(table: TomlTable) -> RunCheck:
    found = RunCheck(**_kind(table, RunCheck))
    _report_script(table, "script")
    if table.has_since(2, "json"):
        found = replace(found, pointers=read_pointers(table, "json"))
    if table.has_since(2, "on"):
        where = read_one_of(table, "on", ("here", "host"), "here")
        found = replace(found, on_host=where == "host")
    return found


def _report_script(table: TomlTable, key: str) -> None:
    warn_of_backslash(table, key)
    if table.has(key) and not table.text(key, lines=True).strip():
        table.report(f"`{key}` is an empty script", key)


def _sql(table: TomlTable) -> SqlCheck:
    if len(table.present_keys("url", "file")) != 1:
        table.report("`sql` wants `url`, or `file` for SQLite")
    found = SqlCheck(**_kind(table, SqlCheck))
    if found.url is not None and not is_template(found.url):
        problem = database_url_problem(found.url)
        if problem:
            table.report(f"`url` {problem}", "url")
    if table.has("query") and not found.query.strip():
        table.report("`query` is empty", "query")
    return found


def _log(table: TomlTable) -> LogCheck:
    if not table.present_keys("match", "not"):
        table.report("`log` wants `match`, `not` or both")
    return LogCheck(**_kind(table, LogCheck))


def _output(table: TomlTable) -> OutputCheck:
    if not table.present_keys("match", "not"):
        table.report("`output` wants `match`, `not` or both")
    found = OutputCheck(**_kind(table, OutputCheck))
    for key in table.present_keys("attempts", "consecutive", "for"):
        table.report("an output does not change: it is looked at once", key)
    # What stands beside the kinds is meant for those that may change.
    once = replace(found.repeat, attempts=None, consecutive=1, deadline=None)
    return replace(found, repeat=once)


_READERS: Mapping[str, Callable[[TomlTable], Check]] = {
    "http": _http,
    "service": _service,
    "checksum": _checksum,
    "file": _file,
    "dns": _dns,
    "run": _run,
    "sql": _sql,
    "log": _log,
    "output": _output,
}
"""What reads the kinds that have more to them than their keys."""


def _check(kind: str, table: TomlTable) -> Check:
    if kind in _READERS:
        return _READERS[kind](table)
    model = CHECK_KINDS[kind]
    return model(**_kind(table, model))
