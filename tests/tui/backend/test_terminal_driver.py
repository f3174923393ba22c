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
        self.outlet = TerminalWriter(self.file)

    def read(self, size: int) -> bytes:
        found = b""
        while len(found) < size:
            found += os.read(self.master, size - len(found))
        return found

    def close(self) -> None:
        self.outlet.close()
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
    while not (rest := terminal.outlet.pass_by("full " * 2000)):
        taken += b"full " * 2000
    return taken + (b"full " * 2000)[: -len(rest)]


def test_what_the_terminal_takes_needs_no_thread(terminal: Terminal) -> None:
    assert terminal.outlet.pass_by("grün →") == b""
    assert not terminal.outlet.is_behind
    assert terminal.read(len("grün →".encode())) == "grün →".encode()


def test_of_what_it_does_not_take_nothing_is_lost_or_overtaken(
    terminal: Terminal,
) -> None:
    """Even in the middle of a character."""
    outlet = terminal.outlet
    sent = fill(terminal)
    queue: Queue[bytes | None] = Queue()

    def write() -> None:
        while (rest := queue.get()) is not None:
            outlet.write(rest)
            if queue.empty():
                outlet.flush()

    thread = threading.Thread(target=write)
    thread.start()
    read = terminal.read(1)
    for number in range(2000):
        text = f"→{number:05}ü" * 20
        sent += text.encode()
        rest = outlet.pass_by(text)
        if rest:
            outlet.give()
            queue.put(rest)
        if number % 3 == 0:
            read += terminal.read(200)
    read += terminal.read(len(sent) - len(read))
    queue.put(None)
    thread.join()
    assert read == sent
    assert not outlet.is_behind
    assert outlet.pass_by("at once") == b""


def test_nothing_passes_by_what_the_thread_has(terminal: Terminal) -> None:
    outlet = terminal.outlet
    outlet.give()
    assert outlet.is_behind
    assert outlet.pass_by("later") == b"later"
    outlet.write(b"first ")
    assert outlet.is_behind, "it may still be in the file's buffer"
    outlet.flush()
    assert outlet.pass_by("later") == b""
    assert terminal.read(11) == b"first later"


def test_the_shell_s_descriptor_waits_as_it_did(terminal: Terminal) -> None:
    fill(terminal)
    assert os.get_blocking(terminal.slave)
    assert os.get_blocking(terminal.file.fileno())


def test_where_there_is_no_terminal_the_thread_writes_all(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w", encoding="latin-1") as file:
        outlet = TerminalWriter(file)
        assert outlet.pass_by("ü→") == b"\xfc\\u2192", "as the file would have it"
        outlet.give()
        outlet.write("ü→")
        outlet.flush()
        assert not outlet.is_behind
        outlet.close()
    assert (tmp_path / "file").read_bytes() == b"\xfc\\u2192"


def descriptors() -> set[str]:
    return {each.name for each in Path("/dev/fd").iterdir()}


def test_after_the_end_the_thread_writes_all(terminal: Terminal) -> None:
    before = descriptors()
    outlet = TerminalWriter(terminal.file)
    assert len(descriptors()) == len(before) + 1
    outlet.close()
    outlet.close()
    assert descriptors() == before
    assert outlet.pass_by("x") == b"x"
