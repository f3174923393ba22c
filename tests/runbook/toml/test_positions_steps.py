"""Where a step stands in a text, even in one that is no runbook now."""

from __future__ import annotations

import pytest

from mobius_tui.runbook.library.runbook_files import bundled_folder
from mobius_tui.runbook.toml.positions import HeaderKind, header_line, included_files

TEXT = """\
format = 1
[[phase]]
id = "check"   # the phase
[[ phase . step ]]
id = "no"
[[phase.step]]   # the step
title = "T"
id = 'check'
run = broken "
[phase.step.check]
id = "inner"
[[phase]]
include = "part.toml#p"
[[phase]]
include = 'part.toml#q'
"""


@pytest.mark.parametrize(
    ("part", "name", "line"),
    [
        ("phase", "check", 2),
        ("phase.step", "check", 6),
        ("phase.step", "inner", None),
        ("phase.step", "", None),
    ],
)
def test_the_line_of_a_header(part: HeaderKind, name: str, line: int | None) -> None:
    assert header_line(TEXT, part, name) == line


def test_each_step_of_a_whole_runbook_is_found() -> None:
    from mobius_tui.runbook.library.loader import load

    path = bundled_folder() / "mobius-rollback.toml"
    text = path.read_text()
    for step in load(path).steps():
        if f'id = "{step.id}"' in text:
            assert header_line(text, "phase.step", step.id) == step.line


def test_included_files() -> None:
    assert included_files(TEXT) == ("part.toml",)
