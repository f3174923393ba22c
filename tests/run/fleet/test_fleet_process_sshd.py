"""Real sshd's on loopback: what only ssh itself can show."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mobius_tui.run.fleet.fleet_lines import ReportedState, StopHosts
from mobius_tui.run.fleet.host_output import output_path
from mobius_tui.run.fleet.host_probing import ANSWERS, probe_hosts
from mobius_tui.run.fleet.transport import Destination, SshRoute
from tests.acceptance.loopback_sshd import LoopbackHosts, loopback_hosts
from tests.run.fleet_controller import FleetController, step_order

pytestmark = pytest.mark.machine("ssh", "sshd")


@pytest.fixture(scope="module")
def hosts() -> Iterator[LoopbackHosts]:
    with (
        tempfile.TemporaryDirectory(prefix="mt-") as name,
        loopback_hosts(Path(name), 3) as hosts,
    ):
        yield hosts


async def test_an_exit_of_255_is_the_scripts_and_no_line_that_broke(
    hosts: LoopbackHosts, tmp_path: Path
) -> None:
    for home in hosts.homes.values():
        (home / ".bashrc").write_text("printf 'welcome'; echo beware >&2\n")
    route = SshRoute(config=hosts.config)
    script = 'echo "hello from $RUNBOOK_HOST"; [ "$STATUS" != kill ] || kill -9 $$; '
    script += 'exit "$STATUS"'
    fleet = await FleetController.open(step_order(tmp_path, route, script))
    wanted = dict(zip(hosts.names, ("255", "kill", "0"), strict=True))
    for name, status in wanted.items():
        await fleet.begin(name, values={"RUNBOOK_HOST": name, "STATUS": status})
    ends = [await fleet.state(name) for name in wanted]
    assert [each.exit for each in ends] == [255, 137, 0]
    assert [each.state for each in ends] == ["failed", "failed", "ok"]
    for name in wanted:
        output = output_path(tmp_path / "step", name)
        assert output.read_text() == f"hello from {name}\n"
    await fleet.close()


async def test_a_stop_goes_by_a_connection_of_its_own(
    hosts: LoopbackHosts, tmp_path: Path
) -> None:
    route = SshRoute(config=hosts.config)
    name = hosts.names[0]
    order = step_order(tmp_path, route, "echo a; sleep 300", run="r2", host_count=99)
    fleet = await FleetController.open(order)
    await fleet.begin(name)
    await fleet.state(name, ReportedState.RUNNING)
    await fleet.client.send(StopHosts(names=(name,)))
    assert (await fleet.state(name)).cause == "stopped"
    await fleet.close()


@pytest.mark.parametrize(
    ("known", "says"),
    [
        ("unknown", "its host key is in no known_hosts"),
        ("changed", "its host key is another"),
    ],
)
async def test_an_unknown_host_key_is_said_and_never_accepted(
    hosts: LoopbackHosts, tmp_path: Path, known: str, says: str
) -> None:
    """Not even where the person's configuration would; and it is asked for once."""
    name = hosts.names[0]
    file = tmp_path / "known_hosts"
    if known == "changed":
        at = (hosts.folder / "known_hosts").read_text().split()[0]
        file.write_text(f"{at} {(hosts.folder / 'id.pub').read_text()}")
    else:
        file.touch()
    before = file.read_text()
    config = tmp_path / "config"
    config.write_text(
        f'Match exec "echo asked >> {tmp_path}/asked"\nMatch all\n'
        f"StrictHostKeyChecking no\nUserKnownHostsFile {file}\n" + hosts.config_text()
    )
    route = SshRoute(config=str(config))
    fleet = await FleetController.open(step_order(tmp_path, route, "echo ran"))
    await fleet.begin(name)
    end = await fleet.state(name)
    assert end.state is ReportedState.UNREACHABLE
    assert end.host_key == known
    assert (tmp_path / "asked").read_text() == "asked\n"
    assert end.reason.startswith(says)
    assert file.read_text() == before
    await fleet.close()


async def test_a_host_that_refuses_is_unreachable(
    hosts: LoopbackHosts, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.write_text("Host gone\n  HostName 127.9.9.9\n" + hosts.config_text())
    route = SshRoute(config=str(config))
    fleet = await FleetController.open(step_order(tmp_path, route, "echo ran"))
    await fleet.begin("gone")
    end = await fleet.state("gone")
    assert end.state is ReportedState.UNREACHABLE
    assert "Connection refused" in end.reason
    await fleet.close()


@pytest.mark.parametrize("tries", [1, 3, 6])
async def test_a_host_that_does_not_answer_is_asked_so_often(
    hosts: LoopbackHosts, tmp_path: Path, tries: int
) -> None:
    config = tmp_path / "config"
    config.write_text(
        f'Match exec "echo asked >> {tmp_path}/asked"\nMatch all\n'
        "ConnectionAttempts 5\nHost gone\n  HostName 127.9.9.9\n" + hosts.config_text()
    )
    route = SshRoute(config=str(config))
    order = step_order(tmp_path, route, "echo ran", tries=tries)
    fleet = await FleetController.open(order)
    await fleet.begin("gone")
    assert (await fleet.state("gone")).state is ReportedState.UNREACHABLE
    assert (tmp_path / "asked").read_text() == "asked\n" * tries
    await fleet.close()


async def test_a_host_with_a_command_of_its_own_answers_as_it_runs(
    hosts: LoopbackHosts, tmp_path: Path
) -> None:
    """A RemoteCommand of the person's is for their own logins, not for ours."""
    name = hosts.names[0]
    config = tmp_path / "config"
    config.write_text("RemoteCommand tmux attach\n" + hosts.config_text())
    route = SshRoute(config=str(config))
    (probed,) = [e async for e in probe_hosts([Destination(name=name)], [route])]
    assert probed.answer == ANSWERS
    fleet = await FleetController.open(
        step_order(tmp_path, route, "echo ran", run="r9")
    )
    await fleet.begin(name)
    assert (await fleet.state(name)).state is ReportedState.OK
    await fleet.close()
