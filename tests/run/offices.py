"""An services and its outbox in the test's own process, with a clock of the test's."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from mobius_tui.run.events.event import Event
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.events.run_events import HostStarted, RunBegan, VariableSet
from mobius_tui.run.host.dispatcher import Dispatcher
from mobius_tui.run.host.host_services import HostServices
from mobius_tui.run.intents.action import Caller
from mobius_tui.run.intents.control_protocol import Envelope, Reply
from mobius_tui.run.journal.journal import Clock, Journal, read_journal
from mobius_tui.run.messaging.outbox import Outbox, SendIntervals
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.state.deliveries import Delivery, DeliveryStatus
from mobius_tui.run.state.reducer import fold
from mobius_tui.run.storage.run_directory import (
    RunDirectory,
    make_run_directory,
)
from mobius_tui.runbook.model.runbook import Runbook, runbook_digest
from mobius_tui.structs import replace
from tests.run.asking import action
from tests.run.made_services import make_context, make_services
from tests.waiting import until

BOOK = """
[var.hook]
from_env = "THE_HOOK"
secret = true
[var.other_hook]
from_env = "THE_OTHER_HOOK"
secret = true
[var.reason]
default = "every page answers 500"
[[channel]]
id = "slack"
kind = "slack"
url = "${hook}"
[[channel]]
id = "teams"
kind = "teams"
url = "${other_hook}"
[[message]]
id = "started"
title = "Rollback started"
body = "ROLLBACK: ${reason} (${trigger.reason})"
[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "tell"
title = "Tell"
message = "started"
to = ["slack"]
[[phase.step]]
id = "tell-both"
title = "Tell both"
message = "started"
to = ["slack", "teams"]
[[phase.step]]
id = "after"
title = "After"
run = "true"
"""


class Time:
    """A wall clock that goes only when it is told to."""

    def __init__(self) -> None:
        self.at = 1_795_527_905.0

    def wall(self) -> float:
        return self.at


@dataclass
class Office:
    """One host's services and outbox."""

    services: HostServices
    outbox: Outbox
    time: Time

    async def intend(self, word: str, step: str | None = None, **more: object) -> Reply:
        if step is not None:
            more["attempt"] = len(self.services.context.state.steps[step].attempts) + 1
        asked = Envelope(action=action(word, step, **more))
        return await Dispatcher(self.services).handle_intent(asked, Caller(name="ana"))

    async def send(self, *channels: str, step: str = "tell", text: str = "hi") -> None:
        reply = await self.intend("send", step, text=text, names=channels or ("slack",))
        assert reply.ok, reply.text

    def delivery(self, number: int = 1) -> Delivery:
        return self.services.context.state.deliveries[number - 1]

    async def until(self, condition: Callable[[], object]) -> None:
        await until(condition)

    async def stands(self, stand: DeliveryStatus, number: int = 1) -> Delivery:
        await self.until(
            lambda: (
                len(self.services.context.state.deliveries) >= number
                and self.delivery(number).status is stand
            )
        )
        return self.delivery(number)

    async def tried(self, tries: int, number: int = 1) -> Delivery:
        """Wait for the end of a try."""
        await self.until(
            lambda: (
                self.delivery(number).tries == tries
                and self.delivery(number).status is not DeliveryStatus.SENDING
            )
        )
        return self.delivery(number)

    def pass_(self, seconds: float) -> None:
        self.time.at += seconds
        self.outbox.wake()

    async def write(self, event: Event) -> None:
        await self.services.writer.write_in_turn(event)


def new_run(root: Path, runbook: Runbook) -> RunDirectory:
    """The directory of a run that has not begun."""
    return make_run_directory(root / "runs", runbook, 1_795_527_905.0)


@asynccontextmanager
async def office(
    directory: RunDirectory,
    runbook: Runbook,
    secrets: Mapping[str, str],
    *,
    pace: SendIntervals | None = None,
    **began: object,
) -> AsyncIterator[Office]:
    """A host of a run, while the block lasts; then it is gone as if killed."""
    time = Time()
    clock = Clock(wall=time.wall, boot="boot")
    tail = read_journal(directory.journal)
    plan = Plan(runbook)
    state = fold(runbook, tail.entries)
    journal = Journal(directory.journal, tail, clock)
    tasks = asyncio.TaskGroup()
    with suppress(_Gone):
        try:
            async with tasks:
                context = make_context(
                    directory,
                    plan,
                    state,
                    clock,
                    tasks,
                    secrets=secrets,
                    env=dict(os.environ),
                )
                services = make_services(
                    context, journal, on_entry=lambda entry: outbox.apply_entry(entry)
                )
                outbox = Outbox(context, services.writer, pace)
                if not tail.entries:
                    await _begin(services, runbook, secrets, began)
                await services.writer.write_in_turn(HostStarted(pid=os.getpid()))
                tasks.create_task(outbox.run())
                yield Office(services, outbox, time)
                raise _Gone
        except* _Gone:
            pass
        finally:
            journal.close()


async def _begin(
    services: HostServices,
    runbook: Runbook,
    secrets: Mapping[str, str],
    more: Mapping[str, object],
) -> None:
    began = RunBegan(
        run=services.context.directory.id,
        runbook=runbook.id,
        file=runbook.sources[0].name,
        sha256=runbook_digest(runbook.sources),
        title=runbook.title,
        mode=Mode.INCIDENT,
        workdir="/",
        operator="ana",
        setting={},
    )
    await services.writer.write_in_turn(replace(began, **more))  # type: ignore[arg-type]
    values = VariableSet(name="reason", value="every page answers 500", source="begin")
    await services.writer.write_in_turn(values)
    for name in secrets:
        await services.writer.write_in_turn(
            VariableSet(name=name, value=None, source="secret")
        )


class _Gone(Exception):  # noqa: N818 - it is no error, but what ends the task group
    """The host is gone."""
