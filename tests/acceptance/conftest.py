"""Terminals, and the end of every host that a test's state folder knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.acceptance.campaigns import end_all
from tests.acceptance.terminal import PROGRAM, Terminal

Open = Callable[..., Terminal]


@pytest.fixture
def terminal(state_home: Path) -> Iterator[Open]:
    """Open the program in a terminal; it, its host and its site end with the test."""
    assert not state_home.exists()
    opened: list[Terminal] = []

    def go(
        *words: str,
        columns: int = 120,
        rows: int = 36,
        program: str = PROGRAM,
        whole_frames: bool = False,
        **env: str,
    ) -> Terminal:
        made = Terminal(
            *words,
            columns=columns,
            rows=rows,
            env=env,
            program=program,
            whole_frames=whole_frames,
        )
        opened.append(made)
        return made

    yield go
    for each in opened:
        each.close()
    end_all()


@pytest.fixture
def ended(state_home: Path) -> Iterator[None]:
    """Hosts and sites end with the test."""
    assert not state_home.exists()
    yield
    end_all()
