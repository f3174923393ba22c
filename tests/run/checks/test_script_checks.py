"""`run` checks: real shells, killed as a group."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from mobius_tui.run.checks.context import CheckContext
from mobius_tui.run.checks.subprocesses import running_check_groups
from mobius_tui.runbook.model.check_kinds import Repeat, RunCheck
from mobius_tui.structs import replace
from tests.run.checks.conftest import sight
from tests.run.running import alive
from tests.waiting import PATIENCE, wait_for


@pytest.mark.parametrize(
    ("script", "held", "detail"),
    [
        ("echo first; echo last; echo", True, "exit code 0: last"),
        ("echo bad >&2; exit 3", False, "exit code 3: bad"),
        ("true", True, "exit code 0"),
        ("false | true", False, "exit code 1"),
        ("false; true", False, "exit code 1"),
        ('echo "$unset_name"', False, None),
        ("kill -9 $$", False, "killed by SIGKILL"),
        ("no-such-program-here", False, None),
        ('test "$app" = mobius', True, "exit code 0"),
        ('test "$(pwd -P)" = "$(cd "$0/.." 2>/dev/null; pwd -P)"', True, "exit code 0"),
        ("read -r line || echo nothing to read", True, "exit code 0: nothing to read"),
        ("test ! -e /dev/tty || ! : < /dev/tty", True, None),
    ],
)
async def test_predicates(
    ctx: CheckContext, script: str, held: bool, detail: str | None
) -> None:
    seen = await sight(RunCheck(script=script), ctx)
    assert seen.held is held, seen.detail
    if detail is not None:
        assert seen.detail == detail


async def test_a_script_is_not_filled_in(ctx: CheckContext) -> None:
    seen = await sight(RunCheck(script="app=x; echo '${app}' \"${app}\""), ctx)
    assert seen.detail == "exit code 0: ${app} x"


async def test_other_programs_and_exit_codes(ctx: CheckContext) -> None:
    python = RunCheck(
        script="import sys; print('hi'); sys.exit(4)",
        shell=(sys.executable,),
        success=(0, 4),
    )
    seen = await sight(python, ctx)
    assert (seen.held, seen.detail) == (True, "exit code 4: hi")
    missing = await sight(RunCheck(script="", shell=("no-such-program",)), ctx)
    assert not missing.held
    assert missing.detail.startswith("not started: No such file")


async def test_a_script_may_be_long(ctx: CheckContext) -> None:
    script = "# " + "x" * 300_000 + "\necho done"
    assert (await sight(RunCheck(script=script), ctx)).detail == "exit code 0: done"


async def test_a_flood_keeps_its_last_line(ctx: CheckContext) -> None:
    seen = await sight(RunCheck(script="seq 1 300000"), ctx)
    assert seen.detail == "exit code 0: 300000"


async def test_a_time_out_kills_the_whole_group(
    ctx: CheckContext, tmp_path: Path
) -> None:
    script = "trap '' TERM; sleep 600 & echo $! > pid; echo $$ > shell; sleep 600"
    async with asyncio.timeout(PATIENCE):
        seen = await sight(RunCheck(script=script, repeat=Repeat(timeout="1s")), ctx)
    assert seen.detail == "the predicate: timed out after 1 s"
    pids = [int((tmp_path / name).read_text()) for name in ("pid", "shell")]
    wait_for(lambda: not any(map(alive, pids)))
    assert running_check_groups() == frozenset()


async def test_it_ends_with_its_shell_and_leaves_nothing(
    ctx: CheckContext, tmp_path: Path
) -> None:
    script = "sleep 600 & echo $! > pid; echo done"
    async with asyncio.timeout(PATIENCE):
        seen = await sight(RunCheck(script=script), ctx)
    assert seen.detail == "exit code 0: done"
    wait_for(lambda: not alive(int((tmp_path / "pid").read_text())))


async def test_what_left_the_group_holds_nothing_up_and_lives(
    ctx: CheckContext, tmp_path: Path
) -> None:
    (tmp_path / "escape.py").write_text(
        "import os, time\nos.setsid()\nprint(os.getpid(), flush=True)\n"
        "open('pid', 'w').write(str(os.getpid()))\ntime.sleep(60)\n"
    )
    script = f"{sys.executable} escape.py & until test -s pid; do sleep 0.01; done"
    seen = await sight(RunCheck(script=script, repeat=Repeat(timeout="5s")), ctx)
    pid = int((tmp_path / "pid").read_text())
    try:
        assert seen.detail == f"exit code 0: {pid}"
        assert alive(pid)
    finally:
        os.kill(pid, signal.SIGKILL)


async def test_the_script_file_is_taken_away(ctx: CheckContext) -> None:
    seen = await sight(RunCheck(script='echo "$0"'), ctx)
    path = Path(seen.detail.removeprefix("exit code 0: "))
    assert path.is_absolute()
    assert not path.exists()


async def test_without_its_directory(ctx: CheckContext, tmp_path: Path) -> None:
    there = replace(ctx, workdir=tmp_path / "gone")
    seen = await sight(RunCheck(script="true"), there)
    assert not seen.held
    assert seen.detail.startswith("not started: No such file or directory")


async def test_no_descriptor_is_left_open(ctx: CheckContext) -> None:
    folder = Path("/proc/self/fd" if Path("/proc/self/fd").exists() else "/dev/fd")
    await sight(RunCheck(script="true"), ctx)
    before = len(tuple(folder.iterdir()))
    for script in ("true", "exit 1", "sleep 60"):
        await sight(RunCheck(script=script, repeat=Repeat(timeout="300ms")), ctx)
    deadline = time.monotonic() + PATIENCE
    while len(tuple(folder.iterdir())) > before:
        assert time.monotonic() < deadline, "a descriptor is left open"
        await asyncio.sleep(0.01)
