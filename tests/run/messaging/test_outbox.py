"""The outbox, against a webhook that answers in every way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from mobius_tui.run.events.mode_and_outcome import Mode, Outcome
from mobius_tui.run.events.run_events import RunEnded, VariableSet
from mobius_tui.run.journal.describe_entry import undelivered, unsent_reason
from mobius_tui.run.messaging.outbox import SendIntervals
from mobius_tui.run.records.verification import run_problems
from mobius_tui.run.state.deliveries import DeliveryStatus
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.runbook.model.runbook import Runbook
from tests.conftest import MakeRunbook
from tests.run.offices import BOOK, Office, new_run, office
from tests.run.webhooks import PATH, Webhook, answer, webhook

STEADY = SendIntervals(timeout=30.0)
"""A try in which a server on this machine is always heard."""


class Desk:
    """A run whose hosts come and go."""

    def __init__(self, root: Path, runbook: Runbook) -> None:
        self.runbook = runbook
        self.directory: RunDirectory = new_run(root, runbook)

    @asynccontextmanager
    async def host(
        self, hook: Webhook, *, pace: SendIntervals = STEADY, **began: object
    ) -> AsyncIterator[Office]:
        secrets = {"hook": hook.url} if hook.port else {}
        async with office(
            self.directory, self.runbook, secrets, pace=pace, **began
        ) as found:
            yield found

    def on_disk(self) -> bytes:
        files = [p for p in self.directory.path.rglob("*") if p.is_file()]
        return b"".join(path.read_bytes() for path in files)


@pytest.fixture
def desk(tmp_path: Path, make_runbook: MakeRunbook) -> Desk:
    return Desk(tmp_path, make_runbook(BOOK))


async def test_a_message_is_sent_with_the_journal_s_head_and_its_url_is_nowhere(
    desk: Desk,
) -> None:
    with webhook(answer(200, f"ok {PATH}".encode())) as hook:
        async with desk.host(hook) as host:
            await host.send(text="We roll back")
            own = await host.stands(DeliveryStatus.SENT)
            assert own.http_status == 200
            assert own.answer == "ok [redacted]"
            assert host.services.context.state.steps["tell"].status == "passed"
        (text,) = hook.texts
        assert text.startswith("We roll back\n\nrun ")
        head = text.rpartition(" ")[2]
        assert not list(run_problems(desk.directory, head.partition(":")[2]))
        assert hook.url.encode() not in desk.on_disk()
        assert PATH.encode() not in desk.on_disk()
        assert b"s3cr3tT0ken" not in desk.on_disk()


async def test_trouble_that_passes_is_tried_again_ever_later(desk: Desk) -> None:
    with webhook(answer(500), answer(503, b"busy"), answer(200, b"ok")) as hook:
        async with desk.host(hook) as host:
            await host.send()
            own = await host.tried(1)
            assert (own.status, own.due_at - own.status_since) == (
                DeliveryStatus.QUEUED,
                1.0,
            )
            host.pass_(1.0)
            own = await host.tried(2)
            assert (own.status, own.due_at - own.status_since) == (
                DeliveryStatus.QUEUED,
                2.0,
            )
            assert (
                unsent_reason(own, now=host.time.at)
                == "it answers 503: busy; again in 2 s"
            )
            host.pass_(1.9)
            host.pass_(0.2)
            own = await host.stands(DeliveryStatus.SENT)
            assert own.tries == 3
    assert len(hook.came) == 3


async def test_a_channel_that_is_busy_is_left_alone_as_long_as_it_asks(
    desk: Desk,
) -> None:
    busy = answer(429, b"rate_limited", {"Retry-After": "30"})
    long = answer(429, b"", {"Retry-After": "3600"})
    with webhook(busy, long) as hook:
        async with desk.host(hook) as host:
            await host.send()
            own = await host.tried(1)
            assert own.due_at - own.status_since == 30.0
            host.pass_(30.0)
            own = await host.tried(2)
            assert own.status is DeliveryStatus.NOT_SENT
            assert own.reason == "it answers 429 and asks to be left alone for 1 h"


@pytest.mark.parametrize("status", [302, 404])
async def test_what_does_not_pass_by_itself_waits_for_a_person(
    desk: Desk, status: int
) -> None:
    with webhook(answer(status, b"no"), answer(200, b"ok")) as hook:
        async with desk.host(hook) as host:
            await host.send()
            await host.stands(DeliveryStatus.NOT_SENT)
            host.pass_(10_000.0)
            assert len(hook.came) == 1
            assert (await host.intend("send again", deliveries=(1,))).ok
            assert (await host.stands(DeliveryStatus.SENT)).tries == 2
            reply = await host.intend("send again", deliveries=(1,))
            assert reply.text == "the message to slack is sent already"
    assert len(hook.came) == 2


async def test_after_many_tries_a_person_is_wanted(desk: Desk) -> None:
    with webhook(answer(500)) as hook:
        async with desk.host(hook, pace=SendIntervals(timeout=30.0, tries=3)) as host:
            await host.send()
            for tries in (1, 2, 3):
                await host.tried(tries)
                host.pass_(60.0)
            assert host.delivery().status is DeliveryStatus.NOT_SENT
            assert (await host.intend("send again", deliveries=(1,))).ok
            own = await host.tried(4)
            assert own.status is DeliveryStatus.QUEUED, "a person gave it a new round"


async def test_what_may_have_arrived_is_not_sent_twice_by_itself(desk: Desk) -> None:
    with webhook() as hook:
        hook.answers = [hook.never, answer(200, b"ok")]
        async with desk.host(hook, pace=SendIntervals(timeout=0.3)) as host:
            await host.send()
            own = await host.stands(DeliveryStatus.UNKNOWN)
            assert own.reason == "no answer in 0.3 s"
            host.pass_(10_000.0)
        async with desk.host(hook) as host:
            host.pass_(10_000.0)
            await host.send(step="tell-both")
            await host.stands(DeliveryStatus.SENT, 2)
            assert host.delivery(1).status is DeliveryStatus.UNKNOWN
            assert len(hook.came) == 2
            assert (await host.intend("send again", deliveries=(1,))).ok
            await host.stands(DeliveryStatus.SENT, 1)


async def test_a_host_that_dies_while_it_sends_leaves_an_unknown_one(
    desk: Desk,
) -> None:
    with webhook() as hook:
        hook.answers = [hook.never, answer(200, b"ok")]
        async with desk.host(hook) as host:
            await host.send()
            await asyncio.to_thread(hook.got.wait, 30)
            assert host.delivery().status is DeliveryStatus.SENDING
        async with desk.host(hook) as host:
            own = host.delivery()
            assert own.status is DeliveryStatus.UNKNOWN
            assert own.reason == "its host ended while it was being sent"
            host.pass_(10_000.0)
            await host.send(step="tell-both")
            await host.stands(DeliveryStatus.SENT, 2)
    assert len(hook.came) == 2


async def test_what_is_queued_when_the_host_dies_is_sent_by_the_next(
    desk: Desk,
) -> None:
    with webhook(answer(500), answer(200, b"ok")) as hook:
        async with desk.host(hook) as host:
            await host.send()
            await host.tried(1)
        async with desk.host(hook) as host:
            assert host.delivery().status is DeliveryStatus.QUEUED
            host.pass_(1.0)
            await host.stands(DeliveryStatus.SENT)


async def test_without_a_url_nothing_is_tried_and_one_can_come_later(
    desk: Desk,
) -> None:
    async with desk.host(Webhook()) as host:
        await host.send()
        own = await host.stands(DeliveryStatus.NOT_SENT)
        assert (own.reason, own.tries) == ("THE_HOOK is not set", 0)
    with webhook() as hook:
        async with desk.host(hook) as host:
            await host.write(VariableSet(name="hook", value=None, source="secret"))
            assert (await host.intend("send again", deliveries=(1,))).ok
            await host.stands(DeliveryStatus.SENT)


async def test_a_slow_channel_keeps_neither_the_run_nor_another_channel_waiting(
    tmp_path: Path, make_runbook: MakeRunbook
) -> None:
    runbook = make_runbook(BOOK)
    directory = new_run(tmp_path, runbook)
    with webhook() as slow, webhook() as quick:
        slow.answers = [slow.never]
        secrets = {"hook": slow.url, "other_hook": quick.url}
        async with office(directory, runbook, secrets, pace=STEADY) as host:
            await host.send("slack", "teams", step="tell-both")
            await host.stands(DeliveryStatus.SENT, 2)
            assert (await host.intend("start", "after")).ok
            await host.until(
                lambda: host.services.context.state.steps["after"].status == "passed"
            )
            assert (await host.intend("end", text="enough")).ok
            assert host.delivery(1).status is DeliveryStatus.SENDING
            assert "attachments" in quick.came[0]


async def test_messages_of_one_channel_keep_their_order(desk: Desk) -> None:
    with webhook(answer(500), answer(200)) as hook:
        async with desk.host(hook) as host:
            await host.send(text="first")
            await host.send(text="second", step="tell-both")
            await host.tried(1)
            assert host.delivery(2).tries == 0
            host.pass_(1.0)
            await host.stands(DeliveryStatus.SENT, 2)
    assert [text.split("\n")[0] for text in hook.texts] == ["first", "first", "second"]


async def test_what_a_person_dropped_is_not_sent(desk: Desk) -> None:
    with webhook(answer(500)) as hook:
        async with desk.host(hook) as host:
            await host.send()
            await host.tried(1)
            assert (await host.intend("drop", deliveries=(1,), text="by phone")).ok
            host.pass_(10.0)
            reply = await host.intend("drop", deliveries=(1,))
            assert "not to be sent any more" in reply.text
            assert undelivered(host.services.context.state, hosted=True) == ()
    assert len(hook.came) == 1


async def test_the_host_is_stirred_by_what_gives_it_reason_to_go(desk: Desk) -> None:
    """Between two looks it sleeps."""
    async with office(desk.directory, desk.runbook, {}) as own:
        activity = own.services.writer.activity
        activity.clear()
        await own.write(RunEnded(outcome=Outcome.ABANDONED))
        assert activity.is_set()
        activity.clear()
        own.services.release()
        assert activity.is_set()


async def test_a_host_stays_a_moment_for_what_is_on_its_way(desk: Desk) -> None:
    pace = SendIntervals(timeout=30.0, after_run_end=15.0)
    with webhook(answer(500), answer(200)) as hook:
        async with desk.host(hook, pace=pace) as host:
            assert not host.outbox.delays_host_end(100.0, is_released=False)
            await host.send()
            await host.tried(1)
            assert not host.outbox.delays_host_end(100.0, is_released=False), (
                "it does not want to go"
            )
            await host.write(RunEnded(outcome=Outcome.COMPLETED))
            assert host.outbox.delays_host_end(100.0, is_released=False)
            assert host.outbox.delays_host_end(114.9, is_released=False)
            assert not host.outbox.delays_host_end(115.0, is_released=False), (
                "not for ever"
            )
            host.pass_(1.0)
            await host.stands(DeliveryStatus.SENT)
            assert not host.outbox.delays_host_end(101.0, is_released=False)


@pytest.mark.parametrize(
    ("began", "words"),
    [
        ({"mode": Mode.DRILL}, "this drill has nowhere to send messages to"),
        ({"mode": Mode.DRILL, "sink": "SINK"}, ""),
        ({"mode": Mode.DRILL, "pages": True}, ""),
    ],
)
async def test_a_drill_pages_nobody_unless_it_is_told_to(
    desk: Desk, began: dict[str, Any], words: str
) -> None:
    with webhook() as real, webhook() as sink:
        if "sink" in began:
            began = {**began, "sink": f"http://127.0.0.1:{sink.port}/"}
        async with desk.host(real, **began) as host:
            await host.send(text="We roll back")
            if words:
                assert (await host.stands(DeliveryStatus.NOT_SENT)).reason == words
            else:
                await host.stands(DeliveryStatus.SENT)
        assert bool(real.came) == ("pages" in began)
        assert bool(sink.came) == ("sink" in began)
        assert sink.paths == ["/slack"] * len(sink.came)
        assert all(t.startswith("[DRILL] We roll") for t in real.texts + sink.texts)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"text": " "}, "there is no text to send"),
        ({"text": "x" * 8001}, "7.8 KiB are sent at most"),
        ({"text": "x", "names": ("teams",)}, "it has: slack"),
        ({"text": "x", "names": ()}, "it has: slack"),
    ],
)
async def test_what_cannot_be_sent_is_refused_and_tells_nothing(
    desk: Desk, fields: dict[str, object], words: str
) -> None:
    async with desk.host(Webhook()) as host:
        reply = await host.intend("send", "tell", **{"names": ("slack",), **fields})
        assert not reply.ok
        assert words in reply.text
        assert host.services.context.state.deliveries == ()
        assert host.services.context.state.steps["tell"].status == "pending"
        assert not (await host.intend("send", "after", text="x", names=("slack",))).ok
        assert not (await host.intend("send again", deliveries=(7,))).ok
