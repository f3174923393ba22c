"""Asks a runbook's probes once before a run, with the values known by then."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from mobius_tui.errors import MobiusError, RunError
from mobius_tui.health.probe import ProbePreview, probe_once
from mobius_tui.health.probe_target import ProbeTarget, fill_probe
from mobius_tui.run.checks.context import CheckContext
from mobius_tui.run.checks.run_check import make_probe_look
from mobius_tui.run.client.run_briefing import Briefing
from mobius_tui.run.storage.redaction import redact
from mobius_tui.runbook.model.check_kinds import Check, RunCheck
from mobius_tui.runbook.model.probes import Probe
from mobius_tui.runbook.text.template_text import fill
from mobius_tui.structs import replace


async def preview_probes(
    briefing: Briefing, given: Mapping[str, str]
) -> tuple[ProbePreview, ...]:
    """Ask a runbook's probes once, over the network, as far as they can be now.

    Probes of hosts, and those whose variables are not known yet, are not asked: their
    previews come last, with state `no data`, and say why. A check that is a command is
    not run.

    Args:
        briefing: what is known.
        given: what the person has filled in so far.
    """
    health = briefing.runbook.health
    filler = _fill_known(briefing, given)
    ready: list[ProbeTarget] = []
    not_ready: list[ProbePreview] = []
    for probe in health.probes if health is not None else ():
        if probe.hosts:
            words = "its hosts are looked at once the run has begun"
            not_ready.append(ProbePreview(id=probe.id, state="no data", words=words))
            continue
        try:
            ready.append(_target_of(briefing, probe, filler))
        except MobiusError as error:
            not_ready.append(
                ProbePreview(id=probe.id, state="no data", words=str(error))
            )
    look = make_probe_look(lambda check: _context(briefing, check, filler))
    return (*await probe_once(tuple(ready), look), *not_ready)


def _context(
    briefing: Briefing, check: Check, filler: Callable[[str], str]
) -> CheckContext:
    """What a probe's check sees before the run.

    Raises:
        RunError: it would run a command: nothing does before Begin.
    """
    if isinstance(check, RunCheck):
        raise RunError("its command is run once the run has begun")
    env = {**os.environ, **briefing.home_and_tmpdir, "PATH": briefing.search_path}
    return CheckContext(
        workdir=briefing.workdir,
        env=env,
        fill=filler,
        own_pids=frozenset({os.getpid()}),
        redact=lambda text: redact(text, briefing.secrets.values()),
    )


def _fill_known(briefing: Briefing, given: Mapping[str, str]) -> Callable[[str], str]:
    values = {
        **{name: value for name, (value, _) in briefing.values.items()},
        **briefing.secrets,
        **{name: value for name, value in given.items() if value},
    }

    def value(name: str) -> str:
        if name not in values:
            raise RunError(f"{name} is not filled in yet")
        return values[name]

    return lambda words: fill(words, value)


def _target_of(
    briefing: Briefing, probe: Probe, filler: Callable[[str], str]
) -> ProbeTarget:
    target = fill_probe(probe, filler)
    if target.ca is None:
        return target
    return replace(target, ca=str(briefing.workdir / target.ca))
