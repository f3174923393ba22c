"""What restores never loses a good backup, and never fails for what is only a note."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mobius_tui.drill.faults import FAULTS
from mobius_tui.drill.site.drill_site import (
    Site,
    build_site,
    environment_variables,
    tear_down,
)
from mobius_tui.drill.site.site_files import installed_version, run_site_program
from tests.drill.runbooks.backups import stamped, write_sum
from tests.drill.runbooks.programs import PROGRAMS, run_program

SCRIPT = "./scripts/deploy/rollback_dhash.sh"
Newest = Callable[[Site], Path]


@pytest.fixture
def site(tmp_path: Path, started: datetime) -> Iterator[Site]:
    """A site on which a bad release is installed."""
    built = build_site(tmp_path / "a site", started=started)
    FAULTS["bad-release"].inject(built)
    yield built
    tear_down(built)


class Rollback:
    """A rollback by the programs alone, as the steps of the runbooks call them."""

    def __init__(self, site: Site, scratch: Path) -> None:
        self.site, self.output = site, scratch / "output"
        self.said: dict[str, list[str]] = {}

    def run(self, *command: object, **around: str) -> tuple[int, str]:
        self.output.write_text("")
        found = run_program(
            *command, where=self.site.root, site=self.site, around=around
        )
        for line in self.output.read_text().splitlines():
            name, _, value = line.partition("=")
            if name.endswith("+"):
                self.said.setdefault(name[:-1], []).append(value)
            else:
                self.said[name] = [value]
        return found

    def value(self, name: str) -> str:
        return "\n".join(self.said[name])

    def find(self, *options: str) -> tuple[int, str]:
        self.said.clear()
        words = ("--env", self.site.environment, "--output", self.output)
        return self.run("find-backup", *words, *options)

    def open(self, *options: str, **around: str) -> tuple[int, str]:
        words = ("--env", self.site.environment, "--output", self.output)
        known = ("--sums", self.value("backup_sums"), self.value("backup_file"))
        return self.run("open-backup", *words, *options, *known, **around)

    @property
    def restoring(self) -> tuple[str, ...]:
        """The command that restores."""
        env, copy = self.site.environment, self.value("backup_copy")
        keep = ("keep-backups", "--env", env, "--backup", self.value("backup_file"))
        return (
            *(*keep, "--copy", copy, "--sum", self.value("backup_sha256"), "--"),
            *(SCRIPT, "--backup", copy, "--env", env, "--force"),
        )

    def restore(self) -> tuple[int, str]:
        return self.run(*self.restoring)

    def ready(self) -> None:
        code, output = self.find()
        assert code in (0, 3), output
        code, output = self.open()
        assert code == 0, output


@pytest.fixture
def rollback(site: Site, tmp_path: Path) -> Iterator[Rollback]:
    made = Rollback(site, tmp_path)
    yield made
    for folder in made.said.get("restored", ()):
        shutil.rmtree(Path(folder).parent, ignore_errors=True)


def record_of(site: Site) -> Path:
    return site.root / "backups" / "rollbacks.log"


@pytest.mark.parametrize(
    "program",
    sorted(p.name for p in PROGRAMS.iterdir() if p.is_file() and os.access(p, os.X_OK)),
)
def test_each_says_what_it_does_and_how_it_ends(program: str, tmp_path: Path) -> None:
    code, output = run_program(program, "--help", where=tmp_path)
    assert code == 0
    assert output.startswith(f"usage: {program} ")
    assert "exit codes: 0 " in output
    code, output = run_program(program, "--no-such-option", where=tmp_path)
    assert code != 0
    assert "Traceback" not in output
    assert list(tmp_path.iterdir()) == []


def test_the_one_good_backup_minutes_before_a_rollback_is_proposed_again(
    rollback: Rollback, newest_backup: Newest
) -> None:
    """And what the script made is not there any more: a person removed it."""
    good = stamped(rollback.site, timedelta(minutes=2))
    newest_backup(rollback.site).rename(good)
    write_sum(good)
    for other in rollback.site.root.glob("backups/*.zip"):
        if other != good:
            other.unlink()
    rollback.ready()
    assert rollback.restore()[0] == 0
    made = {p for p in rollback.site.root.glob("backups/*.zip") if p != good}
    assert len(made) == 1
    made.pop().unlink()
    FAULTS["bad-release"].inject(rollback.site)
    code, output = rollback.find()
    assert code == 0, output
    assert rollback.value("backup_file") == str(good)
    assert rollback.value("backup_fit") == "a fit backup"
    assert "made by a rollback" not in output
    assert re.search(r"it was restored \d+ min ago", output)


def test_what_was_replaced_is_known_without_the_backup_that_a_rollback_made(
    rollback: Rollback, newest_backup: Newest
) -> None:
    """A backup of the bad state, older than the rollback, is no good one for it."""
    site, good = rollback.site, newest_backup(rollback.site)
    bad = stamped(site, timedelta(minutes=10))
    words = ("scripts/deploy/backup.sh", "--env", site.environment)
    run_site_program(site.root, *words, MOBIUS_STAMP=bad.name[-19:-4])
    rollback.ready()
    assert rollback.value("backup_file") == str(good)
    before = {*site.root.glob("backups/*.zip")}
    assert rollback.restore()[0] == 0
    [made] = {*site.root.glob("backups/*.zip")} - before
    made.unlink()
    FAULTS["bad-release"].inject(site)
    code, output = rollback.find()
    assert code == 3, output
    assert rollback.value("backup_file") == str(good)
    assert "it holds the same as what a rollback has replaced" in output


@pytest.mark.parametrize("place", ["the record", "the folder"])
def test_a_note_that_cannot_be_written_fails_nothing(
    rollback: Rollback, place: str
) -> None:
    rollback.ready()
    good = Path(rollback.value("backup_file"))
    if place == "the record":
        record_of(rollback.site).symlink_to("/dev/full")
    else:
        record_of(rollback.site).mkdir()
    code, output = rollback.restore()
    assert code == 3, output
    assert "backups/rollbacks.log cannot be written" in output
    assert "the script has restored the files" in output
    assert installed_version(rollback.site.root) != "2.5.0"
    record = record_of(rollback.site)
    record.unlink() if place == "the record" else record.rmdir()
    FAULTS["bad-release"].inject(rollback.site)
    assert rollback.find()[0] == 3, "without a record, too"
    assert rollback.value("backup_file") == str(good)


def test_that_the_script_could_make_no_backup_is_a_warning(rollback: Rollback) -> None:
    script = rollback.site.root / "scripts" / "deploy" / "backup.sh"
    rollback.ready()
    script.write_text("#!/bin/sh\necho 'zip: no space left' >&2\nexit 0\n")
    code, output = rollback.restore()
    assert code == 3, output
    assert "the script has made no backup of what it replaced" in output
    FAULTS["bad-release"].inject(rollback.site)
    assert rollback.find()[0] == 0
    assert rollback.value("backup_fit") == "a fit backup"


def test_a_backup_that_was_removed_in_between_is_put_back(rollback: Rollback) -> None:
    rollback.ready()
    good = Path(rollback.value("backup_file"))
    before = good.read_bytes()
    for path in rollback.site.root.glob("backups/*"):
        path.unlink()
    code, output = rollback.restore()
    assert code == 0, output
    assert f"the script has removed {good.name}: it is put back" in output
    assert good.read_bytes() == before
    assert Path(f"{good}.sha256").exists()


def test_where_none_is_fit_a_person_may_choose(rollback: Rollback) -> None:
    lines = [
        f"20261124_130000|made|{path.name}\n"
        for path in rollback.site.root.glob("backups/*.zip")
    ]
    record_of(rollback.site).write_text("".join(lines))
    code, output = rollback.find()
    assert code == 3
    assert "none is fit" in output
    assert rollback.value("backup_fit") == "no fit backup"
    rows = [row.split("\t") for row in rollback.said["backups"]]
    assert len(rows) == 3
    for path, _, why in rows:
        assert Path(path).is_file(), "each can be chosen"
        assert why.startswith("made by a rollback")
    assert rollback.open()[0] == 0
    code, output = rollback.find("--only-fit")
    assert code == 1
    assert "backup_file" not in rollback.said
    assert "What can be done" in output


def test_where_there_is_none_it_says_what_can_be_done(rollback: Rollback) -> None:
    for path in rollback.site.root.glob("backups/*.sha256"):
        path.unlink()
    words = "choose the restart"
    code, output = rollback.find("--restart", words)
    assert code == 1
    assert output.count("it has no .sha256") == 3, "the table stands above"
    newest = max(path.name for path in rollback.site.root.glob("backups/*.zip"))
    assert f"(cd backups && sha256sum {newest} > {newest}.sha256)" in output
    assert "copy a good one from elsewhere" in output
    assert f"a restart alone may be enough: {words}" in output
    remedy = re.search(r"\((cd backups .*)\)", output)
    assert remedy is not None
    subprocess.run(("sh", "-c", remedy[1]), cwd=rollback.site.root, check=True)
    assert rollback.find()[0] == 0, "and what it says helps"
    shutil.rmtree(rollback.site.root / "backups")
    code, output = rollback.find()
    assert (code, "(none)" in output) == (1, True)


def test_two_rollbacks_at_once_are_one(rollback: Rollback) -> None:
    rollback.ready()
    script = rollback.site.root / SCRIPT
    script.write_text(f"#!/bin/sh\necho begun\nread -r line\n{script.read_text()}")
    env = {**os.environ, **environment_variables(rollback.site)}
    env["PATH"] = f"{PROGRAMS}:{env['PATH']}"
    fifo = rollback.site.root / "tmp" / "fifo"
    os.mkfifo(fifo)
    waiting = script.read_text().replace("read -r line", f"cat '{fifo}'")
    script.write_text(waiting)
    with subprocess.Popen(
        rollback.restoring, cwd=rollback.site.root, env=env, stdout=subprocess.PIPE
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"begun\n"
        code, output = rollback.restore()
        assert code == 1
        assert "another rollback is at work in" in output
        code, output = rollback.run(
            *("restore-configuration", "--env", "production", "--backup", "x.zip"),
            *("--from", rollback.value("restored")),
        )
        assert (code, "another rollback is at work" in output) == (1, True)
        fifo.write_text("go on\n")
        first.stdout.read()
    assert first.returncode in (0, 1)


@pytest.mark.parametrize("program", ["unzip", "npm"])
def test_what_the_script_will_want_is_looked_for_before(
    rollback: Rollback, program: str
) -> None:
    rollback.find()
    (rollback.site.bin / program).unlink()
    (rollback.site.root / "programs").mkdir()
    for path in Path("/usr/bin").iterdir():
        if path.name not in ("unzip", "npm"):
            (rollback.site.root / "programs" / path.name).symlink_to(path)
    own = f"{rollback.site.bin}:{rollback.site.root}/programs"
    code, output = run_program(
        *(PROGRAMS / "open-backup", "--env", "production"),
        *("--sums", rollback.value("backup_sums"), rollback.value("backup_file")),
        where=rollback.site.root,
        site=rollback.site,
        around={"PATH": own},
    )
    assert code == 1, output
    assert f"{program} is not there" in output
    assert "Nothing has been changed" in output


def test_a_removed_backup_and_a_full_disk_are_said(rollback: Rollback) -> None:
    rollback.find()
    code, output = rollback.open(TMPDIR="/nonexistent/folder")
    assert code in (0, 1)
    assert "Traceback" not in output
    Path(rollback.value("backup_file")).unlink()
    code, output = rollback.open()
    assert code == 1
    assert "find the backups once more. Nothing has been changed" in output


def test_private_copies_do_not_pile_up(rollback: Rollback) -> None:
    rollback.ready()
    first = Path(rollback.value("restored")).parent
    rollback.ready()
    assert first.exists(), "a step that is tried again may want it"
    hours_ago = time.time() - 7200
    os.utime(first, (hours_ago, hours_ago))
    neighbour = first.with_name("mobius-opened-another")
    neighbour.mkdir()
    (neighbour / "of-site").write_text("/srv/another")
    os.utime(neighbour, (hours_ago, hours_ago))
    rollback.ready()
    assert not first.exists()
    assert neighbour.exists(), "that of another site is another's"


def test_the_plan_names_what_will_be(rollback: Rollback) -> None:
    rollback.find()
    words = rollback.open("--scenario", "source", release_archive="/srv/r.tar.gz")[1]
    assert "To be restored: configuration, packages, and the code of" in words
    plan = rollback.value("rollback_plan")
    assert "the code of /srv/r.tar.gz of production, back to release 2.4." in plan
    assert re.search(
        r"\(the backup dhash_production_\S+\.zip, \d+ (h|d|min) old\)", plan
    )


def test_the_configuration_goes_back_and_forth(rollback: Rollback) -> None:
    folder = rollback.site.config
    (folder / "api.json").write_text("{}")
    (folder / "extra.json").write_text("{}")
    rollback.ready()
    opened = rollback.value("restored")
    restore = ("restore-configuration", "--env", "production", "--backup", "a.zip")
    assert rollback.run(*restore, "--from", opened)[0] == 0
    assert (folder / "extra.json").exists(), "without --exact it stays"
    assert rollback.run("compare-backup", "--env", "production", opened)[0] == 3
    assert rollback.run(*restore, "--from", opened, "--exact")[0] == 0
    assert not (folder / "extra.json").exists()
    assert rollback.run("compare-backup", "--env", "production", opened)[0] == 0
    assert rollback.run(*restore, "--undo")[0] == 0
    assert (folder / "extra.json").exists()
    assert (folder / "api.json").read_text() != "{}", "undone is the last one alone"
    assert record_of(rollback.site).read_text().count("|restored|a.zip") == 2


def test_what_was_there_is_kept_each_time_within_one_second(
    rollback: Rollback, tmp_path: Path
) -> None:
    site, folder, env = rollback.site, rollback.site.config, rollback.site.environment
    rollback.ready()
    opened = rollback.value("restored")
    release = tmp_path / "release"
    (release / "src").mkdir(parents=True)
    database, dump = site.root / "data" / "mobius.db", tmp_path / "dump"
    dump.write_bytes(b"SQLite format 3\0")
    database.parent.mkdir(exist_ok=True)
    restore = ("restore-configuration", "--env", env, "--backup", "a.zip")
    for present, *command in (
        (folder / "api.json", *restore, "--from", opened),
        (release / "src" / "count", "put-release", "--env", env, release),
        (database, "restore-database", "--database", database, dump),
    ):
        for count in "012":
            present.write_text(count)
            code, said = rollback.run(*command)
            assert code == 0, said
    kept = folder.parent.glob(f"{folder.name}.failed.*/api.json")
    assert sorted(each.read_text() for each in kept) == ["0", "1", "2"]
    codes = site.root.glob("src.failed.*/count")
    assert sorted(each.read_text() for each in codes) == ["0", "1"]
    assert not list(site.root.glob("src.failed.*/src"))
    data = database.parent.glob(f"{database.name}.failed.*")
    assert sorted(each.read_text() for each in data) == ["0", "1", "2"]
