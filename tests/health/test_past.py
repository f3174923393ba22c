"""What health was at a moment, by the checks before it."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from mobius_tui.health.past import Past
from mobius_tui.health.window import Health
from tests.health.checks import numbered, trace


def past(spelt: str) -> Past:
    """Checks at 1, 2, 3 …"""
    found = Past()
    for check in numbered(trace(spelt)):
        found.add(check)
    return found


@pytest.mark.parametrize(
    ("spelt", "condition"),
    [
        ("", "unknown"),
        ("o", "ok"),
        ("of", "failing"),
        ("fo", "ok"),
        ("o--", "ok"),
        ("f--", "failing"),
        ("o---", "unknown"),
        ("-", "unknown"),
        ("---o", "ok"),
    ],
)
def test_the_checks_before_a_moment_decide(spelt: str, condition: str) -> None:
    moment = float(len(spelt))
    assert past(spelt + "f").at("api", moment, within=5) == condition
    if spelt:
        assert past(spelt).at("api", moment + 0.9, within=5) == condition


def test_it_says_what_the_panel_said_then() -> None:
    spelt = "oof-f--o---fo-ofo----oo"
    health, found = Health(), Past()
    for check in numbered(trace(spelt)):
        health.apply(check)
        found.add(check)
        panel = health.window("api").status(check.at).state
        assert found.at("api", check.at, within=5) == panel


def test_nothing_is_known_of_when_nobody_watched() -> None:
    found = past("oo")
    assert found.at("api", 0.5, within=5) == "unknown"
    assert found.at("api", 7.0, within=5) == "ok"
    assert found.at("api", 7.1, within=5) == "unknown"
    assert found.at("other", 1.0, within=5) == "unknown"


def test_healthy_checks_in_a_row_after_a_moment() -> None:
    found = past("ooffoofo-oo")
    assert found.oks("api", since=3.0, count=1) == 5.0
    assert found.oks("api", since=3.0, count=2) == 6.0
    assert found.oks("api", since=0.0, count=1) == 1.0
    assert found.oks("api", since=3.0, count=3) == 11.0
    assert found.oks("api", since=3.0, count=4) is None
    assert found.oks("other", since=0.0, count=1) is None


def test_a_clock_that_is_put_back_disorders_nothing() -> None:
    found = Past()
    for at, check in zip((10.0, 11.0, 4.0, 12.0), trace("ooff"), strict=True):
        found.add(replace(check, at=at))
    assert found.at("api", 11.0, within=5) == "failing"
    assert found.at("api", 10.5, within=5) == "ok"


def test_a_hundred_thousand_checks_cost_next_to_nothing_to_ask() -> None:
    """Against folding them once, so that no slow machine fails it."""
    checks = list(numbered(trace("of" * 50_000)))
    found = Past()
    began = time.perf_counter()
    for check in checks:
        found.add(check)
    folding = time.perf_counter() - began
    began = time.perf_counter()
    for moment in range(10_000):
        found.at("api", moment * 10.0, within=5)
    assert time.perf_counter() - began < folding
