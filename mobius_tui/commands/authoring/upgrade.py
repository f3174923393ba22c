"""`mobius-tui upgrade`: a runbook of an older format in the newest one."""

from __future__ import annotations

import argparse
import difflib
from pathlib import Path

from mobius_tui.commands.support.command_output import narrate, print_data
from mobius_tui.errors import EXIT_OK, UsageError
from mobius_tui.runbook.library.own_runbooks import why_read_only
from mobius_tui.runbook.library.runbook_rewriting import upgrade_file
from mobius_tui.runbook.toml.runbook_source import read_bytes, write_source
from mobius_tui.sanitize import line


def do(options: argparse.Namespace) -> int:
    """Rewrite a runbook's file, and print which effects were written for format 2."""
    path = Path(options.file)
    if not path.exists():
        raise UsageError(f"upgrade: there is no file {options.file}")
    found = upgrade_file(path)
    if found is None:
        print_data(line(f"{path} is of format 2 already"))
        return EXIT_OK
    if options.dry_run:
        print_data(_difference(path, found.data))
        return EXIT_OK
    if reason := why_read_only(path):
        raise UsageError(f"upgrade: {path} stays as it is. {reason}")
    write_source(path, found.data, replace=True)
    print_data(line(f"{path} is of format 2 now, and means what it did"))
    for number, step, effect in found.written_effects:
        words = f"{path}:{number}: `{step}` had no effect, which format 2 judges"
        narrate(f'{words}; effect = "{effect}" is written')
    return EXIT_OK


def _difference(path: Path, data: bytes) -> str:
    """What an upgrade changes, as a unified diff."""
    before, after = (
        text.decode("utf-8-sig").splitlines() for text in (read_bytes(path), data)
    )
    rows = difflib.unified_diff(
        before, after, str(path), f"{path} (format 2)", lineterm=""
    )
    return "\n".join(map(line, rows))
