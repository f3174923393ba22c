"""A tiny soak: nothing is left behind, and the measuring of what grows works."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.soak import GROWTH, Found, Measured, Size, Soak

pytestmark = [pytest.mark.campaign, pytest.mark.usefixtures("ended")]


async def test_a_short_soak_leaves_nothing_and_grows_little(tmp_path: Path) -> None:
    size = Size(attempts=40, checks=200, bytes=4_000_000)
    found = await Soak(tmp_path, size).go()
    print("\n".join(found.lines()))
    assert found.attempts == 41
    assert found.checks >= 200
    assert found.bytes >= 4_000_000
    assert found.before.keys() == {"host", "keeper", "screen", "json"}
    assert found.orphans == []
    assert found.broken == []
    for name in ("host", "keeper"):
        assert found.after[name].descriptors <= found.before[name].descriptors
        assert found.after[name].bytes - found.before[name].bytes < GROWTH


def test_what_grew_is_told() -> None:
    then = {"host": Measured(bytes=30 << 20, descriptors=9)}
    for bytes_, descriptors, good in (
        (34 << 20, 9, True),
        (36 << 20, 9, False),
        (30 << 20, 10, False),
    ):
        now = {"host": Measured(bytes=bytes_, descriptors=descriptors)}
        assert Found(before=then, after=now).is_good is good
