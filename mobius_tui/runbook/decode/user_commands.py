"""The `[commands]` of config.toml, and the table of commands that results."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence

from mobius_tui.runbook.effects.command_effects import (
    BadLineError,
    CommandTable,
    bundled_commands,
    parse_table_line,
)
from mobius_tui.runbook.model.runbook import SourceFile
from mobius_tui.runbook.toml.runbook_source import RefusedError, config_file, read_bytes


def user_commands() -> dict[str, object]:
    """The `[commands]` of config.toml; a file that cannot be read adds nothing.

    Its problems are reported by the screens, which read the whole file.
    """
    file = config_file()
    if not os.path.lexists(file):
        return {}
    try:
        lines = tomllib.loads(read_bytes(file).decode()).get("commands", {})
    except (RefusedError, ValueError, RecursionError):
        return {}
    if not isinstance(lines, dict):
        return {}
    return {
        pattern: entry for pattern, entry in lines.items() if _is_line(pattern, entry)
    }


def command_table_for(
    lines: Mapping[str, object], files: Sequence[SourceFile] = ()
) -> CommandTable:
    """The bundled table of commands, with what the user and a runbook add to it.

    Args:
        lines: the `[commands]` of the runbook.
        files: its `files`.
    """
    table = bundled_commands().extended(user_commands()).extended(lines)
    return table.with_files(files)


def _is_line(pattern: str, entry: object) -> bool:
    try:
        parse_table_line(pattern, entry)
    except BadLineError:
        return False
    return True
