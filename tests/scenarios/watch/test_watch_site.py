"""`mobius-tui watch mobius-rollback` beside a small MOBIUS, whose release goes bad."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mobius_tui.drill.drill_verdict import site_problems
from mobius_tui.drill.faults import FAULTS
from mobius_tui.drill.site.drill_site import (
    Site,
    build_site,
    drill_variables,
    environment_variables,
    tear_down,
    wait_for_status,
)
from tests.acceptance.campaigns import end_all
from tests.scenarios.watch.conftest import Watch
from tests.waiting import wait_for


@pytest.fixture
def mobius(tmp_path: Path) -> Iterator[Site]:
    built = build_site(tmp_path / "mobius", started=datetime.now(UTC))
    yield built
    tear_down(built)


@pytest.fixture
def beside(tmp_path: Path, mobius: Site) -> Iterator[Watch]:
    """An armed and detached watch of it."""
    words = [f"--var={name}={value}" for name, value in drill_variables(mobius).items()]
    watching = Watch(
        tmp_path,
        "mobius-rollback",
        *("--profile", "production", "--workdir", str(mobius.root)),
        *("--auto-rollback", "--yes", "--detach", *words),
        MOBIUS_PACE="0",
        PATH=environment_variables(mobius)["PATH"],
    )
    yield watching
    if watching.process.poll() is None:
        watching.kill()
    end_all()


def test_the_site_counts_one_rollback(mobius: Site, beside: Watch) -> None:
    beside.until("ok: api")
    FAULTS["bad-release"].inject(mobius)
    state = beside.over()
    assert state.watch.rollback_passed
    assert state.ended is not None
    assert "the rollback passed" in state.ended.reason
    rows = (mobius.root / "backups" / "rollbacks.log").read_text().splitlines()
    assert [row.split("|")[1] for row in rows] == ["made", "replaced", "restored"]
    assert len(list(mobius.root.glob("config/production.backup.*"))) == 1
    wait_for_status(mobius, 200)
    assert site_problems(mobius) == ()
    assert beside.code() == 1
    wait_for(lambda: "rollback: began" in beside.out)
