"""`mobius-tui report`: what happened in a run, to read and to keep."""

from __future__ import annotations

from mobius_tui.commands.options import run_argument
from mobius_tui.errors import INCOMPLETE, OK

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from mobius_tui.review.told import Told

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
    from mobius_tui.commands.speaking import tell
    from mobius_tui.commands.writing import write
    from mobius_tui.run.home import runs_root
    from mobius_tui.run.runs import find, newest

    if options.schema:
        from mobius_tui.review.schema import schema

        write(schema(), options.output)
        return OK
    from mobius_tui.review.gather import gather

    root = runs_root()
    told = gather(find(root, options.run) if options.run else newest(root))
    write(_renderer(options.format)(told), options.output)
    for each in told.damage:
        tell(each)
    return INCOMPLETE if told.damage else OK


def _renderer(name: str) -> Callable[[Told], str]:
    if name == "json":
        from mobius_tui.review.as_json import as_json

        return as_json
    if name == "html":
        from mobius_tui.review.as_html import as_html

        return as_html
    if name == "junit":
        from mobius_tui.review.as_junit import as_junit

        return as_junit
    from mobius_tui.review.as_markdown import as_markdown

    return as_markdown
