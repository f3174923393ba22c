"""The host's own work on steps, which ends when a step is stopped."""

from __future__ import annotations

import asyncio

from mobius_tui.run.attempts.run_context import StepTasks


async def test_stopping_a_step_cancels_its_work_and_only_that() -> None:
    async with asyncio.TaskGroup() as group:
        tasks = StepTasks(group)
        for_ever = tasks.start("a", asyncio.sleep(3600))
        other = tasks.start("b", asyncio.sleep(0, "done"))
        assert tasks.cancel("a")
        await asyncio.wait([for_ever, other])
        assert for_ever.cancelled()
        assert other.result() == "done"
        assert not tasks.cancel("a"), "there is nothing left of it"


async def test_work_that_ends_leaves_later_work_on_its_step_registered() -> None:
    """A check that was made by hand ends while the step's next attempt is made."""
    async with asyncio.TaskGroup() as group:
        tasks = StepTasks(group)
        first = tasks.start("a", asyncio.sleep(0))
        second = tasks.start("a", asyncio.sleep(3600))
        await asyncio.wait([first])
        assert tasks.is_running("a")
        assert tasks.cancel("a")
        await asyncio.wait([second])
        assert second.cancelled()
        assert not tasks.is_running("a")


async def test_whoever_waits_for_work_is_told_that_it_was_cancelled() -> None:
    async with asyncio.TaskGroup() as group:
        tasks = StepTasks(group)
        waiting = group.create_task(tasks.run("a", asyncio.sleep(3600)))
        while not tasks.is_running("a"):
            await asyncio.sleep(0)
        tasks.cancel("a")
        assert (await waiting).cancelled()
