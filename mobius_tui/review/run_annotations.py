"""Annotations, and other tables of `record.toml` that people add after a run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import tomli_w
from msgspec import Struct

from mobius_tui.errors import RunError, UsageError
from mobius_tui.review.run_report import Annotation
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.records import record_file
from mobius_tui.run.records.record_file import ANNOTATIONS_TABLE as TABLE
from mobius_tui.run.records.record_file import (
    read_record_or_empty,
    record_lock,
    replace_file_durably,
)
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.runbook.text.names import did_you_mean
from mobius_tui.runbook.text.units import size_in_words
from mobius_tui.runbook.toml.runbook_source import MAX_BYTES

RecordEntry = dict[str, Any]
"""One entry of a table of the record."""


def change_record_table(
    directory: RunDirectory,
    table: str,
    change: Callable[[Sequence[Any]], Sequence[Any]],
) -> None:
    """Replace the entries of a table of a run's `record.toml`.

    Args:
        directory: the run's.
        table: its name.
        change: returns the new entries, given the present ones.

    Raises:
        RunError: the run is not over, or its record cannot be read or written.
    """
    if not directory.record.exists():
        raise RunError(
            f"{directory.id} is not over, so it has no record yet; a note belongs "
            f"into its journal: `mobius-tui resume {directory.id}`, and `n`"
        )
    try:
        with record_lock(directory):
            data = _changed(directory, table, change)
            replace_file_durably(directory.record, data)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise RunError(f"{directory.record} cannot be written: {why}") from error


def _changed(
    directory: RunDirectory,
    table: str,
    change: Callable[[Sequence[Any]], Sequence[Any]],
) -> bytes:
    """The new content of the record file, as bytes of TOML."""
    record = dict(read_record_or_empty(directory))
    if not record:
        raise RunError(f"{directory.record} cannot be read; nothing was changed")
    before = record.get(table)
    entries = list(change(before if isinstance(before, list) else ()))
    chain = record_file.with_new_seals(
        record, table, entries, record_file.first_line_digest(directory)
    )
    record |= {table: entries, record_file.SEALS_TABLE: chain}
    data = tomli_w.dumps(record).encode()
    if len(data) > MAX_BYTES:
        most = size_in_words(MAX_BYTES)
        raise RunError(f"{directory.record} is full: it has {most} at most")
    return data


def entry_time(at: float) -> datetime:
    """Seconds since 1970 as a time of TOML, in UTC."""
    return datetime.fromtimestamp(at, UTC)


def entry_text(entry: Any, name: str) -> str:
    """A text in an entry of a table; empty if it is missing or no text."""
    value = entry.get(name) if isinstance(entry, dict) else None
    return value if isinstance(value, str) else ""


CLOCK_MARGIN = 86400.0
"""Seconds before and after a run that an annotation may be about: a deployment before
it, a customer's call after it."""
_AFTER = re.compile(r"\+(?:(\d+):)?(\d+):(\d\d)")
_CLOCK = re.compile(r"\d{1,2}:\d\d(:\d\d)?")


def parse_moment(text: str, *, began: float, ended: float) -> float:
    """Parse the time of an annotation, to seconds since 1970.

    Args:
        text: `+1:20`, minutes and seconds after the beginning (with hours, `+1:02:03`);
            a time of day, on the first day of the run on which it is not before the
            beginning; or a date and a time. Without a zone it is local, as the screens
            show it.
        began: when the run began, in seconds since 1970.
        ended: when it ended.

    Raises:
        UsageError: it is no time, or more than `CLOCK_MARGIN` away from the run.
    """
    found = _meant(text, began)
    if found is None:
        raise UsageError(
            f"{text!r} is no time; write 2026-11-24T13:45:05Z, 13:45:05 or +1:20"
        )
    if not began - CLOCK_MARGIN <= found <= ended + CLOCK_MARGIN:
        span = f"from {_shown(began)} to {_shown(ended)}"
        raise UsageError(f"{text!r} is more than a day away from the run, {span}")
    return found


def _meant(text: str, began: float) -> float | None:
    after = _AFTER.fullmatch(text)
    if after is not None:
        hours, minutes, seconds = (int(part or 0) for part in after.groups())
        return began + hours * 3600 + minutes * 60 + seconds
    try:
        if _CLOCK.fullmatch(text):
            return _on_its_day(text, began)
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def _on_its_day(text: str, began: float) -> float:
    """A time of day: the first that is not before the run's beginning."""
    # Without a zone: its distance from UTC may change on that day.
    first = datetime.fromtimestamp(began)  # noqa: DTZ006
    hour, minute, *rest = (int(part) for part in text.split(":"))
    second = rest[0] if rest else 0
    found = first.replace(hour=hour, minute=minute, second=second, microsecond=0)
    # The second in which it began is told without its fraction.
    if found.timestamp() < int(began):
        found += timedelta(days=1)
    return found.timestamp()


def _shown(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().isoformat(timespec="seconds")


MAX_ANNOTATION_CHARACTERS = 4000
"""Maximum length of one annotation, in characters."""


def read_annotations(directory: RunDirectory) -> tuple[Annotation, ...]:
    """The annotations of a run, oldest first; entries that are none are left out."""
    found = read_record_or_empty(directory).get(TABLE)
    if not isinstance(found, list):
        return ()
    return tuple(each for entry in found for each in _decoded(entry))


class AnnotationTarget(Struct, frozen=True, kw_only=True):
    """The subject of an annotation: a step, a moment, a range, or else the run."""

    step: str = ""
    """A step's id."""
    since: float | None = None
    """A moment, or where a range begins; seconds since 1970."""
    until: float | None = None
    """Where a range ends."""


def annotation_target(
    directory: RunDirectory,
    *,
    at: str | None,
    step: str | None,
    since: str | None,
    until: str | None,
) -> AnnotationTarget:
    """The subject of an annotation, from the options of the command line.

    Args:
        directory: the run's.
        at: a moment.
        step: a step's id, or its number.
        since: where a range begins; with `until`.
        until: where it ends.

    Raises:
        UsageError: the run has no such step or time, or several options exclude each
            other.
        RunError: the run cannot be read.
    """
    follower = Follower(directory)
    state, plan = follower.state, follower.plan
    span = {"began": state.began_at, "ended": state.ended_at or state.last_entry_at}
    if (since is None) != (until is None):
        raise UsageError("--from and --to belong together")
    if sum(each is not None for each in (at, step, since)) > 1:
        raise UsageError("give one of --at, --step, and --from with --to")
    if step is not None:
        return AnnotationTarget(step=_step(plan, step))
    if at is not None:
        return AnnotationTarget(since=parse_moment(at, **span))
    if since is None or until is None:
        return AnnotationTarget()
    first, last = parse_moment(since, **span), parse_moment(until, **span)
    if last < first:
        raise UsageError(f"--to {until} is before --from {since}")
    return AnnotationTarget(since=first, until=last)


def _step(plan: Plan, name: str) -> str:
    known = {number: key for key, number in plan.numbers.items()}
    if name in plan.steps:
        return name
    if name in known:
        return known[name]
    near = did_you_mean(name, plan.steps)
    raise UsageError(f"--step {name}: there is no such step{near}")


def annotate(
    directory: RunDirectory, text: str, target: AnnotationTarget, *, by: str, now: float
) -> None:
    """Add an annotation to a run's record; the journal stays as it is.

    Args:
        directory: the run's.
        text: the annotation.
        target: its subject.
        by: its author.
        now: seconds since 1970.

    Raises:
        UsageError: the text is empty, or longer than `MAX_ANNOTATION_CHARACTERS`.
        RunError: the run is not over, or its record cannot be read or written.
    """
    if not text.strip():
        raise UsageError("an annotation wants a text")
    if len(text) > MAX_ANNOTATION_CHARACTERS:
        raise UsageError(
            f"an annotation has {MAX_ANNOTATION_CHARACTERS} characters at most"
        )
    entry: RecordEntry = {"written": entry_time(now), "by": by, "text": text}
    if target.step:
        entry["step"] = target.step
    for name, at in (("since", target.since), ("until", target.until)):
        if at is not None:
            entry[name] = entry_time(at)
    change_record_table(directory, TABLE, lambda before: [*before, entry])


def _decoded(entry: Any) -> Iterator[Annotation]:
    if not isinstance(entry, Mapping):
        return
    written = _annotated_moment(entry, "written")
    if written is None or not isinstance(entry.get("text"), str):
        return
    yield Annotation(
        written=written,
        by=entry_text(entry, "by"),
        text=entry["text"],
        step=entry_text(entry, "step"),
        since=_annotated_moment(entry, "since"),
        until=_annotated_moment(entry, "until"),
    )


def _annotated_moment(entry: Mapping[str, Any], name: str) -> float | None:
    value = entry.get(name)
    return value.timestamp() if isinstance(value, datetime) else None
