"""Which words of a page do not stand in the runbook that was made of it.

A paragraph, an item, a cell or a block of code stands in a runbook where its words
stand there one after the other, in one text of it. Where it was taken apart, as a
session is into what was typed and what was printed, each line must stand there; where
a line was taken apart, as `Owner: @ops (always)` is, all its parts must, in one table.
Each place in the runbook serves once: what a page says twice, a runbook says twice.
The scripts of a section stand in the page's order.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.acceptance.page_lines import Line, Said, said_by, words
from tests.acceptance.page_order import moved

FEWEST = 3
"""Words in a row that are no chance, where a line was taken apart."""
LONGEST = 40
"""Words that are looked for in a row there."""
_FACTS = """
title version document review cycle last updated reviewed date owner owners maintainer
maintainers
"""
FACTS = frozenset(_FACTS.split())
"""What a page says of itself; the runbook has keys for it."""
HEADS = {"command", "commands", "field", "value"}
"""Heads of columns that a runbook has keys for, too."""
ASKING = {"your", "my", "the", "a", "an", "enter", "insert"}
"""What a placeholder says beside the name of what it is for."""
TOLD_BY_KEYS = {
    "summary": {
        *("overview", "introduction", "about", "summary", "purpose", "description")
    },
    "contact": {"contacts", "contact"},
}
"""Headings that only name what a key or a table of the runbook is called."""
PLACEHOLDER = re.compile(
    r"<[A-Za-z][^<>\n]{0,80}>|\{\{[^{}\n]{1,80}\}\}|\[[^\[\]\n]{1,80}\]"
    r"|\b(?:YOUR|your|MY)[-_][\w-]+"
)
_NO_WORDS = ("id", "effect")
"""Keys of a runbook that say nothing of the page in its words."""
_FACT = re.compile(r"([\w \t-]+)[:=](.*)", re.DOTALL)
_NUMBER = re.compile(r"\A\s*\d{1,9}[.)]\s")
"""Of an item, where one reader sees a list and another one a block."""
_PROMPT = re.compile(
    r"\s*(?:\((?P<set>[\w.-]+)\) ?)?\[?(?P<host>[\w.-]+@[\w.-]+)(?P<folder>[^$#%\n]*)"
    r"[$#%]\s+(?=\S)"
)
"""It says where a command is typed; the runbook says that once for several."""
_PUNCTUATION = re.compile(r"[:()|–—]|\s-\s")
_COMMENT = re.compile(r"[ \t]*#(.*)")
_STRING = re.compile(r"'''[\s\S]*?'''|\"\"\"(?:[^\\]|\\[\s\S])*?\"\"\"")


@dataclass(frozen=True, kw_only=True, slots=True)
class Lost:
    """Words of a line that stand nowhere."""

    line: int
    words: tuple[str, ...]


class Runbook:
    """The texts of a runbook, and which of them have served."""

    def __init__(self, text: str) -> None:
        tree = tomllib.loads(text)
        self.tables = [
            " \0 ".join(_spaced(words(each)) for each in table if each)
            for table in _tables(tree, text)
        ]
        self.all = " \1 ".join(self.tables)
        self._served: dict[str, set[int]] = {}
        self._last = 0
        self.keys = {
            *tree.keys() & TOLD_BY_KEYS.keys(),
            *tree.get("runbook", {}).keys() & TOLD_BY_KEYS.keys(),
        }
        self.scripts = [
            (number, str(step.get("run", "")).strip())
            for number, phase in enumerate(tree["phase"])
            for step in phase.get("step", [])
        ]
        """Each with the number of its phase."""

    def has(self, wanted: list[str]) -> bool:
        """Whether words stand there in a row, at a place that did not serve yet.

        It is looked for behind the last one first: pages are long, and go on there.
        """
        key = _spaced(wanted)
        served = self._served.setdefault(key, set())
        for start in (self._last, 0):
            at = self.all.find(key, start)
            while at in served:
                at = self.all.find(key, at + 1)
            if at >= 0:
                served.add(at)
                self._last = at
                return True
        return False

    def holds(self, wanted: list[str]) -> bool:
        """Whether words stand there in a row, wherever."""
        return _spaced(wanted) in self.all

    def together(self, parts: Iterable[list[str]]) -> bool:
        """Whether all parts stand in one table."""
        keys = [_spaced(part) for part in parts if part]
        return any(all(key in table for key in keys) for table in self.tables)


def lost_words(page: str, runbook: str) -> tuple[int, tuple[Lost, ...]]:
    """How many words a page has, and which of them the runbook does not have."""
    made = Runbook(runbook)
    said = said_by(page)
    count = sum(len(words("".join(line.parts))) for each in said for line in each.lines)
    found = [lost for each in said for lost in _lost_of(each, made)]
    out_of_order = (
        Lost(line=line, words=tuple(words(block)))
        for line, block in moved(said, made.scripts)
    )
    return count, (*found, *out_of_order)


def _lost_of(said: Said, made: Runbook) -> Iterator[Lost]:
    """What is lost of lines that belong together."""
    if not _stands(said.lines, made):
        for line in said.lines:
            missing = _missing(line, made)
            if missing:
                yield Lost(line=line.number, words=tuple(missing))
    for line in said.lines:
        for link in line.links:
            if not made.holds(words(link)):
                yield Lost(line=line.number, words=(link,))


def _stands(lines: list[Line], made: Runbook) -> bool:
    return any(not each or made.has(each) for each in _variants(lines))


def _variants(lines: list[Line]) -> list[list[str]]:
    """The words of lines: marks may part them or not, addresses may be shown."""
    tight = words("\n".join("".join(line.parts) for line in lines))
    shown = words("\n".join("".join(line.shown) for line in lines))
    loose = words("\n".join(" ".join(line.parts) for line in lines))
    found: list[list[str]] = []
    for each in (tight, shown, loose):
        if each not in found:
            found.append(each)
    return found


def _missing(line: Line, made: Runbook) -> list[str]:
    """The words of one line that are lost."""
    if _stands([line], made):
        return []
    text = "".join(line.parts)
    prompt = _PROMPT.match(text) if line.kind == "code" else None
    if prompt is not None and _says_where(prompt, made):
        typed = text[prompt.end() :]
        rest = Line(number=line.number, kind="code", parts=[typed], shown=[typed])
        return _missing(rest, made)
    if line.kind in ("code", "html"):
        text = _NUMBER.sub("", text)
    if made.has(words(text)):
        return []
    if _is_told(line.kind, set(words(text)), made):
        return []
    fact = _FACT.fullmatch(text)
    if fact and set(words(fact[1])) <= FACTS and made.holds(words(fact[2])):
        return []
    if _stands_apart(text, line.parts, made):
        return []
    row = words(text)
    missing = list(_without_runs(row, made, FEWEST))
    return missing and (list(_without_runs(row, made, FEWEST - 1)) or missing)


def _says_where(prompt: re.Match[str], made: Runbook) -> bool:
    """Whether the runbook has the host of a prompt, and all else that it says."""
    said = (("on", prompt["host"]), ("in", prompt["folder"]), ("with", prompt["set"]))
    rows = ((before, words(each or "")) for before, each in said)
    return all(made.holds([before, *row]) for before, row in rows if row)


def _is_told(kind: str, said: set[str], made: Runbook) -> bool:
    """Whether a heading, of a column perhaps, only says what a key is called."""
    match kind:
        case "heading":
            return any(said <= TOLD_BY_KEYS[key] for key in made.keys)
        case "head":
            return said <= HEADS or "contact" in made.keys
        case "cell":
            return said <= FACTS
        case _:
            return False


def _stands_apart(text: str, parts: list[str], made: Runbook) -> bool:
    """Whether it was taken apart: at its placeholders, its punctuation or its marks."""
    holes = [_hole(hole) for hole in PLACEHOLDER.findall(text)]
    left = map(words, PLACEHOLDER.split(text))
    if holes and made.together(left) and all(map(made.holds, holes)):
        return True
    return any(
        sum(map(bool, each)) > 1 and made.together(each)
        for each in (
            [words(part) for part in _PUNCTUATION.split(text)],
            [words(part) for part in parts],
        )
    )


def _hole(text: str) -> list[str]:
    """What a placeholder is called."""
    return [each for each in words(text) if each not in ASKING]


def _without_runs(row: list[str], made: Runbook, fewest: int) -> Iterator[str]:
    """Words that do not stand in the runbook beside enough of their neighbours."""
    at = 0
    while at < len(row):
        end = min(len(row), at + LONGEST)
        while end >= at + fewest and not made.holds(row[at:end]):
            end -= 1
        if end < at + fewest:
            yield row[at]
            at += 1
        else:
            at = end


def _spaced(row: list[str]) -> str:
    return f" {' '.join(row)} "


def _tables(tree: dict[str, object], text: str) -> Iterator[list[str]]:
    """The texts of each table, and the comments."""
    for value in tree.values():
        yield from _below(value)
    comments = _comments(text)
    yield from comments[1:] if comments else []  # the first is the program's own


def _below(value: object) -> Iterator[list[str]]:
    if isinstance(value, list):
        for each in value:
            yield from _below(each)
    elif isinstance(value, dict):
        own: list[str] = []
        below: list[object] = []
        for each in (each for key, each in value.items() if key not in _NO_WORDS):
            if isinstance(each, dict) or (
                isinstance(each, list) and any(isinstance(item, dict) for item in each)
            ):
                below.append(each)
            elif isinstance(each, list):
                own.append(" ".join(map(str, each)))
            else:
                own.append(str(each))
        yield own
        for each in below:
            yield from _below(each)


def _comments(text: str) -> list[list[str]]:
    """The comments, those of lines that follow one another together."""
    bare = _STRING.sub(lambda each: "=" + "\n" * each[0].count("\n"), text)
    found: list[list[str]] = []
    goes_on = False
    for row in bare.split("\n"):
        match = _COMMENT.fullmatch(row)
        if match is not None and goes_on:
            found[-1][0] += f"\n{match[1]}"
        elif match is not None:
            found.append([match[1]])
        goes_on = match is not None
    return found
