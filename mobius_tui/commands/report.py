"""`mobius-tui report`: what happened in a run, to read and to keep."""

from __future__ import annotations

from mobius_tui.commands.support.command_options import run_argument
from mobius_tui.errors import INCOMPLETE, OK

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from mobius_tui.review.run_report import RunReport

FORMATS = ("md", "html", "json", "junit")


def add_options(report: argparse.ArgumentParser) -> None:
    """Add what `report` takes."""
    run_argument(report, "the newest")
    report.add_argument(
        "--format", choices=FORMATS, default="md", help="how it is written (md)"
    )
    report.add_argument(
        "-o",
        metavar="FILE",
        dest="output",
        help="the file to write; without it, stdout",
    )
    report.add_argument(
        "--schema", action="store_true", help="print the shape of --format json"
    )


def do(options: argparse.Namespace) -> int:
    """Write it; a damaged run is told as far as it goes."""
    from mobius_tui.commands.support.command_output import narrate, write_output
    from mobius_tui.run.storage.run_index import newest_run, run_by_name
    from mobius_tui.run.storage.state_home import runs_root

    if options.schema:
        from mobius_tui.review.formats.json_report import schema

        write_output(schema(), options.output)
        return OK
    from mobius_tui.review.report_builder import build_report

    root = runs_root()
    told = build_report(
        run_by_name(root, options.run) if options.run else newest_run(root)
    )
    write_output(_renderer(options.format)(told), options.output)
    for each in told.damage:
        narrate(each)
    return INCOMPLETE if told.damage else OK


def _renderer(name: str) -> Callable[[RunReport], str]:
    if name == "json":
        from mobius_tui.review.formats.json_report import as_json

        return as_json
    if name == "html":
        from mobius_tui.review.formats.html_report import as_html

        return as_html
    if name == "junit":
        from mobius_tui.review.formats.junit_report import as_junit

        return as_junit
    from mobius_tui.review.formats.markdown_report import as_markdown

    return as_markdown
