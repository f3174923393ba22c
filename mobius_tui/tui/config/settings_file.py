"""Reads settings from config.toml, and writes a theme that was chosen into it.

Apart from `settings`, which is imported at every start: what reads TOML takes a tenth
of a second to import.
"""

from __future__ import annotations

import os
import re
import stat
import tomllib
from contextlib import suppress
from pathlib import Path

from mobius_tui.errors import UsageError
from mobius_tui.runbook.decode.decode_head import read_command_lines
from mobius_tui.runbook.text.names import did_you_mean
from mobius_tui.runbook.toml.problem import problem_report
from mobius_tui.runbook.toml.runbook_source import RefusedError, config_file, read_bytes
from mobius_tui.runbook.toml.table_reader import TomlTable
from mobius_tui.runbook.toml.toml_document import (
    Findings,
    TooManyProblemsError,
    parse_toml,
)
from mobius_tui.runbook.toml.unknown_keys import report_unknown_keys
from mobius_tui.tui.config.keymap import read_keys
from mobius_tui.tui.config.settings import (
    DEFAULT_SETTINGS,
    OWN_THEME_NAMES,
    THEME_NAMES,
    Settings,
)


def load_settings() -> Settings:
    """Read config.toml; the defaults where there is no file.

    Raises:
        UsageError: it cannot be read, or is wrong; the text is the whole report.
    """
    file = config_file()
    if not os.path.lexists(file):
        return DEFAULT_SETTINGS
    try:
        return decode_settings(file, read_bytes(file))
    except RefusedError as error:
        raise UsageError(error.problem.render()) from error


def decode_settings(file: Path, data: bytes) -> Settings:
    """Decode the bytes of a config.toml.

    Args:
        file: where the bytes are from; it is not opened.
        data: its bytes.

    Raises:
        UsageError: something is wrong with them; the text is the whole report.
    """
    findings = Findings()
    settings = DEFAULT_SETTINGS
    try:
        root = TomlTable(parse_toml(str(file), data, findings))
        theme = root.optional_text("theme")
        if theme is not None and theme not in THEME_NAMES:
            words = (
                did_you_mean(theme, THEME_NAMES)
                or f"; ours are {', '.join(OWN_THEME_NAMES)}"
            )
            root.report(f"there is no theme called `{theme}`{words}", "theme")
        settings = Settings(
            theme=theme,
            ascii=root.flag("ascii") if root.has("ascii") else None,
            bell=root.flag("bell", default=True),
            title=root.flag("title", default=True),
            keys=read_keys(root.table("keys")),
            commands=read_command_lines(root),
        )
        report_unknown_keys(root.registry.tables)
    except RefusedError as error:
        findings.problems.append(error.problem)
    except TooManyProblemsError:
        pass  # so many are reported below
    if findings.problems:
        found = sorted(findings.problems, key=lambda each: (each.line, each.column))
        raise UsageError(problem_report(found))
    return settings


_THEME_LINE = re.compile(
    r"""^([ \t]*(?:theme|"theme"|'theme')[ \t]*=[ \t]*)("[^"\n]*"|'[^'\n]*')""",
    re.MULTILINE,
)


def save_theme(file: Path, theme: str) -> None:
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
    """A config.toml with another theme, and else the same to the byte.

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
    for found in _THEME_LINE.finditer(text):
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
