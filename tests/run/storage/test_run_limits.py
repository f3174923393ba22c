"""Locks of `[limits]`: held by processes, and free when these are gone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mobius_tui.errors import RunError
from mobius_tui.run.storage.run_limits import (
    LimitedThing,
    decode_things,
    encode_things,
    limits_file,
    take_limits,
)

HOLD = """
import sys
from pathlib import Path
from mobius_tui.run.storage.run_limits import *
from mobius_tui.errors import RunError
thing = LimitedThing(kind=sys.argv[2], name="web-1", identity=sys.argv[3],
                     most=int(sys.argv[4]))
try:
    take_limits([thing], Path(sys.argv[1]))
except RunError as error:
    print(error, flush=True)
    sys.exit(4)
print("taken", flush=True)
sys.stdin.read()
"""
Hold = Callable[..., tuple[subprocess.Popen[str], str]]


@pytest.fixture
def hold(tmp_path: Path) -> Iterator[Hold]:
    """Begins a process that takes one thing, and holds it; gives what it says."""
    begun: list[subprocess.Popen[str]] = []

    def begin(
        identity: str = "web-1 22", kind: str = "same_hosts", most: int = 1
    ) -> tuple[subprocess.Popen[str], str]:
        argv = [sys.executable, "-c", HOLD, str(tmp_path / "limits")]
        process = subprocess.Popen(
            [*argv, kind, identity, str(most)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        begun.append(process)
        assert process.stdout is not None
        return process, process.stdout.readline().strip()

    yield begin
    for process in begun:
        process.kill()
        process.communicate()


def test_one_is_at_it_until_its_process_is_gone(hold: Hold) -> None:
    first, said = hold()
    assert said == "taken"
    _, said = hold()
    assert said.startswith("[limits] same_hosts = 1: another run is at web-1 already")
    assert f"process {first.pid}" in said
    first.kill()
    first.wait()
    assert hold()[1] == "taken"


def test_other_things_and_other_kinds_are_free(hold: Hold) -> None:
    assert hold()[1] == "taken"
    assert hold("web-2 22")[1] == "taken"
    assert hold(kind="same_folder")[1] == "taken"


def test_so_many_as_the_limit_says(hold: Hold) -> None:
    assert [hold(most=2)[1] for _ in range(2)] == ["taken", "taken"]
    assert hold(most=2)[1].startswith("[limits] same_hosts = 2: 2 runs are at web-1")


def test_what_is_no_file_of_locks_is_refused(tmp_path: Path) -> None:
    thing = LimitedThing(kind="same_hosts", name="a", identity="a 22", most=1)
    (tmp_path / "real").touch()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for path in (tmp_path, tmp_path / "link"):
        with pytest.raises(RunError, match=r"\[limits\]: "):
            take_limits([thing], path)
    assert take_limits([], tmp_path) is None, "nothing is opened for nothing"


def test_the_file_is_the_machines_or_else_the_accounts(tmp_path: Path) -> None:
    assert limits_file(tmp_path).parent == tmp_path
    own = limits_file(tmp_path / "missing")
    assert own.parent.name == "mobius-tui"


def test_things_survive_the_journal() -> None:
    things = tuple(
        LimitedThing(kind="same_hosts", name=f"web {n}", identity=f"{n} None", most=n)
        for n in (1, 2)
    )
    assert decode_things(encode_things(things)) == things
    assert encode_things(()) is None
    assert decode_things(None) == ()
    for odd in ({"x": 1}, {"a\tb\tc": 0}, {"a\tb\tc": 99}):
        with pytest.raises(RunError, match="not what this program writes"):
            decode_things(odd)
