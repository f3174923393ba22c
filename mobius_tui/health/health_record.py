"""Records of health: results of probes, samples of the machine, and their JSON lines.

One JSON object a line, in `health.jsonl`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import field, fields
from typing import Any, Literal, NoReturn

from mobius_tui.dataclass import dataclass
from mobius_tui.errors import RunError

CheckState = Literal["ok", "failed", "no data"]
"""The result of a check; `no data` if the monitor itself failed."""
Rule = Literal["consecutive_failures", "success_rate", "p95_latency", "error_rate"]
"""A rule of a trigger, by its key in a runbook."""

YEAR_9999 = 253_370_764_800.0
"""Seconds since 1970: times beyond it have no date."""
_STATES = ("ok", "failed", "no data")


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbeVerdict:
    """The result of judging one answer to a probe."""

    state: CheckState
    reason: str = ""
    """Why it is not ok."""
    error_rate: float | None = None
    """What the service reports: a fraction from 0 to 1."""
    p95_ms: float | None = None
    """What the service reports, in milliseconds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbeResult:
    """One result of one probe."""

    at: float
    """Seconds since 1970 at which it began."""
    mono: float
    """Monotonic seconds of the machine at which it began."""
    probe: str
    state: CheckState
    status: int | None = None
    """The HTTP status; `None` if no answer began, or there are no data.

    `None` also for a probe that makes a check in place of asking a URL.
    """
    ms: float | None = None
    """Milliseconds until the answer was complete; `None` if it never was."""
    reason: str = ""
    """Why it is not ok."""
    error_rate: float | None = None
    """As the service reports it: a fraction from 0 to 1."""
    p95_ms: float | None = None
    """As the service reports it, in milliseconds."""
    summary: str = ""
    """How it is on hosts: `18/20 active, web-07 failed`; empty for one that looks at
    none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MachineSample:
    """The machine at one moment; a figure is `None` if it could not be measured."""

    at: float
    """Seconds since 1970."""
    mono: float
    """Monotonic seconds of the machine."""
    cpu: float | None = None
    """Per cent of all cores, since the last sample."""
    memory: float | None = None
    """Per cent in use."""
    disk: float | None = None
    """Per cent in use of the disk of the working directory."""
    load1: float | None = None
    """The load average over a minute."""
    processes: Mapping[str, int] = field(default_factory=dict)
    """How many processes match, by the name of the pattern."""
    services: Mapping[str, str] = field(default_factory=dict)
    """The state of each systemd unit: `active`, `inactive`, `failed`."""


_FIELDS = {
    "check": tuple(each.name for each in fields(ProbeResult)),
    "sample": tuple(each.name for each in fields(MachineSample)),
}


def encode_record(record: ProbeResult | MachineSample) -> bytes:
    """The JSON line of a check or a sample, with its newline."""
    kind = "check" if isinstance(record, ProbeResult) else "sample"
    values: dict[str, Any] = {"kind": kind}
    for name in _FIELDS[kind]:
        value = getattr(record, name)
        if value is not None and value not in ("", {}):
            values[name] = dict(value) if isinstance(value, Mapping) else value
    text = json.dumps(values, separators=(",", ":"), allow_nan=False)
    return text.encode("ascii") + b"\n"


def decode_record(line: bytes) -> ProbeResult | MachineSample:
    """The check or sample that a line holds.

    Raises:
        RunError: it holds neither; the message says what is wrong with it.
    """
    try:
        values = json.loads(line, parse_constant=_reject_constant)
    except (ValueError, RecursionError) as error:
        raise RunError(f"a line of health.jsonl is no JSON: {_clip(line)}") from error
    if not isinstance(values, dict):
        raise _malformed(line, "is no object")
    if values.get("kind") == "check":
        return _check(values, line)
    if values.get("kind") == "sample":
        return _sample(values, line)
    raise _malformed(line, "is neither a check nor a sample")


def _check(values: dict[str, Any], line: bytes) -> ProbeResult:
    state = values.get("state")
    if state not in _STATES:
        raise _malformed(line, "has no state that a check can have")
    status = values.get("status")
    if status is not None and type(status) is not int:
        raise _malformed(line, "has a status that is no whole number")
    return ProbeResult(
        at=_moment(values, line),
        mono=_required_number(values, "mono", line),
        probe=_text(values, "probe", line),
        state=state,
        status=status,
        ms=_number(values, "ms", line),
        reason=_text(values, "reason", line) if "reason" in values else "",
        error_rate=_number(values, "error_rate", line),
        p95_ms=_number(values, "p95_ms", line),
        summary=_text(values, "summary", line) if "summary" in values else "",
    )


def _sample(values: dict[str, Any], line: bytes) -> MachineSample:
    processes = values.get("processes", {})
    if not isinstance(processes, dict) or not all(
        type(count) is int for count in processes.values()
    ):
        raise _malformed(line, "has processes that are no counts by name")
    services = values.get("services", {})
    if not isinstance(services, dict) or not all(
        isinstance(state, str) for state in services.values()
    ):
        raise _malformed(line, "has services that are no states by name")
    return MachineSample(
        at=_moment(values, line),
        mono=_required_number(values, "mono", line),
        cpu=_number(values, "cpu", line),
        memory=_number(values, "memory", line),
        disk=_number(values, "disk", line),
        load1=_number(values, "load1", line),
        processes=processes,
        services=services,
    )


def _required_number(values: dict[str, Any], name: str, line: bytes) -> float:
    number = _number(values, name, line)
    if number is None:
        raise _malformed(line, f"has no {name!r}")
    return number


def _moment(values: dict[str, Any], line: bytes) -> float:
    at = _required_number(values, "at", line)
    if not 0 <= at < YEAR_9999:
        raise _malformed(line, "is of a time that has no date")
    return at


def _number(values: dict[str, Any], name: str, line: bytes) -> float | None:
    value = values.get(name)
    if value is None:
        return None
    if type(value) is float and math.isfinite(value):
        return value
    if type(value) is int and abs(value) < 1 << 53:
        return float(value)
    raise _malformed(line, f"has a {name!r} that is no number")


def _text(values: dict[str, Any], name: str, line: bytes) -> str:
    value = values.get(name)
    if not isinstance(value, str):
        raise _malformed(line, f"has no {name!r}")
    return value


def _reject_constant(text: str) -> NoReturn:
    raise ValueError(text)


def _malformed(line: bytes, problem: str) -> RunError:
    return RunError(f"a line of health.jsonl {problem}: {_clip(line)}")


def _clip(line: bytes) -> str:
    return ascii(line[:80].decode("ascii", "replace"))
