"""What triggers say, read plainly off the whole list each time: no state is kept.

Written from the words of the rules, for comparison; slow, and shares no code with them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mobius_tui.health.health_record import ProbeResult
from mobius_tui.runbook.model.probes import Probe, Triggers
from mobius_tui.runbook.text.units import parse_duration

EPOCH = "epoch"
Past = Sequence[ProbeResult | str]
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
        if each.bad is not None:
            row.append(each.bad)
        if each.anew:
            break
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
    before = [each for each in past[:index] if answered(each)]
    if rule == "error_rate" and here.state == "failed":
        above = triggers.error_rate and triggers.error_rate.above
        return Sign(bad=reports(rule, probe, before) or above != 1.0)
    if here.state == "failed":
        return Sign()
    value, limit = told(rule, probe, here), limit_of(rule, triggers)
    if value is not None:
        return Sign(bad=value > limit)
    if reports(rule, probe, [*before, here]):
        return Sign()
    gone = reports(rule, probe, before)
    if rule == "error_rate":
        return Sign(bad=False, anew=gone)
    return Sign(bad=None if here.ms is None else here.ms > limit, anew=gone)


def answered(each: ProbeResult | str) -> bool:
    return not isinstance(each, str) and each.state == "ok"


def limit_of(rule: str, triggers: Triggers) -> float:
    if rule == "error_rate":
        assert triggers.error_rate
        return triggers.error_rate.above
    assert triggers.p95_latency
    return parse_duration(triggers.p95_latency.above) * 1000


def reports(rule: str, probe: Probe, answers: Past) -> bool:
    """Whether a figure is reported: one of the last three answers had it."""
    last = [each for each in answers[-3:] if not isinstance(each, str)]
    return any(told(rule, probe, each) is not None for each in last)


def told(rule: str, probe: Probe, check: ProbeResult) -> float | None:
    """What an answer reports, if that is a figure."""
    named = probe.error_rate if rule == "error_rate" else probe.p95
    value = check.error_rate if rule == "error_rate" else check.p95_ms
    highest = 1 if rule == "error_rate" else 1e300
    if named is None or value is None or math.isnan(value):
        return None
    return value if 0 <= value <= highest else None


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


def counts(each: ProbeResult | str) -> bool:
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
