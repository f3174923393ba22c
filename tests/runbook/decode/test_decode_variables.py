"""`[var.NAME]`: kinds, bounds and defaults, each mistake at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.runbook.library.loader import examine
from mobius_tui.runbook.model.runbook import Variable
from tests.runbook.runbook_texts import Decoded, Examine, Pointed

HEAD = """format = 2
[runbook]
title = "Scale"
[[step]]
run = 'echo "$v" "$w"'
effect = "read"
uses = ["v"]
[var.v]
"""
TYPED = """
title = "How many?"
kind = "int"
min = 1
max = 12
default = 3
ask = true
hint = "as many as there are zones"
[var.w]
kind = "host"
many = true
default = ["a", "b"]
match = '[a-z]+'
[profile.big]
v = 12
w = ["c"]
"""


def test_a_variable_says_what_it_holds_and_its_values_are_texts(
    decoded: Decoded,
) -> None:
    runbook = decoded(HEAD + TYPED)
    assert runbook.variables["v"] == Variable(
        name="v",
        title="How many?",
        default="3",
        ask=True,
        kind="int",
        least="1",
        most="12",
        hint="as many as there are zones",
    )
    assert runbook.variables["w"] == Variable(
        name="w", default="a\nb", kind="host", many=True, pattern="[a-z]+"
    )
    assert runbook.profiles["big"].values == {"v": "12", "w": "c"}


def test_true_and_false_are_choices_and_days_are_days(decoded: Decoded) -> None:
    runbook = decoded(
        HEAD + "kind = 'bool'\ndefault = true\n"
        "[var.w]\nkind = 'date'\nmin = 2026-01-01\ndefault = 2026-11-24\n"
    )
    assert runbook.variables["v"].choices == ("true", "false")
    assert runbook.variables["v"].default == "true"
    assert runbook.possible_values("v") == ("true", "false")
    assert runbook.variables["w"].default == "2026-11-24"
    assert runbook.variables["w"].least == "2026-01-01"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("«kind = 'integer'", "`kind` is one of int, "),
        ("kind = 'int'\n«default = 'three'", "v: 'three' is not a whole number"),
        ("kind = 'int'\nmax = 2\n«default = 3", "v: '3' is more than the most, 2"),
        ("kind = 'bool'\n«default = 'yes'", "`default` is not one of `choices`"),
        ("kind = 'int'\nchoices = ['1', «'x']", "v: 'x' is not a whole number"),
        ("«min = 1", "`min` is for a variable whose `kind` is one of int, dur"),
        ("kind = 'int'\n«min = '1s'", "`min` is a whole number"),
        ("kind = 'int'\n«min = 2\nmax = 1", "`min` is more than `max`"),
        ("kind = 'int'\n«min = []", "`min` is a bound, such as"),
        ("«match = '(a+)+b'", "`match` may take for ever"),
        ("«match = '('", "`match` is no regular expression"),
        ("default = 'a'\n«match = '('", "`match` is no regular expression"),
        ("match = 'a+'\n«default = 'b'", "v: 'b' does not match"),
        ("many = true\ndefault = ['a', «['b']]", "`default` is a text in quotes"),
        ("default = ''\n«default_ = 1", "unknown key"),
        ("kind = 'int'\n[profile.p]\n«v = 'x'", "v: 'x' is not a whole number"),
    ],
)
def test_a_mistake_is_said_at_its_place(pointed: Pointed, text: str, said: str) -> None:
    problems = pointed(HEAD.replace(' "$w"', "") + text + "\n")
    assert [message for _, message in problems if said in message], problems


def test_format_1_has_texts_alone(pointed: Pointed) -> None:
    tail = "[[phase]]\nid='p'\ntitle='P'\n[[phase.step]]\nid='s'\ntitle='S'\n"
    tail += "run = 'echo \"$v\"'\neffect = 'read'\n"
    ((severity, said),) = pointed(f"[var.v]\n«kind = 'int'\ndefault = '3'\n{tail}")
    assert severity == "error"
    assert "`kind` is of format 2" in said
    ((_, said),) = pointed(f"[var.v]\n«default = 3\n{tail}")
    assert said == "`default` is a text in quotes, not a number"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("«from_run = ' '", "`from_run` is an empty script"),
        ("from_run = 'ls'\n«choices = ['a']", "`from_run` lists what can be chosen"),
        ("«from_file = 'x'", "`from_file` is for a secret"),
    ],
)
def test_a_command_says_alone_what_may_be_chosen(
    pointed: Pointed, text: str, said: str
) -> None:
    problems = pointed(HEAD.replace(' "$w"', "") + text + "\n")
    assert [message for _, message in problems if said in message], problems


def test_a_secret_is_got_from_one_place_when_it_is_needed(pointed: Pointed) -> None:
    secret = HEAD.replace(' "$v" "$w"', "").replace('uses = ["v"]', "secrets={V='v'}")
    secret += "secret = true\n"
    ((_, said),) = pointed(f"{secret}«from_run = 'cat a'\nfrom_file = 'a'\n")
    assert said == "a value is from one place: `from_run` or `from_file`"
    ((_, said),) = pointed(f"{secret}from_run = 'cat a'\n«ask = true\n")
    assert said == "it is got when a step first needs it, and not asked for"
    other = "[var.w]\nsecret = true\nfrom_env = 'W'\n"
    ((_, said),) = pointed(f"{secret}from_run = 'cat \"«$w\"'\n{other}")
    assert said == "`w` is a secret, and is given to steps alone"


def test_lint_reads_the_command_of_a_variable_as_a_check(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    for command, line, column, code, said in (
        ("ls; touch x", 9, 17, "effect-too-low", "what gets a value only reads"),
        ("./mine", 9, 13, "effect-too-low", "say so in [commands], if it does"),
        ("if true", 9, 13, "syntax-error", "`if`"),
    ):
        path.write_text(HEAD.replace(' "$w"', "") + f"from_run = '{command}'\n")
        _, problems = examine(path, thorough=True)
        place = (line, column, code)
        assert [(p.line, p.column, p.code) for p in problems] == [place], problems
        assert said in problems[0].message
    used = HEAD + "from_run = 'echo \"$w\"'\n[var.w]\ndefault = 'x'\n"
    path.write_text(used.replace(' "$w"', "", 1))
    assert examine(path, thorough=True)[1] == ()


def test_a_variable_for_the_record_needs_no_step(
    pointed: Pointed, examined: Examine
) -> None:
    text = "format = 2\n[runbook]\ntitle = 'X'\n[[step]]\nrun = 'uptime'\n"
    ((severity, said),) = pointed(text + "«[var.owner]\nask = true\n")
    assert (severity, "nobody uses" in said) == ("warning", True)
    _, problems = examined(text + "[var.owner]\nask = true\nrecord = true\n")
    assert problems == ()
    secret = "[var.owner]\nask = true\nsecret = true\n«record = true\n"
    ((severity, said),) = pointed(text + secret)
    assert (severity, said) == ("error", "a secret is never on record")
