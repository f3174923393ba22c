"""What every event has to say: in a line, and on the timeline. Pure.

An event is a class in a module `*_events.py` beside this one. What it changes is in
`mobius_tui/run/state/`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterable, Mapping
from typing import ClassVar, Literal, Protocol

from mobius_tui.json_border import JsonObject

MomentKind = Literal["steps", "triggers", "messages", "decisions", "notes", "run"]
"""The lane of the timeline that an event is on."""
MomentTone = Literal["good", "warn", "bad", "going", "muted", "plain"]


WhenReopened = Literal["always", "on steps", "never"]
"""Whether something may be in a run that is open again to be undone: always; on steps
that undo others and on messages; never."""


class Telling(Protocol):
    """What an event's sentence may ask of its entry, and of the run just after it."""

    @property
    def by(self) -> str:
        """Who caused it."""

    @property
    def at(self) -> float:
        """When, in seconds since 1970."""

    @property
    def open_for(self) -> float:
        """Seconds since the run began."""

    @property
    def is_over(self) -> bool:
        """Whether the run has ended."""

    def step(self, step_id: str) -> str:
        """A step's name, with its number."""

    def phase(self, phase_id: str) -> str:
        """A phase's title."""

    def attempts(self, folders: Iterable[str]) -> str:
        """Attempts by the names of their folders, as people call them."""

    def delivery(self, number: int) -> str:
        """A delivery's channel, and its message's title."""

    def place_before(
        self, taken_from: Mapping[str, str], place: Mapping[str, str]
    ) -> str:
        """Where a run was before it was taken over to a place."""

    def how_it_begins(self, step_id: str) -> str:
        """What is to be known of a step that begins: its terminal, its watch."""

    def seconds(self, step_id: str, attempt: int) -> float:
        """How long an attempt took."""

    def has_rows(self, step_id: str) -> bool:
        """Whether a step has rows: it only listed what they are about."""

    def has_steps_beside(self, step_id: str) -> bool:
        """Whether others may run beside a step, so that it is to be named."""

    def undone(self, step_id: str) -> str:
        """What a step that passed, or was vouched for, has undone; else empty."""

    def end_of_parent(self, step_id: str) -> str:
        """How a step has ended whose last row has, if one failed; else empty."""


class Event(JsonObject, frozen=True):
    """Something that has happened: the base of all events, with what most of them say.

    Its name and its fields are in journals on other people's disks.
    """

    may_follow_end: ClassVar[bool] = False
    """Whether it may follow the run's end: what still ran then ends by itself, and
    queued messages are sent if they can be."""
    when_reopened: ClassVar[WhenReopened] = "never"
    """Whether it may follow in a run that is open again to be undone."""
    statuses_before: ClassVar[Collection[str]] = ()
    """Of an event that changes the status of a step, or is about an attempt that runs:
    the statuses of the step in which it may follow."""
    moment_kind: ClassVar[MomentKind] = "run"
    """Its lane of the timeline."""
    moment_mark: ClassVar[str] = "•"
    """Its sign on the timeline."""
    moment_tone: ClassVar[MomentTone] = "plain"
    """How good or bad it is; `tone`, where that depends on its fields."""

    @abstractmethod
    def sentence(self, run: Telling) -> str | None:
        """What it says in a line of `--plain`, of reports and of the timeline.

        It begins with a word for what happened, so that it can be searched for; about
        the end or a look of one host, it begins with the host.

        Returns:
            The line; `None` where it is of no interest to a reader.
        """

    @property
    def tone(self) -> MomentTone:
        """How good or bad it is."""
        return self.moment_tone
