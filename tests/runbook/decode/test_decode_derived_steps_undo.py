"""`undo` on a step: the step that it makes, and what it says where that cannot be."""

from __future__ import annotations

import pytest

from mobius_tui.runbook.model.actions import Run
from mobius_tui.runbook.model.check_kinds import FileCheck, RunCheck
from mobius_tui.runbook.model.runbook import ForEach
from mobius_tui.runbook.model.runbook_diff import step_digests
from mobius_tui.runbook.model.runtime_steps import undo_row_of
from tests.runbook.runbook_texts import Decoded, Examine, Pointed

HEAD = 'format = 2\n[runbook]\ntitle = "Edit"\n'
STEP = "[[step]]\nid = 's'\ntitle = 'Edit it'\nrun = 'touch x'\n"


def test_the_steps_that_undo_are_a_phase_and_stand_in_reverse(decoded: Decoded) -> None:
    runbook = decoded(
        f"{HEAD}{STEP}timeout = '3m'\nuses = ['v']\nshell = ['sh']\n"
        "undo = 'rm x'\n[[step]]\nid = 't'\nrun = 'touch y'\n"
        "[step.undo]\nrun = 'rm y'\neffect = 'destroy'\ntimeout = '9s'\n"
        "check.run = '! test -e y'\n[var.v]\ndefault = '1'\n"
    )
    phase = runbook.undo_phase
    assert phase is not None
    assert (phase.id, phase.aside) == ("undo", True)
    assert runbook.phases[-1] is phase
    assert [step.id for step in phase.steps] == ["undo-t", "undo-s"]
    second, first = phase.steps
    assert (first.title, first.undo_of) == ("Undo: Edit it", "s")
    # It runs where and with what the step does, and says its own where it differs.
    assert isinstance(first.action, Run)
    assert (first.action.shell, first.action.timeout) == (("sh",), "3m")
    assert (first.uses, first.action.effect) == (("v",), "destroy")  # rm, as judged
    assert isinstance(second.action, Run)
    assert (second.action.effect, second.action.timeout) == ("destroy", "9s")
    assert isinstance(second.checks[0], RunCheck)
    assert second.checks[0].script == "! test -e y"


def test_a_reason_makes_no_step_and_stays_with_its_own(decoded: Decoded) -> None:
    plain = decoded(HEAD + STEP)
    runbook = decoded(f"{HEAD}{STEP}undo = 'none: nothing is kept'\n")
    assert runbook.undo_phase is None
    assert runbook.steps()[0].no_undo == "nothing is kept"
    assert step_digests(runbook) != step_digests(plain)
    assert plain.steps()[0].no_undo == ""


def test_what_is_used_is_undone_as_its_base_is(decoded: Decoded) -> None:
    runbook = decoded(f"{HEAD}{STEP}undo = 'rm x'\n[[step]]\nuse = 's'\nid = 'again'\n")
    assert runbook.undo_phase is not None
    undone = [step.undo_of for step in runbook.undo_phase.steps]
    assert undone == ["again", "s"]


_IN_PHASE = STEP.replace("[[step]]", "[[phase.step]]")
MISTAKES = [
    (STEP + "undo = 'none'", "say why"),
    (STEP + "undo = 'none: '", "say why"),
    (STEP + "undo = ' '", "empty script"),
    (STEP + "undo = 3", "a script in '''"),
    (STEP + "undo = { }", "`run` is missing"),
    (STEP + "undo = { run = 'rm x', retry = 3 }", "`retry`"),
    ("[[step]]\nrun = 'uptime'\nundo = 'rm x'", "only reads"),
    ("[[step]]\nmanual = 'Do it.'\nundo = 'rm x'", "belongs to a step with `run`"),
    (STEP + "follow = true\neffect = 'change'\nundo = 'rm x'", "a `follow` step"),
    (STEP + "undo = 'rm x'\non_failure = 'undo'", "no phase `undo`"),
    (STEP + "undo = 'rm x'\nneeds = ['undo-s']", "no step `undo-s`"),
    (
        f"{_IN_PHASE}undo = 'rm x'\n[[phase.step]]\nid = 'undo-s'\nrun = 'uptime'",
        "a second step `undo-s`",
    ),
]


def test_what_undoes_rows_knows_their_item(decoded: Decoded) -> None:
    rows = "item = 'name'\nfor_each = ['a']\n"
    step = (
        f"{STEP.replace('Edit it', 'Edit ${name}')}{rows}env = {{ AT = '${{name}}' }}\n"
    )
    undo = "undo = { run = 'rm \"$name\"', check.file = '${name}' }\n"
    phase = decoded(f"{HEAD}{step}{undo}").undo_phase
    assert phase is not None
    (found,) = phase.steps
    assert (found.id, found.for_each) == ("undo-s", ForEach(item="name"))
    row = undo_row_of(found, "s--1", "x y")
    assert (row.id, row.undo_of, row.title) == ("undo-s--1", "s--1", "Undo: Edit x y")
    value = "${step.undo-s--1.item}"
    assert row.env == {"AT": value, "name": value}
    assert row.checks == (FileCheck(path=value),)


@pytest.mark.parametrize(("text", "words"), MISTAKES)
def test_a_mistake_is_pointed_at(text: str, words: str, examined: Examine) -> None:
    head = HEAD + "[[phase]]\ntitle = 'P'\n" if "[[phase" in text else HEAD
    _, problems = examined(f"{head}{text}\n")
    found = [(each.line, each.message) for each in problems]
    errors = [said for line, said in found if words in said]
    assert len(errors) == 1, found


def test_the_place_of_a_mistake_is_the_undo_of_its_step(pointed: Pointed) -> None:
    assert pointed(f"{HEAD}{STEP}«undo = ' '\n")
    assert pointed(f"{HEAD}{STEP}undo = {{ run = 'rm x', «effect = 'read' }}\n")


def test_format_1_has_none_and_the_phase_has_its_id(pointed: Pointed) -> None:
    old = f"[[phase]]\nid = 'p'\ntitle = 'P'\n{_IN_PHASE}"
    (_, said), *_ = pointed(old + "«undo = 'rm x'\n")
    assert said.startswith("`undo` is of format 2")
    mine = f"{HEAD}«[[phase]]\nid = 'undo'\ntitle = 'Mine'\n{_IN_PHASE}"
    (_, said), *_ = pointed(mine + "undo = 'rm x'\n")
    assert "take another id" in said


def test_a_name_that_the_script_of_an_undo_reads_is_used(pointed: Pointed) -> None:
    used = "uses = []\n[var.kept]\ndefault = '1'\n"
    step = f"{HEAD}{STEP}undo = 'echo $kept; rm x'\n«{used}"
    assert pointed(step) == []
