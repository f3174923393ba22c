"""Notes made after a run: kept in its record, beside the untouched journal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from mobius_tui.review.drills import record_of
from mobius_tui.review.told import Annotation
from mobius_tui.run.directory import RunDirectory

TABLE = "annotations"


def read(directory: RunDirectory) -> tuple[Annotation, ...]:
    """The annotations of a run, the oldest first; what is none is left out."""
    found = record_of(directory).get(TABLE)
    if not isinstance(found, list):
        return ()
    return tuple(each for said in found for each in _decoded(said))


def _decoded(said: Any) -> Iterator[Annotation]:
    if not isinstance(said, Mapping):
        return
    written = _moment(said, "written")
    if written is None or not isinstance(said.get("text"), str):
        return
    yield Annotation(
        written=written,
        by=_text(said, "by"),
        text=said["text"],
        step=_text(said, "step"),
        since=_moment(said, "since"),
        until=_moment(said, "until"),
    )


def _moment(said: Mapping[str, Any], name: str) -> float | None:
    value = said.get(name)
    return value.timestamp() if isinstance(value, datetime) else None


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    return value if isinstance(value, str) else ""
