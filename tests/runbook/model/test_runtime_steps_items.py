"""The items that a command, or a variable, lists."""

from __future__ import annotations

from mobius_tui.runbook.model.runtime_steps import items_of_lines


def test_an_item_is_its_line_with_its_blanks() -> None:
    listed = "  lead\ntrail \n\ttab\nlead\n  lead\n \n\nwindows\r\n"
    assert items_of_lines(listed) == ("  lead", "trail ", "\ttab", "lead", "windows")
