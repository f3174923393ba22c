"""Decisions whose options a command lists when they are opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.library.loader import examine
from mobius_tui.runbook.model.actions import Choose
from tests.run.conftest import Begin

BOOK = """
format = 2
[runbook]
title = "Choices"
[var.place]
default = "eu"
[var.target]
match = '[a-z]+-\\d'
[[step]]
id = "decide"
title = "Decide"
choose = { var = "target", from = { run = 'cat "hosts-$place"' } }
[[step]]
id = "use"
run = 'echo "<$target>"'
"""


async def test_a_command_lists_what_can_be_chosen_and_others_can_be_typed(
    begin: Begin, tmp_path: Path
) -> None:
    hosts = tmp_path / "hosts-eu"
    run = await begin(BOOK)
    reply = await run.intend("list", "decide")
    assert not reply.ok
    assert (
        'Decide: `cat "hosts-$place"` failed: exit 1: cat: hosts-eu: No' in reply.text
    )
    assert run.state.variables["target.listed"].text == ""
    hosts.write_text("web-1\tThe first\nbad value\nweb-2\n")
    reply = await run.intend("list", "decide")
    assert "'bad value' does not match" in reply.text
    assert run.state.variables["target.listed"].text == "web-1\tThe first\nweb-2"
    reply = await run.intend("choose", "decide", names=("nonsense",))
    assert "target: 'nonsense' does not match" in reply.text
    reply = await run.intend("choose", "decide", names=("web-1", "web-2"))
    assert reply.text == "only one of them can be chosen"
    await run.did("choose", "decide", names=("db-7",))
    await run.did("start", "use")
    await run.status("use", Status.PASSED)
    await run.did("choose", "decide", names=("web-2",), text="the other one")
    assert run.state.variables["target"].text == "web-2"
    reply = await run.intend("list", "use")
    assert "no command that lists" in reply.text or "ended" in reply.text


async def test_auto_takes_the_first_or_stops_where_there_is_none(
    begin: Begin, tmp_path: Path
) -> None:
    run = await begin(BOOK)
    await run.auto()
    state = await run.until(lambda state: state.auto_stopped)
    assert state.auto_stopped is not None
    assert "lists nothing to choose" in state.auto_stopped.reason
    assert "--answers FILE that has target" in state.auto_stopped.reason
    (tmp_path / "hosts-eu").write_text("web-1\nweb-2\n")
    await run.did("list", "decide")
    await run.auto()
    await run.over()
    assert run.state.variables["target"].text == "web-1"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("{ run = 'rm x' }", "what gets a value only reads"),
        ("{ run = '' }", "`run` is an empty script"),
        ("{ cmd = 'ls' }", "`run` is missing"),
        ("{ run = 'cat \"$nothing_such\"' }", ""),
    ],
)
def test_check_reads_the_command(tmp_path: Path, value: str, said: str) -> None:
    path = tmp_path / "x.toml"
    path.write_text(BOOK.replace("{ run = 'cat \"hosts-$place\"' }", value))
    _, problems = examine(path, thorough=True)
    messages = [each.message for each in problems if each.code != "unused-variable"]
    assert any(said in each for each in messages) or not (said or messages)


def test_format_1_lists_from_a_variable_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(BOOK)
    book, _ = examine(path)
    assert book is not None
    choose = book.steps()[0].action
    assert isinstance(choose, Choose)
    assert choose.options_source == '`cat "hosts-$place"`'
    path.write_text(
        "format = 1\n[runbook]\nid='x'\ntitle='X'\n[[phase]]\nid='p'\ntitle='P'\n"
        "[[phase.step]]\nid='s'\ntitle='S'\nchoose = { var='v', from={ run='ls' } }\n"
    )
    book, problems = examine(path)
    assert book is None
    assert any("`from` is a text" in each.message for each in problems)
