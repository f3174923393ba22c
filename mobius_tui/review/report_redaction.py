"""Texts of a report without secrets and without control characters. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
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
from mobius_tui.sanitize import SGR, clean, line

LONGEST = 4000
"""Characters of one text that are told."""
_IN_ADDRESS = re.compile(r"(?<=://)[^/\s@'\"]+:[^/\s@'\"]+(?=@)")
"""A name and a password in an address, such as `https://ana:secret@host`."""


class ReportRedactor:
    """Takes out what is secret, and makes the rest visible."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Know what is secret.

        The host and the keepers have redacted what they wrote; this is for what they
        could not know of, and for whoever quotes a secret in a note.

        Args:
            secrets: values that whoever reads the run happens to know.
        """
        self._secrets = tuple(secrets)

    def line(self, text: str) -> str:
        """A text for one line."""
        return _clip(line(self._without(SGR.sub("", text))))

    def lines(self, text: str) -> str:
        """A text of several lines."""
        return clean(self._without(SGR.sub("", text)), newlines=True)

    def prose(self, prose: Prose) -> Prose:
        """A runbook's text, and the values in it."""
        values = tuple((name, self.lines(value)) for name, value in prose.values)
        return Prose(self.lines(prose.text), values)

    def _without(self, text: str) -> str:
        return _IN_ADDRESS.sub(REDACTED, redact(text, self._secrets))


def _clip(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


LineSanitizer: TypeAlias = Callable[[str], str]
"""Makes one line of text harmless."""
RedactedItem = TypeVar("RedactedItem", Deviation, ReportNote)
WIDTH = 240
"""Characters of a line of the timeline."""


def sanitize_statements(
    found: Iterable[RedactedItem], one: LineSanitizer
) -> Iterator[RedactedItem]:
    """Deviations, or the notes that were made during the run."""
    for each in found:
        yield replace(each, name=one(each.name), by=one(each.by), text=one(each.text))


def sanitize_timeline(
    found: Iterable[TimelineEntry], one: LineSanitizer
) -> Iterator[TimelineEntry]:
    """Its lines; the whole of one that is cut stands with its step, or its note."""
    for each in found:
        text = one(each.text)
        if len(text) > WIDTH:
            text = f"{text[: WIDTH - 1]}…"
        yield replace(each, by=one(each.by), text=text)


def sanitize_probes(
    found: Iterable[ReportProbe], one: LineSanitizer
) -> Iterator[ReportProbe]:
    """The probes, which the runbook names."""
    for each in found:
        yield replace(each, id=one(each.id), title=one(each.title))


def sanitize_decisions(
    found: Iterable[ReportDecision], one: LineSanitizer
) -> Iterator[ReportDecision]:
    """The decisions, and why."""
    for each in found:
        yield replace(
            each,
            by=one(each.by),
            name=one(each.name),
            chosen=tuple(map(one, each.chosen)),
            reason=one(each.reason),
        )


def sanitize_annotations(
    found: Iterable[Annotation], one: LineSanitizer
) -> Iterator[Annotation]:
    """The notes that were made afterwards."""
    for each in found:
        yield replace(each, by=one(each.by), text=one(each.text), step=one(each.step))


def sanitize_action_items(
    found: Iterable[ActionItem], one: LineSanitizer
) -> Iterator[ActionItem]:
    """What somebody is to do after the run."""
    for each in found:
        yield replace(
            each,
            title=one(each.title),
            owner=one(each.owner),
            due=one(each.due),
            note=one(each.note),
            by=one(each.by),
        )
