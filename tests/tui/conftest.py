"""What the tests of the screens share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mobius_tui.tui.commands import registry
from tests.tui.output.panes import Recording


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    return Recording(tmp_path)


@pytest.fixture
def ours() -> Iterator[None]:
    """Keys are ours again after the test."""
    yield
    registry.set_keys({})
