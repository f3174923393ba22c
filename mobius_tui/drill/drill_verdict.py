"""The end of a drill: what is still wrong with the site, and the score on record."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from mobius_tui.drill import drill_record
from mobius_tui.drill.detections import (
    DetectionCounts,
    detection_counts,
    merge_detections,
)
from mobius_tui.drill.drill_record import DrillRecord, is_own_staging
from mobius_tui.drill.drill_score import FaultFacts, score
from mobius_tui.drill.faults import Fault
from mobius_tui.drill.faults.fleet_faults import FLEET_FAULTS, is_down
from mobius_tui.drill.injection_log import copy_log, injected_faults
from mobius_tui.drill.own_staging import faults_at, unrepaired_faults
from mobius_tui.drill.past_drills import drills_with_score
from mobius_tui.drill.site import site_services
from mobius_tui.drill.site.drill_site import Site, open_site, processes_in, request_site
from mobius_tui.drill.site.fleet_site import on_each_host
from mobius_tui.drill.site.site_files import (
    SiteBaseline,
    digest,
    installed_version,
    read_baseline,
)
from mobius_tui.drill.site_survey import read_survey, survey_after_run
from mobius_tui.errors import EXIT_FAILED, EXIT_OK, MobiusError
from mobius_tui.run.events.mode_and_outcome import ListingState
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.records.run_record import refresh_stats
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.runbook.model.runbook_diff import step_digests
from mobius_tui.structs import replace

HEALTH_REQUESTS = 10
"""Requests for /health: twice the five of which a flapping site fails two."""
API_REQUESTS = 26
"""Requests as users make them: twice the 12.5 in which 8 % of errors show."""
MAX_ANSWER_SECONDS = 5.0
"""Seconds that no answer may take: the P95 limit of the rollback runbook's trigger."""
MAX_ERROR_RATE = 0.05
"""The part of requests that may fail: the error-rate limit of the same trigger."""


def site_problems(site: Site, faults: Sequence[Fault] = ()) -> tuple[str, ...]:
    """What is still wrong with a site; empty when its service is restored.

    Args:
        site: which.
        faults: what was broken; each may add what proves its repair.
    """
    wrong: list[str] = []
    try:
        wrong += _problems_of_fleet(site) if site.hosts else _problems_of_one(site)
        for fault in faults:
            wrong += fault.unrepaired(site)
    except (MobiusError, OSError, ValueError) as error:
        wrong.append(f"the site cannot be looked at: {error}")
    return tuple(dict.fromkeys(wrong))


def _problems_of_one(site: Site) -> Iterator[str]:
    baseline = read_baseline(site.root)
    for look in (_processes, _files, _database):
        yield from look(site, baseline)
    yield from _api_answers(site, baseline)


def _problems_of_fleet(fleet: Site) -> Iterator[str]:
    """Yields what is wrong with each running host, and with the balancer."""
    yield from _inactive_services(fleet)
    for host, wrong in zip(fleet.hosts, on_each_host(fleet, _of_host), strict=True):
        yield from (f"{host}: {each}" for each in wrong)


def _of_host(host: Site) -> tuple[str, ...]:
    return () if is_down(host) else tuple(_problems_of_one(host))


def _inactive_services(site: Site) -> Iterator[str]:
    for unit in site.units:
        word = site_services.state(site.root, unit)
        if word != "active":
            yield f"{unit} is {word}"


def _processes(site: Site, _baseline: SiteBaseline) -> Iterator[str]:
    """Each service is active, and there is one process of it."""
    yield from _inactive_services(site)
    running = [argv for _, argv in processes_in(site.root)]
    for unit in site.units:
        mine = site_services.command(site.root, unit)
        count = sum(argv[: len(mine)] == mine for argv in running)
        if count > 1:
            yield f"{count} processes of {unit} are left"


def _files(site: Site, baseline: SiteBaseline) -> Iterator[str]:
    """Yields what differs from a good release: config, source, packages."""
    if digest(site.config) != baseline.config:
        yield f"config/{site.environment} is not what was backed up"
    if digest(site.root / "src") != baseline.source:
        yield "src/ is not what was released"
    installed = installed_version(site.root)
    if installed not in baseline.releases:
        yield f"package.json names {installed}, which no backup has"
    elif digest(site.root / "node_modules") != baseline.releases[installed]:
        yield f"node_modules/ differs from release {installed}"


def _database(site: Site, baseline: SiteBaseline) -> Iterator[str]:
    """The database is sound, and at the schema of the good releases."""
    file = site.root / "data" / "mobius.db"
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as database:
            (schema,) = database.execute("PRAGMA user_version").fetchone()
            (sound,) = database.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        yield f"the database cannot be read: {error}"
        return
    if sound != "ok":
        yield f"the database is damaged: {sound}"
    if schema != baseline.schema:
        yield f"the schema is at version {schema}, not {baseline.schema}"


def _api_answers(site: Site, baseline: SiteBaseline) -> Iterator[str]:
    """Yields what is wrong with the answers that users get from the API."""
    for _ in range(HEALTH_REQUESTS):
        found = _fetch_json(site, "/health", status="ok")
        if isinstance(found, str):
            yield found
            return
    figures = _fetch_json(site, "/health")
    if isinstance(figures, str):
        yield figures
        return
    deployed = installed_version(site.root)
    paths = ("/", "/api/version", "/api/assets")
    for path in [paths[n % 3] for n in range(API_REQUESTS)]:
        status, body = request_site(site, path, timeout=MAX_ANSWER_SECONDS)
        if status != 200:
            yield f"{path} answers {status or body}"
            return
    for path, name, value in (
        ("/version", "version", deployed),
        ("/api/health/detailed", "status", "ok"),
    ):
        found = _fetch_json(site, path, **{name: value})
        if isinstance(found, str):
            yield found
    assets = _fetch_json(site, "/api/assets")
    count = assets.get("assets") if isinstance(assets, dict) else None
    if not isinstance(count, int) or count < baseline.assets:
        yield f"/api/assets tells of {count} assets; {baseline.assets} were backed up"
    yield from _request_figures(figures.get("requests") or {})


def _request_figures(requests: Any) -> Iterator[str]:
    """Yields what is wrong by the figures of /health; it may answer anything there."""
    try:
        error_rate = float(requests.get("error_rate") or 0.0)
        p95_ms = float(requests.get("p95_ms") or 0.0)
    except (AttributeError, TypeError, ValueError, OverflowError):
        yield "/health gives figures of its requests that are no numbers"
        return
    if error_rate > MAX_ERROR_RATE:
        yield f"{error_rate:.0%} of the requests fail"
    if p95_ms > MAX_ANSWER_SECONDS * 1000:
        yield f"P95 is {p95_ms:.0f} ms"


def _fetch_json(site: Site, path: str, **wanted: str) -> dict[str, Any] | str:
    """The JSON that a path answers; a text where it is not as wanted."""
    began = time.monotonic()
    status, body = request_site(site, path, timeout=MAX_ANSWER_SECONDS)
    if status != 200:
        return f"{path} answers {status or body}"
    if time.monotonic() - began > MAX_ANSWER_SECONDS:
        return f"{path} takes more than {MAX_ANSWER_SECONDS:.0f} s"
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return f"{path} does not answer JSON"
    if not isinstance(found, dict):
        return f"{path} does not answer an object"
    for name, value in wanted.items():
        if found.get(name) != value:
            return f"{path} says that {name} is {found.get(name)!r}, not {value!r}"
    return found


SCORE_WAIT_SECONDS = 60.0
"""The most seconds to wait for the score of a drill: on an idle machine, to examine a
site takes one or two."""
POLL_SECONDS = 0.05
"""Seconds between looks."""


def judge_drill(
    directory: RunDirectory, root: Path, *, is_last: bool = False
) -> DrillRecord:
    """Find what is still wrong with a site, and record the score of its run.

    Args:
        directory: the run, which has ended.
        root: the site's folder.
        is_last: whether the site is removed after this, so that it may be wrecked to
            try every check on it.

    Raises:
        MobiusError: the run or the site cannot be read, or nothing can be written.
    """
    run = Follower(directory)
    with suppress(OSError):  # the score matters more
        copy_log(root, directory.path)
    survey_counts = read_survey(root)
    wrecked: tuple[DetectionCounts, ...] = ()
    try:
        if is_own_staging(root):
            return record_score(
                run,
                _fault_facts(run, root),
                unrepaired_faults(root),
                survey_counts or (),
            )
        site = open_site(root)
        broken = {each.fault for each in injected_faults(root)}
        known = faults_at(root)
        faults = [known[name] for name in sorted(broken) if name in known]
        left = site_problems(site, faults)
    except MobiusError as error:
        return record_score(
            run, _fault_facts(run, root), (str(error),), survey_counts or ()
        )
    if survey_counts is not None and is_last:
        with suppress(OSError, TimeoutError):  # a wreck before anybody wrecked it
            wrecked = survey_after_run(run, site)
    return record_score(
        run, _fault_facts(run, root), left, survey_counts or (), wrecked
    )


def _fault_facts(run: Follower, root: Path) -> FaultFacts:
    """What is known of the faults, and of how they are repaired."""
    facts = injected_fault_facts(root)
    drills = drills_with_score(run.directory.path.parent, run.began.runbook)
    own = is_own_staging(root)
    # A team's own fault may have the name of one of ours: then these are not its steps.
    failing = frozenset() if own else facts.failing_steps
    proven = proven_repair_steps(drills, facts.faults, own_staging=own)
    return replace(facts, repair_steps=proven, own_staging=own, failing_steps=failing)


def injected_fault_facts(root: Path) -> FaultFacts:
    """What is known of what broke a site.

    Raises:
        RunError: the site's injection log cannot be read.
    """
    found = injected_faults(root)
    names = sorted({each.fault for each in found})
    failing = (
        FLEET_FAULTS[name].failing_steps for name in names if name in FLEET_FAULTS
    )
    return FaultFacts(
        faults=tuple(names),
        injected=min((each.at for each in found), default=None),
        failing_steps=frozenset(step for steps in failing for step in steps),
    )


def proven_repair_steps(
    drills: Iterable[DrillRecord], faults: tuple[str, ...], *, own_staging: bool
) -> frozenset[str] | None:
    """The steps that repair faults, as drills without a person have shown.

    Args:
        drills: of the runbook.
        faults: what broke the site.
        own_staging: whether it is a staging of the team's own, whose faults may have
            the names of ours.

    Returns:
        Those that change something; `None` where no such drill was handled yet.
    """
    shown = [
        drill.score.changed
        for drill in drills
        if drill.score.automatic
        and drill.score.handled
        and drill.score.faults == faults
        and drill.own_staging == own_staging
        and drill.score.changed
    ]
    return frozenset(step for steps in shown for step in steps) if shown else None


def record_score(
    run: Follower,
    facts: FaultFacts,
    left: tuple[str, ...] | None,
    survey_counts: tuple[DetectionCounts, ...] = (),
    wrecked: tuple[DetectionCounts, ...] = (),
) -> DrillRecord:
    """Put the score of a drill on record.

    Args:
        run: the run, which has ended.
        facts: what is known of what broke the site.
        left: what the site shows to be wrong; `None` where nobody has looked.
        survey_counts: what was seen red and green before the run began.
        wrecked: what was seen on the wreck of the site.

    Raises:
        MobiusError: nothing can be written.
    """
    state = run.state
    ended = state.ended_at or state.last_entry_at
    seen = detection_counts(run.plan, run.initial_entries, run.health_history, ended)
    found = DrillRecord(
        run=run.directory.id,
        runbook=run.began.runbook,
        title=run.began.title,
        operator=run.began.operator,
        outcome=state.ended.outcome if state.ended is not None else ListingState.OPEN,
        began=state.began_at,
        ended=ended,
        score=score(
            run.plan, run.initial_entries, run.health_history, left=left, facts=facts
        ),
        texts=step_digests(run.plan.first_runbook),
        seen=tuple(merge_detections((*survey_counts, *seen)).values()),
        wrecked=wrecked,
        own_staging=facts.own_staging,
    )
    drill_record.write_drill_record(run.directory, found)
    with suppress(MobiusError):  # only `stats` takes longer then
        refresh_stats(run.directory)
    return found


async def await_score(directory: RunDirectory, root: Path) -> DrillRecord | None:
    """Wait until a drill that is over has its score.

    Args:
        directory: the run.
        root: the site's folder.

    Returns:
        The record; `None` if no process will write one any more, or it takes longer
        than `SCORE_WAIT_SECONDS`.
    """
    deadline = time.monotonic() + SCORE_WAIT_SECONDS
    while time.monotonic() < deadline:
        is_final, found = _score_so_far(directory, root)
        if is_final:
            return found
        await asyncio.sleep(POLL_SECONDS)
    return None


def _score_so_far(
    directory: RunDirectory, root: Path
) -> tuple[bool, DrillRecord | None]:
    """Whether the score is known or will never be, and the score, if there is one."""
    # Looked at before the score: its guard writes that, and dies only then.
    # Of a confined drill, seen from outside, that is the warden of its enclosure.
    owners = (folder / "run" / "owner" for folder in (root, root.parent))
    guarded = any(map(site_services.read_pid_file, owners))
    found = drill_record.read_drill_record(directory)
    return found is not None or not guarded, found


def exit_code_of_drill(code: int, drill: DrillRecord | None) -> int:
    """What a drill exits with that is over: 0 only where its site was seen restored.

    Args:
        code: what its run would exit with if it were no drill.
        drill: its record; `None` where nobody keeps one.
    """
    if drill is not None and drill.score.handled:
        return code
    is_automatic = drill is not None and drill.score.automatic
    return EXIT_FAILED if is_automatic or code == EXIT_OK else code


def exit_code_of_open_drill(code: int, wrong: Sequence[str]) -> int:
    """What a drill exits with that a person is wanted for: it has no score yet.

    Args:
        code: what its run would exit with if it were no drill.
        wrong: what is wrong with its site.
    """
    return EXIT_FAILED if wrong else code


def exit_code_on_leaving(state: RunState, directory: RunDirectory) -> int:
    """What leaving the screens of a run exits with.

    Of a drill as `exit_code_of_drill` says; a score that may still be made is waited
    for, as in `await_score`.
    """
    if state.ended is None:
        return EXIT_OK
    code = state.ended.outcome.exit_code
    if state.began is None or state.began.site is None:
        return code
    deadline = time.monotonic() + SCORE_WAIT_SECONDS
    root = Path(state.began.site)
    is_final, found = _score_so_far(directory, root)
    while not is_final and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
        is_final, found = _score_so_far(directory, root)
    return exit_code_of_drill(code, found)
