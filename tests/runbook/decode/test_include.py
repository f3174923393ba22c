"""Phases of sibling files, and steps that are used again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mobius_tui.runbook.library.loader import examine, load
from mobius_tui.runbook.model.actions import Manual, Run

HEAD = 'format = 1\n[runbook]\nid = "x"\ntitle = "X"\n'
COMMON = """format = 1
[var.unit]
default = "theirs"
[var.other]
[[contact]]
role = "IC"
handle = "@theirs"
[[contact]]
role = "DBA"
handle = "@dba"
[[phase]]
id = "verify"
title = "Verify"
next = "done"
[[phase.step]]
id = "look"
title = "Look"
run = 'echo $unit'
timeout = "1m"
[[phase]]
id = "broken"
title = "Broken"
[[phase.step]]
id = "bad"
tilte = "typo"
run = 'true'
"""
Examined = Callable[[str], list[str]]


@pytest.fixture
def said(tmp_path: Path) -> Examined:
    """What is said about a text beside `common.toml`: `file:line:column: message`."""
    (tmp_path / "common.toml").write_text(COMMON)

    def from_text(text: str) -> list[str]:
        (tmp_path / "x.toml").write_text(HEAD + text)
        _, problems = examine(tmp_path / "x.toml")
        return [
            one.render().split("\n")[0].removeprefix(f"{tmp_path}/") for one in problems
        ]

    return from_text


def test_what_is_overridden_and_what_is_merged(said: Examined, tmp_path: Path) -> None:
    text = (
        "[var.unit]\ndefault = 'ours'\n[[contact]]\nrole = 'IC'\nhandle = '@ours'\n"
        "[[phase]]\ninclude = 'common.toml#verify'\ntitle = 'Ours'\naside = true\n"
        "next = 'main'\n"
        "[[phase]]\nid = 'main'\ntitle = 'Main'\n"
        "[[phase.step]]\nid = 'again'\nuse = 'look'\ntimeout = '2m'\n"
        "on_failure = 'verify'\n"
    )
    assert said(text) == []
    runbook = load(tmp_path / "x.toml")
    verify = runbook.phase("verify")
    assert (verify.title, verify.aside, verify.next) == ("Ours", True, "main")
    assert runbook.variables["unit"].default == "ours"
    assert "other" in runbook.variables
    assert [one.handle for one in runbook.contacts] == ["@ours", "@dba"]
    again = runbook.phase("main").steps[0]
    assert (again.title, again.same_as) == ("Look", "look")
    assert again.action == Run(script="echo $unit", timeout="2m")


HEALTH = """
[health]
every = "7s"
[[health.probe]]
id = "api"
url = "http://localhost/health"
[health.trigger]
consecutive_failures = 4
grace = "3s"
"""


def test_what_else_is_included(said: Examined, tmp_path: Path) -> None:
    more = "[targets.web]\nhosts = ['web-1']\n"
    (tmp_path / "common.toml").write_text(COMMON + HEALTH + more)
    text = (
        "[[contact]]\ninclude = 'common.toml'\n"
        "[[contact]]\nrole = 'IC'\nhandle = '@ours'\n"
        "[health]\ninclude = 'common.toml'\n[health.trigger]\nthen = 'p'\n"
        "grace = '1s'\n" + STEP + "run = 'true'\n"
    )
    assert said(text) == []
    runbook = load(tmp_path / "x.toml")
    assert [one.handle for one in runbook.contacts] == ["@ours", "@dba"]
    assert runbook.variables == {}, "variables come with phases"
    health = runbook.health
    assert health is not None
    assert (health.every, [probe.id for probe in health.probes]) == ("7s", ["api"])
    trigger = health.trigger
    assert (trigger.then, trigger.grace) == ("p", "1s")
    assert trigger.consecutive_failures == 4


def test_what_else_cannot_be_included(said: Examined) -> None:
    lines = said("[health]\ninclude = 'common.toml'\n" + STEP + "run = 'true'\n")
    assert "x.toml:6:1: that file has no [health]" in lines
    words = '`include` is "FILE.toml", a file beside this one'
    (line,) = said("[[contact]]\ninclude = '../x'\n" + STEP + "run = 'true'\n")
    assert line == f"x.toml:6:1: {words}"


def test_a_step_of_a_phase_that_is_not_included_can_be_used(
    said: Examined, tmp_path: Path
) -> None:
    more = (
        "[profile.there]\nunit = 'x'\n"
        "[[phase]]\nid = 'other'\ntitle = 'O'\n"
        "[[phase.step]]\nid = 'a'\ntitle = 'Theirs'\nrun = 'echo $unit'\n"
    )
    (tmp_path / "common.toml").write_text(COMMON + more)
    text = (
        "[[phase]]\ninclude = 'common.toml#verify'\nnext = 'p'\naside = true\n"
        + STEP.replace("title = 'A'", "use = 'a'")
    )
    [unreached] = said(text)
    assert unreached.startswith("x.toml:5:1: warning: nothing leads to `verify`")
    runbook = load(tmp_path / "x.toml")
    assert [step.title for step in runbook.steps()] == ["Look", "Theirs"]
    assert set(runbook.profiles) == {"there"}


def test_positions_are_those_of_the_included_file(said: Examined) -> None:
    assert said("[[phase]]\ninclude = 'common.toml#broken'\n") == [
        "common.toml:23:1: `title` is missing in [[phase.step]]",
        (
            "common.toml:25:1: unknown key `tilte` in [[phase.step]]; "
            "did you mean `title`?"
        ),
    ]
    assert said("[[phase]]\ninclude = 'common.toml#verify'\n") == [
        "common.toml:14:1: no phase `done`",
        (
            "common.toml:14:1: warning: `next` means nothing on the main line: "
            "`aside = true` is missing [main-line-key]"
        ),
    ]


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("../x.toml#verify", '`include` is "FILE.toml#PHASE", a file beside this one'),
        (
            "/etc/x.toml#verify",
            '`include` is "FILE.toml#PHASE", a file beside this one',
        ),
        ("common.toml", '`include` is "FILE.toml#PHASE", a file beside this one'),
        (
            "common.toml#verfy",
            "no phase `verfy` in common.toml; did you mean `verify`?",
        ),
        ("none.toml#verify", "none.toml cannot be included: there is no such file"),
        ("x.toml#verify", "a file cannot include itself; see `use`"),
    ],
)
def test_what_cannot_be_included(said: Examined, target: str, words: str) -> None:
    (line,) = said(f"[[phase]]\ninclude = '{target}'\n")
    assert line == f"x.toml:6:1: {words}"


def test_an_included_file_that_is_no_toml(said: Examined, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("format = 1\na = yes\n")
    (line,) = said("[[phase]]\ninclude = 'bad.toml#p'\n")
    assert line.startswith("bad.toml:2:5: Invalid value")
    (tmp_path / "bad.toml").write_text("a = 1\n")
    (line,) = said("[[phase]]\ninclude = 'bad.toml#p'\n")
    assert line == "bad.toml:1:1: `format = 2` is missing: is this a runbook?"
    # What it was to bring is missing everywhere; it is said where the fault is alone.
    more = (
        "[[phase]]\nid='go'\ntitle='G'\n[[phase.step]]\nid='y'\nuse='x'\nneeds=['p']\n"
    )
    (line,) = said(
        f"[health]\ninclude='bad.toml'\n[[phase]]\ninclude='bad.toml#p'\n{more}"
    )
    assert line == "bad.toml:1:1: `format = 2` is missing: is this a runbook?"


def test_an_included_phase_keeps_its_id_and_comes_once(said: Examined) -> None:
    one = "[[phase]]\ninclude = 'common.toml#verify'\nnext = 'verify'\naside = true\n"
    assert said(one + "id = 'mine'\n") == [
        "x.toml:9:1: an included phase keeps its `id` and its steps"
    ]
    assert said(one + one) == [
        "x.toml:10:1: `verify` is included twice; see `use`",
    ]


STEP = "[[phase]]\nid = 'p'\ntitle = 'P'\n[[phase.step]]\nid = 'a'\ntitle = 'A'\n"


def test_use_finds_steps_that_come_later(said: Examined, tmp_path: Path) -> None:
    text = STEP + "use = 'b'\n[[phase.step]]\nid = 'b'\ntitle = 'B'\nmanual = 'do'\n"
    assert said(text) == []
    first, second = load(tmp_path / "x.toml").steps()
    assert (first.title, second.title) == ("A", "B")
    assert first.action == second.action == Manual(text="do")


def test_use_is_refused_where_it_cannot_be_meant(said: Examined) -> None:
    more = "[[phase.step]]\nid = 'b'\ntitle = 'B'\n"
    errors = said(STEP + "use = 'c'\n" + more + "run = 'true'\n")
    assert "x.toml:11:1: no step `c`" in errors
    errors = said(STEP + "use = 'a'\nrun = 'true'\n")
    assert "x.toml:11:1: `a` uses another step itself; name that one" in errors
    errors = said(STEP + "run = 'true'\n[[phase.step]]\nuse = 'a'\n")
    assert errors == ["x.toml:12:1: `id` is missing in [[phase.step]]"]


def test_a_mistake_that_is_inherited_is_reported_once(said: Examined) -> None:
    text = STEP + "run = 'true'\ntimeout = 3\n[[phase.step]]\nid = 'b'\nuse = 'a'\n"
    (line,) = said(text)
    assert line.startswith("x.toml:12:1: `timeout` is a text with a unit")


def test_a_link_out_of_the_folder_is_not_included(tmp_path: Path) -> None:
    """One that stays in it is, and one beside where the file itself is linked from."""
    real, other = tmp_path / "real", tmp_path / "other"
    for folder in (real, real / "..data", other):
        folder.mkdir()
    text = HEAD + '[[phase]]\ninclude = "common.toml#verify"\n'
    (real / "x.toml").write_text(text)
    (real / "..data" / "common.toml").write_text(COMMON.replace('next = "done"\n', ""))
    (real / "common.toml").symlink_to(Path("..data") / "common.toml")
    assert load(real / "x.toml").phases
    (other / "x.toml").symlink_to(real / "x.toml")
    (other / "common.toml").symlink_to(real / "common.toml")
    assert load(other / "x.toml").phases
    (other / "x.toml").unlink()
    (other / "x.toml").write_text(text)
    runbook, (problem,) = examine(other / "x.toml")
    assert runbook is None
    assert "is a link out of its folder: copy the file there" in problem.message
