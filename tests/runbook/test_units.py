"""Sizes for a person."""

from __future__ import annotations

import pytest

from mobius_tui.runbook.units import bytes_in_words


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
    assert bytes_in_words(count) == words
