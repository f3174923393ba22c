"""A module for each command: what it takes (`add_options`), what it does (`do`)."""

from __future__ import annotations

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    from collections.abc import Mapping

COMMANDS: Mapping[str, str] = {
    "demo": "rehearse on a small MOBIUS of its own; touches nothing real",
    "run": "run a runbook",
    "resume": "go on with an open run",
    "approve": "say as a second person that a step may begin, or may not",
    "watch": "watch a runbook's health, and roll back if armed",
    "drill": "rehearse a runbook on a broken site",
    "new": "write a small runbook that works, to begin with",
    "import": "make a runbook of a Markdown page, or say where they have parted",
    "check": "find what is wrong with runbook files",
    "runs": "list runs, newest first",
    "review": "look back on a run: what happened when, and how it was then",
    "report": "write what happened in a run: Markdown, HTML, JSON or JUnit",
    "annotate": "add a note to a run that is over, beside its journal",
    "diff": "say what changed in a runbook since a run",
    "stats": "say what all runs of a runbook say of it, step by step",
    "export": "write a run into one file, for somebody else",
    "import-run": "take in a run that was exported elsewhere",
    "verify": "prove that a run was not edited",
    "doctor": "say whether this machine and login are fit for a run",
    "paths": "say where files are kept",
}
"""What each is for, by its name; its module has that name, with `_` for `-`; one
that Python has a use for ends in `_`."""
