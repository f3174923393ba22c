"""A score in words: what the card, `--plain` and lists say alike. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mobius_tui.drill.history import Beside
from mobius_tui.drill.kept import Kept
from mobius_tui.drill.score import Score
from mobius_tui.runbook.units import clock

LABELS: Mapping[str, str] = {
    "detected": "detect",
    "decided": "decide",
    "restored": "restore",
    "steady": "three healthy",
}
"""Each time of a score, as `time to …`."""
UNKNOWN = "nobody looked at the site"


def verdict_words(score: Score) -> str:
    """Whether it was handled, in words."""
    if score.handled is None:
        return f"not known: {UNKNOWN}"
    return "handled" if score.handled else "not handled"


def faults_words(score: Score) -> str:
    """What broke the site."""
    return " + ".join(score.faults) or "nothing was broken"


def time_words(time: Beside) -> str:
    """A time, and those before it: `0:42  last 0:50, best 0:40`; `-` for never."""
    now = "-" if time.now is None else clock(time.now)
    return f"{now:>5}  {_before(time)}"


def _before(time: Beside) -> str:
    if time.best is None or time.last is None:
        return "none before" if time.now is not None else ""
    words = f"last {clock(time.last)}, best {clock(time.best)}"
    is_best = time.now is not None and time.now < time.best
    return f"{words}: the best so far" if is_best else words


def details(score: Score) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What is to be said besides the times: a label, and lines under it."""
    for label, words in (
        ("still wrong", score.left),
        ("steps wrong", score.wrong),
        ("skipped", score.skipped),
        ("out of order", score.out_of_order),
        ("overridden", score.overridden),
        ("hints", (str(score.hints),) if score.hints else ()),
        ("unsaid", score.unsaid),
    ):
        if words:
            yield label, words


def lines(drill: Kept, times: tuple[Beside, ...]) -> Iterator[str]:
    """A score as lines: words first, for a reader or a pipe."""
    score = drill.score
    yield f"score: {verdict_words(score)}; the fault was {faults_words(score)}"
    for time in times:
        yield f"time to {LABELS[time.name]}: {time_words(time).strip()}"
    for label, words in details(score):
        for each in words:
            yield f"{label}: {each}"
