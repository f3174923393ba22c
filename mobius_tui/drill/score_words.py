"""A score in words: what the card, `--plain` and lists say alike. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mobius_tui.drill.history import Beside
from mobius_tui.drill.kept import Kept
from mobius_tui.drill.score import Score
from mobius_tui.runbook.units import clock, in_words

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
    if not score.faults:
        return "no fault was injected"
    return f"the fault was {' + '.join(score.faults)}"


def seconds_words(duration: float) -> str:
    """A time of a score: `0.4 s`, `0:42`, `8:41`."""
    return in_words(duration) if duration < 10 else clock(duration)


def now_words(time: Beside) -> str:
    """The time of this drill; `-` for what never came about."""
    return "-" if time.now is None else seconds_words(time.now)


def before_words(time: Beside) -> str:
    """Those of the drills before it: `last 0:50, best 0:40`."""
    if time.best is None or time.last is None:
        return "no such drill before"
    last, best = seconds_words(time.last), seconds_words(time.best)
    is_best = time.now is not None and time.now < time.best
    return f"last {last}, best {best}" + (": this is the best" if is_best else "")


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
    yield f"score: {verdict_words(score)}; {faults_words(score)}"
    for time in times:
        now, before = now_words(time), before_words(time)
        yield f"time to {LABELS[time.name]}: {now}; {before}"
    for label, words in details(score):
        for each in words:
            yield f"{label}: {each}"
