"""Asyncio tasks that the host runs for a step itself, without a process.

Its checks, and watching health.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class StepTasks:
    """Tasks by the step that they are part of; stopping the step cancels them."""

    def __init__(self, tasks: asyncio.TaskGroup) -> None:
        """Run nothing yet.

        Args:
            tasks: the group that the tasks belong to.
        """
        self._tasks = tasks
        self._by_step: dict[str, asyncio.Task[Any]] = {}

    def start(self, step_id: str, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Begin work on a step, as a task of its own."""
        task = self._tasks.create_task(work)
        self._by_step[step_id] = task
        task.add_done_callback(lambda _: self._remove(step_id, task))
        return task

    async def run(self, step_id: str, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Do work on a step, and wait for it.

        Returns:
            The task of it, done or cancelled.
        """
        task = self.start(step_id, work)
        try:
            await asyncio.wait([task])
        finally:
            self._remove(step_id, task)
        return task

    def running(self) -> frozenset[str]:
        """The steps that there is work on, by id."""
        return frozenset(self._by_step)

    def is_running(self, step_id: str) -> bool:
        """Whether there is work on a step."""
        return step_id in self._by_step

    def cancel(self, step_id: str) -> bool:
        """Cancel the work on a step.

        Returns:
            Whether there was any.
        """
        task = self._by_step.get(step_id)
        if task is None:
            return False
        task.cancel()
        return True

    def _remove(self, step_id: str, task: asyncio.Task[Any]) -> None:
        if self._by_step.get(step_id) is task:
            del self._by_step[step_id]
