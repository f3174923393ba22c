"""What a runbook may say but must not mean: the rules between its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mobius_tui.runbook.decode.assemble import RunbookDraft
from mobius_tui.runbook.lint.graph_rules import lint_graph
from mobius_tui.runbook.lint.health_rules import lint_health, warn_unattended
from mobius_tui.runbook.lint.name_rules import lint_names
from mobius_tui.runbook.lint.step_rules import lint_steps, warn_checks, warn_steps
from mobius_tui.runbook.toml.toml_document import Findings

if TYPE_CHECKING:
    from mobius_tui.runbook.lint.external_findings import ExternalLinter


def lint(draft: RunbookDraft, findings: Findings) -> None:
    """Add to the findings what breaks a rule, and what is doubtful between the parts.

    Raises:
        EnoughError: there are too many problems now.
    """
    lint_names(draft)
    lint_steps(draft)
    lint_graph(draft)
    lint_health(draft)
    if not findings.failed:  # what stands in place of a wrong value is not looked at
        warn_checks(draft)


def warn_of_doubts(
    draft: RunbookDraft, findings: Findings, outside: ExternalLinter | None = None
) -> None:
    """Add to the findings what is doubtful inside of steps, scripts and texts.

    A runbook that is not even valid is not looked into.

    Args:
        draft: the runbook.
        findings: what is known to be wrong with it.
        outside: another program that looks at its scripts.
    """
    from mobius_tui.runbook.lint.label_rules import warn_labels  # for `check` alone
    from mobius_tui.runbook.lint.order_rules import warn_unset_variables
    from mobius_tui.runbook.lint.text_rules import warn_scripts, warn_texts

    if findings.failed:
        return
    warn_steps(draft)
    warn_unset_variables(draft)
    warn_scripts(draft)
    warn_labels(draft)
    warn_texts(draft)
    warn_unattended(draft)
    if outside is not None:
        from mobius_tui.runbook.lint.external_findings import warn_external

        warn_external(draft, outside)
