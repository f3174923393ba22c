"""Notes made after a run: kept in its record, beside the untouched journal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mobius_tui.errors import UsageError
from mobius_tui.review.drills import record_of
from mobius_tui.review.keeping import Said, change_table, text_of, time_of
from mobius_tui.review.moments import moment
from mobius_tui.review.told import Annotation
from mobius_tui.run.directory import RunDirectory
from mobius_tui.run.follow import Follower
from mobius_tui.run.plan import Plan
from mobius_tui.run.record import ANNOTATIONS as TABLE
from mobius_tui.runbook.names import did_you_mean

LONGEST = 4000
"""Characters of one; more is a document of its own."""


def read(directory: RunDirectory) -> tuple[Annotation, ...]:
    """The annotations of a run, the oldest first; what is none is left out."""
    found = record_of(directory).get(TABLE)
    if not isinstance(found, list):
        return ()
    return tuple(each for said in found for each in _decoded(said))


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """What an annotation is on: the run, where nothing else is said."""

    step: str = ""
    """A step's id."""
    since: float | None = None
    """A moment, or where a range begins; seconds since 1970."""
    until: float | None = None
    """Where a range ends."""


def place(
    directory: RunDirectory,
    *,
    at: str | None,
    step: str | None,
    since: str | None,
    until: str | None,
) -> Place:
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
    span = {"began": state.began_at, "ended": state.ended_at or state.at}
    if (since is None) != (until is None):
        raise UsageError("--from and --to belong together")
    if sum(each is not None for each in (at, step, since)) > 1:
        raise UsageError("give one of --at, --step, and --from with --to")
    if step is not None:
        return Place(step=_step(plan, step))
    if at is not None:
        return Place(since=moment(at, **span))
    if since is None or until is None:
        return Place()
    first, last = moment(since, **span), moment(until, **span)
    if last < first:
        raise UsageError(f"--to {until} is before --from {since}")
    return Place(since=first, until=last)


def _step(plan: Plan, name: str) -> str:
    known = {number: key for key, number in plan.numbers.items()}
    if name in plan.steps:
        return name
    if name in known:
        return known[name]
    near = did_you_mean(name, plan.steps)
    raise UsageError(f"--step {name}: there is no such step{near}")


def annotate(
    directory: RunDirectory, text: str, where: Place, *, by: str, now: float
) -> None:
    """Add an annotation to a run's record; the journal stays as it is.

    Args:
        directory: the run's.
        text: what there is to say.
        where: what it is on.
        by: who says it.
        now: seconds since 1970.

    Raises:
        UsageError: there is nothing to say.
        RunError: the run is not over, or its record cannot be read or written.
    """
    if not text.strip():
        raise UsageError("an annotation wants a text")
    if len(text) > LONGEST:
        raise UsageError(f"an annotation has {LONGEST} characters at most")
    said: Said = {"written": time_of(now), "by": by, "text": text}
    if where.step:
        said["step"] = where.step
    for name, at in (("since", where.since), ("until", where.until)):
        if at is not None:
            said[name] = time_of(at)
    change_table(directory, TABLE, lambda before: [*before, said])


def _decoded(said: Any) -> Iterator[Annotation]:
    if not isinstance(said, Mapping):
        return
    written = _moment(said, "written")
    if written is None or not isinstance(said.get("text"), str):
        return
    yield Annotation(
        written=written,
        by=text_of(said, "by"),
        text=said["text"],
        step=text_of(said, "step"),
        since=_moment(said, "since"),
        until=_moment(said, "until"),
    )


def _moment(said: Mapping[str, Any], name: str) -> float | None:
    value = said.get(name)
    return value.timestamp() if isinstance(value, datetime) else None
