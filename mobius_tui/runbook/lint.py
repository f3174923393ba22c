"""What a runbook may say but must not mean: the rules between its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mobius_tui.runbook.document import Findings
from mobius_tui.runbook.doubts.steps import doubt_checks, doubt_steps
from mobius_tui.runbook.doubts.unattended import doubt_unattended
from mobius_tui.runbook.draft import Draft
from mobius_tui.runbook.lint_graph import lint_graph
from mobius_tui.runbook.lint_health import lint_health
from mobius_tui.runbook.lint_names import lint_names
from mobius_tui.runbook.lint_steps import lint_steps

if TYPE_CHECKING:
    from mobius_tui.runbook.lint_outside import Outside


def lint(draft: Draft, findings: Findings) -> None:
    """Add to the findings what breaks a rule, and what is doubtful between the parts.

    Raises:
        EnoughError: there are too many problems now.
    """
    lint_names(draft, findings)
    lint_steps(draft)
    lint_graph(draft)
    lint_health(draft)
    if not findings.failed:  # what stands in place of a wrong value is not looked at
        doubt_checks(draft)


def doubt(draft: Draft, findings: Findings, outside: Outside | None = None) -> None:
    """Add to the findings what is doubtful inside of steps, scripts and texts.

    A runbook that is not even valid is not looked into.

    Args:
        draft: the runbook.
        findings: what is known to be wrong with it.
        outside: another program that looks at its scripts.
    """
    from mobius_tui.runbook.lint_effects import doubt_effects  # for `check` alone
    from mobius_tui.runbook.lint_order import doubt_order
    from mobius_tui.runbook.lint_scripts import doubt_scripts
    from mobius_tui.runbook.lint_texts import doubt_texts

    if findings.failed:
        return
    doubt_steps(draft)
    doubt_order(draft)
    doubt_scripts(draft)
    doubt_effects(draft)
    doubt_texts(draft)
    doubt_unattended(draft)
    if outside is not None:
        from mobius_tui.runbook.lint_outside import doubt_outside

        doubt_outside(draft, outside)
