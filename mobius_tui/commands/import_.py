"""`mobius-tui import`: a runbook out of a Markdown page."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.errors import OK, RunbookError, UsageError

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    import argparse


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what `import` takes."""
    parser.add_argument("page", metavar="PAGE.md", help="a Markdown page")
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="FILE.toml",
        help="the runbook to write; - for standard output",
    )
    parser.add_argument(
        "--force", action="store_true", help="replace a file that is there"
    )


def do(options: argparse.Namespace) -> int:
    """Write the runbook that a page becomes, and say what to do next."""
    from mobius_tui.commands.speaking import tell
    from mobius_tui.runbook.page.convert import convert
    from mobius_tui.runbook.source_file import write_source

    page, target = Path(options.page), Path(options.output)
    is_file = options.output != "-"
    if is_file and target.exists() and not options.force:
        raise UsageError(f"{target} is there already; --force replaces it")
    name = target if is_file else page
    file = target.name if is_file else f"{page.stem}.toml"
    made = convert(_read(page), page=page.name, file=file, name=name.stem)
    if is_file:
        write_source(target, made.text.encode(), replace=options.force)
    else:
        _print(made.text)
    if made.comments:
        few = "1 HTML comment" if made.comments == 1 else f"{made.comments} comments"
        tell(f"left out, as the page does not show it: {few}")
    if is_file:
        _verdict(target)
    return OK


def _read(page: Path) -> str:
    """The text of a page.

    Raises:
        RunbookError: it cannot be read as one.
    """
    from mobius_tui.runbook.document import decoded
    from mobius_tui.runbook.problem import report
    from mobius_tui.runbook.source import RefusedError, read_bytes

    if page.is_dir():
        raise UsageError(f"{page} is a folder; name a page in it")
    try:
        return decoded(str(page), read_bytes(page))
    except RefusedError as error:
        raise RunbookError(report([error.problem])) from None


def _print(text: str) -> None:
    """The runbook as it is, whatever the terminal is said to understand."""
    import sys

    stream = getattr(sys.stdout, "buffer", None)
    if stream is None:
        sys.stdout.write(text)
    else:
        stream.write(text.encode())
    sys.stdout.flush()


def _verdict(target: Path) -> None:
    """What was written, and what is wrong with it."""
    from mobius_tui.commands.speaking import tell
    from mobius_tui.runbook.decode import examine

    runbook, _ = examine(target)
    if runbook is None:
        raise RunbookError(f"{target} was written, and cannot be read as a runbook")
    phases, steps = len(runbook.phases), len(runbook.steps())
    tell(f"wrote {target}: phases {phases}, steps {steps}")
    tell(f"`mobius-tui check {target}` says what is wrong with it, place by place")
