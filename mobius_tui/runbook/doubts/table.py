"""All rules of lint, by their codes."""

from __future__ import annotations

from collections.abc import Mapping

from mobius_tui.runbook.doubts import (
    background,
    cannot_fail,
    endless,
    lost,
    matching,
    network,
    paths,
    placeholders,
    prompts,
    quoting,
    secrets,
    steps,
    structure,
    swallowed,
)
from mobius_tui.runbook.doubts.look import Judge
from mobius_tui.runbook.doubts.rule import Rule

JUDGES: tuple[Judge, ...] = (
    matching.self_match,
    swallowed.swallowed,
    paths.paths,
    lost.lost,
    endless.endless,
    endless.terminal,
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
        matching.SELF_MATCH,
        swallowed.SWALLOWED_FAILURE,
        cannot_fail.CHECK_CANNOT_FAIL,
        steps.DESTROY_UNCHECKED,
        steps.NO_TIMEOUT,
        paths.SUM_ELSEWHERE,
        paths.RELATIVE_PATH,
        lost.LOST_VARIABLE,
        quoting.UNQUOTED_VARIABLE,
        quoting.EMPTY_PATH,
        endless.ENDLESS_COMMAND,
        endless.NEEDS_TERMINAL,
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
