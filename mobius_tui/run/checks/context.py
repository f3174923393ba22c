"""What a check is given, its texts with values filled in, and its result."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TypeVar, cast

from msgspec import Struct, field

from mobius_tui.errors import MobiusError
from mobius_tui.run.checks.log_marks import LogMark
from mobius_tui.runbook.model.check_kinds import Check
from mobius_tui.runbook.text.shortening import excerpt
from mobius_tui.runbook.text.template_text import fill as fill_template
from mobius_tui.structs import replace

MAX_DETAIL = 300
"""Characters of a detail at most."""

BASH = ("bash", "--noprofile", "--norc", "-euo", "pipefail")


class CheckContext(Struct, frozen=True, kw_only=True):
    """The run, as far as a check may read it."""

    workdir: Path
    """What relative paths are relative to, and where predicates run."""
    env: Mapping[str, str]
    """The whole environment of predicates and of `systemctl`."""
    output: Path | None = None
    """The attempt's output."""
    logs: Mapping[str, LogMark] = field(default_factory=dict)
    """Where logs ended when the attempt began, by their filled-in names."""
    fill: Callable[[str], str]
    """Puts values in place of `${}`; raises `MobiusError` where a name has none."""
    step_groups: frozenset[int] = frozenset()
    """Process groups of this program's steps, whose members are not counted."""
    own_pids: frozenset[int] = frozenset()
    """This program's own processes."""
    shell: tuple[str, ...] = BASH
    """What runs a predicate that names no program of its own."""
    redact: Callable[[str], str] = str
    """Takes the values of secrets out of a text."""

    def path(self, text: str) -> Path:
        """A path of a runbook, made absolute."""
        return self.workdir / text


class CheckResult(Struct, frozen=True, kw_only=True):
    """The result of making a check once."""

    held: bool
    detail: str
    """One plain sentence, with the figures."""
    could_not_look: bool = False
    """Whether this machine could not make the check at all, as opposed to a check that
    does not hold: a probe has *no data* then."""


class CannotLookError(MobiusError):
    """This machine cannot make the check, so nothing is known of what it examines."""


def check_result(
    *, held: bool, detail: str, could_not_look: bool = False
) -> CheckResult:
    """A result as a check gives it; its detail may be of any length."""
    return CheckResult(held=held, detail=detail, could_not_look=could_not_look)


def displayable_result(
    result: CheckResult, redact: Callable[[str], str]
) -> CheckResult:
    """A result whose detail can be shown: one line of at most `MAX_DETAIL` characters.

    Secrets are redacted before it is cut: half a secret would not be recognized.
    """
    return replace(result, detail=excerpt(redact(result.detail), MAX_DETAIL))


C = TypeVar("C", bound=Check)

_FIELDS_NOT_FILLED = ("script", "shell")
"""Values reach a script as its environment, so that none can become code."""
_SAFE_IN_QUERY = re.compile(r"(?:[\w.:@+]+(?:-[\w.:@+]+)*)?", re.ASCII)
"""No blank, quote, bracket, semicolon or comment: no part of a query but a word."""


def fill_check(check: C, fill: Callable[[str], str]) -> C:
    """The check with every text filled in but its script and its shell.

    Raises:
        MobiusError: a name has no value; raised by `fill`.
    """
    return cast("C", _filled(check, fill))


def _filled_query(query: str, fill: Callable[[str], str]) -> str:
    """A query with values filled in that cannot become code.

    Raises:
        MobiusError: a value has a character that names and numbers do not have.
    """

    def value(name: str) -> str:
        found = fill(f"${{{name}}}")
        if not _SAFE_IN_QUERY.fullmatch(found):
            words = "words and numbers of a-z, 0-9 and . : @ + - _"
            raise MobiusError(f"{name} is not put into a query, which takes {words}")
        return found

    return fill_template(query, value)


def _filled(value: object, fill: Callable[[str], str]) -> object:
    if isinstance(value, str):
        return fill(value)
    if isinstance(value, tuple):
        return tuple(_filled(item, fill) for item in value)
    if isinstance(value, Mapping):
        return {key: _filled(item, fill) for key, item in value.items()}
    if isinstance(value, Struct):
        changes = {
            name: _filled(
                getattr(value, name),
                partial(_filled_query, fill=fill) if name == "query" else fill,
            )
            for name in value.__struct_fields__
            if name not in _FIELDS_NOT_FILLED
        }
        return replace(value, **changes)  # type: ignore[type-var]
    return value
