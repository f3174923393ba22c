"""Every action that can be asked of a run's host: those of the modules beside. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from mobius_tui.run.intents import (
    approval_intents,
    drill_intents,
    fleet_intents,
    message_intents,
    run_intents,
    step_intents,
    undo_intents,
    watch_intents,
)
from mobius_tui.run.intents.action import Action

_FAMILIES = (
    *(step_intents, approval_intents, fleet_intents, message_intents),
    *(run_intents, undo_intents, watch_intents, drill_intents),
)
"""The modules that have actions; each public class of theirs is one."""
ACTIONS: tuple[type[Action], ...] = tuple(
    kind
    for family in _FAMILIES
    for name, kind in vars(family).items()
    if not name.startswith("_")
    and isinstance(kind, type)
    and issubclass(kind, Action)
    and kind.__module__ == family.__name__
)
"""Every action, by its class."""
ACTIONS_BY_NAME: Mapping[str, type[Action]] = {kind.__name__: kind for kind in ACTIONS}
"""Each action by the name that it has in lines."""
PROTOCOL_VERSION = max(kind.protocol for kind in ACTIONS)
"""Version of the protocol between viewers and hosts: of its newest action."""
