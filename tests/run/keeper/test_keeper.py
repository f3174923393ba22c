"""Keepers: real scripts under real keepers, without a host."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from mobius_tui.run.attempts import attempt_files, exit_status, launcher
from mobius_tui.run.attempts.attempt_files import ScriptEnd, read_script_end
from mobius_tui.run.attempts.launcher import BASH, LaunchSpec, launch_keeper
from mobius_tui.run.attempts.stopping import ATTEMPT_MARK, find_survivors
from mobius_tui.run.keeper.output_pump import (
    FLOOD_RATE,
    LONGEST_REST,
    LONGEST_REST_RATIO,
    LOW_WAIT_SHARE,
    SAMPLE_BYTES,
    FloodThrottle,
)
from mobius_tui.run.keeper.process_table import living_processes
from mobius_tui.run.keeper.script_process import PROCESSES_RECORDED
from mobius_tui.run.storage.run_directory import AttemptDirectory, lock_holder
from tests.paths import TESTS
from tests.run.keepers import spec
from tests.run.running import alive
from tests.waiting import PATIENCE, wait_for

Keep = Callable[[str, LaunchSpec], tuple[AttemptDirectory, "subprocess.Popen[bytes]"]]


@pytest.fixture
def keep(tmp_path: Path) -> Keep:
    count = iter(range(1, 100))

    def go(
        script: str, how: LaunchSpec
    ) -> tuple[AttemptDirectory, subprocess.Popen[bytes]]:
        directory = AttemptDirectory(tmp_path / f"step.{next(count)}")
        return directory, launch_keeper(directory, script, how, sys.stderr.fileno())

    return go


def end_of(directory: AttemptDirectory, child: subprocess.Popen[bytes]) -> ScriptEnd:
    assert child.wait(PATIENCE) == 0
    end = read_script_end(directory)
    assert end is not None
    return end


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99])
def test_a_host_that_dies_while_it_sends_the_order_leaves_no_traceback(
    tmp_path: Path, share: float
) -> None:
    order = launcher._encode_spec(AttemptDirectory(tmp_path / "a.1"), spec())
    source, end = os.pipe()
    with os.fdopen(source, "rb"), (tmp_path / "lock").open("wb") as lock:
        keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", str(launcher.KEEPER_PROGRAM)]
            + [str(each) for each in (lock.fileno(), lock.fileno(), source, source)],
            pass_fds=(lock.fileno(), source),
            stderr=subprocess.PIPE,
            text=True,
        )
        with os.fdopen(end, "wb") as pipe:
            pipe.write(order[: int(len(order) * share)])
        _, said = keeper.communicate(timeout=PATIENCE)
    assert said == "the host ended before the keeper knew what to run\n"
    assert keeper.returncode == 1


@pytest.mark.parametrize("code", [0, 1, 3, 126, 255])
def test_the_exit_status_is_recorded(keep: Keep, code: int) -> None:
    directory, child = keep(f"echo out; echo err >&2; exit {code}", spec())
    end = end_of(directory, child)
    assert (end.cause, end.code, end.bytes) == ("exited", code, 8)
    assert sorted(directory.output.read_text().split()) == ["err", "out"]


def test_a_signal_is_told_from_an_exit_status(keep: Keep) -> None:
    directory, child = keep("kill -KILL $$", spec())
    assert end_of(directory, child).code == -signal.SIGKILL


def test_spans_tell_the_streams_apart(keep: Keep) -> None:
    directory, child = keep("echo one; sleep 0.05; echo two >&2", spec())
    end_of(directory, child)
    data = directory.spans.read_bytes()
    assert len(data) == 48
    first, second = data[:24], data[24:]
    assert (int.from_bytes(first[:8], "little"), first[15]) == (0, 1)
    assert (int.from_bytes(second[:8], "little"), second[15]) == (4, 2)
    assert int.from_bytes(second[8:15], "little") == 4


def test_a_time_out_leaves_no_process_grandchildren_included(keep: Keep) -> None:
    directory, child = keep(
        "bash -c 'trap \"\" TERM; sleep 61 & echo $! $$; wait; sleep 62' & wait",
        spec(timeout=0.5),
    )
    wait_for(lambda: directory.output.exists() and directory.output.read_text())
    pids = [int(word) for word in directory.output.read_text().split()]
    end = end_of(directory, child)
    assert end.cause == "timed out"
    assert not any(alive(pid) for pid in pids)


def test_a_time_limit_of_a_month_can_be_waited_for(keep: Keep) -> None:
    directory, child = keep("sleep 0.2; echo done", spec(timeout=720 * 3600.0))
    assert end_of(directory, child).code == 0
    assert directory.output.read_text() == "done\n"


def test_stop_works_with_no_host(keep: Keep) -> None:
    directory, child = keep("sleep 63 & echo $!; wait", spec())
    wait_for(lambda: directory.output.exists() and directory.output.read_text())
    pid = int(directory.output.read_text())
    assert launcher.request_stop(directory)
    end = end_of(directory, child)
    assert (end.cause, end.ended_processes) == ("stopped", ())
    assert not alive(pid)
    assert not launcher.request_stop(directory)


def test_whoever_has_a_dead_keepers_number_is_not_stopped(keep: Keep) -> None:
    """Another may hold its lock: whoever a run is shared with can open it."""
    directory, child = keep("true", spec())
    assert end_of(directory, child).cause == "exited"
    with subprocess.Popen(["sleep", "64"]) as bystander:
        directory.lock.write_text(str(bystander.pid))
        with directory.lock.open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            assert lock_holder(directory.lock) == bystander.pid
            assert not launcher.request_stop(directory)
        with pytest.raises(subprocess.TimeoutExpired):
            bystander.wait(0.2)
        bystander.kill()


def test_the_step_ends_at_the_shells_exit_not_at_the_pipes(keep: Keep) -> None:
    directory, child = keep("sleep 640 & echo $!", spec())
    end = end_of(directory, child)
    assert end.code == 0
    pid = int(directory.output.read_text())
    assert not alive(pid)
    assert end.ended_processes == (f"{pid} sleep 640",)


QUIET = ">/dev/null 2>&1 </dev/null"


@pytest.mark.parametrize(
    "script",
    ["(sleep 0.1; exec setsid sleep 65) QUIET &", "setsid -f sleep 65 QUIET"],
)
def test_what_is_about_to_leave_its_group_is_left_alone(
    script: str, keep: Keep
) -> None:
    directory, child = keep(script.replace("QUIET", QUIET), spec())
    end = end_of(directory, child)
    try:
        assert end.ended_processes == ()
        assert [*map(alive, end.survivors)] == [True]
    finally:
        for pid in end.survivors:
            os.kill(pid, signal.SIGKILL)


HOSTILE = "e\x1b]0;vil\a"
GOES_ON = f"""
(sleep 66; true) {QUIET} &
(exec -a $'e\\e]0;vil\\a' sleep 67) {QUIET} &
bash -c 'sleep 68; true' hunter2{"x" * 80} {QUIET} &
"""


def test_what_goes_on_in_its_group_is_ended_and_named(keep: Keep) -> None:
    """What may be about to leave has a second; names are hostile, and hold secrets."""
    directory, child = keep(GOES_ON, spec(secrets=("hunter2",)))
    end = end_of(directory, child)
    assert end.survivors == {}
    named = {
        text.split(" ", 1)[1]: int(text.split()[0]) for text in end.ended_processes
    }
    assert not any(map(alive, named.values()))
    assert named.keys() == {
        f"{' '.join(BASH)} /dev/fd/252",
        *("sleep 66", f"{HOSTILE} 67", "sleep 68"),
        f"bash -c sleep 68; true [redacted]{'x' * 80}"[:80],
    }
    assert b"hunter2" not in directory.exit.read_bytes()


def test_of_many_some_are_named(keep: Keep) -> None:
    script = f"for n in $(seq 12); do sleep 69 {QUIET} & done"
    directory, child = keep(script, spec())
    end = end_of(directory, child)
    assert len(end.ended_processes) == PROCESSES_RECORDED + 1
    assert end.ended_processes[-1] == f"{12 - PROCESSES_RECORDED} more"


def test_what_escaped_its_group_is_named_not_killed(keep: Keep) -> None:
    mark = "run/step.1"
    directory, child = keep(
        "setsid sleep 65 & echo $!", spec(extra={ATTEMPT_MARK: mark})
    )
    end_of(directory, child)
    pid = int(directory.output.read_text())
    try:
        assert alive(pid)
        assert attempt_files.is_tree_locked(directory)
        wait_for(lambda: find_survivors(directory, mark) == (f"{pid} sleep 65",))
    finally:
        os.kill(pid, signal.SIGKILL)


DAEMON = """
for n in $(seq COUNT); do
  env -i "$(command -v python3)" -c '
import os, time
if os.fork() == 0:
    os.setsid()
    os.closerange(0, 4096)
    if os.fork() == 0:
        os.execv("/bin/sleep", ["sleep", "67"])
    time.sleep(67)
'
done
"""
"""It clears its environment, leaves the session and closes all that it inherited."""


@pytest.mark.parametrize(("count", "named"), [(1, 2), (20, 30)])
def test_a_daemon_that_carries_nothing_of_its_step_is_named_not_killed(
    keep: Keep, count: int, named: int
) -> None:
    script, mark = DAEMON.replace("COUNT", str(count)), f"run/daemon-{count}.1"
    directory, child = keep(script, spec(extra={ATTEMPT_MARK: mark}))
    end = end_of(directory, child)
    is_linux = sys.platform == "linux"
    try:
        assert not attempt_files.is_tree_locked(directory)
        assert len(end.survivors) == (named if is_linux else 0)
        assert end.unnamed_survivors == (2 * count - named if is_linux else 0)
        assert all(alive(pid) for pid in end.survivors)
        found = find_survivors(directory, mark)
        pids = {int(text.split()[0]) for text in found if text != "10 more"}
        assert pids == set(end.survivors)
        assert ("10 more" in found) == (end.unnamed_survivors == 10)
    finally:
        for pid in end.survivors:
            with suppress(psutil.NoSuchProcess):
                one = psutil.Process(pid)
                for process in (*one.children(), one):
                    process.kill()


def test_a_number_that_was_given_away_since_is_not_named(keep: Keep) -> None:
    directory, child = keep("true", spec())
    end_of(directory, child)
    record = directory.exit.read_text().replace("end\n", f"left={os.getpid()}:1\nend\n")
    directory.exit.write_text(record)
    assert find_survivors(directory, "run/step.2") == ()


def test_orphans_that_end_meanwhile_are_buried(keep: Keep, tmp_path: Path) -> None:
    orphans = "for n in $(seq 30); do (setsid sleep 0.01 &); done"
    script = f"{orphans}; echo made; while ! test -e {tmp_path}/go; do sleep 0.05; done"
    directory, child = keep(script, spec())
    wait_for(lambda: directory.output.exists() and directory.output.read_text())
    keeper = psutil.Process(child.pid)
    wait_for(lambda: len(keeper.children()) == 1)
    assert alive(child.pid)
    (tmp_path / "go").touch()
    end = end_of(directory, child)
    assert (end.code, dict(end.survivors)) == (0, {})


def test_a_missing_directory_is_not_started(keep: Keep) -> None:
    directory, child = keep("true", spec(cwd="/no/such/place"))
    end = end_of(directory, child)
    assert (end.cause, end.stage) == ("not started", "chdir")
    assert not directory.pid.exists()


def test_a_missing_program_is_not_started(keep: Keep) -> None:
    directory, child = keep("true", spec(argv=("no-such-program",)))
    end = end_of(directory, child)
    assert (end.cause, end.stage) == ("not started", "exec")
    assert "no program" in exit_status.script_end_text(end, "/", "no-such-program")


def test_the_pid_file_is_there_before_the_script_runs(keep: Keep) -> None:
    directory, child = keep('cat "$PID_FILE"; echo $$', spec(extra={"PID_FILE": ""}))
    end_of(directory, child)
    directory, child = keep("echo $$", spec())
    end_of(directory, child)
    assert directory.pid.read_text() == directory.output.read_text()


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_secret_is_redacted_wherever_it_is_split(keep: Keep, cut: int) -> None:
    secret = "s3cr3t-value"
    script = (
        f"printf '%s' 'x{secret[:cut]}'; sleep 0.05; printf '%s\\n' '{secret[cut:]}y'"
    )
    directory, child = keep(script, spec(secrets=(secret, "other")))
    end_of(directory, child)
    assert directory.output.read_bytes() == b"x[redacted]y\n"


def test_what_only_looks_like_a_secret_is_kept_whole(keep: Keep) -> None:
    directory, child = keep(
        "printf 'abcab'; sleep 0.05; printf 'abd ab'", spec(secrets=("abcabc",))
    )
    end_of(directory, child)
    assert directory.output.read_bytes() == b"abcababd ab"


def test_output_over_its_limit_stops_the_step(keep: Keep) -> None:
    directory, child = keep("yes", spec(max_output=100_000))
    end = end_of(directory, child)
    assert end.cause == "output full"
    assert directory.output.stat().st_size == 100_000


def test_the_output_of_what_follows_rotates(keep: Keep) -> None:
    directory, child = keep("seq 100000", spec(max_output=100_000, rotate=True))
    assert end_of(directory, child).code == 0
    assert directory.output.stat().st_size <= 100_000
    assert directory.output.read_bytes().endswith(b"100000\n")


def test_stdin_is_empty_and_there_is_no_terminal(keep: Keep) -> None:
    directory, child = keep("cat; if : < /dev/tty; then echo tty; fi", spec())
    end_of(directory, child)
    assert b"tty\n" not in directory.output.read_bytes()


def test_a_shell_with_strict_flags(keep: Keep) -> None:
    for script in ("false; echo on", 'echo "$nope"; echo on', "false | true; echo on"):
        directory, child = keep(script, spec())
        assert end_of(directory, child).code == 1
        assert b"on\n" not in directory.output.read_bytes()


def test_another_shell(keep: Keep) -> None:
    python = shutil.which("python3") or sys.executable
    directory, child = keep("print(6 * 7)", spec(argv=(python,)))
    assert end_of(directory, child).code == 0
    assert directory.output.read_text() == "42\n"


def test_a_script_larger_than_an_argument_may_be(keep: Keep) -> None:
    script = "# " + "x" * 300_000 + "\necho ran"
    directory, child = keep(script, spec())
    end_of(directory, child)
    assert directory.output.read_text() == "ran\n"


def test_no_script_shows_in_a_process_list(keep: Keep) -> None:
    directory, child = keep("echo $$; sleep 5", spec())
    wait_for(lambda: directory.output.exists() and directory.output.read_text())
    words = psutil.Process(int(directory.output.read_text())).cmdline()
    assert words[:1] == ["bash"]
    assert str(directory.path) not in " ".join(words)
    launcher.request_stop(directory)
    end_of(directory, child)


def test_a_killed_keeper_frees_the_lock_and_leaves_no_end(keep: Keep) -> None:
    directory, child = keep("echo $$; sleep 66", spec())
    wait_for(lambda: directory.output.exists() and directory.output.read_text())
    pid = int(directory.output.read_text())
    assert lock_holder(directory.lock) == child.pid
    child.kill()
    child.wait(PATIENCE)
    try:
        assert lock_holder(directory.lock) is None
        assert read_script_end(directory) is None
        assert attempt_files.read_process_group(directory) == pid
    finally:
        os.killpg(pid, signal.SIGKILL)


def test_a_keeper_that_was_stopped_meanwhile_loses_nothing(
    keep: Keep, tmp_path: Path
) -> None:
    """The script prints less than its pipe holds, and ends while nobody reads."""
    go = tmp_path / "go"
    script = f"echo first; while ! test -e {go}; do sleep 0.02; done; seq 9000"
    directory, child = keep(script, spec())
    wait_for(lambda: directory.output.exists() and directory.output.read_text())
    pid = int(directory.pid.read_text())
    os.kill(child.pid, signal.SIGSTOP)
    go.touch()
    wait_for(lambda: not alive(pid))
    os.kill(child.pid, signal.SIGCONT)
    end = end_of(directory, child)
    assert (end.cause, end.code) == ("exited", 0)
    wanted = ["first", *map(str, range(1, 9001))]
    assert directory.output.read_text().split() == wanted


def test_an_attempt_is_made_once(keep: Keep) -> None:
    directory, child = keep("echo ran", spec())
    end_of(directory, child)
    with pytest.raises(FileExistsError):
        launch_keeper(directory, "echo again", spec(), sys.stderr.fileno())
    assert directory.output.read_text() == "ran\n"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (126, "not executable"),
        (127, "not found"),
        (143, "SIGTERM"),
        (-9, "SIGKILL"),
        (7, "exit 7"),
    ],
)
def test_an_exit_status_says_what_it_means(code: int, words: str) -> None:
    assert words in exit_status.exit_code_text(code)


class Processor:
    """A clock, and what the system says of waiting for a processor."""

    def __init__(self, folder: Path) -> None:
        self.now = 5.0
        self.waited = 0.0
        self._path = folder / "schedstat"
        self._say()
        self.courtesy = FloodThrottle(str(self._path), lambda: self.now)

    def _say(self) -> None:
        self._path.write_text(f"1 {int(self.waited * 1e9)} 1\n")

    def rests(self, *, rate: float, share: float, looks: int = 60) -> list[float]:
        """How long it rests at each look, where it waits for a part of the time."""
        found = []
        for _ in range(looks):
            took = SAMPLE_BYTES / rate
            self.now += took
            self.waited += share * took
            self._say()
            assert self.courtesy.rest_time(SAMPLE_BYTES // 2) == 0.0
            rest = self.courtesy.rest_time(SAMPLE_BYTES - SAMPLE_BYTES // 2)
            self.now += rest
            found.append(rest)
        return found


def test_a_flood_gives_way_where_processors_are_short(tmp_path: Path) -> None:
    rests = Processor(tmp_path).rests(rate=2 * FLOOD_RATE, share=0.9)
    assert rests[-1] == pytest.approx(
        min(LONGEST_REST, SAMPLE_BYTES / (2 * FLOOD_RATE) * LONGEST_REST_RATIO)
    )
    assert rests == sorted(rests)


@pytest.mark.parametrize(("rate", "share"), [(2.0, LOW_WAIT_SHARE), (0.9, 1.0)])
def test_what_has_a_processor_or_is_no_flood_never_rests(
    tmp_path: Path, rate: float, share: float
) -> None:
    assert set(Processor(tmp_path).rests(rate=rate * FLOOD_RATE, share=share)) == {0.0}


def test_it_goes_on_at_once_when_the_others_are_gone(tmp_path: Path) -> None:
    processor = Processor(tmp_path)
    assert processor.rests(rate=2 * FLOOD_RATE, share=0.9)[-1] > 0
    assert processor.rests(rate=2 * FLOOD_RATE, share=0.0)[-1] == 0.0


def test_a_system_that_says_nothing_of_it_is_not_asked(tmp_path: Path) -> None:
    courtesy = FloodThrottle(str(tmp_path / "none"))
    assert [courtesy.rest_time(SAMPLE_BYTES) for _ in range(100)] == [0.0] * 100


def test_signals_that_come_while_it_rests_end_nothing(
    keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in = TESTS / "run" / "keeper_in_a_crowd.py"
    monkeypatch.setattr(launcher, "KEEPER_PROGRAM", stand_in)
    directory, child = keep("seq 30000000", spec())
    wait_for(directory.spans.exists)
    sent = 0
    while child.poll() is None and not directory.exit.exists():
        os.kill(child.pid, signal.SIGCHLD)
        sent += 1
        time.sleep(0.001)
    end = end_of(directory, child)
    assert (end.cause, end.code) == ("exited", 0)
    assert directory.output.stat().st_size == end.bytes == 258888897
    assert sent > 10


def test_a_stop_is_heard_while_it_rests(
    keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in = TESTS / "run" / "keeper_in_a_crowd.py"
    monkeypatch.setattr(launcher, "KEEPER_PROGRAM", stand_in)
    directory, child = keep("while :; do seq 1000000; done", spec())
    wait_for(lambda: directory.output.exists() and directory.output.stat().st_size)
    os.kill(child.pid, signal.SIGTERM)
    assert end_of(directory, child).cause == "stopped"


def test_what_has_ended_and_was_not_reaped_does_not_live() -> None:
    one = subprocess.Popen(["sleep", "60"], start_new_session=True)
    dead = subprocess.Popen(["true"])
    try:
        os.waitid(os.P_PID, dead.pid, os.WEXITED | os.WNOWAIT)
        found = list(living_processes())
        has_proc = sys.platform == "linux"
        assert ((one.pid, one.pid, one.pid) in found) == has_proc
        assert dead.pid not in {pid for pid, _, _ in found}
    finally:
        one.kill()
        one.wait()
        dead.wait()
