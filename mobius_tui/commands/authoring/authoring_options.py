"""What the commands on a runbook's file take on the command line."""

from __future__ import annotations

import argparse

from mobius_tui.commands.support.command_options import (
    add_json_option,
    add_run_argument,
)

CHECK_FORMATS = ("text", "json", "sarif", "github")
"""What `check --format` takes.

`check_formats.ITEM_RENDERERS` has what writes each of them but `text`.
"""


def new_options(parser: argparse.ArgumentParser) -> None:
    """Add what `new` takes."""
    parser.add_argument(
        "name",
        metavar="NAME",
        help="its id and its file's name, of a-z, 0-9 and -",
    )


def import_options(parser: argparse.ArgumentParser) -> None:
    """Add what `import` takes."""
    parser.add_argument(
        "page", metavar="PAGE.md", help="a Markdown page; - for standard input"
    )
    parser.add_argument(
        "runbook",
        nargs="?",
        metavar="RUNBOOK",
        help="with --check: what the page is compared with; its id, or a file",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE.toml",
        help="the runbook to write; - for standard output, as is none for a page from "
        "standard input",
    )
    parser.add_argument(
        "--force", action="store_true", help="replace a file that is there"
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; say where the commands of page and RUNBOOK have parted, "
        "and exit 1 where they have. A step that says `# page: none` is not looked for "
        "on the page; `# page: COMMAND` says that the page has this command, and the "
        "runbook has something else for it; `# page: when`, that the condition of the "
        "step is the runbook's own",
    )
    parser.add_argument(
        "--explain",
        action="store_true",
        help="write nothing; say of each part of the page what became of it, and by "
        "which rule",
    )
    add_json_option(parser)


def check_options(parser: argparse.ArgumentParser) -> None:
    """Add what `check` takes."""
    parser.add_argument("files", nargs="*", metavar="RUNBOOK", help="its id, or a file")
    parser.add_argument(
        "--explain", metavar="CODE", help="what a warning means; or: list"
    )
    parser.add_argument(
        "--ids", action="store_true", help="list the phases and steps with their ids"
    )
    parser.add_argument(
        "--fresh",
        metavar="AGE",
        help="exit 1 when no drill handled its fault within this time, such as 30d",
    )
    parser.add_argument(
        "--format",
        choices=CHECK_FORMATS,
        default="text",
        help="how the findings are written (text); github: annotations of its runners",
    )
    parser.add_argument(
        "--json",
        dest="format",
        action="store_const",
        const="json",
        help="the same as --format json",
    )


def schema_options(parser: argparse.ArgumentParser) -> None:
    """Add what `schema` takes."""
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="the file to write, which is replaced; - for standard output",
    )


def upgrade_options(parser: argparse.ArgumentParser) -> None:
    """Add what `upgrade` takes."""
    parser.add_argument("file", metavar="FILE", help="the runbook's file")
    parser.add_argument(
        "--dry-run", action="store_true", help="print the changes; write nothing"
    )


def diff_options(parser: argparse.ArgumentParser) -> None:
    """Add what `diff` takes."""
    add_run_argument(parser)
    parser.add_argument(
        "runbook",
        nargs="?",
        metavar="RUNBOOK",
        help="its id, or a file; without it, the one that the run was made of",
    )


def amend_options(parser: argparse.ArgumentParser) -> None:
    """Add what `amend` takes."""
    add_run_argument(parser)
    parser.add_argument(
        "--step",
        action="append",
        metavar="N",
        help="which, such as 1 for !1; may be given again (all that passed)",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("-o", "--output", metavar="FILE", help="write another file")
    where.add_argument(
        "--write", action="store_true", help="write the runbook's own file"
    )
