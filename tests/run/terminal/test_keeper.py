"""Terminal steps: real programs on real pseudo-terminals, people at real ones."""

from __future__ import annotations

import os
import signal
import socket
import stat
from pathlib import Path

import psutil
import pytest

from mobius_tui.run import attempt as attempts
from mobius_tui.run.directory import holder
from mobius_tui.run.socket_path import connect
from mobius_tui.run.terminal import frames
from mobius_tui.run.terminal.frames import Hello
from mobius_tui.run.traces import MARK, read_outputs, read_pid, survivors
from tests.run.running import alive
from tests.run.terminal.attending import TerminalStep, until

AWAY = "\x1d"


def group_of(step: TerminalStep) -> int:
    until(lambda: read_pid(step.attempt))
    pid = read_pid(step.attempt)
    assert pid
    return pid


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
        "echo not-me | { IFS= read -rsp 'Password: ' word < /dev/tty; "
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


def test_a_term_of_the_runbook_counts_more(step: TerminalStep) -> None:
    step.start('echo "TERM is $TERM."', env={"TERM": "vt100"})
    step.come().sees("TERM is vt100.")


def test_a_new_size_arrives(step: TerminalStep) -> None:
    step.start("trap 'stty size' WINCH; echo ready; while :; do read -rt 1 || :; done")
    person = step.come(rows=24, columns=80)
    person.sees("ready")
    person.child.setwinsize(33, 111)
    person.sees("33 111")
    attempts.ask_to_stop(step.attempt)
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
    attempts.ask_to_stop(step.attempt)
    assert step.end().cause == "stopped"
    assert not [pid for pid in pids if alive(pid)]


def test_a_stopped_program_is_ended_too(step: TerminalStep) -> None:
    step.start("set -m; sleep 73 & kill -STOP $!; read -r _")
    person = step.come()
    group = group_of(step)
    until(lambda: len(session(group)) == 2)
    attempts.ask_to_stop(step.attempt)
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
    step.start("setsid sleep 75 & sleep 0.2; echo bye", env={MARK: mark})
    step.come().sees("bye")
    step.end()
    [left] = survivors(step.attempt, mark)
    pid = int(left.split()[0])
    assert "sleep 75" in left
    os.kill(pid, signal.SIGKILL)


def test_a_stop_before_anyone_came_starts_nothing(
    step: TerminalStep, tmp_path: Path
) -> None:
    step.start(f"touch {tmp_path}/ran")
    until(lambda: holder(step.attempt.lock))
    attempts.ask_to_stop(step.attempt)
    end = step.end()
    assert (end.cause, end.what) == ("not started", "stopped")
    assert not (tmp_path / "ran").exists()
    assert read_pid(step.attempt) is None


def test_go_away_and_come_back(step: TerminalStep) -> None:
    step.start("echo before; read -rp 'Go on? ' x; echo \"after $x\"")
    first = step.come()
    first.sees("Go on? ")
    first.types(AWAY)
    first.is_told("goes on without you")
    second = step.come()
    assert b"before" in second.sees("Go on? ")
    second.types("yes\r")
    second.sees("after yes")
    second.is_told("has ended, exit 0")
    assert step.end().code == 0


def test_the_key_pressed_twice_goes_to_the_program(step: TerminalStep) -> None:
    step.start("stty raw -echo; echo ready; head -c 1 | od -An -tx1; stty sane")
    person = step.come()
    person.sees("ready")
    person.types(AWAY + AWAY)
    person.sees("1d")
    assert step.end().code == 0


def test_a_killed_viewer_loses_nothing(step: TerminalStep) -> None:
    step.start("read -rp 'First? ' a; read -rp 'Second? ' b; echo \"$a and $b\"")
    first = step.come()
    first.sees("First? ")
    first.types("one\r")
    first.sees("Second? ")
    first.child.kill(signal.SIGKILL)
    assert first.over() == -signal.SIGKILL
    second = step.come()
    second.sees("Second? ")
    second.types("two\r")
    second.sees("one and two")
    assert step.end().code == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_viewer_that_is_told_to_go_restores_the_terminal(
    step: TerminalStep, number: signal.Signals
) -> None:
    step.start("printf '\\033[?1049h\\033[?1000hfull'; read -r x; echo \"$x\"")
    person = step.come()
    person.sees("full")
    person.child.kill(number)
    person.sees(b"\x1b[?1000l")
    person.sees(b"\x1b[?1049l")
    assert person.over() == 130
    other = step.come()
    other.types("done\r")
    other.sees("done")
    assert step.end().code == 0


def test_the_end_of_the_real_terminal_is_not_the_steps(step: TerminalStep) -> None:
    step.start('echo ready; read -r x; echo "$x"')
    person = step.come()
    person.sees("ready")
    person.child.close(force=False)
    other = step.come()
    other.sees("ready")
    other.types("done\r")
    other.sees("done")
    assert step.end().code == 0


def test_who_comes_second_is_asked(step: TerminalStep) -> None:
    step.start('echo ready; read -r x; echo "got $x"')
    first = step.come()
    first.sees("ready")
    second = step.come()
    second.sees("is at it already")
    second.sees("y takes it over")
    second.types("n")
    second.is_told("goes on with whoever is at its terminal")
    third = step.come()
    third.sees("y takes it over")
    third.types("y")
    third.sees("ready")
    first.is_told("goes on without you: it was taken over from pts/")
    third.types("mine\r")
    third.sees("got mine")
    assert step.end().code == 0


def test_modes_are_undone_and_set_again(step: TerminalStep) -> None:
    step.start(
        "trap 'stty size; printf REDRAWN' WINCH; "
        "printf '\\033[?1049h\\033[?2004h\\033[?1h\\033[?25l\\033[6nDRAWN'; "
        'while :; do read -rt 0.1 x || :; [ "${x:-}" = q ] && exit 0; done'
    )
    first = step.come()
    first.sees("DRAWN")
    first.types(AWAY)
    before = first.sees("RETURNED")
    for each in (b"\x1b[?2004l", b"\x1b[?1l", b"\x1b[?1049l", b"\x1b[?25h"):
        assert each in before, each
    second = step.come()
    before = second.sees("REDRAWN")
    for each in (b"\x1b[?1049h", b"\x1b[?2004h", b"\x1b[?1h", b"\x1b[?25l"):
        assert each in before, each
    assert b"\x1b[6n" not in before
    second.types("q\r")
    assert step.end().code == 0


def test_with_nobody_there_the_program_goes_on(
    step: TerminalStep, tmp_path: Path
) -> None:
    flood = "seq 200000"
    step.start(f'read -r _; {flood}; touch {tmp_path}/flooded; read -r x; echo "$x"')
    first = step.come()
    first.types("\r")
    first.types(AWAY)
    first.is_told("goes on")
    until((tmp_path / "flooded").exists)
    second = step.come()
    second.sees("200000\r\n")
    second.types("end\r")
    second.sees("end")
    assert step.end().code == 0


def hello(step: TerminalStep) -> socket.socket:
    """Somebody who comes, and reads nothing."""
    connection = step.knock()
    connection.sendall(frames.frames(frames.HELLO, Hello((24, 80)).encode()))
    return connection


def test_a_viewer_that_takes_nothing_is_let_go(
    step: TerminalStep, tmp_path: Path
) -> None:
    step.start(f'seq 300000; touch {tmp_path}/flooded; read -r x; echo "$x"')
    with hello(step):
        until((tmp_path / "flooded").exists)
        other = step.come()
        other.sees("300000\r\n")
        other.types("end\r")
        other.sees("end")
    assert step.end().code == 0


def test_nonsense_at_the_door_harms_nothing(step: TerminalStep) -> None:
    step.start('read -r x; echo "got $x"')
    for nonsense in (b"GET / HTTP/1.1\r\n\r\n", b"H\x00\x00", b"I\x00\x01x", b""):
        with step.knock() as connection:
            connection.sendall(nonsense)
    silent = [step.knock() for _ in range(3)]
    person = step.come()
    person.types("well\r")
    person.sees("got well")
    for each in silent:
        each.close()
    assert step.end().code == 0
    with pytest.raises(FileNotFoundError):
        connect(step.attempt.path / frames.SOCKET)


def test_the_socket_is_its_owners_alone(step: TerminalStep) -> None:
    step.start("read -r _")
    path = step.attempt.path / frames.SOCKET
    until(path.exists)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_what_looks_like_a_mode_and_is_none_harms_nothing(step: TerminalStep) -> None:
    step.start("printf '\\033[<1;2u\\033[<;m'; echo there; read -r x; echo \"got $x\"")
    person = step.come()
    person.sees("there")
    person.types("it\r")
    person.sees("got it")
    assert step.end().code == 0


def test_a_socket_that_was_taken_away_is_not_missed(step: TerminalStep) -> None:
    step.start("read -r _; exit 3")
    person = step.come()
    (step.attempt.path / frames.SOCKET).unlink()
    person.types("\r")
    person.is_told("has ended: exit 3")
    assert step.end().code == 3


def test_a_path_of_any_length(tmp_path: Path) -> None:
    step = TerminalStep(tmp_path / ("d" * 100) / ("e" * 100))
    try:
        step.start('read -r x; echo "got $x"')
        person = step.come()
        person.types("it\r")
        person.sees("got it")
        assert step.end().code == 0
    finally:
        step.close()


def test_the_last_words_are_not_lost(step: TerminalStep) -> None:
    step.start("read -r _; seq 20000; echo the-very-last")
    person = step.come()
    person.types("\r")
    before = person.sees("the-very-last")
    assert before.count(b"\n") > 20000
    assert step.end().code == 0


def test_a_killed_keeper_ends_its_program(step: TerminalStep) -> None:
    step.start("echo ready; read -r _")
    person = step.come()
    person.sees("ready")
    assert step.child is not None
    pid = group_of(step)
    step.child.kill()
    step.child.wait()
    person.is_told("has no keeper")
    until(lambda: not alive(pid))


def test_a_viewer_whose_terminal_is_frozen_goes_when_told(
    step: TerminalStep, tmp_path: Path
) -> None:
    step.start(f'read -r _; seq 300000; touch {tmp_path}/flooded; read -r x; echo "$x"')
    frozen = step.come()
    frozen.types("\r")
    until((tmp_path / "flooded").exists)
    frozen.child.kill(signal.SIGTERM)
    until(lambda: not frozen.child.isalive())
    assert frozen.child.exitstatus == 130
    other = step.come()
    other.types("end\r")
    other.sees("end")
    assert step.end().code == 0
