"""Approval by a second person: asked for, given, denied, void, and never one's own."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import Mapping
from dataclasses import replace

import pytest

from mobius_tui.cli import main
from mobius_tui.run.approval_events import ApprovalAsked, ApprovalGiven
from mobius_tui.run.approvals import may_not_begin, missing, valid
from mobius_tui.run.approver_names import phrase, wrong_name
from mobius_tui.run.events import AutoStopped
from mobius_tui.run.step_events import StepStarted
from tests.run.books import ONE, step
from tests.run.conftest import Begin
from tests.run.running import Running

BOOK = (
    '[var.target]\ndefault = "blue"\n'
    + ONE
    + step("a", 'echo "$target"', 'approve = { role = "Lead", within = "10m" }')
)
TWO = ONE + step("a", "true", 'approve = { role = "Lead", count = 2 }')


def shown(run: Running) -> dict[str, str]:
    return {"binding": run.state.approvals["a"].asked.binding}


async def approve(run: Running, name: str = "Ben", **fields: object) -> str:
    """What the host says to an approval from this login; empty where it is taken."""
    values: Mapping[str, str] = {**shown(run), "name": name}
    fields = {"values": values, "confirm": phrase(name, "a"), **fields}
    reply = await run.intend("approve", "a", **fields)
    return "" if reply.ok else reply.text


async def test_a_step_begins_only_when_somebody_else_has_approved(begin: Begin) -> None:
    run = await begin(BOOK)
    assert "not asked for yet" in (await run.intend("start", "a")).text
    await run.did("ask approval", "a")
    assert "asked for (0 of 1" in (await run.intend("start", "a")).text
    again = await run.intend("ask approval", "a")
    assert "asked for already" in again.text
    assert await approve(run) == ""
    await run.did("start", "a")
    await run.status("a", "passed")
    given = [e for e in run.entries() if isinstance(e.event, ApprovalGiven)]
    assert [e.event.name for e in given] == ["Ben"]  # type: ignore[union-attr]
    assert [e.event.uid for e in given] == [os.getuid()]  # type: ignore[union-attr]
    assert given[0].event.weaker  # type: ignore[union-attr]


async def test_nobody_approves_their_own(begin: Begin) -> None:
    run = await begin(BOOK)
    await run.did("ask approval", "a")
    own = run.state.approvals["a"].by
    for name in (own, own.upper(), f" {own}", f"{own}.", "", "Бен", "Ben\x1b[2J"):
        assert await approve(run, name)
    assert "word for word" in await approve(run, confirm="yes")
    assert "look at it again" in await approve(run, values={"name": "Ben"})
    assert not run.state.approvals["a"].given


async def test_what_changes_after_it_voids_it(begin: Begin) -> None:
    run = await begin(BOOK)
    await run.did("ask approval", "a")
    assert await approve(run) == ""
    await run.did("set", values={"target": "green"})
    assert "void" in (await run.intend("start", "a")).text
    await run.did("set", values={"target": "blue"})
    await run.did("start", "a")
    await run.status("a", "passed")
    assert "not asked for yet" in (await run.intend("retry", "a")).text


async def test_two_approvals_are_of_two_people(begin: Begin) -> None:
    run = await begin(TWO)
    await run.did("ask approval", "a")
    assert await approve(run) == ""
    assert "another person" in await approve(run)
    assert "1 of 2" in (await run.intend("start", "a")).text
    assert await approve(run, "Cleo") == ""
    await run.did("start", "a")


async def test_a_person_or_time_denies_it(begin: Begin) -> None:
    run = await begin(BOOK.replace('"10m"', '"200ms"'))
    await run.did("ask approval", "a")
    await run.until(lambda state: state.approvals["a"].denied)
    assert "denied: not approved in" in (await run.intend("start", "a")).text
    await run.did("ask approval", "a")
    await run.until(lambda state: state.approvals["a"].denied)
    lasting = await begin(BOOK)
    await lasting.did("ask approval", "a")
    assert "a reason is wanted" in (await lasting.intend("deny", "a")).text
    await lasting.did("deny", "a", text="wait for the backup")
    assert "wait for the backup" in (await lasting.intend("start", "a")).text
    assert "nobody waits" in await approve(lasting)


async def test_an_automatic_run_asks_and_stays_open(begin: Begin) -> None:
    run = await begin(BOOK)
    await run.auto()
    state = await run.until(lambda state: state.auto_stopped)
    assert isinstance(state.auto_stopped, AutoStopped)
    assert state.auto_stopped.code == 4
    assert "approval by Lead" in state.auto_stopped.reason
    assert state.ended is None
    assert "the host stays" in (await run.intend("release")).text
    assert await approve(run) == ""
    await run.auto()
    assert (await run.over()).ended.outcome == "completed"  # type: ignore[union-attr]


async def test_the_command_shows_it_and_takes_the_phrase(
    begin: Begin, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await begin(BOOK)
    await run.did("ask approval", "a")
    own = run.state.approvals["a"].by

    async def command(typed: str, *words: str) -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        every = ("approve", run.directory.id, *words)
        return await asyncio.to_thread(main, every)

    assert await command("Ben approves a\n") == 2
    assert await command(f"{own} approves a\n", "--as", own) == 2
    assert await command("yes\n", "--as", "Ben") == 3
    assert await command("x", "--as", "Ben", "--step", "nope") == 2
    capsys.readouterr()
    assert await command("Ben approves a\n", "--as", "Ben") == 0
    out = capsys.readouterr().out
    assert 'echo "$target"' in out
    assert "target=blue" in out
    assert run.state.approvals["a"].complete
    assert await command("Ben approves a\n", "--as", "Cleo") == 4


async def test_the_approval_is_in_the_state_of_whoever_reads(begin: Begin) -> None:
    run = await begin(BOOK)
    await run.did("ask approval", "a")
    plan = run.viewer.follower.plan  # type: ignore[union-attr]
    own = plan.steps["a"]
    state = run.state
    assert valid(plan, state, own) is not None
    assert state.began is not None
    state.began = replace(state.began, mode="drill")
    assert missing(plan, state, own) == ""


async def test_a_host_that_died_has_forgotten_nothing(begin: Begin) -> None:
    run = await begin(BOOK)
    await run.did("ask approval", "a")
    assert await approve(run) == ""
    run.kill_host()
    await run.resume()
    await run.did("start", "a")
    asked = [e for e in run.entries() if isinstance(e.event, ApprovalAsked)]
    started = [e for e in run.entries() if isinstance(e.event, StepStarted)]
    assert (len(asked), len(started)) == (1, 1)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Ben Smith", ""),
        ("@ops", ""),
        ("аna", "letters a to z"),
        ("ben\u202enimda", "letters a to z"),
        ("ben\n", "letters a to z"),
        ("b" * 41, "at most 40"),
        ("ANA", "somebody else"),
        ("a n a", "somebody else"),
        ("", "--as"),
    ],
)
def test_a_name_cannot_pass_for_another(name: str, words: str) -> None:
    wrong = wrong_name(name, "ana")
    assert words in wrong
    assert bool(wrong) == bool(words)


@pytest.mark.parametrize("name", ["0ps1", "Opsl", "o.p.s.I", "oPSi"])
def test_signs_that_look_alike_are_the_same(name: str) -> None:
    assert "somebody else" in wrong_name(name, "ops1")


async def test_whoever_approved_does_not_begin_it(begin: Begin) -> None:
    run = await begin(BOOK)
    await run.did("ask approval", "a")
    own = run.state.approvals["a"]
    bound, at = own.asked.binding, own.since + 1
    given = ApprovalGiven(step="a", attempt=1, binding=bound, name="eve", uid=7)
    plan = run.viewer.follower.plan  # type: ignore[union-attr]
    state, meant = run.state, plan.steps["a"]
    state.approvals = {"a": replace(own, given=(given,))}
    assert "you approved" in may_not_begin(plan, state, meant, uid=7, now=at)
    assert may_not_begin(plan, state, meant, uid=8, now=at) == ""
    late = own.since + own.asked.within + 1
    assert "lapsed" in may_not_begin(plan, state, meant, uid=8, now=late)
