"""A question takes the keys that were typed when it was to be seen, and no others."""

from __future__ import annotations

from textual.events import Key

from mobius_tui.tui.backend.key_queue import INPUT_GUARD_SECONDS, InputGuard, TimedInput

SEEN = 100.0


def enter(read_at: float, *, is_repeat: bool = False) -> TimedInput:
    return TimedInput(Key("enter", "\r"), read_at, is_repeat=is_repeat)


def shown() -> InputGuard:
    guard = InputGuard()
    guard.mark_shown(SEEN)
    return guard


def test_what_is_not_on_the_terminal_yet_is_not_answered() -> None:
    guard = InputGuard()
    assert not guard.is_shown
    assert not guard.accepts(enter(SEEN), answers=True)
    assert not guard.accepts(enter(SEEN), answers=False)


def test_a_key_is_taken_as_soon_as_it_is_seen() -> None:
    assert shown().accepts(enter(SEEN), answers=True)


def test_a_key_from_before_it_was_seen_is_not_however_late_its_turn_comes() -> None:
    guard = shown()
    for _ in range(3):
        assert not guard.accepts(enter(SEEN - 0.001), answers=True)
    assert guard.accepts(enter(SEEN + 0.001), answers=True)


def test_keys_that_were_refused_make_nothing_wait() -> None:
    guard = shown()
    guard.accepts(enter(SEEN - 1), answers=True)
    guard.mark_shown(SEEN + 10)  # drawn once more
    assert guard.accepts(enter(SEEN + 0.001), answers=True)


def test_a_key_that_is_held_down_answers_nothing_until_another_comes() -> None:
    guard = shown()
    for number in range(100):
        assert not guard.accepts(enter(SEEN + number, is_repeat=True), answers=True)
    assert guard.accepts(enter(SEEN + 0.5), answers=True)
    # From then on it is used: to go through a list, say.
    assert guard.accepts(enter(SEEN + 0.6, is_repeat=True), answers=True)


def test_text_may_have_letters_twice_and_is_no_answer() -> None:
    guard = shown()
    assert guard.accepts(enter(SEEN, is_repeat=True), answers=False)
    assert not guard.accepts(enter(SEEN, is_repeat=True), answers=True)


def test_what_changed_by_itself_is_not_answered_in_its_first_moment() -> None:
    guard = shown()
    guard.accepts(enter(SEEN), answers=True)
    guard.restart()
    assert not guard.accepts(enter(SEEN + 10), answers=True)
    guard.mark_shown(SEEN + 20)
    assert not guard.accepts(enter(SEEN + 20), answers=True)
    assert guard.accepts(enter(SEEN + 20 + INPUT_GUARD_SECONDS), answers=True)
