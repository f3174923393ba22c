"""The rules about labels: what a step says of itself, and what its commands do."""

from __future__ import annotations

from mobius_tui.runbook.doubts.rule import Rule

EFFECT_TOO_LOW = Rule(
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
NO_ENVIRONMENT = Rule(
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
