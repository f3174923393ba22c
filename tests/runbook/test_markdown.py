"""A summary in plain lines."""

from __future__ import annotations

import pytest

from mobius_tui.runbook.markdown import plain


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("# A title #\n\nText", "A title\n\nText"),
        ("- one\n  * two\n+ **three**", "• one\n  • two\n• three"),
        ("1. one\n2. two", "1. one\n2. two"),
        ("a **b c** *d* __e__ _f_ `g*h*`", "a b c d e f g*h*"),
        ("snake_case_name 2 * 3 * 4", "snake_case_name 2 * 3 * 4"),
        ("[page](https://x/y) <https://z>", "page (https://x/y) <https://z>"),
        ("[https://x](https://x)", "https://x"),
        ("> quoted", "quoted"),
        ("```sh\n# not *a* title\n```\nafter", "# not *a* title\nafter"),
        ("a\n---\nb", "a\n\nb"),
        (r"\*not\* emphasis", "*not* emphasis"),
        ("", ""),
    ],
)
def test_plain(markdown: str, text: str) -> None:
    assert plain(markdown) == text
