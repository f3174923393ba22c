"""`mobius-tui new`: a runbook to begin with."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.errors import OK

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    import argparse


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what `new` takes."""
    parser.add_argument(
        "name",
        metavar="NAME",
        help="its id and its file's name, of a-z, 0-9 and -",
    )


def do(options: argparse.Namespace) -> int:
    """Write it in the folder where one is, and say what to try."""
    from mobius_tui.commands.speaking import say
    from mobius_tui.runbook.fresh import checked_name, new_text
    from mobius_tui.runbook.source_file import write_source

    name = checked_name(options.name)
    file = f"{name}.toml"
    write_source(Path(file), new_text(name).encode(), replace=False)
    say(f"{file} is there, and works as it stands. Try, in this order:")
    say(f"  mobius-tui check ./{file}")
    say(f"  mobius-tui run ./{file} --dry-run")
    say(f"  mobius-tui run ./{file}")
    return OK
