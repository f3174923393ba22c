"""`disk` and `memory` checks on this machine."""

from __future__ import annotations

import pytest

from mobius_tui.run.checks.context import CheckContext
from mobius_tui.run.checks.machine_checks import is_enough_free
from mobius_tui.runbook.model.check_kinds import DiskCheck, MemoryCheck
from tests.run.checks.conftest import sight


@pytest.mark.parametrize("kind", [DiskCheck, MemoryCheck])
async def test_enough_and_too_little(
    ctx: CheckContext, kind: type[DiskCheck | MemoryCheck]
) -> None:
    assert (await sight(kind(free="1B"), ctx)).held
    assert (await sight(kind(free="0%"), ctx)).held
    for wanted in ("100000TiB", "101%"):
        seen = await sight(kind(free=wanted), ctx)
        assert not seen.held
        assert seen.detail.endswith(f", wanted {wanted}")
    seen = await sight(kind(free="much"), ctx)
    assert not seen.held
    assert "is no size" in seen.detail
    assert '"10%"' in seen.detail


async def test_a_path_that_is_gone(ctx: CheckContext) -> None:
    seen = await sight(DiskCheck(free="1B", path="gone"), ctx)
    assert not seen.held
    assert "No such file" in seen.detail


def test_percentages_are_of_the_total() -> None:
    assert is_enough_free(10, 100, "10%")
    assert not is_enough_free(9, 100, "10%")
    assert is_enough_free(1, 8, "12.5 %")
