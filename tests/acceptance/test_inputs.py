"""Hostile input of every kind, in short; `tests.acceptance.inputs` is the long form."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.acceptance.inputs import KINDS, Tally, campaign, hangs, tried

pytestmark = pytest.mark.campaign

COUNTS = {
    "runbook": 2500,
    "page": 50,
    "settings": 75,
    "journal": 15,
    "health": 10,
    "record": 12,
    "archive": 15,
    "intent": 20,
    "slow": 3,
    "answer": 15,
    "body": 500,
    "value": 15,
}
"""How many; three seconds of a processor in all."""


@pytest.mark.parametrize("name", KINDS)
def test_it_ends_in_no_traceback_and_does_not_hang(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "")  # put back after the test
    monkeypatch.setenv("XDG_CONFIG_HOME", "")
    monkeypatch.chdir(tmp_path)
    tally = campaign(name, tmp_path / "here", COUNTS[name], seed=7)
    assert tally.count == COUNTS[name]
    assert tally.faults == [], "\n".join(tally.faults)


class Broken:
    """A way in that fails or hangs."""

    def make(self, _dice: object) -> bytes:
        return b""

    def close(self) -> None:
        """There is nothing to let go of."""

    def feed(self, data: bytes) -> None:
        if data == b"hang":
            signal.pause()
        raise ValueError(data)


def test_a_traceback_and_a_hang_are_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.acceptance.inputs.HANGS", 1)
    tally = Tally()
    before = signal.getsignal(signal.SIGALRM)
    signal.signal(signal.SIGALRM, hangs)
    try:
        tried(Broken(), b"x", tally)
        tried(Broken(), b"hang", tally)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert "ValueError" in tally.faults[0]
    assert "was not done" in tally.faults[1]
