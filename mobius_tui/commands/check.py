"""`mobius-tui check`: what is wrong with runbook files."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.commands.options import json_option

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    import argparse


def add_options(check: argparse.ArgumentParser) -> None:
    """Add what `check` takes."""
    check.add_argument("files", nargs="+", metavar="RUNBOOK")
    json_option(check)


def do(options: argparse.Namespace) -> int:
    """Print every problem, each with its place."""
    from mobius_tui.commands.speaking import say
    from mobius_tui.runbook.report import check_files

    text, code = check_files([Path(f) for f in options.files], as_json=options.json)
    say(text)
    return code
