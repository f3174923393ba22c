"""`mobius-tui report`: what happened in a run, to read and to keep."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping

from mobius_tui.commands.support.command_output import narrate, write_output
from mobius_tui.errors import EXIT_INCOMPLETE, EXIT_OK
from mobius_tui.review.formats.html_report import as_html
from mobius_tui.review.formats.json_report import report_as_json, report_schema
from mobius_tui.review.formats.junit_report import as_junit
from mobius_tui.review.formats.markdown_report import as_markdown
from mobius_tui.review.report_builder import build_report
from mobius_tui.review.run_report import RunReport
from mobius_tui.run.storage.run_index import newest_run, run_by_name
from mobius_tui.run.storage.state_folders import runs_root

RENDERERS: Mapping[str, Callable[[RunReport], str]] = {
    "md": as_markdown,
    "html": as_html,
    "json": report_as_json,
    "junit": as_junit,
}
"""What writes a report, by `--format`."""


def do(options: argparse.Namespace) -> int:
    """Write the report; of a damaged run as far as it can be read."""
    if options.schema:
        write_output(report_schema(), options.output)
        return EXIT_OK
    root = runs_root()
    directory = (
        newest_run(root) if options.run is None else run_by_name(root, options.run)
    )
    report = build_report(directory)
    write_output(RENDERERS[options.format](report), options.output)
    for problem in report.damage:
        narrate(problem)
    return EXIT_INCOMPLETE if report.damage else EXIT_OK
