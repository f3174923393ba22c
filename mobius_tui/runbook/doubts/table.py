"""All rules of lint, by their codes."""

from __future__ import annotations

from collections.abc import Mapping

from mobius_tui.runbook.doubts import (
    background,
    cannot_fail,
    effects,
    endless,
    lost,
    matching,
    misspelt,
    network,
    paths,
    placeholders,
    prompts,
    quoting,
    secrets,
    steps,
    structure,
    swallowed,
    syntax,
    terminal,
    unattended,
)
from mobius_tui.runbook.doubts.look import Judge
from mobius_tui.runbook.doubts.rule import Rule

JUDGES: tuple[Judge, ...] = (
    matching.self_match,
    swallowed.swallowed,
    paths.paths,
    lost.lost,
    misspelt.misspelt,
    endless.endless,
    terminal.terminal,
    background.background,
    network.requests,
    prompts.prompts,
    quoting.unquoted,
    quoting.empty_path,
)
"""What looks at each script."""

RULES: Mapping[str, Rule] = {
    rule.code: rule
    for rule in (
        syntax.SYNTAX_ERROR,
        matching.SELF_MATCH,
        effects.EFFECT_TOO_LOW,
        swallowed.SWALLOWED_FAILURE,
        cannot_fail.CHECK_CANNOT_FAIL,
        unattended.UNATTENDED,
        steps.DESTROY_UNCHECKED,
        effects.NO_ENVIRONMENT,
        steps.NO_TIMEOUT,
        paths.SUM_ELSEWHERE,
        paths.RELATIVE_PATH,
        lost.LOST_VARIABLE,
        misspelt.MISSPELT_VARIABLE,
        quoting.UNQUOTED_VARIABLE,
        quoting.EMPTY_PATH,
        endless.ENDLESS_COMMAND,
        terminal.NEEDS_TERMINAL,
        background.BACKGROUND,
        prompts.PROMPT,
        network.CURL_WITHOUT_FAIL,
        network.REQUEST_WITHOUT_LIMIT,
        placeholders.PLACEHOLDER,
        secrets.SECRET,
        *structure.RULES,
    )
}
"""In the order in which they are listed: what hurts most comes first."""
