"""A look at a host: what it brings, and how little of a bad one it believes."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from mobius_tui.run.checks.context import CheckContext
from mobius_tui.run.fleet.host_look import (
    MAX_LOOK_ANSWER_BYTES,
    HostLookAnswer,
    HostLookRequest,
    look_at_host,
)
from mobius_tui.run.fleet.transport import (
    Destination,
    LocalRoute,
    SshRoute,
    transport_to,
)
from tests.acceptance.loopback_sshd import LoopbackHosts, loopback_hosts
from tests.waiting import PATIENCE, wait_for

SYSTEMCTL = """#!/bin/sh
[ "$1" = is-active ] || exit 1
cat "$HOME/units/$2" 2>/dev/null || { echo inactive; exit 3; }
"""
BOTH = HostLookRequest(units=("nginx", "it's a unit"), processes=True)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The home of a host that has its own `systemctl`."""
    found = tmp_path / "web-1"
    (found / "bin").mkdir(parents=True)
    (found / "units").mkdir()
    systemctl = found / "bin" / "systemctl"
    systemctl.write_text(SYSTEMCTL)
    systemctl.chmod(0o755)
    login(found)
    return found


def login(home: Path, more: str = "") -> None:
    (home / ".profile").write_text(f'PATH="$HOME/bin:$PATH"\nexport PATH\n{more}\n')


async def ask(
    home: Path, look: HostLookRequest = BOTH, *shell: str, within: float = PATIENCE
) -> HostLookAnswer:
    route = LocalRoute(sites={"web-1": str(home)}, shell=shell or ("sh", "-s"))
    ctx = CheckContext(
        workdir=home, env={"PATH": os.environ["PATH"]}, fill=str, shell=("bash",)
    )
    way = transport_to(Destination(name="web-1"), route, None)
    return await look_at_host(look, way, ctx, within=within)


@pytest.mark.parametrize(
    "shell",
    [
        *("dash -s", "bash -s"),
        pytest.param("busybox sh -s", marks=pytest.mark.machine("busybox")),
    ],
)
async def test_it_brings_the_state_of_units_and_all_command_lines(
    home: Path, shell: str
) -> None:
    (home / "units" / "nginx").write_text("active\n")
    (home / "units" / "it's a unit").write_text("some warning\nfailed\n")
    answer = await ask(home, BOTH, *shell.split())
    assert answer.problem == ""
    assert answer.units == {"nginx": "active", "it's a unit": "failed"}
    assert any("pytest" in line for line in answer.processes)
    alone = await ask(home, HostLookRequest(units=("other",)), *shell.split())
    assert alone == HostLookAnswer(units={"other": "inactive"})


async def test_processes_that_have_ended_are_none(home: Path) -> None:
    ended = "[worker] <defunct>\\n(worker)\\n"
    ps = home / "bin" / "ps"
    ps.write_text(f"#!/bin/sh\nprintf '{ended} worker 1 \\n\\033[m {'x' * 9000}\\n'\n")
    ps.chmod(0o755)
    answer = await ask(home, HostLookRequest(processes=True))
    assert answer.processes[0] == "worker 1"
    assert len(answer.processes) == 2
    assert len(answer.processes[1]) <= 4096


async def test_where_nothing_is_there_to_ask_a_unit_is_why(home: Path) -> None:
    (home / "bin" / "systemctl").write_text("#!/bin/sh\necho 'no bus' >&2; exit 1\n")
    answer = await ask(home, HostLookRequest(units=("nginx",)))
    assert answer.units == {"nginx": "no bus"}


async def test_a_systemctl_that_hangs_is_asked_once(home: Path) -> None:
    (home / "bin" / "timeout").write_text("#!/bin/sh\necho >>asked; exit 124\n")
    (home / "bin" / "timeout").chmod(0o755)
    answer = await ask(home, HostLookRequest(units=("a", "b", "c")))
    assert set(answer.units.values()) == {"systemctl does not answer"}
    assert (home / "asked").read_text() == "\n"


@pytest.mark.parametrize(
    ("printed", "state"),
    [
        ("\\033[2J\\033]0;x\\007active\\n", "␛[2J␛]0;x␇active"),
        ("active\\302\\233\\n", "active<U+009B>"),
        (f"{'x' * 5000}\\n", "x" * 200),
    ],
)
async def test_what_a_unit_says_is_shown_and_not_done(
    home: Path, printed: str, state: str
) -> None:
    (home / "bin" / "systemctl").write_text(f"#!/bin/sh\nprintf '{printed}'\n")
    answer = await ask(home, HostLookRequest(units=("nginx",)))
    assert answer.units == {"nginx": state}


@pytest.mark.parametrize(
    ("login_prints", "words"),
    [
        ("yes", "it prints more than 1 MiB"),
        ("yes >&2", "it prints more than 1 MiB"),
        ("printf '\\nc0ffee\\nactive\\nc0ffee\\nc0ffee\\n'; exit", "c0ffee"),
        # One that reads what it is sent knows the nonce, and may say anything by it.
        ('n=$(grep -om1 "[0-9a-f]\\{32\\}"); echo; echo $n; exit', "is not whole"),
        (
            'n=$(grep -om1 "[0-9a-f]\\{32\\}"); printf "%s\\n" "" $n $n $n $n; exit',
            "is not whole",
        ),
        ("printf '\\033[31mgo away\\n' >&2; exit 1", "␛[31mgo away"),
        ("exit 255", "ended with 255, and said nothing"),
    ],
)
async def test_a_host_that_does_not_keep_to_it_says_nothing(
    home: Path, login_prints: str, words: str
) -> None:
    (home / "units" / "nginx").write_text("active\n")
    login(home, login_prints)
    answer = await ask(home)
    assert words in answer.problem
    assert (answer.units, answer.processes) == ({}, ())


async def test_of_a_unit_that_prints_megabytes_nothing_is_believed(home: Path) -> None:
    flood = f"head -c {2 * MAX_LOOK_ANSWER_BYTES} /dev/zero | tr '\\0' x"
    (home / "bin" / "systemctl").write_text(f"#!/bin/sh\n{flood}\n")
    answer = await ask(home, HostLookRequest(units=("nginx",)))
    assert answer.problem == "it prints more than 1 MiB"


async def test_one_that_never_ends_is_left_and_leaves_nothing(home: Path) -> None:
    mark = f"0.{os.getpid()}"
    login(home, f"while :; do sleep {mark}; done & sleep 999.{os.getpid()}")
    answer = await ask(home, within=0.5)
    assert answer.problem == "no answer within 0.5 s"
    wait_for(
        lambda: (
            not any(
                mark in " ".join(each.info["cmdline"] or ())
                or f"999.{os.getpid()}" in " ".join(each.info["cmdline"] or ())
                for each in psutil.process_iter(["cmdline"])
            )
        )
    )


async def test_a_login_may_greet(home: Path) -> None:
    login(home, "echo welcome; printf 'no newline'; echo beware >&2")
    (home / "units" / "nginx").write_text("active\n")
    assert (await ask(home)).units["nginx"] == "active"


async def test_without_its_program_it_says_which(home: Path) -> None:
    ctx = CheckContext(workdir=home, env={"PATH": "/nowhere"}, fill=str)
    way = transport_to(Destination(name="web-1"), SshRoute(), None)
    answer = await look_at_host(BOTH, way, ctx)
    assert answer.problem == "ssh cannot be run: No such file or directory"


@pytest.fixture
def hosts() -> Iterator[LoopbackHosts]:
    with (
        tempfile.TemporaryDirectory(prefix="mt-") as name,
        loopback_hosts(Path(name), 2) as found,
    ):
        yield found


@pytest.mark.machine("ssh", "sshd")
async def test_a_real_sshd_is_asked_by_one_connection_that_is_over(
    hosts: LoopbackHosts, tmp_path: Path
) -> None:
    (hosts.homes["w000"] / ".bashrc").write_text("printf 'welcome'; echo beware >&2\n")
    ctx = CheckContext(workdir=tmp_path, env=dict(os.environ), fill=str)
    config = tmp_path / "config"
    config.write_text("Host gone\n  HostName 127.9.9.9\n" + hosts.config_text())
    route = SshRoute(config=str(config))

    async def asked(name: str) -> HostLookAnswer:
        way = transport_to(Destination(name=name), route, None)
        return await look_at_host(BOTH, way, ctx)

    answer = await asked("w000")
    assert answer.problem == ""
    assert list(answer.units) == list(BOTH.units)
    assert any("pytest" in line for line in answer.processes)
    log = (hosts.folder / "sshd0.log").read_text()
    assert log.count("Accepted publickey") == 1
    assert "Connection refused" in (await asked("gone")).problem
    (hosts.folder / "known_hosts").write_text("")
    assert "its host key is in no known_hosts" in (await asked("w001")).problem
    wait_for(lambda: not hosts.sessions())
