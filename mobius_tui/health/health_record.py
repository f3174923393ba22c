"""Records of health: results of probes, samples of the machine, and their JSON lines.

One JSON object a line, in `health.jsonl`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct, ValidationError, field, to_builtins

from mobius_tui.errors import RunError
from mobius_tui.json_border import FiniteNumber, Moment, json_as, malformed_field

CheckState = Literal["ok", "failed", "no data"]
"""The result of a check; `no data` if the monitor itself failed."""
Rule = Literal["consecutive_failures", "success_rate", "p95_latency", "error_rate"]
"""A rule of a trigger, by its key in a runbook."""


class ProbeVerdict(Struct, frozen=True, kw_only=True):
    """The result of judging one answer to a probe."""

    state: CheckState
    reason: str = ""
    """Why it is not ok."""
    error_rate: float | None = None
    """What the service reports: a fraction from 0 to 1."""
    p95_ms: float | None = None
    """What the service reports, in milliseconds."""


class ProbeResult(Struct, frozen=True, kw_only=True, tag_field="kind", tag="check"):
    """One result of one probe."""

    at: Moment
    """Seconds since 1970 at which it began."""
    mono: FiniteNumber
    """Monotonic seconds of the machine at which it began."""
    probe: str
    state: CheckState
    status: int | None = None
    """The HTTP status; `None` if no answer began, or there are no data.

    `None` also for a probe that makes a check in place of asking a URL.
    """
    ms: FiniteNumber | None = None
    """Milliseconds until the answer was complete; `None` if it never was."""
    reason: str = ""
    """Why it is not ok."""
    error_rate: FiniteNumber | None = None
    """As the service reports it: a fraction from 0 to 1."""
    p95_ms: FiniteNumber | None = None
    """As the service reports it, in milliseconds."""
    summary: str = ""
    """How it is on hosts: `18/20 active, web-07 failed`; empty for one that looks at
    none."""


class MachineSample(Struct, frozen=True, kw_only=True, tag_field="kind", tag="sample"):
    """The machine at one moment; a figure is `None` if it could not be measured."""

    at: Moment
    """Seconds since 1970."""
    mono: FiniteNumber
    """Monotonic seconds of the machine."""
    cpu: FiniteNumber | None = None
    """Per cent of all cores, since the last sample."""
    memory: FiniteNumber | None = None
    """Per cent in use."""
    disk: FiniteNumber | None = None
    """Per cent in use of the disk of the working directory."""
    load1: FiniteNumber | None = None
    """The load average over a minute."""
    processes: Mapping[str, int] = field(default_factory=dict)
    """How many processes match, by the name of the pattern."""
    services: Mapping[str, str] = field(default_factory=dict)
    """The state of each systemd unit: `active`, `inactive`, `failed`."""


def encode_record(record: ProbeResult | MachineSample) -> bytes:
    """The JSON line of a check or a sample, with its newline."""
    said: Mapping[str, Any] = to_builtins(record, enc_hook=dict)
    values = {name: value for name, value in said.items() if value not in _LEFT_OUT}
    text = json.dumps(values, separators=(",", ":"), allow_nan=False)
    return text.encode("ascii") + b"\n"


_LEFT_OUT: tuple[object, ...] = (None, "", {})


def decode_record(line: bytes) -> ProbeResult | MachineSample:
    """The check or sample that a line holds.

    Raises:
        RunError: it holds neither; the message says what is wrong with it.
    """
    try:
        return json_as(ProbeResult | MachineSample, line)  # type: ignore[arg-type]
    except ValidationError as error:
        problem = _problem(error)
    except ValueError:
        problem = "is no JSON"
    shown = ascii(line[:80].decode("ascii", "replace"))
    raise RunError(f"a line of health.jsonl {problem}: {shown}")


_PROBLEMS: Mapping[str, str] = {
    "": "is no object",
    "kind": "is neither a check nor a sample",
    "state": "has no state that a check can have",
    "status": "has a status that is no whole number",
    "processes": "has processes that are no counts by name",
    "services": "has services that are no states by name",
    **{name: f"has no {name!r}" for name in ("probe", "reason", "summary")},
}
"""By the field that is wrong; others have numbers."""


def _problem(error: ValidationError) -> str:
    field = malformed_field(error)
    if field in _PROBLEMS:
        return _PROBLEMS[field]
    said = str(error)
    if field in ("at", "mono") and ("missing" in said or "`null`" in said):
        return f"has no {field!r}"
    if field == "at" and "got" not in said:
        return "is of a time that has no date"
    return f"has a {field!r} that is no number"
