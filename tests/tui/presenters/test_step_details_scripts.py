"""Nobody on call reads what is only for lint."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.run.client.dry_run import dry_run_lines
from mobius_tui.run.client.run_briefing import prepare_briefing
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.state.reducer import initial_state
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.model.actions import script_without_lint_comments
from mobius_tui.tui.presenters.run_view import build_run_view
from mobius_tui.tui.presenters.step_details import command_fields, detail_fields
from mobius_tui.tui.screen_state import StepRow

BOOK = """
format = 1
[runbook]
id = "x"
title = "X"
[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "s"
title = "S"
effect = "read"
run = '''
# lint: ignore=prompt sudoers has NOPASSWD for it
sudo systemctl restart api
'''
check.run = '''
# shellcheck disable=SC2086
test -f $file
'''
"""


def test_the_command_is_shown_without_what_is_for_lint(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(BOOK, encoding="utf-8")
    runbook = load(path)
    plan = Plan(runbook)
    view = build_run_view(
        plan,
        initial_state(runbook),
        now=0.0,
        host=None,
        uid=0,
        last_outputs={},
        health={},
    )
    (step,) = runbook.steps()
    ways = [
        "\n".join(dry_run_lines(prepare_briefing(runbook, given={}), now=0.0)),
        "\n".join(
            field.content.plain
            for field in detail_fields(view, StepRow("s"), compact=False)
        ),
        "\n".join(field.content.plain for field in command_fields(view, step)),
    ]
    for shown in ways:
        assert "sudo systemctl restart api" in shown
        assert "lint" not in shown
    assert "`test -f $file` succeeds" in ways[0]


@pytest.mark.parametrize(
    ("script", "shown"),
    [
        ("# lint: ignore=x y\n\n  # shellcheck disable=SC1\na\n", "a\n"),
        ("a\n # lint: ignore=x y\nb # lint: ignore=x y", "a\nb # lint: ignore=x y"),
        ("# say why\n# lint: ignore=x y\na", "# say why\na"),
        ("#lint:ignore=x y\ncat <<E\n# lint: ignore=x y\nE", None),
        ("a # shellcheck is good", None),
    ],
)
def test_only_lines_of_their_own_are_left_out(script: str, shown: str | None) -> None:
    kept = script.removeprefix("#lint:ignore=x y\n") if shown is None else shown
    assert script_without_lint_comments(script) == kept
