"""The form of an answer: an example, the runbook's hint, and the pattern."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from mobius_tui.run.client.viewer import Viewer
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.model.actions import Ask
from mobius_tui.runbook.model.runbook import Contact
from mobius_tui.runbook.model.runbook_diff import part_digest
from mobius_tui.tui.presenters.run_presenter import RunPresenter
from mobius_tui.tui.presenters.step_details import (
    example_handle,
    full_answer_hint,
    short_answer_hint,
)
from tests.paths import ROOT
from tests.tui.runs import rollback

POST_INCIDENT = ROOT / "runbooks" / "mobius-post-incident.toml"


def test_an_example_is_a_contact_that_the_pattern_wants() -> None:
    contacts = (
        Contact(role="SRE", handle="@sre-oncall"),
        Contact(role="Operator", handle="@ops"),
        Contact(role="Desk", handle="+49 30 1234"),
    )
    assert example_handle("@[a-z-]+", contacts, "Operator") == "@ops"
    assert example_handle("@[a-z-]+", contacts, "") == "@sre-oncall"
    assert example_handle(r"\+[\d ]+", contacts, "Operator") == "+49 30 1234"
    assert example_handle(".+", contacts, "Operator") == "", "any name will do"
    assert example_handle("#[a-z]+", contacts, "") == ""


def test_no_example_is_sought_for_it() -> None:
    contacts = [Contact(role="r", handle="@" + "a" * 100, for_="x")]
    assert example_handle("@(a+)+b", contacts, "r") == ""


def test_an_example_comes_first_then_the_hint_then_the_pattern(tmp_path: Path) -> None:
    run = rollback(tmp_path)
    view = RunPresenter(Viewer(run.directory)).run_view_at(run.at, None)
    step = view.runbook.phases[0].steps[0]
    known = Ask(var="a", match="@[a-z-]+", hint="a handle")
    assert short_answer_hint(view, step, known) == "such as @sre-oncall"
    whole = "a handle, such as @sre-oncall (pattern @[a-z-]+)"
    assert full_answer_hint(view, step, known) == whole
    own = Ask(var="a", match="@[a-z-]+", hint="a handle, such as @anna.")
    assert short_answer_hint(view, step, own) == "a handle, such as @anna."
    assert full_answer_hint(view, step, own) == f"{own.hint} (pattern @[a-z-]+)"
    hinted = Ask(var="a", match=r"\d+", hint="a number")
    assert short_answer_hint(view, step, hinted) == "a number"
    assert full_answer_hint(view, step, hinted) == r"a number (pattern \d+)"
    bare = Ask(var="a", match=r"\d+")
    assert short_answer_hint(view, step, bare) == r"in the form \d+"
    assert full_answer_hint(view, step, bare) == r"pattern \d+"
    free = Ask(var="a")
    assert (
        short_answer_hint(view, step, free),
        full_answer_hint(view, step, free),
    ) == ("", "")
    free = Ask(var="a", hint="in a word")
    assert short_answer_hint(view, step, free) == "in a word"


def test_the_bundled_runbooks_give_a_hint_wherever_a_pattern_is_wanted() -> None:
    folder = POST_INCIDENT.parent
    asks = [
        ask
        for path in sorted(folder.glob("*.toml"))
        if path.name != "mobius-common.toml"  # the others are made of it
        for step in load(path).steps()
        for ask in getattr(step.action, "ask", ())
    ]
    assert asks
    assert [ask.var for ask in asks if ask.match is not None and not ask.hint] == []


def test_a_step_without_a_hint_has_the_digest_that_it_had_before_there_were_hints() -> (
    None
):
    bare, hinted = Ask(var="a", match="b"), Ask(var="a", match="b", hint="a letter")
    text = '{"":"Ask","match":"b","title":"","var":"a"}'
    assert part_digest(bare) == sha256(text.encode()).hexdigest()[:16]
    assert part_digest(hinted) != part_digest(bare)
