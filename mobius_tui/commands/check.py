"""`mobius-tui check`: what is wrong with runbook files."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.commands.support.command_options import json_option
from mobius_tui.errors import FAILED, OK, UsageError

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    import argparse


def add_options(check: argparse.ArgumentParser) -> None:
    """Add what `check` takes."""
    check.add_argument("files", nargs="*", metavar="RUNBOOK", help="its id, or a file")
    check.add_argument(
        "--explain", metavar="CODE", help="what a warning means; or: list"
    )
    check.add_argument(
        "--fresh",
        metavar="AGE",
        help="exit 1 when no drill handled its fault within this time, such as 30d",
    )
    json_option(check)


def do(options: argparse.Namespace) -> int:
    """Print every problem, each with its place, then what drills say; or a rule."""
    from mobius_tui.commands.support.command_output import narrate, print_data

    if options.explain is not None:
        from mobius_tui.runbook.library.check_report import explain_rule

        print_data(explain_rule(options.explain))
        return OK
    if not options.files:
        raise UsageError("check: give a runbook, or --explain CODE")

    from mobius_tui.runbook.library.check_report import check_files
    from mobius_tui.runbook.library.shellcheck import find_shellcheck

    paths = [_file(name) for name in options.files]
    shellcheck = find_shellcheck()
    text, code = check_files(paths, as_json=options.json, external=shellcheck)
    if shellcheck is not None and shellcheck.problem:
        narrate(shellcheck.problem)
    if code != OK or not (options.fresh or _was_anything_run()):
        print_data(text)
        return code
    from mobius_tui.commands.support.drill_remarks import drill_remarks

    found = drill_remarks(paths, options.fresh)
    if options.json:
        import json

        items = [item for each in found for item in each.items()]
        text = json.dumps([*json.loads(text), *items], indent=2, ensure_ascii=False)
    print_data(text)
    if not options.json:
        from mobius_tui.sanitize import line

        for each in found:
            for words in each.lines():
                print_data(line(words))
    return FAILED if any(each.stale for each in found) else OK


def _file(name: str) -> Path:
    """The file that a word means: one that is there, or a bundled runbook."""
    from mobius_tui.runbook.library.runbook_files import find_runbook

    return Path(name) if Path(name).exists() else find_runbook(name)


def _was_anything_run() -> bool:
    """Whether there can be drills at all: what knows of them takes time to import."""
    from mobius_tui.run.storage.run_index import all_runs
    from mobius_tui.run.storage.state_home import runs_root

    return bool(all_runs(runs_root()))
