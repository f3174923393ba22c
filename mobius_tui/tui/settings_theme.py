"""Keeping the theme that was chosen: one line of config.toml, and no other byte of it.

The file is the person's, with their comments and their order: nothing is written anew
that need not be, and nothing at all where it is not certain what would come of it.
"""

from __future__ import annotations

import os
import re
import stat
import tomllib
from contextlib import suppress
from pathlib import Path

from mobius_tui.errors import UsageError

_LINE = re.compile(
    r"""^([ \t]*(?:theme|"theme"|'theme')[ \t]*=[ \t]*)("[^"\n]*"|'[^'\n]*')""",
    re.MULTILINE,
)


def keep_theme(file: Path, theme: str) -> None:
    """Write a theme's name into config.toml, which is made if it is not there.

    A link is followed, so that it stays one.

    Args:
        file: where config.toml is, or is to be.
        theme: the theme's name.

    Raises:
        UsageError: it was not written, and is as it was; the text says why.
    """
    real = Path(os.path.realpath(file))
    try:
        mode, before = _read(real)
        after = with_theme(before.decode(), theme).encode()
        if after != before:
            _write(real, after, mode)
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from error
    except ValueError as error:  # no UTF-8, no TOML, or a line that is not found
        raise UsageError(f"{file}: {error}") from error


def with_theme(text: str, theme: str) -> str:
    """A config.toml that says which theme, and else is the same to the byte.

    Args:
        text: what it says now; may be empty.
        theme: the theme's name.

    Raises:
        ValueError: it is no TOML, or the place of its theme is not certain.
    """
    before = tomllib.loads(text)
    wanted = {**before, "theme": theme}
    if before == wanted:
        return text
    said = f'"{theme}"'
    if "theme" not in before:
        end = "\r\n" if "\r\n" in text else "\n"
        return f"theme = {said}{end}{text}"
    for found in _LINE.finditer(text):
        # What looks like the line may be in a table, or in a text of several lines.
        changed = text[: found.start(2)] + said + text[found.end(2) :]
        with suppress(tomllib.TOMLDecodeError):
            if tomllib.loads(changed) == wanted:
                return changed
    raise ValueError("it is not certain where its theme is")


def _read(file: Path) -> tuple[int, bytes]:
    """Permissions and bytes of a regular file; private and empty where none is."""
    try:
        status = file.stat()
    except FileNotFoundError:
        return 0o600, b""
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("it is no regular file")
    return stat.S_IMODE(status.st_mode), file.read_bytes()


def _write(file: Path, data: bytes, mode: int) -> None:
    """Put a file in another's place, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = file.with_name(f".{file.name}.{os.getpid()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(new, flags, 0o600)
    try:
        with os.fdopen(handle, "wb") as written:
            written.write(data)
            written.flush()
            os.fsync(handle)
            os.fchmod(handle, mode)
        new.replace(file)
    except OSError:
        with suppress(OSError):
            new.unlink()
        raise
