"""The least and the most of durations and sizes: said where they stand, and held."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest
from msgspec import Struct

from mobius_tui.runbook.model.limits import (
    COUNTS,
    HOST_SHARES,
    LIMITS,
    bounded_duration,
    bounded_size,
    bounded_values,
    limit_problem,
    limited_texts_by_variable,
)
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.runbook.model.templates import texts_in, variables_read
from mobius_tui.runbook.text import units
from mobius_tui.runbook.toml.problem import Problem
from mobius_tui.structs import replace
from tests.runbook.runbook_texts import PHASE, Decoded, Pointed

Examine = Callable[[str], tuple[Runbook | None, tuple[Problem, ...]]]

HEALTH = '[health]\n[[health.probe]]\nid = "api"\nurl = "http://x"\n'
PLACES = {
    "every": PHASE + "run = 'true'\n[health]\nevery = {}\n" + HEALTH[9:],
    "timeout": PHASE + "run = 'true'\ntimeout = {}\n",
    "above": (
        PHASE + "run = 'true'\n" + HEALTH + "[health.trigger.p95_latency]\nabove = {}\n"
    ),
    "faster_than": (
        PHASE
        + "[phase.step.check.http]\nurl = 'http://x'\ntimeout = '48h'\nfaster_than = {}"
    ),
    "for": PHASE + "watch = {{ for = {} }}\n" + HEALTH,
    "grace": PHASE + "run = 'true'\n" + HEALTH + "[health.trigger]\ngrace = {}\n",
    "within": PHASE + "run = 'true'\napprove = {{ role = 'x', within = {} }}\n",
    "expect": PHASE + "run = 'true'\nexpect = {}\n",
    "max_output": PHASE + "run = 'true'\nmax_output = {}\n",
}
ELSEWHERE = {"duration", "trigger_within", "healthy", "hosts_every", "connect_timeout"}
"""What the command line and answers say; and of steps on hosts, in format 2 alone."""


def amount(key: str) -> Callable[[str, str], float]:
    return bounded_size if key == "max_output" else bounded_duration


def test_every_key_has_a_place_here() -> None:
    assert set(PLACES) | ELSEWHERE == set(LIMITS)


@pytest.mark.parametrize("key", PLACES)
def test_the_least_and_the_most_are_allowed(key: str, decoded: Decoded) -> None:
    limits = LIMITS[key]
    for text in (limits.least, limits.most):
        runbook = decoded(PLACES[key].format(f"'{text}'"))
        assert (key, text) in set(bounded_values(runbook))


@pytest.mark.parametrize(
    ("key", "text"),
    [
        *((key, "9" * 400 + "h") for key in PLACES if key != "max_output"),
        *((key, "721h") for key in PLACES if key != "max_output"),
        *((key, "0.0000001s") for key in PLACES if key not in ("max_output", "grace")),
        ("max_output", "4095B"),
        ("max_output", "1.1TiB"),
    ],
)
def test_what_is_out_of_bounds_is_told_at_its_place(
    key: str, text: str, examined: Examine
) -> None:
    book = PLACES[key].format(f"'{text}'")
    runbook, problems = examined(book)
    words = f"`{key}` is from {LIMITS[key].least} to {LIMITS[key].most}"
    [found] = [each for each in problems if words in each.message]
    assert runbook is None
    assert found.text[found.column - 1 :].startswith(f"{key} = '{text[:5]}")


@pytest.mark.parametrize("key", LIMITS)
def test_the_bounds_hold_for_what_is_filled_in(key: str) -> None:
    measure, limits = amount(key), LIMITS[key]
    assert measure(limits.least, key) <= measure(limits.most, key)
    with pytest.raises(ValueError, match=f"`{key}` is from"):
        measure("2TiB" if key == "max_output" else "8784h", key)


def texts(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a model whose field is named as a key that has bounds."""
    if isinstance(value, str) and name.rstrip("_") in LIMITS:
        yield name.rstrip("_"), value
    elif isinstance(value, tuple):
        for item in value:
            yield from texts(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            yield from texts(getattr(value, name), name)


@pytest.mark.parametrize("key", PLACES)
def test_none_is_left_out(key: str, decoded: Decoded) -> None:
    runbook: Runbook = decoded(PLACES[key].format(f"'{LIMITS[key].most}'"))
    assert sorted(bounded_values(runbook)) == sorted(texts(runbook))


ROWS = """format = 2
[runbook]
title = "X"
[var.wait]
default = "10s"
[[step]]
title = "S"
run = "true"
timeout = "3m"
for_each = { run = "ls", timeout = "${wait}" }
[step.check]
run = "true"
every = "${wait}"
timeout = "5m"
"""


def test_those_of_rows_are_not_left_out(decoded: Decoded) -> None:
    runbook = decoded(ROWS)
    assert sorted(bounded_values(runbook)) == sorted(texts(runbook))
    assert ("timeout", "${wait}") in limited_texts_by_variable(runbook)["wait"]
    [phase] = runbook.phases
    [step] = phase.steps
    assert step.for_each is not None
    rows = replace(step.for_each, row=replace(step, for_each=None))
    begun = replace(step, action=None, checks=(), for_each=rows)
    runbook = replace(runbook, phases=(replace(phase, steps=(begun,)),))
    assert sorted(bounded_values(runbook)) == sorted(texts(runbook))
    assert len(limited_texts_by_variable(runbook)["wait"]) == 2


def test_what_a_command_of_items_may_begin_with_is_told_at_its_place(
    pointed: Pointed,
) -> None:
    text = ROWS.replace('every = "${wait}"\n', "")
    found = pointed(text.replace('default = "10s"', '«default = "721h"'))
    assert [message for _, message in found] == [
        "'721h' is too long: `timeout` is from 10ms to 720h"
    ]


def test_a_variable_is_judged_by_what_it_fills_in(decoded: Decoded) -> None:
    runbook = decoded(
        "[var.beat]\ndefault = '5'\n[var.unit]\ndefault = 's'\n"
        + PLACES["every"].format("'${beat}s'")
        + "timeout = '${beat}${unit}'\n"
    )
    places = limited_texts_by_variable(runbook)
    assert dict(places) == {"beat": (("every", "${beat}s"),)}
    assert limit_problem(places["beat"], "1") == ""
    assert "'0s' is too short: `every` is from" in limit_problem(places["beat"], "0")


@pytest.mark.parametrize(
    "head",
    [
        "[var.beat]\n«default = '5ms'\n",
        "[var.beat]\ndefault = '5s'\nchoices = ['5s', «'5ms']\n",
        "[var.beat]\n[profile.staging]\n«beat = '5ms'\n",
    ],
)
def test_what_a_variable_may_begin_with_is_told_at_its_place(
    head: str, pointed: Pointed
) -> None:
    found = pointed(head + PLACES["every"].format("'${beat}'"))
    assert [message for _, message in found] == [
        "'5ms' is too short: `every` is from 100ms to 24h"
    ]


COUNTED = """format = 2
[runbook]
title = "X"
[var.n]
ask = true
[targets.web]
hosts = ["web-[1:4]"]
[[step]]
title = "S"
run = "true"
hosts = "web"
parallel = "${n}"
max_failed = "${n}%"
retry = { attempts = "${n}" }
[step.check]
tls = { at = "x:1", min_days = "${n}" }
attempts = "${n}"
consecutive = "${n}"
"""


def test_every_count_that_takes_a_variable_is_held_to_its_limits(
    decoded: Decoded,
) -> None:
    runbook = decoded(COUNTED)
    [step] = runbook.steps()
    given = [key for key, text in bounded_values(runbook) if "${n}" in text]
    assert sorted(given) == sorted([*COUNTS, *HOST_SHARES])
    assert sum("${n}" in text for text in texts_in(step)) == len(given)
    assert variables_read(step, runbook) == ("n",), (
        "it waits for it, and is bound to it"
    )
    places = limited_texts_by_variable(runbook)["n"]
    assert limit_problem(places, "5") == ""
    assert "'x' is none" in limit_problem(places, "x")


def test_a_year_is_still_a_duration() -> None:
    assert units.parse_duration("8784h") == units.YEAR_SECONDS
