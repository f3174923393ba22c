"""claim.sh in the shells that hosts have."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mobius_tui.run.fleet.claim_request import ClaimRequest, ClaimVerb
from tests.run.fleet_hosts import NONCE, Asked, LocalHost
from tests.waiting import wait_for

SHELLS = (
    pytest.param(("dash", "-s"), id="dash"),
    pytest.param(("bash", "--posix", "-s"), id="bash"),
    pytest.param(
        ("busybox", "sh", "-s"), id="busybox", marks=pytest.mark.machine("busybox")
    ),
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


def test_files_lie_beside_the_script_first_on_its_path(host: LocalHost) -> None:
    hostile = "#!/bin/sh\necho 'it`s' \"$HOME\" $(rm) \\ \udcff\n"
    compiled = bytes(range(256)).decode("utf-8", "surrogateescape")
    compiled = f"-n%s\\0{compiled}\0" + "1\n"
    files = {"tool": '#!/bin/sh\n. common.sh\nsay "$@"\n', "site.conf": hostile}
    files["data"] = compiled
    files["common.sh"] = 'say() { echo "said $*"; }'
    script = 'tool of it; cd "$RUNBOOK_FILES"; cat site.conf data; ls "${0%/*}/files"'
    values = {"claim": "/nowhere", "A": "1"}
    heard = host.start(script, files=files, values=values, shell=BASH)
    printed = f"said of it\n{hostile}{compiled}common.sh\ndata\nsite.conf\ntool\n"
    assert heard.output == printed.encode("utf-8", "surrogateescape")
    assert heard.words[2].startswith("exit 0 ")
    assert host.ask(CLEAN).words == ["here", "clean"]
    assert not host.claim().exists()


def test_a_file_that_is_not_whole_there_begins_nothing(host: LocalHost) -> None:
    request = ClaimRequest(
        verb=START, run="r", host="h", step="s", script="echo ran", files={"tool": "a"}
    )
    text = request.shell_input(NONCE).replace(b"printf %s a;", b"printf %s b;")
    assert b"printf %s b;" in text
    argv = ["env", f"HOME={host.home}", *host.shell]
    heard = host.hear(Asked(argv, text, lets_begin=True))
    assert heard.words[1].startswith("refused ")
    assert heard.output == b""
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
    assert list(host.home.iterdir()) == []
    (host.home / ".mobius-tui").write_text("a file")
    (answer,) = host.hear(host.send(ClaimRequest.probe("h"))).words[1:]
    assert answer.startswith("refused ")
    assert [each.name for each in host.home.iterdir()] == [".mobius-tui"]


def test_an_attempt_that_nobody_began_never_will(host: LocalHost) -> None:
    assert host.ask(ATTACH).words == ["here", "void"]
    assert host.start("echo ran").words == ["here", "taken", "void"]
    assert host.start("echo 2", attempt=2, earlier=(1,)).output == b"2\n"


def test_time_output_and_signals_are_held_on_the_host(host: LocalHost) -> None:
    late = host.start("trap '' TERM; while :; do sleep 1; done", timeout=0.1, grace=0.1)
    assert late.words[2] == "exit 137 0 timed out"
    flood = host.start("echo a; seq 2000; exit 7", attempt=2, max_output=4096)
    printed = "a\n" + "".join(f"{n}\n" for n in range(1, 2001))
    assert flood.output == printed[:4096].encode()
    dropped = f"dropped {len(printed) - 4096} limit"
    assert flood.words[2:] == [dropped, "exit 7 4096 exited"]
    assert host.ask(ATTACH, attempt=2, offset=4096).words[1:] == flood.words[2:]
    killed = host.start("kill -9 $$", attempt=3)
    assert killed.words[2] == "exit 137 0 exited"


def test_a_stop_ends_the_session_of_the_script(host: LocalHost) -> None:
    child = host.begin(START, script="sleep 300 & echo $!; sleep 301")
    script = host.process("child")
    wait_for(lambda: (host.claim() / "out").read_text().endswith("\n"))
    assert host.ask(STOP).words == ["here", "stopping"]
    heard = host.hear(child)
    assert heard.words[2] == f"exit 143 {len(heard.output)} stopped"
    both = (script, int(heard.output))
    wait_for(lambda: not any(map(is_running, both)))
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
    wait_for(lambda: (host.claim() / "out").read_text() == "begun\n")
    os.kill(keeper, signal.SIGKILL)
    heard = host.hear(child)
    assert (heard.output, heard.words[2:]) == (b"begun\n", ["unknown runs"])
    assert host.start("echo again", attempt=2, earlier=(1,)).words == [
        *("here", "earlier 1", "unknown runs")
    ]
    assert is_running(script)
    host.ask(STOP)
    wait_for(lambda: not is_running(script))


def test_a_machine_that_was_restarted_knows_only_what_had_ended(
    host: LocalHost,
) -> None:
    child = host.begin(START, script="sleep 300")
    script = host.process("child")
    (host.claim() / "boot").write_text("another\n")
    assert host.hear(child).words == ["here", "claimed", "unknown restarted"]
    host.start("true", attempt=2)
    (host.claim(2) / "boot").write_text("another\n")
    assert host.ask(ATTACH, attempt=2).words == ["here", "exit 0 0 exited"]
    os.killpg(script, signal.SIGKILL)


def test_a_claim_that_was_heard_and_is_gone_is_unknown(host: LocalHost) -> None:
    """Whatever boot it is: a home made anew, a claim swept away, another machine."""
    host.start("true")
    boot = (host.claim() / "boot").read_text().strip()
    assert host.ask(ATTACH, boot="another").words == ["here", "exit 0 0 exited"]
    gone = ["here", "unknown gone"]
    for there in (boot, "another"):
        assert host.ask(ATTACH, attempt=2, boot=there).words == gone
    shutil.rmtree(host.home / ".mobius-tui")
    assert host.ask(STOP, boot=boot).words == ["here", "stopping"]
    assert host.ask(ATTACH, boot=boot).words == gone, "a stop gave nothing up"
    assert host.ask(ATTACH).words == ["here", "void"], "nobody had let it begin"


def test_a_claim_that_goes_while_its_script_runs_is_unknown(host: LocalHost) -> None:
    script = "echo begun; until [ -e ~/on ]; do sleep 0.1; done"
    asked = host.begin(START, script=script)
    child = host.process("child")
    wait_for(lambda: (host.claim() / "out").read_text() == "begun\n")
    wait_for(lambda: asked.has_said("running"))
    (host.home / ".mobius-tui").rename(host.home / "gone")  # whole, and at once
    heard = host.hear(asked)
    assert (heard.output, heard.words[2:]) == (b"begun\n", ["unknown gone"])
    assert is_running(child)
    (host.home / "on").touch()
    wait_for(lambda: not processes_of(host))


def test_what_was_seen_running_never_counts_as_not_begun(host: LocalHost) -> None:
    """A claim that is being removed looks, half gone, as one that was given up."""
    asked = host.begin(START, script="until [ -e ~/on ]; do sleep 0.1; done")
    wait_for(lambda: asked.has_said("beat"))
    (host.claim() / "keeper").unlink()
    assert host.hear(asked).words[-1] == "unknown gone"
    (host.home / "on").touch()
    wait_for(lambda: not processes_of(host))


def test_what_was_claimed_begins_only_when_it_is_let(host: LocalHost) -> None:
    asked = host.begin(START, script="touch ~/ran", lets_begin=False)
    wait_for(lambda: asked.has_said("claimed"))
    asked.break_off()
    assert host.hear(asked).words == ["here", "claimed"]
    assert not (host.claim() / "go").exists()
    again = host.start("touch ~/ran")
    assert again.words == ["here", "claimed", "exit 0 0 exited"], "by another line"
    given_up = host.begin(START, script="rm ~/ran", attempt=2, lets_begin=False)
    wait_for(lambda: given_up.has_said("claimed"))
    assert host.ask(STOP, attempt=2).words == ["here", "stopping"]
    given_up._say(f"go {NONCE}\n".encode())
    assert host.hear(given_up).words == ["here", "claimed", "void"]
    assert host.ask(ATTACH, attempt=2, boot="any").words == ["here", "void"]
    assert (host.home / "ran").exists()


def test_a_claim_of_another_script_is_refused_and_left_alone(host: LocalHost) -> None:
    script = "until [ -e ~/on ]; do sleep 0.1; done"
    theirs = host.begin(START, script=script, digest="1")
    wait_for((host.claim() / "child").exists)
    refused = [
        host.start("echo mine", digest="2"),
        host.ask(ATTACH, digest="2", boot="any"),
        host.start("echo mine", digest="2", attempt=2, earlier=(1,)),
    ]
    for each in refused:
        assert "is of another script or of other values" in each.words[-1]
        assert each.output == b""
    assert not host.ask(STOP, digest="2").words[1:]
    (host.home / "on").touch()
    assert host.hear(theirs).words[-1] == "exit 0 0 exited"
    assert host.ask(ATTACH, digest="1").words[-1] == "exit 0 0 exited"


@pytest.mark.parametrize("victims", [("keeper",), ("keeper", "child"), ("asked",)])
def test_no_process_is_left_when_the_keeper_or_the_shells_are_killed(
    host: LocalHost, victims: tuple[str, ...]
) -> None:
    """But the script, and what takes its output; they end when that does."""
    script = "echo begun; until [ -e ~/on ]; do sleep 0.1; done; echo $$ >ended"
    asked = host.begin(START, script=f"cd; {script}", timeout=0.5)
    pids = {name: host.process(name) for name in ("keeper", "child")}
    pids["asked"] = asked.process.pid
    wait_for(lambda: (host.claim() / "out").read_text() == "begun\n")
    for name in victims:
        os.kill(pids[name], signal.SIGKILL)
    if victims == ("keeper",):
        # Its time limit ends with who held it to that: nobody kills by a number later.
        wait_for(lambda: len(processes_of(host)) <= OUTLIVING_PROCESSES)
        assert is_running(pids["child"])
        (host.home / "on").touch()
    wait_for(lambda: not processes_of(host))
    asked.wait()
    assert (host.home / "ended").exists() == (victims == ("keeper",))


OUTLIVING_PROCESSES = 4
"""Of a script without keeper: its shell and `sleep`, and what takes its output."""


def test_no_signal_goes_to_another_process_that_has_the_number(host: LocalHost) -> None:
    """The numbers that a claim noted are given to a process of ours, as by chance."""
    other = subprocess.Popen(["sleep", "300"], start_new_session=True)
    asked = host.begin(START, script="sleep 300")
    script, keeper = host.process("child"), host.process("keeper")
    os.kill(keeper, signal.SIGKILL)
    assert host.hear(asked).words[-1] == "unknown runs"
    since = (host.claim() / "child").read_text().split()[1]
    (host.claim() / "child").write_text(f"{other.pid} {since}\n")
    host.ask(STOP)
    assert other.poll() is None
    (host.claim() / "child").write_text(f"{script} {since}\n")
    host.ask(STOP)
    wait_for(lambda: not is_running(script))
    assert other.poll() is None
    other.kill()
    other.wait()


def processes_of(host: LocalHost) -> list[int]:
    """The processes that were begun in the home of a host, and live."""
    mark, found = f"HOME={host.home}".encode(), []
    for each in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            values = (each / "environ").read_bytes().split(b"\0")
            if mark in values and is_running(int(each.name)):
                found.append(int(each.name))
    return found


def test_where_the_first_place_takes_no_claim_the_next_one_does(
    host: LocalHost, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    places = ("~", str(other))
    (host.home / ".mobius-tui").write_text("a file")
    asked = host.begin(START, script="echo ran; exit 3", claims_in=places)
    heard = host.hear(asked)
    assert asked.has_said("place 2")
    assert (heard.output, heard.words[-1]) == (b"ran\n", "exit 3 4 exited")
    (host.home / ".mobius-tui").unlink()
    found = host.ask(ATTACH, claims_in=places, boot="any")
    assert found.words[1:] == ["exit 3 4 exited"], "all places are looked in"
    again = host.start("echo again", claims_in=places, attempt=2, earlier=(1,))
    assert again.words[1:] == ["earlier 1", "exit 3 4 exited"]
    assert host.ask(CLEAN, claims_in=places).words == ["here", "clean"]
    assert not list(other.rglob("r"))


@pytest.mark.parametrize("mode", [0o777, 0o775])
def test_a_place_in_which_others_can_exchange_folders_is_refused(
    host: LocalHost, tmp_path: Path, mode: int
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    other.chmod(mode)
    heard = host.start("echo ran", claims_in=(str(other), "/no-such-folder"))
    assert heard.words[1] == (
        f"refused what is in {other} can be exchanged by others; "
        "there is no folder /no-such-folder"
    )
    assert (
        host.ask(ATTACH, claims_in=("/no-such-folder",)).words[1].startswith("refused")
    )
    other.chmod(mode | 0o1000)  # as /tmp and /dev/shm are
    assert host.start("echo ran", claims_in=(str(other),)).output == b"ran\n"


@pytest.mark.machine("mount", "umount")
def test_a_full_disk_is_said_and_a_script_goes_on_where_it_becomes_full(
    host: LocalHost, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs", str(disk)]
    subprocess.run(mount, check=True)
    try:
        script = "head -c 200000 /dev/zero; echo on >$HOME/on; exit 3"
        heard = host.start(script, claims_in=(str(disk),))
        kept = len(heard.output)
        assert (host.home / "on").exists()
        assert kept < 64 << 10
        assert heard.words[2:] == [
            f"dropped {200000 - kept} the disk of {disk} is full",
            f"exit 3 {kept} exited",
        ]
        full = host.start("echo ran", claims_in=(str(disk),), attempt=2)
        assert full.words[1] == f"refused the disk of {disk} is full"
        both = (str(disk), "~")
        assert host.start("echo ran", claims_in=both, attempt=2).output == b"ran\n"
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        refused = host.start("echo ran", claims_in=(str(disk),), attempt=3)
        assert refused.words[1] == f"refused {disk} is read-only"
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_on_a_system_without_proc_processes_are_known_by_ps(tmp_path: Path) -> None:
    """As on macOS: what is sent looks for it where there is none."""
    host = LocalHost(tmp_path / "home", ("dash", "-s"), proc=b"/no-proc/")
    late = host.start("sleep 300", timeout=0.1)
    assert late.words[2] == "exit 143 0 timed out"
    child = host.begin(START, script="echo begun; sleep 300", attempt=2)
    wait_for(lambda: (host.claim(2) / "go").exists())
    assert int((host.claim(2) / "keeper").read_text().split()[0]) > 0
    os.kill(host.process("child", 2), 0)
    shown = host.begin(ATTACH, attempt=2)
    assert host.ask(STOP, attempt=2).words == ["here", "stopping"]
    ends = [host.hear(child), host.hear(shown)]
    assert {each.words[-1] for each in ends} == {"exit 143 6 stopped"}
    other = host.begin(START, script="sleep 300", attempt=3)
    group = host.process("child", 3)
    os.kill(host.process("keeper", 3), signal.SIGKILL)
    assert host.hear(other).words[-1] == "unknown runs"
    os.killpg(group, signal.SIGKILL)


@pytest.mark.parametrize("helper", ["perl", "python3"])
def test_without_setsid_a_session_is_begun_by_another_program(
    tmp_path: Path, helper: str
) -> None:
    folder = few_programs(tmp_path, helper)
    host = LocalHost(tmp_path / "home", (f"PATH={folder}", "sh", "-s"))
    child = host.begin(START, script="echo $$; sleep 300", shell=("sh",))
    pid = host.process("child")
    wait_for(lambda: (host.claim() / "out").read_text().strip() == str(pid))
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
    needed = "sh cat cut date id ls mkdir mkfifo mv ps rm rmdir sleep sync tail tee wc"
    for name in (*needed.split(), *more):
        found = sys.executable if name == "python3" else shutil.which(name)
        assert found is not None, name
        (programs / name).symlink_to(Path(found).resolve())
    return programs
