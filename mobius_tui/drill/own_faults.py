"""A team's own faults: `--inject-cmd FILE.toml`, for a staging of their own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mobius_tui.errors import UsageError
from mobius_tui.runbook.document import EnoughError, Findings, parse
from mobius_tui.runbook.problem import report
from mobius_tui.runbook.reader import Table
from mobius_tui.runbook.source import RefusedError, read_bytes
from mobius_tui.runbook.strays import report_strays
from mobius_tui.runbook.templates import is_template
from mobius_tui.runbook.units import seconds
from mobius_tui.runbook.values import duration, slug


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnFault:
    """One `[[fault]]`: scripts for bash, which exit 0 where they worked or hold."""

    name: str
    title: str
    """What people notice; never what is wrong."""
    inject: str
    """Breaks it."""
    heal: str
    """Puts it right, whatever was done to it."""
    verify: str
    """Holds where the service is as it should be."""
    symptom: str = ""
    """Holds where the fault shows; without one, that `verify` does not hold."""
    handled_by: str = ""
    """For the end of a drill."""
    timeout: float = 60.0
    """Seconds that each of them may take, and in which the fault must show."""


def own_faults(path: Path) -> tuple[OwnFault, ...]:
    """What a file of a team's own says.

    Raises:
        UsageError: it cannot be read, or is wrong; the text is the whole report.
    """
    findings = Findings()
    found: list[OwnFault] = []
    try:
        root = Table(parse(str(path), read_bytes(path), findings))
        for table in root.tables("fault"):
            fault = _fault(table)
            if fault.name in {each.name for each in found}:
                table.report(f"a second fault `{fault.name}`", "id")
            found.append(fault)
        if not root.has("fault"):
            root.report("there is no [[fault]] in it")
        report_strays(findings.tables)
    except RefusedError as error:
        findings.problems.append(error.problem)
    except EnoughError:
        pass  # so many are reported below
    if findings.problems:
        places = sorted(findings.problems, key=lambda each: (each.line, each.column))
        raise UsageError(report(places))
    return tuple(found)


def _fault(table: Table) -> OwnFault:
    table.require("title", "inject", "heal", "verify")
    limit = duration(table, "timeout", "1m") or "1m"
    if is_template(limit):
        table.report('`timeout` is filled in with nothing here: write "30s"', "timeout")
        limit = "1m"
    return OwnFault(
        name=slug(table),
        title=table.text("title"),
        inject=_script(table, "inject"),
        heal=_script(table, "heal"),
        verify=_script(table, "verify"),
        symptom=table.text("symptom", lines=True),
        handled_by=table.text("handled_by"),
        timeout=seconds(limit),
    )


def _script(table: Table, key: str) -> str:
    text = table.text(key, lines=True)
    if table.has(key) and not text.strip():
        table.report(f"`{key}` is an empty script", key)
    return text
