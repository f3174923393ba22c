"""A step's output in a pager, in an editor, or in a file of one's own: as it is shown.

None of them gets the output itself: it may hold what a terminal obeys. They get its
text as the pane shows it, without colours, in which every control character is a glyph.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import termios
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Literal

from mobius_tui import sanitize
from mobius_tui.errors import EXIT_INTERRUPTED
from mobius_tui.run.storage.safe_open import regular_descriptor
from mobius_tui.tui.output.plain_text import newline_from, pieces_of_shown_text

MAX_COPY_BYTES = 64 * 1024 * 1024
"""Bytes that a pager or editor gets: the last ones; editors load a file whole."""

MODELINE_LINES = 5
"""Lines at a file's ends in which editors look for settings that they obey."""

EXIT_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
"""Signals that ask this process to end, which it hands on to the pager or editor."""

PROGRAM_END_GRACE = 1.0
"""Seconds that a pager or editor has to restore the terminal before being killed."""

OpenWith = Literal["pager", "editor"]


def open_output(
    output: Path, *, way: OpenWith, name: str, folder: Path, environ: Mapping[str, str]
) -> str:
    """Show an output by a program in the terminal, and wait until that ends.

    Args:
        output: The output's file.
        way: By which program.
        name: What the copy is called.
        folder: A private folder for it.
        environ: Says which program it is.

    Returns:
        What to tell afterwards; nothing if all went well.
    """
    variable = "PAGER" if way == "pager" else editor_variable(environ)
    try:
        command = _pager(environ) if way == "pager" else editor_words(environ)
    except ValueError as error:
        return f"${variable} cannot be read: {error}"
    try:
        with tempfile.TemporaryDirectory(prefix=".reading-", dir=folder) as inside:
            copy = Path(inside) / f"{sanitize.line(name).replace('/', '-')}.txt"
            left_out = _copy_tail(output, copy, padded=way == "editor")
            code = run_program((*command, str(copy)), environ)
    except OSError as error:
        what = f"{error.filename}: " if error.filename else ""
        is_program = error.filename == command[0]
        is_gone = isinstance(error, FileNotFoundError)
        remedy = f"; set ${variable}" if is_program and is_gone else ""
        return f"{what}{error.strerror}{remedy}"
    if code:
        return f"{command[0]} ended with {code}"
    if left_out:
        return (
            f"That was the end of it: {left_out / 1e6:,.0f} MB before were left out. "
            f"The whole is in {output}"
        )
    return ""


def save_output(
    output: Path, target: Path, *, should_continue: Callable[[], bool]
) -> int:
    """Save an output as it is shown in a new private file, however long it takes.

    Args:
        output: The output's file.
        target: The new one.
        should_continue: Called between pieces; at `False` it is given up.

    Returns:
        How many bytes were written.

    Raises:
        FileExistsError: Something is there already; it is left alone.
        InterruptedError: It was given up; nothing is left.
        OSError: It can't be read or written; nothing is left.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with _open_to_read(output) as descriptor:
        size = os.fstat(descriptor).st_size
        handle = os.open(target, flags, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                for text in pieces_of_shown_text(
                    partial(os.pread, descriptor), 0, size
                ):
                    file.write(text.encode())
                    if not should_continue():
                        raise InterruptedError
                return file.tell()
        except OSError:
            target.unlink(missing_ok=True)
            raise


def _pager(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The pager's words; less stays open though all fits on the screen."""
    words = tuple(shlex.split(environ.get("PAGER", ""))) or ("less",)
    return (*words, "-+F") if Path(words[0]).name == "less" else words


def editor_variable(environ: Mapping[str, str]) -> str:
    """The variable that names the editor; `EDITOR` where none does."""
    return "VISUAL" if environ.get("VISUAL") else "EDITOR"


def editor_words(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The editor's words.

    Raises:
        ValueError: its quotes do not match.
    """
    given = environ.get(editor_variable(environ), "")
    return tuple(shlex.split(given)) or ("vi",)


@contextlib.contextmanager
def _open_to_read(path: Path) -> Iterator[int]:
    descriptor = regular_descriptor(path)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _copy_tail(output: Path, copy: Path, *, padded: bool) -> int:
    """Copy the end of an output as it is shown; return the bytes before it.

    With `padded`, empty lines keep its own out of reach of an editor's modelines.
    """
    padding = "\n" * MODELINE_LINES if padded else ""
    with _open_to_read(output) as descriptor, copy.open("x", encoding="utf-8") as file:
        copy.chmod(0o600)
        read = partial(os.pread, descriptor)
        size = os.fstat(descriptor).st_size
        start = max(0, size - MAX_COPY_BYTES)
        if start:
            start = min(newline_from(read, start, size) + 1, size)
        file.write(padding)
        for text in pieces_of_shown_text(read, start, size):
            file.write(text)
        file.write(padding)
    return start


def run_program(command: tuple[str, ...], environ: Mapping[str, str]) -> int:
    """Run a program in the terminal; ctrl+c there is for it, not for us.

    Raises:
        SystemExit: a signal ends this process; the program has been ended.
    """
    secure = {**environ, "LESSSECURE": "1"}
    for name in ("LESSOPEN", "LESSCLOSE"):
        secure.pop(name, None)
    before = termios.tcgetattr(sys.stdin) if sys.stdin.isatty() else None
    try:
        with _termination_signals() as told:
            try:
                program = subprocess.Popen(command, env=secure)
            except OSError:
                told.raise_pending()
                raise
            try:
                told.raise_pending()
                return program.wait()
            finally:
                if told.number:
                    _end_program(program, told.number)
    finally:
        if before is not None:
            with contextlib.suppress(termios.error):  # the terminal may be gone
                termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


class _Termination:
    """Notes the signal by which this process is to end.

    Until the program is begun nobody could end it: a signal that comes in that moment
    is kept until `raise_pending`.
    """

    number = 0
    """The signal; 0 while none came."""
    _begun = False

    def receive(self, number: int, _frame: FrameType | None) -> None:
        """Take a signal; the first one raises `SystemExit` if the program is begun."""
        first = not self.number
        self.number = self.number or number
        if first and self._begun:
            raise SystemExit(EXIT_INTERRUPTED)

    def raise_pending(self) -> None:
        """From here on a signal raises at once, as one does that came before."""
        self._begun = True
        if self.number:
            raise SystemExit(EXIT_INTERRUPTED)


@contextlib.contextmanager
def _termination_signals() -> Iterator[_Termination]:
    """Handle the signals that end this process, for a time."""
    told = _Termination()
    handlers = {
        signal.SIGINT: lambda *_: None,
        **dict.fromkeys(EXIT_SIGNALS, told.receive),
    }
    before = {number: signal.signal(number, act) for number, act in handlers.items()}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end_program(program: subprocess.Popen[bytes], number: int) -> None:
    """End the program when this process has to end; it would keep the terminal."""
    program.send_signal(number)
    try:
        program.wait(PROGRAM_END_GRACE)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()
