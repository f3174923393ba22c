"""Drafts: each is given back to the dialog that it was typed in, and to no other."""

from __future__ import annotations

from mobius_tui.tui.parts.question_gate import Drafts
from mobius_tui.tui.screen_state import DraftKey, Purpose

SKIP = DraftKey(purpose=Purpose.SKIP, step="a")


def test_a_draft_is_taken_once_and_only_by_its_key() -> None:
    drafts = Drafts()
    assert drafts.keep({SKIP: {"reason": "no page"}})
    assert drafts.take(DraftKey(purpose=Purpose.SKIP, step="b")) == {}
    assert drafts.take(DraftKey(purpose=Purpose.OVERRIDE, step="a")) == {}
    assert drafts.take(None) == {}
    assert drafts.take(SKIP) == {"reason": "no page"}
    assert drafts.take(SKIP) == {}


def test_nothing_typed_is_no_draft_and_what_is_newer_stays() -> None:
    drafts = Drafts({SKIP: {"reason": "new"}})
    assert not drafts.keep({SKIP: {}})
    assert drafts.keep({SKIP: {"reason": "old"}})
    assert drafts.kept == {SKIP: {"reason": "new"}}


def test_what_is_kept_does_not_change_with_the_screen_that_it_came_from() -> None:
    drafts = Drafts()
    drafts.keep({SKIP: {"reason": "no page"}})
    kept = drafts.kept
    drafts.take(SKIP)
    assert kept == {SKIP: {"reason": "no page"}}
