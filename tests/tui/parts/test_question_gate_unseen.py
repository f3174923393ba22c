"""A page that a key has opened takes no key that was meant for the one before it."""

from __future__ import annotations

import pytest
from textual import events

from mobius_tui.tui.backend.key_queue import INPUT_GUARD_SECONDS, TimedInput
from mobius_tui.tui.screens.page import Page

SEEN = 100.0
SOON = SEEN + INPUT_GUARD_SECONDS / 2
LATER = SEEN + INPUT_GUARD_SECONDS + 0.01


def key(at: float) -> TimedInput:
    return TimedInput(events.Key("enter", None), at, is_repeat=False)


@pytest.mark.parametrize("at", [SEEN - 1, SOON])
def test_an_enter_too_many_does_nothing_on_the_page_that_comes(at: float) -> None:
    gate = Page().questions
    gate.wait_until_seen()
    assert not gate.accepts_input(key(at))
    gate.mark_shown(SEEN)
    gate.mark_shown(LATER)  # it is drawn again and again
    assert not gate.accepts_input(key(at))
    assert gate.accepts_input(key(LATER))


def test_a_page_that_no_key_has_opened_takes_what_was_typed_ahead() -> None:
    gate = Page().questions
    assert gate.accepts_input(key(SEEN - 1))
    gate.mark_shown(SEEN)
    assert gate.accepts_input(key(SOON))
