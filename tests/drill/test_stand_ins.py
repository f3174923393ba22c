"""Whatever a script asks of a stand-in, it reaches no process but the site's own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mobius_tui.drill import services
from mobius_tui.drill.site import Site, build, environment, tear_down

WAIT = "import sys; print(flush=True); input()"


class Decoys:
    """Processes that a careless pattern or a forged pid file would take for MOBIUS."""

    def __init__(self, site: Site) -> None:
        inside = str(site.root / "app" / "mobius" / "api.py")
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
    site = build(folder, started=datetime(2026, 11, 24, 13, tzinfo=UTC))
    for unit in services.UNITS:
        services.stop(site.root, unit)
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
    true = [f"{pid} {services.identity(pid)}" for pid in decoys.pids]
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
    for unit in services.UNITS:
        said = data.draw(forged(decoys), label=unit)
        services.pid_file(empty.root, unit).write_text(said)
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
            env={**os.environ, **environment(empty)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
        )
        assert b"Traceback" not in ended.stderr, (program, arguments, ended.stderr)
        assert ended.returncode in range(6), (program, arguments)
        assert decoys.dead() == [], (program, arguments)


def test_stopping_and_ending_reach_no_decoy(empty: Site, decoys: Decoys) -> None:
    """Nor does the program itself, whatever the pid files say."""
    for unit, pid in zip(services.UNITS, (*decoys.pids, decoys.pids[0]), strict=True):
        services.write_mark(services.pid_file(empty.root, unit), pid)
        assert services.processes(empty.root, unit) == ()
        assert services.stop(empty.root, unit)
    assert decoys.dead() == []


def test_programs_find_everything_they_keep_in_the_site(empty: Site) -> None:
    around = environment(empty)
    line = (
        'echo "$HOME"; dirname "$(mktemp)"; command -v pkill systemctl node npm unzip'
    )
    said = subprocess.run(
        ("bash", "-c", line),
        env={**os.environ, **around},
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    assert len(said) == 7
    assert all(Path(path).is_relative_to(empty.root) for path in said)


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
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        os.killpg(process.pid, signal.SIGINT)
        fifo.write_text("")
        assert process.wait(10) == 130
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
