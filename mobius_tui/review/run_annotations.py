"""What people add to the record of a run that is over: its tables, and annotations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import tomli_w

from mobius_tui.errors import RunError, UsageError
from mobius_tui.review.run_report import Annotation
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.records import seals
from mobius_tui.run.records.run_record import ANNOTATIONS as TABLE
from mobius_tui.run.records.run_record import (
    exclusive_record,
    read_record_or_empty,
    replace_file_durably,
)
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.runbook.text.names import did_you_mean
from mobius_tui.runbook.text.units import size_in_words
from mobius_tui.runbook.toml.runbook_source import MAX_BYTES

RecordEntry = dict[str, Any]
"""One entry of a table of the record."""


def change_table(
    directory: RunDirectory,
    table: str,
    change: Callable[[Sequence[Any]], Sequence[Any]],
) -> None:
    """Put other entries in place of those that a table of the record has.

    Args:
        directory: the run's.
        table: which one.
        change: given what is there, says what is to be there.

    Raises:
        RunError: the run is not over, or its record cannot be read or written.
    """
    if not directory.record.exists():
        raise RunError(
            f"{directory.id} is not over, so it has no record yet; a note belongs "
            f"into its journal: `mobius-tui resume {directory.id}`, and `n`"
        )
    try:
        with exclusive_record(directory):
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
    chain = seals.with_new_seals(
        record, table, entries, seals.first_line_digest(directory)
    )
    record |= {table: entries, seals.SEALS_TABLE: chain}
    data = tomli_w.dumps(record).encode()
    if len(data) > MAX_BYTES:
        most = size_in_words(MAX_BYTES)
        raise RunError(f"{directory.record} is full: it has {most} at most")
    return data


def entry_time(at: float) -> datetime:
    """A moment as the record has it."""
    return datetime.fromtimestamp(at, UTC)


def entry_text(said: Any, name: str) -> str:
    """A text of an entry; empty where it has none."""
    value = said.get(name) if isinstance(said, dict) else None
    return value if isinstance(value, str) else ""


CLOCK_MARGIN = 86400.0
"""Seconds before and after a run that may still be spoken of: a deployment before it,
a call from a customer after it."""
_AFTER = re.compile(r"\+(?:(\d+):)?(\d+):(\d\d)")
_CLOCK = re.compile(r"\d{1,2}:\d\d(:\d\d)?")


def parse_moment(text: str, *, began: float, ended: float) -> float:
    """The moment that a text means, in seconds since 1970.

    Args:
        text: `+1:20` after the beginning; a time of day, on the first day of the run
            on which it is not before the beginning; or a date and a time. Without a
            zone it is local, as the screens show it.
        began: when the run began, in seconds since 1970.
        ended: when it ended.

    Raises:
        UsageError: it means none, or one that is far from the run.
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
    first = datetime.fromtimestamp(began).astimezone()
    hour, minute, *rest = (int(part) for part in text.split(":"))
    second = rest[0] if rest else 0
    found = first.replace(hour=hour, minute=minute, second=second, microsecond=0)
    # The second in which it began is told without its fraction.
    if found.timestamp() < int(began):
        found += timedelta(days=1)
    return found.timestamp()


def _shown(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().isoformat(timespec="seconds")


LONGEST_ANNOTATION = 4000
"""Maximum length of one annotation, in characters."""


def read_annotations(directory: RunDirectory) -> tuple[Annotation, ...]:
    """The annotations of a run, the oldest first; what is none is left out."""
    found = read_record_or_empty(directory).get(TABLE)
    if not isinstance(found, list):
        return ()
    return tuple(each for said in found for each in _decoded(said))


@dataclass(frozen=True, kw_only=True, slots=True)
class AnnotationTarget:
    """What an annotation is on: the run, where nothing else is said."""

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
    """What a person means to annotate.

    Args:
        directory: the run's.
        at: a moment.
        step: a step's id, or its number.
        since: where a range begins; with `until`.
        until: where it ends.

    Raises:
        UsageError: it is nothing of the run, or more than one thing.
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
        text: what there is to say.
        target: what it is on.
        by: who says it.
        now: seconds since 1970.

    Raises:
        UsageError: there is nothing to say.
        RunError: the run is not over, or its record cannot be read or written.
    """
    if not text.strip():
        raise UsageError("an annotation wants a text")
    if len(text) > LONGEST_ANNOTATION:
        raise UsageError(f"an annotation has {LONGEST_ANNOTATION} characters at most")
    said: RecordEntry = {"written": entry_time(now), "by": by, "text": text}
    if target.step:
        said["step"] = target.step
    for name, at in (("since", target.since), ("until", target.until)):
        if at is not None:
            said[name] = entry_time(at)
    change_table(directory, TABLE, lambda before: [*before, said])


def _decoded(said: Any) -> Iterator[Annotation]:
    if not isinstance(said, Mapping):
        return
    written = _annotated_moment(said, "written")
    if written is None or not isinstance(said.get("text"), str):
        return
    yield Annotation(
        written=written,
        by=entry_text(said, "by"),
        text=said["text"],
        step=entry_text(said, "step"),
        since=_annotated_moment(said, "since"),
        until=_annotated_moment(said, "until"),
    )


def _annotated_moment(said: Mapping[str, Any], name: str) -> float | None:
    value = said.get(name)
    return value.timestamp() if isinstance(value, datetime) else None
