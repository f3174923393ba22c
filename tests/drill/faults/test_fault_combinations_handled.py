"""Each fault breaks a site for real, shows there, and can be put right again."""

from __future__ import annotations

import json
import time
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from mobius_tui.drill.drill_verdict import site_problems
from mobius_tui.drill.faults import FAULTS
from mobius_tui.drill.faults.fault import Fault
from mobius_tui.drill.faults.fault_combinations import (
    answers_for,
    combine_faults,
    environment_of,
    random_fault,
)
from mobius_tui.drill.faults.rollback_faults import good_backups, is_intact
from mobius_tui.drill.site.drill_site import (
    Site,
    build_site,
    request_site,
    tear_down,
    wait_for_status,
)
from mobius_tui.drill.site.site_files import (
    SiteKind,
    install_release,
    installed_version,
    read_baseline,
)
from mobius_tui.errors import UsageError
from mobius_tui.run.intents.unattended_answers import UnattendedAnswers
from tests.waiting import wait_for

OLDER = {
    "corrupt-backup": "the newest good backup has 2.4.",
    "missing-checksum": "the newest good backup has 2.4.",
}
"""Obstacles that a service as it was is proof against: an older release is wanted."""

Run = Callable[..., "CompletedProcess[str]"]
Newest = Callable[[Site], Path]
ROLLBACK = "scripts/deploy/rollback_dhash.sh"
BACKUP = "scripts/deploy/backup.sh"


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One site for all faults: each is healed before the next."""
    folder = tmp_path_factory.mktemp("faults") / "a site"
    built = build_site(folder, seed=3, started=datetime(2026, 11, 24, 13, tzinfo=UTC))
    yield built
    tear_down(built)


def await_symptom(fault: Fault, site: Site) -> str:
    """Wait until a fault shows; gives how."""
    return wait_for(lambda: fault.symptom(site))


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_shows_is_seen_by_the_verdict_and_heals(
    broken: Site, name: str
) -> None:
    fault = FAULTS[name]
    assert fault.symptom(broken) == ""
    assert site_problems(broken, [fault]) == ()
    fault.inject(broken)
    if name == "no-config-backup":  # a facilitator may do it twice
        fault.inject(broken)
    shown = await_symptom(fault, broken)
    assert shown.strip() == shown
    wrong = site_problems(broken, [fault])
    # What is only in the way of a rollback leaves the service well.
    assert bool(wrong) is (fault.role == "cause" or name in OLDER)
    if name in OLDER:
        assert any(OLDER[name] in each for each in wrong)
    if fault.worsen is not None:
        fault.worsen(broken)
        if name != "slow-release":  # it takes eight seconds to show
            await_symptom(fault, broken)
    fault.heal(broken)
    assert fault.symptom(broken) == ""
    assert site_problems(broken, [fault]) == ()


def test_flapping_is_two_of_five_and_never_three_in_a_row(broken: Site) -> None:
    fault = FAULTS["flapping"]
    patterns = set()
    described = broken.root / "site.json"
    as_it_was = described.read_text()
    for seed in (1, 2):
        described.write_text(json.dumps({**json.loads(as_it_was), "seed": seed}))
        fault.inject(broken)
        # The traffic looks meanwhile: each client is given the backends in turn.
        looks = [request_site(broken, "/health")[0] != 200 for _ in range(15)]
        assert sum(looks) == 6
        assert looks[:5] == looks[5:10] == looks[10:]
        assert not any(all(looks[n : n + 3]) for n in range(13))
        patterns.add(tuple(looks))
    assert len(patterns) == 2
    fault.heal(broken)
    described.write_text(as_it_was)


@pytest.mark.parametrize(
    ("name", "code", "begun"),
    [
        ("rollback-fails", 127, "Extracting the backup"),
        ("half-restored", -9, "Restoring packages"),
        ("prompting-script", 1, "Ticket number"),
    ],
)
def test_the_rollback_script_dies(
    broken: Site,
    run: Run,
    newest_backup: Newest,
    name: str,
    code: int,
    begun: str,
) -> None:
    """Each leaves the services running, and another part restored."""
    newest, was = newest_backup(broken), (broken.config / "api.json").read_bytes()
    lock = broken.root / "package-lock.json"
    locked = lock.read_bytes()
    (broken.config / "api.json").write_text("{}")
    lock.write_text("{}")
    fault = FAULTS[name]
    fault.inject(broken)
    assert fault.symptom(broken) == f"{ROLLBACK} is not what it was"
    words = ("--backup", str(newest), "--env", "production", "--force")
    ended = run(broken, ROLLBACK, *words)
    assert ended.returncode == code
    assert begun in ended.stderr.splitlines()[-2:][0] + ended.stderr.splitlines()[-1]
    half = name == "half-restored"
    assert ((broken.config / "api.json").read_bytes() == was) is half
    assert lock.read_text() == "{}", "no package was restored"
    assert request_site(broken, "/health")[0] == 200, "nothing is stopped"
    fault.heal(broken)
    assert run(broken, ROLLBACK, *words).returncode == 0
    assert lock.read_bytes() == locked
    FAULTS["second-rollback"].heal(broken)  # the backups that the script has made
    assert site_problems(broken) == ()


def test_the_kind_script_breaks_as_well(tmp_path: Path, run: Run) -> None:
    """Its services are down then."""
    at = datetime(2026, 11, 24, 13, tzinfo=UTC)
    kind = build_site(tmp_path / "site", started=at, kind=SiteKind.LENIENT)
    try:
        newest = max((kind.root / "backups").glob("dhash_*.zip"))
        words = ("--backup", str(newest), "--env", "production", "--force")
        FAULTS["rollback-fails"].inject(kind)
        assert run(kind, ROLLBACK, *words).returncode == 127
        assert request_site(kind, "/health")[0] == 0
        FAULTS["rollback-fails"].heal(kind)
        assert run(kind, ROLLBACK, *words).returncode == 0
        for name in ("half-restored", "prompting-script"):
            FAULTS[name].inject(kind)
            assert run(kind, ROLLBACK, *words).returncode != 0
            FAULTS[name].heal(kind)
        assert run(kind, ROLLBACK, *words).returncode == 0
        assert site_problems(kind) == ()
    finally:
        tear_down(kind)


def test_a_second_rollback_finds_the_bad_release_as_the_newest_backup(
    broken: Site, newest_backup: Newest
) -> None:
    before = time.time()
    FAULTS["bad-release"].inject(broken)
    FAULTS["second-rollback"].inject(broken)
    after = time.time()
    newest = newest_backup(broken)
    assert is_intact(newest)
    with zipfile.ZipFile(newest) as archive:
        assert json.loads(archive.read("package.json"))["version"] == "2.5.0"
    (wrong,) = FAULTS["second-rollback"].unrepaired(broken)
    assert wrong.startswith("2.5.0 is installed; the newest good backup has 2.4.")
    made = time.mktime(time.strptime(newest.stem[-15:], "%Y%m%d_%H%M%S"))
    assert before - 3601 <= made <= after - 3600 + 1, "an hour ago"
    (kept,) = broken.root.glob("config/production.backup.*")
    assert kept.name[-15:] > newest.stem[-15:], (
        "the copy that a rollback makes is later"
    )
    FAULTS["second-rollback"].heal(broken)
    FAULTS["bad-release"].heal(broken)


def test_the_next_backup_prunes_the_good_one(
    broken: Site, run: Run, newest_backup: Newest
) -> None:
    kept = {path: path.read_bytes() for path in broken.root.glob("backups/*")}
    FAULTS["bad-release"].inject(broken)
    FAULTS["pruned-backups"].inject(broken)
    (good,) = good_backups(broken)
    assert len(list(broken.root.glob("backups/*.zip"))) == 10
    assert run(broken, BACKUP, "--env", "production").returncode == 0
    assert good_backups(broken) == ()
    assert not Path(f"{good}.sha256").exists()
    assert FAULTS["pruned-backups"].unrepaired(broken) == ("no backup can be trusted",)
    FAULTS["pruned-backups"].heal(broken)
    FAULTS["bad-release"].heal(broken)
    for path, data in kept.items():
        path.write_bytes(data)
    assert newest_backup(broken) in good_backups(broken)


@pytest.mark.parametrize("name", ["corrupt-backup", "missing-checksum"])
def test_a_broken_backup_is_mended_though_a_script_has_made_another(
    broken: Site, run: Run, newest_backup: Newest, name: str
) -> None:
    fault, newest = FAULTS[name], newest_backup(broken)
    fault.inject(broken)
    assert not is_intact(newest)
    assert run(broken, BACKUP, "--env", "production").returncode == 0
    assert newest_backup(broken) != newest
    assert newest.name in fault.symptom(broken)
    fault.heal(broken)
    assert is_intact(newest)
    assert fault.symptom(broken) == ""
    FAULTS["second-rollback"].heal(broken)  # the backup that the script has made


def test_a_backup_without_its_sum_is_not_taken_for_a_damaged_one(
    broken: Site, newest_backup: Newest
) -> None:
    was = newest_backup(broken).read_bytes()
    FAULTS["missing-checksum"].inject(broken)
    FAULTS["corrupt-backup"].heal(broken)
    assert newest_backup(broken).read_bytes() == was
    FAULTS["missing-checksum"].heal(broken)
    assert is_intact(newest_backup(broken))


def test_a_foreign_backup_has_a_good_name_and_a_good_sum(tmp_path: Path) -> None:
    at = datetime(2026, 11, 24, 13, tzinfo=UTC)
    staging = build_site(tmp_path / "site", started=at, environment="staging")
    try:
        fault = FAULTS["wrong-environment"]
        assert environment_of([fault]) == "staging"
        fault.inject(staging)
        newest = max(staging.root.glob("backups/dhash_staging_*.zip"))
        assert is_intact(newest)
        with zipfile.ZipFile(newest) as archive:
            about = json.loads(archive.read("backup_metadata.json"))
            assert about["environment"] == "production"
            assert (
                archive.read("config/api.json")
                == (staging.root / "config/production/api.json").read_bytes()
            )
        assert newest.name in fault.symptom(staging)
        fault.heal(staging)
        assert fault.symptom(staging) == ""
        assert site_problems(staging, [fault]) == ()
    finally:
        tear_down(staging)


def test_a_stale_process_serves_what_is_not_on_disk_any_more(
    broken: Site, run: Run
) -> None:
    fault = FAULTS["stale-process"]
    fault.inject(broken)
    assert installed_version(broken.root) in read_baseline(broken.root).releases
    assert any("/health answers 500" in each for each in site_problems(broken))
    run(broken, "systemctl", "restart", "mobius-api", "mobius-worker")
    wait_for_status(broken, 200)
    assert site_problems(broken, [fault]) == ()


def test_source_that_no_backup_holds_is_seen_by_the_verdict(broken: Site) -> None:
    fault = FAULTS["thin-backup"]
    fault.inject(broken)
    for backup in broken.root.glob("backups/*.zip"):
        names = zipfile.ZipFile(backup).namelist()
        assert not [name for name in names if name.startswith("src/")]
    assert "src/ is not what was released" in site_problems(broken)
    fault.heal(broken)
    assert site_problems(broken) == ()


def test_without_npm_nothing_is_installed(
    broken: Site, run: Run, newest_backup: Newest
) -> None:
    fault = FAULTS["npm-missing"]
    fault.inject(broken)
    assert run(broken, "npm", "--version").returncode == 127
    words = ("--backup", str(newest_backup(broken)), "--env", "production", "--force")
    ended = run(broken, ROLLBACK, *words)
    assert (ended.returncode, "! npm ci failed" in ended.stderr) == (0, True)
    fault.heal(broken)
    assert run(broken, "npm", "--version").returncode == 0
    FAULTS["second-rollback"].heal(broken)


def test_the_archive_of_a_release_is_as_good_as_a_backup(broken: Site) -> None:
    fault = FAULTS["corrupt-backup"]
    fault.inject(broken)
    assert fault.unrepaired(broken) != (), (
        "the newest is installed, and cannot be trusted"
    )
    kept = broken.root / "src.failed.20261124_130000"
    kept.mkdir()  # as whoever puts a release in place keeps what was there
    assert fault.unrepaired(broken) == ()
    kept.rmdir()
    fault.heal(broken)


def test_a_stuck_service_outlives_its_unit(broken: Site, run: Run) -> None:
    fault = FAULTS["stuck-service"]
    fault.inject(broken)
    assert run(broken, "systemctl", "stop", "mobius-api").returncode == 0
    assert run(broken, "systemctl", "is-active", "mobius-api").stdout == "failed\n"
    assert fault.symptom(broken)
    assert run(broken, "systemctl", "start", "mobius-api").returncode == 0
    assert fault.symptom(broken)
    assert run(broken, "pkill", "-f", "node.*src/api").returncode == 0
    assert fault.symptom(broken)
    assert run(broken, "pkill", "-KILL", "-f", "node.*src/api").returncode == 0
    fault.heal(broken)
    assert site_problems(broken, [fault]) == ()


def test_a_migration_is_taken_back_even_without_its_way_back(broken: Site) -> None:
    fault = FAULTS["bad-migration"]
    fault.inject(broken)
    # As a rollback of the packages alone leaves it: the way back went with them.
    install_release(broken.root, read_baseline(broken.root).live, broken.kind)
    fault.heal(broken)
    assert site_problems(broken, [fault]) == ()


def test_every_fault_has_its_name_and_answers() -> None:
    assert len(FAULTS) == 21
    for name, fault in FAULTS.items():
        assert fault.name == name
        for kind in SiteKind:
            answers = tomllib.loads(fault.answers_on(kind).read_text())
            for value in answers.values():
                values = value if isinstance(value, list) else [value]
                assert all(isinstance(each, str) and each for each in values)


def test_what_a_kind_of_site_lets_one_see_may_lead_another_way() -> None:
    def said(name: str, kind: SiteKind) -> UnattendedAnswers:
        return answers_for([FAULTS[name]], kind)

    waits = [said("error-burst", kind).trigger_within for kind in SiteKind]
    assert waits == [None, 90.0, 90.0], "no trigger sees it on a real one"
    ways = [said("bad-migration", kind).values["scenario"] for kind in SiteKind]
    assert ways == ["database-restore", "database-restore", "database-migrate"]


def test_no_title_says_what_is_wrong() -> None:
    telling = "500 503 latency checksum backup sha config migrat schema worker script"
    for fault in FAULTS.values():
        title = fault.title.lower()
        assert not any(word in title for word in telling.split()), fault.name
        assert fault.name not in title


def test_obstacles_are_given_a_reason_to_roll_back() -> None:
    def names(*given: str) -> list[str]:
        return [fault.name for fault in combine_faults(given)]

    assert names("flapping") == ["flapping"]
    assert names("corrupt-backup") == ["bad-release", "corrupt-backup"]
    both = ["slow-release", "corrupt-backup", "rollback-fails"]
    assert names("corrupt-backup", "slow-release", "rollback-fails") == both
    answers = answers_for(combine_faults(both))
    assert answers.trigger_within == 90.0
    assert answers.attended == ("failure-recovery",)
    assert "six seconds" in answers.values["reason"]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (("bad-releas",), "there is no such fault.*bad-release"),
        (("bad-release", "flapping"), "whoever repairs one"),
        (("corrupt-backup", "missing-checksum"), "nobody sees that it is damaged"),
        (("config-drift", "corrupt-backup"), "reads no backup"),
        (("dead-worker", "rollback-fails"), "in nobody's way"),
        (("stale-process", "second-rollback"), "in nobody's way"),
        (("no-config-backup", "npm-missing"), "reads no backup"),
        (("rollback-fails", "half-restored"), "each breaks the rollback script"),
        (("half-restored", "prompting-script"), "name one of them"),
        (("slow-release", "prompting-script", "rollback-fails"), "name one of them"),
        (("random", "bad-release"), "no such fault"),
    ],
)
def test_what_makes_no_sense_together_is_refused(
    given: tuple[str, ...], why: str
) -> None:
    with pytest.raises(UsageError, match=why):
        combine_faults(given)


def test_chance_is_repeated_by_its_seed() -> None:
    assert {random_fault(seed)[0][0] for seed in range(100)} == set(FAULTS)
    (name,), seed = random_fault(None)
    assert random_fault(seed) == ((name,), seed)
