"""The commands of the rollback runbook, each run for real against a drill site."""

from __future__ import annotations

import hashlib
import json
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

from mobius_tui.drill.drill_verdict import site_problems
from mobius_tui.drill.faults import FAULTS
from mobius_tui.drill.faults.release_faults import install
from mobius_tui.drill.site.drill_site import (
    Site,
    build_site,
    drill_variables,
    request_site,
    tear_down,
    wait_for_status,
)
from mobius_tui.drill.site.site_files import (
    SiteKind,
    digest,
    installed_version,
    read_baseline,
    run_site_program,
)
from mobius_tui.runbook.library.loader import examine, load
from mobius_tui.runbook.model.actions import Choose, Manual, Run
from mobius_tui.runbook.model.check_kinds import RunCheck
from mobius_tui.runbook.model.runbook import Runbook
from tests.drill.walking import ROLLBACK_RUNBOOK, Walk

Newest = Callable[[Site], Path]
CODE = ("find-backup", "inspect-backup", "execute", "restart-after")


@pytest.fixture(scope="module")
def runbook() -> Runbook:
    read, problems = examine(ROLLBACK_RUNBOOK)
    assert problems == ()
    assert read is not None
    return read


@pytest.fixture
def site(tmp_path: Path, started: datetime) -> Iterator[Site]:
    """A site of its own for each test, in a folder whose name asks for quotes."""
    built = build_site(tmp_path / "a site", started=started)
    yield built
    tear_down(built)


@pytest.fixture
def walk(runbook: Runbook, site: Site, tmp_path: Path) -> Walk:
    return Walk(runbook, site, tmp_path)


def _content(site: Site) -> dict[str, str]:
    """What a rollback may replace."""
    return {
        name: digest(site.root / name) for name in ("config", "src", "node_modules")
    }


def test_the_main_line_repairs_a_bad_release(walk: Walk, newest_backup: Newest) -> None:
    newest = newest_backup(walk.site)
    FAULTS["bad-release"].inject(walk.site)
    code, output = walk.run("system-status")
    assert (code, "FAIL" in output) == (1, True)
    walk.all("find-backup")
    assert walk.values["backup_file"] == str(newest)
    code, output = walk.run("inspect-backup")
    assert code == 0
    for words in (".sha256", "./config/api.json", "its packages are others"):
        assert words in output.replace("Its", "its")
    assert request_site(walk.site, "/health")[0] == 500
    walk.all("execute")
    assert walk.check("execute")[0] == 0
    assert request_site(walk.site, "/health")[0] == 500, (
        "files change nothing until a restart"
    )
    walk.all("restart-after")
    wait_for_status(walk.site, 200, path="/api/health/detailed")
    walk.all("smoke-tests", "configuration")
    assert site_problems(walk.site) == ()


def test_a_script_that_restored_nothing_is_found_out(walk: Walk) -> None:
    """Its exit code is a claim: the check compares the files."""
    FAULTS["bad-release"].inject(walk.site)
    walk.all("find-backup", "inspect-backup")
    script = walk.site.root / "scripts/deploy/rollback_dhash.sh"
    script.write_text("#!/bin/sh\necho 'Rollback process completed'\n")
    assert walk.run("execute")[0] == 3, "it made no backup either"
    code, output = walk.check("execute")
    assert code == 1
    assert "package.json is not that of the backup" in output


def test_a_failing_script_says_what_is_in_place(walk: Walk) -> None:
    FAULTS["bad-release"].inject(walk.site)
    walk.all("find-backup", "inspect-backup")
    FAULTS["half-restored"].inject(walk.site)
    code, output = walk.run("execute")
    assert code == 1
    assert "nothing was restarted: what runs is what ran before" in output
    assert installed_version(walk.site.root) == "2.5.0", "it dies before the packages"


def _other_backup(scratch: Path, newest: Path) -> bytes:
    """One that is as good by its own .sha256, and that nobody verified."""
    other = scratch / "other.zip"
    with zipfile.ZipFile(newest) as old, zipfile.ZipFile(other, "w") as new:
        for name in old.namelist():
            new.writestr(name, b"{}" if name == "config/api.json" else old.read(name))
    return other.read_bytes()


def test_a_backup_that_is_swapped_as_it_is_copied_is_refused(
    walk: Walk, newest_backup: Newest
) -> None:
    FAULTS["bad-release"].inject(walk.site)
    newest, before = newest_backup(walk.site), _content(walk.site)
    walk.all("find-backup")
    swap = walk.scratch / "swap"
    swap.write_bytes(_other_backup(walk.scratch, newest))
    # It is the same name, and another file, as the program opens it.
    swap.replace(newest)
    code, output = walk.run("inspect-backup")
    assert code == 1
    assert "that is not the backup that was found" in output
    assert "Nothing has been changed" in output
    assert _content(walk.site) == before


def test_a_backup_that_is_swapped_with_its_sum_after_it_was_found_is_refused(
    walk: Walk, newest_backup: Newest
) -> None:
    FAULTS["bad-release"].inject(walk.site)
    newest, before = newest_backup(walk.site), _content(walk.site)
    walk.all("find-backup")
    newest.write_bytes(_other_backup(walk.scratch, newest))
    found = hashlib.sha256(newest.read_bytes()).hexdigest()
    Path(f"{newest}.sha256").write_text(f"{found}  {newest.name}\n")
    code, output = walk.run("inspect-backup")
    assert code == 1
    assert "that is not the backup that was found" in output
    assert _content(walk.site) == before


def test_only_what_was_looked_at_is_restored(walk: Walk, newest_backup: Newest) -> None:
    FAULTS["bad-release"].inject(walk.site)
    walk.all("find-backup", "inspect-backup")
    newest = newest_backup(walk.site)
    other = _other_backup(walk.scratch, newest)
    newest.write_bytes(other)
    walk.all("execute")
    assert newest.read_bytes() == other, "it was swapped, and nobody reads it any more"
    assert walk.check("execute")[0] == 0
    before = _content(walk.site)
    copy = Path(walk.values["restored"]).parent / newest.name
    copy.write_bytes(other)
    assert walk.run("execute")[0] == 1, "nor does the copy pass"
    assert _content(walk.site) == before
    shutil.rmtree(copy.parent)
    code, output = walk.run("execute")
    assert (code, f"{copy}: No such file" in output) == (1, True)
    assert _content(walk.site) == before


@pytest.mark.parametrize(
    ("cut", "why"),
    [
        ("config/", "it holds no configuration"),
        ("package", "it holds no package.json"),
        ("", "it is not of production"),
    ],
)
def test_what_lacks_a_part_is_refused_while_all_still_runs(
    walk: Walk, newest_backup: Newest, cut: str, why: str
) -> None:
    newest = newest_backup(walk.site)
    walk.values["backup_file"] = str(newest)
    with zipfile.ZipFile(newest) as old:
        files = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(newest, "w") as new:
        for name, data in files.items():
            text = data if cut else data.replace(b"production", b"staging")
            if not cut or not name.startswith(cut):
                new.writestr(name, text)
    total = subprocess.run(
        ("sha256sum", newest.name), cwd=newest.parent, capture_output=True
    )
    Path(f"{newest}.sha256").write_bytes(total.stdout)
    walk.values["backup_sums"] = f"{total.stdout.split()[0].decode()}  {newest}"
    code, output = walk.run("inspect-backup")
    assert code == 1
    assert why in output
    assert "restored" not in walk.values
    assert request_site(walk.site, "/health")[0] == 200
    assert not list((walk.site.root / "tmp").glob("mobius-*")), "its copy is gone"


@pytest.mark.parametrize("step", ["inspect-backup", "auto-inspect-backup"])
def test_with_units_that_are_not_there_nothing_begins(walk: Walk, step: str) -> None:
    """What cannot be restarted after it would be found out when all is replaced."""
    FAULTS["bad-release"].inject(walk.site)
    walk.all("find-backup")
    walk.values["api_unit"] = "mobius-api-of-nobody"
    code, output = walk.run(step)
    assert code == 1
    assert "there is no unit mobius-api-of-nobody" in output
    assert "Nothing has been done" in output
    assert "restored" not in walk.values


def test_without_npm_nothing_begins(walk: Walk) -> None:
    FAULTS["bad-release"].inject(walk.site)
    FAULTS["npm-missing"].inject(walk.site)
    walk.all("find-backup")
    code, output = walk.run("inspect-backup")
    assert (code, "npm is not there" in output) == (1, True)
    walk.all("extract")  # in failure recovery a release may bring the packages
    walk.all("stop-services", "restore-config")
    assert walk.run("restore-packages")[0] == 3
    walk.all("restore-code", "start-services")
    wait_for_status(walk.site, 200, path="/api/health/detailed")
    FAULTS["npm-missing"].heal(walk.site)
    assert site_problems(walk.site) == ()


def test_a_backup_that_the_script_prunes_is_there_again(walk: Walk) -> None:
    FAULTS["bad-release"].inject(walk.site)
    FAULTS["pruned-backups"].inject(walk.site)
    code, output = walk.run("find-backup")
    assert (code, "the newest is not proposed" in output) == (3, True)
    walk.all(*CODE[1:])
    restored = Path(walk.values["backup_file"])
    assert restored.exists()
    assert Path(f"{restored}.sha256").exists()
    wait_for_status(walk.site, 200)
    assert FAULTS["pruned-backups"].unrepaired(walk.site) == ()


@pytest.mark.parametrize("state", ["empty", "missing"])
def test_without_a_monitor_log_it_warns(walk: Walk, state: str) -> None:
    (log,) = (walk.site.root / "monitor_logs").iterdir()
    assert log.read_text() == "", "the real monitor dies at its first check"
    if state == "missing":
        log.unlink()
    code, output = walk.run("metrics")
    assert code == 3
    assert "no monitor log of production" in output


def test_the_last_checks_of_a_monitor_are_shown(walk: Walk) -> None:
    (log,) = (walk.site.root / "monitor_logs").iterdir()
    rows = [f"2026-11-24 13:00:00|200|{n}|ok\n" for n in range(150)]
    log.write_text("".join(rows))
    code, output = walk.run("metrics")
    assert code == 0
    assert output.splitlines()[1:] == [row.rstrip("\n") for row in rows[-100:]]


def test_failure_recovery_restores_by_hand(walk: Walk) -> None:
    FAULTS["bad-release"].inject(walk.site)
    (walk.site.config / "api.json").write_text("{}")
    shutil.rmtree(walk.site.root / "src")
    walk.all("find-backup-again", "extract", "stop-services")
    assert request_site(walk.site, "/health")[0] == 0
    walk.all("restore-config", "restore-packages", "restore-code", "start-services")
    for step_id in ("restore-config", "restore-code"):
        assert walk.check(step_id)[0] == 0
    wait_for_status(walk.site, 200, path="/api/health/detailed")
    assert site_problems(walk.site) == ()
    # What was there first; what came from the backup is kept too, as the release comes.
    kept = min(walk.site.root.glob("package.json.failed.*"))
    assert json.loads(kept.read_text())["version"] != installed_version(walk.site.root)
    assert list(walk.site.root.glob("config/production.failed.*"))


def test_where_we_stand_says_what_runs_and_the_way_up(walk: Walk) -> None:
    walk.all("where-we-stand")
    walk.all("stop-services")
    code, output = walk.run("where-we-stand")
    assert code == 3
    assert "mobius-api is inactive" in output
    assert "systemctl start mobius-api mobius-worker" in output


def test_the_source_comes_from_a_release(walk: Walk) -> None:
    FAULTS["thin-backup"].inject(walk.site)
    assert walk.run("find-backup")[0] == 3, "its packages are those of the newest"
    assert walk.check("look-at-release")[0] == 0
    walk.all(*CODE[1:3], "put-release", "restart-after")
    wait_for_status(walk.site, 200)
    assert site_problems(walk.site) == ()
    assert len(list(walk.site.root.glob("src.failed.*"))) == 1


@pytest.mark.parametrize("what", ["nothing", "no release", "an empty folder"])
def test_what_is_no_release_is_refused(walk: Walk, what: str) -> None:
    path = walk.scratch / "other"
    if what == "no release":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("src/x", "")
    elif what == "an empty folder":
        path.mkdir()
    walk.values["release_archive"] = str(path)
    code, output = walk.check("look-at-release")
    assert code != 0
    assert str(path) in output or "tar" in output


def _schema(site: Site) -> int:
    with closing(sqlite3.connect(site.root / "data" / "mobius.db")) as database:
        return int(database.execute("PRAGMA user_version").fetchone()[0])


def _migrate_ahead(site: Site) -> None:
    """What a release does that changes the schema."""
    install(site, "bad-migration", "2.6.0")
    run_site_program(site.root, "bin/npm", "run", "migrate")
    assert _schema(site) == 4


def test_the_database_comes_from_its_dump(walk: Walk) -> None:
    _migrate_ahead(walk.site)
    assert walk.check("look-at-dump")[0] == 0
    walk.all("find-backup", "inspect-backup", "stop-for-database", "restore-database")
    kept = list(walk.site.root.glob("data/mobius.db.failed.*"))
    assert len(kept) == 1, "what is there now is kept"
    assert _schema(walk.site) == 3
    walk.all("execute", "restart-after")
    wait_for_status(walk.site, 200, path="/api/health/detailed")
    assert site_problems(walk.site) == ()


@pytest.mark.parametrize("what", ["no dump", "no file"])
def test_what_is_no_dump_is_refused(walk: Walk, what: str) -> None:
    dump = walk.scratch / "dump.db"
    if what == "no dump":
        dump.write_text("CREATE TABLE assets;\n")
    walk.values["database_dump"] = str(dump)
    code, output = walk.check("look-at-dump")
    assert code == 1
    assert str(dump) in output


def test_a_dump_that_is_none_any_more_leaves_the_database(walk: Walk) -> None:
    walk.all("stop-for-database")
    Path(walk.values["database_dump"]).write_text("gone\n")
    before = (walk.site.root / "data" / "mobius.db").read_bytes()
    code, output = walk.run("restore-database")
    assert code == 1
    assert "is no SQLite database" in output
    assert "systemctl start mobius-api mobius-worker" in output
    assert (walk.site.root / "data" / "mobius.db").read_bytes() == before
    assert [path.name for path in (walk.site.root / "data").iterdir()] == ["mobius.db"]


def test_a_real_release_has_no_way_to_migrate_back(walk: Walk) -> None:
    _migrate_ahead(walk.site)
    code, output = walk.check("look-at-migration")
    assert code == 1
    assert "package.json has no script migrate:rollback" in output


def test_where_there_is_one_it_goes_before_the_packages(
    runbook: Runbook, tmp_path: Path, started: datetime
) -> None:
    """The old release does not know the way."""
    kind = build_site(tmp_path / "kind", started=started, kind=SiteKind.LENIENT)
    try:
        walk = Walk(runbook, kind, tmp_path)
        _migrate_ahead(kind)
        assert walk.check("look-at-migration")[0] == 0
        walk.all("find-backup", "inspect-backup")
        walk.all("stop-for-migration", "migrate-back")
        assert _schema(kind) == 3
        walk.all("execute", "restart-after")
        wait_for_status(kind, 200, path="/api/health/detailed")
        walk.all("stop-for-migration", "migrate-back")
        assert _schema(kind) == 2, "the old release takes back one of its own"
    finally:
        tear_down(kind)


def test_a_second_try_takes_back_no_second_migration(
    runbook: Runbook, tmp_path: Path, started: datetime
) -> None:
    """Whatever became of the first: it may have done all, or half of it."""
    kind = build_site(tmp_path / "kind", started=started, kind=SiteKind.LENIENT)
    try:
        walk = Walk(runbook, kind, tmp_path)
        _migrate_ahead(kind)
        walk.all("find-backup", "inspect-backup", "stop-for-migration")
        before = Path(walk.values["database_kept"]).read_bytes()
        walk.all("migrate-back", "migrate-back")
        assert _schema(kind) == 3
        real = kind.bin / "npm"
        walk.interpose("npm", f'"{real}" "$@"; echo broken; exit 1')
        code, output = walk.run("migrate-back")
        assert (code, "broken" in output) == (1, True)
        assert "As it was before, it starts by" in output
        assert _schema(kind) == 4, "it is as it was before"
        assert (kind.root / "data" / "mobius.db").read_bytes() == before
        walk.first = None
        walk.all("migrate-back")
        assert _schema(kind) == 3
    finally:
        tear_down(kind)


def test_a_second_try_keeps_nothing_of_the_first(walk: Walk) -> None:
    """To undo is to put back what was there before both."""
    api = walk.site.config / "api.json"
    api.write_text('{"of": "before"}')
    walk.all("find-backup", "config-inspect", "config-restore", "config-restore")
    assert api.read_text() != '{"of": "before"}'
    [undo] = (s.id for s in walk.steps.values() if s.undo_of == "config-restore")
    walk.all(undo)
    assert api.read_text() == '{"of": "before"}'
    assert walk.check(undo)[0] == 0


def test_only_the_configuration_goes_back(walk: Walk) -> None:
    folder, truth = walk.site.config, read_baseline(walk.site.root)
    (folder / "api.json").write_text("{}")
    (folder / "extra.json").write_text("{}")
    FAULTS["npm-missing"].inject(walk.site)  # nothing of it wants npm
    walk.all("find-backup", "config-inspect")
    code, output = walk.run("config-difference")
    assert (code, "extra.json" in output) == (0, True)
    walk.all("config-stop", "config-restore", "config-start")
    wait_for_status(walk.site, 200)
    assert digest(folder) == truth.config, "what the backup lacks goes, too"
    assert walk.run("config-difference")[0] == 3
    (kept,) = folder.parent.glob("production.failed.*")
    assert (kept / "extra.json").exists()

    code, output = walk.run("configuration")
    assert (code, "is that of backups/" in output) == (0, True)
    walk.all("undo-config-restore", "undo-config-stop")
    assert (folder / "extra.json").exists(), "it is as it was"
    assert walk.check("undo-config-restore")[0] == 0
    code, output = walk.run("configuration")
    assert (code, "no rollback is on record" in output) == (0, True)
    assert walk.run("undo-config-restore")[0] == 1, "it was taken back already"


def test_every_question_of_the_main_line_has_an_answer(
    runbook: Runbook, walk: Walk
) -> None:
    answers = tomllib.loads(FAULTS["bad-release"].answers.read_text())
    assert set(answers) <= set(runbook.variables)
    assert set(drill_variables(walk.site)) <= set(runbook.variables)
    wanted = {name for name, variable in runbook.variables.items() if variable.ask}
    known = {**answers, "backup_fit": "a fit backup", "undertaken": "rollback"}
    for step in (s for p in runbook.phases if not p.aside for s in p.steps):
        if any(known[name] not in values for name, values in step.when.items()):
            continue
        if isinstance(step.action, Manual):
            for question in step.action.ask:
                wanted.add(question.var)
                assert re.fullmatch(question.match or ".+", answers[question.var])
        if isinstance(step.action, Choose) and step.action.from_ is None:
            wanted.add(step.action.var)
            given = answers[step.action.var]
            values = {option.value for option in step.action.options}
            assert set(given if step.action.multi else [given]) <= values
    assert wanted <= set(answers)


MOST_LINES = 12
"""Lines of shell that somebody reads at three in the morning."""


def test_each_script_can_be_read_at_a_glance() -> None:
    """What is longer is a program, with a name and `--help`."""
    for path in sorted(ROLLBACK_RUNBOOK.parent.glob("mobius-*.toml")):
        if path.stem == "mobius-common":
            continue
        book = load(path)
        for step in (
            *book.steps(),
            *(book.undo_phase.steps if book.undo_phase else ()),
        ):
            texts = [step.action.script] if isinstance(step.action, Run) else []
            texts += [each.script for each in step.checks if isinstance(each, RunCheck)]
            for text in texts:
                lines = [line for line in text.splitlines() if line.strip()]
                assert len(lines) <= MOST_LINES, (path.name, step.id)


def test_its_shape(runbook: Runbook) -> None:
    assert {contact.handle for contact in runbook.contacts} == {
        "@sre-oncall",
        "@ops",
        "@eng-lead",
        "@incident-commander",
    }
    assert set(runbook.messages) == {
        *(f"rollback-{word}" for word in ("started", "completed", "failed")),
        *("restart-completed", "restart-failed"),
    }
    assert runbook.phase("failure-recovery").attended
    automated = runbook.phase("automated-rollback")
    assert automated.next == "verify"
    for step in automated.steps:
        assert not isinstance(step.action, Manual | Choose), "nobody decides there"
        assert not step.when, step.id
    for step in runbook.steps():
        assert step.why or step.undo_of, step.id
        assert len(step.title.removeprefix("Undo: ")) <= 20, step.title
