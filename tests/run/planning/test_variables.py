"""Variables: where values come from, and that a value never becomes code."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobius_tui.commands.support.run_lines import defaults_in_words
from mobius_tui.errors import UsageError
from mobius_tui.run.client.run_briefing import answer_briefing, prepare_briefing
from mobius_tui.run.events.event import Event
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import VariableSet
from mobius_tui.run.events.step_events import CheckTried, StepEnded
from mobius_tui.run.planning.variables import (
    NoValueError,
    UnfitValueError,
    Values,
    resolve_initial_values,
    script_env,
)
from mobius_tui.run.state.reducer import advance, initial_state
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import StateVariable, Status
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.runbook.model.templates import variables_read
from tests.conftest import MakeRunbook
from tests.paths import CASES
from tests.run.small_runbook import BEGAN, after, end, start

BOOK = """
[var.env]
default = "production"
choices = ["production", "staging"]
[var.url]
default = "http://d"
from_env = "THE_URL"
[var.token]
from_env = "THE_TOKEN"
secret = true
[var.why]
ask = true
[profile.staging]
env = "staging"
url = "http://p"
[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "one"
title = "One"
run = 'echo "$env" "$why"'
env = { TARGET = "at ${url}" }
secrets = { TOKEN = "token" }
[phase.step.check]
http = { url = "${url}/${run.id}" }
[[phase.step]]
id = "two"
title = "Two"
manual = "Tell them ${why}: ${step.one.result}"
"""


@pytest.fixture
def book(make_runbook: MakeRunbook) -> Runbook:
    return make_runbook(BOOK)


def state_with(book: Runbook, **values: str | None) -> RunState:
    state = initial_state(book)
    events: list[Event] = [
        BEGAN,
        *(VariableSet(name=n, value=v, source="set") for n, v in values.items()),
    ]
    for n, event in enumerate(events, 1):
        advance(state, Entry(n=n, at=0.0, mono=0.0, boot="b", by="x", event=event))
    return state


def test_who_wins(book: Runbook) -> None:
    environ = {"THE_URL": "http://e"}
    first = resolve_initial_values(book, given={}, profile=None, environ={})
    assert first.values["url"] == ("http://d", "default")
    assert [v.name for v in first.missing] == ["why"]
    first = resolve_initial_values(book, given={}, profile=None, environ=environ)
    assert first.values["url"] == ("http://e", "begin")
    first = resolve_initial_values(book, given={}, profile="staging", environ=environ)
    assert first.values["url"] == ("http://p", "begin")
    first = resolve_initial_values(
        book, given={"url": "http://v"}, profile="staging", environ=environ
    )
    assert first.values["url"] == ("http://v", "begin")
    assert first.values["env"] == ("staging", "begin")


def test_what_cannot_be_is_refused_with_the_remedy(book: Runbook) -> None:
    with pytest.raises(UsageError, match="production, staging"):
        resolve_initial_values(book, given={"env": "moon"}, profile=None, environ={})
    with pytest.raises(UsageError, match="no such variable; there are: env"):
        resolve_initial_values(book, given={"nope": "1"}, profile=None, environ={})
    with pytest.raises(UsageError, match="it has: staging"):
        resolve_initial_values(book, given={}, profile="moon", environ={})


def test_a_secret_is_apart_from_the_values(book: Runbook) -> None:
    first = resolve_initial_values(
        book, given={}, profile=None, environ={"THE_TOKEN": "t0p"}
    )
    assert first.secrets == {"token": "t0p"}
    assert "t0p" not in str(first.values)


def test_what_a_step_reads(book: Runbook) -> None:
    one, two = book.steps()
    assert set(variables_read(one, book)) == {"env", "why", "url", "token"}
    assert variables_read(two, book) == ("why",)


def test_a_script_gets_what_it_names_and_no_more(book: Runbook) -> None:
    state = state_with(book, env="production", why="w", url="u", token=None)
    values = Values(state, now=0.0, secrets={"token": "t0p"}, name_of=str)
    env = script_env(book.steps()[0], book, values)
    assert env == {"env": "production", "why": "w", "TARGET": "at u", "TOKEN": "t0p"}


def test_a_secret_is_never_shown(book: Runbook) -> None:
    state = state_with(book, token=None)
    assert Values(state, now=0.0, name_of=str).fill("${token}") == "[secret]"
    with pytest.raises(NoValueError, match="token is missing"):
        Values(state, now=0.0, secrets={}, name_of=str).fill("${token}")


@pytest.mark.parametrize("secrets", [None, {}])
def test_what_is_set_later_is_no_secret_to_an_earlier_attempt(
    book: Runbook, secrets: dict[str, str] | None
) -> None:
    state = state_with(book, why="w")
    values = Values(state, now=0.0, name_of=str, variables={}, secrets=secrets)
    assert values.preview("a ${why}") == "a ${why}"
    with pytest.raises(NoValueError, match="why has no value yet"):
        values.fill("${why}")


def test_a_secret_that_an_earlier_attempt_lacked_is_still_one(book: Runbook) -> None:
    state = state_with(book, token=None)
    values = Values(state, now=0.0, name_of=str, variables={})
    assert values.fill("${token}") == "[secret]"


def test_what_is_not_known_shows_as_itself(book: Runbook) -> None:
    values = Values(state_with(book), now=0.0, name_of=str)
    assert values.preview("a ${why} b $${x}") == "a ${why} b ${x}"
    with pytest.raises(NoValueError, match="why has no value yet"):
        values.fill("${why}")


def test_what_the_program_provides(book: Runbook) -> None:
    values = Values(state_with(book), now=65.0, name_of=str)
    assert values.fill("${run.id} ${run.elapsed} ${run.mode}") == "r 1:05 incident"


def test_what_a_run_provides_of_its_steps_its_probes_and_itself() -> None:
    looks = [
        CheckTried(
            step="a", attempt=1, check=0, look=n, held=True, detail="", ms=1.0, row=n
        )
        for n in (1, 2)
    ]
    state = after(start("a"), *looks)
    values = Values(state, now=state.began_at, health={"api": "ok"}, name_of=str)
    known = {
        "health.api": "ok",
        "step.a.result": "running",
        "step.a.check": "2/2",
        "run.id": "r",
        "run.operator": "ana",
        "run.elapsed": "0:00",
        "now": values.lookup("run.started"),
    }
    assert {name: values.lookup(name) for name in known} == known
    for name in ("health.db", "step.b.result", "step.a.what", "trigger.reason", "run"):
        with pytest.raises(NoValueError):
            values.lookup(name)


def test_the_failure_is_the_step_that_went_wrong_last() -> None:
    def said(*events: Event) -> str:
        return Values(after(*events), now=0.0, name_of=str).fill_message(
            "Issue: ${run.failure}"
        )

    first = (start("a"), end("a", 1, "failed"))
    second = StepEnded(step="c", attempt=1, result=Status.TIMED_OUT, reason="over 10m")
    assert said() == "Issue: not known"
    assert said(*first) == "Issue: a failed"
    assert said(*first, start("c"), second) == "Issue: c timed out: over 10m"
    assert said(*first, start("a", 2), end("a", 2)) == "Issue: not known"
    values = Values(after(*first), now=0.0, name_of={"a": "1.1 Look"}.__getitem__)
    assert values.fill_message("${run.failure}") == "1.1 Look failed", (
        "no ids in messages"
    )


@given(st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=40))
@settings(deadline=None, max_examples=40)
def test_a_value_never_becomes_code(value: str) -> None:
    hostile = "$(touch /nonexistent/x); \"' \\n`id`" + value
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-euo", "pipefail", "-c", 'printf %s "$v"'],
        env={"v": hostile, "PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        capture_output=True,
        check=True,
    )
    assert done.stdout == hostile.encode()


@pytest.mark.parametrize(
    ("given", "asked", "told"),
    [
        ({}, ["a", "b", "c", "pw", "n"], ["a=shop", "b=x"]),
        ({"a": "mine", "c": "1"}, ["b", "pw", "n"], ["b=x"]),
        ({"a": "shop", "b": "x", "c": "1", "pw": "2", "n": "3"}, [], []),
    ],
)
def test_what_is_asked_with_a_default_is_asked_and_never_wanted(
    given: dict[str, str], asked: list[str], told: list[str]
) -> None:
    briefing = prepare_briefing(load(CASES / "authoring" / "ask.toml"), given=given)
    assert [each.name for each in briefing.variables_asked] == asked
    assert not {each.name for each in briefing.missing} & {"a", "b"}
    lines = list(defaults_in_words(briefing, {}))
    assert [each.partition(" ")[0] for each in lines] == told
    assert all("--var " in each for each in lines)
    assert list(defaults_in_words(briefing, {"a": "other", "b": "y"})) == []
    answers = {"c": "1", "pw": "2", "n": "3", "a": "other"}
    ready = answer_briefing(briefing, answers)
    assert ready.values["a"] == ("other", "answer")
    assert ready.values["b"][0] == "x"


def test_a_secret_that_has_only_its_default_is_asked(
    make_runbook: MakeRunbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = BOOK.replace('"THE_TOKEN"', '"THE_TOKEN"\nask = true\ndefault = "d"')
    book = make_runbook(secret)
    assert [each.name for each in prepare_briefing(book, given={}).variables_asked] == [
        "token",
        "why",
    ]
    monkeypatch.setenv("THE_TOKEN", "real")
    assert [each.name for each in prepare_briefing(book, given={}).variables_asked] == [
        "why"
    ]


def test_a_duration_is_what_its_variables_fill_in_or_says_why_not(
    book: Runbook,
) -> None:
    state = initial_state(book)
    state.variables["n"] = StateVariable(text="90", source="set")
    values = Values(state, now=0.0, name_of=str)
    assert values.seconds("2m", "every") == 120
    assert values.seconds("${n}s", "every") == 90
    with pytest.raises(NoValueError, match="m has no value yet"):
        values.seconds("${m}s", "every")
    with pytest.raises(UnfitValueError, match="'90x' is no duration"):
        values.seconds("${n}x", "every")
    with pytest.raises(UnfitValueError, match="'90h' is too long: `every` is from"):
        values.seconds("${n}h", "every")
