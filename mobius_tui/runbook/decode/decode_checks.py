"""`[phase.step.check]` and `until`: what is verified after a step's action."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from mobius_tui.runbook.decode.value_readers import (
    read_address,
    read_comparisons,
    read_count,
    read_count_comparison,
    read_duration,
    read_exit_codes,
    read_file_mode,
    read_http_status,
    read_interpreter,
    read_json_body,
    read_one_of,
    read_pattern,
    read_pointers,
    read_sha256,
    read_size,
    read_url,
    warn_of_backslash,
)
from mobius_tui.runbook.model.check_kinds import (
    CHECK_KINDS,
    Check,
    ChecksumCheck,
    Count,
    DiskCheck,
    DnsCheck,
    FileCheck,
    HttpCheck,
    LogCheck,
    MemoryCheck,
    OutputCheck,
    PortCheck,
    ProcessCheck,
    Repeat,
    RunCheck,
    ServiceCheck,
    SqlCheck,
    TlsCheck,
    database_url_problem,
)
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
        if kind not in _KINDS_SINCE_FORMAT_2 or table.has_since(2, kind):
            found += _checks_of_kind(table, kind)
    if _is_until(table) and any(each.repeat.limit == 1 for each in found):
        table.report('`until` wants `for`, such as `for = "10m"`, or `attempts`')
    return found


_MAIN_KEYS: Mapping[str, str] = {
    "http": "url",
    "process": "match",
    "service": "names",
    "file": "path",
    "port": "at",
    "tls": "at",
    "dns": "name",
    "disk": "free",
    "memory": "free",
    "run": "script",
    "output": "match",
}
"""The key that a text stands for: `http = "…"` is short for `http = { url = "…" }`."""
_REPEAT_KEYS = ("attempts", "consecutive", "every", "for", "timeout")
_TABLES = ("until", "check")  # the keys of a step that have checks


def _checks_of_kind(table: TomlTable, kind: str) -> list[Check]:
    """The checks of one kind; `run = "…"` is short for `run = { script = "…" }`.

    In format 2 each kind has such a short form, and a list may have several.
    """
    value = table.node[kind]
    if table.format < 2 and kind == "run" and isinstance(value, str):
        return [_run_script(table, kind)]
    entries = _entries(kind, value, table.format)
    if entries is None:
        return [_READERS[kind](inner) for inner in table.tables(kind, single=True)]
    return [_READERS[kind](table.child(node, *path)) for path, node in entries]


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
    given = {key: table if key in table.node else outer for key in _REPEAT_KEYS}
    attempts: Count | None = None
    if given["attempts"].has("attempts"):
        attempts = read_count(given["attempts"], "attempts", 1)
    found = Repeat(
        attempts=attempts,
        consecutive=read_count(given["consecutive"], "consecutive", 1),
        every=read_duration(given["every"], "every", "5s"),
        timeout=read_duration(given["timeout"], "timeout", "10s"),
        deadline=read_duration(given["for"], "for", "5m")
        if given["for"].has_since(2, "for")
        else None,
    )
    looks, in_row = found.limit, found.consecutive
    if isinstance(looks, int) and isinstance(in_row, int) and looks < in_row:
        table.report("`attempts` is less than `consecutive`: it can never hold")
    if found.deadline is not None and _is_too_short(found, found.deadline):
        words = "`for` ends before `consecutive` looks: it can never hold"
        given["for"].report(words, "for")
    return found


def _is_too_short(repeat: Repeat, deadline: str) -> bool:
    """Whether a deadline comes before as many looks as must hold in a row."""
    looks = repeat.consecutive
    if isinstance(looks, str) or is_template(deadline) or is_template(repeat.every):
        return False
    pauses = (looks - 1) * parse_duration(repeat.every)
    return parse_duration(deadline) < pauses


def _http(table: TomlTable) -> HttpCheck:
    table.require("url")
    faster = read_duration(table, "faster_than", None)
    equal, compared = read_json_body(table, "json")
    return HttpCheck(
        url=read_url(table),
        status=read_http_status(table),
        method=table.text("method", "GET"),
        headers=table.text_table("headers", shown=False),
        json=equal,
        pointers=compared,
        contains=table.optional_text("contains", filled=True),
        faster_than=faster,
        ca=table.optional_text("ca", filled=True),
        repeat=_repeat(table),
    )


def _process(table: TomlTable) -> ProcessCheck:
    table.require("match")
    match = read_pattern(table, "match") or ""
    count = read_count_comparison(table, "count", ">=1")
    return ProcessCheck(match=match, count=count, repeat=_repeat(table))


def _service(table: TomlTable) -> ServiceCheck:
    table.require("names")
    names = table.text_list("names", filled=True)
    if table.has("names") and table.node["names"] == []:
        table.report("`names` is empty: nothing would be verified", "names")
    state = table.text_list("state", ("active",)) or ("active",)
    return ServiceCheck(names=names, state=state, repeat=_repeat(table))


def _checksum(table: TomlTable) -> ChecksumCheck:
    table.require("file")
    if len(table.present_keys("sums", "sha256")) != 1:
        table.report("`checksum` wants one of `sums` and `sha256`")
    return ChecksumCheck(
        file=table.text("file", filled=True),
        sums=table.optional_text("sums", filled=True),
        sha256=read_sha256(table, "sha256"),
        repeat=_repeat(table),
    )


def _file(table: TomlTable) -> FileCheck:
    table.require("path")
    absent = table.flag("absent")
    others = table.present_keys("same_as", "mode", "newer_than", "min_size")
    if absent and others:
        table.report(f"an absent file has no `{others[0]}`", others[0])
    return FileCheck(
        path=table.text("path", filled=True),
        absent=absent,
        same_as=table.optional_text("same_as", filled=True),
        mode=read_file_mode(table, "mode"),
        newer_than=table.optional_text("newer_than", filled=True),
        min_size=read_size(table, "min_size", None),
        repeat=_repeat(table),
    )


def _port(table: TomlTable) -> PortCheck:
    table.require("at")
    at, closed = read_address(table, "at"), table.flag("closed")
    return PortCheck(at=at, closed=closed, repeat=_repeat(table))


def _tls(table: TomlTable) -> TlsCheck:
    table.require("at")
    return TlsCheck(
        at=read_address(table, "at"),
        min_days=read_count(table, "min_days", 0),
        ca=table.optional_text("ca", filled=True),
        server_name=table.optional_text("name", filled=True)
        if table.has_since(2, "name")
        else None,
        repeat=_repeat(table),
    )


_RECORDS = ("A", "AAAA", "CNAME", "TXT", "MX", "NS", "SRV", "SOA")
_DOMAIN = re.compile(r"[^\s.]{1,63}(?:\.[^\s.]{1,63})*\.?")


def _dns(table: TomlTable) -> DnsCheck:
    table.require("name")
    name = table.text("name", filled=True)
    if name and not is_template(name) and not _DOMAIN.fullmatch(name):
        table.report("`name` is a name such as www.example.com", "name")
    wants = table.present_keys("records", "contains", "absent")
    if len(wants) > 1:
        table.report(f"`{wants[1]}` says something else than `{wants[0]}`", wants[1])
    return DnsCheck(
        name=name,
        type=read_one_of(table, "type", _RECORDS, "A"),
        at=read_address(table, "at") if table.has("at") else None,
        records=_texts(table, "records"),
        contains=_texts(table, "contains"),
        absent=table.flag("absent"),
        ttl=read_comparisons(table, "ttl"),
        repeat=_repeat(table),
    )


def _texts(table: TomlTable, key: str) -> tuple[str, ...]:
    """A text, or several as a list."""
    if isinstance(table.owner(key).node.get(key), str):
        return (table.text(key, filled=True),)
    found = table.text_list(key, filled=True)
    if table.has(key) and table.owner(key).node[key] == []:
        table.report(f"`{key}` is empty: nothing would be compared", key)
    return found


def _disk(table: TomlTable) -> DiskCheck:
    table.require("free")
    free = read_size(table, "free", "0B", share=True)
    path = table.text("path", ".", filled=True)
    return DiskCheck(free=free, path=path, repeat=_repeat(table))


def _memory(table: TomlTable) -> MemoryCheck:
    table.require("free")
    free = read_size(table, "free", "0B", share=True)
    return MemoryCheck(free=free, repeat=_repeat(table))


def _run(table: TomlTable) -> RunCheck:
    table.require("script")
    found = replace(
        _run_script(table, "script"),
        shell=read_interpreter(table),
        success=read_exit_codes(table, "success", (0,)),
        repeat=_repeat(table),
    )
    if table.has_since(2, "json"):
        found = replace(found, pointers=read_pointers(table, "json"))
    if table.has_since(2, "is"):
        found = replace(found, is_=read_comparisons(table, "is"))
    if table.has_since(2, "on"):
        where = read_one_of(table, "on", ("here", "host"), "here")
        found = replace(found, on_host=where == "host")
    return found


def _run_script(table: TomlTable, key: str) -> RunCheck:
    """A check that is a script alone."""
    script = table.text(key, lines=True)
    warn_of_backslash(table, key)
    if table.has(key) and not script.strip():
        table.report(f"`{key}` is an empty script", key)
    return RunCheck(script=script)


def _sql(table: TomlTable) -> SqlCheck:
    table.require("query", "is")
    if len(table.present_keys("url", "file")) != 1:
        table.report("`sql` wants `url`, or `file` for SQLite")
    url = table.optional_text("url", filled=True)
    if url is not None and not is_template(url):
        problem = database_url_problem(url)
        if problem:
            table.report(f"`url` {problem}", "url")
    query = table.text("query", lines=True, filled=True)
    if table.has("query") and not query.strip():
        table.report("`query` is empty", "query")
    return SqlCheck(
        query=query,
        is_=read_comparisons(table, "is"),
        url=url,
        file=table.optional_text("file", filled=True),
        repeat=_repeat(table),
    )


def _log(table: TomlTable) -> LogCheck:
    table.require("file")
    if not table.present_keys("match", "not"):
        table.report("`log` wants `match`, `not` or both")
    return LogCheck(
        file=table.text("file", filled=True),
        match=read_pattern(table, "match"),
        not_=read_pattern(table, "not"),
        repeat=_repeat(table),
    )


def _output(table: TomlTable) -> OutputCheck:
    if not table.present_keys("match", "not"):
        table.report("`output` wants `match`, `not` or both")
    match, not_ = read_pattern(table, "match"), read_pattern(table, "not")
    for key in table.present_keys("attempts", "consecutive", "for"):
        table.report("an output does not change: it is looked at once", key)
    # What stands beside the kinds is meant for those that may change.
    once = replace(_repeat(table), attempts=None, consecutive=1, deadline=None)
    return OutputCheck(match=match, not_=not_, repeat=once)


_READERS: Mapping[str, Callable[[TomlTable], Check]] = {
    "http": _http,
    "process": _process,
    "service": _service,
    "checksum": _checksum,
    "file": _file,
    "port": _port,
    "tls": _tls,
    "dns": _dns,
    "disk": _disk,
    "memory": _memory,
    "run": _run,
    "sql": _sql,
    "log": _log,
    "output": _output,
}
_KINDS_SINCE_FORMAT_2 = ("dns", "sql", "log")
"""The kinds that format 2 brought."""
