"""claim.sh in the shells that hosts have."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mobius_tui.run.fleet.claim_request import ClaimRequest, ClaimVerb
from tests.run.fleet_hosts import LocalHost, wait_until

SHELLS = (
    pytest.param(("dash", "-s"), id="dash"),
    pytest.param(("bash", "--posix", "-s"), id="bash"),
    pytest.param(("busybox", "sh", "-s"), id="busybox", marks=pytest.mark.machine),
)
BASH = ("bash", "--noprofile", "--norc", "-euo", "pipefail")
START, ATTACH, STOP, CLEAN = (
    ClaimVerb.START,
    ClaimVerb.ATTACH,
    ClaimVerb.STOP,
    ClaimVerb.CLEAN,
)


@pytest.fixture(params=SHELLS)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> LocalHost:
    shell = request.param
    if shell[0] == "busybox":  # it alone, as on a small machine; bash is a runbook's
        programs = tmp_path / "programs"
        programs.mkdir()
        subprocess.run(["busybox", "--install", "-s", programs], check=True)
        (programs / "bash").unlink(missing_ok=True)
        (programs / "bash").symlink_to(shutil.which("bash") or "")
        shell = (f"PATH={programs}", "sh", "-s")
    return LocalHost(tmp_path / "home", shell)


def test_a_script_runs_once_and_its_end_is_found_again(host: LocalHost) -> None:
    script = 'echo "$A" | tee -a "$HOME/ran"; echo err >&2; exit 255'
    values = {"A": "it's\n$(rm) `x` \\"}
    heard = host.start(script, values=values, shell=BASH)
    assert heard.output == b"it's\n$(rm) `x` \\\nerr\n"
    assert heard.words == ["here", "claimed", "exit 255 21 exited"]
    again = host.start(script, values=values, shell=BASH, offset=5)
    assert again.output == heard.output[5:]
    assert again.words == ["here", "taken", "exit 255 21 exited"]
    assert host.ask(ATTACH, offset=21).output == b""
    later = host.start(script, attempt=2, earlier=(1,))
    assert (later.output, later.words[1]) == (heard.output, "earlier 1")
    assert (host.home / "ran").read_text() == "it's\n$(rm) `x` \\\n"
    assert "it's" not in "".join(
        each.read_text() for each in host.claim().iterdir() if each.name == "script"
    )
    assert host.ask(CLEAN).words == ["here", "clean"]
    assert not host.claim().exists()


def test_a_value_may_have_the_name_of_any_variable_of_the_claim(
    host: LocalHost,
) -> None:
    request = ClaimRequest(verb=START, run="r", host="h", step="s", attempt=1)
    text = request.shell_input("0").decode()
    used = set(re.findall(r"(?<![\w/])([A-Za-z_]\w*)=", text))
    used |= set(re.findall(r"\b(?:for|read -r) ([a-z_]\w*)", text))
    names = sorted(used - {"HOME", "PATH"})
    assert {"claim", "session", "child", "BLOCKS", "NONCE"} <= {*names}
    values = {name: f"a value of {name}" for name in names}
    heard = host.start("env", values=values, shell=BASH)
    assert heard.words[2].startswith("exit 0 ")
    given = dict(
        line.split("=", 1) for line in heard.output.decode().splitlines() if "=" in line
    )
    assert {name: given.get(name) for name in names} == values


def test_a_probe_says_whether_a_run_would_be_possible_and_leaves_nothing(
    host: LocalHost,
) -> None:
    assert host.hear(host.send(ClaimRequest.probe("h"))).words == ["here", "can"]
    claims = host.home / ".mobius-tui/claims"
    assert list(claims.iterdir()) == []
    claims.rmdir()
    claims.write_text("a file")
    (answer,) = host.hear(host.send(ClaimRequest.probe("h"))).words[1:]
    assert answer.startswith("refused ")


def test_an_attempt_that_nobody_began_never_will(host: LocalHost) -> None:
    assert host.ask(ATTACH).words == ["here", "void"]
    assert host.start("echo ran").words == ["here", "taken", "void"]
    assert host.start("echo 2", attempt=2, earlier=(1,)).output == b"2\n"


def test_time_output_and_signals_are_held_on_the_host(host: LocalHost) -> None:
    late = host.start("trap '' TERM; while :; do sleep 1; done", timeout=0.1, grace=0.1)
    assert late.words[2] == "exit 137 0 timed out"
    flood = host.start("echo a; yes", attempt=2, max_output=4096)
    assert len(flood.output) == 4096
    assert flood.words[2].endswith(" 4096 output full")
    killed = host.start("kill -9 $$", attempt=3)
    assert killed.words[2] == "exit 137 0 exited"


def test_a_stop_ends_the_session_of_the_script(host: LocalHost) -> None:
    child = host.begin(START, script="sleep 300 & echo $!; sleep 301")
    script = host.process("child")
    wait_until(lambda: (host.claim() / "out").read_text().endswith("\n"))
    assert host.ask(STOP).words == ["here", "stopping"]
    heard = host.hear(child)
    assert heard.words[2] == f"exit 143 {len(heard.output)} stopped"
    both = (script, int(heard.output))
    wait_until(lambda: not any(map(is_running, both)))
    assert host.ask(STOP, attempt=2).words == ["here", "stopping"]
    assert host.start("echo ran", attempt=2).words == ["here", "taken", "void"]


def is_running(pid: int) -> bool:
    try:
        return (
            Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        )
    except OSError:
        return False


def test_what_nobody_can_know_is_unknown(host: LocalHost) -> None:
    child = host.begin(START, script="echo begun; sleep 300")
    script, keeper = host.process("child"), host.process("keeper")
    wait_until(lambda: (host.claim() / "out").read_text() == "begun\n")
    os.kill(keeper, signal.SIGKILL)
    heard = host.hear(child)
    assert (heard.output, heard.words[2:]) == (b"begun\n", ["unknown"])
    assert host.start("echo again", attempt=2, earlier=(1,)).words == [
        *("here", "earlier 1", "unknown")
    ]
    assert is_running(script)
    host.ask(STOP)
    wait_until(lambda: not is_running(script))


def test_a_machine_that_was_restarted_knows_only_what_had_ended(
    host: LocalHost,
) -> None:
    child = host.begin(START, script="sleep 300")
    script = host.process("child")
    (host.claim() / "boot").write_text("another\n")
    assert host.hear(child).words == ["here", "claimed", "unknown"]
    host.start("true", attempt=2)
    (host.claim(2) / "boot").write_text("another\n")
    assert host.ask(ATTACH, attempt=2).words == ["here", "exit 0 0 exited"]
    os.killpg(script, signal.SIGKILL)


def test_another_machine_of_the_same_name_does_not_say_that_nothing_ran(
    host: LocalHost,
) -> None:
    host.start("true")
    boot = (host.claim() / "boot").read_text().strip()
    assert host.ask(ATTACH, boot="another").words == ["here", "exit 0 0 exited"]
    assert host.ask(ATTACH, attempt=2, boot="another").words == ["here", "unknown"]
    assert host.ask(ATTACH, attempt=2, boot=boot).words == ["here", "void"]


def test_on_a_system_without_proc_processes_are_known_by_ps(tmp_path: Path) -> None:
    """As on macOS: what is sent looks for it where there is none."""
    host = LocalHost(tmp_path / "home", ("dash", "-s"), proc=b"/no-proc/")
    late = host.start("sleep 300", timeout=0.1)
    assert late.words[2] == "exit 143 0 timed out"
    child = host.begin(START, script="echo begun; sleep 300", attempt=2)
    wait_until(lambda: (host.claim(2) / "go").exists())
    assert int((host.claim(2) / "keeper").read_text().split()[0]) > 0
    os.kill(host.process("child", 2), 0)
    shown = host.begin(ATTACH, attempt=2)
    assert host.ask(STOP, attempt=2).words == ["here", "stopping"]
    ends = [host.hear(child), host.hear(shown)]
    assert {each.words[-1] for each in ends} == {"exit 143 6 stopped"}
    other = host.begin(START, script="sleep 300", attempt=3)
    group = host.process("child", 3)
    os.kill(host.process("keeper", 3), signal.SIGKILL)
    assert host.hear(other).words[-1] == "unknown"
    os.killpg(group, signal.SIGKILL)


@pytest.mark.parametrize("helper", ["perl", "python3"])
def test_without_setsid_a_session_is_begun_by_another_program(
    tmp_path: Path, helper: str
) -> None:
    folder = few_programs(tmp_path, helper)
    host = LocalHost(tmp_path / "home", (f"PATH={folder}", "sh", "-s"))
    child = host.begin(START, script="echo $$; sleep 300", shell=("sh",))
    pid = host.process("child")
    wait_until(lambda: (host.claim() / "out").read_text().strip() == str(pid))
    assert os.getsid(pid) == pid
    host.ask(STOP)
    assert host.hear(child).words[2].startswith("exit 143")


def test_without_any_program_for_it_nothing_is_begun(tmp_path: Path) -> None:
    folder = few_programs(tmp_path)
    host = LocalHost(tmp_path / "home", (f"PATH={folder}", "sh", "-s"))
    assert host.start("echo ran").words[1].startswith("refused there is neither")
    assert not host.claim().exists()


def few_programs(folder: Path, *more: str) -> Path:
    """A folder of programs without setsid(1)."""
    programs = folder / "bin"
    programs.mkdir()
    needed = "sh cat cut date find id ls mkdir mkfifo mv ps rm rmdir sleep sync tail wc"
    for name in (*needed.split(), *more):
        found = sys.executable if name == "python3" else shutil.which(name)
        assert found is not None, name
        (programs / name).symlink_to(Path(found).resolve())
    return programs
