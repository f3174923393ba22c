"""Findings of another program about scripts, at their places in the file."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import accumulate

from msgspec import Struct

from mobius_tui.runbook.decode.assemble import RunbookDraft
from mobius_tui.runbook.lint.text_rules import (
    MAX_SCRIPT_CHARACTERS,
    ScriptSource,
    environment_names,
    script_sources,
)
from mobius_tui.runbook.model.actions import is_shell
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.runbook.script_rules.script_context import is_bash
from mobius_tui.runbook.script_rules.variable_rules import MISSPELT_VARIABLE
from mobius_tui.runbook.shell.script_parser import parse_script

_DIALECTS = {"": "bash", "bash": "bash", "sh": "sh", "dash": "dash", "ksh": "ksh"}
"""ShellCheck's name of a shell, by the shell's; empty for the default shell."""
_UNASSIGNED = frozenset(("SC2153", "SC2154"))
"""Codes for a name that the script does not set: it may be the runbook's."""
_SYNTAX_ERRORS = "SC1"
"""How the codes of syntax errors begin."""
_NAMES = re.compile(r"\w+", re.ASCII)


class ExternalRequest(Struct, frozen=True, kw_only=True):
    """A script to examine."""

    script: str
    dialect: str
    """`bash`, `sh`, `dash` or `ksh`."""


class ExternalFinding(Struct, frozen=True, kw_only=True):
    """One problem of a script."""

    index: int
    """Of the script among the requests."""
    line: int
    """From 1."""
    column: int
    """In characters, from 1."""
    code: str
    message: str


ExternalLinter = Callable[[tuple[ExternalRequest, ...]], tuple[ExternalFinding, ...]]
"""Examines scripts; those that it cannot examine have no findings."""


def warn_external(draft: RunbookDraft, linter: ExternalLinter) -> None:
    """Add the findings of another program about the shell scripts."""
    chosen: list[tuple[ScriptSource, ExternalRequest]] = []
    remaining = MAX_SCRIPT_CHARACTERS
    for source in script_sources(draft):
        shell = source.shell[0].rpartition("/")[2] if source.shell else ""
        remaining -= len(source.script)
        if is_shell(source.shell) and shell in _DIALECTS and remaining >= 0:
            request = ExternalRequest(script=source.script, dialect=_DIALECTS[shell])
            chosen.append((source, request))
    if not chosen:
        return
    for finding in linter(tuple(request for _, request in chosen)):
        source, request = chosen[finding.index]
        if finding.code in _UNASSIGNED and _is_set_by_runbook(
            finding, source, draft.runbook
        ):
            continue
        if finding.code.startswith(_SYNTAX_ERRORS) and _is_broken(source):
            continue  # reported by our own rule
        at = _offset(request.script, finding.line, finding.column)
        positions = source.positions()
        if finding.code in _UNASSIGNED and positions.is_reported(
            MISSPELT_VARIABLE.code, at
        ):
            continue
        positions.warn(finding.code, finding.message, at)


def _is_broken(source: ScriptSource) -> bool:
    return (
        is_bash(source.shell) and parse_script(source.script).syntax_problem is not None
    )


def _is_set_by_runbook(
    finding: ExternalFinding, source: ScriptSource, runbook: Runbook
) -> bool:
    """Whether the runbook sets a name that the script does not."""
    given = {*runbook.variables, *environment_names(source)}
    own = ("RUNBOOK_", "MOBIUS_")
    return any(
        name in given or name.startswith(own)
        for name in _NAMES.findall(finding.message)
    )


def _offset(script: str, line: int, column: int) -> int:
    """The offset of a line and column in a script, limited to the script."""
    lines = script.split("\n")
    starts = [0, *accumulate(len(each) + 1 for each in lines)]
    line = min(max(line, 1), len(lines))
    return starts[line - 1] + min(max(column - 1, 0), len(lines[line - 1]))
