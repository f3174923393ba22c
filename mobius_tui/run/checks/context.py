"""What a check may know of the run that it looks in, and what it saw."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

MAX_DETAIL = 300
"""Characters of a detail at most."""

BASH = ("bash", "--noprofile", "--norc", "-euo", "pipefail")


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """The run, as far as a check may know it."""

    workdir: Path
    """What relative paths are relative to, and where predicates run."""
    env: Mapping[str, str]
    """The whole environment of predicates and of `systemctl`."""
    output: Path | None = None
    """The attempt's output."""
    fill: Callable[[str], str]
    """Puts values in place of `${}`; raises `MobiusError` where a name has none."""
    groups: frozenset[int] = frozenset()
    """Process groups of this program's steps, whose members are not counted."""
    own: frozenset[int] = frozenset()
    """This program's own processes."""
    shell: tuple[str, ...] = BASH
    """What runs a predicate that names no program of its own."""

    def path(self, text: str) -> Path:
        """A path of a runbook, made absolute."""
        return self.workdir / text


@dataclass(frozen=True, kw_only=True, slots=True)
class Sight:
    """What one look saw."""

    held: bool
    detail: str
    """One plain sentence, with the figures."""


def saw(*, held: bool, detail: str) -> Sight:
    """A sight whose detail is one line of at most `MAX_DETAIL` characters."""
    line = " ".join(detail.split())
    if len(line) > MAX_DETAIL:
        line = line[: MAX_DETAIL - 1] + "…"
    return Sight(held=held, detail=line)
