"""The pages: their links lead somewhere, and the files that they name are there."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.paths import ROOT
from tests.table import each_row

DOCS = ROOT / "docs"
PAGES = sorted(
    path.relative_to(ROOT)
    for path in (
        *ROOT.glob("*.md"),
        *DOCS.rglob("*.md"),
        *(ROOT / "runbooks").glob("*.md"),
    )
)
OF_THE_CODE = [page for page in PAGES if page.parts[0] in ("docs", "CONTRIBUTING.md")]
NAMED = re.compile(
    r"(?P<path>(?:mobius_tui|tests|runbooks)/[\w./-]*)(?:::(?P<name>\w+))?"
)


@cache
def tokens(page: Path) -> list[Token]:
    """All tokens of a page, those within lines too."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found: list[Token] = []
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        found += [token, *(token.children or ())]
    return found


def links(page: Path) -> list[str]:
    """Where a page's links and pictures lead."""
    wanted = {"link_open": "href", "image": "src"}
    return [
        str(each.attrs[wanted[each.type]])
        for each in tokens(page)
        if each.type in wanted
    ]


@cache
def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, by the rule that GitHub and GitLab share."""
    found: dict[str, int] = {}
    every = tokens(page)
    names: set[str] = set()
    for opening, inline in pairwise(every):
        if opening.type == "heading_open":
            words = "".join(
                each.content
                for each in inline.children or ()
                if each.type in ("text", "code_inline")
            )
            slug = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
            seen = found[slug] = found.get(slug, -1) + 1
            names.add(f"{slug}-{seen}" if seen else slug)
    return names


@each_row("page", PAGES)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    broken = []
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        there = target.exists() and target.resolve().is_relative_to(ROOT)
        if not there or (anchor and anchor not in anchors(target.resolve())):
            broken.append(link)
    assert broken == []


@each_row("page", OF_THE_CODE)
def test_every_file_and_function_that_a_page_names_is_there(page: Path) -> None:
    """In backticks, as `path` or `path::name`; `a/b` stands for any folder."""
    missing = []
    for token in tokens(page):
        found = NAMED.fullmatch(token.content) if token.type == "code_inline" else None
        if found is None or "/a/b/" in found["path"]:
            continue
        path, name = ROOT / found["path"], found["name"]
        if not path.exists() or (name and not defines(path, name)):
            missing.append(token.content)
    assert missing == []


def defines(path: Path, name: str) -> bool:
    """Whether a module has a function, method or class of that name."""
    pattern = rf"^ *(?:async )?(?:def|class) {name}\b"
    return (
        re.search(pattern, path.read_text(encoding="utf-8"), re.MULTILINE) is not None
    )


@each_row("page", OF_THE_CODE)
def test_an_example_fits_the_files_that_it_changes(page: Path) -> None:
    """What a diff leaves or takes away is in the file: it shows where to add."""
    diffs = [each.content for each in tokens(page) if each.info == "diff"]
    for part in "".join(diffs).split("--- ")[1:]:
        path, *lines = part.splitlines()
        text = "" if path == "/dev/null" else (ROOT / path[2:]).read_text()
        old = [line[1:] for line in lines if line.startswith((" ", "-"))]
        assert [line for line in old if line not in text] == [], path
    assert bool(diffs) == (page.parent.name == "adding" and page.stem != "screen")


def test_the_readme_can_be_read_at_one_sitting() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 250


@pytest.mark.parametrize(
    ("contents", "pages"),
    [("README.md", ("*.md", "adding/*.md")), ("decisions/README.md", ("*.md",))],
)
def test_every_page_of_docs_is_in_its_contents(
    contents: str, pages: tuple[str, ...]
) -> None:
    folder = (DOCS / contents).parent
    listed = {(folder / each).resolve() for each in links(DOCS / contents)}
    there = {page for each in pages for page in folder.glob(each)}
    assert there - listed == {DOCS / contents}


def test_every_folder_of_the_package_has_its_place_in_the_architecture() -> None:
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    package = ROOT / "mobius_tui"
    folders = {path.parent.name for path in package.rglob("*/__init__.py")}
    folders -= {path.name for path in (package / "drill" / "assets").rglob("*")}
    assert {name for name in folders if not re.search(rf"\b{name}\b", text)} == set()


def test_the_words_are_few_and_in_order() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = text.partition("| word | what it is |\n|---|---|\n")[2].partition("\n\n")[0]
    words = [row.split(" | ")[0].removeprefix("| ") for row in table.splitlines()]
    assert words == sorted(words)
    assert len(words) <= 60
