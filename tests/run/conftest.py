"""Runs for the tests of the host."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.conftest import MakeRunbook
from tests.run.running import Running
from tests.run.watched_service import Service, service

Begin = Callable[..., Awaitable[Running]]


@pytest_asyncio.fixture
async def begin(make_runbook: MakeRunbook) -> AsyncIterator[Begin]:
    """Begin a run of a runbook made from text; its processes end with the test."""
    started: list[Running] = []

    async def go(body: str, **given: Any) -> Running:
        running = Running(make_runbook(body))
        started.append(running)
        return await running.begin(**given)

    yield go
    for running in started:
        await running.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Service]:
    """A service that is well, in the folder of the test."""
    (tmp_path / "well").touch()
    with service(tmp_path) as answering:
        yield answering
