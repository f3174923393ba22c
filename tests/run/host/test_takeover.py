"""What a host finds of the one before it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.errors import RunError
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.host.takeover import left_over_attempts
from mobius_tui.run.state.attempt_id import AttemptId
from tests.tui import scenes


def test_what_is_left_over_is_the_attempt_that_was_running(tmp_path: Path) -> None:
    run = scenes.retried(tmp_path)
    state = Viewer(run.directory).follower.state
    assert left_over_attempts(run.directory, state) == (AttemptId("execute", 2),)
    run.directory.attempt("execute", 3).path.mkdir()
    with pytest.raises(RunError, match=r"an attempt execute\.3 that the journal"):
        left_over_attempts(run.directory, state)
