"""Messages of a real run, under a real host that is killed and resumed."""

from __future__ import annotations

import asyncio
import tomllib
from pathlib import Path

import pytest

from mobius_tui.errors import EXIT_ABANDONED
from mobius_tui.plain import print_run
from mobius_tui.run.client.dry_run import dry_run_lines
from mobius_tui.run.client.run_briefing import prepare_briefing
from mobius_tui.run.journal.describe_entry import journal_entry_text
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.state.deliveries import DeliveryStatus
from mobius_tui.run.state.step_state import Status
from tests.conftest import MakeRunbook
from tests.run.books import ONE, step
from tests.run.conftest import Begin
from tests.run.journals import cut
from tests.run.offices import BOOK
from tests.run.running import Running
from tests.run.webhooks import answer, webhook


def stands(run: Running) -> list[DeliveryStatus]:
    return [own.status for own in run.state.deliveries]


def spoken(run: Running) -> str:
    follower = Follower(run.directory)
    said = (
        journal_entry_text(e, follower.plan, follower.state)
        for e in follower.initial_entries
    )
    return "\n".join(each for each in said if each)


async def test_a_run_by_itself_sends_to_its_channels_and_waits_for_none(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The host outlives the run's end for what is on its way, and no longer."""
    with webhook(answer(200, b"ok")) as slack, webhook() as teams:
        teams.answers = [teams.never]
        monkeypatch.setenv("THE_HOOK", slack.url)
        monkeypatch.setenv("THE_OTHER_HOOK", teams.url)
        run = await begin(BOOK)
        await run.auto()
        state = await run.until(lambda state: state.ended is not None)
        assert state.ended is not None
        assert state.ended.outcome == "completed"
        assert run.directory.host_pid() is not None, "one is still being sent"
        await run.until(lambda _: len(slack.came) == 2)
        teams.released.set()
        await run.over()
        assert stands(run) == [
            DeliveryStatus.SENT,
            DeliveryStatus.SENT,
            DeliveryStatus.UNKNOWN,
        ]
        assert slack.texts[0].startswith("ROLLBACK: every page answers 500 (not known)")
        record = tomllib.loads(run.directory.record.read_text())
        assert record["messages"] == {"sent": 2, "not known whether it arrived": 1}
        assert "message sent to slack: Rollback started; it answers 200: ok" in (
            spoken(run)
        )
        files = [p for p in run.directory.path.rglob("*") if p.is_file()]
        disk = b"".join(path.read_bytes() for path in files)
        for hook in (slack, teams):
            assert hook.url.encode() not in disk
        assert b"s3cr3tT0ken" not in disk


async def test_a_message_calls_a_step_as_people_do(begin: Begin) -> None:
    with webhook() as hook:
        body = (
            f'[[channel]]\nid = "hook"\nkind = "webhook"\nurl = "{hook.url}"\n'
            '[[message]]\nid = "m"\ntitle = "M"\nbody = "Failed: ${run.failure}"\n'
            + ONE
            + step("execute", "exit 7", 'on_failure = "tell"')
            + '[[phase]]\nid = "tell"\ntitle = "Tell"\naside = true\n[[phase.step]]\n'
            'id = "t"\ntitle = "T"\nmessage = "m"\nto = ["hook"]\n'
        )
        run = await begin(body.replace('title = "execute"', 'title = "Restore it"'))
        await run.auto()
        await run.until(lambda _: hook.came)
        assert "Failed: 1.1 Restore it failed: exit 7" in str(hook.came)
        await run.over()


async def test_a_host_that_is_killed_while_it_sends_sends_nothing_twice(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    with webhook() as hook:
        hook.answers = [hook.never, answer(200, b"ok")]
        monkeypatch.setenv("THE_HOOK", hook.url)
        run = await begin(BOOK)
        await run.did("send", "tell", text="first", names=("slack",))
        await asyncio.to_thread(hook.got.wait, 30)
        run.kill_host()
        await run.resume()
        assert stands(run) == [DeliveryStatus.UNKNOWN]
        await run.did("send", "tell-both", text="second", names=("slack",))
        await run.until(
            lambda _: stands(run) == [DeliveryStatus.UNKNOWN, DeliveryStatus.SENT]
        )
        await run.did("send again", deliveries=(1,))
        await run.until(
            lambda _: stands(run) == [DeliveryStatus.SENT, DeliveryStatus.SENT]
        )
        texts = [text.split("\n")[0] for text in hook.texts]
        assert texts == ["first", "second", "first"]


async def test_a_url_that_is_set_before_the_run_is_resumed_is_used(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    with webhook() as hook:
        monkeypatch.delenv("THE_HOOK", raising=False)
        run = await begin(BOOK)
        await run.did("send", "tell", text="first", names=("slack",))
        await run.until(lambda _: stands(run) == [DeliveryStatus.NOT_SENT])
        assert "THE_HOOK is not set; it stays queued for a person" in spoken(run)
        run.kill_host()
        monkeypatch.setenv("THE_HOOK", hook.url)
        await run.resume()
        await run.did("send again", deliveries=(1,))
        await run.until(lambda _: stands(run) == [DeliveryStatus.SENT])
        run.kill_host()
        monkeypatch.delenv("THE_HOOK")
        await run.resume()
        await run.did("send", "tell-both", text="later", names=("slack",))
        await run.until(lambda _: stands(run)[-1] is DeliveryStatus.NOT_SENT)


async def test_what_a_resumed_run_by_itself_had_queued_is_not_queued_twice(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message is queued before its step begins: a host that dies between the two
    leaves a step that is not told, and a message that is."""
    with webhook() as hook:
        monkeypatch.setenv("THE_HOOK", hook.url)
        run = await begin(BOOK)
        await run.did("send", "tell", text="by hand", names=("slack",))
        await run.until(lambda _: stands(run) == [DeliveryStatus.SENT])
        run.kill_host()
        lines = run.directory.journal.read_bytes().split(b"\n")
        queued = next(n for n, line in enumerate(lines) if b"MessageQueued" in line)
        cut(run.directory, [line + b"\n" for line in lines[: queued + 1]])
        await run.resume()
        reply = await run.intend("send", "tell", text="again", names=("slack",))
        assert "was queued just before its host ended" in reply.text
        await run.auto()
        await run.over()
        told = [own for own in run.state.deliveries if own.queued_event.step == "tell"]
        assert len(told) == 1


def test_a_plan_says_where_messages_go_and_where_they_cannot(
    make_runbook: MakeRunbook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_HOOK", "https://hooks.example/secret-of-the-hook")
    monkeypatch.delenv("THE_OTHER_HOOK", raising=False)
    briefing = prepare_briefing(make_runbook(BOOK), given={}, workdir=tmp_path)
    said = "\n".join(dry_run_lines(briefing, now=0.0))
    assert "! teams: THE_OTHER_HOOK is not set; the message can be copied" in said
    assert "      to     slack, teams" in said
    assert "secret-of-the-hook" not in said


async def test_lines_tell_what_did_not_arrive_once_that_is_known(
    begin: Begin, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run that has ended is followed for as long as its host waits for a channel."""
    with webhook() as hook:
        hook.answers = [hook.never]
        monkeypatch.setenv("THE_HOOK", hook.url)
        run = await begin(BOOK)
        await run.did("send", "tell", text="first", names=("slack",))
        await asyncio.to_thread(hook.got.wait, 30)
        printing = asyncio.create_task(
            print_run(run.directory, as_json=False, auto=None)
        )
        said = ""
        while "message queued" not in said:
            await asyncio.sleep(0)
            said += capsys.readouterr().out
        await run.did("end")
        while "ABANDONED after" not in said:
            await asyncio.sleep(0)
            said += capsys.readouterr().out
        hook.released.set()  # it is followed until then, as the channel may answer
        code = await printing
        said += capsys.readouterr().out
        assert code == EXIT_ABANDONED
        assert said.splitlines()[-1].startswith("message to slack (")
        assert ") not known whether it arrived: " in said.splitlines()[-1]


async def test_a_run_that_completed_says_what_may_not_have_arrived(
    begin: Begin, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with webhook() as hook:
        hook.answers = [hook.never]
        monkeypatch.setenv("THE_HOOK", hook.url)
        run = await begin(BOOK)
        await run.did("send", "tell", text="first", names=("slack",))
        await asyncio.to_thread(hook.got.wait, 30)
        run.kill_host()
        assert await print_run(run.directory, as_json=False, auto=None) == 4
        await run.resume()
        for each in run.state.steps:
            if run.state.steps[each].status is Status.PENDING:
                await run.did("override", each, reason="seen")
        await run.did("end")
        state = await run.over()
        assert state.ended is not None
        assert state.ended.outcome == "completed"
        capsys.readouterr()
        assert await print_run(run.directory, as_json=False, auto=None) == 0
        said = capsys.readouterr().out
        assert "message to slack" in state.ended.reason
        assert said.count("not known whether it arrived") == 1, "once, in the reason"
