"""What `drill --confined` calls by itself, in the enclosure that was made for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mobius_tui.commands.command_line import build_parser
from mobius_tui.commands.support.drill_start import start_drill
from mobius_tui.confinement.enclosure import is_confined
from mobius_tui.drill.rehearsal import ConfinedPlace
from mobius_tui.errors import UsageError


def go_on_confined(words: Sequence[str]) -> int:
    """Do what `drill --confined` asks for; returns the exit code.

    Args:
        words: the run's folder, the site's, and the command line of the drill.

    Raises:
        MobiusError: it cannot be done; or this process is in no enclosure.
    """
    if not is_confined() or len(words) < 3:
        raise UsageError("confined: `drill --confined` calls this by itself")
    run, site, *command = words
    options = build_parser(command).parse_args(command)
    options.place = ConfinedPlace(run=Path(run), site=Path(site))
    return start_drill(options)
