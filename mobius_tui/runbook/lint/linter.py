"""The thorough rules of lint: what is doubtful in steps, scripts and texts.

The rules that every load applies are called by the loader; these take longer to import
and to run, and are for `check` and for what `--auto` refuses.
"""

from __future__ import annotations

from mobius_tui.runbook.decode.assemble import RunbookDraft
from mobius_tui.runbook.lint.empty_rules import warn_empty_values
from mobius_tui.runbook.lint.external_findings import ExternalLinter, warn_external
from mobius_tui.runbook.lint.health_rules import warn_unattended
from mobius_tui.runbook.lint.host_rules import warn_hosts
from mobius_tui.runbook.lint.label_rules import warn_labels
from mobius_tui.runbook.lint.order_rules import warn_unset_variables
from mobius_tui.runbook.lint.step_rules import warn_steps
from mobius_tui.runbook.lint.text_rules import warn_scripts, warn_texts
from mobius_tui.runbook.toml.toml_document import Findings


def lint_thoroughly(
    draft: RunbookDraft, findings: Findings, external: ExternalLinter | None = None
) -> None:
    """Add warnings about steps, scripts and texts, unless there is an error already.

    Args:
        draft: the runbook.
        findings: the problems so far.
        external: another program that examines the scripts.
    """
    if findings.has_errors:
        return
    warn_empty_values(draft)
    warn_steps(draft)
    warn_hosts(draft)
    warn_unset_variables(draft)
    warn_scripts(draft)
    warn_labels(draft)
    warn_texts(draft)
    warn_unattended(draft)
    if external is not None:
        warn_external(draft, external)
