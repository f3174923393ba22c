"""`[health]`: the probes and the triggers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from mobius_tui.runbook.decode.decode_checks import read_checks
from mobius_tui.runbook.decode.include import IncludedFiles
from mobius_tui.runbook.decode.value_readers import (
    is_address,
    read_fields,
    read_http_status,
    read_id,
    read_json_body,
    read_one_of,
)
from mobius_tui.runbook.model.check_kinds import (
    Check,
    ProcessCheck,
    Repeat,
    ServiceCheck,
    kind_of,
)
from mobius_tui.runbook.model.keys import Key, OneOf
from mobius_tui.runbook.model.probes import (
    ERROR_RATE_UNITS,
    P95_UNITS,
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
        **read_fields(table, Health),
        witness=_witness(table),
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
        **read_fields(table, Probe, but=("hosts",)),
        status=read_http_status(table),
        json=equal,
        pointers=compared,
        error_rate=_figure(table.table("error_rate"), ERROR_RATE_UNITS),
        p95=_figure(table.table("p95"), P95_UNITS),
    )


def _probe_by_check(table: TomlTable) -> Probe:
    """A probe that looks by a check."""
    for key in table.present_keys(*_OF_HTTP):
        table.report(
            f"`{key}` is of a probe that asks a URL, and this has a check", key
        )
    given = read_fields(table, Probe, only=("title", "timeout", "trigger"))
    check = _probe_check(table, given["timeout"])
    return Probe(id=read_id(table), check=check, hosts=_hosts(table, check), **given)


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


def _figure(table: TomlTable | None, units: Mapping[str, Key]) -> Figure | None:
    """A figure; without `unit`, it has the first of the units."""
    if table is None:
        return None
    table.require("at")
    at, kind = table.text("at"), units["unit"].kind
    assert isinstance(kind, OneOf)
    if at and not at.startswith("/"):
        table.report("`at` is a JSON pointer, such as /requests/p95_ms", "at")
    unit = read_one_of(table, "unit", kind.words, kind.words[0])
    return Figure(at=at, unit=cast("Any", unit))


def _triggers(table: TomlTable | None) -> Triggers:
    if table is None:
        return Triggers()
    given = read_fields(table, Triggers)
    rate = table.table("success_rate")
    latency = table.table("p95_latency")
    errors = table.table("error_rate")
    return Triggers(
        **given,
        success_rate=None if rate is None else _success(rate),
        p95_latency=(
            None if latency is None else P95Latency(**read_fields(latency, P95Latency))
        ),
        error_rate=None
        if errors is None
        else ErrorRate(**read_fields(errors, ErrorRate)),
    )


def _success(table: TomlTable) -> SuccessRate:
    found = SuccessRate(**read_fields(table, SuccessRate))
    if found.min_checks > found.window:
        table.report("`min_checks` is more than `window`: it could never fire")
    return found
