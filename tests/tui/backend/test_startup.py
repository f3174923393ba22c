"""What the environment may tell Textual, and what it may not."""

from __future__ import annotations

import pytest

from mobius_tui.tui.backend.startup import set_textual_environment


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ({"TEXTUAL_PRESS": "enter,enter"}, {}),
        ({"TEXTUAL_COLOR_SYSTEM": "bad"}, {}),
        ({"TEXTUAL_COLOR_SYSTEM": "256"}, {"TEXTUAL_COLOR_SYSTEM": "256"}),
        ({"NO_COLOR": ""}, {}),
        ({"NO_COLOR": "1"}, {"NO_COLOR": "1"}),
    ],
)
def test_what_would_press_keys_or_break_is_not_passed_on(
    given: dict[str, str], left: dict[str, str]
) -> None:
    environ = dict(given)
    set_textual_environment(environ)
    assert environ.pop("TEXTUAL_FPS") == "240"
    assert environ.pop("TEXTUAL_ANIMATIONS") == "basic"
    assert environ == left
