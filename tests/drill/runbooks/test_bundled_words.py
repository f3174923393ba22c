"""The words of the bundled runbooks: what a step will do is told before it begins."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from mobius_tui.run.planning.plan import Plan, effect_of
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_files import bundled_runbooks
from mobius_tui.runbook.model.actions import Run, SendMessage
from mobius_tui.runbook.model.guards import guard_variables
from mobius_tui.runbook.model.runbook import Runbook

BOOKS = [load(path) for path in bundled_runbooks()]
every_book = pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.id)


@every_book
def test_no_two_steps_of_a_phase_are_called_alike(book: Runbook) -> None:
    """Before it is decided which of them apply, all of them are listed."""
    for phase in book.phases:
        titles = Counter(step.title for step in phase.steps)
        assert [title for title, count in titles.items() if count > 1] == []


@every_book
def test_what_decides_whether_a_step_applies_has_words(book: Runbook) -> None:
    plan = Plan(book)
    named = {name for step in book.steps() for name in guard_variables(step.when)}
    assert named <= plan.variable_titles.keys() | {book.environment}


@every_book
def test_a_step_with_the_terminal_says_in_its_title_how_it_ends(book: Runbook) -> None:
    for step in book.steps():
        if isinstance(step.action, Run) and step.action.tty:
            assert re.search(r", until \S+$", step.title)


@every_book
def test_what_only_looks_does_not_read_as_if_it_did_something(book: Runbook) -> None:
    for step in book.steps():
        if isinstance(step.action, Run) and effect_of(step) == "read":
            words = re.sub(r"#.*", "", step.action.script)
            assert not re.search(r"--(restart|stop|start|end)\b", words), step.id


@every_book
def test_what_is_told_beside_a_restoration_is_true_when_it_is_over(
    book: Runbook,
) -> None:
    """Nobody knows how fast the files come back, and when the message is sent."""
    sent = {
        step.action.message
        for phase in book.phases
        if phase.parallel
        for step in phase.steps
        if isinstance(step.action, SendMessage)
    }
    for message in sent:
        assert "IN PROGRESS" not in book.messages[message].body
        assert "${health." in book.messages[message].body
