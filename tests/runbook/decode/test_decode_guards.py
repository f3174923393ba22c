"""`when`: what it looks at, and what is refused with place and remedy."""

from __future__ import annotations

import pytest

from mobius_tui.runbook.model.check_kinds import FileCheck, PortCheck, Repeat
from mobius_tui.runbook.model.runbook_diff import diff_runbooks, part_digest
from mobius_tui.runbook.model.step_text import guard_of_step_in_words
from mobius_tui.runbook.model.templates import variables_read
from tests.runbook.runbook_texts import Decoded, Pointed, only

BOOK = """format = 2
[runbook]
title = "X"
[var.check]
default = "yes"
[[step]]
title = "S"
{}
"""
RUN = 'run = "ls"\n'
BY_PERSON = (
    "nobody looks before a person begins a `manual` step: let a step before it look "
    "and give a variable, and compare that"
)


def test_a_guard_looks_beside_what_it_compares(decoded: Decoded) -> None:
    """A check has tables; the variable of that name has texts."""
    port = 'port = { at = "db:5432", closed = true, timeout = "3s" }'
    when = f'{RUN}when = {{ check = {{ {port}, file = "/srv/${{check}}" }} }}'
    runbook = decoded(BOOK.format(when))
    step = only(runbook)
    assert step.when == {}
    assert step.when_checks == (
        PortCheck(at="db:5432", closed=True, repeat=Repeat(timeout="3s")),
        FileCheck(path="/srv/${check}"),
    )
    assert variables_read(step, runbook) == ("check",)
    words = "db:5432 closed, and /srv/${check} exists, looked at when it begins"
    assert guard_of_step_in_words(step, {}, str) == words
    compared = only(decoded(BOOK.format(f'{RUN}when = {{ check = "yes" }}')))
    assert (compared.when, compared.when_checks) == ({"check": ("yes",)}, ())
    both = 'when.any = [{ check = "yes" }, { check = "no" }]\nwhen.check.file = "/x"'
    words = "(check = yes, or check = no), and /x exists, looked at when it begins"
    step = only(decoded(BOOK.format(RUN + both)))
    assert guard_of_step_in_words(step, {}, str) == words
    titles = {"check": "Is it so?"}
    asked = guard_of_step_in_words(step, titles, str)
    assert asked.startswith("(“Is it so?” = yes, or “Is it so?” = no), and")


def test_a_change_of_what_is_looked_at_is_told_by_its_key(decoded: Decoded) -> None:
    before, after = (
        decoded(BOOK.format(f'{RUN}when.check.port = "db:{port}"')) for port in (1, 2)
    )
    (change,) = (c for c in diff_runbooks(before, after) if c.part == "step")
    assert "-when.check.port.at = db:1" in change.lines
    plain = only(decoded(BOOK.format(RUN)))
    assert part_digest(plain) != part_digest(only(before))


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (
            'manual = "x"\nwhen = { «check = { port = "db:1" } }',
            BY_PERSON,
        ),
        (
            f'{RUN}when = {{ check = {{ «output = "x" }} }}',
            "`output` is about an attempt, and a guard is looked at before it",
        ),
        (
            f'{RUN}when = {{ «check = {{ port = "db:1", attempts = 3 }} }}',
            "the check of a guard is looked at once, for its `timeout`",
        ),
        (
            f'{RUN}when = {{ not = {{ «check = {{ port = "db:1" }} }} }}',
            "a check stands beside what `when` compares, not in it",
        ),
        (
            f'{RUN}when = {{ check = {{ file = "«${{nothing}}" }} }}',
            "`nothing` is used and never defined",
        ),
    ],
)
def test_what_no_guard_looks_at(pointed: Pointed, step: str, words: str) -> None:
    used = '[[step]]\ntitle = "Use"\nrun = "ls $check"'
    assert pointed(f"{BOOK.format(step)}{used}") == [("error", words)]


def test_format_1_has_variables_alone(pointed: Pointed) -> None:
    step = "[[phase]]\nid = 'p'\ntitle = 'P'\n[[phase.step]]\nid = 's'\ntitle = 'S'\n"
    when = "run = 'ls'\nwhen = { «check = { file = '/x' } }"
    remedy = "`mobius-tui upgrade FILE` makes the file one"
    words = f"`check` as a table is of format 2; {remedy}"
    assert pointed(step + when) == [("error", words)]
