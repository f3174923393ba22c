"""Who answers, as ssh says it; a program in its place plays the hosts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mobius_tui.run.targets import host_probing
from mobius_tui.run.targets.host_probing import (
    HOSTS_ASKED_AT_ONCE,
    HostReachability,
    judge_ssh_end,
    probe_host_reachability,
    ssh_argv,
)
from mobius_tui.run.targets.resolved_hosts import TargetHost

HOST = TargetHost(name="web-1", address="10.0.0.1", user="ops", port=2222)


def test_ssh_asks_nobody_accepts_nothing_and_forwards_nothing() -> None:
    argv = ssh_argv(HOST, "true")
    options = [argv[n + 1] for n, word in enumerate(argv) if word == "-o"]
    for option in (
        *("BatchMode=yes", "StrictHostKeyChecking=yes", "UpdateHostKeys=no"),
        *("ForwardAgent=no", "ClearAllForwardings=yes", "ConnectTimeout=5"),
    ):
        assert option in options
    assert argv[-7:] == ("-p", "2222", "-l", "ops", "--", "10.0.0.1", "true")
    assert ssh_argv(TargetHost(name="a", address="a"))[-2:] == ("--", "a")


CHANGED = """@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
Host key verification failed.
"""


@pytest.mark.parametrize(
    ("code", "said", "answer", "detail"),
    [
        (0, "a banner\n", HostReachability.ANSWERS, ""),
        (
            *(255, "ssh: connect to host x port 22: Connection refused\n"),
            *(
                HostReachability.REFUSED,
                "ssh: connect to host x port 22: Connection refused",
            ),
        ),
        (
            *(255, "Welcome\nops@x: Permission denied (publickey).\n"),
            *(HostReachability.REFUSED, "ops@x: Permission denied (publickey)."),
        ),
        (255, "", HostReachability.REFUSED, "ssh said nothing"),
        (
            *(255, "Host key verification failed.\r\n"),
            *(HostReachability.UNKNOWN_KEY, "Host key verification failed."),
        ),
        (
            *(255, CHANGED),
            *(
                HostReachability.UNKNOWN_KEY,
                "WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!",
            ),
        ),
        (
            *(255, "ssh: Could not resolve hostname x: Name or service not known\n"),
            *(
                HostReachability.NO_SUCH_NAME,
                "ssh: Could not resolve hostname x: Name or service not known",
            ),
        ),
        (
            *(255, "ssh: connect to host x port 22: Connection timed out\n"),
            *(
                HostReachability.TIMED_OUT,
                "ssh: connect to host x port 22: Connection timed out",
            ),
        ),
        (
            1,
            "no shell here\n",
            HostReachability.REFUSED,
            "`true` ended with exit code 1 there",
        ),
    ],
)
def test_what_ssh_says_is_told_in_a_word(
    code: int, said: str, answer: HostReachability, detail: str
) -> None:
    found = judge_ssh_end(HOST, code, said)
    assert (found.answer, found.detail) == (answer, detail)


def test_what_a_host_says_is_hostile() -> None:
    found = judge_ssh_end(HOST, 255, "\x1b]0;title\x07\x1b[31m" + "x" * 9999)
    assert found.detail.isprintable()
    assert len(found.detail) <= 300


async def test_so_many_are_asked_at_the_same_time(tmp_path: Path) -> None:
    """The first of them wait for each other: were it fewer, none would ever answer."""
    ssh = tmp_path / "ssh"
    ssh.write_text(f"""#!/bin/sh
cd {tmp_path}
touch in.$$ now.$$
until [ "$(ls | grep -c '^in[.]')" -ge {HOSTS_ASKED_AT_ONCE} ]; do sleep 0.02; done
sleep 0.1
ls | grep -c '^now[.]' >> counts
rm now.$$
""")
    ssh.chmod(0o755)
    hosts = [TargetHost(name=f"h{n}", address=f"h{n}") for n in range(30)]
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    found = [each async for each in probe_host_reachability(hosts, env)]
    assert {each.host.name for each in found} == {host.name for host in hosts}
    assert {each.answer for each in found} == {HostReachability.ANSWERS}
    counts = (tmp_path / "counts").read_text().split()
    assert max(map(int, counts)) <= HOSTS_ASKED_AT_ONCE


async def test_an_ssh_that_never_ends_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_probing, "HOST_ANSWER_TIME_LIMIT", 0.1)
    (tmp_path / "ssh").write_text("#!/bin/sh\nexec sleep 60\n")
    (tmp_path / "ssh").chmod(0o755)
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    (found,) = [each async for each in probe_host_reachability([HOST], env)]
    assert (found.answer, found.detail) == (
        HostReachability.TIMED_OUT,
        "no answer within 0.1 s",
    )


async def test_without_ssh_nobody_answers(tmp_path: Path) -> None:
    env = {"PATH": os.fspath(tmp_path)}
    (found,) = [each async for each in probe_host_reachability([HOST], env)]
    assert (found.answer, found.detail) == (
        HostReachability.REFUSED,
        "ssh cannot be run: No such file or directory",
    )
