"""The `files` of a runbook in a run: all that runs is what the run began with."""

from __future__ import annotations

import shutil
import stat
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from mobius_tui.errors import RunError
from mobius_tui.review.formats.markdown_report import as_markdown
from mobius_tui.review.report_builder import build_report
from mobius_tui.review.run_export import export_run
from mobius_tui.review.run_import import import_run
from mobius_tui.review.run_reader import read_run
from mobius_tui.run.client.dry_run import dry_run_lines
from mobius_tui.run.client.listed_values import propose_values
from mobius_tui.run.client.run_briefing import prepare_briefing
from mobius_tui.run.events.run_events import RunBegan
from mobius_tui.run.records.verification import run_problems
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.storage.source_diff import source_edits
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.own_runbooks import copy_to_own
from tests.conftest import MakeRunbook
from tests.run.conftest import Begin
from tests.run.running import Running

BOOK = """
format = 2
[runbook]
title = "Files"
files = ["tools/find-backup", "tools/site.conf", "tools/common.sh"]
[commands]
"find-backup" = "read"
[var.place]
from_run = "find-backup of the variable"
default = "none"
[targets.web]
hosts = ["web-1", "web-2"]
[[step]]
id = "find"
run = '''
find-backup of the step
cat "$RUNBOOK_FILES/site.conf"
command -v find-backup
'''
check.run = "find-backup of the check"
[[step]]
id = "guarded"
run = "find-backup of the guarded step"
when = { check.run = "find-backup of the guard" }
[[step]]
id = "pick"
title = "Pick"
choose = { var = "picked", from.run = "find-backup of the choice" }
[[step]]
id = "change"
effect = "change"
timeout = "1m"
run = "find-backup of the change"
undo = "find-backup of the undo"
approve = { role = "Lead" }
[[step]]
id = "far"
hosts = "web"
effect = "change"
timeout = "1m"
undo = "none: a test"
run = '''
find-backup of the host
cat "$RUNBOOK_FILES/site.conf"
ls "$RUNBOOK_FILES"
'''
check.run = { script = "find-backup of a check on the host > checked", on = "host" }
"""
FIND = """#!/bin/sh
. "$(dirname "$0")/common.sh"
say "$@"
"""


def put_files(folder: Path) -> None:
    """The files that the runbook names, beside it."""
    tools = folder / "tools"
    tools.mkdir(exist_ok=True)
    (tools / "find-backup").write_text(FIND)
    (tools / "find-backup").chmod(0o644)  # its first bytes count, and not its mode
    (tools / "common.sh").write_text('say() { echo "found $*"; }\n')
    (tools / "site.conf").write_bytes(b"port = \xff'1'\n")


@pytest.fixture
def sites(tmp_path: Path) -> Mapping[str, str]:
    """The homes of the hosts."""
    found = {name: tmp_path / "hosts" / name for name in ("web-1", "web-2")}
    for site in found.values():
        site.mkdir(parents=True)
    return {name: str(site) for name, site in found.items()}


def output(run: Running, step: str) -> str:
    return run.directory.attempt(step, 1).output.read_text("utf-8", "surrogateescape")


async def test_whatever_a_step_runs_finds_them_as_they_were_at_the_beginning(
    begin: Begin, tmp_path: Path, sites: Mapping[str, str]
) -> None:
    put_files(tmp_path)
    run = await begin(BOOK, host_sites=sites)
    shutil.rmtree(tmp_path / "tools")
    kept = run.directory.files
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in kept.iterdir()}
    assert modes == {"find-backup": 0o500, "common.sh": 0o400, "site.conf": 0o400}
    await run.did("start", "find")
    state = await run.status("find", Status.PASSED, Status.FAILED)
    assert output(run, "find") == (
        f"found of the step\nport = \udcff'1'\n{kept}/find-backup\n"
    )
    assert state.steps["find"].status == Status.PASSED, state.steps["find"].reason
    await run.did("start", "guarded")
    await run.status("guarded", Status.PASSED)
    await run.did("list", "pick")
    assert run.state.variables["picked.listed"].text == "found of the choice"
    await run.did("choose", "pick", names=("found of the choice",))
    await run.did("start", "far")
    state = await run.status("far", Status.PASSED, Status.FAILED, Status.NOT_STARTED)
    assert state.steps["far"].status == Status.PASSED, state.steps["far"].reason
    for name in sites:
        printed = run.directory.attempt("far", 1).path / "hosts" / name / "output"
        assert printed.read_text("utf-8", "surrogateescape") == (
            "found of the host\nport = \udcff'1'\ncommon.sh\nfind-backup\nsite.conf\n"
        )
    assert list(run_problems(run.directory)) == []
    began = run.entries()[0].event
    assert isinstance(began, RunBegan)
    assert began.files == {each.name: each.sha256 for each in run.runbook.files}
    await run.did("end")
    await run.over()
    left = [path for site in sites.values() for path in Path(site).rglob("find-backup")]
    assert left == [], "what was sent to hosts is removed with the rest"


async def test_an_approval_is_for_them(
    begin: Begin, tmp_path: Path, sites: Mapping[str, str]
) -> None:
    put_files(tmp_path)
    run = await begin(BOOK, host_sites=sites)
    await run.did("ask approval", "change")
    files = run.state.approvals["change"].request.files
    assert files == {
        f"$RUNBOOK_FILES/{each.base_name}": each.sha256
        for each in run.runbook.files
        if each.base_name != "site.conf"
    }


async def test_a_copy_that_was_changed_is_not_run_and_is_told(
    begin: Begin, tmp_path: Path, sites: Mapping[str, str]
) -> None:
    put_files(tmp_path)
    run = await begin(BOOK, host_sites=sites)
    changed = run.directory.files / "common.sh"
    changed.chmod(0o600)
    changed.write_text("say() { rm -r /; }\n")
    for step in ("find", "far"):
        await run.did("start", step)
        state = await run.status(step, Status.NOT_STARTED)
        assert state.steps[step].reason == (
            f"it could not be started: {changed} was changed after the run began; put "
            "it back as it was"
        )
    problems = list(run_problems(run.directory))
    assert any("tools/common.sh was changed after the run began" in p for p in problems)
    assert "tools/common.sh was changed after the run began" in "; ".join(
        read_run(run.directory).problems
    )
    run.kill_host()
    with pytest.raises(RunError, match=r"common\.sh was changed after the run began"):
        await run.resume()
    changed.write_text('say() { echo "found $*"; }\n')
    (run.directory.files / "find-backup").chmod(0o640)  # as in a colleague's copy
    await run.resume()
    await run.did("retry", "find")
    await run.status("find", Status.PASSED)
    (run.directory.files / "find-backup").chmod(0o400)
    await run.did("retry", "find")
    state = await run.until(lambda state: len(state.steps["find"].attempts) == 3)
    state = await run.status("find", Status.NOT_STARTED)
    assert "its mode was changed, or the disk is mounted noexec" in (
        state.steps["find"].reason
    )


async def test_a_run_takes_them_with_it_in_an_export(
    begin: Begin, tmp_path: Path, sites: Mapping[str, str]
) -> None:
    put_files(tmp_path)
    run = await begin(BOOK, host_sites=sites)
    await run.did("end")
    await run.over()
    target = tmp_path / "run.tar.gz"
    export_run(run.directory, target)
    stored = import_run(target, tmp_path / "elsewhere", head=None, now=time.time())
    kept = {each.name: each.read_bytes() for each in stored.files.iterdir()}
    assert kept["find-backup"] == FIND.encode()
    assert list(run_problems(stored)) == []
    report = as_markdown(build_report(stored))
    for file in run.runbook.files:
        assert file.base_name in report
        assert file.sha256 in report
    (run.directory.files / "more").write_text("x")
    (tmp_path / "other.tar.gz").unlink(missing_ok=True)
    export_run(run.directory, tmp_path / "other.tar.gz")
    with pytest.raises(RunError, match="files/more is no part of its runbook"):
        import_run(
            tmp_path / "other.tar.gz", tmp_path / "third", head=None, now=time.time()
        )


async def test_a_text_of_the_runbook_may_be_one_of_its_files(
    begin: Begin, tmp_path: Path
) -> None:
    (tmp_path / "more.toml").write_text(
        'format = 2\n[[phase]]\nid = "more"\ntitle = "More"\n'
        '[[phase.step]]\nid = "look"\nrun = \'grep -c . "$RUNBOOK_FILES/more.toml"\'\n'
    )
    run = await begin(
        'format = 2\n[runbook]\ntitle = "Itself"\nfiles = ["more.toml"]\n'
        '[[phase]]\ninclude = "more.toml#more"\n'
    )
    await run.did("start", "look")
    await run.status("look", "passed")
    await run.did("end")
    await run.over()
    export_run(run.directory, tmp_path / "run.tar.gz")
    stored = import_run(
        tmp_path / "run.tar.gz", tmp_path / "elsewhere", head=None, now=time.time()
    )
    assert list(run_problems(stored)) == []


async def test_it_is_said_that_one_was_edited_beside_the_runbook(
    begin: Begin, tmp_path: Path, sites: Mapping[str, str]
) -> None:
    put_files(tmp_path)
    run = await begin(BOOK, host_sites=sites)
    began = run.entries()[0].event
    assert isinstance(began, RunBegan)
    assert source_edits(run.directory, began) == ()
    (tmp_path / "tools" / "common.sh").write_text('say() { echo "other $*"; }\n')
    assert '+say() { echo "other $*"; }' in source_edits(run.directory, began)


async def test_a_variable_is_listed_by_one_before_the_run_begins(
    make_runbook: MakeRunbook, tmp_path: Path
) -> None:
    put_files(tmp_path)
    book = make_runbook(BOOK)
    briefing = prepare_briefing(book, given={}, workdir=tmp_path)
    shown = [each.strip() for each in dry_run_lines(briefing, now=0.0)]
    assert f"files  {book.files[0].in_words}" in shown
    listed = await propose_values(briefing, book.variables["place"], {})
    assert [each.value for each in listed.options] == ["found of the variable"]


async def test_a_run_that_was_begun_before_others_existed_has_none(
    begin: Begin,
) -> None:
    run = await begin('format = 2\n[runbook]\ntitle = "T"\n[[step]]\nid="a"\nrun="ls"')
    assert not run.directory.files.exists()
    assert '"files"' not in run.directory.journal.read_text().splitlines()[0]


def test_ones_own_copy_of_a_runbook_has_its_files(
    make_runbook: MakeRunbook, tmp_path: Path
) -> None:
    put_files(tmp_path)
    book = make_runbook(BOOK)
    copy = load(copy_to_own(book.path))
    assert copy.files == book.files
