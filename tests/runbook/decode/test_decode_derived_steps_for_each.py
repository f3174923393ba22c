"""`for_each`: what it takes, and what it refuses with place and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.runbook.library.loader import decode_runbook
from mobius_tui.runbook.model.actions import Run
from mobius_tui.runbook.model.runbook import ForEach
from mobius_tui.runbook.model.runtime_steps import MAX_ITEM_CHARACTERS, MAX_ROWS
from tests.table import each_row

BOOK = """format = {format}
[runbook]
id = "x"
title = "X"
[var.servers]
default = "one"
[var.token]
secret = true
[[phase]]
id = "p"
title = "P"
{phase}
[[phase.step]]
id = "go"
title = "Go to ${{item}}"
{step}
[[phase.step]]
id = "use"
title = "Use"
run = "echo $servers"
effect = "read"
secrets = {{ TOKEN = "token" }}
"""
RUN = "run = 'echo \"$item\"'\n"


def decoded(step: str, phase: str = "", form: int = 2) -> tuple[ForEach | None, str]:
    """What a step is done for, and what is reported."""
    data = BOOK.format(format=form, phase=phase, step=step).encode()
    runbook, problems = decode_runbook(Path("x.toml"), data, lambda name: (name, b""))
    found = runbook.phases[0].steps[0].for_each if runbook is not None else None
    errors = [each.message for each in problems if not each.code]
    return found, " | ".join(errors)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ('for_each = ["a", "b"]', ForEach(items=("a", "b"))),
        ('for_each = "servers"', ForEach(variable="servers")),
        (
            'for_each = { run = "ls" }\nparallel = 4\nmax_failed = 2',
            ForEach(
                command=Run(
                    script="ls", effect="read", timeout="1m", max_output="1MiB"
                ),
                parallel=4,
                max_failed=2,
            ),
        ),
        ('for_each = ["a"]\nparallel = true', ForEach(items=("a",), parallel=64)),
    ],
)
def test_a_list_a_variable_and_a_command(words: str, found: ForEach) -> None:
    assert decoded(RUN + words) == (found, "")


def test_the_item_has_a_name() -> None:
    step = "for_each = ['a']\nitem = 'server'\nrun = 'echo \"$server\"'"
    found, problems = decoded(f"why = 'x'\n{step}\nenv = {{ AT = '${{server}}' }}")
    assert found is None
    assert problems.startswith("`item` is used and never defined")  # in the title
    found, problems = decoded(step.replace("server", "item"))
    assert (found, problems) == (ForEach(items=("a",)), "")


@each_row(
    ("words", "problem"),
    [
        ("for_each = 7", "`for_each` is a list of texts, the name of a variable, or"),
        ("for_each = []", "`for_each` names nothing"),
        ('for_each = ["a", "a"]', "`a` is in the list twice"),
        ('for_each = ["a", " b"]', "no blanks at its ends"),
        (
            f'for_each = ["{"x" * (MAX_ITEM_CHARACTERS + 1)}"]',
            "1000 characters at most",
        ),
        (f"for_each = {[f'i{n}' for n in range(MAX_ROWS + 1)]}", "has 501 items"),
        ('for_each = "nobody"', "`nobody` is used and never defined"),
        ('for_each = "token"', "`token` is a secret, and rows are shown"),
        ("for_each = { }", "`run` is missing"),
        ('for_each = { run = " " }', "`run` prints a line for each item"),
        ('for_each = { run = "ls", every = "1s" }', "`every`"),
        ('for_each = ["a"]\nitem = "PATH"', "`PATH` means something to shells"),
        ('for_each = ["a"]\nitem = "servers"', "`servers` is a variable already"),
        ('for_each = ["a"]\nparallel = 1', "`parallel` is a number from 2 to 64"),
        ('for_each = ["a"]\nmax_failed = -1', "`max_failed` is a number from 0"),
        ('for_each = ["a"]\nfollow = true', "a step that follows never ends"),
        ('for_each = ["a"]\noutputs = ["v"]', "each row would overwrite"),
        ('for_each = ["a"]\ntty = true\nparallel = 2', "one row at a time"),
        ("parallel = 4", "`parallel` belongs to a step with `for_each`"),
        ('item = "x"', "`item` belongs to a step with `for_each`"),
        ("max_failed = 1", "`max_failed` belongs to a step with `for_each`"),
    ],
)
def test_what_is_refused(words: str, problem: str) -> None:
    _, problems = decoded(RUN + words)
    assert problem in problems


@pytest.mark.parametrize(
    ("action", "problem"),
    [
        ("watch = { for = '1m' }", "not `watch`"),
        ("manual = 'do'\nask = { var = 'v' }", "each row would overwrite the answer"),
        (
            "[phase.step.choose]\nvar = 'v'\n[[phase.step.choose.option]]\nvalue = 'y'",
            "not `choose`",
        ),
    ],
)
def test_what_rows_cannot_do(action: str, problem: str) -> None:
    _, problems = decoded(f"for_each = ['a']\n{action}")
    assert problem in problems


def test_a_parallel_phase_has_rows() -> None:
    found = decoded(RUN + "for_each = ['a']", phase="parallel = 2")
    assert found == (ForEach(items=("a",)), "")


def test_no_other_step_has_the_id_of_a_row() -> None:
    other = "[[phase.step]]\nid = 'go--1'\ntitle = 'Other'\nmanual = 'x'"
    _, problems = decoded(f"{RUN}for_each = ['a']\n{other}")
    assert "the rows of `go` have such ids: rename `go--1`" in problems


def test_format_1_has_none() -> None:
    _, problems = decoded(RUN + "effect = 'read'\nfor_each = ['a']", form=1)
    assert "`for_each` is of format 2" in problems


def test_of_ordinary_steps_there_is_no_item() -> None:
    _, problems = decoded(
        f"{RUN}for_each = ['a']\nenv = {{ X = '${{step.use.item}}' }}"
    )
    assert (
        "of a step there are ${step.ID.result}, ${step.ID.check} and ${step.ID.ended}"
        in problems
    )
