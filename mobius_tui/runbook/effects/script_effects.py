"""What a script does to the world: the findings of the judge of effects."""

from __future__ import annotations

from dataclasses import dataclass

from mobius_tui.runbook.effects.command_table import WEIGHTS
from mobius_tui.runbook.model.actions import Effect


@dataclass(frozen=True, kw_only=True, slots=True)
class CommandEffect:
    """One thing that a script does besides reading."""

    effect: Effect
    offset: int
    """Characters from the start of the script."""
    words: str
    """The command, as it is spelt."""
    known: bool = True
    """Whether the table of commands has it; else it is taken for a change."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ScriptEffects:
    """What a script does."""

    deeds: tuple[CommandEffect, ...] = ()

    @property
    def effect(self) -> Effect:
        """The heaviest of what it does."""
        return heaviest_effect("read", *(deed.effect for deed in self.deeds))

    def beyond(self, label: Effect) -> tuple[CommandEffect, ...]:
        """What it does that is more than a label says."""
        own = WEIGHTS.index(label)
        return tuple(each for each in self.deeds if WEIGHTS.index(each.effect) > own)


def heaviest_effect(first: Effect, *others: Effect) -> Effect:
    """The heaviest of some effects."""
    return max((first, *others), key=WEIGHTS.index)


def method_effect(method: str) -> Effect:
    """What an HTTP request does, by its method."""
    if method.upper() in ("GET", "HEAD", "OPTIONS", "TRACE"):
        return "read"
    return "destroy" if method.upper() == "DELETE" else "change"
