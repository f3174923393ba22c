"""What restores, in folders that are not as a drill's: shared, or half written."""

from __future__ import annotations

import os
import re
import resource
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import pytest

from tests.drill.runbooks.backups import write_sum
from tests.drill.runbooks.programs import PROGRAMS, run_program

RESTORE = ("restore-configuration", "--env", "production", "--backup", "a.zip")
GOOD = "dhash_production_20260101_000000.zip"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site's folder that serves two environments, and nothing more."""
    root = tmp_path / "site"
    for env in ("production", "staging"):
        (root / "config" / env).mkdir(parents=True)
        (root / "config" / env / "api.json").write_text(f'"{env} now"')
    (root / "backups").mkdir()
    return root


@pytest.fixture
def opened(tmp_path: Path) -> Path:
    """What open-backup unpacks."""
    folder = tmp_path / "content"
    (folder / "config").mkdir(parents=True)
    (folder / "config" / "api.json").write_text('"then"')
    return folder


def make_backup(site: Path, name: str, text: str) -> Path:
    backup = site / "backups" / name
    with zipfile.ZipFile(backup, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config/api.json", text)
        archive.writestr("package.json", "{}")
        archive.writestr("package-lock.json", "{}")
    write_sum(backup)
    return backup


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_where_one_file_cannot_be_put_in_place_all_is_what_it_was(
    site: Path, opened: Path
) -> None:
    (opened / ".env.production").write_text("A=then")
    (site / ".env.production").mkdir()
    (site / ".env.production" / "kept").touch()
    before = names_in(site), names_in(site / "config")
    code, output = run_program(*RESTORE, "--from", opened, "--exact", where=site)
    assert (code, "is what it was" in output) == (1, True), output
    assert (site / "config/production/api.json").read_text() == '"production now"'
    assert (names_in(site), names_in(site / "config")) == before


def test_new_files_have_the_rights_of_those_that_were_there(
    site: Path, opened: Path
) -> None:
    folder, dotenv = site / "config" / "production", site / ".env.production"
    (opened / ".env.production").write_text("A=then")
    dotenv.write_text("A=now")
    for path, mode in ((dotenv, 0o640), (folder / "api.json", 0o600), (folder, 0o750)):
        path.chmod(mode)
    for exact in ((), ("--exact",)):
        code, output = run_program(*RESTORE, "--from", opened, *exact, where=site)
        assert code == 0, output
        found = [stat.S_IMODE(p.stat().st_mode) for p in (folder, folder / "api.json")]
        assert found == [0o750, 0o600]
        assert stat.S_IMODE(dotenv.stat().st_mode) == 0o640
        assert dotenv.read_text() == "A=then"


def test_folders_that_people_made_are_theirs(site: Path, opened: Path) -> None:
    for name in ("production.new", "production.failed.old", "production.failed.zzz"):
        (site / "config" / name).mkdir()
        (site / "config" / name / "mine").touch()
    assert run_program(*RESTORE, "--from", opened, where=site)[0] == 0
    code, output = run_program(*RESTORE, "--undo", where=site)
    assert code == 0, output
    assert (site / "config/production/api.json").read_text() == '"production now"'
    for name in ("production.new", "production.failed.old", "production.failed.zzz"):
        assert (site / "config" / name / "mine").exists()


def test_what_was_killed_between_two_renames_is_taken_back(site: Path) -> None:
    config = site / "config"
    (config / "production").rename(config / "production.failed.20260101_000000")
    code, output = run_program(*RESTORE, "--undo", where=site)
    assert code == 0, output
    assert (config / "production" / "api.json").read_text() == '"production now"'


@pytest.mark.parametrize(
    "command",
    [
        ("restore-configuration", "--backup", "a.zip", "--undo"),
        ("compare-backup", "--differs", "."),
        ("find-backup",),
        ("site-processes", "end", "unit"),
    ],
)
def test_an_environment_without_a_name_is_none(
    command: tuple[str, ...], site: Path
) -> None:
    program, *words = command
    for name in ("", "..", "a/b", "."):
        code, output = run_program(program, "--env", name, *words, where=site)
        assert (code, "no name of an environment" in output) == (2, True), output
    assert names_in(site / "config") == {"production", "staging"}


def test_what_another_environment_restored_is_not_compared_with(site: Path) -> None:
    make_backup(site, GOOD, '"production now"')
    other = make_backup(site, GOOD.replace("production", "staging"), '"staging now"')
    (site / "backups" / "rollbacks.log").write_text(
        f"20260101_000001|restored|{GOOD}\n20260101_000002|restored|{other.name}\n"
    )
    code, output = run_program("compare-backup", "--env", "production", where=site)
    assert code == 0, output
    assert GOOD in output


def keeping(site: Path, script: str) -> list[str]:
    backup = make_backup(site, GOOD, "{}")
    found = Path(f"{backup}.sha256").read_text().split()[0]
    words = ("--env", "production", "--backup", backup, "--copy", backup)
    command = ("keep-backups", *words, "--sum", found, "--", "sh", "-c", script)
    return [str(word) for word in command]


def test_a_backup_of_another_environment_is_not_made_by_a_rollback(site: Path) -> None:
    made = [GOOD.replace("0000.zip", "0001.zip"), GOOD.replace("production", "staging")]
    script = "; ".join(f": > backups/{name}" for name in (*made, "mine.zip"))
    code, output = run_program(*keeping(site, script), where=site)
    assert code == 0, output
    record = (site / "backups" / "rollbacks.log").read_text()
    assert f"|made|{made[0]}\n" in record
    assert record.count("|made|") == 1


def test_what_was_made_until_it_was_stopped_is_on_record(site: Path) -> None:
    made = GOOD.replace("0000.zip", "0001.zip")
    command = keeping(site, f": > backups/{made}; echo begun; sleep 600")
    command[0] = str(PROGRAMS / command[0])
    with subprocess.Popen(
        command, cwd=site, stdout=subprocess.PIPE, start_new_session=True, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        os.killpg(process.pid, signal.SIGTERM)
        assert process.wait() == 1
    record = (site / "backups" / "rollbacks.log").read_text()
    assert f"|made|{made}\n" in record
    assert "|restored|" not in record


def test_what_answers_no_http_is_no_page(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            for _ in range(2):
                with server.accept()[0] as peer:
                    peer.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/health"
        for options, wanted in (((), 3), (("--strict",), 1)):
            words = ("ask-page", *options, "--want", "status=ok", url)
            code, output = run_program(*words, where=tmp_path)
            assert (code, "Traceback" in output) == (wanted, False), output
        thread.join()


def test_a_backup_of_zeros_takes_no_memory(site: Path) -> None:
    backup = make_backup(site, GOOD, "0" * (300 << 20))
    assert backup.stat().st_size < 1 << 20
    limit = 200 << 20
    ended = subprocess.run(
        [sys.executable, PROGRAMS / "find-backup", "--env", "production"],
        cwd=site,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_code_of_which_a_part_cannot_be_put_in_place_stays(
    site: Path, tmp_path: Path
) -> None:
    release = tmp_path / "release"
    for root, text in ((site, "now"), (release, "then")):
        for part in ("src", "node_modules"):
            (root / part).mkdir(parents=True)
            (root / part / "text").write_text(text)
    before = names_in(site)
    programs = tmp_path / "programs"
    programs.mkdir()
    # A part may be a mount of its own, which no rename moves.
    (programs / "mv").write_text(
        '#!/bin/sh\ncase "$*" in *node_modules*failed*) echo busy >&2; exit 1 ;; esac\n'
        'exec /bin/mv "$@"\n'
    )
    (programs / "mv").chmod(0o755)
    ended = subprocess.run(
        [PROGRAMS / "put-release", release],
        cwd=site,
        env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 1
    assert "the code stays" in ended.stderr
    assert names_in(site) == before
    for part in ("src", "node_modules"):
        assert (site / part / "text").read_text() == "now"


def test_a_copy_that_found_no_room_is_not_left(site: Path, tmp_path: Path) -> None:
    database, dump = site / "mobius.db", tmp_path / "dump"
    database.write_bytes(b"SQLite format 3\0")
    (site / "mobius.db-wal").write_bytes(b"x" * (1 << 20))
    dump.write_bytes(b"SQLite format 3\0")
    small = 64 << 10

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (small, small))

    before = names_in(site)
    ended = subprocess.run(
        [PROGRAMS / "restore-database", "--database", database, dump],
        cwd=site,
        capture_output=True,
        text=True,
        preexec_fn=limit,
    )
    assert ended.returncode == 1
    assert "is what it was" in ended.stderr
    assert names_in(site) == before


@pytest.mark.parametrize("there", ["nothing", "a file", "a link"])
def test_what_undo_puts_back_is_all_that_was_there(
    there: str, site: Path, opened: Path
) -> None:
    (opened / ".env.production").write_text("A=then")
    dotenv, elsewhere = site / ".env.production", site / "elsewhere"
    elsewhere.write_text("A=now")
    if there == "a file":
        dotenv.write_text("A=now")
    elif there == "a link":
        dotenv.symlink_to("elsewhere")
    assert run_program(*RESTORE, "--from", opened, where=site)[0] == 0
    assert dotenv.read_text() == "A=then"
    assert elsewhere.read_text() == "A=now"
    code, output = run_program(*RESTORE, "--undo", where=site)
    assert code == 0, output
    assert dotenv.is_symlink() == (there == "a link")
    assert dotenv.exists() == (there != "nothing")
    assert there == "nothing" or dotenv.read_text() == "A=now"
    [undone] = site.glob(".env.production.undone.*")
    assert undone.read_text() == "A=then", "and what was restored is not lost"
    assert not [*site.glob(".env.production.none.*")]


def test_undo_leaves_what_no_restoration_brought(site: Path, opened: Path) -> None:
    assert run_program(*RESTORE, "--from", opened, where=site)[0] == 0
    (site / ".env.production").write_text("A=of a person")
    assert run_program(*RESTORE, "--undo", where=site)[0] == 0
    assert (site / ".env.production").read_text() == "A=of a person"


def test_where_undo_cannot_do_all_it_does_nothing(site: Path, opened: Path) -> None:
    (opened / ".env.production").write_text("A=then")
    assert run_program(*RESTORE, "--from", opened, where=site)[0] == 0
    (site / ".env.production").unlink()
    (site / ".env.production").mkdir()
    before = names_in(site), names_in(site / "config")
    code, output = run_program(*RESTORE, "--undo", where=site)
    assert (code, "is what it was" in output) == (1, True), output
    assert (site / "config/production/api.json").read_text() == '"then"'
    assert (names_in(site), names_in(site / "config")) == before


SQLITE = b"SQLite format 3\0"


def database_command(dump: Path, *options: str) -> tuple[object, ...]:
    return ("restore-database", *options, "--database", "data/mobius.db", dump)


def test_a_database_behind_a_link_is_restored_where_it_lies(
    site: Path, tmp_path: Path
) -> None:
    volume, dump = tmp_path / "volume", tmp_path / "dump"
    for folder in (volume, site / "data"):
        folder.mkdir()
    dump.write_bytes(SQLITE + b"then")
    (volume / "real.db").write_bytes(SQLITE + b"now")
    (volume / "real.db-wal").write_bytes(b"written last")
    link = site / "data" / "mobius.db"
    link.symlink_to(volume / "real.db")
    code, output = run_program(*database_command(dump, "--look"), where=site)
    assert code == 0
    assert f"the database is {volume / 'real.db'}" in output
    code, output = run_program(*database_command(dump), where=site)
    assert code == 0, output
    assert link.is_symlink()
    assert (volume / "real.db").read_bytes() == SQLITE + b"then"
    kept = {p.read_bytes() for p in volume.glob("real.db.failed.*")}
    assert kept == {SQLITE + b"now", b"written last"}
    assert not (volume / "real.db-wal").exists()
    assert names_in(site / "data") == {"mobius.db"}


@pytest.mark.parametrize("what", ["a disk", "a file on it", "a pipe"])
def test_a_database_that_cannot_be_replaced_is_seen_before(
    what: str, site: Path, tmp_path: Path
) -> None:
    dump, folder = tmp_path / "dump", site / "data"
    folder.mkdir()
    dump.write_bytes(SQLITE)
    if what == "a pipe":
        os.mkfifo(folder / "mobius.db")
    else:
        volume = tmp_path / "volume"
        (folder / "mobius.db").symlink_to(volume / "real.db")
        if what == "a file on it":
            volume.mkdir()
    for options in (("--look",), ()):
        command = database_command(dump, *options)
        code, output = run_program(*command, where=site)
        assert code == 1
        remedy = "name the database" if what == "a pipe" else "is its disk\nmounted?"
        assert remedy in output
        assert names_in(folder) == {"mobius.db"}


def test_a_service_that_a_script_starts_does_not_hold_the_site(site: Path) -> None:
    script = "sleep 600 > /dev/null 2>&1 & echo $!"
    code, output = run_program(*keeping(site, script), where=site)
    service = int(output.split()[0])
    try:
        assert code == 3, output
        code, output = run_program(*keeping(site, "true"), where=site)
        assert (code, "at work" in output) == (3, False), output
    finally:
        os.kill(service, signal.SIGKILL)


def test_a_script_holds_the_site_when_what_began_it_is_killed(
    site: Path, tmp_path: Path
) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    command = keeping(site, f"echo begun; cat '{fifo}'; echo over")
    command[0] = str(PROGRAMS / command[0])
    with subprocess.Popen(
        command, cwd=site, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        process.kill()
        process.wait()
        code, output = run_program(*keeping(site, "true"), where=site)
        assert (code, "another rollback is at work" in output) == (1, True)
        fifo.write_text("go on\n")
        assert process.stdout.read() == "go on\nover\n", "read until nobody has it"
    code, output = run_program(*keeping(site, "true"), where=site)
    assert code == 3, output


def local_stamp(ahead: float, zone: str) -> str:
    """What `date` says in a time zone, so many seconds from now."""
    date = ("date", "-d", f"@{time.time() + ahead:.0f}", "+%Y%m%d_%H%M%S")
    return subprocess.run(
        date, env={**os.environ, "TZ": zone}, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_a_backup_of_a_time_to_come_is_not_proposed(site: Path) -> None:
    make_backup(site, GOOD, '"then"')
    ahead = f"dhash_production_{local_stamp(3 * 3600 + 300, 'UTC')}.zip"
    make_backup(site, ahead, '"other"')
    find = ("find-backup", "--env", "production", "--output", site / "output")
    code, output = run_program(*find, where=site, around={"TZ": "UTC"})
    assert code == 3, output
    assert "the newest is not proposed: its name says a time that is yet to" in output
    assert " -3 h " in output
    said = (site / "output").read_text()
    assert f"backup_file={site}/backups/{GOOD}\nbackup_fit=a fit backup\n" in said
    (site / "backups" / GOOD).unlink()
    (site / "output").unlink()
    code, output = run_program(*find, where=site, around={"TZ": "UTC"})
    assert code == 3, output
    said = (site / "output").read_text()
    assert f"{ahead}\nbackup_fit=no fit backup\n" in said, "a person may choose it"
    code, output = run_program(*find, "--only-fit", where=site, around={"TZ": "UTC"})
    assert code == 1
    assert "a person may choose one of those above, with a reason" in output


def test_when_clocks_go_back_a_backup_of_before_is_of_the_past(site: Path) -> None:
    """Twenty minutes ago it was forty minutes later than it is now."""
    now = time.gmtime()
    at = now.tm_hour * 3600 + now.tm_min * 60 + now.tm_sec - 600 + 3600
    # Summer time began a hundred days ago, and ended ten minutes ago.
    begin = (now.tm_yday - 1 - 100) % 365
    hours, rest = divmod(at, 3600)
    end = f"{now.tm_yday - 1}/{hours}:{rest // 60:02}:{rest % 60:02}"
    zone = f"WWW0SSS,{begin}/0,{end}"
    stamp = local_stamp(-1200, zone)
    assert stamp > local_stamp(0, zone), "the zone is as it should be"
    make_backup(site, f"dhash_production_{stamp}.zip", '"then"')
    find = ("find-backup", "--env", "production")
    code, output = run_program(*find, where=site, around={"TZ": zone})
    assert code == 0, output
    assert re.search(r" (19|20|21) min ", output)


def test_what_is_no_file_is_named_and_holds_nothing_up(
    site: Path, opened: Path
) -> None:
    make_backup(site, GOOD, '"then"')
    names = [GOOD.replace("000000", f"00000{n}") for n in range(1, 5)]
    pipe, folder, device, unsummed = (site / "backups" / name for name in names)
    os.mkfifo(pipe)
    folder.mkdir()
    device.symlink_to("/dev/zero")
    make_backup(site, unsummed.name, '"then"')
    Path(f"{unsummed}.sha256").unlink()
    os.mkfifo(f"{unsummed}.sha256")
    os.mkfifo(site / "backups" / "rollbacks.log")
    code, output = run_program("find-backup", "--env", "production", where=site)
    assert code == 3, output
    assert output.count("it is no regular file") == 4, "three, and the record"
    assert "nobody can tell whether it is whole" in output
    assert "rollbacks.log cannot be read: it is no regular file" in output
    code, output = run_program(*keeping(site, "true"), where=site)
    assert code == 3, output
    assert "rollbacks.log cannot be written" in output
    (site / "config/production/api.json").unlink()
    os.mkfifo(site / "config/production/api.json")
    compare = ("compare-backup", "--env", "production", opened)
    code, output = run_program(*compare, where=site)
    assert code == 1
    assert "it is no regular file" in output
