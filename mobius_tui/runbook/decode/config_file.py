"""config.toml, as far as runbooks are read by it: the commands that a person knows."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

from mobius_tui.runbook.effects.command_table import BadLineError, read_line
from mobius_tui.runbook.toml.runbook_source import RefusedError, read_bytes


def config_file() -> Path:
    """Where config.toml is read from."""
    base = os.environ.get("XDG_CONFIG_HOME", "")
    home = Path(base) if base.startswith("/") else Path.home() / ".config"
    return home / "mobius-tui" / "config.toml"


def user_commands() -> dict[str, object]:
    """The `[commands]` of config.toml; a file that cannot be read adds nothing.

    What is wrong with it is said where it is read as a whole.
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
    return {pattern: says for pattern, says in lines.items() if _is_line(pattern, says)}


def _is_line(pattern: str, says: object) -> bool:
    try:
        read_line(pattern, says)
    except BadLineError:
        return False
    return True
