"""Texts of a runbook: what Markdown means is shown, and nothing of them gets lost."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mobius_tui.runbook.prose.markdown import MAX_MARKDOWN, parse_markdown
from mobius_tui.runbook.prose.prose_model import Paragraph, Prose, TablePart
from mobius_tui.runbook.prose.text_layout import MAX_LINES, StyledLine, layout_lines
from mobius_tui.sanitize import cells, clean
from tests.growth import UNEVEN, growth
from tests.paths import CASES
from tests.table import each_row

AUTHORING = CASES / "authoring"


def shown(text: str, width: int = 60, **values: str) -> str:
    """The lines of a text, without its looks."""
    made = layout_lines(Prose(text, tuple(values.items())), width)
    return "\n".join("".join(piece.words for piece in line).rstrip() for line in made)


def looks(text: str) -> list[tuple[str, str]]:
    """What looks like something else than plain words."""
    made = (piece for line in layout_lines(Prose(text), 60) for piece in line)
    return [(piece.style, piece.words) for piece in made if piece.style != "plain"]


def test_lines_columns_yaml_and_lists_stay_as_they_were_written() -> None:
    book = tomllib.loads((AUTHORING / "lines.toml").read_text())
    (phase,) = book["phase"]
    (step,) = phase["step"]
    for text in (phase["why"], step["why"], step["manual"]):
        assert shown(text) == text.rstrip()
    assert shown(book["runbook"]["summary"]) == (
        "Do this:\n\n1. first\n2. second\n\na  b\n─  ─\n1  2"
    )


YAML = """spec:
  containers:
  - name: web
    # three before
    ports:
    - containerPort: 80

    command: ["sh", "-c", "a | b > c"]
---
kind: Service
metadata: {name: a_b, labels: *all}"""


@each_row(
    "text",
    [
        YAML,
        "SELECT *\nFROM a\nWHERE b <> 2*3*4 AND c LIKE '%_x_%';",
        "docker run \\\n-v a:b \\\n-p 1:2",
        "rm *.log *web* **/*.py a*b*c __init__.py _all_ ~~no~~",
        "- one\n  * two\n    + three\n\n- apart",
        "3. three\n5. five\n\n   more of it",
        "7) seven",
        "A title\n---\nand more\n===",
        "text\n# a comment, since it touches the line above",
        "[web]: is down\n[a]: http://b",
        "<name> <b>x</b> <!-- c --> <https://a.b> https://c.d @all",
        "    indented\n      more\n\nless",
        "  two\n   three",
        "- [ ] open\n- [x] done",
        "$${not_filled} ${unknown}".replace("$$", "$"),
        "| a | b |\n|---|---|\n| 1 | 2 | and a third |",
        "***\n___",
        "The disk holds 5 * 3 ** 2 files.",
    ],
)
def test_what_is_no_markdown_is_shown_as_it_is(text: str) -> None:
    assert shown(text) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a **b c** d, **(e)**.", "a b c d, (e)."),
        ("`*a*` and ``b ` c``", "*a* and b ` c"),
        ("[page](https://x/y)", "page (https://x/y)"),
        ("[https://x](https://x)", "https://x"),
        ("[https://good](https://evil)", "https://good (https://evil)"),
        ("[a](javascript:alert(1)) [b](file:///x)", None),
        ("[click](@click=app.quit)", "click (@click=app.quit)"),
        ("![up](http://x/i.png)", "up (http://x/i.png)"),
        (r"\*no\* \[no\](x) 2\. \_", "*no* [no](x) 2. _"),
        ("&lt;a&gt; &#27;[31m&#x202e;", "<a> \ufffd[31m<U+202E>"),
        ("```sh\n# not *a* title\n\n  b\n```\nafter", None),
        ("```kubectl get\nx\n```", "│ kubectl get\n│ x"),
        ("> quoted\n> > twice", "│ quoted\n│ │ twice"),
        ("1. a\n1. b\n1. c", "1. a\n2. b\n3. c"),
        ("[![up](http://x/i.png)](http://y)", "up (http://x/i.png) (http://y)"),
        ("## A **title** #\n\nText", "## A title\n\nText"),
        ("a\r\nb\tc", "a\nb       c"),
    ],
)
def test_what_is_markdown_is_shown_as_it_means(text: str, said: str | None) -> None:
    others = {
        "[a](j": "a (javascript:alert(1)) b (file:///x)",
        "```sh": "│ # not *a* title\n│\n│   b\nafter",
    }
    assert shown(text) == (said if said is not None else others[text[:5]])


def test_looks() -> None:
    assert looks("a **b** `c`\n\n1. d") == [
        *(("strong", "b"), ("code", "c"), ("muted", "1. ")),
    ]
    assert looks("| a |\n|---|\n| b |")[0] == ("strong", "a")


def test_a_value_means_nothing() -> None:
    value = "**x**\n# y\n[z](http://e) `q` | ${who} \x1b[31m"
    said = "**x**\n# y\n[z](http://e) `q` | ${who} ␛[31m"
    assert shown("for ${who}.", who=value) == f"for {said}."
    assert shown("**for** ${who}", who=value) == f"for {said}"
    assert shown("```\n${who}\n```", who=value).replace("│ ", "") == said
    (placed,) = parse_markdown(Prose("| a |\n|---|\n| ${who} |", (("who", "1 | 2"),)))
    assert isinstance(placed.part, TablePart)
    (placed,) = parse_markdown(
        Prose("[a](${who}) [b](http://c)", (("who", "http://d"),))
    )
    assert isinstance(placed.part, Paragraph)
    links = [span for span in placed.part.lines[0] if span.address]
    assert [(link.address, link.has_literal_address) for link in links] == [
        ("http://d", False),
        ("http://c", True),
    ]


def test_long_lines_hang_beneath_what_they_begin_with() -> None:
    assert shown("1. one two three four\n   - five six seven", 13) == (
        "1. one two\n   three four\n   -\n   five six\n   seven"
    )
    assert shown("a:\n  b: one two three", 12) == "a:\n  b: one two\n    three"
    assert shown("x" * 30, 12) == f"{'x' * 12}\n{'x' * 12}\n{'x' * 6}"
    assert shown("**bold**, and `co`de", 12) == "bold, and\ncode"


def test_a_path_is_broken_at_a_folder_and_a_deep_line_has_no_empty_one() -> None:
    assert shown("look at /var/log/mobius/api.log", 20) == (
        "look at\n/var/log/mobius/\napi.log"
    )
    assert shown("a:\n          word and more", 20) == (
        "a:\n          word and\n          more"
    )
    assert shown(f"```\n{'x' * 58}\n```") == f"│ {'x' * 58}", "it fits as it is"


def test_a_table_gives_its_widest_columns_less_and_loses_nothing() -> None:
    table = "| pod | says |\n|---|---|\n| web | answers who asks |\n| db-1 | |"
    assert shown(table, 17) == (
        "pod   says\n────  ───────────\nweb   answers who\n      asks\ndb-1"
    )
    assert shown(table, 12) == "pod: web\nsays:\n  answers\n  who asks\n\npod: db-1"


PIECES = st.sampled_from(
    [
        *("a", "b1", " ", "  ", "\n", "\n\n", "- ", "* ", "1. ", "2) ", "> ", "# "),
        *("**", "*", "_", "|", "|-|-|\n", "| a | b |\n", "---\n", "===\n", "`", "["),
        *("](", ")", "](c)", "!", "<", ">", "${v}", "\t", "    ", ":", "~", "é", "中"),
    ]
)


@settings(deadline=None)
@given(text=st.lists(PIECES, max_size=40).map("".join), width=st.integers(10, 70))
def test_no_letter_gets_lost_and_no_line_is_too_wide(text: str, width: int) -> None:
    assume(not any(mark in text for mark in ("```", "~~~", "![")))
    # Of a fence its language is not shown, and an address only once.
    made = shown(text, width, v="V")
    wanted = text.replace("${v}", "V").replace("\t", "    ")
    assert letters(wanted) == letters(made)
    assert clean(made, newlines=True) == made
    assert max(map(cells, made.split("\n"))) <= width


def letters(text: str) -> str:
    """What stands in a text, but for numbers, which are counted anew."""
    return "".join(c for c in text if c.isalpha())


@pytest.mark.parametrize("mark", ["![", "> ", "- ", "**a "])
def test_a_hostile_text_is_shown_at_once(mark: str) -> None:
    def laid_out(length: int) -> tuple[StyledLine, ...]:
        made = layout_lines(Prose(mark * (length // len(mark))), 40)
        assert 1 <= len(made) <= MAX_LINES + 1
        return made

    assert growth(laid_out, MAX_MARKDOWN) < UNEVEN
    assert laid_out(2**20)[-1][0].words.startswith("… and more")


def test_a_table_of_many_columns_and_a_deep_list_are_left_as_they_are() -> None:
    wide = f"|{'a|' * 100}\n|{'-|' * 100}"
    assert "│" not in shown(wide)
    deep = "\n".join(f"{'  ' * depth}- x" for depth in range(40))
    assert shown(deep, 200) == deep
