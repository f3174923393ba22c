"""Whole drills: each fault is handled by the runbook, and by that part of it alone.

They take half a minute each, and are run by `-m drills`. The state of the site is
looked at from outside: what it answers while the drill runs, and what its files hold
when it is over.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import tomli_w

from mobius_tui.drill import drill_record
from mobius_tui.drill.faults import FAULTS
from mobius_tui.drill.faults.fault_combinations import (
    answers_for,
    combine_faults,
    random_fault,
)
from mobius_tui.drill.faults.fleet_faults import HOST_FAULTS
from mobius_tui.drill.site import site_services
from mobius_tui.drill.site.drill_site import open_site, processes_in, sites_root
from mobius_tui.drill.site.fleet_site import fleet_hosts
from mobius_tui.drill.site.site_files import (
    SiteKind,
    digest,
    installed_version,
    read_baseline,
)
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.records.verification import run_problems
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.run_index import all_runs
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.library.runbook_files import bundled_folder
from tests.acceptance.terminal import PROGRAM
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.drills


@pytest.fixture(autouse=True)
def _nothing_stays(state_home: Path) -> Iterator[None]:
    yield
    for run in all_runs(runs_root()):
        if host := run.host_pid():
            os.kill(host, 15)
    for owner in sites_root().glob("*/run/owner"):
        if guard := site_services.read_pid_file(owner):
            os.kill(guard, 9)
    subprocess.run([PROGRAM, "runs"], capture_output=True, timeout=PATIENCE, check=True)
    assert not list(state_home.glob("mobius-tui/sites/*/run/owner"))


def drill(*words: str) -> tuple[subprocess.CompletedProcess[str], RunDirectory]:
    done = subprocess.run(
        [PROGRAM, "drill", "--auto", "--plain", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=5 * PATIENCE,
    )
    [run] = all_runs(runs_root())
    return done, run


@pytest.mark.parametrize("name", FAULTS)
def test_the_runbook_handles_each_fault(name: str) -> None:
    done, run = drill("--fault", name, "--keep", "--seed", "5")
    assert done.returncode == 0, done.stdout + done.stderr
    [root] = sites_root().iterdir()
    truth = read_baseline(root)
    installed = installed_version(root)
    older = name in ("corrupt-backup", "missing-checksum")
    assert installed == sorted(truth.releases)[-2 if older else -1]
    assert digest(root / "node_modules") == truth.releases[installed]
    assert digest(root / "src") == truth.source
    assert digest(root / "config" / FAULTS[name].environment) == truth.config
    with closing(sqlite3.connect(root / "data" / "mobius.db")) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (truth.schema,)
        assert database.execute("SELECT count(dhash) FROM assets").fetchone() == (500,)
    wait_for(lambda: not processes_in(root))
    score = drill_record.read_drill_record(run)
    assert score is not None
    assert score.score.handled
    assert name in score.score.faults
    assert score.score.wrong == (), "what a fault makes fail is held against nobody"
    assert Follower(run).state.ended is not None
    assert tuple(run_problems(run)) == ()
    assert f"what handles {name}: {FAULTS[name].handled_by}" in done.stdout


@pytest.mark.parametrize("name", ["bad-release", *(each.name for each in HOST_FAULTS)])
def test_the_fleet_rollback_handles_each_fault_of_a_host(name: str) -> None:
    done, run = drill("--hosts", "3", "--fault", name, "--keep", "--seed", "5")
    nobody_knows = name == "host-silent"
    assert done.returncode == (4 if nobody_knows else 0), done.stdout + done.stderr
    [root] = sites_root().iterdir()
    hosts = {host.name: host.root for host in fleet_hosts(open_site(root))}
    found = {each: installed_version(host) for each, host in hosts.items()}
    good = sorted(read_baseline(hosts["web-1"]).releases)
    wanted = good[-2 if name == "bad-canary" else -1]
    last = "2.5.0" if name == "host-down" else wanted
    assert found == {"web-1": wanted, "web-2": wanted, "web-3": last}
    made = (hosts["web-3"] / "backups" / "rollbacks.log").exists()
    assert made is (name != "host-down")
    fleet = Follower(run).state.fleets["roll-back"].attempts[1].hosts
    statuses = {host: str(each.status) for host, each in fleet.items()}
    expected = {
        "bad-canary": ("failed", "pending", "pending"),
        "host-down": ("ok", "ok", "unreachable"),
        "host-silent": ("ok", "ok", "unknown"),
    }.get(name, ("ok", "ok", "ok"))
    assert statuses["web-1"] == expected[0]
    assert name == "bad-canary" or tuple(statuses.values()) == expected
    if not nobody_knows:
        wait_for(lambda: not processes_in(root))
        score = drill_record.read_drill_record(run)
        assert score is not None
        assert score.score.handled
        assert score.score.wrong == ()
        assert tuple(run_problems(run)) == ()


def test_a_fault_that_nobody_chose_is_told_at_the_end_alone() -> None:
    seed = next(n for n in range(99) if random_fault(n)[0] == ("dead-worker",))
    done, run = drill("--fault", "random", "--seed", str(seed))
    assert done.returncode == 0, done.stdout + done.stderr
    before, _, after = done.stdout.partition("COMPLETED")
    assert "dead-worker" not in before + run.journal.read_text()
    assert "the fault was dead-worker" in after
    assert f"--fault dead-worker --seed {seed}` repeats it" in done.stderr


def test_two_faults_at_once() -> None:
    both = ("--fault", "slow-release", "--fault", "rollback-fails")
    done, run = drill(*both, "--fault", "corrupt-backup")
    assert done.returncode == 0, done.stdout + done.stderr
    state = Follower(run).state
    assert state.entered_phases[:2] == ("automated-rollback", "failure-recovery")


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """How the handling of a fault is taken out of the runbook."""

    fault: str
    cuts: tuple[tuple[str, str], ...] = ()
    """What `mobius-common.toml` or a program says, and what takes its place."""
    answers: dict[str, str] | None = None
    """What is answered otherwise."""
    unattended: bool = False
    """Whether no phase is attended by what stands for a person."""
    site: SiteKind = SiteKind.REAL
    """The kind of site: what it lets one see may lead another way."""


UNSUMMED = ("elif wanted != self.sum:", "elif False:")
UNREAD = ('self.bad = self.bad or f"it cannot be read: {error}"', "pass")
NO_SUM = ('self.bad = "it has no .sha256', 'self.by = "it has no .sha256')
MADE = ("if any(0 <= at - each.made <= SAME_MOMENT for at in self.times):", "if False:")
HERE = ("if self.elsewhere or each.content != each.now:", "if True:")
BACK = ("if backup.is_file():", "if True:")
FOREIGN = (
    ("if not self.bad and other != self.env:", "if False:"),
    ('if about.get("environment", self.env) != self.env:', "if False:"),
)
P95 = ('p95_latency = { above = "5s", for_checks = 5 }', "")
ERRORS = ("error_rate = { above = 0.05, for_checks = 5 }", "")
SUCCESS = ("success_rate = { below = 0.70, min_checks = 5 }", "")
BODY = ('\njson = { status = "ok" }\nerror_rate = {', "\nerror_rate = {")
KILL = ("for number in (signal.SIGTERM, signal.SIGKILL):", "for number in (15,):")
CUTS = (
    Cut(fault="bad-release", answers={"scenario": "nothing"}),
    Cut(fault="slow-release", cuts=(P95,)),
    Cut(fault="error-burst", answers={"scenario": "restart"}),
    Cut(fault="error-burst", cuts=(ERRORS,), site=SiteKind.RICH),
    Cut(fault="flapping", cuts=(SUCCESS,)),
    Cut(fault="lying-health", cuts=(BODY,)),
    Cut(fault="stuck-service", cuts=(KILL,)),
    Cut(fault="thin-backup", answers={"scenario": "packages"}),
    Cut(fault="config-drift", answers={"scenario": "restart"}),
    Cut(fault="no-config-backup", answers={"scenario": "restart"}),
    Cut(fault="stale-process", answers={"scenario": "nothing"}),
    Cut(fault="bad-migration", answers={"scenario": "packages"}),
    Cut(fault="dead-worker", answers={"scenario": "nothing"}),
    Cut(fault="corrupt-backup", cuts=(UNSUMMED, UNREAD, HERE)),
    Cut(fault="missing-checksum", cuts=(NO_SUM,)),
    Cut(fault="rollback-fails", unattended=True),
    Cut(fault="half-restored", unattended=True),
    Cut(fault="prompting-script", unattended=True),
    Cut(fault="npm-missing", unattended=True),
    Cut(fault="second-rollback", cuts=(MADE,)),
    Cut(fault="pruned-backups", cuts=(HERE,)),
    Cut(fault="pruned-backups", cuts=(BACK,)),
    Cut(fault="wrong-environment", cuts=FOREIGN),
)


def test_the_handling_of_each_fault_is_cut_out() -> None:
    assert {cut.fault for cut in CUTS} == set(FAULTS)


@pytest.mark.parametrize("cut", CUTS, ids=lambda cut: str(cut.fault))
def test_without_its_handling_a_fault_is_not_handled(cut: Cut, tmp_path: Path) -> None:
    books = tmp_path / "books"
    shutil.copytree(bundled_folder(), books)
    for old, new in cut.cuts:
        parts = (books / "mobius-common.toml", *(books / "mobius").iterdir())
        [part] = (p for p in parts if p.is_file() and old in p.read_text())
        part.write_text(part.read_text().replace(old, new))
    usual = answers_for(combine_faults([cut.fault]), cut.site)
    answers: dict[str, object] = {**usual.values, **(cut.answers or {})}
    if "indicators" in usual.values:
        answers["indicators"] = usual.values["indicators"].split("\n")
    if not cut.unattended:
        answers["attended"] = usual.attended
    if usual.trigger_within is not None:
        answers["trigger_within"] = "25s"  # with its trigger, it fires within 12 s
    said = tmp_path / "answers.toml"
    said.write_text(tomli_w.dumps(answers))
    done, run = drill(
        *(str(books / "mobius-rollback.toml"), "--fault", cut.fault),
        *("--answers", str(said), "--site", cut.site),
        "--confined",  # what was edited is not known to stay on the site
    )
    assert done.returncode == 1, done.stdout + done.stderr
    score = drill_record.read_drill_record(run)
    if score is None:  # it stopped for a person, and its site was asked at once
        assert Follower(run).state.ended is None
        assert "the service is not restored: " in done.stderr
    else:
        assert score.score.handled is False
        assert score.score.left
        assert "still wrong" in done.stdout
