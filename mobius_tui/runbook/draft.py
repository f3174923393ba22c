"""A runbook that is read but not yet judged, and where its parts stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mobius_tui.runbook.model import Runbook
from mobius_tui.runbook.reader import Table

Part = Literal["phase", "step", "var", "profile", "message", "channel", "probe"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """What lint looks at."""

    runbook: Runbook
    root: Table
    """The top of the main file."""
    places: Mapping[tuple[Part, str], Table]
    """The table of each part by its id or name."""
    entries: Mapping[str, Table]
    """The `[[phase]]` table of the main file by the phase's id; for an included phase
    that is the one with `include`."""

    def at(self, part: Part, name: str) -> Table:
        """The table of a part; the top of the file where it has none."""
        return self.places.get((part, name), self.root)
