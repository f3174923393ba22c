from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from mobius_tui.drill.site import site_services
from mobius_tui.drill.site.drill_site import (
    Site,
    environment_variables,
    request_site,
    wait_for_status,
)
from tests.waiting import PATIENCE, wait_for

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(autouse=True)
def _all_running(site: Site, run: Run) -> Iterator[None]:
    yield
    assert run(site, "systemctl", "start", *site.units).returncode == 0
    wait_for_status(site, 200, path="/api/health/detailed")


def pid_of(site: Site, unit: str) -> int | None:
    return site_services.read_pid_file(site_services.pid_file(site.root, unit))


def test_start_stop_and_is_active(site: Site, run: Run) -> None:
    active = run(site, "systemctl", "is-active", "mobius-api", "mobius-worker.service")
    assert (active.returncode, active.stdout) == (0, "active\nactive\n")
    assert active.stderr == ""
    assert run(site, "systemctl", "stop", "mobius-api").returncode == 0
    assert request_site(site, "/health")[0] == 0
    inactive = run(site, "systemctl", "is-active", "mobius-api")
    assert (inactive.returncode, inactive.stdout) == (3, "inactive\n")
    either = run(site, "systemctl", "is-active", "mobius-api", "mobius-worker")
    assert (either.returncode, either.stdout) == (0, "inactive\nactive\n")
    assert run(site, "systemctl", "status", "mobius-api").returncode == 3
    assert run(site, "systemctl", "stop", "mobius-api").returncode == 0
    assert run(site, "systemctl", "start", "mobius-api").returncode == 0
    wait_for(lambda: request_site(site, "/health")[0] == 200)
    status = run(site, "systemctl", "status", "mobius-api")
    assert status.returncode == 0
    assert f"Main PID: {pid_of(site, 'mobius-api')}" in status.stdout


RESTARTS = """
import sys
from pathlib import Path
from mobius_tui.drill.site import site_services
root = Path(sys.argv[1])
for _ in range(5):
    site_services.stop(root, "mobius-worker")
    site_services.start(root, "mobius-worker")
    print(len(site_services.processes(root, "mobius-worker")))
"""


def test_a_service_that_was_just_started_is_known_for_one_of_the_site(
    site: Site,
) -> None:
    words = (sys.executable, "-c", RESTARTS, str(site.root))
    assert subprocess.check_output(words, text=True) == "1\n" * 5


def test_of_what_the_system_says_nothing_there_are_no_words() -> None:
    with subprocess.Popen((sys.executable, "-c", "")) as zombie:
        wait_for(lambda: not site_services.identity(zombie.pid))
        assert site_services.command_line(zombie.pid) == ()


def test_starting_twice_starts_once(site: Site, run: Run) -> None:
    before = pid_of(site, "mobius-api")
    assert run(site, "systemctl", "start", "mobius-api").returncode == 0
    assert pid_of(site, "mobius-api") == before is not None
    assert run(site, "systemctl", "restart", "mobius-api").returncode == 0
    assert pid_of(site, "mobius-api") not in (before, None)


def test_the_port_outlives_a_restart(site: Site, run: Run) -> None:
    for _ in range(3):
        assert run(site, "systemctl", "restart", "mobius-api").returncode == 0
        wait_for(lambda: request_site(site, "/health")[0] == 200)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("start", "sshd"), 5),
        (("status", "sshd"), 4),
        (("is-active", "sshd"), 4),
        (("reboot",), 1),
        (("reload", "mobius-api"), 1),
    ],
)
def test_what_it_does_not_know_it_refuses(
    site: Site, run: Run, words: tuple[str, ...], status: int
) -> None:
    assert run(site, "systemctl", *words).returncode == status


def test_a_service_that_ignores_term_is_killed() -> None:
    stubborn = "import signal; signal.signal(15, signal.SIG_IGN); print(flush=True)"
    with subprocess.Popen(
        (sys.executable, "-c", f"{stubborn}; signal.pause()"), stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        site_services.end(process.pid, grace=0.05)
        assert process.wait() == -signal.SIGKILL


def test_a_stale_pid_file_hurts_nobody(site: Site, run: Run) -> None:
    run(site, "systemctl", "stop", "mobius-worker")
    mark = site_services.pid_file(site.root, "mobius-worker")
    with subprocess.Popen(("cat",), stdin=subprocess.PIPE) as bystander:
        mark.write_text(f"{bystander.pid} 1\n")  # that pid, of another process
        states = run(site, "systemctl", "is-active", "mobius-worker")
        assert (states.returncode, states.stdout) == (3, "failed\n")
        assert run(site, "pkill", "-f", "worker/index").returncode == 1
        assert run(site, "systemctl", "stop", "mobius-worker").returncode == 0
        assert bystander.poll() is None
    assert not mark.exists()


def test_pkill_ends_this_sites_services_alone(site: Site, run: Run) -> None:
    look = "import sys; print(flush=True); input()"
    with subprocess.Popen(
        (sys.executable, "-c", look, "node", "src/"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as alike:
        assert alike.stdout is not None
        alike.stdout.readline()
        assert run(site, "pkill", "-0", "-f", "--", "node.*src/").returncode == 0
        assert pid_of(site, "mobius-api") is not None
        assert run(site, "pkill", "-KILL", "-f", "node.*src/").returncode == 0
        wait_for(lambda: pid_of(site, "mobius-api") is None)
        wait_for(lambda: pid_of(site, "mobius-worker") is None)
        assert pid_of(site, "mobius-traffic") is not None
        assert alike.poll() is None
        alike.kill()
    assert run(site, "systemctl", "is-active", "mobius-api").stdout == "failed\n"
    assert run(site, "pkill", "-f", "node.*src/").returncode == 1
    assert run(site, "pkill").returncode == 2


def test_the_worker_beats(site: Site) -> None:
    heartbeat = site.root / "run" / "worker.heartbeat"
    before = heartbeat.stat().st_mtime_ns
    wait_for(lambda: heartbeat.stat().st_mtime_ns > before)


def test_a_dead_worker_shows(site: Site, run: Run) -> None:
    run(site, "systemctl", "stop", "mobius-worker")
    heartbeat = site.root / "run" / "worker.heartbeat"
    os.utime(heartbeat, (1, 1))
    status, body = request_site(site, "/api/health/detailed")
    assert status == 503
    assert json.loads(body)["worker"] == "no heartbeat"
    assert request_site(site, "/health")[0] == 200


def test_journalctl_shows_and_follows(site: Site, run: Run) -> None:
    shown = run(site, "journalctl", "-u", "mobius-api", "-n", "3")
    assert shown.returncode == 0
    assert len(shown.stdout.splitlines()) == 3
    assert run(site, "journalctl", "-u", "sshd").returncode == 1
    command = ("journalctl", "-u", "mobius-api", "-f", "-n", "0")
    with subprocess.Popen(
        command,
        env={**os.environ, **environment_variables(site)},
        stdout=subprocess.PIPE,
    ) as follower:
        assert follower.stdout is not None
        seen, deadline = b"", time.monotonic() + PATIENCE
        while b"/a-path-of-its-own" not in seen:
            request_site(
                site, "/a-path-of-its-own"
            )  # until the follower has begun to look
            ready, _, _ = select.select([follower.stdout], [], [], 0.2)
            assert time.monotonic() < deadline
            if ready:
                seen += os.read(follower.stdout.fileno(), 65536)
        follower.terminate()
        assert follower.wait(timeout=PATIENCE) == -signal.SIGTERM


def test_services_inherit_no_descriptors(site: Site) -> None:
    reading, writing = os.pipe()
    subprocess.run(
        (str(site.bin / "systemctl"), "restart", *site.units),
        pass_fds=(writing,),
        check=True,
        capture_output=True,
    )
    os.close(writing)
    ready, _, _ = select.select([reading], [], [], 5)
    assert ready, "a service holds the pipe"
    assert os.read(reading, 1) == b""
    os.close(reading)


def test_services_keep_the_mark_of_the_attempt(site: Site, run: Run) -> None:
    import psutil

    mark = {"MOBIUS_TUI_ATTEMPT": "execute.1"}
    run(site, "systemctl", "restart", "mobius-api", **mark)
    process = psutil.Process(pid_of(site, "mobius-api"))
    assert process.environ()["MOBIUS_TUI_ATTEMPT"] == "execute.1"
    assert os.getsid(process.pid) == process.pid
