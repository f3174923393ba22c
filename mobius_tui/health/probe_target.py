"""A probe as a run asks it: with its texts filled in and its timeout in seconds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from msgspec import Struct, field

from mobius_tui.errors import RunError
from mobius_tui.health.health_record import ProbeVerdict
from mobius_tui.runbook.model.check_kinds import Check, Comparisons, HttpStatus, Json
from mobius_tui.runbook.model.limits import bounded_duration
from mobius_tui.runbook.model.probes import Figure, Probe

LookAtCheck = Callable[[Check], Awaitable[ProbeVerdict]]
"""Makes the check of a probe once."""


class ProbeTarget(Struct, frozen=True, kw_only=True):
    """A probe as it is requested."""

    id: str
    url: str = ""
    check: Check | None = None
    """What is looked at in place of a URL; as the runbook has it."""
    timeout: float = 4.0
    """Seconds for the whole answer."""
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    status: HttpStatus = 200
    json: Mapping[str, Json] = field(default_factory=dict)
    pointers: Mapping[str, Comparisons] = field(default_factory=dict)
    contains: str | None = None
    ca: str | None = None
    redirects: int = 0
    error_rate: Figure | None = None
    p95: Figure | None = None


def fill_probe(probe: Probe, fill: Callable[[str], str]) -> ProbeTarget:
    """A probe with its texts filled in.

    Args:
        probe: as the runbook has it.
        fill: puts values in place of `${}`.

    Raises:
        RunError: its timeout is out of the limits once it is filled in, or `contains`
            is empty then.
        MobiusError: a name has no value; raised by `fill`.
    """
    try:
        timeout = bounded_duration(fill(probe.timeout), "timeout")
    except ValueError as error:
        raise RunError(f"probe {probe.id}: `timeout`: {error}") from error
    contains = fill(probe.contains) if probe.contains is not None else None
    if contains == "":
        raise RunError(
            f"probe {probe.id}: `contains` is empty once it is filled in: every answer "
            "holds that"
        )
    return ProbeTarget(
        id=probe.id,
        url=fill(probe.url),
        check=probe.check,
        timeout=timeout,
        method=fill(probe.method),
        headers={name: fill(value) for name, value in probe.headers.items()},
        status=probe.status,
        json={name: filled_json(value, fill) for name, value in probe.json.items()},
        pointers={
            pointer: tuple(map(fill, texts))
            for pointer, texts in probe.pointers.items()
        },
        contains=contains,
        ca=fill(probe.ca) if probe.ca is not None else None,
        redirects=probe.redirects,
        error_rate=probe.error_rate,
        p95=probe.p95,
    )


def filled_json(value: Json, fill: Callable[[str], str]) -> Json:
    """A JSON value with every text in it filled in."""
    if isinstance(value, str):
        return fill(value)
    if isinstance(value, tuple):
        return tuple(filled_json(item, fill) for item in value)
    if isinstance(value, Mapping):
        return {key: filled_json(item, fill) for key, item in value.items()}
    return value
