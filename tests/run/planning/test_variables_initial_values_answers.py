"""The answers file, and the intent that makes a run automatic."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from mobius_tui.commands.support.command_options import read_answers
from mobius_tui.errors import UsageError
from mobius_tui.run.intents.unattended_answers import (
    UnattendedAnswers,
    automatic_action,
    read_answers_file,
)
from tests.conftest import MakeRunbook


def test_texts_and_lists_of_texts_are_answers(tmp_path: Path) -> None:
    path = tmp_path / "answers.toml"
    path.write_text('reason = "it is broken"\nkinds = ["code", "data"]\n')
    found = read_answers_file(path)
    assert found.values == {"reason": "it is broken", "kinds": "code\ndata"}
    assert (found.attended, found.trigger_within) == ((), None)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"a = 1\n", 'a: write "text"'),
        (b"a = [1]\n", 'a: write "text"'),
        (b"a = \n", "1:5: Invalid value"),
        (b"\xff", "is not UTF-8"),
        (b"a = " + b"[" * 100_000, "nested more than 32 deep"),
    ],
)
def test_what_is_no_answers_file_is_said(
    tmp_path: Path, data: bytes, said: str
) -> None:
    path = tmp_path / "answers.toml"
    path.write_bytes(data)
    with pytest.raises(UsageError, match=said) as caught:
        read_answers_file(path)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no: No such file or directory$"):
        read_answers_file(tmp_path / "no")


@pytest.mark.parametrize("phases", ['"a b"', '["a", "b"]'])
def test_who_attends_and_how_long_a_trigger_is_waited_for_are_no_variables(
    tmp_path: Path, phases: str
) -> None:
    path = tmp_path / "answers.toml"
    path.write_text(f'attended = {phases}\ntrigger_within = "90s"\nv = "1"\n')
    found = read_answers_file(path)
    assert found == UnattendedAnswers(
        values={"v": "1"}, attended=("a", "b"), trigger_within=90.0
    )
    action = automatic_action(found, manual="tick", yes=True)
    assert (action.attended, action.trigger_within) == (("a", "b"), 90.0)
    assert action.answers == {"v": "1"}
    assert (action.manual, action.confirmed) == ("tick", True)


@pytest.mark.parametrize("given", ["soon", ""])
def test_how_long_a_trigger_is_waited_for_is_a_duration(
    tmp_path: Path, given: str
) -> None:
    path = tmp_path / "answers.toml"
    path.write_text(f'trigger_within = "{given}"\n')
    with pytest.raises(UsageError, match="--answers: trigger_within: "):
        read_answers_file(path)


BOOK = """format = 2
[runbook]
title = "x"
[var.reason]
[var.region]
default = "eu"
[[phase]]
id = "back"
title = "Back"
attended = true
[[phase.step]]
title = "Ask"
manual = "Ask ${region}."
ask = { var = "reason" }
"""


def test_a_file_without_answers_is_as_none(
    tmp_path: Path, make_runbook: MakeRunbook
) -> None:
    path = tmp_path / "answers.toml"
    path.write_text("# nothing yet\n")
    book = partial(make_runbook, BOOK)
    found = read_answers(str(path), book)
    assert found is None, "a drill then answers as it does by itself"
    path.write_text('attended = ["back"]\nreason = "it is slow"\nregion = "us"\n')
    values = {"reason": "it is slow", "region": "us"}
    assert read_answers(str(path), book) == UnattendedAnswers(
        values=values, attended=("back",)
    )


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ('raeson = "x"', "x has no variable `raeson`; did you mean `reason`?"),
        (
            'atended = "back"',
            "x has no variable `atended`; did you mean `attended`?",
        ),
        ('attended = "bakc"', "x has no phase `bakc`; did you mean `back`?"),
        ('zzz = "x"', "x has no variable `zzz`; a file of answers is for one runbook"),
    ],
)
def test_what_nobody_asks_is_an_error_that_names_the_nearest(
    tmp_path: Path, make_runbook: MakeRunbook, data: str, said: str
) -> None:
    path = tmp_path / "answers.toml"
    path.write_text(data)
    with pytest.raises(UsageError) as caught:
        read_answers(str(path), partial(make_runbook, BOOK))
    assert str(caught.value) == f"--answers {path}: {said}"
