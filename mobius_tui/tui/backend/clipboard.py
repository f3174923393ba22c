"""Copies text to wherever the person can paste it from, and reports which way worked.

No one way works everywhere: tmux drops a program's own escape sequence unless it is
told not to, a desktop has its own program, and over SSH there is only the terminal,
which does not answer. So each is tried in turn, and the text always goes to a private
file as well, by which it can be had whatever the terminal did.

Textual 8.2 sends OSC 52, to any terminal and in one piece, and does not know what
became of it (`App.copy_to_clipboard`). Upstream needs: the form for GNU screen, a limit
of its length, and a way to hear which other programs took the text.
"""

from __future__ import annotations

import base64
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from mobius_tui import sanitize
from mobius_tui.folders import replace_file

COPY_FILE = "copied.txt"
"""The name of the file that holds what was copied last."""

PROGRAM_TIMEOUT = 2.0
"""Seconds that a program may take: over a forwarded X display it may never answer."""

MAX_TERMINAL_BYTES = 74_994
"""Bytes of a text that is sent to a terminal, at most, before base64.

Common terminals cut a sequence off at 100,000 bytes; base64 makes 4 of every 3.
"""

TERMINAL_WAY = "terminal"
"""The entry of `CopyResult.ways` for the terminal's own sequence, OSC 52."""

SCREEN_STRING_LENGTH = 76
"""Characters of one string for GNU screen, which cuts those of some hundreds off."""


class CopyResult(Struct, frozen=True, kw_only=True):
    """What became of a copy."""

    ways: tuple[str, ...]
    """The programs that took it, or `terminal`; empty if nothing did."""
    file: Path | None
    """Where it is written down; none if it could not be."""
    words: str
    """What to tell the person: which way took the text, and where the file is."""

    @property
    def is_copied(self) -> bool:
        """Whether the text can be had by one way or another."""
        return bool(self.ways) or self.file is not None


def copy_to_clipboard_and_file(
    text: str,
    *,
    folder: Path,
    terminal: Callable[[str], None] | None = None,
    environ: Mapping[str, str] = os.environ,
) -> CopyResult:
    """Copy text; takes seconds at worst, so never call it in the event loop.

    Args:
        text: Anything; it is sanitized here.
        folder: A private folder for the file.
        terminal: Sends the text by the terminal's own sequence, where no program takes
            it: the app's `copy_to_clipboard`, which may be called from any thread.
        environ: The environment variables: a desktop's, tmux's, SSH's.
    """
    text = sanitize.clean(text, newlines=True)
    count = text.count("\n") + (not text.endswith("\n"))
    amount = f"{count:,} line{'' if count == 1 else 's'}"
    ways, troubles = _copy_by_programs(text, environ)
    if not ways and terminal is not None:
        if len(text.encode()) <= MAX_TERMINAL_BYTES:
            terminal(text)
            ways = (TERMINAL_WAY,)
        else:
            troubles.append("it is too long for the terminal")
    file, problem = _write(folder, text)
    words = _describe(amount, ways, file, problem)
    if troubles:
        words += f" ({'; '.join(troubles)})"
    return CopyResult(ways=ways, file=file, words=words)


def clipboard_sequence(text: str, environ: Mapping[str, str]) -> str:
    """Return what makes a terminal put `text` on its clipboard: OSC 52.

    GNU screen passes on only what is wrapped for it, in short strings. Where `TERM` is
    screen's and nothing else tells, it may as well be a tmux at the other end of an SSH
    line, so it is sent both ways; each takes its own and drops the other.
    """
    payload = base64.b64encode(text.encode()).decode()
    plain = f"\x1b]52;c;{payload}\a"
    if environ.get("TMUX"):
        return plain
    named = environ.get("TERM", "").startswith("screen")
    if not environ.get("STY") and not named:
        return plain
    pieces = [
        plain[start : start + SCREEN_STRING_LENGTH]
        for start in range(0, len(plain), SCREEN_STRING_LENGTH)
    ]
    wrapped = "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)
    return wrapped if environ.get("STY") else plain + wrapped


def clipboard_programs(
    environ: Mapping[str, str],
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Name the programs that may take it here, the nearest to the person first.

    Inside tmux on a desktop both are tried: tmux can't say whether the terminal around
    it has a clipboard at all.
    """
    if environ.get("TMUX"):
        yield "tmux", ("tmux", "load-buffer", "-w", "-")
        # tmux before 3.2 does not know -w.
        yield "tmux (its own buffer: paste with prefix ])", ("tmux", "load-buffer", "-")
    if environ.get("WAYLAND_DISPLAY"):
        yield "wl-copy", ("wl-copy", "--type", "text/plain")
    if environ.get("DISPLAY"):
        yield "xclip", ("xclip", "-selection", "clipboard", "-in")
        yield "xsel", ("xsel", "--clipboard", "--input")
    yield "pbcopy", ("pbcopy",)


def _copy_by_programs(
    text: str, environ: Mapping[str, str]
) -> tuple[tuple[str, ...], list[str]]:
    """Return which programs took the text, and, if none did, their errors."""
    ways: list[str] = []
    troubles: list[str] = []
    for name, command in clipboard_programs(environ):
        program = shutil.which(command[0], path=environ.get("PATH"))
        if program is None or _has_clipboard(ways, name):
            continue
        trouble = _run_program((program, *command[1:]), text, environ)
        if trouble:
            troubles.append(f"{command[0]} {trouble}")
        else:
            ways.append(name)
    return tuple(ways), [] if ways else troubles


def _has_clipboard(ways: list[str], name: str) -> bool:
    """Whether a program in `ways` has set the clipboard that `name` sets."""
    in_tmux = name.startswith("tmux")
    return any(way.startswith("tmux") == in_tmux for way in ways)


def _run_program(
    command: tuple[str, ...], text: str, environ: Mapping[str, str]
) -> str | None:
    """Pass the text to a program; returns the error, or None.

    Some stay behind to serve the clipboard, in a child of theirs. That one holds no
    pipe of ours, and a session of its own keeps it from the terminal's signals.
    """
    if command[0].endswith("pbcopy"):
        environ = {**environ, "LC_CTYPE": "UTF-8"}  # it takes MacRoman otherwise
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environ,
            start_new_session=True,
        )
    except OSError as error:
        return f"cannot be started: {error.strerror}"
    try:
        process.communicate(text.encode(), timeout=PROGRAM_TIMEOUT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        assert process.stdin is not None
        process.stdin.close()  # without writing the rest, which nobody reads
        process.wait()
        return f"did not answer in {PROGRAM_TIMEOUT:g} s"
    return f"ended with {process.returncode}" if process.returncode else None


def _write(folder: Path, text: str) -> tuple[Path | None, str]:
    """Write the file anew, whole or not at all; returns its path, or the error.

    It is renamed into place: what stands there, a link perhaps, is never written to.
    """
    path = folder / COPY_FILE
    try:
        replace_file(path, text.encode(), 0o600)
    except OSError as error:
        return None, f"cannot write {path}: {error.strerror}"
    return path, ""


def _describe(
    amount: str, ways: tuple[str, ...], file: Path | None, problem: str
) -> str:
    """Return the words for what was done."""
    place = _with_tilde(file) if file is not None else ""
    if ways == (TERMINAL_WAY,):
        how = f"Sent {amount} to the terminal, which does not say whether it took them"
    elif ways:
        how = f"Copied {amount} by {' and '.join(ways)}"
    elif place:
        return f"No clipboard is within reach; {amount} saved in {place}"
    else:
        return f"Not copied: no clipboard is within reach, and {problem}"
    return f"{how}; also in {place}" if place else f"{how}; {problem}"


def _with_tilde(path: Path) -> str:
    """Return a path with `~` for the home folder."""
    home = Path.home()
    inside = path.is_relative_to(home) and home != Path("/")
    return sanitize.line(f"~/{path.relative_to(home)}" if inside else str(path))
