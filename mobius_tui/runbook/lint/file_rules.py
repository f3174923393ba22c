"""Errors about the `files` of a runbook: what is called must be a program."""

from __future__ import annotations

from mobius_tui.runbook.decode.assemble import RunbookDraft
from mobius_tui.runbook.lint.text_rules import script_sources
from mobius_tui.runbook.model.actions import is_shell
from mobius_tui.runbook.shell.script_parser import parse_script
from mobius_tui.runbook.shell.script_walk import visits


def lint_files(draft: RunbookDraft) -> None:
    """Report each call of a file that no system can run.

    Raises:
        TooManyProblemsError: there are too many problems.
    """
    plain = {each.base_name for each in draft.runbook.files if not each.is_program}
    if not plain:
        return
    for source in script_sources(draft):
        if not is_shell(source.shell) or not any(n in source.script for n in plain):
            continue
        for visit in visits(parse_script(source.script).body):
            name = visit.program.word.text if visit.program is not None else ""
            if name in plain:
                source.table.report(
                    f"`{name}` is called, and is no program: it does not begin with "
                    "`#!`; what is only read is named as `$RUNBOOK_FILES/…`",
                    *source.path,
                )
