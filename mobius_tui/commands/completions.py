"""`mobius-tui completions`: the script by which a shell completes our commands."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from mobius_tui.commands.command_arguments import SHELLS
from mobius_tui.commands.support.command_output import print_data
from mobius_tui.errors import EXIT_OK, UsageError
from mobius_tui.folders import make_folders
from mobius_tui.runbook.toml.runbook_source import (
    RefusedError,
    read_bytes,
    write_source,
)
from mobius_tui.sanitize import line

ASSETS = Path(__file__).with_name("assets")
"""Where the files lie that `python -m tests.completions` makes."""
COMPLETIONS_MARK = "the completions of mobius-tui"
"""A text in the first lines of each file, by which we recognize our own files."""
_HEAD = 300
"""Bytes at the beginning of a file in which that text is."""


class CompletionPlace(NamedTuple):
    """Where a shell looks for a user's completions, and how the user enables them."""

    asset: str
    folder: Callable[[], Path]
    file: str
    remaining_steps: str
    """What the user must do then; `{file}` and `{folder}` are replaced by paths."""


def _data_home() -> Path:
    return _home("XDG_DATA_HOME", ".local/share")


def _home(variable: str, otherwise: str) -> Path:
    base = os.environ.get(variable, "")
    return Path(base) if base.startswith("/") else Path.home() / otherwise


COMPLETION_PLACES = {
    "bash": CompletionPlace(
        "mobius-tui.bash",
        lambda: _data_home() / "bash-completion" / "completions",
        "mobius-tui",
        "A new bash reads it where the package bash-completion is installed. Where it "
        "is not, add this line to ~/.bashrc:\n  source {file}",
    ),
    "zsh": CompletionPlace(
        "_mobius-tui",
        lambda: _data_home() / "zsh" / "site-functions",
        "_mobius-tui",
        "zsh looks only into the folders of $fpath. Where this one is not among them, "
        "add these lines to ~/.zshrc, the first above any `compinit`:\n"
        "  fpath=({folder} $fpath)\n"
        "  autoload -Uz compinit && compinit",
    ),
    "fish": CompletionPlace(
        "mobius-tui.fish",
        lambda: _home("XDG_CONFIG_HOME", ".config") / "fish" / "completions",
        "mobius-tui.fish",
        "fish reads it by itself; nothing is left to do.",
    ),
}


def do(options: argparse.Namespace) -> int:
    """Print the completions of a shell, or write them to the person's own place."""
    place = COMPLETION_PLACES[options.shell or _own_shell()]
    data = (ASSETS / place.asset).read_bytes()
    if options.install:
        _install(place, data)
    else:
        sys.stdout.write(data.decode())
    return EXIT_OK


def _own_shell() -> str:
    """The shell that the person logs in with.

    Raises:
        UsageError: there are no completions for it.
    """
    name = Path(os.environ.get("SHELL", "")).name
    if name in SHELLS:
        return name
    known = ", ".join(SHELLS)
    raise UsageError(
        f"there are completions for {known}, and $SHELL names "
        f"{line(name) or 'no shell'}; name one, as in `mobius-tui completions bash`"
    )


def _install(place: CompletionPlace, data: bytes) -> None:
    """Write the file, unless one is there that is not ours.

    Raises:
        UsageError: one is, or it cannot be written; nothing has changed.
    """
    folder = place.folder()
    file = folder / place.file
    if _is_taken(file):
        raise UsageError(
            f"{line(str(file))} is there and was not made by mobius-tui; it was left "
            "as it is. Move it away, or write the completions elsewhere yourself: "
            "`mobius-tui completions SHELL` prints them"
        )
    try:
        make_folders(folder, 0o755)
    except OSError as error:
        raise UsageError(f"{line(str(folder))}: {error.strerror}") from None
    write_source(file, data, replace=True)
    print_data(f"written: {line(str(file))}")
    named = {"file": file, "folder": folder}
    quoted = {name: line(shlex.quote(str(path))) for name, path in named.items()}
    print_data(place.remaining_steps.format(**quoted))


def _is_taken(file: Path) -> bool:
    """Whether something other than an older file of ours has the name."""
    if not os.path.lexists(file):
        return False
    try:
        return COMPLETIONS_MARK.encode() not in read_bytes(file)[:_HEAD]
    except RefusedError:
        return True
