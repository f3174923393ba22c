"""A host that is told to go: one whose loop never comes round goes, too."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mobius_tui.errors import EXIT_INCOMPLETE
from tests.waiting import PATIENCE

HEED = """
import asyncio, time
from mobius_tui.run.host.host_main import exit_on_sigterm

async def main():
    left = asyncio.Event()
    exit_on_sigterm(lambda why: (print(why, flush=True), left.set()), timeout={timeout})
    print("ready", flush=True)
    {work}

{after}
asyncio.run(main())
"""


@contextmanager
def told(
    work: str,
    after: str = "",
    before: tuple[signal.Signals, ...] = (),
    *,
    timeout: float = 60.0,
) -> Iterator[subprocess.Popen[str]]:
    """A process that heeds SIGTERM, and has been told to go, after other signals."""
    script = HEED.format(work=work, after=after, timeout=timeout)
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", script], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        for number in (*before, signal.SIGTERM):
            process.send_signal(number)
        yield process
    finally:
        process.kill()
        process.communicate()


def test_it_is_told_why_and_goes_by_itself() -> None:
    with told("await left.wait()") as process:
        said, _ = process.communicate(timeout=PATIENCE)
    assert said == "it was asked to, by SIGTERM\n"
    assert process.returncode == 0


@pytest.mark.parametrize(
    "work",
    [
        "exec('while True: pass')",
        "await left.wait(); time.sleep(1000)",
        "await left.wait(); await asyncio.to_thread(time.sleep, 1000)",
    ],
)
def test_what_holds_it_up_is_named_and_ended(work: str) -> None:
    with told(work, timeout=0.5) as process:
        said, _ = process.communicate(timeout=PATIENCE)
    assert "the host was told to go, and is ended: something held it up" in said
    assert process.returncode == EXIT_INCOMPLETE


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT])
def test_no_other_signal_is_heard(number: signal.Signals) -> None:
    with told("await left.wait()", before=(number,)) as process:
        assert process.wait(PATIENCE) == 0
