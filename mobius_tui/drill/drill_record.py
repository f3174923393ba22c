"""`drill.json`: the result of a drill, to compare drills without reading journals.

Written once, when the drill is over, beside the run's `record.toml`, whose `[score]`
says the same for people. A thousand of them are read in less than a tenth of a second.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import tomli_w
from msgspec import Struct, field, to_builtins
from msgspec.structs import asdict

from mobius_tui.drill.detections import DetectionCounts, parse_key
from mobius_tui.drill.drill_score import Score
from mobius_tui.errors import RunError
from mobius_tui.json_border import Integer, Moment, json_as
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


class DrillRecord(Struct, frozen=True, kw_only=True):
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
    fields = {**to_builtins(record), "seen": seen, "wrecked": wrecked}
    return json.dumps(fields, separators=(",", ":")).encode() + b"\n"


def drill_record_path(directory: RunDirectory) -> Path:
    """The path of a run's `drill.json`."""
    return directory.path / DRILL_RECORD_NAME


def read_drill_record(directory: RunDirectory) -> DrillRecord | None:
    """The record of a drill; `None` if there is none, or it is damaged."""
    try:
        with open_regular(drill_record_path(directory)) as file:
            said = json_as(_Line, file.read(MAX_RECORD_BYTES))
    except (OSError, ValueError):
        return None
    return DrillRecord(
        run=said.run,
        runbook=said.runbook,
        title=said.title,
        operator=said.operator,
        outcome=said.outcome,
        began=said.began,
        ended=said.ended,
        score=said.score,
        texts=said.texts,
        seen=tuple(_known_counts(said.seen)),
        wrecked=tuple(_known_counts(said.wrecked)),
        own_staging=said.own_staging,
    )


class _Row(NamedTuple):
    """Counts, as a list of values."""

    key: str
    text: str
    red: Integer
    green: Integer
    last_red: Moment | None
    last_green: Moment | None


class _Line(Struct, frozen=True, kw_only=True):
    """What `drill.json` holds; what an older version did not write has its default."""

    run: str
    runbook: str
    title: str
    operator: str
    outcome: str
    began: Moment
    ended: Moment
    score: Score
    texts: dict[str, str]
    seen: tuple[_Row, ...] = ()
    wrecked: tuple[_Row, ...] = ()
    own_staging: bool = False


def _rows(counts: Iterable[DetectionCounts]) -> list[list[Any]]:
    return [[str(each.key), *list(asdict(each).values())[1:]] for each in counts]


def _known_counts(rows: Iterable[_Row]) -> Iterator[DetectionCounts]:
    """Counts, without those that have keys which only other versions know."""
    for key, text, red, green, last_red, last_green in rows:
        with suppress(ValueError):
            yield DetectionCounts(
                key=parse_key(key),
                text=text,
                red=red,
                green=green,
                last_red=last_red,
                last_green=last_green,
            )


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
