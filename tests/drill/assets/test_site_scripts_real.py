"""A real site is as unkind as the deployment's own scripts: their facts, one by one."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mobius_tui.drill.faults import FAULTS
from mobius_tui.drill.site.drill_site import (
    Site,
    environment_variables,
    request_site,
    wait_for_status,
)
from mobius_tui.drill.site.site_files import digest
from tests.waiting import wait_for

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Newest = Callable[[Site], Path]

BACKUP = "scripts/deploy/backup.sh"
ROLLBACK = "scripts/deploy/rollback_dhash.sh"
SMOKE = "scripts/deploy/smoke_tests.sh"
DONE = "Rollback process completed"


def sums(backup: Path) -> Path:
    return Path(f"{backup}.sha256")


def is_intact(backup: Path) -> bool:
    want = sums(backup).read_text().split()[0]
    return hashlib.sha256(backup.read_bytes()).hexdigest() == want


def marks(site: Site) -> dict[str, str]:
    """The pid of each service: another one after a restart."""
    return {each.name: each.read_text() for each in site.root.glob("run/*.pid")}


@pytest.fixture(scope="module")
def good(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the newest backup as the site was built: no rollback replaces it."""
    newest = max((site.root / "backups").glob("*.zip"))
    copy = tmp_path_factory.mktemp("good") / newest.name
    copy.write_bytes(newest.read_bytes())
    sums(copy).write_bytes(sums(newest).read_bytes())
    return copy


@pytest.fixture
def spare(good: Path, tmp_path: Path) -> Path:
    """A copy of a good backup, to be spoilt."""
    copy = tmp_path / good.name
    copy.write_bytes(good.read_bytes())
    sums(copy).write_bytes(sums(good).read_bytes())
    return copy


@pytest.fixture(autouse=True)
def _good_first(good: Path) -> None:
    """It is copied before any test has changed anything."""


@pytest.fixture
def _untouched(site: Site) -> Iterator[None]:
    """Whatever the test does, nothing is restored and nothing is restarted."""
    before = marks(site), digest(site.root / "config"), digest(site.root / "src")
    yield
    assert (marks(site), digest(site.root / "config"), digest(site.root / "src")) == (
        before
    )
    assert request_site(site, "/health")[0] == 200


def test_the_layout_is_that_of_the_project(site: Site) -> None:
    for name in (
        *("package.json", "package-lock.json", ".env.production"),
        *("config/production/api.json", "config/staging/api.json"),
        *("src", "scripts/deploy", "backups", "monitor_logs"),
    ):
        assert (site.root / name).exists(), name
    assert not (site.root / "app").exists()


def test_nothing_makes_config_backup_or_migrates_back(site: Site, run: Run) -> None:
    assert not (site.root / "config" / "backup").exists()
    scripts = json.loads((site.root / "package.json").read_text())["scripts"]
    assert "migrate" in scripts
    assert "migrate:rollback" not in scripts
    ended = run(site, "npm", "run", "migrate:rollback")
    assert ended.returncode == 1
    assert "Missing script" in ended.stderr


# ── The service ──────────────────────────────────────────────────────────────────────


def test_health_is_that_it_is_ok_and_no_more(site: Site) -> None:
    assert request_site(site, "/health") == (200, '{"status":"ok"}')


def test_the_service_reads_what_is_on_disk_at_its_start_alone(
    site: Site, run: Run
) -> None:
    served = [request_site(site, path) for path in ("/health", "/version", "/")]
    package = site.root / "package.json"
    core = site.root / "node_modules" / "mobius-core"
    api = site.config / "api.json"
    files = {file: file.read_bytes() for file in (package, core / "handlers.py", api)}
    migration = core / "migrations" / "004_more.up.sql"
    try:
        package.write_text(
            package.read_text().replace('"version": "2', '"version": "9')
        )
        api.write_text(api.read_text().replace("mobius.db", "other.db"))
        (core / "handlers.py").write_text(
            "def respond(path, asked):\n    return 418, ''"
        )
        migration.write_text("SELECT 1;\n")
        assert [
            request_site(site, path) for path in ("/health", "/version", "/")
        ] == served
        assert request_site(site, "/api/health/detailed")[0] == 200
        assert run(site, "systemctl", "restart", "mobius-api").returncode == 0
        wait_for_status(site, 418)
    finally:
        for file, data in files.items():
            file.write_bytes(data)
        migration.unlink()
        run(site, "systemctl", "restart", "mobius-api")
        wait_for_status(site, 200)
    assert [request_site(site, path) for path in ("/health", "/version", "/")] == served


# ── backup.sh ────────────────────────────────────────────────────────────────────────


def test_a_backup_says_its_files_on_stdout_and_the_rest_elsewhere(
    site: Site, run: Run, tmp_path: Path
) -> None:
    made = run(site, BACKUP, "--env", "production", "--backup-dir", str(tmp_path))
    assert made.returncode == 0, made.stderr
    backup = next(tmp_path.glob("*.zip"))
    assert re.fullmatch(r"dhash_production_\d{8}_\d{6}\.zip", backup.name)
    said = f"BACKUP_FILE={backup}\nSHA256_FILE={sums(backup)}\n"
    assert made.stdout == said
    assert "Backing up production" in made.stderr
    assert sorted(tmp_path.iterdir()) == [backup, sums(backup)]
    dry = tmp_path / "dry"
    words = ("--env", "production", "--backup-dir", str(dry), "--dry-run")
    assert run(site, BACKUP, *words).returncode == 0
    assert not dry.exists()
    assert run(site, BACKUP, "--env", "nowhere").returncode == 1


def test_a_sum_names_the_bare_file(site: Site, newest_backup: Newest) -> None:
    backup = newest_backup(site)
    assert sums(backup).read_text().split()[1] == backup.name
    assert is_intact(backup)


@pytest.mark.parametrize("environment", ["production", "staging"])
def test_a_backup_holds_no_code_and_no_database(
    site: Site, run: Run, tmp_path: Path, environment: str
) -> None:
    run(site, BACKUP, "--env", environment, "--backup-dir", str(tmp_path))
    backup = next(tmp_path.glob("*.zip"))
    with zipfile.ZipFile(backup) as archive:
        # The contents of config/ENV, without the environment's folder.
        assert set(archive.namelist()) == {
            *("config/api.json", "config/worker.json", f".env.{environment}"),
            *("package.json", "package-lock.json", "backup_metadata.json"),
        }
        about = json.loads(archive.read("backup_metadata.json"))
        own = (site.root / "config" / environment / "api.json").read_bytes()
        assert archive.read("config/api.json") == own
    assert set(about) == {
        *("environment", "timestamp", "git_commit", "git_branch"),
        *("backup_version", "created_by"),
    }
    assert about["environment"] == environment
    assert about["timestamp"] == backup.stem[-15:]


def test_a_backup_goes_without_an_environment_file(
    site: Site, run: Run, tmp_path: Path
) -> None:
    file = site.root / ".env.staging"
    text = file.read_text()
    file.unlink()
    made = run(site, BACKUP, "--env", "staging", "--backup-dir", str(tmp_path))
    file.write_text(text)
    assert made.returncode == 0
    assert (
        ".env.staging" not in zipfile.ZipFile(next(tmp_path.glob("*.zip"))).namelist()
    )


def test_the_newest_ten_are_kept(site: Site, run: Run, tmp_path: Path) -> None:
    others = ["dhash_staging_20200101_000000.zip", "notes.zip"]
    old = [f"dhash_production_202001{day:02}_000000.zip" for day in range(1, 13)]
    for name in (*others, *old):
        (tmp_path / name).write_text("")
        sums(tmp_path / name).write_text("")
    run(site, BACKUP, "--env", "production", "--backup-dir", str(tmp_path))
    found = sorted(tmp_path.glob("dhash_production_*.zip"))
    assert [each.name for each in found][:9] == old[-9:]
    assert len(found) == 10
    kept = {*(each.name for each in found), *others}
    wanted = kept | {f"{name}.sha256" for name in kept}
    assert {each.name for each in tmp_path.iterdir()} == wanted, "sums go with them"


# ── rollback_dhash.sh ────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("_untouched")
@pytest.mark.parametrize("answer", [None, "no\n", "\n"])
def test_without_force_it_asks_and_nobody_answers(
    site: Site, spare: Path, answer: str | None
) -> None:
    words = (str(site.root / ROLLBACK), "--backup", str(spare), "--env", "production")
    ended = subprocess.run(
        words,
        cwd=site.root,
        env={**os.environ, "MOBIUS_PACE": "0", **environment_variables(site)},
        input=answer or "",
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 1
    assert "(yes/no)" in ended.stderr
    assert "not confirmed" in ended.stderr


def test_without_force_a_yes_is_enough(site: Site, spare: Path) -> None:
    words = (str(site.root / ROLLBACK), "--backup", str(spare), "--env", "production")
    ended = subprocess.run(
        words,
        cwd=site.root,
        env={**os.environ, "MOBIUS_PACE": "0", **environment_variables(site)},
        input="yes\n",
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    assert DONE in ended.stderr


@pytest.mark.usefixtures("_untouched")
@pytest.mark.parametrize("spoil", ["content", "no sum", "empty sum", "other name"])
def test_the_sum_is_verified_beside_the_backup(
    site: Site, run: Run, spare: Path, spoil: str
) -> None:
    if spoil == "content":
        data = bytearray(spare.read_bytes())
        data[len(data) // 2] ^= 1
        spare.write_bytes(data)
    elif spoil == "no sum":
        sums(spare).unlink()
    elif spoil == "empty sum":
        sums(spare).write_text("")
    else:  # the sum is right, but of a name that is not there
        sums(spare).write_text(sums(spare).read_text().replace("dhash", "other"))
    before = set((site.root / "backups").iterdir())
    words = ("--backup", str(spare), "--env", "production", "--force")
    ended = run(site, ROLLBACK, *words)
    assert ended.returncode == 1
    assert "can't be verified" in ended.stderr
    assert set((site.root / "backups").iterdir()) == before


@pytest.mark.usefixtures("_untouched")
def test_a_relative_path_is_verified_and_fails_at_unzip(
    site: Site, run: Run, newest_backup: Newest
) -> None:
    relative = newest_backup(site).relative_to(site.root)
    words = ("--backup", str(relative), "--env", "production", "--force")
    ended = run(site, ROLLBACK, *words)
    assert ended.returncode == 9
    assert "Extracting the backup" in ended.stderr
    assert f"cannot find or open '{relative}'" in ended.stderr


@pytest.mark.usefixtures("_untouched")
@pytest.mark.parametrize(
    "words",
    [
        ("--env", "nowhere", "--force"),
        ("--env", "backup", "--force"),
        ("--force",),
        ("--env",),
        ("--env", "production", "--faster"),
    ],
)
def test_a_rollback_that_is_not_meant_is_refused(
    site: Site, run: Run, spare: Path, words: tuple[str, ...]
) -> None:
    ended = run(site, ROLLBACK, "--backup", str(spare), *words)
    assert ended.returncode == 1
    assert "usage" in ended.stderr


@pytest.mark.usefixtures("_untouched")
def test_a_dry_run_changes_nothing(site: Site, run: Run, spare: Path) -> None:
    before = set((site.root / "backups").iterdir())
    words = ("--backup", str(spare), "--env", "production", "--force", "--dry-run")
    assert run(site, ROLLBACK, *words).returncode == 0
    assert set((site.root / "backups").iterdir()) == before


@pytest.fixture
def drifted(site: Site) -> Iterator[Path]:
    """Whatever a rollback may replace is another one; gives a file of `src/`."""
    api = site.config / "api.json"
    code = site.root / "src" / "worker" / "index.py"
    was = api.read_bytes(), code.read_bytes()
    api.write_text('{"drifted": true}\n')
    (site.config / "extra.json").write_text("{}\n")
    (site.root / ".env.production").write_text("DRIFTED=1\n")
    for name in ("package.json", "package-lock.json"):
        (site.root / name).write_text('{"version": "2.5.0"}\n')
    code.write_text("drifted\n")
    (site.root / "data" / "marked").write_text("")
    yield code
    (site.config / "extra.json").unlink()
    (site.root / "data" / "marked").unlink()
    api.write_bytes(was[0])
    code.write_bytes(was[1])


def _backup_name_now() -> str:
    return time.strftime("production.backup.%Y%m%d_%H%M%S")


def test_a_rollback_restores_configuration_and_lists_of_packages_alone(
    site: Site, run: Run, spare: Path, drifted: Path
) -> None:
    running, modules = marks(site), digest(site.root / "node_modules")
    kept_before = set(site.root.glob("config/production.backup.*"))
    # The script names a backup by the second: one of this second would be its own.
    wait_for(lambda: _backup_name_now() not in {each.name for each in kept_before})
    words = ("--backup", str(spare), "--env", "production", "--force")
    # The real tools of the machine, were they found, would act on the machine.
    ended = run(site, ROLLBACK, *words, PATH=os.environ["PATH"])
    assert ended.returncode == 0, ended.stderr
    assert DONE in ended.stderr
    with zipfile.ZipFile(spare) as archive:
        for name in ("package.json", "package-lock.json", ".env.production"):
            assert (site.root / name).read_bytes() == archive.read(name)
        api = archive.read("config/api.json")
    assert (site.config / "api.json").read_bytes() == api
    assert (site.config / "extra.json").exists(), "what the backup lacks stays"
    assert drifted.read_text() == "drifted\n", "no code"
    assert (site.root / "data" / "marked").exists(), "no database"
    assert digest(site.root / "node_modules") == modules, "npm ci installed them anew"
    assert marks(site) == running, "nothing is restarted, and nothing stopped"
    (kept,) = set(site.root.glob("config/production.backup.*")) - kept_before
    assert re.fullmatch(r"production\.backup\.\d{8}_\d{6}", kept.name)
    assert "drifted" in (kept / "api.json").read_text()


def test_the_broken_state_is_the_newest_backup_then(
    site: Site, run: Run, newest_backup: Newest, spare: Path, drifted: Path
) -> None:
    assert drifted.exists()
    words = ("--backup", str(spare), "--env", "production", "--force")
    assert run(site, ROLLBACK, *words).returncode == 0
    newest = newest_backup(site)
    assert newest.name > spare.name
    assert newest.name.startswith("dhash_production_")
    assert is_intact(newest)
    with zipfile.ZipFile(newest) as archive:
        assert "drifted" in archive.read("config/api.json").decode()
        assert json.loads(archive.read("package.json"))["version"] == "2.5.0"


@pytest.mark.usefixtures("drifted")
def test_a_backup_that_cannot_be_made_is_a_warning(
    site: Site, run: Run, spare: Path
) -> None:
    script = site.root / BACKUP
    was = script.read_text()
    script.write_text("#!/bin/sh\necho 'zip: No space left on device' >&2\nexit 1\n")
    words = ("--backup", str(spare), "--env", "production", "--force")
    ended = run(site, ROLLBACK, *words)
    script.write_text(was)
    assert (ended.returncode, DONE in ended.stderr) == (0, True), ended.stderr
    assert "Pre-rollback backup failed, continuing anyway" in ended.stderr
    assert "drifted" not in (site.config / "api.json").read_text()


def test_packages_that_cannot_be_installed_are_a_warning(
    site: Site, run: Run, spare: Path
) -> None:
    registry = site.root / "lib" / "registry"
    registry.rename(registry.with_name("elsewhere"))
    words = ("--backup", str(spare), "--env", "production", "--force")
    ended = run(site, ROLLBACK, *words)
    registry.with_name("elsewhere").rename(registry)
    assert ended.returncode == 0
    assert "! npm ci failed" in ended.stderr
    assert DONE in ended.stderr
    assert not (site.root / "node_modules" / "mobius-core").exists()
    assert run(site, ROLLBACK, *words).returncode == 0


def test_a_smoke_test_that_fails_is_a_warning(
    site: Site, run: Run, spare: Path
) -> None:
    run(site, "systemctl", "stop", "mobius-api")
    words = ("--backup", str(spare), "--env", "production", "--force")
    ended = run(site, ROLLBACK, *words)
    assert ended.returncode == 0
    assert "! the smoke tests failed" in ended.stderr
    assert DONE in ended.stderr
    assert request_site(site, "/health")[0] == 0, "and nothing was started"
    run(site, "systemctl", "start", "mobius-api")
    wait_for_status(site, 200)


def test_a_rollback_leaves_its_logs_and_copies_and_no_more(
    site: Site, run: Run, spare: Path
) -> None:
    before = set(site.root.iterdir())
    words = ("--backup", str(spare), "--env", "production", "--force")
    assert run(site, ROLLBACK, *words).returncode == 0
    for made in set(site.root.iterdir()) - before:
        assert made.name.startswith("postdeploy-smoketests_production_"), made
    assert [each.name for each in (site.root / "tmp").glob("tmp.*")] == []


# ── monitor.sh ───────────────────────────────────────────────────────────────────────


def test_the_monitor_dies_at_its_first_check(site: Site, run: Run) -> None:
    before = set((site.root / "monitor_logs").iterdir())
    words = ("--env", "production", "--duration", "60", "--check-interval", "1")
    ended = run(site, "scripts/deploy/monitor.sh", *words)
    assert ended.returncode == 1
    assert "local: can only be used in a function" in ended.stderr
    for log in (site.root / "monitor_logs").iterdir():
        assert log.read_text() == "", "no check was ever logged"
    made = set((site.root / "monitor_logs").iterdir()) - before
    assert all(log.name.startswith("monitor_production_") for log in made)


def test_a_fault_of_health_is_seen_in_its_body_alone(site: Site, run: Run) -> None:
    """Any body with a good status is good for the smoke tests."""
    FAULTS["lying-health"].inject(site)
    assert json.loads(request_site(site, "/health")[1])["status"] == "degraded"
    assert run(site, SMOKE, "--env", "production").returncode == 0
    FAULTS["lying-health"].heal(site)
