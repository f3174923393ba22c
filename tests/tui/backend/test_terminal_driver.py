"""What goes to the terminal: all of it, in order, however much it takes at a time."""

from __future__ import annotations

import os
import pty
import threading
import tty
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path

import pytest

from mobius_tui.tui.backend.terminal_driver import TerminalWriter


class Terminal:
    """A terminal that is read when a test says so, and the file that leads to it."""

    def __init__(self) -> None:
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        self.file = TextIOWrapper(os.fdopen(os.dup(self.slave), "wb"), "utf-8")
        self.writer = TerminalWriter(self.file)

    def read(self, size: int) -> bytes:
        found = b""
        while len(found) < size:
            found += os.read(self.master, size - len(found))
        return found

    def close(self) -> None:
        self.writer.close()
        os.close(self.slave)
        os.close(self.master)
        self.file.close()


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    made = Terminal()
    yield made
    made.close()


def is_behind(writer: TerminalWriter) -> bool:
    return writer.is_behind


def fill(terminal: Terminal) -> bytes:
    """Write until the terminal takes no more; returns what was written."""
    written = b"full " * 2000
    while terminal.writer.write_available("full " * 2000):
        written += b"full " * 2000
    return written


def test_what_the_terminal_takes_needs_no_thread(terminal: Terminal) -> None:
    assert terminal.writer.write_available("grün →")
    assert not terminal.writer.is_behind
    assert terminal.read(len("grün →".encode())) == "grün →".encode()


def test_of_what_it_does_not_take_nothing_is_lost_or_overtaken(
    terminal: Terminal,
) -> None:
    """Even in the middle of a character."""
    writer = terminal.writer
    sent = fill(terminal)
    read = terminal.read(1)
    for number in range(2000):
        text = f"→{number:05}ü" * 20
        sent += text.encode()
        writer.write_available(text)
        if number % 3 == 0:
            read += terminal.read(200)
    assert is_behind(writer)
    while not writer.write_available():
        read += terminal.read(1)
    read += terminal.read(len(sent) - len(read))
    assert read == sent
    assert not is_behind(writer)
    assert writer.write_available("at once")


def test_what_is_handed_over_is_written_by_a_thread_in_its_turn(
    terminal: Terminal,
) -> None:
    writer = terminal.writer
    sent = fill(terminal)
    rest = writer.hand_over()
    assert not writer.hand_over(), "there is no more"

    def write() -> None:
        writer.write(rest)
        writer.flush()

    thread = threading.Thread(target=write)
    thread.start()
    assert not writer.write_available("later")
    read = terminal.read(len(sent))
    thread.join()
    assert read == sent
    assert writer.write_available()
    assert terminal.read(5) == b"later"


def test_nothing_passes_by_what_the_thread_has(terminal: Terminal) -> None:
    writer = terminal.writer
    written = fill(terminal)
    terminal.read(len(written) - len(writer.hand_over()))
    assert not writer.write_available("later")
    writer.write(b"first ")
    assert is_behind(writer), "it may still be in the file's buffer"
    writer.flush()
    assert writer.write_available()
    assert terminal.read(11) == b"first later"


def test_the_shell_s_descriptor_waits_as_it_did(terminal: Terminal) -> None:
    fill(terminal)
    assert os.get_blocking(terminal.slave)
    assert os.get_blocking(terminal.file.fileno())


def test_where_there_is_no_terminal_the_thread_writes_all(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w", encoding="latin-1") as file:
        writer = TerminalWriter(file)
        assert not writer.write_available("ü→")
        rest = writer.hand_over()
        assert rest == b"\xfc\\u2192", "as the file would have it"
        writer.write(rest)
        assert is_behind(writer), "it may still be in the file's buffer"
        writer.flush()
        assert not is_behind(writer)
        writer.close()
    assert (tmp_path / "file").read_bytes() == b"\xfc\\u2192"


def test_a_terminal_that_is_gone_is_left_to_the_thread(terminal: Terminal) -> None:
    before = descriptors()
    os.close(terminal.master)
    try:
        assert not terminal.writer.write_available("x")
    finally:
        terminal.master = os.open(os.devnull, os.O_RDONLY)
    assert len(descriptors()) == len(before) - 1
    assert terminal.writer.descriptor is None
    assert terminal.writer.hand_over() == b"x"


def descriptors() -> set[str]:
    return {each.name for each in Path("/dev/fd").iterdir()}


def test_after_the_end_the_thread_writes_all(terminal: Terminal) -> None:
    before = descriptors()
    writer = TerminalWriter(terminal.file)
    assert len(descriptors()) == len(before) + 1
    writer.close()
    writer.close()
    assert descriptors() == before
    assert not writer.write_available("x")
    assert writer.hand_over() == b"x"
