"""All rules of lint by their codes; the texts of those that are not elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

from mobius_tui.runbook.lint import empty_rules, health_rules, host_rules, step_rules
from mobius_tui.runbook.script_rules import (
    cannot_fail,
    finding_nothing,
    interactive_commands,
    path_rules,
    placeholder_rule,
    program_rules,
    script_context,
    swallowed_failures,
    unended_commands,
    variable_rules,
)
from mobius_tui.runbook.script_rules.script_context import ScriptRule
from mobius_tui.runbook.toml.problem import LintRule

EFFECT_TOO_LOW = LintRule(
    code="effect-too-low",
    title="a command that does more than its label says",
    reason="Confirmation, approval and counting hang on `effect`: a person believes "
    "that what is labelled `read` can be run at any time. Probes and checks are made "
    "again and again, with nobody asked.",
    remedy="give the step the label that fits, or say in [commands] what a command of "
    'your own does: `"./status.sh" = "read"`, `"deployctl history" = "read"`',
    bad="effect = 'read'\nrun = 'kubectl delete pod web-0'",
    good="effect = 'destroy'\nrun = 'kubectl delete pod web-0'\ntimeout = '1m'\n"
    "check.run = 'kubectl get pod web-0'",
)
SECRET = LintRule(
    code="secret",
    title="what looks like a password, a token or a key",
    reason="A runbook is read, copied and kept with every run; whoever sees it has "
    "the secret, and it cannot be taken back.",
    remedy="replace the secret, since it is known now; then `[var.NAME]` with "
    "`from_env` and `secret = true`, and `find_secrets` on the step",
    bad="effect = 'read'\nrun = 'mysqladmin --user=ops --password=Tr0ub4dor-3 status'",
    good="effect = 'read'\nrun = 'mysqladmin --user=ops status'\n"
    "secrets = { MYSQL_PWD = 'database_password' }\n"
    "[var.database_password]\nfrom_env = 'MYSQL_PWD'\nsecret = true",
)
NO_ENVIRONMENT = LintRule(
    code="no-environment",
    title="what destroys, and no `environment`",
    reason="Nobody can see where it destroys; a person types the step's number where "
    "the environment's name would be the better question.",
    remedy='`environment = "env"` in [runbook], `[var.env]` with its `choices`, and '
    "`protected` with those that matter",
    bad="[[phase]]\nid = 'p'\ntitle = 'P'\n[[phase.step]]\nid = 's'\ntitle = 'S'\n"
    "effect = 'destroy'\nrun = 'rm -rf /srv/old'\ntimeout = '1m'\n"
    "check.file = { path = '/srv/old', absent = true }",
    good="environment = 'env'\n[var.env]\nchoices = ['staging', 'production']\n"
    "[[phase]]\nid = 'p'\ntitle = 'P'\n[[phase.step]]\nid = 's'\ntitle = 'S'\n"
    "effect = 'destroy'\nrun = 'rm -rf /srv/old'\ntimeout = '1m'\n"
    "check.file = { path = '/srv/old', absent = true }",
)


_STEP = "[[phase]]\nid = 'p'\ntitle = 'P'\n[[phase.step]]\nid = 's'\ntitle = 'S'\n"
_READ = "effect = 'read'\nrun = 'uptime'\n"
_ASIDE = (
    "[[phase]]\nid = 'repair'\ntitle = 'Repair'\naside = true\n[[phase.step]]\n"
    "id = 'call'\ntitle = 'Call'\nmanual = 'Call @sre-oncall.'"
)
_PROBE = "[[health.probe]]\nid = 'api'\nurl = 'http://localhost:3000/health'\n"
_P95 = "p95 = { at = '/requests/p95_ms', unit = 'ms' }\n"
_FAR = "[[health.probe]]\nid = 'api'\nurl = 'https://mobius.example/health'\n"

NO_VALUE_YET = LintRule(
    code="no-value-yet",
    title="a variable that is read before anything gives it a value",
    reason="The step waits for a value that does not come: the run stands still there.",
    remedy="let an earlier step give it in its `outputs`; or give its [var] a "
    "`default`, or `ask = true`",
    bad=f"{_STEP}effect = 'read'\nrun = 'ls \"$backup\"'\n"
    "[[phase.step]]\nid = 'find'\ntitle = 'Find'\neffect = 'read'\n"
    "outputs = ['backup']\nrun = 'echo \"backup=/srv/x\" >> \"$RUNBOOK_OUTPUT\"'",
    good=f"{_STEP}effect = 'read'\noutputs = ['backup']\n"
    'run = \'echo "backup=/srv/x" >> "$RUNBOOK_OUTPUT"\'\n'
    "[[phase.step]]\nid = 'look'\ntitle = 'Look'\neffect = 'read'\n"
    "run = 'ls \"$backup\"'",
)

STRUCTURE_RULES = (
    NO_VALUE_YET,
    LintRule(
        code="unused-variable",
        title="a variable that nobody uses",
        reason="It is asked for, or filled in, and changes nothing: most often its "
        "name is misspelt where it should be used.",
        remedy="use it, or take it out; `uses` names what a script reads in a way that "
        "cannot be seen, and `record = true` is for what is asked for the record alone",
        bad=f"[var.region]\ndefault = 'eu'\n{_STEP}{_READ}",
        good=f"[var.region]\ndefault = 'eu'\n{_STEP}effect = 'read'\n"
        "run = 'echo \"$region\"'",
    ),
    LintRule(
        code="unreached-phase",
        title="an aside phase that nothing leads to",
        reason="No failure, decision or trigger enters it: in an incident somebody has "
        "to know that it is there.",
        remedy="name it in `on_failure`, in the `go` of an option, or in the trigger's "
        "`then`",
        bad=f"{_STEP}{_READ}{_ASIDE}",
        good=f"{_STEP}{_READ}on_failure = 'repair'\n{_ASIDE}",
    ),
    LintRule(
        code="main-line-key",
        title="`next` or `instead_of` on the main line",
        reason="They mean something only for a phase that is entered from elsewhere.",
        remedy="add `aside = true`, or take the key out",
        bad=f"{_STEP}{_READ}[[phase]]\nid = 'q'\ntitle = 'Q'\nnext = 'p'\n"
        f"[[phase.step]]\nid = 't'\ntitle = 'T'\n{_READ}",
        good=f"{_STEP}{_READ}[[phase]]\nid = 'q'\ntitle = 'Q'\n"
        f"[[phase.step]]\nid = 't'\ntitle = 'T'\n{_READ}",
    ),
    LintRule(
        code="tty-not-optional",
        title="a `tty` step that is not `optional`",
        reason="--auto has no terminal, and stops there.",
        remedy="`optional = true`, if the run is complete without it",
        bad="run = 'htop'\ntty = true",
        good="run = 'htop'\ntty = true\noptional = true",
    ),
    LintRule(
        code="slow-probe",
        title="a probe whose `timeout` is longer than `every`",
        reason="A slow answer makes the next checks miss their turn.",
        remedy="a `timeout` below `every`",
        bad=f"{_STEP}{_READ}[health]\nevery = '5s'\n{_PROBE}timeout = '6s'",
        good=f"{_STEP}{_READ}[health]\nevery = '5s'\n{_PROBE}timeout = '4s'",
    ),
    LintRule(
        code="trigger-never-fires",
        title="a trigger that can never fire",
        reason="It looks like protection, and is none.",
        remedy="raise the probes' `timeout`, let the service report the figure, or "
        "take the rule out",
        bad=f"{_STEP}{_READ}[health]\n{_PROBE}timeout = '4s'\n"
        "[health.trigger]\np95_latency = { above = '5s' }",
        good=f"{_STEP}{_READ}[health]\n{_PROBE}timeout = '4s'\n"
        "[health.trigger]\np95_latency = { above = '3s' }",
    ),
    LintRule(
        code="limit-above-timeout",
        title="a limit on P95 that no answer within a probe's `timeout` can reach",
        reason="The service is named as reporting its P95; where it does not, our own "
        "checks tell it, and none of them can take as long.",
        remedy="a `timeout` above the limit, and `every` above that",
        bad=f"{_STEP}{_READ}[health]\n{_PROBE}timeout = '4s'\n{_P95}"
        "[health.trigger]\np95_latency = { above = '5s' }",
        good=f"{_STEP}{_READ}[health]\nevery = '10s'\n{_PROBE}timeout = '6s'\n{_P95}"
        "[health.trigger]\np95_latency = { above = '5s' }",
    ),
    LintRule(
        code="no-witness",
        title="a probe that asks another machine, and no `witness`",
        reason="When this machine's network is dead, the service looks dead, too: an "
        "armed trigger rolls back what is well.",
        remedy="`witness` in [health]: `host:port` of other machines that answer "
        "whenever the network does, such as a name server's",
        bad=f"{_STEP}{_READ}[health]\n{_FAR}[health.trigger]\nconsecutive_failures = 3",
        good=f"{_STEP}{_READ}[health]\nwitness = ['10.0.0.53:53']\n{_FAR}"
        "[health.trigger]\nconsecutive_failures = 3",
    ),
    LintRule(
        code="watch-without-trigger",
        title="a `watch` step that no trigger can end",
        reason="It fails only if a probe is failing at its very end.",
        remedy="name a rule in [health.trigger], such as `consecutive_failures = 3`",
        bad=f"{_STEP}watch = {{ for = '5m' }}\n[health]\n{_PROBE}",
        good=f"{_STEP}watch = {{ for = '5m' }}\n[health]\n{_PROBE}"
        "[health.trigger]\nconsecutive_failures = 3",
    ),
    LintRule(
        code="short-watch",
        title="a `watch` step shorter than the pause between two checks",
        reason="It lasts longer than it says, until each probe was asked once more.",
        remedy="a longer `for`, or a shorter `every` in [health]",
        bad=f"{_STEP}watch = {{ for = '1s' }}\n[health]\nevery = '5s'\n{_PROBE}"
        "[health.trigger]\nconsecutive_failures = 3",
        good=f"{_STEP}watch = {{ for = '1m' }}\n[health]\nevery = '5s'\n{_PROBE}"
        "[health.trigger]\nconsecutive_failures = 3",
    ),
    LintRule(
        code="secret-default",
        title="a secret with a `default`",
        reason="The default stands in the file, for everybody to read.",
        remedy="`from_env`, and no `default`",
        bad=f"[var.v]\nsecret = true\ndefault = 'x'\n{_STEP}{_READ}uses = ['v']",
        good=f"[var.v]\nsecret = true\nfrom_env = 'V'\n{_STEP}{_READ}uses = ['v']",
    ),
    LintRule(
        code="default-not-filled",
        title="`${}` in the `default` of a variable",
        reason="A default is taken as it is: the value will hold the `${}`.",
        remedy="write the value out, or fill it in where it is used",
        bad=f"[var.v]\ndefault = '${{x}}/y'\n{_STEP}{_READ}uses = ['v']",
        good=f"[var.v]\ndefault = '/srv/y'\n{_STEP}{_READ}uses = ['v']",
    ),
    LintRule(
        code="toml-escape",
        title='a `\\` in a script or pattern in "…"',
        reason="TOML takes it for the start of an escape: the script gets something "
        "else, or a line less.",
        remedy="write scripts and patterns in ''' or '",
        bad='effect = \'read\'\nrun = "echo \\"x\\""',
        good="effect = 'read'\nrun = 'echo \"x\"'",
    ),
    LintRule(
        code="script-too-long",
        title="a script too long for a runbook",
        reason="Nobody reads it in an incident; these rules look at no more than its "
        "first 32 KiB, and at 256 KiB of scripts in a file.",
        remedy="keep it in a file of its own beside the runbook, and run that",
        bad="timeout = '1m'\nrun = '''\n" + "echo 'one more line'\n" * 1700 + "'''",
        good="timeout = '1m'\nrun = './report.sh'",
    ),
    LintRule(
        code="bad-ignore",
        title="a `# lint: ignore=` without a reason, without a need, or of no rule",
        reason="A finding that is hidden for no stated reason hides the next one, too.",
        remedy="`# lint: ignore=CODE why`, on the line or the line above; take it out "
        "where nothing is found any more",
        bad="effect = 'read'\n"
        "run = '''\nuptime  # lint: ignore=prompt it never asks\n'''",
        good="effect = 'read'\nrun = '''\n"
        "sudo uptime  # lint: ignore=prompt sudoers has NOPASSWD for it\n'''",
    ),
)


SCRIPT_RULES: tuple[ScriptRule, ...] = (
    program_rules.self_matches,
    swallowed_failures.hidden_failures,
    path_rules.relative_paths,
    variable_rules.variables_of_other_steps,
    variable_rules.misspelt_variables,
    unended_commands.endless_commands,
    interactive_commands.terminal_commands,
    unended_commands.background_jobs,
    program_rules.lax_requests,
    interactive_commands.prompting_commands,
    variable_rules.unquoted_variables,
    variable_rules.dangerous_removals,
    finding_nothing.searches_that_find_nothing,
)
"""The rules that are applied to each script."""

RULES: Mapping[str, LintRule] = {
    rule.code: rule
    for rule in (
        script_context.SYNTAX_ERROR,
        program_rules.SELF_MATCH,
        EFFECT_TOO_LOW,
        swallowed_failures.SWALLOWED_FAILURE,
        cannot_fail.CHECK_CANNOT_FAIL,
        health_rules.UNATTENDED,
        step_rules.DESTROY_UNCHECKED,
        NO_ENVIRONMENT,
        step_rules.NO_TIMEOUT,
        step_rules.NO_UNDO,
        path_rules.SUM_ELSEWHERE,
        path_rules.RELATIVE_PATH,
        variable_rules.LOST_VARIABLE,
        variable_rules.MISSPELT_VARIABLE,
        variable_rules.UNQUOTED_VARIABLE,
        variable_rules.EMPTY_PATH,
        unended_commands.ENDLESS_COMMAND,
        interactive_commands.NEEDS_TERMINAL,
        unended_commands.BACKGROUND,
        interactive_commands.PROMPT,
        finding_nothing.FINDS_NOTHING,
        program_rules.CURL_WITHOUT_FAIL,
        program_rules.REQUEST_WITHOUT_LIMIT,
        placeholder_rule.PLACEHOLDER,
        SECRET,
        host_rules.DESTROY_AT_ONCE,
        host_rules.TOLERANT_CANARY,
        host_rules.SKIPPED_UNCHECKED,
        host_rules.UNUSED_TARGET,
        empty_rules.EMPTY_VALUE,
        *STRUCTURE_RULES,
    )
}
"""By code, in the order in which they are listed: the most important first."""
