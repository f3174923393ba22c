"""Sizes for a person."""

from __future__ import annotations

import pytest

from mobius_tui.runbook.text.units import parse_duration, parse_size, size_in_words


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1024, "1 KiB"),
        (1536, "1.5 KiB"),
        (1 << 20, "1 MiB"),
        (20 * 2**30, "20 GiB"),
        (3 * 2**40, "3 TiB"),
        (5000 * 2**40, "5000 TiB"),
    ],
)
def test_sizes(count: int, words: str) -> None:
    assert size_in_words(count) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("9" * 400 + "h", "longer than a year"),
        ("8785h", "longer than a year"),
        ("99999999999999999s", "longer than a year"),
        ("\u0663s", "is no duration"),
        ("x" * 5000, "is no duration"),
    ],
)
def test_a_duration_that_no_clock_can_wait_for_is_none(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        parse_duration(text)
    assert len(str(caught.value)) < 120


@pytest.mark.parametrize("text", ["9" * 400 + "TiB", "inf", "nan", "-1GiB", "1 GiB"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match="is no size") as caught:
        parse_size(text)
    assert len(str(caught.value)) < 120
