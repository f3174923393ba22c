"""A runbook's texts in reports: with their lines, and leading nowhere by a value."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree as Tree

import html5lib
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mobius_tui.review.formats.html_report import html_texts
from mobius_tui.review.formats.markdown_text import quoted_prose
from mobius_tui.review.report_builder import build_report
from mobius_tui.review.run_report import RunReport
from mobius_tui.run.events.step_events import StepEnded, StepStarted
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.prose.prose_model import Prose
from tests.paths import CASES
from tests.review.formats.markdown_reading import GITHUB, PIECES, SAID, leads, tokens
from tests.review.forms import FORMS
from tests.tui.runs import MadeRun

LINES = CASES / "authoring" / "lines.toml"
H = "{http://www.w3.org/1999/xhtml}"


@pytest.fixture
def told(tmp_path: Path) -> RunReport:
    run = MadeRun(tmp_path, load(LINES), values={})
    run.write(StepStarted(step="s", attempt=1))
    run.write(StepEnded(step="s", attempt=1, result=Status.PASSED))
    return build_report(run.directory)


def page(text: str) -> Tree.Element:
    parsed: Tree.Element = html5lib.HTMLParser(strict=True).parse(text)
    return parsed


def test_a_report_in_markdown_has_the_lines(told: RunReport) -> None:
    said = FORMS["report.md"](told)
    for text in (
        "> Do this:\n>\n> 1. first\n> 2. second\n>\n> | a | b |\n> | --- | --- |\n",
        "> First line.  \n> Second line.\n>\n> - item one\n> - item two\n",
        "> NAME   READY   STATUS\n> web-1  1/1     Running\n> ```\n",
        "> ```text\n> spec:\n>   replicas: 2\n>   paused: true\n> ```\n>\n> 1. Save",
    ):
        assert text in said


def test_a_report_in_html_has_the_lines(told: RunReport) -> None:
    tree = page(FORMS["report.html"](told))
    parts = [each for each in tree.iter(f"{H}div") if each.get("class") == "prose"]
    summary, phase, step, manual = parts
    assert [len(list(summary.iter(f"{H}{name}"))) for name in ("li", "td")] == [2, 2]
    assert "".join(next(phase.iter(f"{H}p")).itertext()) == "First line.\nSecond line."
    assert len(list(phase.iter(f"{H}li"))) == 2
    (code,) = step.iter(f"{H}pre")
    assert "NAME   READY   STATUS\nweb-1  1/1     Running" in "".join(code.itertext())
    (code,) = manual.iter(f"{H}pre")
    assert "".join(code.itertext()) == "spec:\n  replicas: 2\n  paused: true"


def test_a_report_in_json_has_the_texts_as_they_were_written(told: RunReport) -> None:
    said = json.loads(FORMS["report.json"](told))
    (phase,) = load(LINES).phases
    assert said["summary"] == load(LINES).summary.strip("\n")
    assert said["phases"][0]["why"] == phase.why.strip("\n")
    assert said["phases"][0]["steps"][0]["why"] == phase.steps[0].why.strip("\n")
    assert "spec:\n  replicas: 2\n" in said["phases"][0]["steps"][0]["command"]


def test_a_link_of_the_authors_own_is_one_and_no_other() -> None:
    prose = Prose(
        "[a](https://own.test/x) [b](javascript:alert(1)) [c](file:///x) [d](${v}) "
        "[e](@click=app.quit) ![f](http://i.test/i.png) [g](https://${v}) ${v}",
        (("v", "https://e.test/"),),
    )
    own = {"https://own.test/x", "http://i.test/i.png"}
    links = [t for t in tokens(quoted_prose(prose)) if t.type == "link_open"]
    assert {token.attrs["href"] for token in links} == own
    (part,) = html_texts(prose)
    tree = page(f"<!DOCTYPE html><title>x</title>{part.text}")
    assert {each.get("href") for each in tree.iter(f"{H}a")} == own
    said = "".join(tree.itertext())
    assert "b (javascript:alert(1)) c (file:///x) d (https://e.test/)" in said
    assert "a (https://own.test/x)" in said


TEXTS = st.lists(
    st.one_of(
        PIECES,
        st.sampled_from(
            ["\n", "\n\n", "    ", "| a | ${v} |\n|--|--|\n", "${v}", "# "]
        ),
        st.sampled_from(
            ["[a](${v})", "`${v}`", "**${v}**", "```\n", "1. ${v}\n", "> "]
        ),
    ),
    max_size=25,
).map("".join)


@settings(deadline=None)
@given(text=TEXTS, value=SAID)
def test_whatever_is_written_stays_in_its_quote(text: str, value: str) -> None:
    said = quoted_prose(Prose(text, (("v", value),)))
    found = tokens(f"before\n\n{said}\n\nafter")
    assume(said)  # a quote of nothing is nothing
    blocks = GITHUB.parse(f"before\n\n{said}\n\nafter")
    assert [each.type for each in blocks if each.level == 0 and each.nesting == 1] == [
        *("paragraph_open", "blockquote_open", "paragraph_open"),
    ]
    for token in found:
        assert not token.type.startswith(("html", "image", "s_"))
        if token.type == "link_open":
            assert re.match(r"(?i)https?://", str(token.attrs["href"]))
            assert str(token.attrs["href"]).casefold() in text.casefold()


@settings(deadline=None)
@given(text=TEXTS, value=SAID)
def test_whatever_is_written_is_a_valid_page(text: str, value: str) -> None:
    parts = "".join(part.text for part in html_texts(Prose(text, (("v", value),))))
    tree = page(f"<!DOCTYPE html><title>x</title>{parts}")
    body = next(tree.iter(f"{H}body"))
    names = {str(each.tag).removeprefix(H) for each in body.iter()} - {"body"}
    assert names <= {
        *("div", "p", "pre", "ol", "ul", "li", "table", "thead", "tbody", "tr", "th"),
        *("td", "strong", "code", "a", "hr", "blockquote"),
    }
    for each in body.iter():
        href = each.get("href")
        assert href is None or href in text


@settings(deadline=None)
@given(value=SAID)
def test_a_value_leads_nowhere(value: str) -> None:
    text = "for ${v}: **${v}**, `${v}`\n${v}\n\n- ${v}\n\n| ${v} |\n|---|\n| ${v} |\n"
    said = quoted_prose(Prose(text, (("v", value),)))
    assert not leads(said)
    assert "link_open" not in [token.type for token in tokens(said)]
