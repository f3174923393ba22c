"""Terminal steps: real programs on real pseudo-terminals, people at real ones."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import psutil

from mobius_tui.run.attempts import launcher
from mobius_tui.run.attempts.attempt_files import read_outputs, read_process_group
from mobius_tui.run.attempts.stopping import ATTEMPT_MARK, find_survivors
from mobius_tui.run.keeper.told_secrets import ToldSecrets
from mobius_tui.run.storage.run_directory import lock_holder
from mobius_tui.run.terminal.pty_relay import PtyRelay
from mobius_tui.run.terminal.terminal_keeper import TerminalScript
from tests.run.running import alive
from tests.run.terminal.attending import AWAY, TerminalStep, group_of
from tests.waiting import wait_for


def session(leader: int) -> list[int]:
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == leader:
                found.append(process.pid)
        except OSError:
            continue
    return found


def test_a_question_is_answered_and_nothing_is_recorded(step: TerminalStep) -> None:
    step.start(
        "read -rp 'Name? ' name; echo \"hello $name\"; "
        'echo "who=$name" > "$RUNBOOK_OUTPUT"; exit 3'
    )
    person = step.come()
    person.sees("Name? ")
    person.types("maria\r")
    person.sees("hello maria")
    person.is_told("has ended: exit 3")
    end = step.end()
    assert (end.cause, end.code, end.bytes) == ("exited", 3, 0)
    assert step.attempt.output.read_bytes() == b""
    assert step.attempt.spans.read_bytes() == b""
    assert read_outputs(step.attempt) == {"who": "maria"}
    assert not (step.attempt.path / "terminal.sock").exists()


def test_it_is_a_terminal_of_its_own(step: TerminalStep) -> None:
    step.start("tty; [ -t 0 ] && [ -t 1 ] && [ -t 2 ]; : < /dev/tty; echo all-three")
    step.come().sees("all-three")
    assert step.end().code == 0


def test_a_password_is_asked_for_as_sudo_does(step: TerminalStep) -> None:
    step.start(
        ": | { IFS= read -rsp 'Password: ' word < /dev/tty; "
        'echo; echo "got ${#word}"; }'
    )
    person = step.come()
    person.sees("Password: ")
    person.types("hunter2\r")
    before = person.sees("got 7")
    assert b"hunter2" not in before
    assert step.end().code == 0


def test_it_starts_with_the_size_and_type_of_who_comes(step: TerminalStep) -> None:
    step.start('stty size; echo "$TERM $COLORTERM."; echo end')
    person = step.come(rows=41, columns=97, TERM="screen-256color", COLORTERM="24bit")
    assert b"41 97\r\nscreen-256color 24bit." in person.sees("end\r\n")


def test_a_terminal_has_its_size_before_a_script_has_the_terminal() -> None:
    secrets = ToldSecrets({}, -1)
    script = TerminalScript({}, lock=-1, tree=-1, secrets=secrets)
    script.size = 41, 97
    ends = [end for ends in script.open_streams() for end in ends]
    sizes = {tuple(os.get_terminal_size(end)) for end in (*ends, script.slave)}
    for end in (*ends, script.slave):
        os.close(end)
    assert sizes == {(97, 41)}


def test_a_term_of_the_runbook_counts_more(step: TerminalStep) -> None:
    step.start('echo "TERM is $TERM."', env={"TERM": "vt100"})
    step.come().sees("TERM is vt100.")


def test_a_new_size_arrives(step: TerminalStep) -> None:
    step.start("trap 'stty size' WINCH; echo ready; while :; do read -rt 1 || :; done")
    person = step.come(rows=24, columns=80)
    person.sees("ready")
    person.child.setwinsize(33, 111)
    person.sees("33 111")
    launcher.request_stop(step.attempt)
    assert step.end().cause == "stopped"
    person.is_told("has been stopped")


def test_ctrl_c_goes_to_the_program(step: TerminalStep) -> None:
    step.start("trap 'echo interrupted; exit 9' INT; echo ready; read -r _")
    person = step.come()
    person.sees("ready")
    person.types("\x03")
    person.sees("interrupted")
    person.is_told("exit 9")
    assert step.end().code == 9


def test_a_program_with_groups_of_its_own_is_ended_whole(step: TerminalStep) -> None:
    """An interactive shell ignores SIGTERM, and gives each job a group of its own."""
    step.start("bash --norc --noprofile -i; echo unreached")
    person = step.come()
    person.types("sleep 71 & sleep 72 | cat & echo jobs-are-$((1 + 1))\r")
    person.sees("jobs-are-2")
    leader = group_of(step)
    pids = session(leader)
    assert len(pids) >= 5
    launcher.request_stop(step.attempt)
    assert step.end().cause == "stopped"
    assert not [pid for pid in pids if alive(pid)]


def test_a_stopped_program_is_ended_too(step: TerminalStep) -> None:
    step.start("set -m; sleep 73 & kill -STOP $!; read -r _")
    person = step.come()
    group = group_of(step)
    wait_for(lambda: len(session(group)) == 2)
    launcher.request_stop(step.attempt)
    assert step.end().cause == "stopped"
    assert not [pid for pid in session(group) if alive(pid)]
    person.is_told("has been stopped")


def test_the_time_is_up(step: TerminalStep) -> None:
    step.start("echo ready; sleep 74", timeout=0.5)
    person = step.come()
    person.sees("ready")
    person.is_told("has timed out")
    assert step.end().cause == "timed out"


def test_what_left_the_session_is_named_and_lives(step: TerminalStep) -> None:
    mark = "run/s.1"
    step.start("setsid sleep 75 & sleep 0.2; echo bye", env={ATTEMPT_MARK: mark})
    step.come().sees("bye")
    step.end()
    [left] = find_survivors(step.attempt, mark)
    pid = int(left.split()[0])
    assert "sleep 75" in left
    os.kill(pid, signal.SIGKILL)


def test_a_stop_before_anyone_came_starts_nothing(
    step: TerminalStep, tmp_path: Path
) -> None:
    step.start(f"touch {tmp_path}/ran")
    wait_for(lambda: lock_holder(step.attempt.lock))
    launcher.request_stop(step.attempt)
    end = step.end()
    assert (end.cause, end.stage) == ("not started", "stopped")
    assert not (tmp_path / "ran").exists()
    assert read_process_group(step.attempt) is None


def test_with_nobody_there_the_program_goes_on(
    step: TerminalStep, tmp_path: Path
) -> None:
    flood = "seq 200000"
    step.start(f'read -r _; {flood}; touch {tmp_path}/flooded; read -r x; echo "$x"')
    first = step.come()
    first.types("\r")
    first.types(AWAY)
    first.is_told("goes on")
    wait_for((tmp_path / "flooded").exists)
    second = step.come()
    second.sees("200000\r\n")
    second.types("end\r")
    second.sees("end")
    assert step.end().code == 0


def test_what_looks_like_a_mode_and_is_none_harms_nothing(step: TerminalStep) -> None:
    step.start("printf '\\033[<1;2u\\033[<;m'; echo there; read -r x; echo \"got $x\"")
    person = step.come()
    person.sees("there")
    person.types("it\r")
    person.sees("got it")
    assert step.end().code == 0


def test_the_last_words_are_not_lost(step: TerminalStep) -> None:
    step.start("read -r _; seq 20000; echo the-very-last")
    person = step.come()
    person.types("\r")
    before = person.sees("the-very-last")
    assert before.count(b"\n") > 20000
    assert step.end().code == 0


def test_what_is_yet_to_be_read_is_waited_for_however_late_it_is(
    tmp_path: Path,
) -> None:
    relay = PtyRelay(str(tmp_path))
    master, slave = os.openpty()
    relay.begin(master)
    ended = time.monotonic()
    assert not relay.is_done(ended, ended)
    assert relay.is_done(ended, ended + 1)
    os.write(slave, b"the last words")
    assert not relay.is_done(ended, ended + 1)
    assert relay.is_done(ended, ended + 60)
    relay.socket.close()
    os.close(master)
    os.close(slave)


def test_a_killed_keeper_ends_its_program(step: TerminalStep) -> None:
    step.start("echo ready; read -r _")
    person = step.come()
    person.sees("ready")
    assert step.child is not None
    pid = group_of(step)
    step.child.kill()
    step.child.wait()
    person.is_told("has no keeper")
    wait_for(lambda: not alive(pid))
