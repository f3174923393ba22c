"""Scripts that bash cannot parse."""

from __future__ import annotations

from mobius_tui.runbook.model.actions import is_shell
from mobius_tui.runbook.script_rules.script_context import ScriptFinding
from mobius_tui.runbook.shell.script_model import SyntaxProblem
from mobius_tui.runbook.toml.problem import LintRule

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
    """Whether bash runs a script: other shells accept other syntax."""
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
