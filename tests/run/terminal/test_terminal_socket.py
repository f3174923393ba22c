"""The socket of a step's terminal: who may come in, and who says nonsense."""

from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest

from mobius_tui.run.storage.socket_path import connect_socket
from mobius_tui.run.terminal import frames
from mobius_tui.run.terminal.frames import AttachHello
from tests.run.terminal.attending import TerminalStep
from tests.waiting import wait_for


def hello(step: TerminalStep) -> socket.socket:
    """Somebody who comes, and reads nothing."""
    connection = step.knock()
    connection.sendall(
        frames.encode_frames(frames.HELLO, AttachHello((24, 80)).encode())
    )
    return connection


def test_a_viewer_that_takes_nothing_is_let_go(
    step: TerminalStep, tmp_path: Path
) -> None:
    step.start(f'seq 300000; touch {tmp_path}/flooded; read -r x; echo "$x"')
    with hello(step):
        wait_for((tmp_path / "flooded").exists)
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
    silent = [step.knock() for _ in range(30)]
    person = step.come()
    person.types("well\r")
    person.sees("got well")
    for each in silent:
        each.close()
    assert step.end().code == 0
    with pytest.raises(FileNotFoundError):
        connect_socket(step.attempt.path / frames.TERMINAL_SOCKET_NAME)


def test_the_socket_is_its_owners_alone(step: TerminalStep) -> None:
    step.start("read -r _")
    path = step.attempt.path / frames.TERMINAL_SOCKET_NAME
    wait_for(path.exists)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_socket_that_was_taken_away_is_not_missed(step: TerminalStep) -> None:
    step.start("read -r _; exit 3")
    person = step.come()
    wait_for((step.attempt.path / "pid").exists)  # it waits for who is on the way
    (step.attempt.path / frames.TERMINAL_SOCKET_NAME).unlink()
    person.types("\r")
    person.is_told("has ended: exit 3")
    assert step.end().code == 3


def test_a_path_of_any_length(tmp_path: Path) -> None:
    step = TerminalStep(tmp_path / ("d" * 100) / ("e" * 100))
    try:
        step.start('echo ask; read -r x; echo "got $x"')
        person = step.come()
        person.sees("ask")  # what is typed before it is there is not for the step
        person.types("it\r")
        person.sees("got it")
        assert step.end().code == 0
    finally:
        step.close()
