"""Whose runs are whose: modes, owners, what a group may do, and what is refused."""

from __future__ import annotations

import asyncio
import grp
import io
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from mobius_tui.cli import main
from mobius_tui.errors import MobiusError, RunError, UsageError
from mobius_tui.run.client.run_briefing import prepare_briefing
from mobius_tui.run.client.start_host import resume_run
from mobius_tui.run.client.start_run import start_new_run
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.host.host_setup import HostSpec, take_run
from mobius_tui.run.intents.run_intents import EndRun, StartAutomatic
from mobius_tui.run.intents.step_intents import StartStep
from mobius_tui.run.records.run_summary import newest_open_run
from mobius_tui.run.storage.run_directory import RunDirectory, make_run_directory
from mobius_tui.run.storage.run_index import all_runs, run_by_name
from mobius_tui.run.storage.state_folders import (
    account_name,
    make_private_folder,
    make_shared_folder,
    require_may_host,
    runs_root,
)
from mobius_tui.structs import replace
from tests.conftest import MakeRunbook
from tests.run.books import ONE, step
from tests.run.conftest import Begin
from tests.run.running import Running
from tests.waiting import wait_for

GROUP = grp.getgrgid(os.getegid()).gr_name
OTHERS = 0o007
EVERYBODY = 0o077


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The base of shared runs."""
    base = tmp_path / "shared"
    base.mkdir()
    monkeypatch.setenv("MOBIUS_TUI_SHARED", str(base))
    return base


def modes(run: RunDirectory) -> dict[str, int]:
    every = (run.path, *run.path.rglob("*"))
    return {
        str(path.relative_to(run.path)): stat.S_IMODE(path.lstat().st_mode)
        for path in every
    }


async def test_a_shared_run_of_another_home_is_not_taken_for_ones_own(
    shared: Path, make_runbook: MakeRunbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    runbook = make_runbook(ONE + step("a"))
    run = Running(runbook)
    briefing = prepare_briefing(runbook, given={}, workdir=runbook.path.parent)
    run.directory = await start_new_run(replace(briefing, share=GROUP))
    try:
        await run._look()
        assert newest_open_run(runs_root()) == run.directory
        monkeypatch.setenv("HOME", str(shared / "another"))
        monkeypatch.setenv("XDG_STATE_HOME", str(shared / "another" / "state"))
        with pytest.raises(UsageError) as refused:
            newest_open_run(runs_root())
        account = account_name(os.getuid())
        named = f"{run.directory.id} by {account} (still running)"
        assert "there is no open run of yours" in str(refused.value)
        assert named in str(refused.value)
        run.kill_host()
        with pytest.raises(UsageError, match=r"\(open, no host\)"):
            newest_open_run(runs_root())
    finally:
        await run.close()


async def test_a_run_is_its_owners_alone(begin: Begin) -> None:
    run = await begin(ONE + step("a", "echo hello"))
    await run.did("start", "a")
    await run.status("a", "passed")
    open_ = {name for name, mode in modes(run.directory).items() if mode & EVERYBODY}
    assert open_ == set()


async def test_a_shared_run_is_read_by_its_group_and_changed_by_nobody_else(
    shared: Path, make_runbook: MakeRunbook
) -> None:
    runbook = make_runbook(ONE + step("a", "echo hello"))
    run = Running(runbook)
    briefing = prepare_briefing(runbook, given={}, workdir=runbook.path.parent)
    run.directory = await start_new_run(replace(briefing, share=GROUP))
    try:
        await run._look()
        await run.did("start", "a")
        await run.status("a", "passed")
        await run.did("end")
        await run.over()
        wait_for(run.directory.stats.exists)
    finally:
        await run.close()
    found = modes(run.directory)
    assert not any(mode & OTHERS for mode in found.values())
    assert not any(mode & 0o020 for name, mode in found.items() if ".sock" not in name)
    written = ("journal.jsonl", "health.jsonl", "record.toml", "stats.json")
    for name in (*written, "steps/a.1/output"):
        assert found[name] == 0o640, name
    assert found["."] == found["steps/a.1"] == 0o2750
    assert run.directory.path.is_relative_to(shared)
    assert [each.path for each in all_runs(runs_root())] == [run.directory.path]
    assert run_by_name(runs_root(), run.directory.id) == run.directory


@pytest.mark.parametrize("what", ["link", "file", "inner link"])
def test_what_is_planted_for_a_shared_run_is_refused(
    shared: Path, tmp_path: Path, what: str
) -> None:
    place = shared / f"mobius-tui-{os.getuid()}"
    if what == "link":
        (tmp_path / "elsewhere").mkdir()
        place.symlink_to(tmp_path / "elsewhere")
    elif what == "file":
        place.write_text("")
    else:
        (place / GROUP).parent.mkdir()
        (place / GROUP).symlink_to(tmp_path)
    with pytest.raises(RunError, match="is no folder"):
        make_shared_folder(GROUP)
    assert not list(tmp_path.glob("elsewhere/*"))


def test_an_unknown_group_is_said(shared: Path) -> None:
    with pytest.raises(UsageError, match="there is no such group"):
        make_shared_folder("no-such-group")
    assert list(shared.iterdir()) == []
    assert main(["run", "mobius-quick", "--share-control", "--plain"]) == 2


def test_what_others_may_write_in_is_not_run(
    make_runbook: MakeRunbook, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    runbook = make_runbook(ONE + step("a"))
    run = make_run_directory(runs_root(), runbook, 0.0)
    require_may_host(run.path)
    for mode in (0o770, 0o707, 0o720):
        run.path.chmod(mode)
        with pytest.raises(RunError, match="others may write"):
            take_run(run, HostSpec())
    run.path.chmod(0o700)
    link = tmp_path / run.id
    link.symlink_to(run.path)
    with pytest.raises(RunError, match="no folder"):
        require_may_host(link)


@pytest.mark.machine
async def test_another_users_run_is_read_and_never_run(
    make_runbook: MakeRunbook, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It wants to be root, to give a folder away."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    runbook = make_runbook(ONE + step("a"))
    run = make_run_directory(runs_root(), runbook, 0.0)
    os.chown(run.path, 65534, 65534)
    with pytest.raises(RunError, match="another user's run"):
        await resume_run(run, runbook)
    os.chown(runs_root(), 65534, 65534)
    with pytest.raises(MobiusError, match="belongs to another user"):
        make_private_folder(runs_root())


async def asked(place: str) -> None:
    """Print what the host says to whoever calls it."""
    viewer = Viewer(RunDirectory(Path(place)))
    for action in (StartStep(step="a", attempt=1), StartAutomatic(), EndRun()):
        reply = await viewer.send_intent(action)
        print("" if reply.ok else reply.text)
    await viewer.close()


def as_other(work: Callable[[], object], groups: tuple[int, ...], typed: str) -> str:
    """What a piece of work prints in a process of another user's.

    What it imports must be loaded already: that user may not read where Python lies.
    """
    source, sink = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.dup2(sink, 1)
            os.dup2(sink, 2)
            sys.stdout = os.fdopen(1, "w")
            sys.stderr = os.fdopen(2, "w")
            sys.stdin = io.StringIO(typed)
            os.environ["XDG_STATE_HOME"] = "/nonexistent/state"
            os.setgroups(groups)
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            work()
        except BaseException as error:  # noqa: BLE001 - the parent is to be told
            print(f"{type(error).__name__}: {error}")
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(0)
    os.close(sink)
    with os.fdopen(source) as said:
        shown = said.read()
    os.waitpid(pid, 0)
    return shown


NOBODY = 65534
WANTED = 'approve = { role = "Lead" }'


@pytest.mark.machine
@pytest.mark.parametrize("control", [False, True])
async def test_another_user_approves_and_does_no_more_than_they_may(
    make_runbook: MakeRunbook, monkeypatch: pytest.MonkeyPatch, *, control: bool
) -> None:
    """It wants to be root, to be somebody else."""
    base = Path(tempfile.mkdtemp(dir="/tmp"))
    base.chmod(0o755)
    monkeypatch.setenv("MOBIUS_TUI_SHARED", str(base))
    monkeypatch.setenv("HOME", "/nonexistent")

    runbook = make_runbook(ONE + step("a", "true", WANTED))
    run = Running(runbook)
    briefing = prepare_briefing(runbook, given={}, workdir=runbook.path.parent)
    ours = replace(briefing, share=GROUP, share_control=control)
    try:
        run.directory = await start_new_run(ours)
        await run._look()
        await run.did("ask approval", "a")
        name, place = run.directory.id, str(run.directory.path)
        member, outsider = (os.getegid(),), (NOBODY,)

        def program(*words: str, groups: tuple[int, ...], typed: str = "") -> str:
            return as_other(lambda: main(words), groups, typed)

        def said(groups: tuple[int, ...]) -> list[str]:
            shown = as_other(lambda: asyncio.run(asked(place)), groups, "")
            return shown.splitlines()

        assert main(["runs"]) == 0  # what both need is loaded by now
        assert main(["approve", name, "--as", "x", "--step", "y"]) == 2
        assert f"by root  {name}" in program("runs", groups=member)
        assert f"you mean one (`mobius-tui resume RUN`): {name} by root (still" in (
            as_other(lambda: newest_open_run(runs_root()), member, "")
        )
        assert "there is no open run; " in (
            as_other(lambda: newest_open_run(runs_root()), outsider, "")
        )
        assert name not in program("runs", groups=outsider)
        start, auto, end = said(member)
        assert "only the run's owner" in auto
        if control:  # what it asked for by `end` is done
            assert "approval by Lead" in start
            assert end == ""
            assert (await run.over()).ended is not None
        else:
            assert "to read and to approve" in start
            assert "to read and to approve" in end
            typed = "nobody approves a\n"
            shown = program("approve", name, groups=member, typed=typed)
            assert "is approved" in shown, shown
            (given,) = run.state.approvals["a"].approvals_given
            assert (given.name, given.uid, given.weaker) == ("nobody", NOBODY, False)
            await run.did("start", "a")
            await run.status("a", "passed")
        assert "Permission denied" in "".join(said(outsider))
    finally:
        await run.close()
        shutil.rmtree(base)
