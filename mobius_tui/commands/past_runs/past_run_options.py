"""What the commands on runs that are on record take on the command line."""

from __future__ import annotations

import argparse

from mobius_tui.commands.support.command_options import (
    add_json_option,
    add_run_argument,
)
from mobius_tui.run.events.mode_and_outcome import ListingState, Mode, Outcome

REPORT_FORMATS = ("md", "html", "json", "junit")
"""What `report --format` takes; `report.RENDERERS` has what writes each."""
_LISTED_OUTCOMES = tuple(map(str, (*Outcome, *ListingState)))
"""What a run may have come to that is listed."""


def runs_options(parser: argparse.ArgumentParser) -> None:
    """Add what `runs` takes."""
    add_json_option(parser)
    parser.add_argument(
        "--drills", action="store_true", help="drills that are over, with their scores"
    )
    parser.add_argument("--runbook", metavar="ID", help="only those of this runbook")
    parser.add_argument(
        "--by", metavar="WHO", help="only those that this account began"
    )
    parser.add_argument(
        "--mode",
        choices=tuple(map(str, Mode)),
        help="only those of this kind",
    )
    parser.add_argument(
        "--outcome",
        choices=_LISTED_OUTCOMES,
        metavar="HOW",
        help=f"one of: {', '.join(_LISTED_OUTCOMES)}",
    )
    parser.add_argument(
        "--since", metavar="WHEN", help="begun since then: 30d, 2w, 12h or 2026-11-24"
    )


def review_options(parser: argparse.ArgumentParser) -> None:
    """Add what `review` takes."""
    add_run_argument(parser, "the newest")


def report_options(parser: argparse.ArgumentParser) -> None:
    """Add what `report` takes."""
    add_run_argument(parser, "the newest")
    parser.add_argument(
        "--format",
        choices=REPORT_FORMATS,
        default="md",
        help="how it is written (md)",
    )
    parser.add_argument(
        "-o",
        metavar="FILE",
        dest="output",
        help="the file to write; without it, stdout",
    )
    parser.add_argument(
        "--schema", action="store_true", help="print the shape of --format json"
    )


def annotate_options(parser: argparse.ArgumentParser) -> None:
    """Add what `annotate` takes."""
    add_run_argument(parser)
    parser.add_argument("text", metavar="TEXT", help="the note")
    parser.add_argument(
        "--at",
        metavar="TIME",
        help="the moment: 2026-11-24T13:45:05Z, 13:45:05, or +1:20 from its beginning",
    )
    parser.add_argument("--step", metavar="ID", help="the step that it is on")
    parser.add_argument(
        "--from",
        metavar="TIME",
        dest="since",
        help="where a range begins (with --to)",
    )
    parser.add_argument("--to", metavar="TIME", dest="until", help="where it ends")


def stats_options(parser: argparse.ArgumentParser) -> None:
    """Add what `stats` takes."""
    parser.add_argument("runbook", metavar="RUNBOOK", help="its id, or a file")
    parser.add_argument("--plain", action="store_true", help="lines, not a screen")
    add_json_option(parser)


def export_options(parser: argparse.ArgumentParser) -> None:
    """Add what `export` takes."""
    add_run_argument(parser)
    parser.add_argument(
        "-o",
        metavar="FILE",
        dest="output",
        required=True,
        help="the file to write",
    )


def import_run_options(parser: argparse.ArgumentParser) -> None:
    """Add what `import-run` takes."""
    parser.add_argument("file", metavar="FILE", help="what `export` wrote")
    parser.add_argument(
        "--head", metavar="SHA256", help="the head that you were given with it"
    )


def verify_options(parser: argparse.ArgumentParser) -> None:
    """Add what `verify` takes."""
    add_run_argument(parser)
    parser.add_argument(
        "--head",
        metavar="SHA256",
        help="a head that you kept elsewhere: the journal's, or that of what was said",
    )
