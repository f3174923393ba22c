"""Typed variables: the same judgement wherever a value comes from."""

from __future__ import annotations

import re

import pytest

from mobius_tui.errors import UsageError
from mobius_tui.run.client.run_briefing import answer_briefing, prepare_briefing
from mobius_tui.run.planning.variables import validate_manual_answers
from mobius_tui.runbook.model.runbook import Runbook
from tests.conftest import MakeRunbook

BOOK = """
format = 2
[runbook]
title = "Scale"
[var.count]
kind = "int"
min = 1
max = 12
default = 3
from_env = "THE_COUNT"
ask = true
[var.hosts]
kind = "host"
many = true
ask = true
[var.day]
kind = "date"
hint = "the day of the cut"
[profile.big]
count = 12
[[step]]
title = "Tell the day"
manual = "Look."
ask = { var = "day" }
[[step]]
run = 'echo "$count $hosts $day"'
"""


@pytest.fixture
def book(make_runbook: MakeRunbook) -> Runbook:
    return make_runbook(BOOK)


def test_values_are_held_to_their_kind_before_a_run(
    book: Runbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert prepare_briefing(book, given={}, profile="big").values["count"][0] == "12"
    given = {"count": "13"}
    with pytest.raises(UsageError, match="count: '13' is more than the most, 12"):
        prepare_briefing(book, given=given)
    monkeypatch.setenv("THE_COUNT", "many")
    with pytest.raises(UsageError, match="count: 'many' is not a whole number"):
        prepare_briefing(book, given={})


def test_answers_are_held_to_it_and_several_are_lines(book: Runbook) -> None:
    briefing = prepare_briefing(book, given={})
    assert [each.name for each in briefing.variables_asked] == ["count", "hosts"]
    ready = answer_briefing(briefing, {"count": "5", "hosts": "a, b.example"})
    assert ready.values["hosts"] == ("a\nb.example", "answer")
    for answers, said in (
        ({"count": "0", "hosts": "a"}, "count: '0' is less than the least, 1"),
        ({"hosts": "a, b c"}, "hosts: 'b c' is not a host"),
        ({"hosts": " , "}, "hosts: at least one value is wanted"),
    ):
        with pytest.raises(UsageError, match=re.escape(said)):
            answer_briefing(briefing, answers)


def test_an_answers_file_is_held_to_it_before_the_run(book: Runbook) -> None:
    validate_manual_answers(book, {"day": " 2026-11-24 ", "other": "x"})
    with pytest.raises(UsageError, match=r"day: 'soon' is not a day.*the day of the"):
        validate_manual_answers(book, {"day": "soon"})
