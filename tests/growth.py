"""How work grows with what it is given, whatever the machine and whoever else is on it.

A test that compares a time with a number of seconds judges the machine. This compares
times of the same work with one another: taken in one process, by the processor's time
of its thread alone, turn about, and of some turns the least.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

FACTOR = 8
"""How many times the input is made longer: it is doubled thrice."""
UNEVEN = 3.0
"""What `growth` is below where work grows as its input does: that is 1, and a sort or a
busy machine make it some more; what takes its square makes it 8."""
TURNS = 6
"""Turns at most: each is a chance that nothing came between."""


def growth(work: Callable[[int], object], size: int) -> float:
    """How many times as fast as its input the time of a work grows.

    One long input is compared with as much in short ones, so that both are interrupted
    as often.

    Args:
        work: does it for an input of the given length. No length is given twice, so
            that what remembers its answers is no faster for it.
        size: the length of the longer input, which becomes a little shorter each turn.

    Returns:
        1 where twice the input takes twice the time, 2 where a long input takes twice
        as much of it for each piece, and so on; less where it is cut or refused. With
        the first turn that is below `UNEVEN` it is done.
    """
    short = size // FACTOR

    def in_short_ones(turn: int) -> None:
        for number in range(FACTOR):
            work(short - FACTOR * turn - number)

    work(short + 1)  # what only the first time takes
    return cost(lambda turn: work(size - turn), in_short_ones)


def cost(work: Callable[[int], object], other: Callable[[int], object]) -> float:
    """How many times as long as another work one takes.

    Args:
        work: is given the number of the turn, as the other one.
        other: what it is compared with.
    """
    mine = others = ratio = float("inf")
    for turn in range(TURNS):
        others = min(others, _took(other, turn))
        mine = min(mine, _took(work, turn))
        ratio = mine / others
        if ratio < UNEVEN:
            break
    return ratio


def _took(work: Callable[[int], object], turn: int) -> float:
    """Seconds of this thread on a processor, without what Python clears up."""
    gc.disable()
    try:
        began = time.thread_time()
        work(turn)
        return time.thread_time() - began
    finally:
        gc.enable()
