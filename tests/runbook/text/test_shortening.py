"""A long text made short: never more than there is room for, and it is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobius_tui import sanitize
from mobius_tui.runbook.text.shortening import (
    excerpt,
    padded,
    shortened,
    shortened_at_word,
    shortened_in_middle,
)
from mobius_tui.sanitize import cells

TEXTS = st.text(max_size=40).map(sanitize.line)
WIDTHS = st.integers(0, 30)


@given(TEXTS, WIDTHS)
def test_what_is_shortened_fits_and_begins_as_it_did(text: str, most: int) -> None:
    for size in (len, cells):
        found = shortened(text, most, size)
        assert size(found) <= most or found == text
        if found != text:
            assert text.startswith(found.removesuffix("…"))
            assert found.endswith("…") == bool(most)


@given(TEXTS, WIDTHS)
def test_both_ends_are_kept_where_the_middle_is_left_out(text: str, most: int) -> None:
    for size in (len, cells):
        found = shortened_in_middle(text, most, size)
        assert size(found) <= most or found == text
        if found != text and most >= 3:
            head, _, tail = found.rpartition("…")
            assert text.startswith(head)
            assert text.endswith(tail)


@given(TEXTS, WIDTHS)
def test_a_padded_text_takes_all_of_its_cells_and_no_more(
    text: str, width: int
) -> None:
    assert cells(padded(text, width, cells)) == width


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        (shortened("restore the backup", 18), "restore the backup"),
        (shortened("restore the backup", 13), "restore the …"),
        (shortened("日本語のテスト", 7, cells), "日本語…"),
        (shortened("e\u0301e\u0301e\u0301", 2, cells), "e\u0301…"),
        (shortened("abc", 0), ""),
        (shortened_in_middle("2026-11-24-rollback", 9), "2026…back"),
        (shortened_in_middle("abcdef", 2), "…"),
        (shortened_at_word("check the pods, then go", 20), "check the pods…"),
        (shortened_at_word("a" * 30, 10), "a" * 9 + "…"),
        (excerpt("psql \\\n  -c  'select 1'", 12), "psql \\ -c '…"),
    ],
)
def test_where_a_text_is_cut(made: str, wanted: str) -> None:
    assert made == wanted
