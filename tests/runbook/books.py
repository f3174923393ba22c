"""A runbook of one step, for tests of what is made of it."""

from __future__ import annotations

from collections.abc import Callable

from mobius_tui.runbook.model.runbook import Runbook, Step

PHASE = """
[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "s"
title = "S"
"""

Decoded = Callable[[str], Runbook]


def only(runbook: Runbook) -> Step:
    """The first step."""
    return runbook.steps()[0]
