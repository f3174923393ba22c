"""What scripts get wrong, each thing at its very line of the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from mobius_tui.runbook.doubts.cannot_fail import cannot_fail, is_shell
from mobius_tui.runbook.doubts.look import Finding, Look
from mobius_tui.runbook.doubts.paths import produced
from mobius_tui.runbook.doubts.steps import check_paths
from mobius_tui.runbook.doubts.syntax import is_bash, syntax_error
from mobius_tui.runbook.doubts.table import JUDGES
from mobius_tui.runbook.draft import Draft
from mobius_tui.runbook.inside import Inside
from mobius_tui.runbook.model import Runbook, Step
from mobius_tui.runbook.model_action import Run
from mobius_tui.runbook.model_check import RunCheck
from mobius_tui.runbook.reader import Table
from mobius_tui.runbook.shell.model import Group, Parsed, Script
from mobius_tui.runbook.shell.parse import LIMIT, parse
from mobius_tui.runbook.shell.walk import Visit, assignments, commands, visits
from mobius_tui.runbook.templates import is_template

BUDGET = 256 * 1024
"""Characters of scripts that are looked at in one runbook: some 2 seconds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """One script of a runbook, and where it stands."""

    step: Step
    script: str
    shell: tuple[str, ...]
    """The program that runs it; empty for bash."""
    table: Table
    path: tuple[str | int, ...]
    """Its key, below the table."""
    check: RunCheck | None = None
    """The check that it is; None for a step's own `run`."""

    def spelt(self) -> Spelt:
        """The places of its characters in the file."""
        return Spelt(self.table, self.path)


class Spelt:
    """The places in the file of the characters of one text value."""

    def __init__(self, table: Table, path: tuple[str | int, ...]) -> None:
        owner = table.owner(path[0]) if isinstance(path[0], str) else table
        self._document = owner.document
        self._spot = owner.document.positions.spot((*owner.path, *path))
        raw = owner.document.positions.text[self._spot.start : self._spot.end]
        self._inside = Inside(raw) if raw[:1] in ("'", '"') else None

    def doubt(self, code: str, message: str, offset: int) -> None:
        """Warn of a broken rule at a character of the value."""
        self._document.add_at(self._place(offset), message, code)

    def line(self, offset: int) -> int:
        """The line of the file that a character of the value stands on."""
        return self._document.positions.place(self._place(offset))[0]

    def is_told(self, code: str, offset: int) -> bool:
        """Whether a rule was found broken at a character of the value."""
        place = self._document.positions.place(self._place(offset))
        return (self._document.file, *place, code) in self._document.findings.told

    def _place(self, offset: int) -> int:
        if self._inside is None:
            return self._spot.key
        return self._spot.start + self._inside.place(offset)


def pieces(draft: Draft) -> Iterator[Piece]:
    """Every script of a runbook once; what `use` inherits is the other step's."""
    known: set[tuple[int, tuple[str | int, ...]]] = set()
    for step in draft.runbook.steps():
        table = draft.at("step", step.id)
        for piece in _of_step(step, table):
            place = id(table.owner(str(piece.path[0]))), piece.path
            if place not in known:
                known.add(place)
                yield piece


def _of_step(step: Step, table: Table) -> Iterator[Piece]:
    if isinstance(step.action, Run):
        yield Piece(
            step=step,
            script=step.action.script,
            shell=step.action.shell,
            table=table,
            path=("run",),
        )
    for check, path in zip(step.checks, check_paths(table), strict=False):
        if not isinstance(check, RunCheck):
            continue
        short = path == ("check", "run") and isinstance(_value(table), str)
        yield Piece(
            step=step,
            script=check.script,
            shell=check.shell,
            table=table,
            path=path if short else (*path, "script"),
            check=check,
        )


def _value(table: Table) -> object:
    """The value of `check.run`."""
    checks = table.owner("check").node.get("check")
    return checks.get("run") if isinstance(checks, dict) else None


def doubt_scripts(draft: Draft) -> None:
    """Warn of what shell scripts get wrong."""
    left = BUDGET
    parsed: list[tuple[Piece, Parsed]] = []
    for piece in pieces(draft):
        if not is_shell(piece.shell):
            continue
        length = min(len(piece.script), LIMIT)
        if len(piece.script) > LIMIT or length > left:
            words = f"a script of {len(piece.script)} characters"
            piece.table.doubt(
                "script-too-long", f"{words}: not all of it is looked at", *piece.path
            )
        if length <= left:
            left -= length
            parsed.append((piece, parse(piece.script)))
    elsewhere = _assigned(parsed)
    starts = _starts(draft.runbook, parsed)
    for piece, script in parsed:
        spelt = piece.spelt()
        broken = script.broken
        if broken is not None and is_bash(piece.shell):
            error = syntax_error(broken, spelt.line(broken.opened))
            spelt.doubt(error.code, error.message, error.offset)
            continue  # what else is in it is looked at once it can be read
        for each in _found(draft, piece, script, starts, elsewhere):
            spelt.doubt(each.code, each.message, each.offset)


def _found(
    draft: Draft,
    piece: Piece,
    script: Parsed,
    starts: Mapping[str, str],
    elsewhere: Mapping[str, str],
) -> Iterator[Finding]:
    run = piece.step.action if piece.check is None else None
    look = Look(
        script=script,
        visits=_visits(script.body),
        follow=isinstance(run, Run) and run.follow,
        tty=isinstance(run, Run) and run.tty,
        declared=draft.runbook.variables,
        given=frozenset((*piece.step.env, *piece.step.secrets)),
        starts={**starts, **_plain(piece.step.env)},
        elsewhere=elsewhere,
    )
    false = piece.check is not None and cannot_fail(piece.check)
    for judge in JUDGES:
        for each in judge(look):
            if not (false and each.code == "swallowed-failure"):
                yield each


def _visits(body: Script) -> tuple[Visit, ...]:
    """The commands; what the script defines itself is no program of that name."""
    own = {
        each.function
        for each in commands(body)
        if isinstance(each, Group) and each.function
    }
    return tuple(
        replace(visit, program=replace(visit.program, name=""))
        if visit.program is not None and visit.program.name in own
        else visit
        for visit in visits(body)
    )


def _plain(values: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in values.items() if not is_template(text)}


def _assigned(parsed: list[tuple[Piece, Parsed]]) -> dict[str, str]:
    """The names that scripts assign, and the first step of which one does."""
    found: dict[str, str] = {}
    for piece, script in parsed:
        for each in assignments(script.body):
            found.setdefault(each.name, piece.step.id)
    return found


def _starts(runbook: Runbook, parsed: list[tuple[Piece, Parsed]]) -> dict[str, str]:
    """How the values of variables begin, as far as the runbook says."""
    found: dict[str, str] = {}
    for profile in reversed(tuple(runbook.profiles.values())):
        found.update(_plain(profile.values))
    for name, variable in runbook.variables.items():
        if variable.default is not None and not is_template(variable.default):
            found[name] = variable.default
    for piece, script in parsed:
        outputs = piece.step.outputs
        written = produced(script.body, found) if outputs else {}
        found.update({name: written[name] for name in outputs if name in written})
    return found
