"""What is still wrong with a drill's site: asked of the site itself, not of the run."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

from mobius_tui.drill import services
from mobius_tui.drill.faults import Fault
from mobius_tui.drill.site import Site, ask, processes_in
from mobius_tui.drill.truth import Truth, digest, read_truth, version
from mobius_tui.errors import MobiusError

LOOKS = 10
"""Looks at /health: more than twice the five in which a flapping site fails twice."""
REQUESTS = 26
"""Requests as users make them: twice the 12.5 in which 8 % of errors show."""
SLOW = 5.0
"""Seconds that no answer may take: the P95 of the seed's trigger."""
ERRORS = 0.05
"""The part of requests that may fail: the error rate of the seed's trigger."""


def verdict(site: Site, faults: Sequence[Fault] = ()) -> tuple[str, ...]:
    """What is still wrong with a site; empty when its service is restored.

    Args:
        site: which.
        faults: what was broken; each may add what proves its repair.
    """
    wrong: list[str] = []
    try:
        truth = read_truth(site.root)
        for look in (_processes, _files, _database):
            wrong += look(site, truth)
        wrong += _answers(site, truth)
        for fault in faults:
            wrong += fault.proof(site)
    except (MobiusError, OSError, ValueError) as error:
        wrong.append(f"the site cannot be looked at: {error}")
    return tuple(dict.fromkeys(wrong))


def _processes(site: Site, _truth: Truth) -> Iterator[str]:
    """Each service is active, and there is one process of it."""
    lines = [line for _, line in processes_in(site.root)]
    for unit in site.units:
        word = services.state(site.root, unit)
        if word != "active":
            yield f"{unit} is {word}"
        mine = " ".join(services.command(site.root, unit))
        count = sum(line.startswith(mine) for line in lines)
        if count > 1:
            yield f"{count} processes of {unit} are left"


def _files(site: Site, truth: Truth) -> Iterator[str]:
    """Code, packages and configuration are byte for byte those of a good release."""
    if digest(site.config) != truth.config:
        yield f"config/{site.environment} is not what was backed up"
    if digest(site.root / "src") != truth.source:
        yield "src/ is not what was released"
    installed = version(site.root)
    if installed not in truth.releases:
        yield f"package.json names {installed}, which no backup has"
    elif digest(site.root / "node_modules") != truth.releases[installed]:
        yield f"node_modules/ differs from release {installed}"


def _database(site: Site, truth: Truth) -> Iterator[str]:
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
    if schema != truth.schema:
        yield f"the schema is at version {schema}, not {truth.schema}"


def _answers(site: Site, truth: Truth) -> Iterator[str]:
    """What users get; the first thing that is wrong is enough."""
    for _ in range(LOOKS):
        found = _asked(site, "/health", status="ok")
        if isinstance(found, str):
            yield found
            return
    figures = _asked(site, "/health")
    assert isinstance(figures, dict)
    deployed = version(site.root)
    paths = ("/", "/api/version", "/api/assets")
    for path in [paths[n % 3] for n in range(REQUESTS)]:
        status, body = ask(site, path, timeout=SLOW)
        if status != 200:
            yield f"{path} answers {status or body}"
            return
    for path, name, value in (
        ("/version", "version", deployed),
        ("/api/health/detailed", "status", "ok"),
    ):
        found = _asked(site, path, **{name: value})
        if isinstance(found, str):
            yield found
    assets = _asked(site, "/api/assets")
    kept = assets.get("assets") if isinstance(assets, dict) else None
    if not isinstance(kept, int) or kept < truth.assets:
        yield f"/api/assets tells of {kept} assets; {truth.assets} were backed up"
    requests = figures.get("requests") or {}
    if (requests.get("error_rate") or 0.0) > ERRORS:
        yield f"{requests['error_rate']:.0%} of the requests fail"
    if (requests.get("p95_ms") or 0.0) > SLOW * 1000:
        yield f"P95 is {requests['p95_ms']:.0f} ms"


def _asked(site: Site, path: str, **wanted: str) -> dict[str, Any] | str:
    """The JSON that a path answers; a text where it is not as wanted."""
    began = time.monotonic()
    status, body = ask(site, path, timeout=SLOW)
    if status != 200:
        return f"{path} answers {status or body}"
    if time.monotonic() - began > SLOW:
        return f"{path} takes more than {SLOW:.0f} s"
    try:
        found = json.loads(body)
    except ValueError:
        return f"{path} does not answer JSON"
    for name, value in wanted.items():
        if found.get(name) != value:
            return f"{path} says that {name} is {found.get(name)!r}, not {value!r}"
    return found if isinstance(found, dict) else f"{path} does not answer an object"
