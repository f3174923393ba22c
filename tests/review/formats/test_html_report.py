"""The report as a page: valid, self-contained, inert, and fit to be read by anybody."""

from __future__ import annotations

import hashlib
import itertools
import re
from base64 import b64encode
from pathlib import Path
from xml.etree import ElementTree as Tree

import html5lib
import pytest

from mobius_tui.review.formats.html_markup import (
    DARK_COLOURS,
    LIGHT_COLOURS,
    STYLE_SHEET,
)
from mobius_tui.review.formats.html_report import CONTENT_SECURITY_POLICY, as_html
from mobius_tui.review.formats.junit_report import as_junit
from mobius_tui.review.report_builder import build_report
from mobius_tui.review.run_report import RunReport
from tests.review.story import HOSTILE, begun, story

H = "{http://www.w3.org/1999/xhtml}"
S = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def told(tmp_path: Path) -> RunReport:
    return build_report(story(tmp_path / "runs").directory)


def page(told: RunReport) -> Tree.Element:
    """The page as a browser reads it; raises where it is not valid."""
    tree: Tree.Element = html5lib.HTMLParser(strict=True).parse(as_html(told))
    return tree


def test_it_is_valid_whatever_a_run_says_and_means_nothing_by_it(
    tmp_path: Path,
) -> None:
    calm = page(build_report(story(tmp_path / "calm").directory))
    wild = page(build_report(story(tmp_path / "wild", said=HOSTILE).directory))
    names = [element.tag for element in calm.iter()]
    assert [element.tag for element in wild.iter()] == names
    for tree in (calm, wild):
        for element in tree.iter():
            assert str(element.tag).rpartition("}")[2] not in (
                *("script", "img", "link", "iframe", "object", "form", "base"),
            )
            for name, value in element.items():
                assert not name.startswith("on")
                assert name != "style"
                assert name not in ("src", "srcset")
                assert name != "href" or value.startswith("#")


def test_it_is_valid_for_an_open_run_and_for_none(tmp_path: Path) -> None:
    run = begun(tmp_path / "runs")
    page(build_report(run.directory))
    run.directory.journal.write_bytes(b"")
    page(build_report(run.directory))


def test_its_policy_allows_its_own_style_and_nothing_else(told: RunReport) -> None:
    tree = page(told)
    (style,) = tree.iter(f"{H}style")
    assert style.text == STYLE_SHEET
    digest = b64encode(hashlib.sha256(STYLE_SHEET.encode()).digest()).decode()
    (policy,) = (m for m in tree.iter(f"{H}meta") if m.get("http-equiv"))
    assert policy.get("content") == CONTENT_SECURITY_POLICY
    assert CONTENT_SECURITY_POLICY.startswith(
        f"default-src 'none'; style-src 'sha256-{digest}';"
    )
    assert "url(" not in STYLE_SHEET
    assert "@import" not in STYLE_SHEET


def test_who_cannot_see_it_finds_the_way(told: RunReport) -> None:
    tree = page(told)
    assert tree.get("lang") == "en"
    for landmark in ("header", "nav", "main", "footer", "h1"):
        assert len(list(tree.iter(f"{H}{landmark}"))) == 1, landmark
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    for element in tree.iter():
        for name in (element.get("aria-labelledby") or "").split():
            assert name in ids
        if (href := element.get("href")) is not None:
            assert href[1:] in ids
    for cell in tree.iter(f"{H}th"):
        assert cell.get("scope") in ("row", "col")
    levels = [int(e.tag[-1]) for e in tree.iter() if re.search(r"}h\d$", str(e.tag))]
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    pictures = list(tree.iter(f"{S}svg"))
    assert len(pictures) == 3
    for picture in pictures:
        assert picture.get("role") == "img"
        title, desc = picture.find(f"{S}title"), picture.find(f"{S}desc")
        assert title is not None
        assert title.text
        assert desc is not None
        assert desc.text
        named = (picture.get("aria-labelledby") or "").split()
        assert named == [title.get("id"), desc.get("id")]


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("colours", [LIGHT_COLOURS, DARK_COLOURS])
def test_every_colour_can_be_read(colours: dict[str, str]) -> None:
    """4.5 to 1 is what WCAG 2 wants of text."""
    for name in set(colours) - {"paper", "panel", "line"}:
        for below in ("paper", "panel"):
            pair = sorted((luminance(colours[name]), luminance(colours[below])))
            assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5, (name, below)


def test_bad_news_needs_no_colour(told: RunReport) -> None:
    tree = page(told)
    marks = [e for e in tree.iter(f"{S}text") if "mark" in (e.get("class") or "")]
    said = {"".join(mark.itertext()).strip()[-1] for mark in marks}
    assert said == {"✖", "?", "▼", "◆"}


def test_junit_counts_as_a_ci_does(tmp_path: Path) -> None:
    for said in ("all pages answer 500", HOSTILE):
        run = story(tmp_path / said[:3], said=said)
        whole = Tree.fromstring(as_junit(build_report(run.directory)))
        counted = [whole.get(name) for name in ("tests", "failures", "errors")]
        assert counted == ["9", "0", "1"]
        assert set(whole.keys()) == {"name", "time", "tests", "failures", "errors"}
        suites = whole.findall("testsuite")
        assert sum(int(suite.get("tests", "")) for suite in suites) == 9
        assert sum(int(suite.get("skipped", "")) for suite in suites) == 2
        skipped = [each.get("message") for each in whole.iter("skipped")]
        assert "pending" in skipped
        (unknown,) = whole.iter("error")
        assert unknown.get("type") == "unknown"
    run.directory.journal.write_bytes(run.directory.journal.read_bytes()[:-9])
    whole = Tree.fromstring(as_junit(build_report(run.directory)))
    assert [error.get("type") for error in whole.iter("error")] == [
        *("unknown", "damaged")
    ]
