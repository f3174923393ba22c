"""The rules between the parts of a runbook, and its doubts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mobius_tui.runbook.model.runbook import Runbook
from tests.runbook.runbook_texts import (
    FORMAT_2,
    Decoded,
    Examine,
    Pointed,
    found,
    phase,
)


def health(probe: str = "", trigger: str = "", body: str = "") -> str:
    """A health section with one probe."""
    return (
        f"\n[health]\n{body}\n[[health.probe]]\nid = 'api'\nurl = 'http://localhost'\n{probe}\n"
        f"[health.trigger]\n{trigger}\n"
    )


RUN = phase("a")
SECRET = "[var.pw]\nsecret = true\nfrom_env = 'PW'\n"
USED = "uses = ['v']"
SECOND = FORMAT_2 + "[runbook]\nid = 'example'\ntitle = 'Example'\n"

NAMES = [
    (phase("a", step="manual = 'See «${nme} now'"), "`nme` is used and never defined"),
    ("[var.name]\n" + phase("a", step="manual = '${name} «${nme}'"), "mean `name`?"),
    (phase("a", more="check.http = { url = '«${x}/y' }"), "`x` is used and never"),
    (phase("a", more="env = { A = '«${x}' }"), "`x` is used and never defined"),
    (phase("a", more="check.file = { path = '«${x' }"), "'${x' is no ${name}"),
    (phase("a", more="env = { A = '«${x:-y}' }"), "write $${ for a literal ${"),
    (phase("a", step="manual = '«${health.ap}'") + health(), "no probe `ap`; did you"),
    (phase("a", step="manual = '«${step.b-1.result}'"), "no step `b-1`; did you mean"),
    (phase("a", step="manual = '«${step.a-1.output}'"), "${step.ID.check}"),
    (phase("a", more="uses = ['b', «'x']\n[var.b]"), "`x` is used and never defined"),
    (phase("a", more="when = { «x = 'y' }"), "`x` is used and never defined"),
    (phase("a", more="secrets = { «A = 'x' }"), "`x` is used and never defined"),
    (phase("a", more="secrets = { «A = 'v' }\n[var.v]"), "`v` is no secret"),
    (
        phase("a", more="when = { v = ['code', '«dta'] }")
        + "[var.v]\nchoices = ['code', 'data']",
        "`v` is never `dta`; did you mean `data`?",
    ),
    (
        phase("a", step="choose = { var = 'v', multi = true, option = [{value = 'x'}]}")
        + phase("b", more="when = { v = '«y' }"),
        "`v` is never `y`",
    ),
    (
        "format = 1\n[runbook]\nid='x'\ntitle='X'\n«environment = 'env'\n" + RUN,
        "`env` is used and never defined",
    ),
    (
        "format = 1\n[runbook]\nid='x'\ntitle='X'\n«protected = ['p']\n" + RUN,
        "`protected` wants `environment`",
    ),
    (
        "format = 1\n[runbook]\nid='x'\ntitle='X'\nenvironment = 'v'\n"
        "protected = [«'p']\n[var.v]\nchoices = ['q']\n" + RUN,
        "not one of `choices` of v",
    ),
    (
        phase("a", more=USED) + "[var.v]\nchoices = ['a']\n[profile.x]\n«v = 'b'",
        "not one of `choices` of v",
    ),
    (
        "[[message]]\nid='m'\ntitle='M'\nbody = 'x «${pw}'\n" + SECRET + RUN,
        "is a secret",
    ),
    (SECRET + phase("a", more="env = { A = '«${pw}' }"), "a step gets it by `secrets`"),
    (
        SECRET + phase("a", step="run = 'echo «$pw'"),
        'only by `secrets = { pw = "pw" }` on the step',
    ),
]
STEPS = [
    (phase("a", step="«message = 'm'"), "no message `m`"),
    (
        phase("a", step="message = 'm'\nto = [«'slak']")
        + "[[message]]\nid='m'\ntitle='M'\nbody='B'\n"
        "[[channel]]\nid='slack'\nkind='slack'\nurl='http://x'",
        "no channel `slak`; did you mean `slack`?",
    ),
    (phase("a", step="«watch = { for = '5m' }"), "`watch` wants a [health]"),
    (
        phase("a", step="manual = 'x'", more="check = { «output = { match = 'x' } }"),
        "an `output` check wants a `run`",
    ),
    (
        phase(
            "a",
            step="run = 'x'\ntty = true\noptional = true",
            more="check = { «output = { match = 'x' } }",
        ),
        "nothing of a `tty` step is recorded",
    ),
    (phase("a", more="outputs = ['b', «'PATH']"), "`PATH` means something to shells"),
    (phase("a", more="outputs = [«'a-b']"), "letters, digits and _"),
]
GRAPH = [
    (RUN + phase("b", more="needs = ['a-1', «'a-2']"), "no step `a-2`; did you mean"),
    (phase("a", more="«needs = ['a-1']"), "in a circle: a-1 → a-1"),
    (
        RUN + phase("b", more="«needs = ['c-1']") + phase("c", more="needs = ['b-1']"),
        "in a circle: b-1 → c-1 → b-1",
    ),
    *(
        (
            SECOND
            + phase("a", more="effect = 'destroy'")
            + phase("b", more=f"effect = 'destroy'\nconfirmed_with = [«{other}]"),
            words,
        )
        for other, words in (
            ("'a-2'", "no step `a-2`; did you mean"),
            ("'b-1'", "a step cannot be confirmed with itself"),
        )
    ),
    (
        SECOND + RUN + phase("b", more="effect = 'destroy'\nconfirmed_with = [«'a-1']"),
        "nobody confirms `a-1` by typing: it does not destroy",
    ),
    (
        SECOND
        + phase("a", more="effect = 'destroy'")
        + phase("b", more="effect = 'change'\n«confirmed_with = ['a-1']"),
        "this step does not destroy: no typed word confirms it",
    ),
    (phase("a", more="«on_failure = 'b'"), "no phase `b`"),
    (
        phase("a", more="on_failure = 'fix'")
        + phase("fix", "aside = true", more="«on_failure = 'fix'"),
        "in a circle: fix → fix",
    ),
    (
        phase("a", more="on_failure = 'fix'")
        + phase("fix", "aside = true", more="«on_failure = 'fax'")
        + phase("fax", "aside = true", more="on_failure = 'fix'"),
        "`on_failure` goes round in a circle",
    ),
    (
        phase("a", step="choose = { var = 'v', option = [{value = 'x', «go = 'b'}] }"),
        "no phase `b`",
    ),
    (
        phase("a", more="on_failure = 'b'") + phase("b", "aside = true\n«next = 'c'"),
        "no phase `c`",
    ),
    (
        phase("a", more="on_failure = 'b'")
        + phase("b", "aside = true\ninstead_of = [«'c']"),
        "no phase `c`",
    ),
    (RUN + health(trigger="«then = 'b'"), "no phase `b`"),
    (RUN + RUN.replace("id = 'a'", "«id = 'a'").replace("a-1", "b-1"), "second phase"),
    (RUN + phase("b").replace("id = 'b-1'", "«id = 'a-1'"), "a second step `a-1`"),
]
THEN = health(trigger="then = 'b'")
THENS = [
    (RUN + phase("b", "aside = true", step=step) + THEN, f"no `{key}` in its steps")
    for key, step in (
        ("manual", "«manual = 'x'"),
        ("ask", "manual = 'x'\n«ask = { var = 'v' }"),
        ("choose", "«choose = { var = 'v', option = [{ value = 'x' }] }"),
        ("tty", "run = 'x'\n«tty = true\noptional = true"),
    )
]
WARNINGS = [
    ("«[var.x]\n" + RUN, "nobody uses the variable `x`"),
    (
        RUN + phase("b", "aside = true").replace("[[phase]]", "«[[phase]]"),
        "nothing leads",
    ),
    (RUN + phase("b", "«next = 'a'"), "`aside = true` is missing"),
    (RUN + health("«timeout = '6s'"), "`timeout` 6s is longer than `every` 5s"),
    (
        RUN + health(trigger="p95_latency = {}").replace("[[health", "«[[health"),
        "no answer can take `p95_latency.above` 5s",
    ),
    (
        RUN
        + health(
            "p95 = { at = '/p', unit = 's' }\n«timeout = '4s'", "p95_latency = {}"
        ),
        "ends it first, so this can't fire while the service reports no `p95`",
    ),
    (
        RUN + health(trigger="consecutive_failures = 3\n«error_rate = {}"),
        "this can never fire before `consecutive_failures` = 3",
    ),
    (
        phase("a", step="«watch = { for = '5m' }") + health(),
        "no trigger can fire: this fails only if a probe is failing",
    ),
    (
        phase("a", step="«watch = { for = '1s' }")
        + health(trigger="consecutive_failures = 3"),
        "`for` 1s is shorter than `every` 5s",
    ),
    (phase("a", step="run = 'htop'\n«tty = true"), "--auto has no terminal"),
    (phase("a", more=USED) + "[var.v]\nsecret = true\n«default = 'x'", "a secret's"),
    (phase("a", more=USED) + "[var.v]\n«default = '${x}'", "no `${}` filled in"),
    (phase("a", step='«run = "echo \\"x\\""'), "TOML takes each \\ as the start"),
    (
        phase("a", step='«run = """\necho a \\\n  b\n"""'),
        "write scripts and patterns in ''' or '",
    ),
    (phase("a", more='check.process = { «match = "a\\\\.b" }'), "in ''' or '"),
]


@pytest.mark.parametrize(
    ("text", "message"), [*NAMES, *STEPS, *GRAPH, *THENS], ids=lambda value: value[-40:]
)
def test_a_broken_rule_is_an_error_in_its_place(
    pointed: Pointed, text: str, message: str
) -> None:
    ((severity, said),) = pointed(text)
    assert severity == "error"
    assert message in said


@pytest.mark.parametrize(("text", "message"), WARNINGS, ids=lambda value: value[-40:])
def test_a_doubt_is_a_warning_in_its_place(
    decoded: Decoded, pointed: Pointed, text: str, message: str
) -> None:
    ((severity, said),) = pointed(text)
    assert severity == "warning"
    assert message in said
    assert decoded(text.replace("«", "")).id == "example"


WATCHED = "consecutive_failures = 3"
LOCAL = "[var.host]\ndefault = 'localhost:3000'\n"
STAGING = "[profile.staging]\nhost = 'staging.example'\n"
ASKED = "[var.host]\nask = true\n"
FAR = "http://mobius.example/health"
NEAR = "http://localhost:3000/health"


def probed(url: str, more: str = "", body: str = "", trigger: str = WATCHED) -> str:
    return (
        RUN
        + more
        + health(trigger=trigger, body=body).replace(
            "url = 'http://localhost'", f"«url = '{url}'"
        )
    )


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (probed(FAR), "service"),
        (probed("http://${host}/", LOCAL + STAGING), "with the profile staging"),
        (probed("http://${host}/", ASKED), "service"),
        (probed(FAR, trigger="error_rate = {}"), "service"),
    ],
)
def test_a_probe_of_another_machine_wants_a_witness(
    pointed: Pointed, text: str, where: str
) -> None:
    ((severity, said),) = pointed(text)
    assert severity == "warning"
    assert said.startswith("without a `witness` a dead network looks like a dead")
    assert said.endswith(where)


@pytest.mark.parametrize(
    "text",
    [
        probed(NEAR),
        probed("http://${host}/", LOCAL),
        probed("http://localhost:3000/${host}", ASKED),
        probed("http://${host}/", LOCAL + STAGING, "witness = ['10.0.0.53:53']"),
        probed(FAR, trigger=""),
        probed(FAR).replace("\n[health.t", "\ntrigger = false\n[health.t"),
    ],
)
def test_none_is_wanted_where_no_network_can_be_blamed(
    pointed: Pointed, text: str
) -> None:
    assert pointed(text) == []


@pytest.mark.parametrize(
    "name",
    [
        *("PATH", "LD_PRELOAD", "BASH_ENV", "IFS", "ENV", "SHELLOPTS", "PS4", "HOME"),
        *("PYTHONPATH", "RUNBOOK_OUTPUT", "MOBIUS_RUN", "DYLD_LIBRARY_PATH", "UID"),
    ],
)
def test_names_that_change_programs_cannot_be_variables(
    pointed: Pointed, name: str
) -> None:
    ((severity, said),) = pointed(
        f"«[var.{name}]\n" + phase("a", more=f"uses=['{name}']")
    )
    assert severity == "error"
    assert "means something to shells or to this program" in said


@pytest.mark.parametrize(
    "text",
    [
        phase("a", step="run = 'x=1; echo $x ${undeclared:-}'"),
        phase("a", step="manual = 'costs $${x} and $5'"),
        phase(
            "a",
            step="manual = '${now} ${run.id} ${run.started} ${run.elapsed} ${run.mode}"
            " ${run.operator} ${trigger.reason} ${step.a-1.result} ${step.a-1.check}'",
        ),
        phase("a", step="manual = '${health.api}'") + health(),
        SECRET + phase("a", step="run = 'echo $A'", more="secrets = { A = 'pw' }"),
        SECRET + phase("a", step="run = 'echo $pw'", more="secrets = { pw = 'pw' }"),
        SECRET
        + phase("a", more="check.http = {url='http://x', headers = {A = '${pw}'}}"),
        SECRET + RUN + "[[channel]]\nid = 'c'\nkind = 'slack'\nurl = '${pw}'\n",
        RUN + health("timeout = '4s'", "p95_latency = { above = '3s' }"),
        RUN
        + health(
            "error_rate = { at = '/e' }\np95 = { at = '/p', unit = 's' }\n"
            "timeout = '5.5s'",
            "consecutive_failures = 3\nerror_rate = {}\np95_latency = {}",
            "every = '6s'",
        ),
        phase("a", more="timeout = '${t}'\n[var.t]"),
        RUN + phase("b", "aside = true") + health(trigger="then = 'b'"),
    ],
)
def test_what_is_fine_gets_no_word(
    examined: Callable[[str], tuple[Runbook | None, tuple[object, ...]]], text: str
) -> None:
    runbook, problems = examined(text)
    assert problems == ()
    assert runbook is not None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (phase("a", step='«run = """\ngrep "\\bx"\n"""'), "U+0008"),
        (phase("a", step='«run = "a\\u001bb"'), "U+001B"),
        (phase("a", step='«run = "a\\u202eb"'), "U+202E"),
        (phase("a").replace("title = 'S'", '«title = "a\\u0007"'), "U+0007"),
        (
            phase("a").replace("title = 'S'", '«title = "a\\nb"'),
            "a line end in `title`",
        ),
    ],
)
def test_a_control_character_in_a_text_is_an_error(
    pointed: Pointed, text: str, message: str
) -> None:
    errors = [said for severity, said in pointed(text) if severity == "error"]
    assert len(errors) == 1
    assert message in errors[0]


def test_tabs_and_line_ends_in_a_script_are_fine(decoded: Decoded) -> None:
    assert decoded(phase("a", step="run = '''\n\techo\n'''")).steps()[0].id == "a-1"


def test_many_circles_are_each_reported_once(
    examined: Callable[[str], tuple[Runbook | None, tuple[object, ...]]],
) -> None:
    text = "".join(phase(f"p{n}", more=f"needs = ['p{n}-1']") for n in range(9))
    _, problems = examined(text)
    assert len(problems) == 9


def test_a_decision_with_a_check_is_an_error(examined: Examine) -> None:
    _, problems = examined(
        """
[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "s"
title = "S"
[phase.step.choose]
var = "v"
[[phase.step.choose.option]]
value = "a"
[phase.step.check]
run = "true"
"""
    )
    errors = [each for each in problems if each.severity == "error"]
    assert [each.message for each in errors] == [
        "a decision is not checked; put the check in a step of its own"
    ]


@pytest.mark.parametrize(
    ("keys", "is_warned"),
    [
        ("run = 'touch x'", True),
        ("run = 'touch x'\nundo = 'none: it harms nobody'", False),
        ("run = 'touch x'\nundo = 'echo x'", False),
        ("run = './serve'\nfollow = true\neffect = 'change'", True),
        ("run = './edit'\ntty = true\noptional = true\neffect = 'change'", True),
        ("run = 'uptime'", False),
        ("manual = 'Do it.'", False),
    ],
)
def test_whatever_changes_says_how_it_is_undone(
    keys: str, is_warned: bool, tmp_path: Path
) -> None:
    codes = {each[0] for each in found(f"{FORMAT_2}[[step]]\n{keys}\n", tmp_path)}
    assert ("no-undo" in codes) == is_warned
