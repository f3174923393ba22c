"""The services of a runbook's checks, as the host writes them into its samples."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mobius_tui.health.health_record import MachineSample, decode_record
from tests.run.books import ONE
from tests.run.conftest import Begin
from tests.run.running import Running

STAND_IN = """#!/bin/sh
[ "$1" = is-active ] || exit 9
shift
for unit; do [ "$unit" = worker ] && echo failed || echo active; done
exit 3
"""
BOOK = (
    """
[var.unit]
default = "api"
"""
    + ONE
    + """
[[phase.step]]
id = "up"
title = "Up"
[phase.step.check.service]
names = ["${unit}", "worker"]
[[phase.step]]
id = "down"
title = "Down"
[phase.step.check.service]
names = ["gone"]
state = ["inactive"]
"""
)

HEALTH = """
[health]
every = "100ms"
[[health.probe]]
id = "own"
title = "Own"
url = "http://127.0.0.1:1/"
timeout = "50ms"
"""


def sampled(run: Running) -> MachineSample | None:
    """The newest sample on record."""
    lines = run.directory.health.read_bytes().split(b"\n")[:-1]
    records = [decode_record(line) for line in lines]
    return next((r for r in reversed(records) if isinstance(r, MachineSample)), None)


@pytest.fixture
def _systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "systemctl").write_text(STAND_IN)
    (folder / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.usefixtures("_systemctl")
async def test_units_that_should_be_active_are_looked_at(begin: Begin) -> None:
    run = await begin(BOOK)

    def known(_: object) -> bool:
        sample = sampled(run)
        return sample is not None and bool(sample.services)

    await run.until(known)
    sample = sampled(run)
    assert sample is not None
    assert sample.services == {"api": "active", "worker": "failed"}


@pytest.mark.usefixtures("_systemctl")
async def test_a_unit_whose_name_becomes_known_is_looked_at_from_then_on(
    begin: Begin,
) -> None:
    book = (
        BOOK.replace('default = "api"', "")
        .replace('names = ["${unit}", "worker"]', 'names = ["${unit}"]')
        .replace("[[phase]]", HEALTH + "[[phase]]", 1)
    )
    run = await begin(book)
    await run.until(lambda _: sampled(run) is not None)
    assert sampled(run).services == {}  # type: ignore[union-attr]
    await run.did("set", values={"unit": "api"})

    def known(_: object) -> bool:
        sample = sampled(run)
        return sample is not None and sample.services == {"api": "active"}

    await run.until(known)
