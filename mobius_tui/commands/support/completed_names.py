"""`mobius-tui names`: what a shell completes RUNBOOK, RUN, and their parts with.

The completions call it at every TAB: it is read before the command line is parsed, and
imports next to nothing. It is in no list of commands.
"""

from __future__ import annotations

import re
import sys

from mobius_tui.errors import EXIT_OK, UsageError
from mobius_tui.run.storage.state_folders import (
    own_shared_folders,
    run_ids,
    runs_root,
    shared_folders_of_others,
)
from mobius_tui.runbook.library.runbook_files import (
    bundled_runbooks,
    own_runbook_files,
)

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

_PLAIN = re.compile(r"\w[\w.@+-]*", re.ASCII)
"""Names that mean themselves in every shell.

Nobody has to quote them, and whoever has other ones types them. So a name never reaches
a shell that could take it for a command, an option, or a key.
"""


def print_names(words: Sequence[str]) -> int:
    """Print the names of a kind, each on its line.

    Args:
        words: the kind: `runbooks` by name, or `runs`, newest first; or `profiles` of
            the runbook, `steps` of the run that the words after it name, which are
            those of a command line.

    Returns:
        The exit code.

    Raises:
        UsageError: there is no such kind.
    """
    if list(words) == ["runbooks"]:
        names: Iterable[str] = sorted(
            {path.stem for path in (*bundled_runbooks(), *own_runbook_files())}
        )
    elif list(words) == ["runs"]:
        every = {each for folder in _run_folders() for each in run_ids(folder)}
        names = sorted(every, reverse=True)
    elif words[:1] in (["profiles"], ["steps"]):
        # Only now: the others do not wait for what reads a file.
        from mobius_tui.commands.support.completed_parts import profile_names, step_ids

        line = list(words[1:])
        is_profile = words[0] == "profiles"
        names = profile_names(line) if is_profile else step_ids(line, _run_folders())
    else:
        kinds = "`names runbooks`, `names runs`, `names profiles` or `names steps`"
        raise UsageError(f"names: write {kinds}")
    lines = [f"{name}\n" for name in names if _PLAIN.fullmatch(name)]
    sys.stdout.write("".join(lines))
    return EXIT_OK


def _run_folders() -> list[Path]:
    """The folders of this user's runs, and of runs that other users share."""
    return [runs_root(), *own_shared_folders(), *shared_folders_of_others()]
