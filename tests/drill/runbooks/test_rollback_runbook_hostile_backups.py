"""Whatever the backups of a site are, one of them is proposed, without a traceback."""

from __future__ import annotations

import random
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from tests.drill.runbooks.backups import Newest, rewrite, stamped, write_sum
from tests.drill.runbooks.backups import walk as walk
from tests.drill.walking import Walk

TRACE = "Traceback"


@pytest.mark.parametrize("count", [1, 3, 64])
def test_damage_of_any_kind_is_no_reason_to_fail(
    walk: Walk, newest_backup: Newest, count: int
) -> None:
    """Many newer backups, each damaged in a way of its own, and summed like that."""
    newest, dice = newest_backup(walk.site), random.Random(count)
    whole = newest.read_bytes()
    for n in range(100):
        data = bytearray(whole)
        for place in dice.sample(range(len(data)), count):
            data[place] ^= 1 << dice.randrange(8)
        odd = stamped(walk.site, timedelta(hours=1, seconds=n))
        odd.write_bytes(data)
        if n % 2:
            write_sum(odd)
    code, output = walk.run("find-backup")
    assert TRACE not in output, output[-400:]
    assert code in (0, 3)
    assert len(walk.rows()) > 1


@pytest.mark.parametrize(
    "texts",
    [
        {"about": "[1, 2]"},
        {"about": "7"},
        {"about": '{"environment": ["production"]}'},
        {"about": "{"},
        {"about": "\u001b[2J"},
        {"package": "[]"},
        {"package": "7"},
        {"package": '{"version": null}'},
        {"package": "not json"},
        {"about": '{"environment": "production", "created_by": "a\\tb\\nc\\u001b[2J"}'},
        {"package": '{"version": "1\\t2\\nbackup_file=/etc/passwd"}'},
    ],
    ids=str,
)
def test_whatever_a_backup_says_of_itself_is_no_reason_to_fail(
    walk: Walk, newest_backup: Newest, texts: dict[str, str]
) -> None:
    backups = {path.name for path in (walk.site.root / "backups").glob("*.zip")}
    rewrite(newest_backup(walk.site), **texts)
    code, output = walk.run("find-backup")
    assert TRACE not in output, output[-400:]
    assert code in (0, 3)
    assert walk.proposed() in backups
    rows = [row.split("\t") for row in walk.values["backups"].split("\n")]
    assert [len(row) for row in rows] == [3, 3, 3]
    assert {Path(row[0]).name for row in rows} <= {*backups, ""}


@pytest.mark.parametrize("stamp", ["20261399_250000", "00000000_000000"])
def test_a_name_that_is_no_time_is_no_reason_to_fail(
    walk: Walk, newest_backup: Newest, stamp: str
) -> None:
    newest = newest_backup(walk.site)
    odd = newest.with_name(f"dhash_production_{stamp}.zip")
    shutil.copyfile(newest, odd)
    write_sum(odd)
    (walk.site.root / "config" / f"production.backup.{stamp}").mkdir()
    record = walk.site.root / "backups" / "rollbacks.log"
    record.write_text(f"\n||\nyesterday|restored|{newest.name}\nx\n")
    code, output = walk.run("find-backup")
    assert TRACE not in output, output[-400:]
    assert code in (0, 3)
