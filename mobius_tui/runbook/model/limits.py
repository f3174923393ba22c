"""Limits of durations and sizes, by their key. Pure.

They are checked when a runbook is read, and again when a variable is filled in: a
typing error must not let a host check a million times a second, or wait for ever.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from mobius_tui.runbook.model.actions import Run, Watch
from mobius_tui.runbook.model.check_kinds import Count, TlsCheck
from mobius_tui.runbook.model.probes import Health
from mobius_tui.runbook.model.runbook import Runbook, Step
from mobius_tui.runbook.text import units
from mobius_tui.runbook.text.template_text import fill, is_template, template_names

MAX_PARALLEL = 64
"""Steps that run side by side at most: each has a keeper, a process of its own."""


class Limits(Struct, frozen=True, kw_only=True):
    """The least and the most, in the syntax of a runbook."""

    least: str
    most: str

    def __str__(self) -> str:
        return f"from {self.least} to {self.most}"


_MONTH = "720h"
LIMITS: Mapping[str, Limits] = {
    # A look is a request, or a process, and a line that is synced to the disk: ten in a
    # second are as many as tell more than fewer would.
    "every": Limits(least="100ms", most="24h"),
    # A host that refuses somebody may hold it against them for some seconds, so that
    # who asks more often than that is not let in any more.
    "hosts_every": Limits(least="10s", most="1h"),
    # No process is started, and no answer comes over a network, in less.
    "timeout": Limits(least="10ms", most=_MONTH),
    # What answers in less than a millisecond is measured no closer than that.
    "above": Limits(least="1ms", most="24h"),
    "faster_than": Limits(least="1ms", most="24h"),
    # Health is judged ten times a second: nothing shorter can be watched or waited for.
    "for": Limits(least="100ms", most=_MONTH),
    "duration": Limits(least="100ms", most=_MONTH),
    "trigger_within": Limits(least="100ms", most="24h"),
    # A rollback that waits longer for somebody to hold it comes too late for anyone.
    "grace": Limits(least="0s", most="24h"),
    # A person has to read, to think and to type.
    "within": Limits(least="1s", most=_MONTH),
    "healthy": Limits(least="1s", most="24h"),
    # ssh counts whole seconds. What is not there in two minutes is not there: it holds
    # its batch for as long as all tries take.
    "connect_timeout": Limits(least="1s", most="2m"),
    "expect": Limits(least="100ms", most=_MONTH),
    # One read (256 KiB at most) rotates the output of a step with `follow` once for
    # each limit in it: with a smaller limit the keeper would do little else.
    "max_output": Limits(least="4KiB", most="1TiB"),
}
"""The bounds of a value, by its key.

Two of them are no keys of a runbook: `duration` is `--duration` of the watch command,
`trigger_within` is a key of the file of `--answers`.

No time is longer than a month: nobody attends a run for that long, so a longer one has
a wrong unit.
"""

COUNTS: Mapping[str, tuple[int, int]] = {
    "attempts": (1, 10_000),
    "consecutive": (1, 10_000),
    "min_days": (0, 36_500),
}
"""The least and the most of each count that a variable may give, by its key."""
_SIZES = frozenset({"max_output"})

_WHOLE = re.compile(r"[0-9]{1,9}")

KeyedText = tuple[str, str]
"""A key, and the text of its value."""


def bounded_duration(text: str, key: str) -> float:
    """The seconds of a duration, checked against the limits of its key.

    Raises:
        ValueError: it is no duration, or is out of its limits; the message names them.
    """
    try:
        length = units.parse_duration(text)
    except units.TooLongError:
        length = units.YEAR_SECONDS
    return _bounded(length, text, key, units.parse_duration)


def bounded_size(text: str, key: str) -> int:
    """The bytes of a size, checked against the limits of its key.

    Raises:
        ValueError: it is no size, or is out of its limits; the message names them.
    """
    return int(_bounded(units.parse_size(text), text, key, units.parse_size))


def bounded_count(count: Count, key: str) -> int:
    """A count, checked against the limits of its key.

    Raises:
        ValueError: it is no whole number, or is out of its limits; the message names
            them.
    """
    if isinstance(count, int):
        return count  # it was held to them when it was read
    least, most = COUNTS[key]
    text = count.strip()
    if _WHOLE.fullmatch(text) and least <= int(text) <= most:
        return int(text)
    words = f"`{key}` is a whole number from {least} to {most}"
    raise ValueError(f"{text[:40]!r} is none: {words}")


def _bounded(
    amount: float, text: str, key: str, measure: Callable[[str], float]
) -> float:
    limits = LIMITS[key]
    if measure(limits.least) <= amount <= measure(limits.most):
        return amount
    too_much, too_little = ("large", "small") if key in _SIZES else ("long", "short")
    which = too_much if amount > measure(limits.least) else too_little
    raise ValueError(f"{text[:40]!r} is too {which}: `{key}` is {limits}")


def bounded_values(runbook: Runbook) -> Iterator[KeyedText]:
    """Every duration and size of a runbook that has limits, with its key.

    And the counts that a variable gives.
    """
    for target in runbook.targets.values():
        yield "connect_timeout", target.connect_timeout
    if runbook.health is not None:
        yield from _of_health(runbook.health)
    for step in runbook.steps():
        for key, text in _of_step(step):
            if text is not None:
                yield key, text


def _of_health(health: Health) -> Iterator[KeyedText]:
    yield "every", health.every
    yield "hosts_every", health.hosts_every
    yield "grace", health.trigger.grace
    if health.trigger.p95_latency is not None:
        yield "above", health.trigger.p95_latency.above
    for probe in health.probes:
        yield "timeout", probe.timeout


def _of_step(step: Step) -> Iterator[tuple[str, str | None]]:
    yield "expect", step.expect
    if step.retry is not None:
        yield "every", step.retry.every
    if step.approve is not None:
        yield "within", step.approve.within
    if step.rollout is not None and step.rollout.between.healthy:
        yield "healthy", step.rollout.between.healthy
        yield "within", step.rollout.between.within
    match step.action:
        case Run(timeout=timeout, max_output=max_output):
            yield "timeout", timeout
            yield "max_output", max_output
        case Watch(for_=lasts):
            yield "for", lasts
        case _:
            pass
    for check in (*step.checks, *step.when_checks):
        repeat = check.repeat
        if isinstance(repeat.attempts, str):
            yield "attempts", repeat.attempts
        if isinstance(repeat.consecutive, str):
            yield "consecutive", repeat.consecutive
        if isinstance(check, TlsCheck) and isinstance(check.min_days, str):
            yield "min_days", check.min_days
        yield "every", check.repeat.every
        yield "timeout", check.repeat.timeout
        yield "for", check.repeat.deadline
        yield "faster_than", getattr(check, "faster_than", None)
    if step.for_each is not None:
        if step.for_each.command is not None:
            yield "timeout", step.for_each.command.timeout
            yield "max_output", step.for_each.command.max_output
        if step.for_each.row is not None:
            yield from _of_step(step.for_each.row)


def limited_texts_by_variable(runbook: Runbook) -> Mapping[str, tuple[KeyedText, ...]]:
    """The durations, sizes and counts into which each variable is filled in.

    A text with several names is only checked when it is filled in.
    """
    found: dict[str, dict[KeyedText, None]] = {}
    for key, text in bounded_values(runbook):
        if is_template(text):
            names = template_names(text)
            if len(names) == 1:
                found.setdefault(names[0], {})[key, text] = None
    return {name: tuple(places) for name, places in found.items()}


def limit_problem(places: tuple[KeyedText, ...], value: str) -> str:
    """The problem of a value for a variable that is filled into some texts; or "".

    Args:
        places: the keys and their texts.
        value: the value.
    """
    for key, text in places:
        try:
            _measure(key)(fill(text, lambda _: value), key)
        except ValueError as error:
            return str(error)
    return ""


def _measure(key: str) -> Callable[[str, str], float]:
    """What reads a value of a key, and holds it to its limits."""
    if key in COUNTS:
        return bounded_count
    return bounded_size if key in _SIZES else bounded_duration
