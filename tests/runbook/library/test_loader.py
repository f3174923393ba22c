"""What the format says is what the model holds."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from mobius_tui.errors import RunbookError
from mobius_tui.runbook.library.loader import decode_runbook, examine, load
from mobius_tui.runbook.model.actions import (
    Ask,
    Choose,
    Manual,
    Option,
    Run,
    SendMessage,
    Watch,
)
from mobius_tui.runbook.model.check_kinds import HttpCheck
from mobius_tui.runbook.model.runbook import Approve, Link, Retry
from mobius_tui.runbook.model.templates import variables_read
from tests.paths import TESTS
from tests.runbook.runbook_texts import PHASE, Decoded, Pointed, only

DATA = TESTS / "runbook" / "data"


def test_the_example_of_the_format_decodes_without_a_word() -> None:
    runbook, problems = examine(DATA / "rollback.toml")
    assert problems == ()
    assert runbook is not None
    assert [phase.id for phase in runbook.phases] == [
        "assess",
        "rollback",
        "automated-rollback",
        "verify",
        "failure-recovery",
    ]
    assert runbook.updated == datetime.date(2026, 11, 24)
    assert runbook.variables["slack_webhook"].secret
    assert runbook.variables["backup_file"].name == "backup_file"
    assert runbook.variables["ic_ack"].title == "Acknowledged by"
    assert runbook.profiles["staging"].values["target_env"] == "staging"
    assert runbook.contacts[0].for_ == "Immediate escalation"
    assert runbook.phase("automated-rollback").instead_of == ("assess", "rollback")
    assert runbook.phase("failure-recovery").attended


def test_the_health_of_the_example() -> None:
    health = load(DATA / "rollback.toml").health
    assert health is not None
    (probe,) = health.probes
    assert (probe.timeout, probe.json) == ("6s", {"status": "ok"})
    assert probe.p95 is not None
    assert (probe.p95.at, probe.p95.unit) == ("/requests/p95_ms", "ms")
    trigger = health.trigger
    assert (trigger.consecutive_failures, trigger.then) == (3, "automated-rollback")
    assert trigger.success_rate is not None
    assert (trigger.success_rate.below, trigger.success_rate.window) == (0.70, 60)


def test_a_used_step_inherits_and_overrides() -> None:
    runbook = load(DATA / "rollback.toml")
    first = runbook.phase("assess").steps[0]
    again = runbook.phase("automated-rollback").steps[0]
    assert (again.id, again.same_as) == ("auto-find-backup", "find-backup")
    assert (again.action, again.outputs) == (first.action, first.outputs)
    assert again.line > first.line > 0


def test_an_included_phase_brings_what_it_needs() -> None:
    runbook = load(DATA / "rollback.toml")
    assert runbook.phase("verify").include == "mobius-common.toml#verify"
    assert "services" in runbook.variables
    assert "all-clear" in runbook.messages
    assert [source.name for source in runbook.sources] == [
        "rollback.toml",
        "mobius-common.toml",
    ]


def test_a_copy_of_the_sources_loads_alike(tmp_path: Path) -> None:
    runbook = load(DATA / "rollback.toml")
    for source in runbook.sources:
        (tmp_path / source.name).write_bytes(source.data)
    again = load(tmp_path / runbook.sources[0].name)
    assert again.phases == runbook.phases
    assert again.sources == runbook.sources


def test_a_byte_order_mark_and_windows_line_ends_are_fine(tmp_path: Path) -> None:
    text = (DATA / "mobius-common.toml").read_text()
    head = 'format = 1\n[runbook]\nid = "x"\ntitle = "X"\n'
    text = head + text.split("format = 1\n")[1].replace("${base_url}", "http://x")
    text = text.replace("${target_env}", "x")
    path = tmp_path / "x.toml"
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert load(path).id == "x"


@pytest.mark.parametrize(
    ("toml", "action"),
    [
        ("run = 'true'", Run(script="true")),
        (
            (
                "run = 'x'\nshell = ['python3']\neffect = 'destroy'\nsuccess = [0, 2]\n"
                "warning = [3]\ntimeout = '15m'\nmax_output = '5MiB'"
            ),
            Run(
                script="x",
                shell=("python3",),
                effect="destroy",
                success=(0, 2),
                warning=(3,),
                timeout="15m",
                max_output="5MiB",
            ),
        ),
        (
            "run = 'tail -f x'\nfollow = true",
            Run(script="tail -f x", follow=True, effect="read", timeout=None),
        ),
        (
            "run = 'htop'\ntty = true\noptional = true",
            Run(script="htop", tty=True, effect="read", timeout=None),
        ),
        (
            "run = 'sudo x'\ntty = true\noptional = true\neffect = 'destroy'",
            Run(script="sudo x", tty=True, effect="destroy", timeout=None),
        ),
        ("manual = 'Look'", Manual(text="Look")),
        (
            (
                "manual = 'Look'\n"
                "ask = { var = 'a', title = 'A', match = '\\d+', hint = 'a number' }"
            ),
            Manual(
                text="Look",
                ask=(Ask(var="a", title="A", match=r"\d+", hint="a number"),),
            ),
        ),
        (
            (
                "manual = 'Look'\n[[phase.step.ask]]\nvar = 'a'\n"
                "[[phase.step.ask]]\nvar = 'b'"
            ),
            Manual(text="Look", ask=(Ask(var="a"), Ask(var="b"))),
        ),
        (
            (
                "message = 'm'\nto = ['c']\n"
                "[[message]]\nid = 'm'\ntitle = 'M'\nbody = 'b'\n"
                "[[channel]]\nid = 'c'\nkind = 'teams'\nurl = 'https://x/y'"
            ),
            SendMessage(message="m", to=("c",)),
        ),
        (
            (
                "watch = { for = '30m' }\n[health]\n[[health.probe]]\nid = 'a'\n"
                "url = 'http://x'"
            ),
            Watch(for_="30m"),
        ),
    ],
)
def test_each_action(decoded: Decoded, toml: str, action: object) -> None:
    assert only(decoded(PHASE + toml)).action == action


def test_a_decision_and_what_depends_on_it(decoded: Decoded) -> None:
    runbook = decoded(
        PHASE
        + """
[phase.step.choose]
var = "scenario"
multi = true
[[phase.step.choose.option]]
value = "code"
title = "Code"
why = "A bad release"
[[phase.step.choose.option]]
value = "other"
go = "q"
[[phase.step.choose.option]]
value = "none"
end = true

[[phase]]
id = "q"
title = "Q"
aside = true
[[phase.step]]
id = "t"
title = "T"
run = 'true'
when = { scenario = ["code", "none"] }
"""
    )
    action = only(runbook).action
    assert isinstance(action, Choose)
    assert action.multi
    assert [option.value for option in action.options] == ["code", "other", "none"]
    assert (action.options[1].go, action.options[2].end) == ("q", True)
    assert runbook.steps()[1].when == {"scenario": ("code", "none")}


FROM = """
[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "find"
title = "Find"
run = 'true'
outputs = ["found"]
[[phase.step]]
id = "pick"
title = "Pick"
"""


def test_the_options_of_a_decision_may_come_from_a_variable(decoded: Decoded) -> None:
    runbook = decoded(f"{FROM}choose = {{ var = 'picked', from = 'found' }}")
    action = runbook.steps()[1].action
    assert action == Choose(var="picked", from_="found")
    assert isinstance(action, Choose)
    assert action.offered(
        "\tBad\tdamaged\n\none\tOne\tolder\tstill\ntwo\nthree\t\t"
    ) == (
        Option(value="", title="Bad", why="damaged"),
        Option(value="one", title="One", why="older still"),
        Option(value="two"),
        Option(value="three"),
    )
    assert action.offered(None) == ()
    assert "found" in variables_read(runbook.steps()[1], runbook), (
        "it waits for the list"
    )


@pytest.mark.parametrize(
    ("choose", "said"),
    [
        (
            "choose = { var = 'v', «from = 'found', option = [{ value = 'x' }] }",
            "`from` lists what can be chosen: name no options besides",
        ),
        (
            "choose = { var = 'v', «from = 'fuond' }",
            "`fuond` is used and never defined; did you mean `found`?",
        ),
        (
            "«choose = { var = 'v' }",
            "`choose` wants [[phase.step.choose.option]] tables, or `from`",
        ),
    ],
    ids=["from-and-options", "unknown", "neither"],
)
def test_a_list_that_cannot_be_is_an_error_in_its_place(
    pointed: Pointed, choose: str, said: str
) -> None:
    assert pointed(FROM + choose) == [("error", said)]


def test_what_all_steps_have(decoded: Decoded) -> None:
    runbook = decoded(
        """
[var.v]
[var.pw]
secret = true
from_env = "PW"
"""
        + PHASE
        + """
run = 'true'
why = "Because"
uses = ["v"]
env = { TARGET = "${v}" }
secrets = { PGPASSWORD = "pw" }
expect = "4m"
retry = { attempts = 3, every = "1m" }
on_failure = "continue"
gate = true
optional = true
role = "DBA"
approve = { role = "lead", count = 2 }
links = [{ title = "Page", url = "https://x/y" }]
"""
    )
    step = only(runbook)
    assert (step.uses, step.env) == (("v",), {"TARGET": "${v}"})
    assert step.secrets == {"PGPASSWORD": "pw"}
    assert (step.expect, step.retry) == ("4m", Retry(attempts=3, every="1m"))
    assert (step.on_failure, step.gate, step.optional) == ("continue", True, True)
    assert step.approve == Approve(role="lead", count=2)
    assert step.links == (Link(title="Page", url="https://x/y"),)
    assert step.role == "DBA"


def test_the_model_cannot_be_changed(decoded: Decoded) -> None:
    runbook = decoded(
        PHASE + "check.http = { url = 'http://x', json = { a = { b = [1] } } }"
    )
    check = only(runbook).checks[0]
    assert isinstance(check, HttpCheck)
    inner = check.json["a"]
    assert isinstance(inner, Mapping)
    assert inner["b"] == (1,)
    for mapping in (runbook.variables, check.json, inner):
        with pytest.raises(TypeError):
            mapping["new"] = 1  # type: ignore[index]


def test_load_reports_all_errors_and_no_warning(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(
        'format = 1\n[runbook]\nid = "X"\n[var.unused]\n'
        "[[phase]]\nid = 'p'\ntitle = 'P'\n[[phase.step]]\nid = 's'\n"
        "title = 'S'\nrun = 'true'\ntimeout = 10\ngaet = true\n"
    )
    with pytest.raises(RunbookError) as caught:
        load(path)
    report = str(caught.value)
    lines = [line for line in report.split("\n") if line.startswith(str(path))]
    assert [line.removeprefix(f"{path}:").split(": ")[0] for line in lines] == [
        "2:1",
        "3:1",
        "12:1",
        "13:1",
    ]
    assert "    gaet = true\n    ^" in report
    assert "did you mean `gate`?" in report
    assert "unused" not in report


@pytest.mark.parametrize(("version", "most"), [(1, 350), (2, 510)])
def test_a_step_is_decoded_in_a_bounded_number_of_calls(
    version: int, most: int
) -> None:
    """Of 10,000 steps they are all that a screen waits for; keys that a step lacks
    are looked for in one call."""

    def calls(count: int) -> int:
        """The calls of Python functions that a runbook of so many steps takes."""
        step = '[[phase.step]]\nid = "s{0}"\ntitle = "S"\nrun = "echo {0}"\n'
        head = f'format = {version}\n[runbook]\nid = "b"\ntitle = "B"\n'
        phase = '[[phase]]\nid = "p"\ntitle = "P"\n'
        steps = "".join(step.format(n) for n in range(count))
        made = 0

        def count_call(_frame: object, event: str, _argument: object) -> None:
            nonlocal made
            made += event == "call"

        before = sys.getprofile()
        sys.setprofile(count_call)
        try:
            data = (head + phase + steps).encode()
            decode_runbook(Path("b.toml"), data, lambda name: (name, b""))
        finally:
            sys.setprofile(before)
        return made

    calls(1)
    assert (calls(50) - calls(10)) / 40 < most
