"""Which `files` of a runbook a script calls, and which a step does. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mobius_tui.runbook.model.actions import Choose, Run
from mobius_tui.runbook.model.check_kinds import RunCheck
from mobius_tui.runbook.model.runbook import SourceFile, Step

_FOLDER = r"\$\{?RUNBOOK_FILES\}?[\"']?"
_BEFORE_COMMAND = r"(?<![\w./-])"


def files_in_script(script: str, files: Sequence[SourceFile]) -> tuple[SourceFile, ...]:
    """The files that a script names, and those that these name, in the runbook's order.

    All, where it names their folder and no file in it: which is known as it runs.

    Args:
        script: its text.
        files: the runbook's.
    """
    new = _named(script, files, before=_BEFORE_COMMAND)
    found = set(new)
    while new:
        text = new.pop().data.decode("utf-8", "replace")
        # A file may find another by its own folder: "$(dirname "$0")/other".
        new += (f for f in _named(text, files, before=r"(?<![\w.-])") if f not in found)
        found.update(new)
    return tuple(file for file in files if file in found)


def files_of_step(step: Step, files: Sequence[SourceFile]) -> tuple[SourceFile, ...]:
    """The files that a step calls: in its script, its checks, its guard, its options.

    Args:
        step: the step.
        files: the runbook's.
    """
    if not files:
        return ()
    return files_in_script("\n".join(scripts_of_step(step)), files)


def files_named_by_step(
    step: Step, files: Sequence[SourceFile]
) -> tuple[SourceFile, ...]:
    """Those of `files_of_step` that the step's own scripts name, not only a file."""
    scripts = "\n".join(scripts_of_step(step))
    return tuple(_named(scripts, files, before=_BEFORE_COMMAND))


def scripts_of_step(step: Step) -> Iterator[str]:
    """Every script of a step."""
    match step.action:
        case Run(script=script, shell=shell):
            yield script
            yield from shell
        case Choose(from_run=script):
            yield script
        case _:
            pass
    if step.for_each is not None and step.for_each.command is not None:
        yield step.for_each.command.script
    for check in (*step.when_checks, *step.checks):
        if isinstance(check, RunCheck):
            yield check.script
            yield from check.shell


def _named(text: str, files: Sequence[SourceFile], *, before: str) -> list[SourceFile]:
    """The files whose names a text has.

    Args:
        text: a script.
        files: the runbook's.
        before: a pattern of what may not stand before a name by itself.
    """
    found, in_folder = [], 0
    for file in files:
        name = rf"{re.escape(file.base_name)}(?![\w.-])"
        of_folder = len(re.findall(rf"{_FOLDER}/{name}", text))
        in_folder += of_folder
        if of_folder or re.search(before + name, text):
            found.append(file)
    is_whole = text.count("RUNBOOK_FILES") > in_folder
    return list(files) if is_whole else found
