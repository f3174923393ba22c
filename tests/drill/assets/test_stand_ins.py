"""Whatever a script asks of a stand-in, it reaches no process but the site's own."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import cycle
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mobius_tui.drill.site import site_services
from mobius_tui.drill.site.drill_site import (
    Site,
    build_site,
    environment_variables,
    tear_down,
)
from mobius_tui.drill.site.site_files import digest
from tests.waiting import PATIENCE

WAIT = "import sys; print(flush=True); input()"


class Decoys:
    """Processes that a careless pattern or a forged pid file would take for MOBIUS."""

    def __init__(self, site: Site) -> None:
        inside = str(site.root / "src" / "api" / "index.py")
        lines = (
            (sys.executable, "-c", WAIT, "node", "mobius"),
            (sys.executable, "-ISB", "-c", WAIT, inside),
            (sys.executable, "-c", WAIT, str(site.root / "lib" / "node"), inside),
        )
        self.all = [
            subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            for line in lines
        ]
        for each in self.all:
            assert each.stdout is not None
            each.stdout.readline()
        self.pids = tuple(each.pid for each in self.all)

    def dead(self) -> list[int]:
        return [each.pid for each in self.all if each.poll() is not None]

    def end(self) -> None:
        for each in self.all:
            each.kill()
            each.communicate()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site none of whose services runs: there is nobody whom a signal may reach."""
    folder = tmp_path_factory.mktemp("stand-ins") / "site"
    site = build_site(folder, started=datetime(2026, 11, 24, 13, tzinfo=UTC))
    for unit in site_services.UNITS:
        site_services.stop(site.root, unit)
    yield site
    tear_down(site)


@pytest.fixture(scope="module")
def decoys(empty: Site) -> Iterator[Decoys]:
    made = Decoys(empty)
    yield made
    made.end()


TEXT = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12
)
PATTERNS = st.sampled_from(
    (
        ".",
        "",
        ".*",
        "^",
        "python",
        "node",
        "node.*mobius",
        "mobius",
        "(",
        "-1",
        "0",
        "*",
    )
)
OPTIONS = st.sampled_from(
    [
        "-f",
        "-9",
        "-KILL",
        "-TERM",
        "-SIGKILL",
        "-0",
        "-1",
        "-99",
        "-²",
        "-u",
        "-g",
        "-P",
        "-s",
        "--signal",
        "--",
        "-v",
        "-x",
        "-SIG",
        "-99999999999",
    ]
)
VERBS = st.sampled_from(
    ("stop", "kill", "reload", "status", "is-active", "isolate", "")
)
UNITS = st.sampled_from(
    [
        "mobius-api",
        "mobius-worker",
        "sshd",
        "*",
        "mobius-*",
        "../../x",
        "-H",
        "--kill-who=all",
        "default.target",
        "mobius-api.service.service",
        ";true",
        "$(true)",
    ]
)


def forged(decoys: Decoys) -> st.SearchStrategy[str]:
    """What a pid file may be made to say."""
    true = [f"{pid} {site_services.identity(pid)}" for pid in decoys.pids]
    lies = ["-1 1", "0 0", "self 1", "left", "", "9" * 40]
    return st.sampled_from((*true, *lies))


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_no_pattern_and_no_unit_reaches_a_decoy(
    empty: Site, decoys: Decoys, data: st.DataObject
) -> None:
    for unit in site_services.UNITS:
        said = data.draw(forged(decoys), label=unit)
        site_services.pid_file(empty.root, unit).write_text(said)
        (empty.root / "run" / f"{unit}.{decoys.pids[0]}.left").write_text(said)
    words = st.lists(st.one_of(OPTIONS, PATTERNS, TEXT), max_size=5)
    pid = str(decoys.pids[0])
    pattern = data.draw(st.one_of(PATTERNS, st.just(pid)))
    for program, arguments in (
        ("pkill", [*data.draw(words, label="pkill"), "-KILL", "-f", pattern]),
        (
            "systemctl",
            [
                data.draw(VERBS),
                *data.draw(st.lists(st.one_of(UNITS, TEXT), max_size=3)),
            ],
        ),
    ):
        ended = subprocess.run(
            (str(empty.bin / program), *arguments),
            env={**os.environ, **environment_variables(empty)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
        )
        assert b"Traceback" not in ended.stderr, (program, arguments, ended.stderr)
        assert ended.returncode in range(6), (program, arguments)
        assert decoys.dead() == [], (program, arguments)


def test_stopping_and_ending_reach_no_decoy(empty: Site, decoys: Decoys) -> None:
    """Nor does the program itself, whatever the pid files say."""
    for unit, pid in zip(site_services.UNITS, cycle(decoys.pids), strict=False):
        site_services.write_pid_file(site_services.pid_file(empty.root, unit), pid)
        assert site_services.processes(empty.root, unit) == ()
        assert site_services.stop(empty.root, unit)
    assert decoys.dead() == []


def test_programs_find_everything_they_keep_in_the_site(empty: Site) -> None:
    around = environment_variables(empty)
    names = "pkill systemctl node npm unzip curl git"
    line = f'echo "$HOME"; dirname "$(mktemp)"; command -v {names}'
    found = subprocess.run(
        ("bash", "-c", line),
        env={**os.environ, **around},
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    assert len(found) == 9
    assert all(Path(path).is_relative_to(empty.root) for path in found)


URLS = st.sampled_from(
    [
        *("http://localhost:3000/", "localhost:3001/health", "http://127.0.0.1:3000"),
        *("http://127.0.0.1:1/", "http://127.0.0.2:3000/", "http://[::1]:3000/"),
        *("http://localhost:99999/", "http://localhost:x/", "http://[", "file:///etc"),
        *("http://localhost@127.0.0.9:3000/", "ftp://localhost:3000/", "//", "@"),
        *("http://localhost:3000/a b\r\nHost: x", "http://localhost:3000/é", "-", ""),
    ]
)
ASKED = st.sampled_from(
    [
        *("-s", "-f", "-sS", "-m", "-m1", "10", "x", "-o", "-w", "%{http_code}", "-X"),
        *("--max-time", "--output", "--fail", "--upload-file", "--config", "--help"),
        *("-d", "@/etc/passwd", "-T", "-K", "--proxy", "http://127.0.0.1:1/", "-1"),
    ]
)
NPM = st.sampled_from(
    [
        *("ci", "install", "list", "ls", "run", "start", "migrate", "exec", "publish"),
        *("--production", "--depth=0", "--prefix", "/", "-g", "--", "../../x", "-v"),
        *("migrate:rollback", "--help", "--version", "$(true)", ";true", "root"),
    ]
)
GIT = st.sampled_from(
    [
        *(
            "rev-parse",
            "HEAD",
            "--short",
            "--abbrev-ref",
            "push",
            "--exec-path=/",
            "-C",
        ),
        *("clone", "reset", "--hard", "clean", "-fdx", "..", "--help", "-c", "config"),
    ]
)


def unchanged(site: Site) -> dict[str, str]:
    """What none of these may change, whatever is asked of them."""
    names = ("src", "config", "backups", "scripts", "lib/registry", "data")
    return {name: digest(site.root / name) for name in names}


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_no_words_make_a_stand_in_reach_anything_or_break(
    empty: Site, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    here = tmp_path_factory.mktemp("nowhere")
    before = unchanged(empty)
    asked = st.lists(st.one_of(ASKED, URLS, TEXT), max_size=5)
    for program, words, codes in (
        ("curl", [*data.draw(asked, label="curl"), data.draw(URLS)], range(93)),
        ("npm", data.draw(st.lists(st.one_of(NPM, TEXT), max_size=4)), range(2)),
        ("git", data.draw(st.lists(st.one_of(GIT, TEXT), max_size=4)), (0, 128)),
    ):
        ended = subprocess.run(
            (str(empty.bin / program), *words),
            cwd=here,
            env={**os.environ, **environment_variables(empty)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
        )
        assert b"Traceback" not in ended.stderr, (program, words, ended.stderr)
        assert ended.returncode in codes, (program, words, ended.stderr)
    assert unchanged(empty) == before


def said(site: Site, program: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (str(site.bin / program), *words),
        env={**os.environ, **environment_variables(site)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def test_npm_installs_what_the_lock_names_and_from_the_registry_alone(
    empty: Site,
) -> None:
    lock, modules = empty.root / "package-lock.json", empty.root / "node_modules"
    was = lock.read_text()
    (modules / "stray").mkdir()
    assert said(empty, "npm", "ci", "--production").returncode == 0
    assert not (modules / "stray").exists(), "what is installed is thrown away first"
    assert said(empty, "npm", "list", "--depth=0", "--prod").returncode == 0
    found = json.loads(was)
    name = "node_modules/mobius-core"
    found["packages"][name]["version"] = "9.9.9"
    lock.write_text(json.dumps(found))
    ended = said(empty, "npm", "ci", "--production")
    assert ended.returncode == 1
    assert "404 Not Found - mobius-core-9.9.9" in ended.stderr
    missing = said(empty, "npm", "list")
    assert (missing.returncode, "missing: mobius-core" in missing.stderr) == (1, True)
    assert "mobius-core@missing" in missing.stdout
    lock.write_text(was)
    assert said(empty, "npm", "ci").returncode == 0


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "[]",
        '{"packages": []}',
        '{"packages": {"node_modules/mobius-core": "2"}}',
        '{"packages": {"node_modules/mobius-core": {}}}',
        '{"packages": {"../outside/mobius-core": {"version": "GOOD"}}}',
        '{"packages": {"/OUTSIDE/mobius-core": {"version": "GOOD"}}}',
        '{"packages": {"src/mobius-core": {"version": "GOOD"}}}',
        '{"packages": {"node_modules/../src/mobius-core": {"version": "GOOD"}}}',
        '{"packages": {"node_modules/mobius-core": {"version": "GOOD/../../../src"}}}',
    ],
)
def test_npm_installs_nothing_outside_of_its_folder(empty: Site, text: str) -> None:
    lock = empty.root / "package-lock.json"
    was, before = lock.read_text(), unchanged(empty)
    outside = empty.root.parent / "outside"
    text = text.replace("/OUTSIDE", str(outside))
    lock.write_text(text.replace("GOOD", json.loads(was)["packages"][""]["version"]))
    ended = said(empty, "npm", "ci")
    lock.write_text(was)
    assert "Traceback" not in ended.stderr
    assert ended.returncode == 1
    assert "npm error package-lock.json: " in ended.stderr
    assert unchanged(empty) == before
    assert not outside.exists()
    assert said(empty, "npm", "ci").returncode == 0


@pytest.mark.parametrize("text", ["not json", "[]", "{}", '{"scripts": []}', "7"])
def test_npm_says_what_is_wrong_with_the_package(empty: Site, text: str) -> None:
    package = empty.root / "package.json"
    was = package.read_text()
    package.write_text(text)
    for words in (("list",), ("run",), ("run", "migrate")):
        ended = said(empty, "npm", *words)
        assert "Traceback" not in ended.stderr, words
    assert said(empty, "npm", "run", "migrate").returncode == 1
    package.write_text(was)


def test_npm_runs_the_scripts_that_there_are(empty: Site) -> None:
    assert said(empty, "npm", "run").stdout.split() == ["start", "migrate"]
    assert said(empty, "npm", "run", "migrate").returncode == 0
    start = said(empty, "npm", "run", "start")
    assert (start.returncode, "see systemctl" in start.stderr) == (1, True)
    gone = said(empty, "npm", "run", "migrate:rollback")
    assert (gone.returncode, "Missing script" in gone.stderr) == (1, True)


def test_git_tells_a_commit_that_is_another_for_another_release(empty: Site) -> None:
    package = empty.root / "package.json"
    was = package.read_text()
    whole = said(empty, "git", "rev-parse", "HEAD").stdout.strip()
    assert re.fullmatch("[0-9a-f]{40}", whole)
    assert whole.startswith(
        said(empty, "git", "rev-parse", "--short", "HEAD").stdout[:7]
    )
    assert said(empty, "git", "rev-parse", "--abbrev-ref", "HEAD").stdout == "main\n"
    package.write_text(was.replace("2.4", "2.5"))
    assert said(empty, "git", "rev-parse", "HEAD").stdout.strip() != whole
    package.write_text(was)
    assert said(empty, "git", "reset", "--hard").returncode == 128


@pytest.fixture
def served(empty: Site) -> Iterator[HTTPServer]:
    """Somebody answers where production would."""
    port = json.loads((empty.root / "site.json").read_text())["ports"]["production"]
    server = HTTPServer(("127.0.0.1", port), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


class Answers(BaseHTTPRequestHandler):
    """`/NNN` answers NNN; `/late` is in no hurry."""

    def do_GET(self) -> None:
        """Answer."""
        path = self.path.strip("/")
        body = b"what is answered"
        if path == "late":
            time.sleep(1.5)
        with suppress(BrokenPipeError):
            self.send_response(int(path) if path.isdigit() else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.usefixtures("served")
def test_curl_says_what_the_real_one_says(empty: Site, tmp_path: Path) -> None:
    here = "http://localhost:3000"
    good = said(empty, "curl", "-s", f"{here}/200")
    assert (good.returncode, good.stdout) == (0, "what is answered")
    code = ("-s", "-o", str(tmp_path / "body"), "-w", "%{http_code}")
    bad = said(empty, "curl", *code, f"{here}/503")
    assert (bad.returncode, bad.stdout) == (0, "503")
    assert (tmp_path / "body").read_text() == "what is answered"
    failed = said(empty, "curl", "-fsS", f"{here}/503")
    assert (failed.returncode, failed.stdout) == (22, "")
    late = said(empty, "curl", "-s", "-m", "0.2", "-w", "%{http_code}", f"{here}/late")
    assert (late.returncode, late.stdout) == (28, "000")
    nobody = said(empty, "curl", *code, "http://localhost:3001/")
    assert (nobody.returncode, nobody.stdout) == (7, "000")


def test_curl_reaches_nobody_else(empty: Site) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        other.settimeout(0.2)
        port = other.getsockname()[1]
        for host in ("localhost", "127.0.0.1", "127.0.0.2", "[::1]", "a@localhost"):
            ended = said(empty, "curl", "-s", f"http://{host}:{port}/")
            assert ended.returncode == 7
            assert "for this drill site alone" in ended.stderr
        with pytest.raises(TimeoutError):
            other.accept()


def test_ctrl_c_ends_iostat_though_its_df_ends_well(
    empty: Site, tmp_path: Path
) -> None:
    fifo, df = tmp_path / "fifo", tmp_path / "df"
    os.mkfifo(fifo)
    df.write_text(f"#!/bin/bash\ntrap '' INT\necho begun\ncat {fifo}\n")
    df.chmod(0o755)
    process = subprocess.Popen(
        [empty.root / "bin" / "iostat", "5"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        start_new_session=True,
        # What is run in the background hands on that Ctrl+C is ignored.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        os.killpg(process.pid, signal.SIGINT)
        fifo.write_text("")
        assert process.wait(PATIENCE) == 130
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
