"""Folding in what another program says of scripts, at its place in the file."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate

from mobius_tui.runbook.decode.assemble import RunbookDraft
from mobius_tui.runbook.lint.text_rules import BUDGET, ScriptSource, script_sources
from mobius_tui.runbook.model.actions import is_shell
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.runbook.script_rules.script_syntax import is_bash
from mobius_tui.runbook.script_rules.variable_rules import MISSPELT_VARIABLE
from mobius_tui.runbook.shell.script_parser import parse_script

_DIALECTS = {"": "bash", "bash": "bash", "sh": "sh", "dash": "dash", "ksh": "ksh"}
"""What ShellCheck calls the shell that runs a script; empty for the default."""
_UNASSIGNED = frozenset(("SC2153", "SC2154"))
"""A name that the script does not set: it may be the runbook's."""
_UNPARSED = "SC1"
"""How the codes begin of what it cannot read."""
_NAMES = re.compile(r"\w+", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class ExternalRequest:
    """A script to look at."""

    script: str
    dialect: str
    """`bash`, `sh`, `dash` or `ksh`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ExternalFinding:
    """One thing that was found in a script."""

    index: int
    """Of the script, in the order in which they were given."""
    line: int
    """From 1."""
    column: int
    """In characters, from 1."""
    code: str
    message: str


ExternalLinter = Callable[[tuple[ExternalRequest, ...]], tuple[ExternalFinding, ...]]
"""Looks at scripts; what it cannot look at it leaves out."""


def warn_external(draft: RunbookDraft, outside: ExternalLinter) -> None:
    """Warn of what another program finds in the shell scripts."""
    chosen: list[tuple[ScriptSource, ExternalRequest]] = []
    left = BUDGET
    for piece in script_sources(draft):
        shell = piece.shell[0].rpartition("/")[2] if piece.shell else ""
        left -= len(piece.script)
        if is_shell(piece.shell) and shell in _DIALECTS and left >= 0:
            asked = ExternalRequest(script=piece.script, dialect=_DIALECTS[shell])
            chosen.append((piece, asked))
    if not chosen:
        return
    for said in outside(tuple(asked for _, asked in chosen)):
        piece, asked = chosen[said.index]
        if said.code in _UNASSIGNED and _is_given(said, piece, draft.runbook):
            continue
        if said.code.startswith(_UNPARSED) and _is_broken(piece):
            continue  # our own rule has said so
        at = _offset(asked.script, said.line, said.column)
        spelt = piece.spelt()
        if said.code in _UNASSIGNED and spelt.is_told(MISSPELT_VARIABLE.code, at):
            continue
        spelt.doubt(said.code, said.message, at)


def _is_broken(piece: ScriptSource) -> bool:
    return is_bash(piece.shell) and parse_script(piece.script).broken is not None


def _is_given(said: ExternalFinding, piece: ScriptSource, runbook: Runbook) -> bool:
    """Whether a name that seems to be set nowhere comes from the runbook."""
    given = {*runbook.variables, *piece.step.env, *piece.step.secrets}
    own = ("RUNBOOK_", "MOBIUS_")
    return any(
        name in given or name.startswith(own) for name in _NAMES.findall(said.message)
    )


def _offset(script: str, line: int, column: int) -> int:
    """The offset of a place in a script; kept within it."""
    lines = script.split("\n")
    starts = [0, *accumulate(len(each) + 1 for each in lines)]
    line = min(max(line, 1), len(lines))
    return starts[line - 1] + min(max(column - 1, 0), len(lines[line - 1]))
