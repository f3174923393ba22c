"""Values that commands list, in a run whose briefing nobody sees."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.errors import UsageError
from mobius_tui.run.client.dry_run import dry_run_lines
from mobius_tui.run.client.listed_values import answers_by_commands
from mobius_tui.run.client.run_briefing import answer_briefing, prepare_briefing
from tests.conftest import MakeRunbook

BOOK = """
format = 2
[runbook]
title = "Listed"
[var.namespace]
from_run = "cat namespaces"
[var.pods]
many = true
from_run = 'cat "$namespace"'
[var.size]
kind = "int"
default = 3
from_run = "cat size"
[[step]]
run = 'echo "$namespace $pods $size"'
"""


async def test_the_first_line_is_taken_and_the_rest_is_said(
    make_runbook: MakeRunbook, tmp_path: Path
) -> None:
    (tmp_path / "namespaces").write_text("web\ndb\n")
    (tmp_path / "web").write_text("web-1\nweb-2\n")
    said: list[str] = []
    briefing = prepare_briefing(make_runbook(BOOK), given={})
    answers = await answers_by_commands(briefing, {}, said.append)
    assert answers == {"namespace": "web", "pods": "web-1\nweb-2"}
    assert said[0] == "namespace=web is what its command lists first"
    assert (
        said[-1].startswith("pods=web-1, web-2 is what its command lists")
        or "`cat size` failed" in said[-1]
    )
    ready = answer_briefing(briefing, answers)
    assert ready.values["size"] == ("3", "default")
    assert ready.values["pods"] == ("web-1\nweb-2", "answer")


async def test_what_lists_nothing_ends_it_unless_a_value_is_given(
    make_runbook: MakeRunbook, tmp_path: Path
) -> None:
    (tmp_path / "namespaces").write_text("")
    (tmp_path / "db").write_text("db-1\n")
    book = make_runbook(BOOK)
    briefing = prepare_briefing(book, given={})
    with pytest.raises(UsageError) as caught:
        await answers_by_commands(briefing, {}, lambda _: None)
    assert str(caught.value) == (
        "namespace: `cat namespaces` listed nothing; give --var namespace=VALUE; "
        'pods: `cat "$namespace"` waits for namespace; give --var pods=VALUE'
    )
    briefing = prepare_briefing(book, given={"namespace": "db", "size": "4"})
    answers = await answers_by_commands(briefing, {}, lambda _: None)
    assert answers == {"pods": "db-1"}


def test_nothing_is_run_by_a_dry_run_and_what_is_missing_is_said(
    make_runbook: MakeRunbook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = BOOK.replace("cat size", "no-such-program | ./no-such-script; touch x")
    book = make_runbook(text)
    lines = "\n".join(dry_run_lines(prepare_briefing(book, given={}), now=0.0))
    assert "! no-such-program is not on PATH; [var.size] gets its value by it" in lines
    assert f"! ./no-such-script is not in {tmp_path}; [var.size]" in lines
    assert "namespace=(no value yet)" in lines
    assert not (tmp_path / "x").exists()
    assert prepare_briefing(book, given={"size": "1"}).problems == ()
    script = tmp_path / "no-such-script"
    script.touch(0o755)
    monkeypatch.chdir(tmp_path)
    found = prepare_briefing(book, given={}, workdir=Path()).problems
    assert [each.partition(" is")[0] for each in found] == ["no-such-program"]
