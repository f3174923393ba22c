"""What the program needs."""

from __future__ import annotations

import pytest

from mobius_tui.doctor.needed_programs import is_within_bounds


@pytest.mark.parametrize(
    ("have", "bounds", "does"),
    [
        ("8.10.1", "<9,>=8.2", True),
        ("9.0", "<9,>=8.2", False),
        ("8.1.9", "<9,>=8.2", False),
        ("8.2rc1", ">=8.2", True),
    ],
)
def test_a_package_is_held_to_its_bounds(have: str, bounds: str, does: bool) -> None:
    assert is_within_bounds(have, bounds) is does
