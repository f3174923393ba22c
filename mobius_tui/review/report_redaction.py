"""Texts of a report without secrets and without control characters. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias, TypeVar

from mobius_tui.review.run_report import (
    ActionItem,
    Annotation,
    Deviation,
    ReportDecision,
    ReportNote,
    ReportProbe,
    TimelineEntry,
)
from mobius_tui.run.storage.redaction import REDACTED, redact
from mobius_tui.runbook.prose.prose_model import Prose
from mobius_tui.runbook.text.shortening import shortened
from mobius_tui.sanitize import SGR, clean, line
from mobius_tui.structs import replace

MAX_TEXT = 4000
"""Characters of a text for one line at most; one of several lines is not cut."""
_IN_ADDRESS = re.compile(r"(?<=://)[^/\s@'\"]+:[^/\s@'\"]+(?=@)")
"""A name and a password in an address, such as `https://ana:secret@host`."""


class ReportRedactor:
    """Removes secrets from texts, and makes control characters visible."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Make a redactor.

        The host and the keepers have redacted what they wrote; this is for what they
        did not know, and for a person who quotes a secret in a note.

        Args:
            secrets: values that the reader of the run knows.
        """
        self._secrets = tuple(secrets)

    def line(self, text: str) -> str:
        """A text for one line."""
        return shortened(line(self._redact(SGR.sub("", text))), MAX_TEXT)

    def lines(self, text: str) -> str:
        """A text of several lines."""
        return clean(self._redact(SGR.sub("", text)), newlines=True)

    def prose(self, prose: Prose) -> Prose:
        """A runbook's text, and the values in it."""
        values = tuple((name, self.lines(value)) for name, value in prose.values)
        return Prose(self.lines(prose.text), values)

    def _redact(self, text: str) -> str:
        return _IN_ADDRESS.sub(REDACTED, redact(text, self._secrets))


LineSanitizer: TypeAlias = Callable[[str], str]
"""Makes one line of text harmless."""
RedactedItem = TypeVar("RedactedItem", Deviation, ReportNote)
MAX_TIMELINE_TEXT = 240
"""Characters of a line of the timeline."""


def sanitize_statements(
    items: Iterable[RedactedItem], sanitize: LineSanitizer
) -> Iterator[RedactedItem]:
    """Sanitize deviations, or the notes that were made during the run."""
    for each in items:
        yield replace(
            each,
            name=sanitize(each.name),
            by=sanitize(each.by),
            text=sanitize(each.text),
        )


def sanitize_timeline(
    items: Iterable[TimelineEntry], sanitize: LineSanitizer
) -> Iterator[TimelineEntry]:
    """Sanitize the timeline; texts that are cut are whole at their step or note."""
    for each in items:
        text = shortened(sanitize(each.text), MAX_TIMELINE_TEXT)
        yield replace(each, by=sanitize(each.by), text=text)


def sanitize_probes(
    items: Iterable[ReportProbe], sanitize: LineSanitizer
) -> Iterator[ReportProbe]:
    """Sanitize the probes, which the runbook names."""
    for each in items:
        yield replace(each, id=sanitize(each.id), title=sanitize(each.title))


def sanitize_decisions(
    items: Iterable[ReportDecision], sanitize: LineSanitizer
) -> Iterator[ReportDecision]:
    """Sanitize the decisions with their reasons."""
    for each in items:
        yield replace(
            each,
            by=sanitize(each.by),
            name=sanitize(each.name),
            chosen=tuple(map(sanitize, each.chosen)),
            reason=sanitize(each.reason),
        )


def sanitize_annotations(
    items: Iterable[Annotation], sanitize: LineSanitizer
) -> Iterator[Annotation]:
    """Sanitize the notes that were made after the run."""
    for each in items:
        yield replace(
            each,
            by=sanitize(each.by),
            text=sanitize(each.text),
            step=sanitize(each.step),
        )


def sanitize_action_items(
    items: Iterable[ActionItem], sanitize: LineSanitizer
) -> Iterator[ActionItem]:
    """Sanitize the action items."""
    for each in items:
        yield replace(
            each,
            title=sanitize(each.title),
            owner=sanitize(each.owner),
            due=sanitize(each.due),
            note=sanitize(each.note),
            by=sanitize(each.by),
        )
