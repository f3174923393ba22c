"""The commands that get values: what is taken of them, and that none outlives us."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mobius_tui.run.checks import value_commands
from mobius_tui.run.checks.value_commands import (
    ListedValues,
    ValueSourceError,
    list_values,
    run_for_secret,
)
from mobius_tui.runbook.model.runbook import ValueKind, Variable
from tests.run.running import alive
from tests.waiting import until

ENV = {"PATH": os.environ["PATH"], "place": "eu"}


async def listed(script: str, folder: Path, kind: ValueKind = "") -> ListedValues:
    variable = Variable(name="v", from_run=script, kind=kind)
    return await list_values(variable, workdir=folder, env=ENV)


async def test_lines_are_proposed_with_their_titles_each_once(tmp_path: Path) -> None:
    (tmp_path / "here").touch()
    script = "printf '%s\\t%s\\n' a One b Two a One; ls; echo \"$place\""
    found = await listed(script, tmp_path)
    assert [(each.value, each.title) for each in found.options] == [
        ("a", "One"),
        ("b", "Two"),
        ("here", ""),
        ("eu", ""),
    ]
    assert found.problem == ""


@pytest.mark.parametrize(
    ("script", "values", "said"),
    [
        ("echo oh: fatal error >&2; exit 3", [], "failed: exit 3: oh: fatal error"),
        ("true", [], "`true` listed nothing"),
        ("no-such-program --x", [], "failed: exit 127"),
        ("kill -9 $$", [], "failed: exit 137"),
        ("false | cat", [], "failed: exit 1"),
        ("yes | head -c 300000", [], "printed more than 256 KiB"),
        ("seq 1000", list(map(str, range(1, 201))), "listed more than 200 values"),
        ("echo 1; echo one; echo 2", ["1", "2"], "'one' is not a whole number"),
        ("printf '\\033[31mred\\n'; echo 1", ["1"], "listed what is no value"),
        ("head -c 2000 /dev/zero | tr '\\0' 9; echo; echo 1", ["1"], "a line of 2000"),
        ("head -c 999 /dev/urandom; echo; echo 1", ["1"], "listed what is no value"),
    ],
)
async def test_what_is_no_value_is_said_and_left_out(
    tmp_path: Path, script: str, values: list[str], said: str
) -> None:
    found = await listed(script, tmp_path, "int")
    assert said in found.problem
    assert "\x1b" not in found.problem
    assert len(found.problem) < 500
    if "urandom" not in script:
        assert [each.value for each in found.options] == values


SLEEPER = "sleep 300 & echo $! > child; echo $$ > pid; wait"


async def pids_in(folder: Path) -> tuple[int, int]:
    files = (folder / "pid", folder / "child")
    await until(lambda: all(f.exists() and f.read_text().strip() for f in files))
    return int(files[0].read_text()), int(files[1].read_text())


async def test_what_takes_too_long_is_killed_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(value_commands, "LISTING_TIMEOUT", 0.5)
    found = await listed(SLEEPER, tmp_path)
    assert "took longer than 0.5 s, and was stopped" in found.problem
    pids = await pids_in(tmp_path)
    await until(lambda: not any(map(alive, pids)))


async def test_nobody_waiting_any_more_kills_it(tmp_path: Path) -> None:
    task = asyncio.create_task(run_for_secret(SLEEPER, workdir=tmp_path, env=ENV))
    pids = await pids_in(tmp_path)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: not any(map(alive, pids)))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_it_dies_with_its_caller(tmp_path: Path, number: int) -> None:
    caller = subprocess.Popen([sys.executable, "-c", CALLER, SLEEPER], cwd=tmp_path)
    pids = await pids_in(tmp_path)
    caller.send_signal(number)
    caller.wait()
    await until(lambda: not any(map(alive, pids)))


CALLER = """
import asyncio, os, sys
from pathlib import Path
from mobius_tui.run.checks.value_commands import run_for_secret
asyncio.run(run_for_secret(sys.argv[1], workdir=Path(), env=os.environ))
"""


@pytest.mark.parametrize(
    ("script", "secret"),
    [
        ("echo s3cret", "s3cret"),
        ("printf s3cret", "s3cret"),
        ("printf 'a\\nb\\n\\n'", "a\nb"),
        ("printf '  a b \\r\\n'", "  a b "),
    ],
)
async def test_a_secret_is_what_is_printed_without_the_last_line_ends(
    tmp_path: Path, script: str, secret: str
) -> None:
    assert await run_for_secret(script, workdir=tmp_path, env=ENV) == secret


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("true", "is empty"),
        ("seq 251", "has more than 250 lines"),
        ("echo", "is empty"),
        ("printf 'a\\0b'", "holds a NUL character"),
        ("printf '\\377\\376'", "is no text in UTF-8"),
        ("yes s3cret | head -c 1048576", "printed more than 16 KiB"),
        ("echo s3cret; echo s3cret is old >&2; exit 2", "exit 2: [redacted] is old"),
    ],
)
async def test_rubbish_is_no_secret_and_is_not_told(
    tmp_path: Path, script: str, said: str
) -> None:
    with pytest.raises(ValueSourceError) as caught:
        await run_for_secret(script, workdir=tmp_path, env=ENV)
    told = str(caught.value).replace(script, "")
    assert said in told
    assert "s3cret" not in told.partition("failed: ")[2]


async def test_what_it_prints_is_no_reason_why_it_failed(tmp_path: Path) -> None:
    with pytest.raises(ValueSourceError, match=r"failed: exit 2$"):
        await run_for_secret("echo half; exit 2", workdir=tmp_path, env=ENV)
