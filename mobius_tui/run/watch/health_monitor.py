"""Runs a run's probes, samples the machine, and writes `health.jsonl`."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import re
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

from mobius_tui.errors import MobiusError
from mobius_tui.health.health_record import MachineSample, ProbeResult, encode_record
from mobius_tui.health.local_machine import MachineSampler
from mobius_tui.health.probe_target import ProbeTarget, fill_probe
from mobius_tui.health.probe_window import CurrentHealth, hosts_cycle, stale_after
from mobius_tui.run.attempts.run_context import RunContext
from mobius_tui.run.attempts.stopping import running_process_groups
from mobius_tui.run.attempts.value_sources import obtain_secrets
from mobius_tui.run.checks.context import CheckContext
from mobius_tui.run.checks.machine_checks import unit_states_now
from mobius_tui.run.checks.run_check import make_probe_look
from mobius_tui.run.events.run_events import HEALTH_IS_WELL
from mobius_tui.run.journal.journal import Clock
from mobius_tui.run.keeper.disk_full import DISK_FULL_ERRNOS
from mobius_tui.run.planning.variables import check_env, probe_variable_names
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.safe_open import open_regular
from mobius_tui.run.watch.host_probes import has_values, host_prober
from mobius_tui.runbook.model.check_kinds import Check, ProcessCheck, ServiceCheck
from mobius_tui.runbook.model.probes import Health
from mobius_tui.runbook.model.runbook import Runbook, Step
from mobius_tui.structs import replace

SYSTEMCTL_INTERVAL = 10.0
"""Seconds between two calls of `systemctl` while no step begins or ends: each is a
process of its own."""
SECRET_RETRY_INTERVAL = 60.0
"""Seconds between two attempts to get the secrets that probes send."""
SYSTEMCTL_PAUSE = 1.0
"""Seconds between two calls at least."""
SYSTEMCTL_TIMEOUT = 5.0
"""Seconds that a call may take."""


UNWELL_REMEDY = "the run is over, the trouble is not: find out why, or call its owner"
"""What is said at the end of a run of a service that is not well, where the runbook
says nothing of it."""


class UnitMonitor:
    """The states of systemd units, by the last call of `systemctl`."""

    def __init__(self) -> None:
        """Begin without any states."""
        self.states: Mapping[str, str] = {}
        """By unit; empty where no check names one, or there is no systemd."""

    async def watch(
        self, context: RunContext, *, every: float, at_rest: float = SYSTEMCTL_INTERVAL
    ) -> None:
        """Ask for the states again and again, while checks name units.

        It returns as soon as no check names one. While no name can be filled in, it
        waits, as the values may come later.

        Args:
            context: the run's.
            every: seconds between two checks of health; `systemctl` is called no more
                often, and so often only while steps begin and end.
            at_rest: seconds between two calls while no step does.
        """
        pause = max(every, SYSTEMCTL_PAUSE)
        while checks := _checks_of_active_units(context):
            names = _unit_names(context, checks)
            if not names:  # they may be known later
                await asyncio.sleep(every)
                continue
            steps, waited = _step_statuses(context), 0.0
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(SYSTEMCTL_TIMEOUT):
                    self.states = await unit_states_now(names, _check_context(context))
            # A step that begins or ends may have started a unit, or seen it started.
            while waited < at_rest and _step_statuses(context) == steps:
                await asyncio.sleep(pause)
                waited += pause
            await asyncio.sleep(pause)


def _step_statuses(context: RunContext) -> list[Status]:
    return [own.status for own in context.state.steps.values()]


def _checks_of_active_units(context: RunContext) -> tuple[ServiceCheck, ...]:
    """The checks that want units active."""
    return tuple(
        check
        for step in context.plan.steps.values()
        for check in step.checks
        if isinstance(check, ServiceCheck) and "active" in check.state
    )


def _unit_names(context: RunContext, checks: Iterable[ServiceCheck]) -> tuple[str, ...]:
    """The units of checks, as far as their names can be filled in by now."""
    values = context.values()
    names: dict[str, None] = {}
    for check in checks:
        for name in check.names:
            with suppress(MobiusError):
                names[values.fill(name)] = None
    return tuple(name for name in names if name and not name.startswith("-"))


def _check_context(context: RunContext, check: Check | None = None) -> CheckContext:
    """The run, for a probe's check with the variables that it reads.

    Raises:
        MobiusError: one of them has no value.
    """
    began = context.state.began
    assert began is not None
    env = dict(context.env)
    if check is not None:
        step = Step(id="", title="", checks=(check,))
        env |= check_env(step, context.plan.runbook, context.values())
    return CheckContext(
        workdir=Path(began.workdir),
        env=env,
        fill=context.values().fill,
        step_groups=running_process_groups(context),
        own_pids=frozenset({os.getpid()}),
        redact=context.redact,
    )


READ_BYTES = 1 << 16
"""Bytes that are read at once: each thread of the host retains the memory of its
largest read."""


def _shown_words(context: RunContext, words: str) -> str:
    """What a probe says, without secrets; nothing of it while one is lost."""
    if words and (lost := context.state.unsettled_secrets):
        return f"not shown: {', '.join(lost)} not known any more"
    return context.redact(words)


class HealthMonitor:
    """Runs the probes and records their results; `${health.PROBE}` comes from them."""

    def __init__(self, directory: RunDirectory, runbook: Runbook, clock: Clock) -> None:
        self._runbook = runbook
        self._clock = clock
        self._path = directory.health
        flags = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        self._file = os.open(directory.health, flags)
        self._size = 0
        self._hash = hashlib.sha256()
        self._digest_lock = threading.Lock()
        """Held while `_size` and `_hash` change: a thread outlives a cancelled task."""
        self._health = CurrentHealth()
        self._check_cycle = 5.0
        self._hosts_cycles: dict[str, float] = {}
        """Seconds from look to look, by probe that looks at hosts."""
        self._units = UnitMonitor()
        self.on_record: Callable[[ProbeResult | MachineSample], None] = lambda _: None
        """Called with each record after it is applied to the current health."""
        self._unwritten_rest = b""
        """The unwritten rest of a line that was cut short by a full disk."""
        self.failed: str | None = None
        """Why nothing is written any more."""
        self._shown: Callable[[str], str] = str
        """Gives words of a probe as they may be kept."""

    def states(self) -> Mapping[str, str]:
        """Each probe's state, in a word; unknown where the last check is old."""
        now = self._clock.wall()
        looked = self.last_checks()
        return {
            probe_id: window.status(now).state
            if looked.get(probe_id, 0.0) >= now - self.stale_after(probe_id)
            else "unknown"
            for probe_id, window in self._health.windows.items()
        }

    def text_at_end(self) -> str | None:
        """How health is as the run ends, in words; `None` where it has no probes."""
        health = self._runbook.health
        if health is None:
            return None
        known = self.states()
        states = {each.id: known.get(each.id, "unknown") for each in health.probes}
        unwell = self._health.unwell_text(states, self._clock.wall())
        if not unwell:
            return HEALTH_IS_WELL
        remedy = health.unwell or UNWELL_REMEDY
        return f"health is not well: {unwell}; {remedy}"

    def stale_after(self, probe: str) -> float:
        """Seconds after which a probe's last check is too old to count."""
        return stale_after(self._hosts_cycles.get(probe, self._check_cycle))

    def last_checks(self) -> Mapping[str, float]:
        """When each probe was last asked, in seconds since 1970."""
        windows = self._health.windows.items()
        return {i: window.last.at for i, window in windows if window.last is not None}

    async def watch(self, context: RunContext) -> None:
        """Probe for as long as the host lives.

        An error of this program is logged, and probing starts again: it must not end
        the run, and a probe that is not asked shows as old.
        """
        self._shown = partial(_shown_words, context)
        while True:
            try:
                await self._watch(context)
            except Exception:  # noqa: BLE001 - the run goes on without it
                traceback.print_exc()
            await asyncio.sleep(self._interval(context))

    async def _watch(self, context: RunContext) -> None:
        health = self._runbook.health
        every = self._interval(context)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._sample_machine(context, every))
            tasks.create_task(self._units.watch(context, every=every))
            if health is None:
                return
            if len(health.host_probes) < len(health.probes):
                tasks.create_task(self._run_probes(context, every, tasks))
            if health.host_probes:
                tasks.create_task(self._run_host_probes(context, health))

    def _interval(self, context: RunContext) -> float:
        """Seconds from check to check."""
        health = self._runbook.health
        if health is None:
            return 5.0
        try:
            return context.values().seconds(health.every, "every")
        except MobiusError as error:
            print(f"health.every: {error}; 5 s it is", flush=True)  # noqa: T201
            return 5.0

    async def _run_probes(
        self,
        context: RunContext,
        every: float,
        tasks: asyncio.TaskGroup,
    ) -> None:
        # Imported late: httpx is a fifth of a host's start; many runs have no probe.
        from mobius_tui.health.probe import Prober

        health = self._runbook.health
        assert health is not None
        tasks.create_task(self._obtain_secrets(context))
        prober: asyncio.Task[None] | None = None
        shown: tuple[ProbeTarget, ...] = ()
        while True:
            targets = self._targets(context)
            if targets != shown:
                if prober is not None:
                    prober.cancel()
                shown = targets
                self._check_cycle = max(
                    every, *(target.timeout for target in targets), 0.0
                )
                runner = Prober(
                    targets,
                    every=every,
                    witness=self._witnesses(context),
                    look=make_probe_look(lambda check: _check_context(context, check)),
                    wall=self._clock.wall,
                )
                prober = tasks.create_task(runner.run(self._write))
            await asyncio.sleep(every)

    async def _obtain_secrets(self, context: RunContext) -> None:
        """Get the secrets that probes send; until then those are not asked."""
        health = self._runbook.health
        assert health is not None
        names = [n for each in health.probes for n in probe_variable_names(each)]
        while lacking := await obtain_secrets(context, names):
            print(f"probes: {lacking}", flush=True)  # noqa: T201 - the host's log
            await asyncio.sleep(SECRET_RETRY_INTERVAL)

    def _targets(self, context: RunContext) -> tuple[ProbeTarget, ...]:
        """The probes whose variables all have values, filled in."""
        health = self._runbook.health
        assert health is not None
        values = context.values()
        ready = []
        for probe in health.probes:
            if not probe.hosts and has_values(context, probe):
                try:
                    ready.append(
                        self._with_certificates(context, fill_probe(probe, values.fill))
                    )
                except MobiusError as error:
                    print(f"probe {probe.id}: {error}", flush=True)  # noqa: T201
        return tuple(ready)

    async def _run_host_probes(self, context: RunContext, health: Health) -> None:
        """Look at the hosts of the probes that have some."""
        try:
            every = context.values().seconds(health.hosts_every, "hosts_every")
        except MobiusError as error:
            every = 15.0
            print(f"health.hosts_every: {error}; 15 s it is", flush=True)  # noqa: T201
        cycle = hosts_cycle(every)
        self._hosts_cycles = {probe.id: cycle for probe in health.host_probes}
        prober = host_prober(context, health, wall=self._clock.wall)

        await prober.run(self._write, every=every)

    @staticmethod
    def _with_certificates(context: RunContext, target: ProbeTarget) -> ProbeTarget:
        """A target whose relative `ca` is joined to the run's working directory."""
        began = context.state.began
        if target.ca is None or began is None:
            return target
        return replace(target, ca=str(Path(began.workdir) / target.ca))

    def _witnesses(self, context: RunContext) -> tuple[str, ...]:
        """The witnesses with their variables filled in."""
        health = self._runbook.health
        assert health is not None
        values = context.values()
        try:
            return tuple(values.fill(text) for text in health.witness)
        except MobiusError as error:
            print(f"health.witness: {error}", flush=True)  # noqa: T201
            return ()

    async def _sample_machine(self, context: RunContext, every: float) -> None:
        began = context.state.began
        assert began is not None
        machine = MachineSampler(Path(began.workdir), self._process_patterns(context))
        while True:
            sample = await asyncio.to_thread(
                machine.sample,
                at=self._clock.wall(),
                mono=self._clock.mono(),
                excluded_groups=running_process_groups(context),
                excluded_pids=frozenset({os.getpid()}),
            )
            self._write(replace(sample, services=self._units.states))
            await asyncio.sleep(every)

    def _process_patterns(self, context: RunContext) -> dict[str, str]:
        """By a label with the step's number, the pattern that its process check counts.

        The label is not the step's title, which does not name what is counted.
        """
        values = context.values()
        patterns: dict[str, str] = {}
        for step in context.plan.steps.values():
            for check in step.checks:
                if isinstance(check, ProcessCheck) and check.count != "0":
                    name = f"{context.plan.numbers[step.id]} processes"
                    name = name if name not in patterns else check.match
                    with contextlib.suppress(MobiusError, re.error):
                        pattern = values.fill(check.match)
                        re.compile(pattern)
                        patterns[name] = pattern
        return patterns

    def _write(self, record: ProbeResult | MachineSample) -> None:
        if isinstance(record, ProbeResult):
            summary, reason = map(self._shown, (record.summary, record.reason))
            record = replace(record, summary=summary, reason=reason)
        self._health.apply(record)
        self.on_record(record)
        if self.failed is not None:
            return
        try:
            self._append(encode_record(record))
        except OSError as error:
            self.failed = error.strerror or str(error)
            print(f"{self._path}: {self.failed}", flush=True)  # noqa: T201

    def _append(self, line: bytes) -> None:
        """Write a line, after the rest of the one before.

        On a full disk a line that has begun is continued once there is space; others
        are left out.

        Raises:
            OSError: it failed in another way.
        """
        for data in (self._unwritten_rest, line):
            rest = memoryview(data)
            while rest:
                try:
                    rest = rest[os.write(self._file, rest) :]
                except OSError as error:
                    if error.errno not in DISK_FULL_ERRNOS:
                        raise
                    begun = data is self._unwritten_rest or len(rest) < len(data)
                    self._unwritten_rest = bytes(rest) if begun else b""
                    return
            self._unwritten_rest = b""

    def digest(self) -> tuple[int, str]:
        """The size and SHA-256 of what has been written so far.

        Raises:
            OSError: the file cannot be read.
        """
        with self._digest_lock, open_regular(self._path) as file:
            file.seek(self._size)
            while data := file.read(READ_BYTES):
                self._hash.update(data)
                self._size += len(data)
        return self._size, self._hash.copy().hexdigest()

    def close(self) -> None:
        """Write no more."""
        self.failed = self.failed or "the host has ended"
        os.close(self._file)
