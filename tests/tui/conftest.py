"""What the tests of the output pane share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.output.panes import Recording


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    return Recording(tmp_path)
