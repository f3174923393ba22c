"""Every text that people or programs said is made harmless, field by field."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from typing import Any

import pytest

from mobius_tui.review import harmless
from mobius_tui.review.redact import Redactor
from mobius_tui.review.told import (
    ActionItem,
    Annotation,
    Decided,
    Deviation,
    Happening,
    Noted,
    ToldProbe,
)

BAD = "a\x1b[2Jb s3cret"
GOOD = "a␛[2Jb [redacted]"
PROBE = ToldProbe(
    id=BAD,
    title=BAD,
    checks=1,
    ok=1,
    failed=0,
    no_data=0,
    success_rate=None,
    p50_ms=None,
    p95_ms=None,
    p99_ms=None,
    reported_p95_ms=None,
    reported_error_rate=None,
    outage_began=None,
    outage=None,
    limit_ms=None,
    beats=(),
)


@pytest.mark.parametrize(
    ("through", "said", "texts"),
    [
        (
            harmless.told,
            Deviation(kind="skipped", step="s", name=BAD, at=1.0, by=BAD, text=BAD),
            ("name", "by", "text"),
        ),
        (
            harmless.told,
            Noted(at=1.0, by=BAD, name=BAD, text=BAD),
            ("by", "name", "text"),
        ),
        (
            harmless.timeline,
            Happening(n=1, at=1.0, after=0.0, by=BAD, event="NoteAdded", text=BAD),
            ("by", "text"),
        ),
        (harmless.probes, PROBE, ("id", "title")),
        (
            harmless.decisions,
            Decided(at=1.0, by=BAD, step="s", name=BAD, chosen=("x",), reason=BAD),
            ("by", "name", "reason"),
        ),
        (
            harmless.annotated,
            Annotation(written=1.0, by=BAD, text=BAD, step=BAD, since=1.0),
            ("by", "text", "step"),
        ),
        (
            harmless.action_items,
            ActionItem(id="a", title=BAD, owner=BAD, due=BAD, note=BAD, by=BAD),
            ("title", "owner", "due", "note", "by"),
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_text_is_made_harmless_and_nothing_else_is_changed(
    through: Callable[..., Iterator[Any]], said: Any, texts: tuple[str, ...]
) -> None:
    assert set(texts) == {name for name, v in asdict(said).items() if v == BAD}
    (found,) = through([said], Redactor(["s3cret"]).line)
    assert found == replace(said, **dict.fromkeys(texts, GOOD))


def test_each_of_what_was_chosen_is_made_harmless() -> None:
    said = Decided(at=1.0, by="", step="s", name="", chosen=(BAD, "x"), reason="")
    (found,) = harmless.decisions([said], Redactor(["s3cret"]).line)
    assert found.chosen == (GOOD, "x")


def test_a_line_of_the_timeline_is_cut_after_it_was_made_harmless() -> None:
    text = "x" * (harmless.WIDTH - 3) + "s3cret"
    said = Happening(n=1, at=1.0, after=0.0, by="", event="NoteAdded", text=text)
    (found,) = harmless.timeline([said], Redactor(["s3cret"]).line)
    assert len(found.text) == harmless.WIDTH
    assert "s3" not in found.text
