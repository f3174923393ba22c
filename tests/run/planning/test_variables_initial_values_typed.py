"""Typed variables: the same judgement wherever a value comes from."""

from __future__ import annotations

import re
import subprocess

import pytest

from mobius_tui.errors import RunbookError, UsageError
from mobius_tui.run.client.run_briefing import answer_briefing, prepare_briefing
from mobius_tui.run.planning.variables import validate_manual_answers
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.runbook.model.value_kinds import MAX_VARIABLE_BYTES
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


EMPTY = """
format = 2
[runbook]
title = "Empty values"
[var.free]
default = "usual"
from_env = "THE_FREE"
[var.open]
default = ""
from_env = "THE_OPEN"
[var.form]
default = "a"
match = "a*"
[var.many]
many = true
default = ["a"]
[[step]]
run = 'echo "$free $open $form $many"'
"""


def test_an_empty_value_is_none_unless_the_runbook_says_that_it_may_be(
    make_runbook: MakeRunbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = make_runbook(EMPTY)
    ready = prepare_briefing(book, given={"open": "", "form": ""}).values
    assert (ready["open"][0], ready["form"][0]) == ("", "")
    refused = "free: it is empty; an empty `default` in [var.free] says that it may be"
    with pytest.raises(UsageError, match=re.escape(refused)):
        prepare_briefing(book, given={"free": ""})
    with pytest.raises(UsageError, match="many: at least one value"):
        prepare_briefing(book, given={"many": ","})
    with pytest.raises(UsageError, match=re.escape(refused)):
        answer_briefing(prepare_briefing(book, given={}), {"free": ""})
    with pytest.raises(UsageError, match=re.escape(refused)):
        validate_manual_answers(make_runbook(ASKS), {"free": " "})
    monkeypatch.setenv("THE_FREE", "")
    monkeypatch.setenv("THE_OPEN", "")
    ready = prepare_briefing(book, given={}).values
    assert ready["free"] == ("usual", "default"), "as if it were not set"
    assert ready["open"] == ("", "begin")


ASKS = """
format = 2
[runbook]
title = "Asks"
[var.free]
default = "usual"
[[step]]
title = "Ask"
manual = "Look."
ask = { var = "free" }
"""


def test_what_no_process_takes_is_said_where_it_is_given(
    make_runbook: MakeRunbook,
) -> None:
    """Linux gives a process 128 KiB in a variable, its name and the end included."""
    book = make_runbook(EMPTY)
    most = "y" * (MAX_VARIABLE_BYTES - len("free="))
    subprocess.run(["true"], env={"free": most}, check=True)
    with pytest.raises(OSError, match="Argument list too long"):
        subprocess.run(["true"], env={"free": f"{most}yy"}, check=True)
    briefing = prepare_briefing(book, given={"free": most})
    assert briefing.values["free"][0] == most
    said = r"free: 131072 bytes with its name; a process takes 131071; give"
    with pytest.raises(UsageError, match=said):
        prepare_briefing(book, given={"free": f"{most}y"})
    with pytest.raises(UsageError, match=said):
        answer_briefing(briefing, {"free": f"{most}y"})
    with pytest.raises(UsageError, match="131073 bytes"):
        answer_briefing(briefing, {"free": f"{most[1:]}\N{WATCH}"})
    with pytest.raises(UsageError, match=said):
        validate_manual_answers(make_runbook(ASKS), {"free": f"{most}y"})
    long = EMPTY.replace('"usual"', f'"{most}y"')
    with pytest.raises(RunbookError, match=said):
        make_runbook(long)


def test_what_no_process_takes_together_is_said_with_the_step(
    make_runbook: MakeRunbook,
) -> None:
    names = [f"v{number}" for number in range(200)]
    head = 'format = 2\n[runbook]\ntitle = "Large"\n'
    variables = "".join(f"[var.{name}]\n" for name in names)
    each = "".join(f"[[step]]\nrun = 'echo ${name}'\n" for name in names)
    every = "[[step]]\nrun = 'echo " + " ".join(f"${name}" for name in names) + "'\n"
    given = dict.fromkeys(names, "y" * 100_000)
    apart = make_runbook(head + variables + each)
    answer_briefing(prepare_briefing(apart, given=given), {})
    together = make_runbook(head + variables + each + every)
    with pytest.raises(UsageError, match=r"1\.201 .* reads are 2\d{7} bytes together"):
        answer_briefing(prepare_briefing(together, given=given), {})
