"""`mobius-tui check`: what is wrong with runbook files."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from mobius_tui.commands.support.command_output import narrate, print_data
from mobius_tui.errors import EXIT_FAILED, EXIT_OK, UsageError
from mobius_tui.run.storage.run_index import all_runs
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.library.check_formats import ITEM_RENDERERS
from mobius_tui.runbook.library.check_report import (
    check_files,
    check_items,
    explain_rule,
)
from mobius_tui.runbook.library.runbook_files import find_runbook
from mobius_tui.runbook.library.shellcheck import find_shellcheck
from mobius_tui.sanitize import line

if TYPE_CHECKING:
    from mobius_tui.commands.support.drill_remarks import DrillRemarks
    from mobius_tui.commands.support.inventory_remarks import InventoryRemark
    from mobius_tui.runbook.lint.external_findings import ExternalLinter


def do(options: argparse.Namespace) -> int:
    """Print every problem with its place, then what drills say; or explain a rule."""
    if options.explain is not None:
        print_data(explain_rule(options.explain))
        return EXIT_OK
    if not options.files:
        raise UsageError("check: give a runbook, or --explain CODE")
    if options.ids and options.format not in ("text", "json"):
        raise UsageError(f"check: --ids has no place in --format {options.format}")
    paths = [_file_named(name) for name in options.files]
    shellcheck = find_shellcheck()
    if options.format == "text":
        code = _print_lines(options, paths, shellcheck)
    else:
        code = _print_items(options, paths, shellcheck)
    if shellcheck is not None and shellcheck.problem:
        narrate(shellcheck.problem)
    return code


def _print_lines(
    options: argparse.Namespace, paths: list[Path], external: ExternalLinter | None
) -> int:
    """Print the report for a person; returns the exit code."""
    text, code = check_files(paths, with_ids=options.ids, external=external)
    print_data(text)
    if code != EXIT_OK:
        return code
    refused = _inventory_remarks(paths)
    for remark in refused:
        print_data(line(remark.line()))
    if refused:
        return EXIT_FAILED
    remarks = _drill_remarks(options, paths)
    for each in remarks:
        for words in each.lines():
            print_data(line(words))
    return EXIT_FAILED if any(each.stale for each in remarks) else EXIT_OK


def _print_items(
    options: argparse.Namespace, paths: list[Path], external: ExternalLinter | None
) -> int:
    """Print the findings as data; returns the exit code."""
    items, code = check_items(paths, with_ids=options.ids, external=external)
    if code == EXIT_OK and (refused := _inventory_remarks(paths)):
        items += [remark.item() for remark in refused]
        code = EXIT_FAILED
    if code == EXIT_OK:
        remarks = _drill_remarks(options, paths)
        items += [item for each in remarks for item in each.items()]
        code = EXIT_FAILED if any(each.stale for each in remarks) else EXIT_OK
    if text := ITEM_RENDERERS[options.format](items):
        print_data(text)
    return code


def _inventory_remarks(paths: list[Path]) -> tuple[InventoryRemark, ...]:
    """What is wrong with the hosts of inventories, for runbooks without an error."""
    texts = (path.read_bytes() for path in paths)
    if not any(b"inventory" in text or b"ssh_config" in text for text in texts):
        return ()
    # Only now: a run's modules take long to import.
    from mobius_tui.commands.support import inventory_remarks

    return inventory_remarks.inventory_remarks(paths)


def _drill_remarks(
    options: argparse.Namespace, paths: list[Path]
) -> tuple[DrillRemarks, ...]:
    """What drills say of runbooks without an error."""
    if not (options.fresh or _was_anything_run()):
        return ()
    # Only now: it takes a fifth of the time that a check takes else.
    from mobius_tui.commands.support import drill_remarks

    return drill_remarks.drill_remarks(paths, options.fresh)


def _file_named(name: str) -> Path:
    """The file that a word names: one that exists, or a runbook of the library."""
    return Path(name) if Path(name).exists() else find_runbook(name)


def _was_anything_run() -> bool:
    """Whether there can be drills at all: their modules take long to import."""
    return bool(all_runs(runs_root()))
