"""What goes to the terminal: all of it, in order, however much it takes at a time."""

from __future__ import annotations

import os
import pty
import threading
import tty
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path
from queue import Queue

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


def fill(terminal: Terminal) -> bytes:
    """Write until the terminal takes no more; returns what it took."""
    taken = b""
    while not (rest := terminal.writer.write_available("full " * 2000)):
        taken += b"full " * 2000
    return taken + (b"full " * 2000)[: -len(rest)]


def test_what_the_terminal_takes_needs_no_thread(terminal: Terminal) -> None:
    assert terminal.writer.write_available("grün →") == b""
    assert not terminal.writer.is_behind
    assert terminal.read(len("grün →".encode())) == "grün →".encode()


def test_of_what_it_does_not_take_nothing_is_lost_or_overtaken(
    terminal: Terminal,
) -> None:
    """Even in the middle of a character."""
    writer = terminal.writer
    sent = fill(terminal)
    queue: Queue[bytes | None] = Queue()

    def write() -> None:
        while (rest := queue.get()) is not None:
            writer.write(rest)
            if queue.empty():
                writer.flush()

    thread = threading.Thread(target=write)
    thread.start()
    read = terminal.read(1)
    for number in range(2000):
        text = f"→{number:05}ü" * 20
        sent += text.encode()
        rest = writer.write_available(text)
        if rest:
            writer.count_handed_over()
            queue.put(rest)
        if number % 3 == 0:
            read += terminal.read(200)
    read += terminal.read(len(sent) - len(read))
    queue.put(None)
    thread.join()
    assert read == sent
    assert not writer.is_behind
    assert writer.write_available("at once") == b""


def test_nothing_passes_by_what_the_thread_has(terminal: Terminal) -> None:
    writer = terminal.writer
    writer.count_handed_over()
    assert writer.is_behind
    assert writer.write_available("later") == b"later"
    writer.write(b"first ")
    assert writer.is_behind, "it may still be in the file's buffer"
    writer.flush()
    assert writer.write_available("later") == b""
    assert terminal.read(11) == b"first later"


def test_the_shell_s_descriptor_waits_as_it_did(terminal: Terminal) -> None:
    fill(terminal)
    assert os.get_blocking(terminal.slave)
    assert os.get_blocking(terminal.file.fileno())


def test_where_there_is_no_terminal_the_thread_writes_all(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w", encoding="latin-1") as file:
        writer = TerminalWriter(file)
        assert writer.write_available("ü→") == b"\xfc\\u2192", (
            "as the file would have it"
        )
        writer.count_handed_over()
        writer.write("ü→")
        writer.flush()
        assert not writer.is_behind
        writer.close()
    assert (tmp_path / "file").read_bytes() == b"\xfc\\u2192"


def descriptors() -> set[str]:
    return {each.name for each in Path("/dev/fd").iterdir()}


def test_after_the_end_the_thread_writes_all(terminal: Terminal) -> None:
    before = descriptors()
    writer = TerminalWriter(terminal.file)
    assert len(descriptors()) == len(before) + 1
    writer.close()
    writer.close()
    assert descriptors() == before
    assert writer.write_available("x") == b"x"
