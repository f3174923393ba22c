"""What goes over a border as JSON is written and read as earlier versions did it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.golden_lines.lines import (
    BORDERS,
    MISSING,
    TOO_MANY,
    WRONG,
    bytes_of,
    changed,
    verdict,
)

FOLDER = Path(__file__).parent / "golden_lines"
NEWEST = FOLDER / "0f2568d0.jsonl"


def records(path: Path, kind: str, key: str) -> Iterator[Mapping[str, Any]]:
    for row in path.read_text().splitlines():
        record = json.loads(row)
        if record["kind"] == kind and key in record:
            yield record


@pytest.mark.parametrize("kind", BORDERS)
def test_the_same_lines_are_written(kind: str) -> None:
    """Those of a class that is new since then are more; none is another.

    In which order the classes stand in the code means nothing to a file.
    """
    border = BORDERS[kind]
    written = [border.write(value) for value in border.values()]
    golden = [bytes_of(each["line"]) for each in records(NEWEST, kind, "line")]
    assert golden
    assert [line for line in golden if line not in written] == []


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.jsonl")), ids=lambda p: p.stem)
@pytest.mark.parametrize("kind", BORDERS)
def test_a_line_is_read_as_it_was(path: Path, kind: str) -> None:
    border = BORDERS[kind]
    for record in records(path, kind, "line"):
        assert with_defaults(record["value"], verdict(border, bytes_of(record["line"])))


def with_defaults(before: Any, now: Any) -> bool:
    """Whether a value is what it was; a field that is new since then may be added."""
    if isinstance(before, dict) and isinstance(now, dict):
        return before.keys() <= now.keys() and all(
            with_defaults(value, now[key]) for key, value in before.items()
        )
    if isinstance(before, list) and isinstance(now, list):
        return len(before) == len(now) and all(map(with_defaults, before, now))
    return isinstance(before, bool) is isinstance(now, bool) and bool(before == now)


SINCE_THEN: tuple[tuple[str, str], ...] = (
    (r"__init__\(\) missing", r"it lacks \w+$"),
    (r"__init__\(\) got an", r"it has \"\w+\", which this version does not know$"),
    # Fields of a journal's line that had words in common, or those of Python.
    (r" or |argument must be str|unhashable|it lacks", r"\"\w+\" cannot be that$"),
    (r"of health.jsonl has a 'at' that is no number$", r"has no date$"),
    (r"is no event$", r"is no event: it is no object$"),
    (r"is no intent$", r"is no intent: \"\w+\" cannot be that$"),
    (r"lacks event$", r"lacks n$"),
    (r"^!", ""),  # it was a traceback
    # Lone surrogates where no text may stand; NaN and infinity in health.
    ("", r"(it is not UTF-8|is no JSON)$"),
    (r"of health.jsonl is no JSON$", r"of health.jsonl "),
)
"""Words for people that are other ones now: what they said before, and what now."""
HOSTILE = sorted(BORDERS.keys() - {"spec"})
"""Borders that others can write to: not a host's own input."""
TAKEN_NOW = {("reply", "text"), ("drill", "score")}
"""Keys of lines that only this program writes, and that may be missing now."""


def same_error(kind: str, before: str | None, now: str | None) -> bool:
    """Whether an error is what it was.

    What stands in few files, or only between two processes, may be read more strictly
    than it was: where another type was taken for the one that is written.
    """
    if not BORDERS[kind].has_words:
        return before is None or (now is not None and bool(now) is bool(before))
    if not before or not now or before == now:
        return before == now
    return any(
        re.search(was, before) and re.search(is_now, now) for was, is_now in SINCE_THEN
    )


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_line_gets_the_error_that_it_got(kind: str) -> None:
    border = BORDERS[kind]
    for record in records(NEWEST, kind, "of"):
        line = bytes_of(record["of"])
        for key, errors in record["errors"].items():
            expected = {n: words for words, ns in errors.items() for n in ns}
            first = TOO_MANY if TOO_MANY in expected else MISSING
            for number in range(first, len(WRONG)):
                found = error_in(verdict(border, changed(line, key, number)))
                before = expected.get(number)
                is_taken = found is None and (kind, key) in TAKEN_NOW
                assert is_taken or same_error(kind, before, found), (key, number)


@pytest.mark.parametrize("kind", HOSTILE)
def test_rubbish_gets_the_error_that_it_got(kind: str) -> None:
    border = BORDERS[kind]
    for record in records(NEWEST, kind, "rubbish"):
        found = verdict(border, bytes_of(record["rubbish"]))
        before = error_in(record["value"])
        assert same_error(kind, before, error_in(found)), record["rubbish"]


def error_in(found: Any) -> str | None:
    """The error that a verdict is; empty where nothing is read, `None` for a value."""
    if found is None:
        return ""
    return found.get("error") if isinstance(found, dict) else None
