"""A dialog takes no key of which nobody knows when it was pressed."""

from __future__ import annotations

from time import monotonic

from textual.events import Key

from mobius_tui.tui.screens.dialog import DEAF, STALL, Dialog


def enter(*, ago: float = 0.0) -> Key:
    """An Enter that the terminal sent some seconds ago."""
    key = Key("enter", "\r")
    key.time = monotonic() - ago
    return key


def calm() -> Dialog[None]:
    """A dialog that has been open, and looked at, for a while."""
    dialog: Dialog[None] = Dialog("Restore the backup?")
    dialog._calm_since = monotonic() - 10 * DEAF
    dialog._looked = monotonic()
    return dialog


def test_a_key_after_a_pause_is_meant() -> None:
    assert calm().hears(enter())


def test_a_key_that_waited_while_the_program_stood_still_is_not() -> None:
    dialog = calm()
    dialog._looked = monotonic() - 2 * STALL
    assert not dialog.hears(enter())
    assert not dialog.hears(enter())  # nor the next one of those that waited
    dialog._calm_since = monotonic() - DEAF
    assert dialog.hears(enter())


def test_a_look_that_comes_before_the_keys_that_waited_tells_as_much() -> None:
    dialog = calm()
    dialog._looked = monotonic() - 2 * STALL
    dialog._look_for_stalls()
    assert not dialog.hears(enter())


def test_what_was_typed_before_it_opened_is_not_meant_however_late_it_comes() -> None:
    dialog = calm()
    assert not dialog.hears(enter(ago=10 * DEAF))
    assert not dialog.hears(enter())
