"""What goes over a border as JSON is written and read as earlier versions did it."""

from __future__ import annotations

import json
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
    """Those of a class that is new since then are more; none is another."""
    border = BORDERS[kind]
    written = [border.write(value) for value in border.values()]
    golden = [bytes_of(each["line"]) for each in records(NEWEST, kind, "line")]
    assert golden
    assert [line for line in written if line in golden] == golden


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
    return type(before) is type(now) and bool(before == now)


@pytest.mark.parametrize("kind", BORDERS)
def test_a_hostile_line_gets_the_error_that_it_got(kind: str) -> None:
    border = BORDERS[kind]
    for record in records(NEWEST, kind, "of"):
        line = bytes_of(record["of"])
        for key, errors in record["errors"].items():
            expected = {n: words for words, ns in errors.items() for n in ns}
            for number in range(
                TOO_MANY if TOO_MANY in expected else MISSING, len(WRONG)
            ):
                found = verdict(border, changed(line, key, number))
                assert error_in(found) == expected.get(number), (line, key, number)


@pytest.mark.parametrize("kind", BORDERS)
def test_rubbish_gets_the_error_that_it_got(kind: str) -> None:
    border = BORDERS[kind]
    for record in records(NEWEST, kind, "rubbish"):
        found = verdict(border, bytes_of(record["rubbish"]))
        assert found == record["value"]


def error_in(found: Any) -> str | None:
    """The error that a verdict is; empty where nothing is read, `None` for a value."""
    if found is None:
        return ""
    return found.get("error") if isinstance(found, dict) else None
