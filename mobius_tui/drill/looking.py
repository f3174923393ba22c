"""A look at everything on a broken site, before anybody repairs anything.

Most checks of a runbook prove a repair: a drill that goes well never sees them red. So
a drill may begin with one look of each on the broken site, with triggers given the time
that they need; and end with one on a wreck. What was red then is kept with the drill.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from mobius_tui.drill.faults.obstacles import backups, is_intact
from mobius_tui.drill.seen import Sighting, Subject, subjects, tally
from mobius_tui.drill.site import Site
from mobius_tui.drill.wreck import wreck
from mobius_tui.errors import MobiusError
from mobius_tui.health.record import Check as ProbeCheck
from mobius_tui.health.trigger import Fired
from mobius_tui.run.briefing import Briefing
from mobius_tui.run.checks.context import Context
from mobius_tui.run.checks.filled import filled
from mobius_tui.run.checks.look import look
from mobius_tui.run.fold import initial
from mobius_tui.run.follow import Follower
from mobius_tui.run.plan import Plan
from mobius_tui.run.rules import RunRules
from mobius_tui.run.state import RunState
from mobius_tui.run.steps import Value
from mobius_tui.run.takeover import environment
from mobius_tui.run.variables import Values, check_env
from mobius_tui.runbook.limits import seconds
from mobius_tui.runbook.model import Runbook, Step
from mobius_tui.runbook.model_check import Check, OutputCheck, RunCheck

BEATS = 8
"""Checks of each probe: three more than the five that the slowest trigger wants."""
AT_ONCE = 4
"""Looks at the same time."""
_FILE = "run/looks.json"


def likely_values(site: Site) -> dict[str, str]:
    """What a run on a site would come to know: its newest backup, and what is in it."""
    found: dict[str, str] = {}
    newest = backups(site)
    if newest:
        found["backup_file"] = str(newest[0])
        found["backup_sha256"] = hashlib.sha256(newest[0].read_bytes()).hexdigest()
    good = next((each for each in newest if is_intact(each)), None)
    folder = site.root / "tmp" / "looked"
    if good is not None and not folder.exists():
        with zipfile.ZipFile(good) as archive:
            archive.extractall(folder)
    if folder.exists():
        found["restored"] = str(folder)
    return found


class Looking:
    """One look at each check of a runbook, and a few at each probe."""

    def __init__(
        self,
        plan: Plan,
        state: RunState,
        *,
        workdir: Path,
        env: Mapping[str, str],
        secrets: Mapping[str, str],
    ) -> None:
        """Make it ready; looks at nothing yet.

        Args:
            plan: the runbook's.
            state: what is known; of a run, or of one that may begin.
            workdir: what relative paths are relative to.
            env: what predicates start from.
            secrets: the values of secrets that are known.
        """
        self._plan = plan
        self._state = state
        self._workdir = workdir
        self._env = env
        self._values = Values(state, now=time.time(), secrets=secrets)
        self._subjects = {each.key: each for each in subjects(plan)}
        self._room = asyncio.Semaphore(AT_ONCE)

    async def look(self) -> tuple[Sighting, ...]:
        """Look at all of it; what cannot be looked at yet is left out."""
        checks = asyncio.ensure_future(self.look_at_checks())
        health = await self._health()
        return (*health, *await checks)

    async def look_at_checks(self) -> tuple[Sighting, ...]:
        """Look at each check of each step, once."""
        looks = [
            self._check(self._subjects[f"check {step.id} {index}"], step, check)
            for step in self._plan.steps.values()
            for index, check in enumerate(step.checks)
        ]
        found = await asyncio.gather(*looks)
        return tuple(each for each in found if each is not None)

    async def _check(
        self, subject: Subject, step: Step, check: Check
    ) -> Sighting | None:
        context = self._context(step, check)
        if context is None:
            return None
        async with self._room:
            sight = await look(check, context)
        return tally(subject, [(time.time(), sight.held)])

    def _context(self, step: Step, check: Check) -> Context | None:
        """Where it looks; `None` where something is not known that it needs."""
        if isinstance(check, OutputCheck) or not self._is_known(check):
            return None  # nothing was run, or it has no value yet
        env = dict(self._env)
        try:
            env |= check_env(step, self._plan.runbook, self._values)
        except MobiusError:
            if isinstance(check, RunCheck):
                return None
        return Context(
            workdir=self._workdir,
            env=env,
            fill=self._values.fill,
            own=frozenset({os.getpid()}),
        )

    def _is_known(self, check: Check) -> bool:
        with suppress(MobiusError):
            filled(check, self._values.fill)
            return True
        return False

    async def _health(self) -> list[Sighting]:
        """What the probes and triggers say within some beats."""
        health = self._plan.runbook.health
        if health is None or not health.probes:
            return []
        from mobius_tui.health.probe import Prober
        from mobius_tui.health.target import target

        seen: dict[str, list[tuple[float, bool]]] = {}
        rules = RunRules(self._plan, self._state)

        def take(check: ProbeCheck) -> None:
            if check.state != "no data":
                held = check.state == "ok"
                seen.setdefault(f"probe {check.probe}", []).append((check.at, held))
            for change in rules.apply(check):
                if isinstance(change, Fired):
                    key = f"trigger {change.probe} {change.rule}"
                    seen.setdefault(key, []).append((check.at, False))

        try:
            every = seconds(self._values.fill(health.every), "every")
            ready = tuple(target(each, self._values.fill) for each in health.probes)
        except (MobiusError, ValueError):
            return []
        with suppress(TimeoutError):
            async with asyncio.timeout(BEATS * every):
                await Prober(ready, every=every).run(take)
        return list(self._tallies(seen))

    def _tallies(
        self, seen: Mapping[str, list[tuple[float, bool]]]
    ) -> Iterator[Sighting]:
        for key, subject in self._subjects.items():
            if key in seen:
                yield tally(subject, seen[key])
            elif key.startswith("trigger ") and f"probe {key.split()[1]}" in seen:
                yield tally(subject, [(time.time(), True)])


def look_before(briefing: Briefing, site: Site, answers: Mapping[str, str]) -> None:
    """Look at everything before a run begins, and leave with the site what was seen.

    Args:
        briefing: what the run is going to begin with.
        site: the broken site.
        answers: what the run is going to be told.
    """
    runbook = briefing.runbook
    looking = Looking(
        Plan(runbook),
        _known(runbook, briefing, {**likely_values(site), **answers}),
        workdir=briefing.workdir,
        env={**os.environ, "PATH": briefing.path, **briefing.places},
        secrets=dict(briefing.secrets),
    )
    keep(site.root, asyncio.run(looking.look()))


def look_after(run: Follower, site: Site) -> tuple[Sighting, ...]:
    """Wreck a site on which a run has ended, and look at every check once more.

    Args:
        run: what was run on it.
        site: it is of no use to anybody after this.
    """
    known = likely_values(site)
    wreck(site)
    for name, value in known.items():
        if name in run.runbook.variables and name not in run.state.variables:
            run.state.variables[name] = Value(text=value, source="begin")
    looking = Looking(
        run.plan,
        run.state,
        workdir=Path(run.began.workdir),
        env=environment(run.began),
        secrets={},
    )
    return asyncio.run(looking.look_at_checks())


def _known(runbook: Runbook, briefing: Briefing, more: Mapping[str, str]) -> RunState:
    """The state of a run that knows all that can be known beforehand."""
    state = initial(runbook)
    for name, value in more.items():
        if name in runbook.variables:
            state.variables[name] = Value(text=value, source="begin")
    for name, (value, source) in briefing.values.items():
        state.variables[name] = Value(text=value, source=source)
    for name in briefing.secrets:
        state.variables[name] = Value(text=None, source="secret")
    return state


def keep(root: Path, looks: tuple[Sighting, ...]) -> None:
    """Leave with the site what was seen, for whoever keeps the score."""
    (root / _FILE).write_text(json.dumps([asdict(each) for each in looks]) + "\n")


def kept_looks(root: Path) -> tuple[Sighting, ...] | None:
    """What was seen before the run; `None` where nobody looked."""
    try:
        said = json.loads((root / _FILE).read_text())
        return tuple(Sighting(**each) for each in said)
    except (OSError, ValueError, TypeError):
        return None
