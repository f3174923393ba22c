"""A script that lint examines, its context and findings, and its syntax error."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct, field

from mobius_tui.runbook.model.actions import is_shell
from mobius_tui.runbook.model.runbook import Variable
from mobius_tui.runbook.shell.script_model import (
    EXPANSION_MARK,
    ParsedScript,
    SyntaxProblem,
    Word,
)
from mobius_tui.runbook.shell.script_walk import CommandVisit
from mobius_tui.runbook.text.shortening import excerpt
from mobius_tui.runbook.toml.problem import LintRule


class ScriptFinding(Struct, frozen=True, kw_only=True):
    """One place in a script where a rule is broken."""

    code: str
    offset: int
    """Characters from the start of the script."""
    message: str


class ScriptContext(Struct, frozen=True, kw_only=True):
    """A script, and what the runbook says about its surroundings."""

    script: ParsedScript
    visits: tuple[CommandVisit, ...]
    """Every simple command of the script, those in `$(…)` too.

    The program of a call has an empty name if the script itself defines a function of
    that name.
    """
    follow: bool = False
    tty: bool = False
    only_shows: bool = False
    """Whether it is a step's own, for bash, that reads, and on whose exit code nothing
    hangs that the step says: no check, no gate, no other codes, no way on."""
    declared: Mapping[str, Variable] = field(default_factory=dict)
    environment_names: frozenset[str] = frozenset()
    """The names that its step sets for it, besides declared variables.

    Those of `env` and `secrets`, the item of a row, and `RUNBOOK_HOST` on hosts.
    """
    value_prefixes: Mapping[str, str] = field(default_factory=dict)
    """How the values of variables start, as far as the runbook says."""
    first_setters: Mapping[str, str] = field(default_factory=dict)
    """Names that scripts assign, this one too, and the id of the first step.

    The id of a variable's command is `var.NAME`.
    """


ScriptRule = Callable[[ScriptContext], Iterator[ScriptFinding]]
"""Examines one script for one rule."""


def one_line_excerpt(text: str, most: int = 40) -> str:
    """A part of a parsed script for a message.

    One line of at most `most` characters.
    """
    return excerpt(text.replace(EXPANSION_MARK, "…"), most)


def with_known_values(word: Word, starts: Mapping[str, str]) -> str:
    """A word's text with known prefixes of values in place of `EXPANSION_MARK`.

    Args:
        word: the word.
        starts: how the values of variables begin, by variable name.
    """
    outer = [each for each in word.expansions if not each.inner]
    parts = word.text.split(EXPANSION_MARK)
    if len(parts) != len(outer) + 1:
        return word.text
    text = parts[0]
    for each, part in zip(outer, parts[1:], strict=True):
        plain = each.name and each.operator in ("", ":?", "?")
        text += (
            starts.get(each.name, EXPANSION_MARK) if plain else EXPANSION_MARK
        ) + part
    return text


SYNTAX_ERROR = LintRule(
    code="syntax-error",
    title="a script that bash cannot parse",
    reason="bash runs a script line by line: it does all that stands before the "
    "mistake, and then fails.",
    remedy="close what is open; `bash -n FILE` looks at a script without running it",
    bad="effect = 'read'\nrun = '''\nif systemctl is-active api; then\n  uptime\n'''",
    good="effect = 'read'\n"
    "run = '''\nif systemctl is-active api; then\n  uptime\nfi\n'''",
)


def is_bash(shell: tuple[str, ...]) -> bool:
    """Whether bash runs a script; other shells accept other syntax.

    Args:
        shell: the command that runs it; empty for bash.
    """
    return not shell or (is_shell(shell) and shell[0].rpartition("/")[2] == "bash")


def syntax_error(broken: SyntaxProblem, line: int) -> ScriptFinding:
    """The finding for a script that bash cannot parse.

    Args:
        broken: the problem.
        line: the line in the file at which the unclosed construct begins.
    """
    opened = f"; that `{broken.opener}` is on line {line}" if broken.opener else ""
    return ScriptFinding(
        code=SYNTAX_ERROR.code, offset=broken.start, message=broken.reason + opened
    )
