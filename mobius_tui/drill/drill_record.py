"""`drill.json`: the result of a drill, to compare drills without reading journals.

Written once, when the drill is over, beside the run's `record.toml`, whose `[score]`
says the same for people. A thousand of them are read in less than a tenth of a second.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, field, fields
from pathlib import Path
from typing import Any

import tomli_w

from mobius_tui.dataclass import dataclass
from mobius_tui.drill.detections import DetectionCounts, SubjectKey, parse_key
from mobius_tui.drill.drill_score import TIME_FIELDS, Score
from mobius_tui.errors import RunError
from mobius_tui.health.health_record import YEAR_9999
from mobius_tui.run.records.record_file import (
    read_record,
    record_lock,
    replace_file_durably,
)
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.safe_open import open_regular

DRILL_RECORD_NAME = "drill.json"
MAX_RECORD_BYTES = 4 << 20
"""Bytes that are read of it."""
OWN_STAGING_FILE = "stage.json"
"""What a team's own staging has in its folder, and a site has not."""
_LISTS = frozenset(
    (
        *("faults", "left", "wrong", "skipped", "out_of_order", "overridden"),
        *("changed", "undo_proved", "undo_unchecked", "unsaid"),
    )
)


@dataclass(frozen=True, kw_only=True, slots=True)
class DrillRecord:
    """One drill that is over."""

    run: str
    """The run's id."""
    runbook: str
    """The runbook's id."""
    title: str
    operator: str
    """Who began it."""
    outcome: str
    began: float
    """Seconds since 1970."""
    ended: float
    score: Score
    texts: Mapping[str, str] = field(default_factory=dict)
    """The digest of each step, by its id."""
    seen: tuple[DetectionCounts, ...] = ()
    """What was seen red and green."""
    wrecked: tuple[DetectionCounts, ...] = ()
    """What was seen on the wreck of the site, where every check was tried."""
    own_staging: bool = False
    """Whether it was on a team's own staging, which has faults of its own."""


def is_own_staging(root: Path) -> bool:
    """Whether a folder of a site is a team's own staging."""
    return (root / OWN_STAGING_FILE).exists()


def write_drill_record(directory: RunDirectory, record: DrillRecord) -> None:
    """Write a drill's `drill.json`, and its score into `record.toml`.

    Raises:
        RunError: it cannot be written.
    """
    try:
        _add_to_record(directory, record.score)
        replace_file_durably(drill_record_path(directory), _encoded(record))
    except (OSError, ValueError) as error:
        raise RunError(
            f"{directory.path}: the score cannot be kept: {error}"
        ) from error


def _encoded(record: DrillRecord) -> bytes:
    """The record as one line of JSON; counts are lists of values, without names."""
    seen, wrecked = map(_rows, (record.seen, record.wrecked))
    fields = {**asdict(record), "seen": seen, "wrecked": wrecked}
    return json.dumps(fields, separators=(",", ":")).encode() + b"\n"


def drill_record_path(directory: RunDirectory) -> Path:
    """The path of a run's `drill.json`."""
    return directory.path / DRILL_RECORD_NAME


def read_drill_record(directory: RunDirectory) -> DrillRecord | None:
    """The record of a drill; `None` if there is none, or it is damaged."""
    try:
        with open_regular(drill_record_path(directory)) as file:
            fields = json.loads(file.read(MAX_RECORD_BYTES))
        return DrillRecord(
            **{name: str(fields[name]) for name in _WORDS},
            began=_moment(fields["began"]),
            ended=_moment(fields["ended"]),
            score=_score(fields["score"]),
            texts={str(key): str(value) for key, value in fields["texts"].items()},
            seen=tuple(_decode_counts(fields.get("seen", ()))),
            wrecked=tuple(_decode_counts(fields.get("wrecked", ()))),
            own_staging=fields.get("own_staging") is True,
        )
    except _DAMAGED:
        return None


_DAMAGED = (
    *(OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError),
    OverflowError,  # JSON, as Python reads it, has an infinite number
)
_WORDS = ("run", "runbook", "title", "operator", "outcome")


def _score(table: Mapping[str, Any]) -> Score:
    """Decode a score; a field that an older version did not write has its default."""
    known = {each.name for each in fields(Score)}
    values = {name: value for name, value in table.items() if name in known}
    for name in values.keys() & _LISTS:
        values[name] = tuple(map(str, values[name]))
    for name in values.keys() & {"injected", *TIME_FIELDS}:
        values[name] = None if values[name] is None else _seconds(values[name])
    if values["handled"] not in (True, False, None):
        raise ValueError("handled is no truth")
    return Score(**{**values, "hints": int(values["hints"])})


def _rows(counts: Iterable[DetectionCounts]) -> list[list[Any]]:
    return [[str(each.key), *list(asdict(each).values())[1:]] for each in counts]


def _decode_counts(rows: Iterable[list[Any]]) -> Iterator[DetectionCounts]:
    """Decode counts; those with keys that only other versions know are left out."""
    for key, *rest in rows:
        try:
            known = parse_key(str(key))
        except ValueError:
            continue
        yield _decoded_counts(known, *rest)


def _decoded_counts(
    key: SubjectKey, text: Any, red: Any, green: Any, last_red: Any, last_green: Any
) -> DetectionCounts:
    return DetectionCounts(
        key=key,
        text=str(text),
        red=int(red),
        green=int(green),
        last_red=None if last_red is None else _moment(last_red),
        last_green=None if last_green is None else _moment(last_green),
    )


def _seconds(value: Any) -> float:
    """Decode seconds since the drill began.

    Raise ValueError if too large to be formatted.
    """
    seconds = float(value)
    if not abs(seconds) < YEAR_9999:
        raise ValueError("a time that has no end")
    return seconds


def _moment(value: Any) -> float:
    """Seconds since 1970, of a time that has a date."""
    at = float(value)
    if not 0 <= at < YEAR_9999:
        raise ValueError("a time that has no date")
    return at


def _add_to_record(directory: RunDirectory, score: Score) -> None:
    """Add the score to `record.toml`.

    There is no such file if the host died before it wrote one. None is made then: a
    record that does not name the journal's head would look as if it had been edited.
    """
    values = asdict(score)
    table = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
        if value is not None
    }
    with record_lock(directory):
        before = read_record(directory)
        if before:
            record = {**before, "score": table}
            replace_file_durably(directory.record, tomli_w.dumps(record).encode())
