"""What a drill of somebody's own runbook wants before it does anything."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from mobius_tui.drill.site.drill_site import sites_root
from mobius_tui.drill.site.site_services import read_pid_file
from mobius_tui.drill.site_guard import take_down_orphan_sites
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.storage.run_index import all_runs
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.library.runbook_files import bundled_folder
from tests.program import program
from tests.waiting import wait_for

HEAD = """format = 2
[runbook]
title = "Mine"
environment = "env"
protected = ["production", "prod-eu"]
[var.env]
default = "ENV"
"""


class Mine:
    """A runbook that empties a folder beside it, and that folder."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "mine.toml"
        self.precious = folder / "precious"
        self.precious.mkdir()

    def write(self, body: str = "", *, env: str = "production") -> None:
        wipe = f"[[step]]\ntitle = 'Wipe'\nrun = 'rm -rf {self.precious}'\n"
        body = body.replace("PRECIOUS", str(self.precious))
        self.path.write_text(HEAD.replace("ENV", env) + (body or wipe))


@pytest.fixture
def mine(tmp_path: Path) -> Iterator[Mine]:
    yield Mine(tmp_path)
    for run in all_runs(runs_root()):
        if host := run.host_pid():
            os.kill(host, signal.SIGTERM)
    for owner in sites_root().glob("*/run/owner"):
        if guard := read_pid_file(owner):
            os.kill(guard, signal.SIGKILL)
    wait_for(lambda: all(run.host_pid() is None for run in all_runs(runs_root())))
    wait_for(lambda: not any(map(read_pid_file, sites_root().glob("*/run/owner"))))
    take_down_orphan_sites(sites_root())
    assert not list(sites_root().glob("*/run/owner"))


def drill(path: Path, *words: str) -> tuple[int, str]:
    """The exit code of a drill in a process of its own, and what it printed."""
    done = program("drill", str(path), *words)
    return done.returncode, " ".join((done.stdout + done.stderr).split())


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("--auto",), "production is protected"),
        (("--auto", "--yes"), "production is protected"),
        (("--auto", "--yes", "--environment", "staging"), "production is protected"),
        (("--plain",), "production is protected"),
        (("--auto", "--environment", "production"), "--auto wants --yes"),
        (("--auto", "--yes", "--environment", "prod-us"), "the site has production"),
        (("--try-checks", "--environment", "production"), "--try-checks wants --auto"),
        (("--matrix",), "--yes confirms that"),
    ],
)
def test_without_a_persons_word_it_does_not_begin(
    mine: Mine,
    words: tuple[str, ...],
    wanted: str,
) -> None:
    mine.write()
    code, said = drill(mine.path, *words)
    assert code == 2, said
    assert wanted in said
    assert mine.precious.exists()
    assert all_runs(runs_root()) == ()


def test_the_refusal_names_what_leaves_the_site(mine: Mine) -> None:
    mine.write(env="staging")
    code, said = drill(mine.path, "--auto")
    assert code == 2
    assert f"1.1 Wipe: {mine.precious}" in said
    assert mine.precious.exists()


@pytest.mark.parametrize("env", ["production", "prod-eu"])
def test_asked_for_by_name_and_confirmed_it_runs_as_it_is_written(
    mine: Mine, env: str
) -> None:
    mine.write(env=env)
    _, said = drill(mine.path, "--auto", "--yes", "--environment", env)
    assert not mine.precious.exists()
    assert "1 part of it leaves the site" in said
    assert "nothing real" not in said


def test_nobody_ticks_and_nobody_approves_in_its_place(mine: Mine) -> None:
    mine.write("[[step]]\ntitle = 'By hand'\nmanual = 'Do it'\n", env="staging")
    _, said = drill(mine.path, "--auto")
    assert "By hand" in said
    [run] = all_runs(runs_root())
    assert Follower(run).state.steps["by-hand"].status is not Status.PASSED


def test_an_approval_is_not_the_drills_to_give(mine: Mine) -> None:
    approve = "approve = { role = 'lead' }"
    step = f"[[step]]\ntitle = 'Wipe'\nrun = 'rm -rf PRECIOUS'\n{approve}\n"
    mine.write(step, env="staging")
    _, said = drill(mine.path, "--auto", "--yes")
    assert mine.precious.exists()
    assert "approval" in said


def test_a_copy_of_a_bundled_runbook_is_drilled_as_that(mine: Mine) -> None:
    bundled = bundled_folder() / "mobius-prevention.toml"
    mine.path.write_bytes(bundled.read_bytes())
    (mine.path.parent / "mobius-common.toml").write_bytes(
        (bundled_folder() / "mobius-common.toml").read_bytes()
    )
    code, said = drill(mine.path, "--dry-run")
    assert (code, "the site" in said) == (0, False), said
    with mine.path.open("a") as file:
        file.write("\n# mine\n")
    assert "nothing in it is seen to leave the site" in drill(mine.path, "--dry-run")[1]
