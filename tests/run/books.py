"""Runbooks for the tests of runs."""

from __future__ import annotations

ONE = """
[[phase]]
id = "p"
title = "P"
"""


def step(step_id: str, script: str = "true", more: str = "") -> str:
    return (
        f'[[phase.step]]\nid = "{step_id}"\ntitle = "{step_id}"\n'
        f"run = '''\n{script}\n'''\n{more}\n"
    )


SECRET = "hunter2-is-secret"

FAILS = (
    ONE
    + step("a", "exit 1", 'on_failure = "repair"\ngate = true')
    + step("b")
    + '[[phase]]\nid = "repair"\ntitle = "Repair"\naside = true\n'
    + step("r")
)

PROTECTED_HEAD = """format = 2
[runbook]
id = "test"
title = "Test"
environment = "env"
protected = ["production"]
[var.env]
default = "production"
"""

PROTECTED = PROTECTED_HEAD + ONE + step("a", "true", 'effect = "destroy"')

SECRETS = (
    '[var.token]\nfrom_env = "THE_TOKEN"\nsecret = true\n'
    + ONE
    + step(
        "named",
        'sleep 0.3; echo "$TOKEN" | rev; echo "<$TOKEN>"',
        'secrets = { TOKEN = "token" }',
    )
    + step("other", 'env; echo "${TOKEN-none} ${THE_TOKEN-none}"')
)
