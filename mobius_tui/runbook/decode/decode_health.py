"""`[health]`: the probes and the triggers."""

from __future__ import annotations

from typing import Any, cast

from mobius_tui.runbook.decode.decode_checks import read_checks
from mobius_tui.runbook.decode.include import IncludedFiles
from mobius_tui.runbook.decode.value_readers import (
    is_address,
    read_duration,
    read_fraction,
    read_http_status,
    read_id,
    read_json_body,
    read_one_of,
    read_url,
)
from mobius_tui.runbook.model.check_kinds import (
    Check,
    ProcessCheck,
    Repeat,
    ServiceCheck,
    kind_of,
)
from mobius_tui.runbook.model.probes import (
    ErrorRate,
    Figure,
    Health,
    P95Latency,
    Probe,
    SuccessRate,
    Triggers,
)
from mobius_tui.runbook.toml.table_reader import TomlTable
from mobius_tui.structs import replace

_MAX_CHECKS = 10_000
"""The largest window or count of checks: more would take days."""


def read_health(
    root: TomlTable, includes: IncludedFiles
) -> tuple[Health | None, dict[str, TomlTable]]:
    """The `[health]` table, and each probe's table by its id."""
    table = root.table("health")
    if table is None:
        return None, {}
    if table.has("include"):
        _inherit(table, includes.file(table))
    probes: dict[str, tuple[Probe, TomlTable]] = {}
    for inner in table.tables("probe"):
        probe = _probe(inner)
        if probe.id in probes:
            inner.report(f"a second probe `{probe.id}`", "id")
        probes[probe.id] = (probe, inner)
    if not table.has("probe"):
        table.report("[health] has no [[health.probe]]")
    found = Health(
        every=read_duration(table, "every", "5s"),
        hosts_every=_hosts_every(table),
        witness=_witness(table),
        unwell=table.text("unwell", "") if table.has_since(2, "unwell") else "",
        probes=tuple(probe for probe, _ in probes.values()),
        trigger=_triggers(table.table("trigger")),
    )
    return found, {id_: inner for id_, (_, inner) in probes.items()}


def _inherit(table: TomlTable, other: TomlTable | None) -> None:
    """Let `[health]` and its triggers inherit missing keys from another file."""
    base = None if other is None else other.table("health")
    if base is None:
        if other is not None:
            table.report("that file has no [health]", "include")
        return
    own, theirs = table.table("trigger"), base.table("trigger")
    base.present_keys(*base.node)
    table.base = base
    if own is not None and theirs is not None:
        theirs.present_keys(*theirs.node)
        own.base = theirs


def _hosts_every(table: TomlTable) -> str:
    has_key = table.has_since(2, "hosts_every")
    return read_duration(table, "hosts_every", "15s") if has_key else "15s"


def _witness(table: TomlTable) -> tuple[str, ...]:
    found = table.text_list("witness", filled=True)
    for text in found:
        if not is_address(text):
            table.report('`witness` is a list of "host:port"', "witness")
    return found


_OF_HTTP = (
    *("url", "method", "headers", "status", "json", "contains", "ca", "redirects"),
    *("error_rate", "p95"),
)


_ONLY_ON_HOSTS = (
    "`hosts` is for a probe with `check.service` or `check.process`: these are looked "
    "at there, by ssh; all else is asked from here"
)


def _probe(table: TomlTable) -> Probe:
    if table.has_since(2, "check"):
        return _probe_by_check(table)
    if table.has_since(2, "hosts"):
        table.report(_ONLY_ON_HOSTS, "hosts")
    table.require("url")
    equal, compared = read_json_body(table, "json")
    return Probe(
        id=read_id(table),
        url=read_url(table),
        title=table.text("title", filled=True),
        timeout=read_duration(table, "timeout", "4s"),
        method=table.text("method", "GET"),
        headers=table.text_table("headers", shown=False),
        status=read_http_status(table),
        json=equal,
        pointers=compared,
        contains=table.optional_text("contains", filled=True),
        ca=table.optional_text("ca", filled=True),
        redirects=table.integer("redirects", 0, 0, 20),
        trigger=table.flag("trigger", default=True),
        error_rate=_figure(table.table("error_rate"), ("fraction",)),
        p95=_figure(table.table("p95"), ("ms", "s")),
    )


def _probe_by_check(table: TomlTable) -> Probe:
    """A probe that looks by a check."""
    for key in table.present_keys(*_OF_HTTP):
        table.report(
            f"`{key}` is of a probe that asks a URL, and this has a check", key
        )
    timeout = read_duration(table, "timeout", "4s")
    check = _probe_check(table, timeout)
    return Probe(
        id=read_id(table),
        check=check,
        hosts=_hosts(table, check),
        title=table.text("title", filled=True),
        timeout=timeout,
        trigger=table.flag("trigger", default=True),
    )


def _hosts(table: TomlTable, check: Check | None) -> str:
    """The target on whose hosts a probe looks; empty for this machine."""
    if not table.has_since(2, "hosts"):
        return ""
    if check is not None and not isinstance(check, ProcessCheck | ServiceCheck):
        table.report(_ONLY_ON_HOSTS, "hosts")
    if table.has("timeout"):
        words = "a probe with `hosts` has no `timeout`: a host has 10 s for all that"
        table.report(f"{words} is looked at there", "timeout")
    if not table.text("hosts").strip():
        table.report("`hosts` is the name of a target: [targets.NAME]", "hosts")
    return table.text("hosts")


_PROBE_KINDS = (
    *("port", "tls", "dns", "disk", "memory", "file", "process", "service"),
    *("run", "sql"),
)
"""The kinds that a probe can look by: quick ones that need no step."""


def _probe_check(probe: TomlTable, timeout: str) -> Check | None:
    """The one check of a probe, which is looked at as often as health is.

    Args:
        probe: its table.
        timeout: the probe's.
    """
    table = probe.table("check")
    if table is None:
        return None
    found = read_checks(table)
    if len(found) != 1 or kind_of(found[0]) not in _PROBE_KINDS:
        kinds = ", ".join(_PROBE_KINDS)
        table.report(f"a probe looks by one of {kinds}; for `http` it has `url`")
        return None
    if found[0].repeat != Repeat():
        table.report("a probe looks every `every` of [health], for its own `timeout`")
    return replace(found[0], repeat=Repeat(timeout=timeout))


def _figure(table: TomlTable | None, units: tuple[str, ...]) -> Figure | None:
    """A figure; without `unit`, it has the first of the units."""
    if table is None:
        return None
    table.require("at")
    at = table.text("at")
    if at and not at.startswith("/"):
        table.report("`at` is a JSON pointer, such as /requests/p95_ms", "at")
    return Figure(at=at, unit=cast("Any", read_one_of(table, "unit", units, units[0])))


def _triggers(table: TomlTable | None) -> Triggers:
    if table is None:
        return Triggers()
    failures = None
    if table.has("consecutive_failures"):
        failures = table.integer("consecutive_failures", 3, 1, _MAX_CHECKS)
    rate = table.table("success_rate")
    latency = table.table("p95_latency")
    errors = table.table("error_rate")
    return Triggers(
        consecutive_failures=failures,
        success_rate=None if rate is None else _success(rate),
        p95_latency=None if latency is None else _latency(latency),
        error_rate=None if errors is None else _errors(errors),
        then=table.optional_text("then"),
        grace=read_duration(table, "grace", "10s"),
    )


def _success(table: TomlTable) -> SuccessRate:
    found = SuccessRate(
        below=read_fraction(table, "below", 0.70),
        min_checks=table.integer("min_checks", 5, 1, _MAX_CHECKS),
        window=table.integer("window", 60, 1, _MAX_CHECKS),
    )
    if found.min_checks > found.window:
        table.report("`min_checks` is more than `window`: it could never fire")
    return found


def _latency(table: TomlTable) -> P95Latency:
    return P95Latency(
        above=read_duration(table, "above", "5s"),
        for_checks=table.integer("for_checks", 5, 1, _MAX_CHECKS),
        window=table.integer("window", 20, 1, _MAX_CHECKS),
    )


def _errors(table: TomlTable) -> ErrorRate:
    return ErrorRate(
        above=read_fraction(table, "above", 0.05),
        for_checks=table.integer("for_checks", 5, 1, _MAX_CHECKS),
    )
