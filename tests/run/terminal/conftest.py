"""Terminal steps whose processes end with the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.run.terminal.attending import TerminalStep


@pytest.fixture
def step(tmp_path: Path) -> Iterator[TerminalStep]:
    made = TerminalStep(tmp_path / "run")
    yield made
    made.close()
