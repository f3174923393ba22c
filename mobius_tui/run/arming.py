"""What to know before a trigger may begin the rollback. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from mobius_tui.health.window import Window
from mobius_tui.runbook.loopback import is_loopback
from mobius_tui.runbook.model_health import Health, Probe
from mobius_tui.runbook.units import seconds


@dataclass(frozen=True, slots=True)
class Reports:
    """Which figures a service reports of itself."""

    p95: bool
    error_rate: bool


def reports(windows: Mapping[str, Window]) -> dict[str, Reports]:
    """What each probe reports now; those that have not been looked at are left out.

    Args:
        windows: by probe.
    """
    return {
        probe: Reports(seen.p95.value is not None, seen.error_rate.value is not None)
        for probe, seen in windows.items()
        if seen.last is not None
    }


def caveats(
    health: Health | None,
    fill: Callable[[str], str],
    known: Mapping[str, Reports],
) -> tuple[str, ...]:
    """What an armed trigger does not see, or takes for something else, in sentences.

    Args:
        health: what the runbook watches.
        fill: puts values in place of `${}`, as far as they are known.
        known: what the probes that were looked at report.
    """
    if health is None:
        return ()
    counted = [probe for probe in health.probes if probe.trigger]
    found = [*_unreached(health, counted, fill, known)]
    far = [p.id for p in counted if not is_loopback(fill(p.url))]
    if far and not health.witness:
        names = " and ".join(far)
        found.append(
            f"no `witness` is named: a dead network looks like a dead service ({names})"
        )
    return tuple(found)


def _unreached(
    health: Health,
    counted: list[Probe],
    fill: Callable[[str], str],
    known: Mapping[str, Reports],
) -> Iterator[str]:
    """The probes whose answers end before they reach the limit of P95."""
    rule = health.trigger.p95_latency
    above = _seconds(fill(rule.above)) if rule is not None else None
    if rule is None or above is None:
        return
    for probe in counted:
        timeout = _seconds(fill(probe.timeout))
        seen = known.get(probe.id)
        if timeout is None or timeout > above or (seen is not None and seen.p95):
            continue
        cut = f"its `timeout` of {fill(probe.timeout)} ends each answer before that"
        if probe.p95 is not None and seen is None:
            limits = "can fire only if the service reports its P95"
        else:
            limits = "can't fire: the service reports no P95"
        limit = f"P95 of {probe.id} above {fill(rule.above)}"
        yield f"{limit} {limits}, and {cut}"


def _seconds(text: str) -> float | None:
    try:
        return seconds(text)
    except ValueError:
        return None
