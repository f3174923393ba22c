"""A drill site for each module of tests, and the programs of a site."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mobius_tui.drill.site.drill_site import (
    Site,
    build_site,
    environment_variables,
    tear_down,
)
from mobius_tui.drill.site.fleet_site import build_fleet
from tests.waiting import PATIENCE

STARTED = datetime(2026, 11, 24, 13, 45, 5, tzinfo=UTC)

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def started() -> datetime:
    return STARTED


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    built = build_site(
        tmp_path_factory.mktemp("site") / "mobius", seed=7, started=STARTED
    )
    yield built
    tear_down(built)


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Three hosts and a balancer; whoever breaks them puts them right again."""
    names = ("web-1", "web-2", "web-3")
    root = tmp_path_factory.mktemp("fleet") / "a fleet"
    built = build_fleet(root, names, seed=7, started=STARTED)
    yield built
    tear_down(built)


@pytest.fixture(scope="session")
def run() -> Run:
    """Runs a program of a site as a person would, from the site's folder."""

    def run_it(
        at: Site, program: str, *arguments: str, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            (program, *arguments),
            cwd=at.root,
            env={
                **os.environ,
                "MOBIUS_PACE": "0",
                **environment_variables(at),
                **variables,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )

    return run_it


@pytest.fixture(scope="session")
def newest_backup() -> Callable[[Site], Path]:
    def find(at: Site) -> Path:
        return sorted((at.root / "backups").glob(f"dhash_{at.environment}_*.zip"))[-1]

    return find
