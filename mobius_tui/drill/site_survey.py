"""Every check tried on a broken site before a run, and on its wreck after the run."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import time
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from msgspec.structs import asdict

from mobius_tui.drill.detections import (
    CheckKey,
    DetectionCounts,
    ProbeKey,
    Subject,
    SubjectKey,
    count_looks,
    merge_detections,
    parse_key,
    subjects,
)
from mobius_tui.drill.faults.rollback_faults import backups, is_intact
from mobius_tui.drill.site import site_services
from mobius_tui.drill.site.drill_site import Site
from mobius_tui.drill.site.site_files import DUMPS_FOLDER, RELEASES_FOLDER
from mobius_tui.errors import MobiusError, RunError
from mobius_tui.health.health_record import ProbeResult
from mobius_tui.health.probe_target import fill_probe
from mobius_tui.health.trigger import Fired, TriggerKey
from mobius_tui.run.checks.context import CheckContext, fill_check
from mobius_tui.run.checks.run_check import make_probe_look, run_check
from mobius_tui.run.client.run_briefing import Briefing
from mobius_tui.run.host.host_setup import step_environment
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.trigger_rules import RunTriggerRules
from mobius_tui.run.planning.variables import Values, check_env
from mobius_tui.run.state.reducer import initial_state
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import StateVariable
from mobius_tui.run.storage.kept_files import temporary_files
from mobius_tui.runbook.model.check_kinds import (
    Check,
    LogCheck,
    OutputCheck,
    RunCheck,
    SqlCheck,
)
from mobius_tui.runbook.model.runbook import Runbook, Step


def wreck_site(site: Site) -> None:
    """Stop all services of a site and destroy its files, so that its checks fail.

    Raises:
        OSError: a file of it is not there any more.
        TimeoutError: a service is there even after SIGKILL.
    """
    # Its files may forbid SIGKILL.
    shutil.rmtree(site.root / "systemd", ignore_errors=True)
    for unit in reversed(site_services.UNITS):
        site_services.stop(site.root, unit)
    for backup in backups(site):
        backup.write_bytes(b"")
    (site.root / "data" / "mobius.db").write_text("this was a database\n")
    for kept in (RELEASES_FOLDER, DUMPS_FOLDER):
        for file in (site.root / kept).iterdir():
            file.write_bytes(b"")
    for script in (site.root / "scripts" / "deploy").glob("*.sh"):
        script.chmod(0o600)
    for name in ("src", "node_modules"):
        shutil.rmtree(site.root / name, ignore_errors=True)
    for folder in (site.config, *site.root.glob("config/backup")):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o755)


CHECKS_PER_PROBE = 8
"""Checks of each probe: three more than the five that the slowest trigger wants."""
LONGEST_SURVEY = 30.0
"""Seconds in which probes are asked at most: a service may answer very late."""
MAX_CONCURRENT_CHECKS = 4
"""Looks at the same time."""
_FILE = "run/looks.json"


def likely_values(site: Site) -> dict[str, str]:
    """Values for variables that a run would set, guessed from the backups.

    Unpacks the newest intact backup into the site's `tmp/looked`, once, as `restored`.
    """
    found: dict[str, str] = {}
    newest = backups(site)
    if newest:
        found["backup_file"] = found["backup_copy"] = str(newest[0])
        found["rollback_plan"] = f"back to {newest[0].name}"
        found["backup_sha256"] = hashlib.sha256(newest[0].read_bytes()).hexdigest()
    good = next((each for each in newest if is_intact(each)), None)
    folder = site.root / "tmp" / "looked"
    if good is not None and not folder.exists():
        with zipfile.ZipFile(good) as archive:
            archive.extractall(folder)
    if folder.exists():
        found["restored"] = str(folder)
    return found


class EnoughChecksError(Exception):
    """Each probe has been asked as often as is wanted."""


class SiteSurvey:
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
            env: the environment of the checks' scripts, before a step's own variables.
            secrets: the values of secrets that are known.
        """
        self._plan = plan
        self._state = state
        self._workdir = workdir
        self._env = env
        self._values = Values(
            state, now=time.time(), secrets=secrets, name_of=plan.name
        )
        self._subjects = {each.key: each for each in subjects(plan)}
        self._slots = asyncio.Semaphore(MAX_CONCURRENT_CHECKS)

    async def survey(self) -> tuple[DetectionCounts, ...]:
        """Look at all of it; what cannot be looked at yet is left out."""
        checks = asyncio.ensure_future(self.survey_checks())
        health = await self._health()
        return (*health, *await checks)

    async def survey_checks(self) -> tuple[DetectionCounts, ...]:
        """Look at each check of each step, once; those of rows count for their step."""
        parent_of = self._plan.parent_of
        looks = [
            self._check(
                self._subjects[CheckKey(parent_of.get(step.id, step.id), index)],
                step,
                check,
            )
            for step in self._plan.steps.values()
            for index, check in enumerate(step.checks)
        ]
        found = await asyncio.gather(*looks)
        seen = merge_detections(each for each in found if each is not None)
        return tuple(seen.values())

    async def _check(
        self, subject: Subject, step: Step, check: Check
    ) -> DetectionCounts | None:
        context = self._context(step, check)
        if context is None:
            return None
        async with self._slots:
            result = await run_check(check, context)
        return count_looks(subject, [(time.time(), result.held)])

    def _context(self, step: Step, check: Check) -> CheckContext | None:
        """The context to run a check in.

        `None` if a variable it needs has no value yet.
        """
        if isinstance(check, OutputCheck | LogCheck) or not self._is_known(check):
            return None  # nothing was run, or it has no value yet
        env = dict(self._env)
        try:
            env |= check_env(step, self._plan.runbook, self._values)
        except MobiusError:
            if isinstance(check, RunCheck | SqlCheck):
                return None
        return CheckContext(
            workdir=self._workdir,
            env=env,
            fill=self._values.fill,
            own_pids=frozenset({os.getpid()}),
        )

    def _probe_context(self, check: Check) -> CheckContext:
        """The context to run a probe's check in.

        Raises:
            RunError: a variable it needs has no value yet.
        """
        found = self._context(Step(id="", title="", checks=(check,)), check)
        if found is None:
            raise RunError("a variable has no value yet")
        return found

    def _is_known(self, check: Check) -> bool:
        with suppress(MobiusError):
            fill_check(check, self._values.fill)
            return True
        return False

    async def _health(self) -> list[DetectionCounts]:
        """The counts of probes and triggers, from asking each probe several times.

        Until each has `CHECKS_PER_PROBE` checks with data, or as many without any, but
        for `LONGEST_SURVEY` seconds at most.
        """
        health = self._plan.runbook.health
        if health is None or not health.probes:
            return []
        from mobius_tui.health.probe import Prober

        seen: dict[SubjectKey, list[tuple[float, bool]]] = {}
        asked: Counter[str] = Counter()
        rules = RunTriggerRules(self._plan, self._state)
        try:
            every = self._values.seconds(health.every, "every")
            ready = tuple(
                fill_probe(each, self._values.fill)
                for each in health.probes
                if not each.hosts
            )
        except MobiusError:
            return []

        def is_done(probe: str) -> bool:
            """Whether it was looked at often enough, or nothing comes of looking."""
            looks = len(seen.get(ProbeKey(probe), ()))
            return looks >= CHECKS_PER_PROBE or (
                not looks and asked[probe] >= CHECKS_PER_PROBE
            )

        def take(check: ProbeResult) -> None:
            asked[check.probe] += 1
            if check.state != "no data":
                held = check.state == "ok"
                seen.setdefault(ProbeKey(check.probe), []).append((check.at, held))
            for change in rules.apply_probe_result(check):
                if isinstance(change, Fired):
                    key = TriggerKey(change.probe, change.rule)
                    seen.setdefault(key, []).append((check.at, False))
            if all(is_done(each.id) for each in ready):
                raise EnoughChecksError

        look = make_probe_look(self._probe_context)
        try:
            async with asyncio.timeout(LONGEST_SURVEY):
                await Prober(ready, every=every, look=look).run(take)
        except* (EnoughChecksError, TimeoutError):
            pass
        return list(self._tallies(seen))

    def _tallies(
        self, seen: Mapping[SubjectKey, list[tuple[float, bool]]]
    ) -> Iterator[DetectionCounts]:
        for key, subject in self._subjects.items():
            if key in seen:
                yield count_looks(subject, seen[key])
            elif isinstance(key, TriggerKey) and ProbeKey(key.probe) in seen:
                yield count_looks(subject, [(time.time(), True)])


def survey_before_run(
    briefing: Briefing, site: Site, answers: Mapping[str, str]
) -> None:
    """Survey a broken site before a run, and write the counts to the site's folder.

    Args:
        briefing: what the run is going to begin with.
        site: the broken site.
        answers: the values that the run will be given for its questions.
    """
    runbook = briefing.runbook
    env = {**os.environ, "PATH": briefing.search_path, **briefing.home_and_tmpdir}
    with temporary_files(runbook.files, env) as with_files:
        looking = SiteSurvey(
            Plan(runbook),
            _known_variables(runbook, briefing, {**likely_values(site), **answers}),
            workdir=briefing.workdir,
            env=with_files,
            secrets=dict(briefing.secrets),
        )
        write_survey(site.root, asyncio.run(looking.survey()))


def survey_after_run(run: Follower, site: Site) -> tuple[DetectionCounts, ...]:
    """Wreck a site on which a run has ended, and look at every check once more.

    Args:
        run: what was run on it.
        site: the site, which cannot be used after this.

    Raises:
        OSError: a file of the site is not there any more.
        TimeoutError: a service is there even after SIGKILL.
    """
    known = likely_values(site)
    wreck_site(site)
    for name, value in known.items():
        if name in run.runbook.variables and name not in run.state.variables:
            run.state.variables[name] = StateVariable(text=value, source="begin")
    looking = SiteSurvey(
        run.plan,
        run.state,
        workdir=Path(run.began.workdir),
        env=step_environment(run.directory, run.began),
        secrets={},
    )
    return asyncio.run(looking.survey_checks())


def _known_variables(
    runbook: Runbook, briefing: Briefing, more: Mapping[str, str]
) -> RunState:
    """The state of a run with every variable that has a value before the run."""
    state = initial_state(runbook)
    for name, value in more.items():
        if name in runbook.variables:
            state.variables[name] = StateVariable(text=value, source="begin")
    for name, (value, source) in briefing.values.items():
        state.variables[name] = StateVariable(text=value, source=source)
    for name in briefing.secrets:
        state.variables[name] = StateVariable(text=None, source="secret")
    return state


def write_survey(root: Path, counts: tuple[DetectionCounts, ...]) -> None:
    """Write the counts to the site's folder, where `judge_drill` reads them."""
    rows = [{**asdict(each), "key": str(each.key)} for each in counts]
    (root / _FILE).write_text(json.dumps(rows) + "\n")


def read_survey(root: Path) -> tuple[DetectionCounts, ...] | None:
    """The counts of the survey before the run; `None` if none can be read."""
    try:
        rows = json.loads((root / _FILE).read_text())
        return tuple(
            DetectionCounts(**{**each, "key": parse_key(each["key"])}) for each in rows
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
