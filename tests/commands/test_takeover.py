"""`mobius-tui takeover`: what it shows, what it wants, and what follows."""

from __future__ import annotations

import asyncio
import io
import os
from pathlib import Path

import pytest

from mobius_tui.run.journal.follower import Follower
from tests.program import exit_code
from tests.run.books import ONE, step
from tests.run.conftest import Begin, begin
from tests.run.copied import copied, moved_to
from tests.run.journals import rewritten
from tests.run.running import Running
from tests.waiting import wait_for

__all__ = ["begin"]

Captured = pytest.CaptureFixture[str]


async def mid_step(begin: Begin, tmp_path: Path) -> Running:
    """A copy of a run that was killed while a step ran."""
    script = "touch began; until [ -e go ]; do sleep 0.02; done"
    run = await begin(ONE + step("a", script) + step("b"), workdir=tmp_path)
    await run.did("start", "a")
    wait_for((tmp_path / "began").exists)
    run.kill_host()
    await run.drop()
    return run


async def command(*words: str) -> int:
    return await asyncio.to_thread(exit_code, *words)


async def takeover(*words: str) -> int:
    return await command("takeover", *words)


async def test_it_shows_what_is_known_and_wants_the_name_of_where_it_was(
    begin: Begin,
    tmp_path: Path,
    capsys: Captured,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = await mid_step(begin, tmp_path)
    copy = copied(run, tmp_path / "copy")
    path, old = str(copy.directory.path), run.directory.path.name

    assert await takeover(path, "--from", "") == 2
    assert "argument --from: it is empty" in capsys.readouterr().err
    for words in (("--from", "copy"), ("--from", os.uname().nodename)):
        assert await takeover(path, *words) == 2
        assert f"--from {words[1]}: it is taken from {old}" in capsys.readouterr().err
    for typed in ("", "\n", "yes\n", f"{old[:-1]}\n"):
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        assert await takeover(path) == 3
        shown = capsys.readouterr()
        assert f"the run was in {run.directory.path}, whose host was last" in shown.out
        assert "was running then: 1.1 a: unknown from now on" in shown.out
        assert "what was done there since is not known here" in shown.out
        assert f"To take it over, type: {old}" in shown.err
        assert "nothing was taken over" in shown.err
    assert Follower(copy.directory).state.epoch == 1

    monkeypatch.setattr("sys.stdin", io.StringIO(f"{old}\n"))
    assert await takeover(path) == 0
    said = capsys.readouterr().err
    assert "unknown: 1.1 a: the run was taken over while it ran" in said
    assert f"taken over, as epoch 2; `mobius-tui resume {path}` goes on here" in said
    assert copy.directory.host_pid() is None, "who comes next begins another"
    assert Follower(copy.directory).state.epoch == 2

    assert await takeover(path, "--from", old) == 4
    assert "is the run, no copy of it" in capsys.readouterr().err
    assert await takeover(str(run.directory.path), "--from", "copy") == 4
    assert f"it went on in {path}" in capsys.readouterr().err
    assert await command("resume", str(run.directory.path), "--plain") == 4
    assert f"`mobius-tui resume {path}` goes there" in capsys.readouterr().err
    assert await command("verify", path) == 0
    assert "epoch 2: 1 host on " in capsys.readouterr().out
    (tmp_path / "go").touch()
    await copy.close()


async def test_of_another_machine_its_name_is_typed_and_it_is_said_who_is_not_told(
    begin: Begin, tmp_path: Path, capsys: Captured
) -> None:
    run = await mid_step(begin, tmp_path)
    copy = copied(run, tmp_path / "copy")
    rewritten(copy.directory, moved_to("0" * 32, "jump-1\x1b[31m"))
    path = str(copy.directory.path)
    assert await command("undo", path) == 0
    assert await command("takeover", path, "--from", "jump-2") == 2
    shown = capsys.readouterr()
    assert "\x1b" not in shown.out + shown.err
    assert "the run was on jump-1" in shown.out
    assert "is not told: see to it that nobody resumes the run there" in shown.out
    rewritten(copy.directory, moved_to("0" * 32, "jump-1"))
    assert await takeover(path, "--from", "jump-1") == 0
    (tmp_path / "go").touch()
    await copy.close()


async def test_nobody_takes_from_one_whose_host_lives(
    begin: Begin, tmp_path: Path, capsys: Captured
) -> None:
    run = await begin(ONE + step("a"), workdir=tmp_path)
    copy = copied(run, tmp_path / "copy")
    for path in (copy.directory.path, run.directory.path):
        assert await takeover(str(path), "--from", run.directory.id) == 4
        said = capsys.readouterr()
        assert (
            f"is run by host process {run.host()} in {run.directory.path}" in said.err
        )
        assert said.out == ""
