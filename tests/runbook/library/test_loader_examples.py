"""The runbooks that are shipped to be read and taken as a beginning."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.runbook.library.loader import examine
from mobius_tui.runbook.library.runbook_files import bundled_folder

EXAMPLES = sorted((bundled_folder() / "examples").glob("*.toml"))
LONGEST = {
    "dns-cutover.toml": 100,
    "fleet-rollback.toml": 235,
    "kubernetes-rollback.toml": 150,
    "postgres-failover.toml": 120,
}
"""Lines that each may have, by its name: they show how little is to be written."""


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_valid_without_a_doubt_and_short(path: Path) -> None:
    runbook, problems = examine(path, thorough=True)
    assert runbook is not None
    assert [each.render() for each in problems] == []
    assert len(path.read_text().splitlines()) <= LONGEST[path.name]


def test_they_are_there() -> None:
    assert [path.name for path in EXAMPLES] == sorted(LONGEST)
