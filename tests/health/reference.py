"""What triggers say, read plainly off the whole list each time: no state is kept.

Written from the words of the rules, for comparison; slow, and shares no code with them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mobius_tui.health.record import Check
from mobius_tui.runbook.model_health import Probe, Triggers
from mobius_tui.runbook.units import seconds

EPOCH = "epoch"
Past = Sequence[Check | str]
"""What one probe has been through: its checks, and where epochs began."""


@dataclass(frozen=True)
class Sign:
    """What one moment means for a rule about checks in a row."""

    bad: bool | None = None
    """Whether it speaks against the service; `None` if neither way."""
    anew: bool = False
    """Whether the count begins anew, with nothing decided."""


def blind_before(past: Past, index: int) -> int:
    """The checks in a row without data that end at an index."""
    row = 0
    for each in reversed(past[: index + 1]):
        if isinstance(each, str):
            continue
        if each.state != "no data":
            break
        row += 1
    return row


def holds(rule: str, triggers: Triggers, probe: Probe, past: Past) -> bool | None:
    """Whether a condition holds after all that; `None` if that cannot be told."""
    if rule == "success_rate":
        return success(triggers, past)
    limit = {
        "consecutive_failures": triggers.consecutive_failures,
        "p95_latency": triggers.p95_latency and triggers.p95_latency.for_checks,
        "error_rate": triggers.error_rate and triggers.error_rate.for_checks,
    }[rule]
    assert limit
    signs = [sign(rule, triggers, probe, past, i) for i in range(len(past))]
    row = []
    for each in reversed(signs):
        if each.anew:
            break
        if each.bad is not None:
            row.append(each.bad)
    last = row[:limit]
    if len(last) == limit and all(last):
        return True
    return False if False in row else None


def sign(rule: str, triggers: Triggers, probe: Probe, past: Past, index: int) -> Sign:
    """What one moment means for a rule about checks in a row."""
    here = past[index]
    if isinstance(here, str):
        return Sign(anew=True)
    if here.state == "no data":
        return Sign(anew=blind_before(past, index) >= 3)
    if rule == "consecutive_failures":
        return Sign(bad=here.state == "failed")
    figures = [figure(rule, triggers, probe, past, i) for i in range(index + 1)]
    if figures[-1] != "none":
        return Sign(bad={"bad": True, "good": False}.get(figures[-1]))
    told = [each for each in figures if each != "neither"]
    return Sign(anew=told[-3:] == ["none"] * 3)


def figure(rule: str, triggers: Triggers, probe: Probe, past: Past, index: int) -> str:
    """Whether a figure is bad, good, none at all, or neither here nor there."""
    here = past[index]
    if isinstance(here, str) or here.state == "no data":
        return "neither"
    if rule == "error_rate":
        assert triggers.error_rate
        above = triggers.error_rate.above
        if probe.error_rate is None:
            return "bad" if (here.state == "failed") > above else "good"
        if here.state == "failed":
            return "bad"
        return told(here.error_rate, 1, above)
    assert triggers.p95_latency
    limit = seconds(triggers.p95_latency.above) * 1000
    if here.state == "failed":
        return "neither"
    if probe.p95 is not None:
        return told(here.p95_ms, 1e300, limit)
    if here.ms is None:
        return "neither"
    slow = min(here.ms, own_p95(past[: index + 1], triggers.p95_latency.window)) > limit
    return "bad" if slow else "good"


def told(value: float | None, highest: float, limit: float) -> str:
    if value is None or math.isnan(value) or value < 0 or value > highest:
        return "none"
    return "bad" if value > limit else "good"


def own_p95(past: Past, window: int) -> float:
    """Nearest rank, by its definition, of the answers since the last epoch."""
    answered: list[float] = []
    for each in past:
        if isinstance(each, str):
            answered = []
        elif each.state != "no data" and each.ms is not None:
            answered.append(each.ms)
    kept = sorted(answered[-window:])
    for value in kept:
        if sum(other <= value for other in kept) * 100 >= 95 * len(kept):
            return value
    raise AssertionError("nothing was answered")


def success(triggers: Triggers, past: Past) -> bool | None:
    """Whether too few checks since the last epoch were ok."""
    rule = triggers.success_rate
    assert rule
    states: list[str] = []
    for each in past:
        if isinstance(each, str):
            states = []
        elif each.state != "no data":
            states.append(each.state)
    states = states[-rule.window :]
    if len(states) < rule.min_checks:
        return None
    return states.count("ok") / len(states) < rule.below


def story(rule: str, triggers: Triggers, probe: Probe, past: Past) -> list[str]:
    """At each moment of a past, what it did: `fired`, `cleared`, or nothing."""
    held = [
        holds(rule, triggers, probe, past[: i + 1]) if counts(past[i]) else None
        for i in range(len(past))
    ]
    found: list[str] = []
    for index, each in enumerate(past):
        standing = stands(found)
        if not counts(each):
            found.append("")
        elif held[index] and may_fire(triggers, past, held, found):
            found.append("fired")
        elif standing and held[index] is False:
            found.append("cleared")
        else:
            found.append("")
    return found


def counts(each: Check | str) -> bool:
    return not isinstance(each, str) and each.state != "no data"


def stands(found: Sequence[str]) -> bool:
    return [each for each in found if each][-1:] == ["fired"]


def may_fire(
    triggers: Triggers, past: Past, held: list[bool | None], found: list[str]
) -> bool:
    """Whether it never fired, or has been well again since."""
    if "fired" not in found:
        return True
    last = max(i for i, each in enumerate(found) if each == "fired")
    wanted = triggers.consecutive_failures or 3
    oks = 0
    for index in range(last + 1, len(found)):
        here = past[index]
        if isinstance(here, str):
            if not stands(found[:index]):
                return True
            oks = 0
        elif here.state == "no data":
            oks = 0 if blind_before(past, index) >= 3 else oks
        else:
            oks = oks + 1 if here.state == "ok" and held[index] is False else 0
        if oks >= wanted:
            return True
    return False
