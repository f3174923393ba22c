"""Which open runs are in the way of another, by what they are at and not by a name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mobius_tui.errors import RunError
from mobius_tui.run.client.run_briefing import Briefing, prepare_briefing
from mobius_tui.run.client.start_run import start_new_run
from mobius_tui.run.intents.run_intents import StartAutomatic
from mobius_tui.runbook.library.loader import load
from mobius_tui.structs import replace
from tests.run.conftest import Begin
from tests.run.running import Running, kill_host_of

WAIT = "run = 'while [ ! -e %s/go ]; do sleep 0.05; done'"
CHANGE = f"effect = 'change'\nundo = 'none: a test'\n{WAIT}"
READ = "effect = 'read'\nrun = 'uptime'"


def text(folder: Path, hosts: str, does: str = CHANGE, title: str = "Go") -> str:
    """A runbook of one step on hosts, or, without them, here."""
    target = f"[targets.web]\nhosts = [{hosts}]\n" if hosts else ""
    on = "hosts = 'web'\n" if hosts else ""
    does = does.replace("%s", str(folder))
    return (
        f"format = 2\n[runbook]\ntitle = '{title}'\n{target}"
        f"[[step]]\nid = 'go'\ntitle = 'Go'\ntimeout = '1m'\n{on}{does}\n"
    )


def briefing(folder: Path, body: str, limit: str = "", name: str = "b") -> Briefing:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.toml"
    path.write_text(body)
    return prepare_briefing(load(path), given={}, limit=limit)


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program in place of ssh: its hosts are this machine."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "ssh").write_text(
        '#!/bin/sh\nfor last; do :; done\nexec sh -c "$last"\n'
    )
    (programs / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(tmp_path))


async def first_run(begin: Begin, body: str) -> Running:
    run = await begin(body)
    await run.did("start", "go")
    await run.until(lambda state: state.steps["go"].status == "running")
    return run


@pytest.mark.usefixtures("ssh")
async def test_a_run_at_the_same_hosts_is_told_until_it_has_ended(
    begin: Begin, tmp_path: Path
) -> None:
    run = await first_run(begin, text(tmp_path, "'web-[1:9]'", title="The first"))
    other = tmp_path / "other"
    (found,) = briefing(other, text(tmp_path, "'web-[1:9]'")).beside
    assert (found.id, found.title, found.has_host) == (
        run.directory.id,
        "The first",
        True,
    )
    assert found.where == "on web-1, web-2, web-3 and 6 more"
    assert found.steps == ("1.1 Go",)
    told = briefing(other, text(tmp_path, "'web-[1:9]'")).notices
    assert any(run.directory.id in words for words in told)
    (fewer,) = briefing(other, text(tmp_path, "'web-[1:9]'"), limit="web-4").beside
    assert fewer.where == "on web-4", "not only where both lists are alike"
    assert briefing(other, text(tmp_path, "'db-[1:9]'")).beside == ()
    (reads,) = briefing(other, text(tmp_path, "'web-1'", READ)).beside
    assert reads.where == "on web-1", "what it reads is just being changed"
    assert not reads.is_in_the_way, "it is told, and begins by itself all the same"
    (tmp_path / "go").touch()
    await run.status("go", "passed")
    await run.did("end")
    await run.over()
    assert briefing(other, text(tmp_path, "'web-[1:9]'")).beside == ()


@pytest.mark.usefixtures("ssh")
async def test_two_that_only_read_are_in_nobodys_way(
    begin: Begin, tmp_path: Path
) -> None:
    wait = f"effect = 'read'\n{WAIT}"
    await first_run(begin, text(tmp_path, "'web-1'", wait))
    assert briefing(tmp_path / "other", text(tmp_path, "'web-1'", READ)).beside == ()
    (tmp_path / "go").touch()


async def test_a_runbook_in_the_same_folder_whatever_the_folder_is_called(
    begin: Begin, tmp_path: Path
) -> None:
    run = await first_run(begin, text(tmp_path, ""))
    (tmp_path / "link").symlink_to(run.runbook.path.parent)
    name = run.runbook.path.stem
    (found,) = briefing(tmp_path / "link", text(tmp_path, ""), name=name).beside
    assert found.where.startswith("in the same folder ")
    copied = briefing(tmp_path / "copy", text(tmp_path, ""), name=name)
    assert copied.runbook.id == run.runbook.id
    assert copied.beside == (), "a name is not the thing"
    (tmp_path / "go").touch()


@pytest.mark.usefixtures("ssh")
async def test_by_itself_a_run_does_not_begin_beside_another(
    begin: Begin, tmp_path: Path
) -> None:
    run = await first_run(begin, text(tmp_path, "'web-1'"))
    ready = briefing(tmp_path / "other", text(tmp_path, "'web-1'"))
    with pytest.raises(RunError, match="--although-running") as error:
        await start_new_run(ready, auto=StartAutomatic(answers={}))
    assert run.directory.id in str(error.value)
    assert error.value.exit_code == 4
    assert len(list(run.directory.path.parent.iterdir())) == 1, "no run was made"
    (tmp_path / "go").touch()


LIMITED = """format = 2
[runbook]
title = 'Limited'
[limits]
same_folder = 1
[[step]]
id = 'go'
run = 'true'
"""


async def test_a_limit_holds_while_the_host_of_the_run_lives(
    begin: Begin, tmp_path: Path
) -> None:
    run = await begin(LIMITED)
    runs = run.directory.path.parent
    other = replace(
        briefing(tmp_path / "other", LIMITED), workdir=run.runbook.path.parent
    )
    with pytest.raises(RunError, match="same_folder = 1: another run is at") as error:
        await start_new_run(other)
    assert f"process {run.host()}" in str(error.value)
    assert len(list(runs.iterdir())) == 1, "no run was made"
    await run.drop()
    run.kill_host()
    second = await start_new_run(other)
    with pytest.raises(RunError, match="same_folder = 1"):
        await run.resume()
    kill_host_of(second)
    await run.resume()
