"""Variables that were set in another step's script, and are gone."""

from __future__ import annotations

from collections.abc import Iterator

from mobius_tui.runbook.doubts.look import Finding, Look
from mobius_tui.runbook.doubts.rule import Rule
from mobius_tui.runbook.shell.model import Loop
from mobius_tui.runbook.shell.walk import assignments, commands, own_words

LOST_VARIABLE = Rule(
    code="lost-variable",
    title="a variable that only another step's script sets",
    reason="Each step has a shell of its own: what one exports is gone in the next.",
    remedy='list it in the other step\'s `outputs`, and write `echo "NAME=$value" >> '
    '"$RUNBOOK_OUTPUT"` there; or declare a [var]',
    bad="""effect = 'read'
run = 'export BACKUP_FILE=/srv/backups/latest.zip; ls "$BACKUP_FILE"'
[[phase.step]]
id = 'next'
title = 'Next'
effect = 'read'
run = 'unzip -t "$BACKUP_FILE"'""",
    good="""effect = 'read'
run = 'echo "backup_file=/srv/backups/latest.zip" >> "$RUNBOOK_OUTPUT"'
outputs = ['backup_file']
[[phase.step]]
id = 'next'
title = 'Next'
effect = 'read'
run = 'unzip -t "$backup_file"'""",
)

_SETS = frozenset(("read", "mapfile", "readarray", "getopts", "printf", "let"))


def lost(look: Look) -> Iterator[Finding]:
    """Names that nothing in this shell sets, and another step's script does."""
    own = {each.name for each in assignments(look.script.body)} | look.given
    for command in commands(look.script.body):
        if isinstance(command, Loop):
            own.add(command.name)
    for visit in look.visits:
        run = visit.program
        if run is not None and run.name in _SETS:
            own |= {word.text for word in run.arguments}
    told: set[str] = set()
    for visit in look.visits:
        for word in own_words(visit.command):
            for each in word.expansions:
                name = each.name
                if name in own | told or name in look.declared or each.operator:
                    continue
                if name in look.elsewhere:
                    told.add(name)
                    yield Finding(
                        code=LOST_VARIABLE.code,
                        offset=each.start,
                        message=f"`{name}` is set by the script of step "
                        f"`{look.elsewhere[name]}` alone, and is gone here",
                    )
