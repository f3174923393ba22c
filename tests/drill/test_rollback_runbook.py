"""The commands of the rollback runbook, each run for real against a drill site."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sqlite3
import subprocess
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from mobius_tui.drill.faults import FAULTS
from mobius_tui.drill.site import (
    Site,
    ask,
    await_answer,
    build,
    drill_variables,
    environment,
    tear_down,
)
from mobius_tui.runbook.decode import examine
from mobius_tui.runbook.model import Runbook
from mobius_tui.runbook.model_action import Choose, Manual, Run
from mobius_tui.runbook.templates import fill

PATH = Path(__file__).parents[2] / "runbooks" / "mobius-rollback.toml"

Newest = Callable[[Site], Path]


@pytest.fixture(scope="module")
def runbook() -> Runbook:
    read, problems = examine(PATH)
    assert problems == ()
    assert read is not None
    return read


@pytest.fixture
def site(tmp_path: Path, started: datetime) -> Iterator[Site]:
    """A site of its own for each test, in a folder whose name asks for quotes."""
    built = build(tmp_path / "a site", started=started)
    yield built
    tear_down(built)


class Walk:
    """Runs steps as a host does: by file, variables as environment, outputs kept."""

    def __init__(self, runbook: Runbook, site: Site, scratch: Path) -> None:
        self.steps = {step.id: step for step in runbook.steps()}
        self.site = site
        self.scratch = scratch
        self.first: Path | None = None
        defaults = {
            name: variable.default
            for name, variable in runbook.variables.items()
            if variable.default is not None
        }
        self.values = {**defaults, **drill_variables(site)}

    def run(self, step_id: str) -> tuple[int, str]:
        """The exit code and output of a step's script."""
        action = self.steps[step_id].action
        assert isinstance(action, Run)
        script, outputs = self.scratch / "script", self.scratch / "outputs"
        script.write_text(action.script)
        outputs.write_text("")
        ours = {"RUNBOOK_OUTPUT": str(outputs), "MOBIUS_PACE": "0"}
        strict = ("bash", "--noprofile", "--norc", "-euo", "pipefail", str(script))
        env = {**os.environ, **environment(self.site), **self.values, **ours}
        if self.first is not None:
            env["PATH"] = f"{self.first}:{env['PATH']}"
        ended = subprocess.run(
            strict,
            cwd=self.site.root,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
        )
        for line in outputs.read_text().splitlines():
            name, _, value = line.partition("=")
            self.values[name] = value
        return ended.returncode, ended.stdout

    def interpose(self, tool: str, script: str) -> None:
        """Let something happen just before a program of the step begins."""
        self.first = self.scratch / "first"
        self.first.mkdir(exist_ok=True)
        real = shutil.which(tool)
        own = self.first / tool
        own.write_text(f'#!/bin/bash\n{script}\nexec {real} "$@"\n')
        own.chmod(0o755)

    def fill(self, text: str) -> str:
        return fill(text, self.values.__getitem__)


@pytest.fixture
def walk(runbook: Runbook, site: Site, tmp_path: Path) -> Walk:
    return Walk(runbook, site, tmp_path)


def test_the_main_line_repairs_a_bad_release(walk: Walk, newest_backup: Newest) -> None:
    FAULTS["bad-release"].inject(walk.site)
    code, output = walk.run("system-status")
    assert (code, "FAIL" in output) == (1, True)
    code, output = walk.run("metrics")
    assert code == 0
    assert len(output.splitlines()) == 101
    assert walk.run("find-backup")[0] == 0
    assert walk.values["backup_file"] == str(newest_backup(walk.site))
    code, output = walk.run("inspect-backup")
    assert (code, ".sha256" in output) == (0, True)
    assert ask(walk.site, "/health")[0] == 500
    code, output = walk.run("execute")
    assert code == 0, output
    assert ask(walk.site, "/health")[0] == 200
    assert walk.run("smoke-tests")[0] == 0


def test_an_older_backup_is_taken_with_a_warning(
    walk: Walk, newest_backup: Newest
) -> None:
    damaged = newest_backup(walk.site)
    damaged.write_bytes(damaged.read_bytes()[:-1])
    code, output = walk.run("find-backup")
    assert code == 3
    assert "damaged or unverifiable" in output
    assert walk.values["backup_file"] < str(damaged)


@pytest.mark.parametrize("name", ["", "elsewhere/other name.zip", "*no newline"])
def test_the_name_in_a_sum_file_does_not_matter(
    walk: Walk, newest_backup: Newest, name: str
) -> None:
    sums = Path(f"{newest_backup(walk.site)}.sha256")
    digest = sums.read_text().split()[0]
    sums.write_text(f"{digest}  {name}" if name else digest)
    assert walk.run("find-backup")[0] == 0
    assert walk.values["backup_file"] == str(newest_backup(walk.site))


@pytest.mark.parametrize("what", ["*.sha256", "*"])
def test_without_a_verified_backup_it_fails(walk: Walk, what: str) -> None:
    for path in (walk.site.root / "backups").glob(what):
        path.unlink()
    code, output = walk.run("find-backup")
    assert code == 1
    assert "no verified backup of production" in output
    assert "backup_file" not in walk.values


def _other_backup(walk: Walk, newest: Path) -> bytes:
    """One that is as good by its own .sha256, and that nobody verified."""
    other = walk.scratch / "other.zip"
    with zipfile.ZipFile(newest) as old, zipfile.ZipFile(other, "w") as new:
        for name in old.namelist():
            new.writestr(name, b"6.6.6" if name == "app/VERSION" else old.read(name))
    return other.read_bytes()


@pytest.mark.parametrize("moment", ["before", "as it is copied"])
def test_a_backup_that_was_swapped_is_refused_and_nothing_touched(
    walk: Walk, newest_backup: Newest, moment: str
) -> None:
    assert walk.run("find-backup")[0] == 0
    newest = newest_backup(walk.site)
    other = _other_backup(walk, newest)
    before = _content(walk.site)
    assert before
    swap = walk.scratch / "swap"
    swap.write_bytes(other)
    if moment == "before":
        newest.write_bytes(other)
        digest = hashlib.sha256(other).hexdigest()
        Path(f"{newest}.sha256").write_text(f"{digest}  {newest.name}\n")
    else:
        walk.interpose("cp", f'/bin/cp "{swap}" "{newest}"')
    for step_id in ("execute", "restore-database", "extract"):
        code, output = walk.run(step_id)
        assert code == 1, step_id
        assert "FAILED" in output
    assert _content(walk.site) == before
    assert not list((walk.site.root / "data").glob("*.failed.*"))
    assert not (walk.site.root / "run" / "rollbacks.log").exists()


def _content(site: Site) -> dict[str, bytes]:
    folders = ("app", "config")
    return {
        str(path): path.read_bytes()
        for folder in folders
        for path in sorted((site.root / folder).rglob("*"))
        if path.is_file()
    }


def test_a_backup_swapped_after_its_copy_changes_nothing(
    walk: Walk, newest_backup: Newest
) -> None:
    assert walk.run("find-backup")[0] == 0
    FAULTS["bad-release"].inject(walk.site)
    newest = newest_backup(walk.site)
    walk.scratch.joinpath("swap").write_bytes(_other_backup(walk, newest))
    swap = walk.scratch / "swap"
    walk.interpose("sha256sum", f'/bin/cp "{swap}" "{newest}"')
    code, output = walk.run("execute")
    assert code == 0, output
    assert newest.read_bytes() == swap.read_bytes(), "it was swapped"
    assert "6.6.6" not in (walk.site.root / "app" / "VERSION").read_text()
    assert ask(walk.site, "/health")[0] == 200


def test_without_a_monitor_log_it_warns(walk: Walk) -> None:
    walk.values["target_env"] = "staging"
    assert walk.run("metrics")[0] == 3


def test_failure_recovery_restores_by_hand(walk: Walk) -> None:
    assert walk.run("find-backup")[0] == 0
    FAULTS["bad-release"].inject(walk.site)
    (walk.site.root / "config" / "production" / "api.json").write_text("{}")
    assert walk.run("stop-services")[0] == 0
    assert walk.run("end-processes")[0] == 0
    assert ask(walk.site, "/health")[0] == 0
    for step_id in ("extract", "restore-config", "restore-code", "start-services"):
        code, output = walk.run(step_id)
        assert code == 0, output
    await_answer(walk.site, 200, path="/api/health/detailed")
    kept = list(walk.site.root.glob("app.failed.*"))
    assert len(kept) == 1
    assert "2.5.0" in (kept[0] / "VERSION").read_text()
    shutil.rmtree(walk.values["restored"])


def _schema(site: Site) -> int:
    with closing(sqlite3.connect(site.root / "data" / "mobius.db")) as database:
        return int(database.execute("PRAGMA user_version").fetchone()[0])


def _migrate_ahead(site: Site) -> None:
    """What a release does that changes the schema."""
    folder = site.root / "app" / "migrations"
    (folder / "004_tags.up.sql").write_text("CREATE TABLE tags (id INTEGER);\n")
    (folder / "004_tags.down.sql").write_text("DROP TABLE tags;\n")
    subprocess.run(
        (str(site.bin / "npm"), "run", "migrate"), check=True, capture_output=True
    )
    assert _schema(site) == 4


@pytest.mark.parametrize("way", ["migrate-back", "restore-database"])
def test_the_database_goes_back_before_the_code(walk: Walk, way: str) -> None:
    assert walk.run("find-backup")[0] == 0
    _migrate_ahead(walk.site)
    assert walk.run("stop-for-database")[0] == 0
    code, output = walk.run(way)
    assert code == 0, output
    assert _schema(walk.site) == 3
    kept = list((walk.site.root / "data").glob("mobius.db.failed.*"))
    assert len(kept) == (way == "restore-database"), "what is there now is kept"
    code, output = walk.run("execute")
    assert code == 0, output
    await_answer(walk.site, 200, path="/api/health/detailed")
    assert walk.run("smoke-tests")[0] == 0


def test_after_the_code_the_database_cannot_go_back(walk: Walk) -> None:
    """Why it goes first: the old release does not know the way."""
    assert walk.run("find-backup")[0] == 0
    _migrate_ahead(walk.site)
    assert walk.run("execute")[0] == 0
    assert walk.run("migrate-back")[0] == 1
    assert walk.run("smoke-tests")[0] == 1


def test_only_the_configuration_goes_back(walk: Walk) -> None:
    folder = walk.site.root / "config" / "production"
    (folder / "api.json").write_text("{}")
    (folder / "extra.json").write_text("{}")
    code, output = walk.run("config-difference")
    assert (code, "extra.json" in output) == (0, True)
    for step_id in ("config-stop", "config-restore", "config-start"):
        code, output = walk.run(step_id)
        assert code == 0, output
    await_answer(walk.site, 200)
    assert walk.run("config-difference")[0] == 3
    (kept,) = folder.parent.glob("production.failed.*")
    assert (kept / "extra.json").exists()
    assert not list(walk.site.root.glob("run/rollbacks.log"))


def test_ending_what_is_left_ends_running_services(walk: Walk) -> None:
    assert walk.run("end-processes")[0] == 0
    assert ask(walk.site, "/health")[0] == 0


def test_the_pattern_never_matches_whoever_looks(runbook: Runbook) -> None:
    pattern = runbook.variables["process_pattern"].default
    assert pattern is not None
    for line in ("node dist/mobius/api.js", "/usr/bin/node /srv/mobius/worker.js"):
        assert re.search(pattern, line)
    for line in (
        "bash /runs/mobius-rollback/steps/end-processes.1/script",
        "pkill -f node.*mobius",
        "/usr/bin/python3 /usr/bin/mobius-tui run x --workdir /home/node/mobius",
        "grep node.*mobius",
    ):
        assert not re.search(pattern, line)


def test_every_question_of_the_main_line_has_an_answer(
    runbook: Runbook, walk: Walk
) -> None:
    answers = tomllib.loads(FAULTS["bad-release"].answers.read_text())
    assert set(answers) <= set(runbook.variables)
    assert set(drill_variables(walk.site)) <= set(runbook.variables)
    wanted = {name for name, variable in runbook.variables.items() if variable.ask}
    for step in (s for p in runbook.phases if not p.aside for s in p.steps):
        if isinstance(step.action, Manual):
            for question in step.action.ask:
                wanted.add(question.var)
                assert re.fullmatch(question.match or ".+", answers[question.var])
        if isinstance(step.action, Choose):
            wanted.add(step.action.var)
            given = answers[step.action.var]
            values = {option.value for option in step.action.options}
            assert set(given if step.action.multi else [given]) <= values
    assert wanted <= set(answers)


def test_its_shape(runbook: Runbook) -> None:
    assert {contact.handle for contact in runbook.contacts} == {
        "@sre-oncall",
        "@ops",
        "@eng-lead",
        "@incident-commander",
    }
    assert set(runbook.messages) == {
        f"rollback-{word}" for word in ("started", "completed", "failed")
    }
    assert runbook.phase("failure-recovery").attended
    automated = runbook.phase("automated-rollback")
    assert automated.next == "verify"
    assert all(isinstance(step.action, Run) for step in automated.steps)
    assert all(not step.when for step in automated.steps), "nobody decides there"
    for step in runbook.steps():
        assert step.why, step.id
        assert len(step.title) <= 20, step.title
