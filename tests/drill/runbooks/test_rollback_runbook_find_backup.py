"""Which backup is proposed, and what is said of each: the script of `find-backup`."""

from __future__ import annotations

import json
import re
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from mobius_tui.drill.faults import FAULTS
from mobius_tui.drill.site.drill_site import Site
from tests.drill.runbooks.backups import Newest, Run, rewrite, stamped, write_sum
from tests.drill.runbooks.backups import walk as walk
from tests.drill.walking import Walk


@pytest.fixture(autouse=True, scope="module")
def _bad(site: Site) -> None:
    """A bad release is installed: no good backup holds what is here."""
    FAULTS["bad-release"].inject(site)


def test_the_newest_good_one_is_proposed_and_stands_first(
    walk: Walk, newest_backup: Newest
) -> None:
    walk.all("find-backup")
    newest = newest_backup(walk.site)
    assert walk.values["backup_file"] == str(newest)
    assert next(iter(walk.rows())) == newest.name
    assert walk.rows()[newest.name].startswith("proposed: intact, of this environment")
    assert len(walk.rows()) == 3
    code, output = walk.run("find-backup")
    assert code == 0
    assert re.search(r"▶ 2\.4\.\d +11-24 .* deploy +[0-9a-f]{7} config", output)
    assert "config packages .env" in output, "what it holds is told"
    assert not re.search(r"code|database", output)


@pytest.mark.parametrize("name", ["", "elsewhere/other name.zip", "*no newline"])
def test_the_name_in_a_sum_file_does_not_matter(
    walk: Walk, newest_backup: Newest, name: str
) -> None:
    sums = Path(f"{newest_backup(walk.site)}.sha256")
    digest = sums.read_text().split()[0]
    sums.write_text(f"{digest}  {name}" if name else digest)
    walk.all("find-backup")
    assert walk.proposed() == newest_backup(walk.site).name


def test_a_damaged_one_is_shown_and_cannot_be_chosen(
    walk: Walk, newest_backup: Newest
) -> None:
    damaged = newest_backup(walk.site)
    damaged.write_bytes(damaged.read_bytes()[:-1])
    code, output = walk.run("find-backup")
    assert code == 3, "not the newest: that is worth a look"
    assert "the newest is not proposed: it is damaged" in output
    assert walk.proposed() < damaged.name
    assert damaged.name not in walk.rows()
    assert any("it is damaged" in why for why in walk.rows().values())


@pytest.mark.parametrize("what", ["*.sha256", "*"])
def test_without_a_verified_backup_it_fails(walk: Walk, what: str) -> None:
    for path in (walk.site.root / "backups").glob(what):
        path.unlink()
    code, output = walk.run("find-backup")
    assert code == 1
    assert "no backup of production can be restored" in output
    assert "backup_file" not in walk.values


def test_what_a_rollback_has_backed_up_is_never_proposed(
    walk: Walk, run: Run, newest_backup: Newest
) -> None:
    """The real script, run by hand: nobody kept a record of it."""
    good = newest_backup(walk.site)
    words = ("--backup", str(good), "--env", "production", "--force")
    assert run(walk.site, "scripts/deploy/rollback_dhash.sh", *words).returncode == 0
    FAULTS["bad-release"].inject(walk.site)
    bad = newest_backup(walk.site)
    assert bad.name > good.name
    code, output = walk.run("find-backup")
    assert code == 3
    assert walk.proposed() == good.name
    assert walk.rows()[bad.name].startswith("made by a rollback")
    assert "the newest is not proposed: made by a rollback" in output


def test_a_record_of_a_rollback_is_enough(walk: Walk, newest_backup: Newest) -> None:
    bad = stamped(walk.site, timedelta(minutes=20))
    shutil.copyfile(newest_backup(walk.site), bad)
    rewrite(bad, **{"config/api.json": "{}"})
    record = walk.site.root / "backups" / "rollbacks.log"
    record.write_text(f"20261124_130000|made|{bad.name}\n")
    assert walk.run("find-backup")[0] == 3
    assert walk.proposed() < bad.name
    # Another backup of the same bad state is no better for being made by a person.
    again = stamped(walk.site, timedelta(minutes=10))
    shutil.copyfile(bad, again)
    write_sum(again)
    assert walk.run("find-backup")[0] == 3
    assert "what a rollback has replaced" in walk.rows()[again.name]


def test_one_that_was_restored_before_is_proposed_and_says_so(
    walk: Walk, newest_backup: Newest
) -> None:
    newest = newest_backup(walk.site)
    record = walk.site.root / "backups" / "rollbacks.log"
    record.write_text(f"20261124_130000|restored|{newest.name}\n")
    walk.all("find-backup")
    assert walk.proposed() == newest.name
    assert "it was restored" in walk.rows()[newest.name]


def test_one_of_another_environment_is_never_proposed(
    walk: Walk, run: Run, newest_backup: Newest
) -> None:
    good, foreign = newest_backup(walk.site), stamped(walk.site, timedelta(minutes=9))
    folder = walk.scratch / "foreign"
    words = ("--env", "staging", "--backup-dir", str(folder))
    assert run(walk.site, "scripts/deploy/backup.sh", *words).returncode == 0
    shutil.copyfile(next(folder.glob("*.zip")), foreign)
    write_sum(foreign)
    code, output = walk.run("find-backup")
    assert code == 3
    assert walk.proposed() == good.name
    assert "it is of staging, whatever its name says" in output


def test_what_is_here_already_comes_after_all_others(
    walk: Walk, run: Run, newest_backup: Newest
) -> None:
    good = newest_backup(walk.site)
    assert run(walk.site, "scripts/deploy/backup.sh", "--env", "production").stdout
    same = newest_backup(walk.site)
    assert walk.run("find-backup")[0] == 3
    assert walk.proposed() == good.name
    assert "restoring it changes nothing" in walk.rows()[same.name]
    for other in (walk.site.root / "backups").glob("*.zip"):
        if other != same:
            other.unlink()
    walk.all("find-backup")
    assert walk.proposed() == same.name, "it is better than none"


def test_one_without_configuration_is_shown_and_cannot_be_chosen(
    walk: Walk, newest_backup: Newest
) -> None:
    thin = newest_backup(walk.site)
    rewrite(thin, **{"config/api.json": None, "config/worker.json": None})
    assert walk.run("find-backup")[0] == 3
    assert thin.name not in walk.rows()
    assert "it holds no configuration" in walk.rows().values()


def test_what_is_said_is_all_that_metadata_holds(
    walk: Walk, newest_backup: Newest
) -> None:
    about = {
        "environment": "production",
        "created_by": "maria",
        "git_commit": "a1b2c3d",
    }
    rewrite(newest_backup(walk.site), about=json.dumps(about))
    output = walk.run("find-backup")[1]
    assert re.search(r"▶ 2\.4\.\d .* maria +a1b2c3d config", output)


def test_a_good_one_made_just_before_a_rollback_is_no_worse_for_it(
    walk: Walk, run: Run, newest_backup: Newest
) -> None:
    """Who deploys makes a backup first: it is minutes old when all is rolled back."""
    good = stamped(walk.site, timedelta(minutes=2))
    shutil.copyfile(newest_backup(walk.site), good)
    write_sum(good)
    words = ("--backup", str(good), "--env", "production", "--force")
    assert run(walk.site, "scripts/deploy/rollback_dhash.sh", *words).returncode == 0
    FAULTS["bad-release"].inject(walk.site)
    assert walk.run("find-backup")[0] == 3
    assert walk.proposed() == good.name
