from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import socket
import sqlite3
import stat
import subprocess
import sys
import tarfile
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

import psutil
import pytest

from mobius_tui.commands.support.site_sweeping import sweep_orphan_sites
from mobius_tui.drill.site import site_files, site_services
from mobius_tui.drill.site.drill_site import (
    HealthAnswer,
    Site,
    ask_health,
    build_site,
    drill_variables,
    environment_variables,
    open_site,
    parse_health_answer,
    processes_in,
    request_site,
    set_site_owner,
    sites_root,
    tear_down,
    wait_for_status,
)
from mobius_tui.drill.site.site_files import SiteKind, installed_version
from mobius_tui.drill.site_guard import take_down_orphan_sites
from mobius_tui.errors import RunError
from mobius_tui.structs import replace

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def pids(site: Site) -> dict[str, int | None]:
    return {
        unit: site_services.read_pid_file(site_services.pid_file(site.root, unit))
        for unit in site.units
    }


@pytest.mark.parametrize(
    "body",
    [
        *("", "not JSON", "[1]", '"degraded"', "[" * 100_000),
        '{"status": 5, "worker": []}',
    ],
)
def test_an_answer_without_sense_says_nothing_of_health(body: str) -> None:
    assert parse_health_answer(500, body) == HealthAnswer(code=500)


def test_the_words_of_an_answer_are_those_of_its_parts() -> None:
    body = '{"status": "degraded", "schema": 4, "worker": "no heartbeat"}'
    found = parse_health_answer(503, body)
    assert (found.status, found.worker) == ("degraded", "no heartbeat")
    assert found.database == "", "the name of another part is no word of it"


@pytest.mark.parametrize(
    ("program", "is_own"),
    [
        ("lib/node", True),
        ("lib/python", True),
        ("lib/node -x", False),
        ("lib/x", False),
    ],
)
def test_a_process_is_known_by_its_program_whatever_spaces_are_in_a_path(
    tmp_path: Path, program: str, is_own: bool
) -> None:
    root = tmp_path / "a site -b"
    root.mkdir()
    argv = (f"{root}/{program}", "-c", "print(flush=True); input()")
    with subprocess.Popen(
        argv,
        executable=sys.executable,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert processes_in(root) == [(process.pid, argv)]
        assert site_services.is_ours(root, process.pid) is is_own
        assert site_services.runs_own_program(root, argv) is is_own
        process.kill()


def test_a_new_site_is_healthy(site: Site) -> None:
    assert ask_health(site) == HealthAnswer(code=200, status="ok")
    assert ask_health(site, "/api/health/detailed") == HealthAnswer(
        code=200, status="ok", database="ok", worker="ok"
    )
    released = installed_version(site.root)
    for path in ("/version", "/api/version"):
        assert json.loads(request_site(site, path)[1])["version"] == released
    assert json.loads(request_site(site, "/api/assets")[1]) == {"assets": 500}
    assert "MOBIUS" in request_site(site, "/")[1]
    assert request_site(site, "/no-such-path")[0] == 404


def test_the_health_of_a_rich_site_tells_figures_of_real_requests(
    tmp_path: Path, started: datetime
) -> None:
    rich = build_site(tmp_path / "site", started=started, kind=SiteKind.RICH)
    try:
        said = json.loads(request_site(rich, "/health")[1])
        assert (said["status"], said["environment"]) == ("ok", "production")
        before = said["requests"]["count"]
        for _ in range(20):
            request_site(rich, "/api/version")
        requests = json.loads(request_site(rich, "/health")[1])["requests"]
        assert requests["count"] >= before + 20
        assert requests["error_rate"] == 0
        assert requests["p95_ms"] >= 0
        assert open_site(rich.root).kind is SiteKind.RICH
        assert not (rich.root / "config" / "backup").exists(), "otherwise it is real"
    finally:
        tear_down(rich)


def test_staging_is_served_beside_production(tmp_path: Path, started: datetime) -> None:
    staging = build_site(tmp_path / "site", started=started, environment="staging")
    try:
        known = json.loads((staging.root / "site.json").read_text())
        production = replace(staging, port=known["ports"]["production"])
        assert staging.port == known["ports"]["staging"] != production.port
        for each, environment_ in ((staging, "staging"), (production, "production")):
            wait_for_status(each, 200)  # the site waited for the one that it is about
            said = json.loads(request_site(each, "/version")[1])
            assert said["environment"] == environment_
        assert {"mobius-api", "mobius-staging-api"} < set(staging.units)
        names = {path.name.split("_")[1] for path in staging.root.glob("backups/*")}
        assert names == {"staging"}
        values = drill_variables(staging)
        assert values["target_env"] == "staging"
        assert values["base_url"] == staging.base_url
        assert values["api_unit"] == "mobius-staging-api"
        assert open_site(staging.root) == staging
    finally:
        tear_down(staging)


def test_what_no_backup_holds_is_elsewhere(site: Site) -> None:
    values = drill_variables(site)
    archive, dump = values["release_archive"], values["database_dump"]
    assert Path(archive).name == f"mobius-{installed_version(site.root)}.tar.gz"
    with tarfile.open(archive) as release:
        names = release.getnames()
    for name in ("src/api/index.py", "node_modules/mobius-core/handlers.py"):
        assert name in names
    with closing(sqlite3.connect(dump)) as database:
        assert database.execute("SELECT count(*) FROM assets").fetchone() == (500,)


def test_the_backups_are_distinct_and_intact(site: Site) -> None:
    backups = sorted((site.root / "backups").glob("*.zip"))
    assert len(backups) == 3
    assert len({backup.read_bytes() for backup in backups}) == 3
    for backup in backups:
        assert re.fullmatch(r"dhash_production_\d{8}_\d{6}\.zip", backup.name)
        digest, name = Path(f"{backup}.sha256").read_text().split()
        assert digest == hashlib.sha256(backup.read_bytes()).hexdigest()
        assert name == backup.name
    assert backups[-1].name < "dhash_production_20261124_134505.zip"


def test_equal_seeds_make_equal_sites(
    site: Site, tmp_path: Path, started: datetime
) -> None:
    other = build_site(tmp_path / "site", seed=7, started=started)
    try:
        for path in ("package.json", "node_modules/mobius-core/handlers.py"):
            assert (other.root / path).read_text() == (site.root / path).read_text()
        names = [
            sorted(path.name for path in (root / "backups").iterdir())
            for root in (site.root, other.root)
        ]
        assert names[0] == names[1]
    finally:
        tear_down(other)


def test_services_are_begun_by_a_path_from_their_folder(site: Site) -> None:
    """As the real package begins them: no pattern with mobius in it finds them."""
    lines = {
        unit: " ".join(psutil.Process(pid).cmdline())
        for unit, pid in pids(site).items()
        if pid is not None
    }
    assert set(lines) == set(site.units)
    for unit in ("mobius-api", "mobius-worker"):
        assert re.search(r"/lib/node -ISB src/\w+/index\.py production$", lines[unit])


def test_the_stand_ins_come_first_on_path(site: Site, run: Run) -> None:
    first = environment_variables(site)["PATH"].split(os.pathsep)[0]
    assert Path(first) == site.bin
    services_ = ("systemctl", "journalctl", "npm", "pkill", "node")
    for name in (
        *services_,
        "curl",
        "git",
        "unzip",
        "htop",
        "iostat",
        "sudo",
        *site_files.FORBIDDEN_PROGRAMS,
    ):
        assert stat.S_IMODE((site.bin / name).stat().st_mode) == 0o755
        found = run(site, "bash", "-c", f"type -p {name}").stdout.strip()
        assert found == str(site.bin / name)
        said = run(site, name, "--help").stderr
        assert "stand-in" in said.splitlines()[0]


def test_two_sites_never_touch_each_other(
    site: Site, tmp_path: Path, started: datetime, run: Run
) -> None:
    other = build_site(tmp_path / "site", started=started)
    before = pids(site)
    try:
        assert run(other, "pkill", "-f", "node.*src/").returncode == 0
        run(other, "systemctl", "stop", "mobius-api", "mobius-worker")
        assert request_site(other, "/health")[0] == 0
        assert pids(site) == before
        assert request_site(site, "/health")[0] == 200
    finally:
        tear_down(other)
    assert pids(site) == before
    assert request_site(site, "/health")[0] == 200


def test_tear_down_leaves_nothing(tmp_path: Path, started: datetime) -> None:
    site = build_site(tmp_path / "site", started=started)
    owned = [pid for pid in pids(site).values() if pid is not None]
    site_services.pid_file(site.root, "mobius-worker").unlink()  # found all the same
    assert tear_down(site) == ()
    assert not site.root.exists()
    assert len(owned) == len(site.units)
    assert [pid for pid in owned if site_services.identity(pid)] == []
    with socket.socket() as probe, pytest.raises(ConnectionRefusedError):
        probe.connect(("127.0.0.1", site.port))


def test_tear_down_names_what_it_did_not_start(
    tmp_path: Path, started: datetime
) -> None:
    site = build_site(tmp_path / "site", started=started)
    command = (sys.executable, "-c", "print(flush=True); input()")
    with subprocess.Popen(
        command, cwd=site.root, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as stranger:
        assert stranger.stdout is not None
        stranger.stdout.readline()
        left = tear_down(site, keep=True)
        assert [line.split(":")[0] for line in left] == [f"process {stranger.pid}"]
        assert stranger.poll() is None
        stranger.kill()
    assert (site.root / "backups").is_dir()
    assert request_site(site, "/health")[0] == 0
    assert take_down_orphan_sites(tmp_path) == ()  # kept on purpose


def test_orphans_are_reaped(tmp_path: Path, started: datetime) -> None:
    orphan = build_site(tmp_path / "orphan", started=started)
    owned = build_site(tmp_path / "owned", started=started)
    half = tmp_path / "half"
    (half / "run").mkdir(parents=True)
    try:
        with subprocess.Popen(("cat",), stdin=subprocess.PIPE) as owner:
            set_site_owner(orphan.root, owner.pid)
            set_site_owner(half, owner.pid)
            assert take_down_orphan_sites(tmp_path) == ()
        assert take_down_orphan_sites(tmp_path) == ("half", "orphan")
        assert request_site(orphan, "/health")[0] == 0
        assert not orphan.root.exists()
        assert request_site(owned, "/health")[0] == 200
        assert take_down_orphan_sites(tmp_path / "nowhere") == ()
    finally:
        tear_down(owned)


def test_what_is_not_ours_is_never_swept(
    tmp_path: Path, state_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere, folder = tmp_path / "elsewhere", state_home / "mobius-tui" / "sites"
    for path in (elsewhere / "run", folder / "half" / "run", folder / "notes"):
        path.mkdir(parents=True)
    for owned in (elsewhere, folder / "half"):
        (owned / "run" / "owner").write_text("1 0\n")  # no process began then
    (folder / "link").symlink_to(elsewhere)
    sweep_orphan_sites()
    assert "taken down: half" in capsys.readouterr().err
    assert sorted(path.name for path in folder.iterdir()) == ["link", "notes"]
    assert (elsewhere / "run" / "owner").exists()
    sweep_orphan_sites()
    assert capsys.readouterr().err == ""


def test_a_used_folder_is_refused(tmp_path: Path, started: datetime) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(RunError, match="not empty"):
        build_site(tmp_path, started=started)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    with pytest.raises(RunError, match="no drill site"):
        open_site(tmp_path)


def test_a_site_whose_messages_nobody_takes_is_not_handed_out(
    tmp_path: Path, started: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    assets = tmp_path / "assets"
    shutil.copytree(site_files.ASSETS, assets)
    (assets / "site/lib/sink.py").write_text('raise SystemExit("the port is taken")\n')
    monkeypatch.setattr(site_files, "ASSETS", assets)
    with pytest.raises(
        RunError, match=r"(?s)mobius-sink.* port \d+; another try .*the port is taken"
    ):
        build_site(tmp_path / "site", seed=7, started=started)
    assert not (tmp_path / "site").exists()


def test_ports_are_each_another_one_and_free(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        first = taken.getsockname()[1]
        (free,) = site_files.free_ports(1)
        dice = iter([first, free, free, free, free + 1, free + 2, free + 3])
        monkeypatch.setattr(
            "mobius_tui.drill.site.site_files.secrets.randbelow",
            lambda _: next(dice) - 20_000,
        )
        found = site_files.free_ports(2)
    assert found[0] == free
    assert found[1] > free


def test_opening_finds_the_same_site(site: Site) -> None:
    assert open_site(site.root) == site


def test_where_sites_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert sites_root() == tmp_path / "mobius-tui" / "sites"
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    assert sites_root() == Path.home() / ".local/state/mobius-tui/sites"
