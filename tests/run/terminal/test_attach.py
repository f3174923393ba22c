"""People at a step's terminal: they come, go, are asked, and are cut off."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.run.terminal.attending import AWAY, TerminalStep
from tests.waiting import wait_for


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


def test_a_viewer_whose_terminal_is_frozen_goes_when_told(
    step: TerminalStep, tmp_path: Path
) -> None:
    step.start(f'read -r _; seq 300000; touch {tmp_path}/flooded; read -r x; echo "$x"')
    frozen = step.come()
    frozen.types("\r")
    wait_for((tmp_path / "flooded").exists)
    frozen.child.kill(signal.SIGTERM)
    wait_for(lambda: not frozen.child.isalive())
    assert frozen.child.exitstatus == 130
    other = step.come()
    other.types("end\r")
    other.sees("end")
    assert step.end().code == 0
