"""Whether a guard can hold at all, tried with every value that matters. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from decimal import Decimal
from itertools import chain, combinations, pairwise, product
from math import prod

from mobius_tui.runbook.model.actions import Choose, chosen_text
from mobius_tui.runbook.model.guard_comparison import (
    QuantityKind,
    parse_comparison,
    parse_quantity,
)
from mobius_tui.runbook.model.guards import Guard, evaluate_guard, guard_leaves
from mobius_tui.runbook.model.runbook import Runbook

MAX_COMBINATIONS = 4096
"""Combinations of values that are tried; with more, a guard is taken to hold."""
MAX_SELECTED_TEXTS = 6
"""Texts of which every subset is tried; with more, none."""


def can_hold(
    guard: Guard,
    possible: Callable[[str], tuple[str, ...]],
    multiple: Collection[str],
) -> bool:
    """Whether there are values with which a guard holds; True if undecided.

    Args:
        guard: the guard.
        possible: gives the only values that a variable can have; empty for any.
        multiple: the variables of which several values can be chosen.
    """
    texts: dict[str, list[str]] = {}
    for _, name, own in guard_leaves(guard):
        texts.setdefault(name, []).extend(own)
    by_name = {
        name: _candidates(own, possible(name), is_several=name in multiple)
        for name, own in texts.items()
    }
    candidates = [own for own in by_name.values() if own]
    if len(candidates) < len(by_name) or prod(map(len, candidates)) > MAX_COMBINATIONS:
        return True
    return any(
        evaluate_guard(guard, dict(zip(by_name, values, strict=True))).holds
        for values in product(*candidates)
    )


def _candidates(
    texts: list[str], possible: tuple[str, ...], *, is_several: bool
) -> tuple[str, ...]:
    """Sample values with which every comparison of a variable is tried.

    Empty if there are too many, or a pattern is among them.
    """
    if possible:
        return _selections(possible) if is_several else possible
    meant = [parse_comparison(text) for text in texts]
    if any(each.sign == "matches" for each in meant):
        return ()
    operands = tuple(dict.fromkeys(text for each in meant for text in each.texts))
    other = f"none of {operands}"
    selections = _selections((*operands, other))
    return (*selections, "", *_points(operands)) if selections else ()


def multiple_choice_variables(runbook: Runbook) -> frozenset[str]:
    """The variables for which several values can be chosen or given."""
    chosen = {
        step.action.var
        for step in runbook.steps()
        if isinstance(step.action, Choose) and step.action.multi
    }
    given = {name for name, variable in runbook.variables.items() if variable.many}
    return frozenset(chosen | given)


def _selections(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Each non-empty subset of texts, as a value with one line for each."""
    if len(texts) > MAX_SELECTED_TEXTS:
        return ()
    sizes = range(1, len(texts) + 1)
    chosen = chain.from_iterable(combinations(texts, size) for size in sizes)
    return tuple(chosen_text(each) for each in chosen)


def _points(operands: Iterable[str]) -> Iterator[str]:
    """Boundary values of the numbers, durations and sizes in a guard.

    Each, one below, one above, and the means between them.
    """
    by_kind: dict[QuantityKind, set[Decimal]] = {}
    for text in operands:
        if (own := parse_quantity(text)) is not None:
            by_kind.setdefault(own[0], set()).add(Decimal(own[1]))
    for kind, limits in by_kind.items():
        ordered = sorted(limits)
        points = [*ordered, ordered[0] - 1, ordered[-1] + 1]
        points += [(low + high) / 2 for low, high in pairwise(ordered)]
        # No duration and no size is negative.
        yield from (_as_text(each, kind) for each in points if _is_possible(each, kind))


def _is_possible(point: Decimal, kind: QuantityKind) -> bool:
    return kind == "number" or point >= 0


def _as_text(point: Decimal, kind: QuantityKind) -> str:
    if kind == "number":
        return str(point)
    if kind == "size":
        return f"{int(point)}B"
    return f"{float(point):.9f}"[:19] + "s"
