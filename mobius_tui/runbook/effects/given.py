"""What a script itself gives: files of its own to variables, and text to commands."""

from __future__ import annotations

from mobius_tui.runbook.shell.model import HOLE, Assignment, Command, Simple, Word
from mobius_tui.runbook.shell.program import program


def makes_a_file(assignment: Assignment) -> bool:
    """Whether a variable is given the name of a file that `mktemp` has just made."""
    value = assignment.value
    if value.text != HOLE or len(value.scripts) != 1 or len(value.scripts[0]) != 1:
        return False
    first = value.scripts[0][0].first.commands[0]
    run = program(first) if isinstance(first, Simple) else None
    return run is not None and run.name == "mktemp"


def input_of(command: Simple, before: Command | None) -> Word | None:
    """What a command reads, where the script itself says it."""
    for redirect in command.redirects:
        if redirect.document is not None:
            return redirect.document.body
        if redirect.sign == "<<<":
            return redirect.target
        if redirect.sign == "<":
            return None
    if not isinstance(before, Simple):
        return None
    run = program(before)
    if run is None:
        return None
    if run.name == "cat" and not run.arguments:
        return input_of(before, None)
    if run.name not in ("echo", "printf"):
        return None
    said = [each for each in run.arguments if each.text not in ("-n", "-e", "-E", "--")]
    if len(said) == 1:
        return said[0]
    text = " ".join(each.text for each in said)
    return Word(source="", text=text, start=run.word.start)
