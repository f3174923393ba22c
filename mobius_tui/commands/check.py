"""`mobius-tui check`: what is wrong with runbook files."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from mobius_tui.commands.support.command_output import narrate, print_data
from mobius_tui.errors import FAILED, OK, UsageError
from mobius_tui.run.storage.run_index import all_runs
from mobius_tui.run.storage.state_home import runs_root
from mobius_tui.runbook.library.check_report import check_files, explain_rule
from mobius_tui.runbook.library.runbook_files import find_runbook
from mobius_tui.runbook.library.shellcheck import find_shellcheck
from mobius_tui.sanitize import line


def do(options: argparse.Namespace) -> int:
    """Print every problem with its place, then what drills say; or explain a rule."""
    if options.explain is not None:
        print_data(explain_rule(options.explain))
        return OK
    if not options.files:
        raise UsageError("check: give a runbook, or --explain CODE")
    paths = [_file_named(name) for name in options.files]
    shellcheck = find_shellcheck()
    text, code = check_files(
        paths, as_json=options.json, with_ids=options.ids, external=shellcheck
    )
    if shellcheck is not None and shellcheck.problem:
        narrate(shellcheck.problem)
    if code != OK or not (options.fresh or _was_anything_run()):
        print_data(text)
        return code
    # Only now: it takes a fifth of the time that a check takes else.
    from mobius_tui.commands.support.drill_remarks import drill_remarks

    remarks = drill_remarks(paths, options.fresh)
    if options.json:
        items = [item for each in remarks for item in each.items()]
        text = json.dumps([*json.loads(text), *items], indent=2, ensure_ascii=False)
    print_data(text)
    if not options.json:
        for each in remarks:
            for words in each.lines():
                print_data(line(words))
    return FAILED if any(each.stale for each in remarks) else OK


def _file_named(name: str) -> Path:
    """The file that a word names: one that exists, or a bundled runbook."""
    return Path(name) if Path(name).exists() else find_runbook(name)


def _was_anything_run() -> bool:
    """Whether there can be drills at all: their modules take long to import."""
    return bool(all_runs(runs_root()))
