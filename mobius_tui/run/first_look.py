"""A look at the probes before a run has begun, with what is filled in by then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from mobius_tui.errors import MobiusError, RunError
from mobius_tui.health.once import Seen, look_once
from mobius_tui.health.target import Target, target
from mobius_tui.run.briefing import Briefing
from mobius_tui.runbook.model_health import Probe
from mobius_tui.runbook.templates import fill


async def first_look(briefing: Briefing, given: Mapping[str, str]) -> tuple[Seen, ...]:
    """Ask every probe of a runbook once; this goes over the network.

    Args:
        briefing: what is known.
        given: what the person has filled in so far.
    """
    health = briefing.runbook.health
    filler = _filler(briefing, given)
    ready: list[Target] = []
    not_ready: list[Seen] = []
    for probe in health.probes if health is not None else ():
        try:
            ready.append(_here(briefing, probe, filler))
        except MobiusError as error:
            not_ready.append(Seen(id=probe.id, state="no data", words=str(error)))
    return (*await look_once(tuple(ready)), *not_ready)


def _filler(briefing: Briefing, given: Mapping[str, str]) -> Callable[[str], str]:
    known = {
        **{name: value for name, (value, _) in briefing.values.items()},
        **briefing.secrets,
        **{name: value for name, value in given.items() if value},
    }

    def value(name: str) -> str:
        if name not in known:
            raise RunError(f"{name} is not filled in yet")
        return known[name]

    return lambda words: fill(words, value)


def _here(briefing: Briefing, probe: Probe, filler: Callable[[str], str]) -> Target:
    found = target(probe, filler)
    if found.ca is None:
        return found
    return replace(found, ca=str(briefing.workdir / found.ca))
