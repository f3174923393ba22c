"""Hosts that are folders of this machine, asked by `claim.sh` through a local shell."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from mobius_tui.run.fleet.claim_request import ClaimRequest, ClaimVerb

NONCE = "c0ffee"
LIMIT = 60.0
"""Seconds that anything may take to come about."""


class Heard(NamedTuple):
    """What a host said."""

    output: bytes
    """What came behind the nonce."""
    words: list[str]


class LocalHost:
    """A host whose home is a folder."""

    def __init__(
        self,
        home: Path,
        shell: tuple[str, ...] = ("sh", "-s"),
        proc: bytes = b"/proc/",
    ) -> None:
        self.home, self.shell, self.proc = home, shell, proc
        home.mkdir(exist_ok=True)

    def request(self, verb: ClaimVerb, **more: Any) -> ClaimRequest:
        """What is asked; for tests that send it themselves."""
        return ClaimRequest(verb=verb, run="r", step="s", host="h", **more)

    def begin(self, verb: ClaimVerb, **more: Any) -> subprocess.Popen[bytes]:
        """Ask, and leave the conversation open."""
        child = subprocess.Popen(
            ["env", f"HOME={self.home}", *self.shell],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert child.stdin is not None
        text = (
            self.request(verb, **more).shell_input(NONCE).replace(b"/proc/", self.proc)
        )
        child.stdin.write(text)
        child.stdin.close()
        child.stdin = None
        return child

    def hear(self, child: subprocess.Popen[bytes]) -> Heard:
        """All of a conversation, to its end."""
        out, err = child.communicate(timeout=LIMIT)
        before, nonce, output = out.partition(f"\n{NONCE}\n".encode())
        assert nonce, (before, err)
        words = re.findall(rf"^{NONCE} (.*)$", err.decode(), re.MULTILINE)
        words = [re.sub("^claimed .+", "claimed", each) for each in words]
        return Heard(output, [each for each in words if each != "running"])

    def ask(self, verb: ClaimVerb, **more: Any) -> Heard:
        """Ask, and wait for the answer."""
        return self.hear(self.begin(verb, **more))

    def start(self, script: str, **more: Any) -> Heard:
        """Run a script to its end."""
        return self.ask(ClaimVerb.START, script=script, **more)

    def claim(self, attempt: int = 1) -> Path:
        """The folder of a claim."""
        return self.home / f".mobius-tui/claims/r/h/s/{attempt}"

    def process(self, name: str, attempt: int = 1) -> int:
        """The number of a claim's `keeper` or `child`, once it is there."""
        file = self.claim(attempt) / name
        wait_until(lambda: file.exists() and len(file.read_text().split()) >= 2)
        return int(file.read_text().split()[0])


def wait_until(condition: Callable[[], object], limit: float = LIMIT) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)
