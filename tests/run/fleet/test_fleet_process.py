"""A whole fleet process, with hosts that are folders."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest

from mobius_tui.run.attempts.output_reader import spans_in
from mobius_tui.run.fleet.fleet_lines import (
    BeginHosts,
    CleanHosts,
    KnowSecrets,
    OrderedHost,
    ReportedState,
    SetParallelHosts,
    StopHosts,
    encode_order,
)
from mobius_tui.run.fleet.fleet_process import SSH_SOCKETS_PREFIX, shared_connections
from mobius_tui.run.fleet.host_output import output_path, sha256_of, spans_path
from mobius_tui.run.fleet.transport import LocalRoute, SshRoute
from mobius_tui.run.storage.run_directory import try_lock
from mobius_tui.structs import replace
from tests.run.fleet_controller import (
    FleetController,
    is_end,
    local_route,
    step_order,
)
from tests.waiting import wait_for

RUNNING = ReportedState.RUNNING


def output_of(folder: Path, host: str) -> str:
    return output_path(folder / "step", host).read_text()


async def test_hosts_run_side_by_side_and_each_end_is_told(tmp_path: Path) -> None:
    route = local_route(tmp_path, ["a", "b", "c"])
    script = 'echo "on $RUNBOOK_HOST: $TOKEN"; exit "$STATUS"'
    step = step_order(
        tmp_path, route, script, values={"TOKEN": "hush"}, secrets=("hush",), width=2
    )
    step = replace(step, clock_offset=3600.0)
    before = time.time()
    fleet = await FleetController.open(step)
    for number, name in enumerate(["a", "b", "c", "-oProxyCommand=x"]):
        await fleet.begin(name, values={"RUNBOOK_HOST": name, "STATUS": f"{number}"})
    ends = {each: await fleet.state(each) for each in ["a", "b", "c"]}
    assert [each.state for each in ends.values()] == ["ok", "failed", "failed"]
    assert [each.exit for each in ends.values()] == [0, 1, 2]
    assert output_of(tmp_path, "b") == "on b: ****\n"
    assert ends["b"].bytes == len("on b: ****\n")
    path = output_path(tmp_path / "step", "b")
    assert ends["b"].sha256 == sha256_of(path)
    assert ends["b"].spans_sha256 == sha256_of(spans_path(path))
    (span,) = spans_in(spans_path(path).read_bytes())
    at = span.time / 1e9 - 3600
    assert before - 1 <= at <= time.time() + 1, "by the run's clock"
    mode = output_path(tmp_path / "step", "b").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    refused = await fleet.state("-oProxyCommand=x")
    assert refused.state is ReportedState.UNREACHABLE
    assert "no host is called that" in refused.reason
    await fleet.client.send(CleanHosts(hosts=(OrderedHost(name="a"),)))
    await fleet.state("a", ReportedState.CLEANED)
    assert not (tmp_path / "sites/a/.mobius-tui/claims/r").exists()
    assert psutil.Process(fleet.pid).memory_info().rss < 60e6
    assert await fleet.close() == 0


async def test_a_stop_reaches_who_runs_and_who_waits(tmp_path: Path) -> None:
    route = local_route(tmp_path, ["a", "b", "c"])
    fleet = await FleetController.open(
        step_order(tmp_path, route, "echo begun; sleep 300", width=1)
    )
    await fleet.begin("a", "b", "c")
    await fleet.state("a", RUNNING)
    await fleet.client.send(StopHosts(names=("b",)))
    assert (await fleet.state("b")).state is ReportedState.VOID
    await fleet.client.send(SetParallelHosts(width=2))
    await fleet.state("c", RUNNING)
    await fleet.client.send(StopHosts())
    for name in ("a", "c"):
        end = await fleet.state(name)
        assert (end.state, end.exit, end.cause) == (
            ReportedState.FAILED,
            143,
            "stopped",
        )
    assert not (tmp_path / "sites/b/.mobius-tui").exists()
    await fleet.close()


async def test_it_ends_with_its_controller_and_hosts_go_on(tmp_path: Path) -> None:
    route = local_route(tmp_path, ["a", "b"])
    script = 'echo one; until [ -e "$HOME/go-on" ]; do sleep 0.05; done; echo two'
    step = step_order(tmp_path, route, script)
    fleet = await FleetController.open(step)
    await fleet.begin("a")
    await fleet.state("a", RUNNING)
    wait_for(lambda: output_of(tmp_path, "a") == "one\n")
    children = psutil.Process(fleet.pid).children()
    await fleet.close()
    assert not [each for each in children if each.is_running()]
    (tmp_path / "sites/a/go-on").touch()
    later = await FleetController.open(step)
    await later.attach("a")
    assert (await later.state("a")).state is ReportedState.OK
    assert output_of(tmp_path, "a") == "one\ntwo\n"
    spans = spans_in(spans_path(output_path(tmp_path / "step", "a")).read_bytes())
    assert [(span.offset, span.end) for span in spans] == [(0, 4), (4, 8)]
    await later.attach("b")
    await later.state("b", ReportedState.VOID)
    await later.close()


async def test_two_never_write_the_same_outputs(tmp_path: Path) -> None:
    route = local_route(tmp_path, ["a"])
    step = step_order(tmp_path, route, "sleep 300")
    first = await FleetController.open(step)
    await first.begin("a")
    await first.state("a", RUNNING)
    second = await FleetController.open(step)
    await second.attach("a")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            await second.state("a", RUNNING)
    os.kill(first.pid, signal.SIGKILL)
    await second.state("a", RUNNING)
    await second.client.send(StopHosts())
    assert (await second.state("a")).cause == "stopped"
    await first.close()
    await second.close()


LOSES_ANSWERS = """
[ -e "$HOME/lost" ] && exec sh -s
touch "$HOME/lost"
sed '/^main /q' | sh -s > "$HOME/answer" 2>&1
exit 255
"""


async def test_a_line_that_breaks_after_delivery_runs_nothing_twice(
    tmp_path: Path,
) -> None:
    """All that the host answers is lost: what it claimed was not let begin."""
    route = local_route(tmp_path, ["a"], "sh", "-c", LOSES_ANSWERS)
    script = 'echo ran | tee -a "$HOME/ran"'
    fleet = await FleetController.open(step_order(tmp_path, route, script))
    await fleet.begin("a")
    assert (await fleet.state("a")).state is ReportedState.OK
    assert output_of(tmp_path, "a") == "ran\n"
    assert (tmp_path / "sites/a/ran").read_text() == "ran\n"
    await fleet.close()


async def test_who_never_answers_is_unreachable_and_the_next_attempt_looks_there(
    tmp_path: Path,
) -> None:
    deaf = "echo 'ssh: connect to host a port 22: Connection refused' >&2; exit 255"
    fleet = await FleetController.open(
        step_order(tmp_path, local_route(tmp_path, ["a"], "sh", "-c", deaf), "true")
    )
    await fleet.begin("a")
    end = await fleet.state("a")
    assert end.state is ReportedState.UNREACHABLE
    assert end.reason == "ssh: connect to host a port 22: Connection refused"
    await fleet.attach("a")
    unknown = await fleet.state("a", ReportedState.UNKNOWN)
    assert unknown.reason.endswith("Connection refused")
    await fleet.close()

    loses = "sed '/^main /q' | sh -s >/dev/null 2>&1; exit 255"
    lost = local_route(tmp_path, ["a"], "sh", "-c", loses)
    script = 'echo ran | tee -a "$HOME/ran"; exit 7'
    fleet = await FleetController.open(step_order(tmp_path, lost, script))
    await fleet.begin("a", attempt=2, earlier=(1,))
    assert (await fleet.state("a")).state is ReportedState.UNREACHABLE
    await fleet.close()

    found = await FleetController.open(
        step_order(tmp_path, local_route(tmp_path, ["a"]), script)
    )
    await found.begin("a", attempt=3, earlier=(1, 2))
    end = await found.state("a")
    assert (end.state, end.exit, end.of_attempt) == (ReportedState.FAILED, 7, None)
    assert (tmp_path / "sites/a/ran").read_text() == "ran\n"
    await found.close()


async def test_a_host_that_begins_to_answer_and_falls_silent_is_unknown(
    tmp_path: Path,
) -> None:
    breaks = 'read -r n; n=${n#NONCE=}; printf "\\n%s\\n" $n; echo "$n claimed b" >&2'
    route = local_route(tmp_path, ["a"], "sh", "-c", breaks)
    fleet = await FleetController.open(step_order(tmp_path, route, "true"))
    await fleet.begin("a")
    end = await fleet.state("a")
    assert end.state is ReportedState.UNKNOWN
    assert end.reason.startswith("its end is not known: ")
    await fleet.close()


def test_an_order_that_is_cut_off_is_none(tmp_path: Path) -> None:
    """A controller died over it: this ends as well, and has begun nothing."""
    step = step_order(tmp_path, local_route(tmp_path, ["a"]), "true")
    begin = BeginHosts(hosts=(OrderedHost(name="a"),))
    orders = encode_order(step) + encode_order(begin)
    for cut in (len(orders) - 1, len(orders) - 9, 7):
        done = subprocess.run(
            [sys.executable, "-m", "mobius_tui.run.fleet.fleet_process"],
            input=orders[:cut],
            capture_output=True,
            check=True,
        )
        assert done.stdout == b""
    assert not (tmp_path / "sites/a/.mobius-tui").exists()


async def test_orders_that_make_no_sense_end_it_with_a_reason(tmp_path: Path) -> None:
    step = step_order(tmp_path, LocalRoute(), "true")
    fleet = await FleetController.open(step)
    await fleet.client.send(step)
    assert await fleet.close() == 4
    assert not any(map(is_end, fleet.reports))


@pytest.mark.parametrize("lost", ["claims", "home", "claims, but its output is here"])
async def test_what_was_let_begin_and_is_forgotten_there_is_unknown(
    tmp_path: Path, lost: str
) -> None:
    """Killed while the script runs; then the host has no trace of it any more."""
    route = local_route(tmp_path, ["a"])
    home, ran = tmp_path / "sites/a", tmp_path / "ran"
    script = (
        f'echo ran >>{ran}; echo begun; until [ -e "{ran}-on" ]; do sleep 0.05; done'
    )
    step = step_order(tmp_path, route, script)
    fleet = await FleetController.open(step)
    await fleet.begin("a")
    wait_for(lambda: output_of(tmp_path, "a") == "begun\n" if ran.exists() else False)
    os.kill(fleet.pid, signal.SIGKILL)
    await fleet.close()
    # Whole, and at once: the keeper there still writes in it as the script goes on.
    (home if lost == "home" else home / ".mobius-tui").rename(tmp_path / "gone")
    home.mkdir(exist_ok=True)
    Path(f"{ran}-on").touch()
    if "output" in lost:
        (tmp_path / "step/hosts/a/boot").unlink()
    later = await FleetController.open(step)
    await later.attach("a")
    end = await later.state("a")
    assert end.state is ReportedState.UNKNOWN
    assert ("no trace" in end.reason) or ("its output is here" in end.reason)
    await later.close()
    assert ran.read_text() == "ran\n"


DEAF = """
[ -e "$HOME/deaf" ] && { sh -s >"$HOME/answer" 2>"$HOME/said"; exit 255; }
exec sh -s
"""
"""A host whose answers are lost while there is a file `deaf`."""


async def test_what_was_claimed_unheard_has_not_begun_and_is_run_once(
    tmp_path: Path,
) -> None:
    """Its home is lost, too, as at a reboot: nothing there could say that it began."""
    route = local_route(tmp_path, ["a"], "sh", "-c", DEAF)
    home, ran = tmp_path / "sites/a", tmp_path / "ran"
    (home / "deaf").touch()
    step = step_order(tmp_path, route, f"echo ran >>{ran}")
    fleet = await FleetController.open(step)
    await fleet.begin("a")
    said = home / "said"
    wait_for(lambda: said.exists() and " claimed " in said.read_text())
    os.kill(fleet.pid, signal.SIGKILL)
    await fleet.close()
    home.rename(tmp_path / "gone")
    home.mkdir()
    later = await FleetController.open(step)
    await later.attach("a")
    assert (await later.state("a")).state is ReportedState.VOID
    assert not ran.exists()
    await later.begin("a", attempt=2)
    assert (await later.state("a", ReportedState.OK)).attempt == 2
    await later.close()
    assert ran.read_text() == "ran\n"


async def test_a_claim_in_another_place_is_found_there_and_removed(
    tmp_path: Path,
) -> None:
    """The home is a file, as if it were full; later it can be written in again."""
    other = tmp_path / "other"
    other.mkdir()
    route = local_route(tmp_path, ["a"])
    route = replace(route, claims_in=("~", str(other)))
    claims = tmp_path / "sites/a/.mobius-tui"
    claims.touch()
    ran = tmp_path / "ran"
    step = step_order(tmp_path, route, f"echo ran >>{ran}; echo heard")
    fleet = await FleetController.open(step)
    await fleet.begin("a")
    assert (await fleet.state("a")).state is ReportedState.OK
    await fleet.close()
    assert (tmp_path / "step/hosts/a/boot").read_text().split("\n")[1] == str(other)
    claims.unlink()
    later = await FleetController.open(step)
    await later.attach("a")
    assert (await later.state("a")).state is ReportedState.OK
    await later.client.send(CleanHosts(hosts=(OrderedHost(name="a"),)))
    await later.state("a", ReportedState.CLEANED)
    await later.close()
    assert not [each for each in other.rglob("*") if each.name == "r"]
    assert ran.read_text() == "ran\n"


async def test_a_claim_that_cannot_be_noted_here_does_not_begin(tmp_path: Path) -> None:
    route, ran = local_route(tmp_path, ["a"]), tmp_path / "ran"
    step = step_order(tmp_path, route, f"echo ran >>{ran}")
    (tmp_path / "step/hosts/a/boot").mkdir(parents=True)
    fleet = await FleetController.open(step)
    await fleet.begin("a")
    end = await fleet.state("a")
    assert end.state is ReportedState.UNREACHABLE
    assert end.reason == "Is a directory"
    await fleet.close()
    assert not ran.exists()


async def test_output_over_the_limit_is_dropped_counted_and_nothing_is_killed_for_it(
    tmp_path: Path,
) -> None:
    route = local_route(tmp_path, ["a"])
    script = 'seq 100000; touch "$HOME/whole"; echo end'
    fleet = await FleetController.open(
        step_order(tmp_path, route, script, max_output=10_240)
    )
    await fleet.begin("a")
    end = await fleet.state("a")
    assert (end.state, end.exit, end.bytes) == (ReportedState.OK, 0, 10_240)
    assert end.reason == "565.1 KiB more of its output were not kept (max_output)"
    assert (tmp_path / "sites/a/whole").exists()
    await fleet.close()


async def test_folders_of_sockets_that_were_left_are_removed_and_others_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fleet process that is killed cannot remove its own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left, held, new = (tmp_path / f"{SSH_SOCKETS_PREFIX}{name}" for name in "abc")
    for folder in (left, held, new):
        folder.mkdir()
    link = tmp_path / f"{SSH_SOCKETS_PREFIX}d"
    link.symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").mkdir()
    for folder in (left, held, tmp_path / "elsewhere"):
        os.utime(folder, (0, 0))
    lock = os.open(held, os.O_RDONLY)
    assert try_lock(lock)
    with shared_connections(step_order(tmp_path, SshRoute(), "true")) as own:
        assert own is not None
        assert not left.exists()
        assert held.exists()
        assert new.exists()
        assert (tmp_path / "elsewhere").exists()
    assert not own.exists()
    os.close(lock)


async def test_what_runs_is_told_of_a_secret_that_is_learnt_later(
    tmp_path: Path,
) -> None:
    script = f"echo begun; until [ -e {tmp_path}/go ]; do sleep 0.01; done; echo hush!"
    step = step_order(tmp_path, local_route(tmp_path, ["a", "b"]), script, width=1)
    fleet = await FleetController.open(step)
    await fleet.begin("a", "b")
    path = output_path(tmp_path / "step", "a")
    wait_for(lambda: path.exists() and path.read_text() == "begun\n")
    await fleet.client.send(KnowSecrets(secrets=("hush!",)))
    (tmp_path / "go").touch()
    for name in ("a", "b"):
        await fleet.state(name)
        assert output_of(tmp_path, name) == "begun\n*****\n", name
    await fleet.close()
