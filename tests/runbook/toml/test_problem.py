"""How a problem is shown."""

from __future__ import annotations

from mobius_tui.runbook.toml.problem import Problem


def shown(text: str, column: int, message: str = "wrong") -> list[str]:
    """The lines of a problem in a line of text."""
    problem = Problem(file="f", line=3, column=column, message=message, text=text)
    return problem.render().split("\n")


def test_the_caret_stands_below_the_column() -> None:
    assert shown("  key = 1", 3) == ["f:3:3: wrong", "      key = 1", "      ^"]


def test_a_warning_says_so() -> None:
    problem = Problem(file="f", line=0, column=0, message="odd", severity="warning")
    assert problem.render() == "f: warning: odd"


def test_control_characters_are_made_visible() -> None:
    _, line, caret = shown("\x1b[31m\tx = 1", 7)
    assert line == "    \\x1b[31m x = 1"
    assert line.index("x = 1") == caret.index("^")
    assert shown("x", 1, "a\x1b]0;t\x07b")[0] == "f:3:1: a\\x1b]0;t\\x07b"


def test_wide_characters_push_the_caret_on() -> None:
    _, line, caret = shown("'日本' = 1", 6)
    assert line == "    '日本' = 1"
    assert caret.index("^") == 4 + 7


def test_a_long_line_is_cropped_around_the_caret() -> None:
    _, line, caret = shown("a" * 1000 + "!" + "b" * 1000, 1001)
    assert len(line) < 100
    assert line[caret.index("^")] == "!"
    assert line.startswith("    …a")
    assert line.endswith("b…")


def test_a_column_past_the_end_is_at_the_end() -> None:
    assert shown("ab", 9)[2] == "      ^"
