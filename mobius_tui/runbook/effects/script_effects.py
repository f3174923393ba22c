"""The effects of a script: the findings of the judge."""

from __future__ import annotations

from mobius_tui.dataclass import dataclass
from mobius_tui.runbook.effects.command_table import TABLE_EFFECTS
from mobius_tui.runbook.model.actions import Effect


@dataclass(frozen=True, kw_only=True, slots=True)
class CommandEffect:
    """One command that does more than read."""

    effect: Effect
    offset: int
    """Characters from the start of the script."""
    words: str
    """The source text of the command."""
    known: bool = True
    """Whether the table of commands has it; else it is taken for a change."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ScriptEffects:
    """All effects of a script."""

    effects: tuple[CommandEffect, ...] = ()

    @property
    def effect(self) -> Effect:
        """The heaviest effect."""
        return heaviest_effect("read", *(one.effect for one in self.effects))

    def exceeding(self, label: Effect) -> tuple[CommandEffect, ...]:
        """The effects heavier than a step's label: it does not cover them."""
        own = TABLE_EFFECTS.index(label)
        return tuple(
            each for each in self.effects if TABLE_EFFECTS.index(each.effect) > own
        )


def heaviest_effect(first: Effect, *others: Effect) -> Effect:
    """The heaviest of some effects."""
    return max((first, *others), key=TABLE_EFFECTS.index)


def method_effect(method: str) -> Effect:
    """What an HTTP request does, by its method."""
    if method.upper() in ("GET", "HEAD", "OPTIONS", "TRACE"):
        return "read"
    return "destroy" if method.upper() == "DELETE" else "change"
