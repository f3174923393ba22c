"""Who answers: whoever a run could begin on; programs in place of ssh play hosts."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.run.fleet.host_probing import (
    ANSWERS,
    HOSTS_ASKED_AT_ONCE,
    ProbedHost,
    probe_hosts,
)
from mobius_tui.run.fleet.transport import Destination, LocalRoute, SshRoute
from mobius_tui.run.fleet.unreached import UnreachedKind

HERE = """#!/bin/sh
for last; do :; done
exec sh -c "$last"
"""
"""Stands in for ssh: runs its last word here."""


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in place of ssh, and a home that it leads to."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return write(tmp_path / "ssh", HERE)


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


async def probe(*names: str, route: SshRoute | None = None) -> list[ProbedHost]:
    hosts = [Destination(name=name) for name in names]
    return [each async for each in probe_hosts(hosts, [route or SshRoute()])]


async def test_a_host_that_a_run_could_begin_on_answers(ssh: Path) -> None:
    (found,) = await probe("web-1")
    assert found == ProbedHost(name="web-1", answer=ANSWERS)
    assert not (ssh.parent / "home/.mobius-tui").exists(), "nothing is left"


async def test_a_host_that_answers_true_and_can_hold_no_claim_does_not_answer(
    ssh: Path,
) -> None:
    """A home that is full, read-only or a file: `true` runs there, and no step does."""
    (ssh.parent / "home/.mobius-tui").write_text("no folder")
    (found,) = await probe("web-1")
    assert found.answer == UnreachedKind.REFUSED
    assert "nothing can be written in" in found.detail


async def test_a_login_without_a_shell_says_why(ssh: Path) -> None:
    """As nologin does, on standard output."""
    write(ssh, "#!/bin/sh\necho This account is currently not available.\nexit 1\n")
    (found,) = await probe("web-1")
    assert found.detail == "This account is currently not available."


async def test_a_forced_command_that_answers_anything_else_does_not_answer(
    ssh: Path,
) -> None:
    write(ssh, "#!/bin/sh\necho ok\n")
    (found,) = await probe("web-1")
    assert (found.answer, found.detail) == (UnreachedKind.REFUSED, "ok")


async def test_answers_come_in_the_order_of_the_hosts(ssh: Path) -> None:
    """The first answers last: each host waits for those that come after it."""
    write(
        ssh,
        f"""#!/bin/sh
cd {ssh.parent}
case "$*" in
  *h0*) until [ -e h1 ]; do sleep 0.02; done; touch h0;;
  *h1*) until [ -e h2 ]; do sleep 0.02; done; touch h1;;
  *h2*) touch h2;;
esac
for last; do :; done
exec sh -c "$last"
""",
    )
    found = await probe("h0", "h1", "h2")
    assert [(each.name, each.answer) for each in found] == [
        (name, ANSWERS) for name in ("h0", "h1", "h2")
    ]


async def test_so_many_are_asked_at_the_same_time(ssh: Path) -> None:
    """The first of them wait for each other: were it fewer, none would ever answer."""
    write(
        ssh,
        f"""#!/bin/sh
cd {ssh.parent}
touch in.$$ now.$$
until [ "$(ls | grep -c '^in[.]')" -ge {HOSTS_ASKED_AT_ONCE} ]; do sleep 0.02; done
ls | grep -c '^now[.]' >> counts
rm now.$$
echo busy
""",
    )
    await probe(*(f"h{n}" for n in range(30)))
    counts = (ssh.parent / "counts").read_text().split()
    assert len(counts) == 30
    assert max(map(int, counts)) <= HOSTS_ASKED_AT_ONCE


async def test_a_host_answers_only_if_it_does_by_each_way(ssh: Path) -> None:
    """A step with `become` wants sudo, which may want a password."""
    write(
        ssh,
        """#!/bin/sh
for last; do :; done
case $last in *sudo*) echo "sudo: a password is required" >&2; exit 1;; esac
exec sh -c "$last"
""",
    )
    hosts = [Destination(name="web-1")]
    ways = [SshRoute(), SshRoute(become="root")]
    (found,) = [each async for each in probe_hosts(hosts, ways)]
    assert "sudo wants a password" in found.detail


async def test_without_ssh_nobody_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (found,) = await probe("web-1")
    assert "there is no program 'ssh' on PATH" in found.detail


async def test_a_host_without_a_way_is_named(tmp_path: Path) -> None:
    hosts = [Destination(name="web-2")]
    route = LocalRoute(sites={"web-1": str(tmp_path)})
    (found,) = [each async for each in probe_hosts(hosts, [route])]
    assert "no site for the host web-2" in found.detail
