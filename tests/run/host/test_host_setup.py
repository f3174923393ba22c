"""What a host is told when it starts, and what it finds of the one before it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.errors import RunError
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.run_events import RunBegan
from mobius_tui.run.events.watch_events import WatchBegan
from mobius_tui.run.host.host_setup import HostSpec, left_over_attempts
from mobius_tui.run.state.attempt_id import AttemptId
from tests.run.samples import fields_of
from tests.tui import scenes


def test_an_order_is_read_as_it_was_given() -> None:
    order = HostSpec(
        began=RunBegan(**fields_of(RunBegan, "x")),
        values={"name": ("value", "begin")},
        secrets={"token": "s3cret"},
        first_intent="{}",
        watch=WatchBegan(**fields_of(WatchBegan, "x")),
        unwatched_limit=1.5,
    )
    found = HostSpec.decode(order.encode())
    assert found == order
    assert found.began is not None
    assert order.began is not None
    assert found.began.mode is order.began.mode, "a word for a member of its kind"


def test_what_is_left_over_is_the_attempt_that_was_running(tmp_path: Path) -> None:
    run = scenes.retried(tmp_path)
    state = Viewer(run.directory).follower.state
    assert left_over_attempts(run.directory, state) == (AttemptId("execute", 2),)
    run.directory.attempt("execute", 3).path.mkdir()
    with pytest.raises(RunError, match=r"an attempt execute\.3 that the journal"):
        left_over_attempts(run.directory, state)


@pytest.mark.parametrize("name", [".DS_Store", "notes", "execute.1~", "execute.0"])
def test_a_file_that_is_no_attempt_is_not_held_for_one(
    tmp_path: Path, name: str
) -> None:
    run = scenes.retried(tmp_path)
    state = Viewer(run.directory).follower.state
    (run.directory.steps / name).touch()
    assert left_over_attempts(run.directory, state) == (AttemptId("execute", 2),)
