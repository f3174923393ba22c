"""Markdown of what a run said: clean where it can be, and nothing leads anywhere."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobius_tui.review.formats.markdown_text import code_span, markdown_line, table_cell
from tests.review.formats.markdown_reading import (
    SAID,
    leads,
    tokens,
)
from tests.table import each_row

FORMS = (
    *("{}", "# {}", "#### {} — passed", "- {}", "> - {}", "- Check: {}"),
    *("**{}**, {}:", "**Attempt 1**: {}", "- 13:45 **did not hold**: {}: {}"),
)
CALM = (
    "all pages answer 500",
    "exit 127: a command was not found; still alive: 4711 node (93% of 2.5 s)",
    "value: backup=a_b_c.zip, size > 3 and a < b & c",
    "5 * 3 is no sum of 2 ** 4, 'quoted' and \"said\"",
    r"C:\dir\new, [redacted] or [secret], a/b/c-d ~ 2026-11-24 13:45:05",
    "$HOME, where $PATH leads, costs 5 $",
    "Grüße, 中文; ␛[31m and <U+202E>"[:-10],
)


@each_row("text", CALM)
@each_row("form", FORMS)
def test_a_calm_sentence_stays_byte_for_byte(form: str, text: str) -> None:
    texts = (text,) * form.count("{}")
    assert markdown_line(form, *texts) == form.format(*texts)
    assert table_cell(text) == text


@pytest.mark.parametrize(
    ("text", "spelt"),
    [
        ("ana @bob said: #12, or GH-7.", "ana `@bob` said: `#12`, or `GH-7`."),
        (
            "see https://a.test/b?c, www.d.test",
            "see `https://a.test/b?c`, `www.d.test`",
        ),
        ("<b> or &lt;", "`<b>` or `&lt;`"),
        ("# root", "`#` root"),
        ("1. one", "`1`. one"),
        ("[x] done", "`[x]` done"),
        ("```", "```` ``` ````"),
        ("__init__.py", "`__init__.py`"),
        ("a ~b~ c", "a `~b~` c"),
        ("$a + b$", "`$a` + b$"),
        ("[r]: x", "`[r]`: x"),
        ("---", "`---`"),
    ],
)
def test_words_that_would_mean_something_are_code(text: str, spelt: str) -> None:
    assert markdown_line("{}", text) == spelt
    assert "\\" not in table_cell(text)


def kinds(text: str) -> list[str]:
    plain = ("text", "text_special", "code_inline")
    return [each.type for each in tokens(text) if each.type not in plain]


def words(text: str) -> str:
    shown = ("text", "text_special", "code_inline")
    return "".join(each.content for each in tokens(text) if each.type in shown)


WORDS = SAID.map(str.strip).filter(bool)


@settings(deadline=None)
@given(form=st.sampled_from(FORMS), first=WORDS, second=WORDS)
def test_whatever_is_said_is_read_as_words(form: str, first: str, second: str) -> None:
    said = (first, second)[: form.count("{}")]
    made = markdown_line(form, *said)
    assert kinds(made) == kinds(form.format("x", "x"))
    before, *behind = words(form.format("\ue001", "\ue001")).split("\ue001")
    assert words(made) == before + "".join(map(str.__add__, said, behind))
    assert not leads(made)


@settings(deadline=None)
@given(cells=st.lists(SAID, min_size=1, max_size=4))
def test_whatever_is_said_stays_in_its_cell(cells: list[str]) -> None:
    rows = [f"| {' | '.join(map(table_cell, cells))} |", "|" + " --- |" * len(cells)]
    made = "\n".join([rows[0], rows[1], rows[0]])
    found = [each.content for each in tokens(made) if each.type == "inline"]
    assert len(found) == 2 * len(cells)
    assert [words(f"a {each}") for each in found[: len(cells)]] == [
        f"a {text.strip()}".rstrip() for text in cells
    ]
    assert not leads(made)


@settings(deadline=None)
@given(text=WORDS)
def test_code_holds_whatever_it_is_given(text: str) -> None:
    made = code_span(text)
    assert words(f"a {made}") == f"a {text}"
